"""The status log of a center: statements, their causes, and the one door to record them."""

import datetime
from collections import defaultdict
from dataclasses import dataclass

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from centers import status_log
from centers.dates import Dated, EarliestDayField, LatestDayField, PartialDateField
from centers.models.base import Keyed, LanguageField, in_language
from centers.models.countries import Sourced


class Status(models.TextChoices):
    """What a center is. `unknown` stands for an empty log and is never recorded."""

    INITIATIVE = status_log.INITIATIVE, _("initiative")
    ACTIVE = status_log.ACTIVE, _("active")
    LOW_LEVEL = status_log.LOW_LEVEL, _("low level")
    PAUSED = status_log.PAUSED, _("paused")
    CLOSED = status_log.CLOSED, _("closed")
    UNKNOWN = status_log.UNKNOWN, _("unknown")


RECORDABLE = [choice for choice in Status.choices if choice[0] != Status.UNKNOWN]
LIVING = [Status.ACTIVE, Status.LOW_LEVEL]
# A cause explains why a center does badly or not at all.
EXPLAINED = [Status.LOW_LEVEL, Status.PAUSED, Status.CLOSED]

STATUS_EXPLANATIONS = {
    Status.INITIATIVE: _("A group that wants to open a center."),
    Status.ACTIVE: _("Open and working."),
    Status.LOW_LEVEL: _("Still exists, works at a very low level."),
    Status.PAUSED: _("Stopped, and has not decided whether to close."),
    Status.CLOSED: _("No longer exists."),
    Status.UNKNOWN: _("Nobody has recorded how it is."),
}


class CauseQuerySet(models.QuerySet):
    def with_names(self, language=None):
        """Annotates `shown_name`: the cause in the reader's language, else in English."""
        return self.annotate(
            shown_name=in_language(
                CauseText.objects.order_by(), "name", of="cause", language=language
            )
        )


class Cause(models.Model):
    """A reason why centers struggle, pause or close. Staff may add some."""

    class Group(models.TextChoices):
        SPACE = "space", _("space")
        MONEY = "money", _("money")
        PEOPLE = "people", _("people")
        AUTHORITIES = "authorities", _("authorities")
        OTHER = "other", _("other")

    slug = models.SlugField(_("key"), max_length=50, primary_key=True)
    group = models.CharField(_("group"), max_length=20, choices=Group)

    objects = CauseQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        verbose_name = _("cause")
        verbose_name_plural = _("causes")
        ordering = ["group", "slug"]
        constraints = [
            models.CheckConstraint(
                condition=Q(group__in=["space", "money", "people", "authorities", "other"]),
                name="cause_group_known",
            )
        ]

    def __str__(self):
        return getattr(self, "shown_name", None) or self.slug


class CauseText(Keyed):
    """The name of a cause in one language."""

    cause = models.ForeignKey(Cause, models.CASCADE, related_name="texts", verbose_name=_("cause"))
    language = LanguageField(_("language"))
    name = models.CharField(_("name"), max_length=120)

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("name")
        verbose_name_plural = _("names")
        ordering = ["cause", "language"]
        constraints = [
            models.UniqueConstraint(fields=["cause", "language"], name="cause_text_once_a_language")
        ]

    def __str__(self):
        return self.name


@dataclass(frozen=True)
class Recorder:
    """Who or what records a statement: a member of staff, an import, or the center itself."""

    via: str
    user: object = None

    @classmethod
    def of(cls, by):
        """`by` as a recorder; a user stands for herself."""
        if isinstance(by, cls):
            return by
        if getattr(by, "is_authenticated", False):
            return cls(StatusEntry.Via.STAFF, by)
        raise ValueError("Say who records it: by=a user, BY_IMPORT or BY_CENTER.")


def end_of(day):
    """The moment at which a day ends, as the registry counts days."""
    following = day + datetime.timedelta(1)
    return timezone.make_aware(datetime.datetime.combine(following, datetime.time.min))


class StatusEntryQuerySet(models.QuerySet):
    def standing(self):
        """Statements that have not been withdrawn."""
        return self.filter(withdrawn_at__isnull=True)

    def known_on(self, day):
        """Statements that stood at the end of a day, as the registry counts days; None: now."""
        if day is None:
            return self.standing()
        end = end_of(day)
        return self.filter(
            Q(withdrawn_at__isnull=True) | Q(withdrawn_at__gte=end), recorded_at__lt=end
        )


class StatusEntry(Dated, Keyed, Sourced):
    """A statement on a center: it had this status when observed, and possibly since when.

    Entries are recorded through `Center.record_status` and never changed: a mistaken one is
    withdrawn with a reason. A further entry with the same status is a confirmation.
    """

    responsible = "center"

    class Via(models.TextChoices):
        STAFF = "staff", _("a coordinator")
        IMPORT = "import", _("an import")
        CENTER = "center", _("the center itself")

    center = models.ForeignKey(
        "centers.Center", models.PROTECT, related_name="status_entries", verbose_name=_("center")
    )
    status = models.CharField(_("status"), max_length=12, choices=RECORDABLE)
    since = PartialDateField(
        _("since"),
        null=True,
        blank=True,
        help_text=_("When this status began, if known: 2015, 2015-05 or 2015-05-17."),
    )
    since_earliest = EarliestDayField("since")
    since_latest = LatestDayField("since")
    observed = PartialDateField(
        _("observed"),
        help_text=_("When it was seen or told to be so: 2015, 2015-05 or 2015-05-17."),
    )
    observed_earliest = EarliestDayField("observed")
    observed_latest = LatestDayField("observed")
    hint = models.CharField(_("when, in the words of the source"), max_length=200, blank=True)
    according_to = models.CharField(
        _("according to"),
        max_length=200,
        blank=True,
        help_text=_("Who says so: the center, its host, the mayor's office … No private names."),
    )
    note = models.TextField(_("note"), blank=True, help_text=_("Public. No private names."))
    causes = models.ManyToManyField(
        Cause, through="StatusCause", related_name="+", verbose_name=_("causes")
    )
    via = models.CharField(_("recorded by"), max_length=10, choices=Via)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("coordinator"),
    )
    recorded_at = models.DateTimeField(_("recorded at"), default=timezone.now)
    withdrawn_at = models.DateTimeField(_("withdrawn at"), null=True, blank=True)
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("withdrawn by"),
    )
    withdrawal_reason = models.CharField(_("why withdrawn"), max_length=300, blank=True)
    note_redacted_at = models.DateTimeField(_("note redacted at"), null=True, blank=True)

    objects = StatusEntryQuerySet.as_manager()

    class Meta:
        verbose_name = _("status entry")
        verbose_name_plural = _("status entries")
        ordering = ["center", "-observed_earliest", "-recorded_at", "key"]
        indexes = [models.Index(fields=["center", "observed_earliest"])]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["initiative", "active", "low_level", "paused", "closed"]),
                name="status_entry_status_known",
            ),
            models.CheckConstraint(
                condition=Q(since_earliest__isnull=True)
                | Q(since_earliest__lte=models.F("observed_latest")),
                name="status_entry_since_not_after_observed",
                violation_error_message=_("It cannot have begun after it was observed."),
            ),
            models.CheckConstraint(
                condition=Q(
                    since__isnull=True, since_earliest__isnull=True, since_latest__isnull=True
                )
                | Q(since__isnull=False, since_earliest__isnull=False, since_latest__isnull=False),
                name="status_entry_since_has_bounds",
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_at__isnull=True, withdrawal_reason="")
                | (Q(withdrawn_at__isnull=False) & ~Q(withdrawal_reason="")),
                name="status_entry_withdrawn_with_reason",
                violation_error_message=_("Say why the entry is withdrawn."),
            ),
        ]

    def __str__(self):
        return f"{self.get_status_display()} ({self.observed})"

    @property
    def is_withdrawn(self):
        return self.withdrawn_at is not None

    @property
    def named_causes(self):
        """The entry's causes with their weights, as `StatusCause` rows."""
        return self.cause_links.all()

    @property
    def cause_weights(self):
        """{slug of the cause: weight}; set by an import before the entry is saved."""
        if "cause_weights" in self.__dict__:
            return self.__dict__["cause_weights"]
        if self.pk is None:
            return {}
        return {link.cause_id: link.weight for link in self.named_causes}

    @cause_weights.setter
    def cause_weights(self, weights):
        self.__dict__["cause_weights"] = weights

    @transaction.atomic
    def withdraw(self, reason, *, by):
        """Take the statement back. It stays to be read, with the reason, and counts no more."""
        reason = reason.strip()
        if not reason:
            raise ValidationError({"reason": _("Say why the entry is withdrawn.")})
        longest = self._meta.get_field("withdrawal_reason").max_length
        if len(reason) > longest:
            raise ValidationError({"reason": _("At most %d letters, please.") % longest})
        center = type(self.center).objects.select_for_update().get(pk=self.center_id)
        entry = StatusEntry.objects.get(pk=self.pk)
        if not entry.is_withdrawn:
            entry.withdrawn_at = timezone.now()
            entry.withdrawn_by = Recorder.of(by).user
            entry.withdrawal_reason = reason
            entry.save(update_fields=["withdrawn_at", "withdrawn_by", "withdrawal_reason"])
            center.keep_status()
        self.refresh_from_db()

    def redact_note(self, *, by):
        """Remove the note's words, for example because they name a person; the fact stays."""
        Recorder.of(by)
        self.note = ""
        self.note_redacted_at = timezone.now()
        self.save(update_fields=["note", "note_redacted_at"])


BY_IMPORT = Recorder(StatusEntry.Via.IMPORT)
BY_CENTER = Recorder(StatusEntry.Via.CENTER)


class StatusCause(models.Model):
    """A cause that a status entry names, as main, as contributing, or of unknown weight."""

    class Weight(models.TextChoices):
        MAIN = "main", _("main cause")
        CONTRIBUTING = "contributing", _("contributing cause")

    entry = models.ForeignKey(StatusEntry, models.CASCADE, related_name="cause_links")
    cause = models.ForeignKey(
        Cause, models.PROTECT, related_name="entry_links", verbose_name=_("cause")
    )
    weight = models.CharField(
        _("weight"),
        max_length=12,
        choices=Weight,
        blank=True,
        help_text=_("Empty: the source does not say."),
    )

    class Meta:
        verbose_name = _("cause")
        verbose_name_plural = _("causes")
        ordering = ["entry", "cause"]
        constraints = [
            models.UniqueConstraint(fields=["entry", "cause"], name="status_cause_once"),
            models.CheckConstraint(
                condition=Q(weight__in=["", "main", "contributing"]),
                name="status_cause_weight_known",
            ),
        ]

    def __str__(self):
        return str(self.cause)


@dataclass(frozen=True)
class Statement:
    """As much of an entry as its place in the log takes."""

    key: str
    status: str
    since: object
    observed: object
    according_to: str
    note: str


def name_present_causes(centers):
    """Give each center `shown_causes`: the causes of its present period, as [(slug, name)].

    One query for all of them; `centers` is a list or a page of centers.
    """
    centers = list(centers)
    explained = [center.pk for center in centers if center.status in EXPLAINED]
    rows = (
        StatusEntry.objects.standing()
        .filter(center__in=explained)
        .order_by()
        .annotate(
            cause_name=in_language(
                CauseText.objects.order_by(), "name", of="cause", ref="cause_links__cause"
            )
        )
        .values_list(
            "center", "cause_links__cause", "cause_name",
            "key", "status", "since", "observed", "according_to", "note",
        )
    )  # fmt: skip
    logs, causes = defaultdict(set), defaultdict(dict)
    for center, cause, name, *statement in rows:
        entry = Statement(*statement)
        logs[center].add(entry)
        if cause is not None:
            causes[entry.key][cause] = name or cause
    for center in centers:
        told = status_log.periods(logs[center.pk]) if center.pk in logs else []
        shown = {}
        for entry in told[-1].entries if told else ():
            shown |= causes[entry.key]
        center.shown_causes = sorted(shown.items(), key=lambda item: item[1])
