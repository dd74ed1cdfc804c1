"""Stories and voices of women from the centers."""

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from centers.dates import Dated, EarliestDayField, LatestDayField, PartialDateField
from centers.models import Center
from centers.models.base import FormerSlug, Keyed, LanguageField, Slugged
from projects.models import Project


class StoryQuerySet(models.QuerySet):
    def published(self):
        """Stories that the public may read."""
        return self.filter(state=Story.State.PUBLISHED)


class Story(Dated, Slugged, Keyed):
    """A story, or a voice of one sentence, told by a woman from a center.

    A sample shows what a story looks like; it is made up, says so wherever it is shown, and
    names no person.
    """

    responsible = "center"

    class Kind(models.TextChoices):
        STORY = "story", _("story")
        VOICE = "voice", _("voice")

    class State(models.TextChoices):
        DRAFT = "draft", _("draft")
        PUBLISHED = "published", _("published")
        WITHDRAWN = "withdrawn", _("withdrawn")

    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    language = LanguageField(_("language"))
    title = models.CharField(_("title"), max_length=200)
    body = models.TextField(_("text"))
    shown_name = models.CharField(
        _("name as she wants to be shown"),
        max_length=120,
        blank=True,
        help_text=_("Empty: she does not want to be named."),
    )
    center = models.ForeignKey(
        Center,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="stories",
        verbose_name=_("center"),
    )
    project = models.ForeignKey(
        Project,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="stories",
        verbose_name=_("project"),
    )
    told_on = PartialDateField(_("told"), null=True, blank=True)
    told_on_earliest = EarliestDayField("told_on")
    told_on_latest = LatestDayField("told_on")
    consent = models.CharField(
        _("consent"),
        max_length=300,
        blank=True,
        help_text=_("How and when she agreed that it may be published. Not published."),
    )
    is_sample = models.BooleanField(_("sample"), default=False)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.DRAFT)

    RESERVED_SLUGS = frozenset({"tell", "edit"})

    objects = StoryQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        verbose_name = _("story")
        verbose_name_plural = _("stories")
        ordering = [F("told_on").desc(nulls_last=True), "slug"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["story", "voice"]), name="story_kind_known"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["draft", "published", "withdrawn"]),
                name="story_state_known",
            ),
            models.CheckConstraint(
                condition=~Q(slug__in=["tell", "edit"]),
                name="story_slug_not_reserved",
                violation_error_message=_("“tell” and “edit” are addresses of the site."),
            ),
            models.CheckConstraint(
                condition=~Q(state="published", consent="", is_sample=False),
                name="story_published_with_consent",
                violation_error_message=_("Without her consent a story cannot be published."),
            ),
        ]

    def __str__(self):
        return self.title

    def get_absolute_url(self):
        return reverse("stories:detail", args=[self.slug])

    @property
    def is_published(self):
        return self.state == self.State.PUBLISHED


class StoryFormerSlug(FormerSlug):
    story = models.ForeignKey(Story, models.CASCADE, related_name="former_slugs")

    class Meta(FormerSlug.Meta):
        verbose_name = _("former address")
        verbose_name_plural = _("former addresses")
