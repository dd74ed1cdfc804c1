"""Stories and voices: what is refused, and what the public may read."""

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db.models import ProtectedError
from django.forms import modelform_factory
from django.utils import timezone

from centers.models import Center
from projects.models import Project
from stories.models import Story, StoryFormerSlug, StoryPicture, StoryTranslation

# Constraint, what breaks it, what is read in a form.
# Of stories; those of other models have tests of their own.
OF_OTHERS = {
    "story_picture_of_children_checked": True,  # whether it says so in words of its own
    "story_translation_once_a_language": False,
}
BROKEN = [
    ("story_kind_known", {"kind": "poem"}, None),
    ("story_state_known", {"state": "lost"}, None),
    ("story_slug_not_reserved", {"slug": "tell"}, "“tell” is an address of the site."),
    ("story_slug_not_reserved", {"slug": "edit"}, "“edit” is an address of the site."),
    (
        "story_published_with_consent", {"state": "published"},
        "Without her consent a story cannot be published.",
    ),
]  # fmt: skip


def changed(row, wrong):
    for name, value in wrong.items():
        setattr(row, name, value)
    return row


def test_every_constraint_is_broken_here():
    constraints = [
        constraint
        for model in apps.get_app_config("stories").get_models()
        for constraint in model._meta.constraints
    ]

    assert {each.name for each in constraints} == {each[0] for each in BROKEN} | {*OF_OTHERS}
    in_own_words = {
        constraint.name
        for constraint in constraints
        if constraint.violation_error_message != constraint.default_violation_error_message
    }
    expected = {each[0] for each in BROKEN if each[-1]}
    assert in_own_words == expected | {name for name, own in OF_OTHERS.items() if own}


def test_picture_of_children_is_not_approved_before_somebody_checked(make, refused_by):
    picture = make(StoryPicture, image="a.jpg", width=9, height=9, shows_children=True)
    picture.approved_at = timezone.now()

    with refused_by(StoryPicture, "story_picture_of_children_checked"):
        picture.save()
    with pytest.raises(ValidationError, match="leave of the children's parents was checked"):
        picture.full_clean(exclude=["image"])
    picture.children_checked_at = timezone.now()
    picture.save()

    assert StoryPicture.objects.get().approved_at is not None


def test_story_has_one_translation_a_language(make, refused_by):
    first = make(StoryTranslation, language="de")

    with refused_by(StoryTranslation, "story_translation_once_a_language"):
        make(StoryTranslation, language="de", story=first.story)


@pytest.mark.parametrize(("name", "wrong", "message"), BROKEN)
def test_database_refuses_what_breaks_a_check(make, refused_by, name, wrong, message):
    story = make(Story)

    with refused_by(Story, name):
        changed(story, wrong).save()


@pytest.mark.parametrize(("wrong", "message"), [each[1:] for each in BROKEN if each[-1]])
def test_forms_say_in_plain_words_what_breaks_a_check(make, wrong, message):
    story = changed(make(Story), wrong)

    with pytest.raises(ValidationError) as refusal:
        story.full_clean()

    assert refusal.value.messages[0] == message


def test_form_refuses_to_publish_without_consent(make):
    form = modelform_factory(Story, fields=["state", "consent", "is_sample"])

    bound = form({"state": "published", "consent": ""}, instance=make(Story))

    assert bound.errors == {"__all__": ["Without her consent a story cannot be published."]}


@pytest.mark.parametrize("values", [{"consent": "by letter, 2016-05"}, {"is_sample": True}])
def test_a_story_with_consent_and_a_sample_can_be_published(make, values):
    story = make(Story, state="published", **values)

    assert story.full_clean() is None


def test_the_public_reads_published_stories_alone(make):
    for state in Story.State.values:
        make(Story, slug=state, state=state, consent="by letter, 2016-05")

    in_list = list(Story.objects.published().values_list("slug", flat=True))

    assert in_list == ["published"]
    assert [story.slug for story in Story.objects.all() if story.is_published] == in_list


def test_renaming_a_story_keeps_its_former_address(make):
    story = make(Story, slug="first")

    story.slug = "second"
    story.keep_former_slug()
    story.save()

    assert list(StoryFormerSlug.objects.values_list("value", "story")) == [("first", story.pk)]


def test_a_former_address_of_another_story_is_refused(make):
    StoryFormerSlug.objects.create(value="first", story=make(Story))
    other = make(Story, slug="other")

    other.slug = "first"

    with pytest.raises(ValidationError, match="is the former address of another record"):
        other.full_clean()


@pytest.mark.parametrize(("link", "model"), [("center", Center), ("project", Project)])
def test_what_a_story_tells_of_cannot_be_deleted(make, link, model):
    story = make(Story, **{link: make(model)})

    with pytest.raises(ProtectedError):
        getattr(story, link).delete()
