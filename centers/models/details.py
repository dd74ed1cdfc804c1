"""What belongs to a center: names, texts, ties to organisations and centers, figures."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from centers.dates import Dated, EarliestDayField, LatestDayField, PartialDateField
from centers.models.base import Keyed, LanguageField, or_blank
from centers.models.center import Center
from centers.models.countries import Sourced
from centers.models.organisations import NameKind, Organisation


class CenterName(Keyed):
    """Another name of a center: in its own language, another spelling, or a former one."""

    responsible = "center"

    center = models.ForeignKey(
        Center, models.CASCADE, related_name="names", verbose_name=_("center")
    )
    value = models.CharField(_("name"), max_length=200)
    language = LanguageField(_("language"), blank=True)
    kind = models.CharField(_("kind"), max_length=10, choices=NameKind)

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("other name")
        verbose_name_plural = _("other names")
        ordering = ["center", "-kind", "value"]
        constraints = [
            models.UniqueConstraint(fields=["center", "value"], name="center_name_once"),
            models.CheckConstraint(
                condition=Q(kind__in=["native", "alias", "former"]), name="center_name_kind_known"
            ),
        ]

    def __str__(self):
        return self.value


class CenterText(Keyed):
    """Summary and description of a center in one language."""

    responsible = "center"

    center = models.ForeignKey(
        Center, models.CASCADE, related_name="texts", verbose_name=_("center")
    )
    language = LanguageField(_("language"))
    summary = models.CharField(_("summary"), max_length=300, blank=True)
    description = models.TextField(_("description"), blank=True)

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("text")
        verbose_name_plural = _("texts")
        ordering = ["center", "language"]
        constraints = [
            models.UniqueConstraint(
                fields=["center", "language"], name="center_text_once_a_language"
            )
        ]

    def __str__(self):
        return self.summary or self.language


class Affiliation(Dated, Keyed, Sourced):
    """A center's tie to an organisation: it is hosted by it, or a member of it."""

    responsible = "center"

    class Role(models.TextChoices):
        MEMBER = "member", _("member of")
        HOST = "host", _("hosted by")

    center = models.ForeignKey(
        Center, models.CASCADE, related_name="affiliations", verbose_name=_("center")
    )
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, related_name="affiliations", verbose_name=_("organisation")
    )
    role = models.CharField(_("role"), max_length=10, choices=Role)
    began = PartialDateField(_("from"), null=True, blank=True)
    began_earliest = EarliestDayField("began")
    began_latest = LatestDayField("began")
    ended = PartialDateField(_("to"), null=True, blank=True)
    ended_earliest = EarliestDayField("ended")
    ended_latest = LatestDayField("ended")

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("affiliation")
        verbose_name_plural = _("affiliations")
        ordering = ["center", "role", "organisation"]
        constraints = [
            models.UniqueConstraint(
                "center",
                "organisation",
                "role",
                or_blank("began"),
                name="affiliation_once",
                violation_error_message=_("This affiliation is there already."),
            ),
            models.CheckConstraint(
                condition=Q(role__in=["member", "host"]), name="affiliation_role_known"
            ),
            models.CheckConstraint(
                condition=Q(began_earliest__isnull=True)
                | Q(ended_latest__isnull=True)
                | Q(began_earliest__lte=F("ended_latest")),
                name="affiliation_ends_after_it_began",
                violation_error_message=_("It cannot end before it began."),
            ),
        ]

    def __str__(self):
        return f"{self.get_role_display()} {self.organisation}"


class Snapshot(Dated, Keyed, Sourced):
    """What was so at a center at one date: people, premises, rent. Empty fields are not known."""

    responsible = "center"

    class Premises(models.TextChoices):
        OWNED = "owned", _("its own")
        MUNICIPAL = "municipal", _("the municipality's")
        RENTED = "rented", _("rented")
        HOSTED = "hosted", _("a host's")

    center = models.ForeignKey(
        Center, models.CASCADE, related_name="snapshots", verbose_name=_("center")
    )
    as_of = PartialDateField(
        _("as of"), null=True, blank=True, help_text=_("Empty: the source gives no date.")
    )
    as_of_earliest = EarliestDayField("as_of")
    as_of_latest = LatestDayField("as_of")
    core_group = models.PositiveIntegerField(
        _("core group"), null=True, blank=True, help_text=_("Women who carry the center.")
    )
    visitors = models.PositiveIntegerField(_("visitors"), null=True, blank=True)
    children = models.PositiveIntegerField(_("children"), null=True, blank=True)
    premises = models.CharField(_("premises"), max_length=10, choices=Premises, blank=True)
    premises_note = models.CharField(_("about the premises"), max_length=300, blank=True)
    monthly_rent = models.DecimalField(
        _("monthly rent"), max_digits=10, decimal_places=2, null=True, blank=True
    )
    currency = models.CharField(
        _("currency"), max_length=3, blank=True, help_text=_("Three letters, such as EUR.")
    )
    secure_until = PartialDateField(_("premises secure until"), null=True, blank=True)
    secure_until_earliest = EarliestDayField("secure_until")
    secure_until_latest = LatestDayField("secure_until")
    note = models.TextField(_("note"), blank=True)

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("snapshot")
        verbose_name_plural = _("snapshots")
        ordering = ["center", F("as_of").desc(nulls_last=True), "key"]
        constraints = [
            models.CheckConstraint(
                condition=Q(premises__in=["", "owned", "municipal", "rented", "hosted"]),
                name="snapshot_premises_known",
            ),
            models.CheckConstraint(
                condition=Q(monthly_rent__isnull=True, currency="")
                | Q(
                    monthly_rent__isnull=False,
                    monthly_rent__gte=0,
                    currency__regex=r"^[A-Z][A-Z][A-Z]$",
                ),
                name="snapshot_rent_has_currency",
                violation_error_message=_("A rent needs its currency, such as EUR."),
            ),
        ]

    def __str__(self):
        return f"{self.center}, {self.as_of or '?'}"


class CenterLink(Keyed, Sourced):
    """A tie between two centers: one helped the other to start, followed it, or is its branch."""

    responsible = "center"

    class Kind(models.TextChoices):
        HELPED_TO_START = "helped_to_start", _("helped to start")
        SUCCESSOR_OF = "successor_of", _("is the successor of")
        BRANCH_OF = "branch_of", _("is a branch of")

    center = models.ForeignKey(
        Center, models.CASCADE, related_name="links", verbose_name=_("center")
    )
    kind = models.CharField(_("tie"), max_length=20, choices=Kind)
    other = models.ForeignKey(
        Center, models.CASCADE, related_name="links_from_others", verbose_name=_("other center")
    )

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("tie to another center")
        verbose_name_plural = _("ties to other centers")
        ordering = ["center", "kind", "other"]
        constraints = [
            models.UniqueConstraint(fields=["center", "kind", "other"], name="center_link_once"),
            models.CheckConstraint(
                condition=~Q(center=F("other")),
                name="center_link_not_to_itself",
                violation_error_message=_("A center cannot be tied to itself."),
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["helped_to_start", "successor_of", "branch_of"]),
                name="center_link_kind_known",
            ),
        ]

    def __str__(self):
        return f"{self.center} {self.get_kind_display()} {self.other}"
