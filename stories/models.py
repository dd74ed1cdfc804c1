"""Stories and voices of women from the centers."""

from django.conf import settings
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from centers.dates import Dated, EarliestDayField, LatestDayField, PartialDateField
from centers.models import Center, Report
from centers.models.base import (
    FormerSlug,
    Keyed,
    LanguageField,
    Slugged,
    TextInLanguage,
    WebAddressField,
)
from centers.models.invitations import new_nonce
from centers.models.photos import LAST_PLACE, Picture
from projects.models import Project


class StoryQuerySet(models.QuerySet):
    def published(self):
        """Stories that the public may read."""
        return self.filter(state=Story.State.PUBLISHED)

    def for_reader(self):
        """With what the reader's page shows of each: its translations and its public pictures."""
        return self.prefetch_related(
            "translations",
            models.Prefetch(
                "pictures", StoryPicture.objects.published(), to_attr="public_pictures"
            ),
        )


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
        WITHDRAWN = "withdrawn", _("not shown for now")

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
    video = WebAddressField(
        _("video"),
        max_length=300,
        blank=True,
        default="",
        db_default="",
        help_text=_("The address of a video elsewhere. It is linked, never embedded."),
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
    # Withdrawing a story (`stories.withdrawing`) leaves none of its versions.
    history = HistoricalRecords(cascade_delete_history=True)

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

    @property
    def translation(self):
        """Its `StoryTranslation` into the reader's language; None if it was told in hers, or if
        there is none."""
        reader = _base(get_language() or "en")
        if _base(self.language) == reader:
            return None
        return next(
            (each for each in self.translations.all() if _base(each.language) == reader), None
        )

    @property
    def title_for_reader(self):
        """Its title, translated where that is possible, as a `TextInLanguage`."""
        shown = self.translation or self
        return TextInLanguage(shown.title, shown.language)

    @property
    def body_for_reader(self):
        """Its text, translated where that is possible, as a `TextInLanguage`."""
        shown = self.translation or self
        return TextInLanguage(shown.body, shown.language)


def _base(language):
    return language.split("-")[0]


class StoryFormerSlug(FormerSlug):
    story = models.ForeignKey(Story, models.CASCADE, related_name="former_slugs")

    class Meta(FormerSlug.Meta):
        verbose_name = _("former address")
        verbose_name_plural = _("former addresses")


class Teller(models.Model):
    """She who told a story through the form: how she is written to, what she agreed to. Private.

    The link in her mail changes the story or withdraws it (`stories.telling`). All three leaves are
    separate, and she may take each back; None means that she has not given it.
    """

    responsible = "story"
    is_private = True

    story = models.OneToOneField(
        Story, models.CASCADE, related_name="teller", verbose_name=_("story")
    )
    email = models.EmailField(_("mail address"), blank=True)
    language = LanguageField(_("language"), default="en")
    nonce = models.CharField(max_length=40, default=new_nonce, editable=False)
    text_agreed_at = models.DateTimeField(_("agreed that the text is published"))
    pictures_agreed_at = models.DateTimeField(
        _("agreed that the pictures are published"), null=True, blank=True
    )
    contact_agreed_at = models.DateTimeField(_("agreed to be written to"), null=True, blank=True)
    is_over_16 = models.BooleanField(_("said that she is over 16"), default=False)

    class Meta:
        verbose_name = _("teller of a story")
        verbose_name_plural = _("tellers of stories")

    def __str__(self):
        return f"{self._meta.verbose_name} {self.pk or ''}".strip()


class StoryReport(models.Model):
    """The item of the queue by which a story, or a change of it, waits for a coordinator."""

    responsible = "report"

    report = models.OneToOneField(
        Report, models.CASCADE, related_name="about_story", verbose_name=_("report")
    )
    story = models.ForeignKey(
        Story, models.CASCADE, related_name="reports", verbose_name=_("story")
    )

    class Meta:
        verbose_name = _("report of a story")
        verbose_name_plural = _("reports of stories")

    def __str__(self):
        return str(self.story)


def lock_reports_of(story_pk):
    """Let others wait who decide on the story: its reports first, as a decision locks them."""
    reports = Report.objects.select_for_update(of=["self"]).filter(about_story__story=story_pk)
    return list(reports.order_by("pk"))


class StoryPictureQuerySet(models.QuerySet):
    def published(self):
        """Pictures of published stories that a coordinator has looked at and let through."""
        return self.filter(story__state=Story.State.PUBLISHED, approved_at__isnull=False).exclude(
            alternative=""
        )


class StoryPicture(Picture, Keyed):
    """A picture of a story, with files of our own making, as a center's photos have.

    It is shown when a coordinator approved it. If children can be recognised in it, she must have
    checked before that their parents agreed, and in writing.
    """

    responsible = "story"

    story = models.ForeignKey(
        Story, models.CASCADE, related_name="pictures", verbose_name=_("story")
    )
    shows_children = models.BooleanField(_("shows children"), default=False)
    children_checked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name=_("leave of the parents checked by"),
    )
    children_checked_at = models.DateTimeField(
        _("leave of the parents checked"), null=True, blank=True, editable=False
    )
    approved_at = models.DateTimeField(_("approved"), null=True, blank=True, editable=False)
    position = models.PositiveSmallIntegerField(
        _("place in the order"), default=0, validators=[MaxValueValidator(LAST_PLACE)]
    )

    objects = StoryPictureQuerySet.as_manager()

    class Meta:
        verbose_name = _("picture of a story")
        verbose_name_plural = _("pictures of stories")
        ordering = ["story", "position", "key"]
        constraints = [
            models.CheckConstraint(
                condition=Q(approved_at__isnull=True)
                | Q(shows_children=False)
                | Q(children_checked_at__isnull=False),
                name="story_picture_of_children_checked",
                violation_error_message=_(
                    "Say first that the leave of the children's parents was checked."
                ),
            )
        ]

    @property
    def is_published(self):
        return bool(self.alternative and self.approved_at and self.story.is_published)


class StoryTranslation(Keyed):
    """A story in another language than it was told in, added by a coordinator.

    It has no history: when the story is withdrawn, nothing of its words may stay.
    """

    responsible = "story"

    story = models.ForeignKey(
        Story, models.CASCADE, related_name="translations", verbose_name=_("story")
    )
    language = LanguageField(_("language"))
    title = models.CharField(_("title"), max_length=200)
    body = models.TextField(_("text"))
    translated_by = models.CharField(
        _("translated by"),
        max_length=120,
        blank=True,
        help_text=_("As she wants to be named. Published. Empty: nobody is named."),
    )

    class Meta:
        verbose_name = _("translation")
        verbose_name_plural = _("translations")
        ordering = ["story", "language"]
        constraints = [
            models.UniqueConstraint(
                fields=["story", "language"], name="story_translation_once_a_language"
            )
        ]

    def __str__(self):
        return self.title
