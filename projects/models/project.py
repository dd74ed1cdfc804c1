"""Projects and who took part in them."""

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from centers.dates import Dated, EarliestDayField, LatestDayField, PartialDateField
from centers.models import Center, Country, Organisation
from centers.models.base import (
    FormerSlug,
    Keyed,
    LanguageField,
    Slugged,
    WebAddressField,
    in_language,
    or_blank,
    or_zero,
)
from centers.models.countries import Sourced


class ProjectQuerySet(models.QuerySet):
    def with_texts(self, *fields, language=None):
        """Annotates `shown_<field>` for each field of `ProjectText`, in the reader's language.

        Without fields: the title alone.
        """
        texts = ProjectText.objects.order_by()
        return self.annotate(
            **{
                f"shown_{field}": in_language(texts, field, of="project", language=language)
                for field in fields or ("title",)
            }
        )

    def running(self, *, on):
        """Projects that are known to run on the day `on`: begun, and with a known later end."""
        return self.filter(start_earliest__lte=on, end_latest__gte=on)

    def completed(self, *, on):
        return self.filter(end_latest__lt=on)


class Project(Dated, Slugged, Keyed, Sourced):
    """What the network, or others near it, did for a time, with an aim and often with money."""

    class Kind(models.TextChoices):
        PILOT = "pilot", _("pilot project")
        CAPACITY = "capacity", _("capacity building")
        GOOD_PRACTICE = "good_practice", _("good practice elsewhere")

    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    start = PartialDateField(_("start"), null=True, blank=True)
    start_earliest = EarliestDayField("start")
    start_latest = LatestDayField("start")
    end = PartialDateField(
        _("end"), null=True, blank=True, help_text=_("Empty: not known, or still running.")
    )
    end_earliest = EarliestDayField("end")
    end_latest = LatestDayField("end")
    countries = models.ManyToManyField(
        Country, related_name="projects", verbose_name=_("countries")
    )
    follows = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="followed_by",
        verbose_name=_("follows the project"),
    )
    is_regular_service = models.BooleanField(
        _("part of a regular service"),
        null=True,
        blank=True,
        help_text=_("Unknown, if the sources do not say."),
    )
    website = WebAddressField(_("website"), max_length=300, blank=True)

    objects = ProjectQuerySet.as_manager()
    history = HistoricalRecords(m2m_fields=[countries])

    class Meta:
        verbose_name = _("project")
        verbose_name_plural = _("projects")
        ordering = [F("start").desc(nulls_last=True), "slug"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["pilot", "capacity", "good_practice"]),
                name="project_kind_known",
            ),
            models.CheckConstraint(
                condition=Q(start_earliest__isnull=True)
                | Q(end_latest__isnull=True)
                | Q(start_earliest__lte=F("end_latest")),
                name="project_ends_after_it_began",
                violation_error_message=_("It cannot end before it began."),
            ),
            models.CheckConstraint(
                condition=Q(follows__isnull=True) | ~Q(follows=F("id")),
                name="project_does_not_follow_itself",
                violation_error_message=_("A project cannot follow itself."),
            ),
        ]

    def __str__(self):
        return getattr(self, "shown_title", None) or self.slug

    def get_absolute_url(self):
        return reverse("projects:detail", args=[self.slug])

    def may_be_changed_by(self, rights):
        """Whether all its countries are hers; projects that span more belong to the leads."""
        countries = {country.pk for country in self.countries.all()} if self.pk else set()
        return bool(countries) and countries <= rights.countries

    def is_completed(self, *, on):
        """Whether the known end lies before the day `on`; None where no end is known."""
        return None if self.end is None else self.end.latest < on


class ProjectFormerSlug(FormerSlug):
    project = models.ForeignKey(Project, models.CASCADE, related_name="former_slugs")

    class Meta(FormerSlug.Meta):
        verbose_name = _("former address")
        verbose_name_plural = _("former addresses")


class ProjectText(Keyed):
    """What a project is, in one language, in the order of European good-practice pages."""

    responsible = "project"

    project = models.ForeignKey(
        Project, models.CASCADE, related_name="texts", verbose_name=_("project")
    )
    language = LanguageField(_("language"))
    title = models.CharField(_("title"), max_length=200)
    subtitle = models.CharField(_("subtitle"), max_length=200, blank=True)
    summary = models.TextField(_("summary"), blank=True)
    goal = models.TextField(_("issue and goals"), blank=True)
    approach = models.TextField(_("how it works"), blank=True)
    results = models.TextField(_("results"), blank=True)
    who_benefits = models.TextField(_("who benefits"), blank=True)
    resources = models.TextField(_("resources"), blank=True)

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("text")
        verbose_name_plural = _("texts")
        ordering = ["project", "language"]
        constraints = [
            models.UniqueConstraint(
                fields=["project", "language"], name="project_text_once_a_language"
            ),
            models.CheckConstraint(condition=~Q(title=""), name="project_text_has_title"),
        ]

    def __str__(self):
        return self.title


class Participation(Dated, Keyed, Sourced):
    """A center or an organisation that took part in a project, and as what."""

    responsible = "project"

    class Role(models.TextChoices):
        LEAD = "lead", _("lead")
        PARTNER = "partner", _("partner")
        HOST = "host", _("host")
        PARTICIPANT = "participant", _("participant")

    project = models.ForeignKey(
        Project, models.CASCADE, related_name="participations", verbose_name=_("project")
    )
    center = models.ForeignKey(
        Center,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="participations",
        verbose_name=_("center"),
    )
    organisation = models.ForeignKey(
        Organisation,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="participations",
        verbose_name=_("organisation"),
    )
    role = models.CharField(_("role"), max_length=12, choices=Role)
    began = PartialDateField(_("from"), null=True, blank=True)
    began_earliest = EarliestDayField("began")
    began_latest = LatestDayField("began")
    ended = PartialDateField(_("to"), null=True, blank=True)
    ended_earliest = EarliestDayField("ended")
    ended_latest = LatestDayField("ended")

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("participation")
        verbose_name_plural = _("participations")
        ordering = ["project", "role", "key"]
        constraints = [
            models.CheckConstraint(
                condition=Q(center__isnull=False, organisation__isnull=True)
                | Q(center__isnull=True, organisation__isnull=False),
                name="participation_of_center_or_organisation",
                violation_error_message=_("Choose a center or an organisation, not both."),
            ),
            models.UniqueConstraint(
                "project",
                or_zero("center"),
                or_zero("organisation"),
                "role",
                or_blank("began"),
                name="participation_once",
                violation_error_message=_("This participation is there already."),
            ),
            models.CheckConstraint(
                condition=Q(role__in=["lead", "partner", "host", "participant"]),
                name="participation_role_known",
            ),
            models.CheckConstraint(
                condition=Q(began_earliest__isnull=True)
                | Q(ended_latest__isnull=True)
                | Q(began_earliest__lte=F("ended_latest")),
                name="participation_ends_after_it_began",
                violation_error_message=_("It cannot end before it began."),
            ),
        ]

    def __str__(self):
        return f"{self.participant} ({self.get_role_display()})"

    @property
    def participant(self):
        """The center or the organisation that took part."""
        return self.center or self.organisation
