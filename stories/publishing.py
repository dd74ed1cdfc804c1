"""What a coordinator lets the public read: a story, and each of its pictures."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from centers import search
from centers.dates import PartialDate
from centers.models import SearchEntry
from stories.models import Story, StoryPicture


@transaction.atomic
def change_story(story, values, *, by, reason=""):
    """Write `values` ({field: value}) into the story, with its history and its search words.

    `by` is None when she who told it did it. Returns the story as it is now; raises
    `ValidationError`, in plain words, for what a field does not take.
    """
    story = Story.objects.select_for_update().get(pk=story.pk)
    for field, value in values.items():
        setattr(story, field, value)
    try:
        story.clean_fields(exclude={each.name for each in Story._meta.fields} - set(values))
    except ValidationError as error:
        raise ValidationError(error.messages) from None
    story._history_user, story._change_reason = by, reason
    story.save()
    search.reindex(SearchEntry.Kind.STORY, [story.pk])
    return story


def publish_story(story, *, by, reason=""):
    """Let the public read the story, with the leave that she gave in the form."""
    values = {"state": Story.State.PUBLISHED}
    teller = getattr(story, "teller", None)
    if teller is not None:
        day = timezone.localdate(teller.text_agreed_at)
        if not story.consent:
            values["consent"] = f"her own, through the form of this site, {day.isoformat()}"
        if not story.told_on:
            values["told_on"] = PartialDate.of(day)
    if not (story.consent or values.get("consent") or story.is_sample):
        raise ValidationError(_("Without her consent a story cannot be published."))
    return change_story(story, values, by=by, reason=reason)


@transaction.atomic
def approve_picture(picture, *, by, parents_agreed=False):
    """Let the public see the picture, as soon as its story is public and somebody says what it
    shows. `parents_agreed`: `by` has checked that they did, in writing."""
    picture = StoryPicture.objects.select_for_update().get(pk=picture.pk)
    now = timezone.now()
    if picture.shows_children and picture.children_checked_at is None:
        if not parents_agreed:
            raise ValidationError(
                _("Say first that the leave of the children's parents was checked.")
            )
        picture.children_checked_at, picture.children_checked_by = now, by
    picture.approved_at = picture.approved_at or now
    picture.save()
    return picture
