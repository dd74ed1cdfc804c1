"""A coordinator decides on stories: in the queue, and on their own pages in the desk."""

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from centers import gallery
from centers.models import Coordinator, Country, Erasure, Report, ReportPart
from centers.reports import deciding, letters
from stories import editing
from stories.models import Story, StoryPicture, StoryTranslation, Teller
from stories.telling import GivenPicture, tell_story
from tests.centers.test_gallery import stored, upload
from tests.centers.test_photos import encoded, picture
from tests.forms import Form, change

pytestmark = pytest.mark.django_db

CONFIRM = "I have checked that the parents of the children agreed, in writing."


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def report(center):
    """A story with two pictures, of which the second shows children."""
    pictures = [
        GivenPicture(gallery.fresh(upload(encoded(picture((60, side))))), f"Room {side}", side > 40)
        for side in (40, 50)
    ]
    return tell_story(
        kind="story", language="bg", text="Once there was a room.", title="The room",
        center=center, email="ana@example.org", pictures=pictures,
    )  # fmt: skip


@pytest.fixture
def of_bulgaria(client, coordinator, bulgaria):
    """The coordinator of Bulgaria, logged in."""
    Coordinator.objects.create(user=coordinator).countries.add(bulgaria)
    client.force_login(coordinator)
    return client


def kinds(report):
    room, children = report.about_story.story.pictures.order_by("position")
    return f"story_picture:{room.key}", f"story_picture:{children.key}"


def states(report):
    return dict(report.parts.values_list("field", "state"))


def test_what_she_changed_meanwhile_is_not_published_unread(of_bulgaria, report):
    url = reverse("admin:centers_report_change", args=[report.pk])
    form = Form(of_bulgaria.get(url)).data
    editing.change_words(Teller.objects.get(), {"body": "Something else."})

    page = of_bulgaria.post(url, {**form, "do": "accept", "part": ["story"]})

    assert "She has answered meanwhile" in page.content.decode()
    assert Story.objects.get().state == "draft"


@pytest.mark.parametrize("agreed", [True, False])
def test_question_is_mailed_to_her_who_agreed_to_it_alone(report, agreed):
    Teller.objects.update(contact_agreed_at=timezone.now() if agreed else None)
    report = Report.objects.get()

    assert letters.wants_mail(report, "asked") is agreed
    assert letters.wants_mail(report, "decided")


# --- In the queue --------------------------------------------------------------------------------


def test_told_story_is_in_the_queue_with_its_pictures(report):
    room, children = kinds(report)

    assert states(report) == dict.fromkeys(["story", room, children], "waiting")


def test_accepting_publishes_story_and_pictures(client, report, coordinator):
    _room, children = kinds(report)

    deciding.accept(report, by=coordinator, ticks=[children])

    story = Story.objects.get()
    today = timezone.localdate().isoformat()
    assert (story.state, str(story.told_on)) == ("published", today)
    assert story.consent == f"her own, through the form of this site, {today}"
    assert Report.objects.get().state == "accepted"
    assert StoryPicture.objects.published().count() == 2
    checked = story.pictures.get(shows_children=True)
    assert checked.children_checked_by == coordinator
    assert checked.children_checked_at is not None
    assert "Once there was a room." in client.get(story.get_absolute_url()).content.decode()


def test_pictures_of_children_stay_hidden_until_their_parents_leave_is_confirmed(
    report, coordinator
):
    room, children = kinds(report)

    deciding.accept(report, by=coordinator)

    assert states(report) == {"story": "accepted", room: "accepted", children: "declined"}
    assert [each.shows_children for each in StoryPicture.objects.published()] == [False]
    assert Report.objects.get().state == "partly"


def test_choosing_such_a_picture_without_confirming_is_refused_as_a_whole(report, coordinator):
    room, children = kinds(report)

    with pytest.raises(ValidationError) as refusal:
        deciding.accept(report, ["story", room, children], by=coordinator)

    assert refusal.value.message_dict == {children: [f"Say first: {CONFIRM}"]}
    assert Story.objects.get().state == "draft"
    assert StoryPicture.objects.filter(approved_at__isnull=False).count() == 0


def test_story_can_be_accepted_without_its_pictures(report, coordinator):
    deciding.accept(report, ["story"], by=coordinator)

    assert Story.objects.get().state == "published"
    assert StoryPicture.objects.published().count() == 0


def test_decision_page_shows_the_story_and_asks_for_the_parents(of_bulgaria, report):
    room, children = kinds(report)
    page = reverse("admin:centers_report_change", args=[report.pk])
    shown = of_bulgaria.get(page).content.decode()

    assert "Once there was a room." in shown
    assert shown.count('<div class="photo-shown">') == 2
    assert shown.count(CONFIRM) == 1
    assert 'alt="Room 50"' in shown
    refused = of_bulgaria.post(page, {"do": "accept", "part": ["story", room, children]})
    assert f"Say first: {CONFIRM}" in refused.content.decode()
    assert Story.objects.get().state == "draft"
    of_bulgaria.post(
        page, {"do": "accept", "part": ["story", room, children], "confirmed": [children]}
    )
    assert StoryPicture.objects.published().count() == 2


def test_declined_story_stays_hidden(client, report, coordinator):
    deciding.decline(report, "other", by=coordinator, outcome="It names a child.")

    story = Story.objects.get()
    assert story.state == "draft"
    assert client.get(story.get_absolute_url()).status_code == 404


def test_picture_that_was_taken_back_meanwhile_is_no_hindrance(report, coordinator):
    room, _children = kinds(report)
    for row in StoryPicture.objects.all():
        gallery.withdraw_picture(row, reason="consent", by=None)

    deciding.accept(report, ["story", room], by=coordinator)

    assert Story.objects.get().state == "published"


# --- In the desk ---------------------------------------------------------------------------------


def test_translation_that_a_coordinator_adds_is_shown_at_once(of_bulgaria, report, coordinator):
    deciding.accept(report, ["story"], by=coordinator)
    story = Story.objects.get()

    change(
        of_bulgaria, story,
        **{"translations-TOTAL_FORMS": "1", "translations-0-language": "en",
           "translations-0-title": "The room, in English", "translations-0-body": "A room.",
           "translations-0-translated_by": "Vesna"},
    )  # fmt: skip

    assert StoryTranslation.objects.count() == 1
    page = of_bulgaria.get(story.get_absolute_url()).content.decode()
    assert "The room, in English" in page


def test_pictures_are_let_through_and_hidden_in_the_desk(of_bulgaria, report, coordinator):
    story = Story.objects.get()
    answer = change(of_bulgaria, story, **{"pictures-1-is_approved": "on"})
    refused = "Say first that the leave of the children&#x27;s parents was checked."
    assert refused in answer.content.decode()

    change(of_bulgaria, story, **{"pictures-0-is_approved": "on", "pictures-1-is_approved": "on",
                                  "pictures-1-parents_agreed": "on"})  # fmt: skip
    approved = StoryPicture.objects.filter(approved_at__isnull=False)
    assert approved.count() == 2
    assert approved.get(shows_children=True).children_checked_by == coordinator

    form = Form(of_bulgaria.get(reverse("admin:stories_story_change", args=[story.pk]))).data
    del form["pictures-0-is_approved"]
    of_bulgaria.post(reverse("admin:stories_story_change", args=[story.pk]), form)
    assert approved.count() == 1


def test_picture_deleted_in_the_desk_goes_with_its_files(
    of_bulgaria, report, django_capture_on_commit_callbacks
):
    story = Story.objects.get()
    with django_capture_on_commit_callbacks(execute=True):
        change(of_bulgaria, story, **{"pictures-0-DELETE": "on", "pictures-1-DELETE": "on"})

    assert (StoryPicture.objects.count(), stored()) == (0, set())
    assert Erasure.objects.filter(kind="photo").count() == 2
    assert list(report.parts.values_list("field", flat=True)) == ["story"]


def test_coordinator_withdraws_a_story_for_her(of_bulgaria, report, coordinator):
    story = Story.objects.get()
    page = reverse("admin:stories_story_withdraw", args=[story.pk])
    assert (
        page
        in of_bulgaria.get(reverse("admin:stories_story_change", args=[story.pk])).content.decode()
    )
    asked = of_bulgaria.get(page)
    assert Story.objects.count() == 1

    of_bulgaria.post(page, {"reason": "asked"})

    assert "cannot be brought back" in asked.content.decode()
    assert (Story.objects.count(), Story.history.count(), Teller.objects.count()) == (0, 0, 0)
    line = Erasure.objects.get(kind="story")
    assert (line.by, line.reason, line.center) == (coordinator, "asked", report.center.public_id)
    assert of_bulgaria.get(page).status_code == 302
    told = Report.objects.get()
    assert (told.state, told.email, told.parts.count()) == ("declined", "", 0)
    assert told.outcome == "The story was withdrawn, as you asked. Nothing of it is kept."


def test_her_address_is_shown_to_those_alone_who_look_after_the_story(
    client, report, django_user_model
):
    story = Story.objects.get()
    page = reverse("admin:stories_story_change", args=[story.pk])
    answers = {}
    for code in ("BG", "RS"):
        user = django_user_model.objects.create_user(code, is_staff=True)
        Coordinator.objects.create(user=user).countries.add(
            Country.objects.get_or_create(code=code)[0]
        )
        client.force_login(user)
        answers[code] = client.get(page)

    assert "ana@example.org" in answers["BG"].content.decode()
    assert "ana@example.org" not in answers["RS"].content.decode()
    withdraw = reverse("admin:stories_story_withdraw", args=[story.pk])
    assert withdraw not in answers["RS"].content.decode()
    assert client.post(withdraw, {"reason": "asked"}).status_code == 403


def test_story_without_a_center_belongs_to_the_leads(of_bulgaria, coordinator):
    report = tell_story(kind="voice", language="en", text="Here I sing.")
    story = report.about_story.story
    page = reverse("admin:stories_story_withdraw", args=[story.pk])

    assert of_bulgaria.post(page, {"reason": "asked"}).status_code == 403
    Coordinator.objects.update(is_lead=True)
    assert of_bulgaria.post(page, {"reason": "asked"}).status_code == 302
    assert Story.objects.count() == 0


def test_her_change_is_beside_what_is_published(of_bulgaria, report, coordinator):
    deciding.accept(report, ["story"], by=coordinator)
    story = Story.objects.get()
    editing.change_words(story.teller, {"body": "Two rooms."})
    [part] = ReportPart.objects.filter(state="waiting")

    shown = of_bulgaria.get(
        reverse("admin:centers_report_change", args=[part.report_id])
    ).content.decode()

    assert shown.index("Once there was a room.") < shown.index("Two rooms.")
