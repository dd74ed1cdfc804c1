"""She who told a story changes it through the link in her mail, or takes it back."""

import re

import pytest
from django.core import mail
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone

from centers import gallery
from centers.models import Erasure, Report, ReportPart
from centers.models.invitations import new_nonce
from centers.reports import deciding
from stories import editing
from stories.links import link_to, token_of
from stories.models import Story, StoryPicture, Teller
from stories.telling import tell_story
from stories.withdrawing import withdraw_story
from tests.centers.test_gallery import stored, upload
from tests.centers.test_photos import encoded, picture
from tests.forms import as_a_person

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _fresh(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    cache.clear()  # counts who asked how often


@pytest.fixture
def mail_server(settings):
    settings.EMAIL_HOST = "mail.example.org"


@pytest.fixture
def at_once(django_capture_on_commit_callbacks):
    return lambda: django_capture_on_commit_callbacks(execute=True)


@pytest.fixture
def told(center):
    """A story that was told through the form, and waits."""
    report = tell_story(
        kind="story", language="bg", text="Once there was a room.", title="The room",
        shown_name="Ana", center=center, email="ana@example.org", may_contact=True,
    )  # fmt: skip
    return report.about_story.story


@pytest.fixture
def published(told, coordinator):
    """The same, accepted by a coordinator."""
    deciding.accept(editing.open_report(told), by=coordinator)
    told.refresh_from_db()
    return told


def give_picture(story, **values):
    row = gallery.take_picture(
        upload(encoded(picture((600, 400)))),
        lambda made: StoryPicture.objects.create(story=story, **made | values),
    )
    Teller.objects.filter(story=story).update(pictures_agreed_at=timezone.now())
    return row


def page_of(story):
    return reverse("stories:edit", args=[token_of(Teller.objects.get(story=story))])


def send(client, story, **values):
    """Send the page's form with these changes; returns the answer, followed."""
    story = Story.objects.get(pk=story.pk)
    words = {"title": story.title, "text": story.body, "shown_name": story.shown_name,
             "video": story.video}  # fmt: skip
    shows = {f"shows_{each.key}": each.alternative for each in story.pictures.all()}
    return client.post(page_of(story), {**words, **shows, **as_a_person(), **values}, follow=True)


def text_of(answer):
    page = answer.content.decode().split('id="content"')[1]
    return " ".join(re.sub("<[^>]+>", " ", page).split())


def waiting(story):
    report = editing.open_report(story)
    return dict(report.parts.values_list("field", "told")) if report else {}


# --- The page ------------------------------------------------------------------------------------


def test_page_shows_her_story_and_what_she_agreed_to(client, told):
    give_picture(told, alternative="A table")

    answer = client.get(page_of(told))

    said = text_of(answer)
    assert "It waits for a coordinator. Nobody else sees it." in said
    assert "Once there was a room." in said
    assert "Your link goes to ana@example.org." in said
    assert "Take back, for the pictures" in said
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert answer.headers["X-Robots-Tag"] == "noindex"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    picture_address = re.search(r'src="(/media/[^"]+)"', answer.content.decode())[1]
    assert client.get(picture_address.replace("&amp;", "&")).status_code == 200


def test_page_of_a_published_story_says_since_when(client, published):
    said = text_of(client.get(page_of(published)))

    assert "It is published, since" in said
    assert "See it as everybody does" in said


@pytest.mark.parametrize("method", ["get", "head"])
def test_opening_the_pages_changes_nothing(client, published, method):
    before = (Story.objects.values().get(), Teller.objects.values().get(), Report.objects.count())
    token = token_of(published.teller)

    for name in ("edit", "withdraw"):
        assert getattr(client, method)(reverse(f"stories:{name}", args=[token])).status_code == 200

    after = (Story.objects.values().get(), Teller.objects.values().get(), Report.objects.count())
    assert after == before


def dead_tokens(story):
    teller = story.teller
    token = token_of(teller)
    yield "nonsense"
    yield token[:-1] + ("a" if token[-1] != "a" else "b")
    yield token.replace(":", "")
    Teller.objects.filter(pk=teller.pk).update(nonce=new_nonce())
    yield token
    withdraw_story(story, reason="asked", by=None)
    yield token


def test_links_that_do_not_work_are_all_answered_alike(client, published):
    answers = set()
    for token in dead_tokens(published):
        for name in ("edit", "withdraw"):
            for method in (client.get, client.post):
                answer = method(reverse(f"stories:{name}", args=[token]))
                answers.add((answer.status_code, text_of(answer)))

    [(status, said)] = answers
    assert status == 410
    assert "Send me the link again" in said
    assert "room" not in said


# --- Words ---------------------------------------------------------------------------------------


def test_draft_is_changed_at_once_and_waits_as_before(client, told):
    answer = send(client, told, title="The big room", text="Two rooms.")

    told.refresh_from_db()
    assert (told.title, told.body, told.state) == ("The big room", "Two rooms.", "draft")
    assert "Saved. A coordinator reads it before it is shown." in text_of(answer)
    assert Report.objects.count() == 1
    assert waiting(told) == {"story": {"publish": True}}


def test_change_of_a_published_story_waits_and_is_accepted(client, published, coordinator):
    answer = send(client, published, text="Two rooms.", video="example.org/film")

    assert "until then your story stays as it is" in text_of(answer)
    assert "Two rooms." in text_of(answer)
    assert "Once there was a room." in text_of(client.get(published.get_absolute_url()))
    assert waiting(published) == {"story_body": "Two rooms.",
                                  "story_video": "https://example.org/film"}  # fmt: skip
    held = ReportPart.objects.get(field="story_body").held
    assert held == "Once there was a room."

    deciding.accept(editing.open_report(published), ["story_body"], by=coordinator)

    published.refresh_from_db()
    assert (published.body, published.video) == ("Two rooms.", "")
    assert "Two rooms." in text_of(client.get(published.get_absolute_url()))
    assert published.history.first().history_user == coordinator
    assert client.get("/search/?q=two+rooms").context["groups"] != []


def test_changes_gather_in_one_report_and_leave_it_when_taken_back(client, published):
    before = Report.objects.count()
    send(client, published, title="Another")
    send(client, published, title="A third", text="Two rooms.")

    assert Report.objects.count() == before + 1
    assert waiting(published) == {"story_title": "A third", "story_body": "Two rooms."}
    send(client, published)
    assert (Report.objects.count(), waiting(published)) == (before, {})


def test_a_declined_story_that_is_changed_waits_again(client, told, coordinator):
    deciding.decline(editing.open_report(told), "other", by=coordinator, outcome="Names a child.")
    said = text_of(client.get(page_of(told)))

    send(client, told, text="Without her.")

    assert "It is not published." in said
    assert "Names a child." in said
    assert waiting(told) == {"story": {"publish": True}}


def test_her_name_goes_at_once_and_from_everywhere(client, published):
    send(client, published, shown_name="Ana from Detva")
    send(client, published, shown_name="")

    published.refresh_from_db()
    assert published.shown_name == ""
    assert set(published.history.values_list("shown_name", flat=True)) == {""}
    assert not ReportPart.objects.filter(field="story_name").exists()
    assert client.get("/search/?q=ana").context["groups"] == []


@pytest.mark.parametrize(
    ("values", "error"),
    [
        ({"title": ""}, "Please give your story a title."),
        ({"text": ""}, "This field is required."),
        ({"text": "a" * 20_001}, "These are 20001 letters, and 20000 are the most."),
        ({"video": "javascript:alert(1)"}, "This is no address of a video"),
        ({"nickname": "x"}, "A hidden field was filled in"),
        ({"text": "\0"}, "Null characters are not allowed."),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_changed(client, published, values, error):
    answer = send(client, published, **values)

    assert error in text_of(answer)
    assert waiting(published) == {}
    assert Story.objects.get().body == "Once there was a room."


# --- Pictures ------------------------------------------------------------------------------------


def test_new_picture_waits_until_a_coordinator_lets_it_through(client, published, coordinator):
    answer = send(
        client, published, agrees_pictures="on",
        picture_1=upload(encoded(picture((600, 400)))), alternative_1="A table",
    )  # fmt: skip
    row = published.pictures.get()

    assert "until then your story stays as it is" in text_of(answer)
    assert waiting(published) == {f"story_picture:{row.key}": {"picture": row.key}}
    assert client.get(row.small_url).status_code == 404
    assert Teller.objects.get().pictures_agreed_at is not None

    deciding.accept(editing.open_report(published), by=coordinator)

    assert client.get(row.small_url).status_code == 200


def test_picture_needs_her_leave(client, published):
    answer = send(client, published, picture_1=upload())

    assert "Please agree that your pictures are published" in text_of(answer)
    assert (stored(), StoryPicture.objects.count()) == (set(), 0)


def test_five_pictures_are_the_most(client, told):
    for _number in range(4):
        give_picture(told)

    send(client, told, picture_1=upload(), picture_2=upload(encoded(picture((50, 40)))))

    assert told.pictures.count() == 5


def test_picture_is_deleted_at_once_even_if_something_else_is_wrong(client, published, at_once):
    row = give_picture(published, alternative="A table", approved_at=timezone.now())
    assert client.get(row.small_url).status_code == 200

    with at_once():
        answer = send(client, published, title="", **{f"remove_{row.key}": "on"})

    assert "Please give your story a title." in text_of(answer)
    assert (StoryPicture.objects.count(), stored()) == (0, set())
    assert client.get(row.small_url).status_code == 410


def test_what_a_public_picture_shows_waits_as_her_words_do(client, published, coordinator):
    row = give_picture(published, alternative="A table", approved_at=timezone.now())

    send(client, published, **{f"shows_{row.key}": "Two tables"})
    row.refresh_from_db()
    before = row.alternative
    deciding.accept(editing.open_report(published), by=coordinator)
    row.refresh_from_db()

    assert (before, row.alternative) == ("A table", "Two tables")


# --- Leaves taken back, and the story -------------------------------------------------------------


def test_leave_for_pictures_taken_back_deletes_them(client, published, at_once):
    for size in ((60, 40), (600, 400)):
        give_picture(published, alternative=str(size))

    with at_once():
        answer = client.post(page_of(published), {"take_back": "pictures"}, follow=True)

    assert "Done. Your leave is taken back." in text_of(answer)
    assert (StoryPicture.objects.count(), stored()) == (0, set())
    assert Teller.objects.get().pictures_agreed_at is None
    assert Erasure.objects.filter(kind="photo").count() == 2


def test_leave_to_be_written_to_is_taken_back(client, published):
    client.post(page_of(published), {"take_back": "contact"})

    teller = Teller.objects.get()
    assert (teller.contact_agreed_at, teller.email) == (None, "ana@example.org")


def test_withdrawing_asks_once_more_and_is_for_ever(client, published, at_once):
    give_picture(published, alternative="A table", approved_at=timezone.now())
    page = reverse("stories:withdraw", args=[token_of(published.teller)])
    asked = text_of(client.get(page))

    with at_once():
        answer = client.post(page, follow=True)

    assert "deleted at once and for ever" in asked
    assert "Your story is withdrawn" in text_of(answer)
    assert (Story.objects.count(), Teller.objects.count(), stored()) == (0, 0, set())
    assert client.get(published.get_absolute_url()).status_code == 410
    assert client.post(page).status_code == 410
    assert {report.email for report in Report.objects.all()} == {""}


# --- A new link ----------------------------------------------------------------------------------


def ask(client, email):
    page = reverse("stories:ask_for_link")
    return client.post(page, {"email": email, **as_a_person()}, follow=True)


def test_link_is_sent_to_the_address_on_record_with_all_her_stories(client, told, mail_server):
    other = tell_story(kind="voice", language="en", text="Here I sing.", email="Ana@example.org")

    known, unknown = ask(client, "ANA@example.org"), ask(client, "vesna@example.org")

    assert text_of(known) == text_of(unknown)
    [sent] = mail.outbox
    assert sent.to == ["ana@example.org"]
    for story in (told, other.about_story.story):
        assert link_to(story.teller) in sent.body


def test_asking_for_links_has_bounds(client, told, mail_server):
    answers = [ask(client, "ana@example.org").status_code for _time in range(4)]

    assert answers == [200, 200, 200, 429]
    assert len(mail.outbox) == 3


@pytest.mark.parametrize("email", ["", "nonsense", "a\0@example.org", "a" * 300 + "@example.org"])
def test_nonsense_is_no_address(client, mail_server, email):
    answer = ask(client, email)

    assert "Please look at this again" in text_of(answer)
    assert mail.outbox == []
