"""What a project cost, did, reached and taught."""

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from centers.dates import Dated, EarliestDayField, LatestDayField, PartialDateField
from centers.models import Cause, Center, Country, Organisation
from centers.models.base import (
    Keyed,
    LanguageField,
    WebAddressField,
    in_language,
    or_blank,
    or_zero,
)
from centers.models.countries import Sourced
from projects.models.project import Project


class Funding(Dated, Keyed, Sourced):
    """Money for a project. An unknown amount is empty; currencies are never added."""

    responsible = "project"

    project = models.ForeignKey(
        Project, models.CASCADE, related_name="funding", verbose_name=_("project")
    )
    funder = models.ForeignKey(
        Organisation,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="funding",
        verbose_name=_("funder"),
        help_text=_("Empty: the source does not say."),
    )
    programme = models.CharField(_("programme"), max_length=300, blank=True)
    amount = models.DecimalField(
        _("amount"),
        max_digits=14,
        decimal_places=2,
        null=True,
        blank=True,
        help_text=_("Empty: not known."),
    )
    currency = models.CharField(
        _("currency"), max_length=3, blank=True, help_text=_("Three letters, such as EUR.")
    )
    began = PartialDateField(_("from"), null=True, blank=True)
    began_earliest = EarliestDayField("began")
    began_latest = LatestDayField("began")
    ended = PartialDateField(_("to"), null=True, blank=True)
    ended_earliest = EarliestDayField("ended")
    ended_latest = LatestDayField("ended")
    note = models.CharField(_("note"), max_length=300, blank=True)

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("funding")
        verbose_name_plural = _("funding")
        ordering = ["project", F("began").asc(nulls_last=True), "key"]
        constraints = [
            models.CheckConstraint(
                condition=Q(amount__isnull=True)
                | Q(amount__gte=0, currency__regex=r"^[A-Z][A-Z][A-Z]$"),
                name="funding_amount_has_currency",
                violation_error_message=_("An amount needs its currency, such as EUR."),
            ),
            models.CheckConstraint(
                condition=Q(funder__isnull=False) | ~Q(programme=""),
                name="funding_names_funder_or_programme",
                violation_error_message=_("Name the funder or the programme."),
            ),
            models.CheckConstraint(
                condition=Q(began_earliest__isnull=True)
                | Q(ended_latest__isnull=True)
                | Q(began_earliest__lte=F("ended_latest")),
                name="funding_ends_after_it_began",
                violation_error_message=_("It cannot end before it began."),
            ),
        ]

    def __str__(self):
        return self.programme or str(self.funder)


class EventQuerySet(models.QuerySet):
    def with_texts(self, language=None):
        """Annotates `shown_title` and `shown_note` in the reader's language, else English."""
        texts = EventText.objects.order_by()
        return self.annotate(
            shown_title=in_language(texts, "title", of="event", language=language),
            shown_note=in_language(texts, "note", of="event", language=language),
        )


class Event(Dated, Keyed, Sourced):
    """A meeting, conference or training, in a place or online."""

    responsible = "project"

    project = models.ForeignKey(
        Project, models.CASCADE, related_name="events", verbose_name=_("project")
    )
    start = PartialDateField(_("date"))
    start_earliest = EarliestDayField("start")
    start_latest = LatestDayField("start")
    end = PartialDateField(_("to"), null=True, blank=True)
    end_earliest = EarliestDayField("end")
    end_latest = LatestDayField("end")
    is_online = models.BooleanField(_("online"), default=False)
    place = models.CharField(_("place"), max_length=120, blank=True)
    country = models.ForeignKey(
        Country,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="events",
        verbose_name=_("country"),
    )
    recording_url = WebAddressField(_("recording"), max_length=500, blank=True)

    objects = EventQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        ordering = ["start", "key"]
        constraints = [
            models.CheckConstraint(
                condition=Q(end_latest__isnull=True) | Q(start_earliest__lte=F("end_latest")),
                name="event_ends_after_it_began",
                violation_error_message=_("It cannot end before it began."),
            )
        ]

    def __str__(self):
        return f"{getattr(self, 'shown_title', None) or self.key}, {self.start}"


class EventText(Keyed):
    """Title and note of an event in one language."""

    responsible = "event"

    event = models.ForeignKey(Event, models.CASCADE, related_name="texts", verbose_name=_("event"))
    language = LanguageField(_("language"))
    title = models.CharField(_("title"), max_length=200)
    note = models.TextField(_("note"), blank=True)

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("text")
        verbose_name_plural = _("texts")
        ordering = ["event", "language"]
        constraints = [
            models.UniqueConstraint(fields=["event", "language"], name="event_text_once_a_language")
        ]

    def __str__(self):
        return self.title


class IndicatorQuerySet(models.QuerySet):
    def with_names(self, language=None):
        texts = IndicatorText.objects.order_by()
        return self.annotate(
            shown_name=in_language(texts, "name", of="indicator", language=language),
            shown_unit=in_language(texts, "unit", of="indicator", language=language),
        )


class Indicator(Keyed):
    """Something countable that a project wants to reach or reached."""

    responsible = "project"

    project = models.ForeignKey(
        Project, models.CASCADE, related_name="indicators", verbose_name=_("project")
    )
    adds_up = models.BooleanField(
        _("periods add up"),
        default=False,
        help_text=_("Whether the figures of the periods may be added, as for women trained."),
    )
    stated_total = models.DecimalField(
        _("total, as the source states it"), max_digits=14, decimal_places=2, null=True, blank=True
    )

    objects = IndicatorQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        verbose_name = _("indicator")
        verbose_name_plural = _("indicators")
        ordering = ["project", "key"]

    def __str__(self):
        return getattr(self, "shown_name", None) or self.key


class IndicatorText(Keyed):
    """Name and unit of an indicator in one language."""

    responsible = "indicator"

    indicator = models.ForeignKey(
        Indicator, models.CASCADE, related_name="texts", verbose_name=_("indicator")
    )
    language = LanguageField(_("language"))
    name = models.CharField(_("name"), max_length=200)
    unit = models.CharField(_("unit"), max_length=60, blank=True)

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("name")
        verbose_name_plural = _("names")
        ordering = ["indicator", "language"]
        constraints = [
            models.UniqueConstraint(
                fields=["indicator", "language"], name="indicator_text_once_a_language"
            )
        ]

    def __str__(self):
        return self.name


class Measurement(Dated, Keyed, Sourced):
    """A figure of an indicator: where it stood before, what was aimed at, what was reached."""

    responsible = "indicator"

    class Kind(models.TextChoices):
        BASELINE = "baseline", _("baseline")
        TARGET = "target", _("target")
        ACTUAL = "actual", _("actual")

    indicator = models.ForeignKey(
        Indicator, models.CASCADE, related_name="measurements", verbose_name=_("indicator")
    )
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    period = PartialDateField(_("period"), null=True, blank=True)
    period_earliest = EarliestDayField("period")
    period_latest = LatestDayField("period")
    value = models.DecimalField(_("value"), max_digits=14, decimal_places=2)

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("measurement")
        verbose_name_plural = _("measurements")
        ordering = ["indicator", "kind", F("period").asc(nulls_last=True), "key"]
        constraints = [
            models.UniqueConstraint(
                "indicator",
                "kind",
                or_blank("period"),
                or_zero("source"),
                name="measurement_once_a_source",
                violation_error_message=_("This source's figure is there already."),
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["baseline", "target", "actual"]),
                name="measurement_kind_known",
            ),
        ]

    def __str__(self):
        return f"{self.get_kind_display()} {self.period or ''}: {self.value:f}"


class Evaluation(Dated, Keyed, Sourced):
    """A look at a project from outside, or the network's own look back at it."""

    responsible = "project"

    class Kind(models.TextChoices):
        EVALUATION = "evaluation", _("evaluation")
        REVIEW = "review", _("review by the network")

    project = models.ForeignKey(
        Project, models.CASCADE, related_name="evaluations", verbose_name=_("project")
    )
    kind = models.CharField(_("kind"), max_length=12, choices=Kind, default=Kind.EVALUATION)
    date = PartialDateField(_("date"))
    date_earliest = EarliestDayField("date")
    date_latest = LatestDayField("date")
    is_date_inferred = models.BooleanField(
        _("date inferred"), default=False, help_text=_("The source does not print the date.")
    )
    evaluator = models.ForeignKey(
        Organisation,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="evaluations",
        verbose_name=_("evaluator"),
    )
    language = LanguageField(_("language of the texts"), default="en")
    method = models.TextField(_("method"), blank=True)
    findings = models.TextField(_("findings"), blank=True)
    recommendations = models.TextField(
        _("recommendations"), blank=True, help_text=_("One on each line.")
    )
    pages = models.CharField(_("pages of the evaluation"), max_length=60, blank=True)

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("evaluation")
        verbose_name_plural = _("evaluations")
        ordering = ["project", "date", "key"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["evaluation", "review"]), name="evaluation_kind_known"
            )
        ]

    def __str__(self):
        return f"{self.get_kind_display()} {self.date}"


class Document(Dated, Keyed, Sourced):
    """A paper of a project, at an address on the web."""

    responsible = "project"

    project = models.ForeignKey(
        Project, models.CASCADE, related_name="documents", verbose_name=_("project")
    )
    title = models.CharField(_("title"), max_length=300)
    language = LanguageField(_("language"), blank=True)
    url = WebAddressField(_("address"), max_length=500)
    date = PartialDateField(_("date"), null=True, blank=True)
    date_earliest = EarliestDayField("date")
    date_latest = LatestDayField("date")

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("document")
        verbose_name_plural = _("documents")
        ordering = ["project", "date", "title"]

    def __str__(self):
        return self.title


class Lesson(Keyed, Sourced):
    """Something a project taught, with its themes, the causes and the center it speaks of."""

    responsible = "project"

    class Theme(models.TextChoices):
        NETWORKING = "networking", _("networking")
        SPACE = "space", _("space")
        MONEY = "money", _("money")
        SKILLS = "skills", _("skills")
        PEOPLE = "people", _("people")
        INCLUSION = "inclusion", _("inclusion")

    project = models.ForeignKey(
        Project, models.CASCADE, related_name="lessons", verbose_name=_("project")
    )
    language = LanguageField(_("language"), default="en")
    text = models.TextField(_("lesson"))
    themes = models.CharField(
        _("themes"),
        max_length=200,
        blank=True,
        help_text=_("networking, space, money, skills, people or inclusion, with blanks between"),
    )
    causes = models.ManyToManyField(
        Cause, blank=True, related_name="lessons", verbose_name=_("causes")
    )
    center = models.ForeignKey(
        Center,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="lessons",
        verbose_name=_("center"),
    )

    history = HistoricalRecords(m2m_fields=[causes])

    class Meta:
        verbose_name = _("lesson")
        verbose_name_plural = _("lessons")
        ordering = ["project", "key"]
        constraints = [
            models.CheckConstraint(condition=~Q(text=""), name="lesson_has_text"),
        ]

    def __str__(self):
        return self.text[:80]

    def clean(self):
        unknown = [theme for theme in self.themes.split() if theme not in self.Theme.values]
        if unknown:
            raise ValidationError({"themes": _("There is no theme “%s”.") % unknown[0]})

    @property
    def theme_labels(self):
        """The themes' names in the active language."""
        return [self.Theme(theme).label for theme in self.themes.split()]
