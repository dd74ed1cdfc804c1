"""Pictures of stories: files as a center's photos have, shown to nobody before their time."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.core.files.storage import default_storage
from django.utils import timezone

from centers import gallery
from centers.models import Center, Coordinator, Country, Erasure, Photo
from stories.models import Story, StoryPicture
from tests.centers.test_gallery import stored, upload
from tests.centers.test_photos import encoded, picture

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def own_media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def story(make):
    country, _new = Country.objects.get_or_create(code="BG")
    return make(Story, slug="told", center=make(Center, country=country))


def picture_of(story, **values):
    return gallery.take_picture(
        upload(encoded(picture((70, 40)))),
        lambda made: StoryPicture.objects.create(story=story, **made | values),
    )


def published(story):
    story.state, story.consent = "published", "by letter, 2026"
    story.save()
    return picture_of(story, alternative="A table", approved_at=timezone.now())


def test_picture_has_the_files_of_a_photo_and_no_metadata(story):
    row = picture_of(story)

    assert (row.width, row.height, row.rendition_widths) == (70, 40, [70])
    assert stored() == set(row.file_names)
    assert gallery.picture_of(row.stem) == row


def test_a_row_that_cannot_be_written_leaves_no_file(story):
    with pytest.raises(ValueError, match="no"):
        gallery.take_picture(upload(), lambda made: int("no"))

    assert stored() == set()


def test_nothing_is_taken_of_several_if_one_cannot_be_written(story, monkeypatch):
    fresh = [gallery.fresh(upload(encoded(picture((70, side))))) for side in (40, 50)]

    def keep():
        with gallery.keeping(*fresh):
            StoryPicture.objects.create(story=story, **fresh[0].values)
            raise ValidationError("The second cannot be kept.")

    with pytest.raises(ValidationError):
        keep()

    assert (StoryPicture.objects.count(), stored()) == (0, set())


def test_check_of_files_knows_pictures_of_stories(story, monkeypatch):
    row = picture_of(story)
    default_storage.delete(row.rendition_names[0])
    monkeypatch.setattr(gallery, "STRAY_AFTER", timedelta(seconds=-5))

    missing, stray = list(gallery.missing_files()), gallery.stray_files()
    gallery.repair()

    assert (missing, stray) == ([(row, row.rendition_names[0])], [])
    assert stored() == set(row.file_names)


@pytest.mark.parametrize("with_center", [True, False])
def test_withdrawn_picture_answers_410_and_a_line_stays(
    client, story, with_center, django_capture_on_commit_callbacks
):
    if not with_center:
        story.center = None
        story.save()
    row = published(story)
    address = row.image.url
    before = client.get(address).status_code

    with django_capture_on_commit_callbacks(execute=True):
        line = gallery.withdraw_picture(row, reason="consent", by=None)

    assert (before, client.get(address).status_code) == (200, 410)
    assert stored() == set()
    assert line.center == (story.center.public_id if with_center else "")
    assert line.kind == Erasure.Kind.PHOTO
    assert line.key == f"storypicture-{row.key}"
    assert gallery.withdraw_picture(row, reason="asked", by=None) == line


@pytest.mark.parametrize(
    "wrong",
    [
        {"approved_at": None},
        {"alternative": ""},
        {"story__state": "draft"},
        {"story__state": "withdrawn"},
    ],
)
def test_picture_is_shown_when_approved_told_and_its_story_published(client, story, wrong):
    row = published(story)
    for name, value in wrong.items():
        if name.startswith("story__"):
            Story.objects.update(state=value)
        else:
            StoryPicture.objects.update(**{name: value})

    answer = client.get(row.small_url)

    assert answer.status_code == 404
    assert list(StoryPicture.objects.published()) == []


@pytest.mark.parametrize(
    ("country", "with_center", "is_shown"),
    [("BG", True, True), ("RS", True, False), ("BG", False, False), ("lead", False, True)],
)
def test_draft_is_shown_to_those_who_may_change_its_story(
    client, story, django_user_model, country, with_center, is_shown
):
    if not with_center:
        story.center = None
        story.save()
    user = django_user_model.objects.create_user("vesna", is_staff=True)
    row = Coordinator.objects.create(user=user, is_lead=country == "lead")
    if country != "lead":
        row.countries.add(Country.objects.get_or_create(code=country)[0])
    client.force_login(user)

    answer = client.get(picture_of(story).small_url)

    assert answer.status_code == (200 if is_shown else 404)
    if is_shown:
        assert answer.headers["Cache-Control"] == "private, no-store"


def test_draft_is_lent_to_her_who_gave_it_for_a_day(client, story, monkeypatch):
    row, other = picture_of(story), picture_of(story)
    lent = row.lent_url

    shown, foreign = client.get(lent), client.get(other.small_url + "?" + lent.split("?")[1])
    monkeypatch.setattr("centers.models.photos.LENT_FOR", -1)
    later = client.get(lent)

    assert (shown.status_code, foreign.status_code, later.status_code) == (200, 404, 404)
    assert shown.headers["Cache-Control"] == "private, no-store"
    for nonsense in ("", "zyx", "%00", "ä:b:c"):
        assert client.get(f"{row.small_url}?lent={nonsense}").status_code == 404


def test_photos_of_centers_and_pictures_of_stories_are_all_pictures():
    assert set(gallery.picture_models()) == {Photo, StoryPicture}
