"""A woman tells her story: what is kept, what is refused, and that nothing is public before."""

import io
import re

import pytest
from django.contrib.auth import get_user_model
from django.core import mail
from django.core.cache import cache
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from centers import search
from centers.models import Center, CenterName, Report, ReportStep
from stories import links, tell_pages
from stories.models import Story, StoryFormerSlug, StoryPicture, StoryTranslation, Teller
from stories.telling import center_meant, new_slug, title_of
from tests.centers.test_gallery import HOSTILE, stored
from tests.centers.test_photos import EPS, encoded, picture
from tests.forms import as_a_person

pytestmark = pytest.mark.django_db

ADDRESS = "/stories/tell/"
WORDS = {
    "kind": "story", "language": "bg", "title": "Нашата стая", "text": "Имахме стая.\r\nТопла.",
    "center": "", "shown_name": "Рада", "video": "", "email": "rada@example.org",
    "agrees_text": "on", "is_over_16": "on", **as_a_person(),
}  # fmt: skip


@pytest.fixture(autouse=True)
def nobody_is_throttled(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def isperih(center):
    search.reindex()
    return center


@pytest.fixture
def mail_server(settings):
    settings.EMAIL_HOST = "mail.example.org"


def photo(data=None, name="IMG_1.jpg"):
    return SimpleUploadedFile(name, data or encoded(picture((70, 40))), "image/jpeg")


def with_picture(**values):
    return {**WORDS, "picture_1": photo(), "agrees_pictures": "on", **values}


def problems(answer):
    """{field: what is wrong}; the form as a whole is ""."""
    return {
        name.replace("__all__", ""): " ".join(errors)
        for name, errors in answer.context["form"].errors.items()
    }


def nothing_is_kept():
    return (Story.objects.count(), Report.objects.count(), stored()) == (0, 0, set())


# --- Kept --------------------------------------------------------------------------------------


def test_story_is_kept_as_a_draft_with_its_teller_and_report(client, isperih, mail_server):
    answer = client.post(f"/bg{ADDRESS}", {**WORDS, "center": "Исперих", "may_contact": "on"})

    story = Story.objects.get()
    report = Report.objects.get()
    assert (answer.status_code, answer.url) == (
        302,
        f"/bg/receipt/{report.reference}/#story-arrived",
    )
    assert (story.state, story.kind, story.language, story.title) == (
        "draft", "story", "bg", "Нашата стая",
    )  # fmt: skip
    assert (story.slug, story.body, story.shown_name) == (
        "nashata-staya", "Имахме стая.\nТопла.", "Рада",
    )  # fmt: skip
    assert (story.center, story.is_sample) == (isperih, False)
    assert "through the form" in story.consent
    teller = story.teller
    assert (teller.email, teller.language, teller.is_over_16) == ("rada@example.org", "bg", True)
    assert (bool(teller.text_agreed_at), teller.pictures_agreed_at) == (True, None)
    assert teller.contact_agreed_at is not None
    assert (report.center, report.origin, report.subject, report.state, report.text) == (
        isperih, "teller", "story", "waiting", "",
    )  # fmt: skip
    assert report.about_story.story == story
    assert report.sender_mark
    assert report.steps.first().what == ReportStep.What.RECEIVED


def test_voice_gets_its_title_from_its_words_and_no_address_is_needed(client, mail_server):
    words = "Here I was somebody again, " + "and again " * 10

    client.post(ADDRESS, {**WORDS, "kind": "voice", "title": "", "text": words, "email": ""})

    story = Story.objects.get()
    assert story.title == "Here I was somebody again, and again and again and again…"
    assert (story.teller.email, story.teller.contact_agreed_at, mail.outbox) == ("", None, [])


def test_pictures_are_kept_in_their_order_without_what_a_camera_hides(client):
    out = io.BytesIO()
    exif = Image.Exif()
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[2] = (43.0, 40.0, 0.0)
    exif[0x010E] = "Marker of a person"
    picture((80, 40)).save(out, "JPEG", exif=exif, comment=b"Marker of a person")

    client.post(
        ADDRESS,
        with_picture(
            picture_1=photo(out.getvalue()),
            alternative_1=" A  table ",
            picture_3=photo(encoded(picture((60, 40)), "PNG"), "x.png"),
            children_3="on",
        ),
    )

    rows = list(StoryPicture.objects.all())
    assert [(row.width, row.alternative, row.shows_children) for row in rows] == [
        (80, "A table", False),
        (60, "", True),
    ]
    assert {row.approved_at for row in rows} == {None}
    assert Teller.objects.get().pictures_agreed_at is not None
    assert stored() == {name for row in rows for name in row.file_names}
    for name in stored():
        with default_storage.open(name) as file:
            data = file.read()
        assert b"Marker" not in data
        assert not Image.open(io.BytesIO(data)).getexif()


def test_mail_gives_her_the_way_back_and_the_reference(client, mail_server):
    client.post(f"/de{ADDRESS}", WORDS)

    [message] = mail.outbox
    report, teller = Report.objects.get(), Teller.objects.get()
    assert message.to == ["rada@example.org"]
    for body in (message.body, message.alternatives[0].content):
        assert links.link_to(teller) in body
        assert report.reference in body
        assert "стая" not in body  # nobody sends words of hers to others by our hand
    assert "/de/stories/edit/" in links.link_to(teller)
    assert report.steps.filter(what="mailed").count() == 1


def test_one_address_gets_so_many_mails_a_day_and_no_more(client, mail_server, monkeypatch):
    monkeypatch.setitem(tell_pages.MAIL_BOUNDS, "story_mail", "2/d/key")

    for number in range(3):
        client.post(ADDRESS, {**WORDS, "text": f"Nr. {number}"}, REMOTE_ADDR=f"192.0.2.{number}")

    assert (Story.objects.count(), len(mail.outbox)) == (3, 2)


def test_link_holds_until_it_is_replaced_and_cannot_be_forged(make):
    teller = make(Teller)
    token = links.token_of(teller)

    assert links.teller_of(token) == teller
    for wrong in ("", "zyx", token[:-1], "a" + token, "\0", "ä" * 300):
        assert links.teller_of(wrong) is None
    teller.nonce = "new"
    teller.save()
    assert links.teller_of(token) is None


# --- Her center --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words", ["Mother Center Isperih", "mother center isperih, ISPERIH", "Исперих", "Majčin kutak"]
)
def test_center_is_found_in_whatever_spelling(isperih, make, words):
    make(CenterName, center=isperih, value="Majčin kutak", language="sr-Latn")
    make(Center, name="Mother Center Ruse", slug="ruse", place="Ruse")
    search.reindex()

    assert center_meant(words) == isperih


@pytest.mark.parametrize("words", ["Bulgaria", "България", "isp", "Mother Center Nowhere", "!"])
def test_center_is_not_meant_by_its_country_or_by_half_a_name(isperih, words):
    assert center_meant(words) is None


def test_center_that_is_not_clear_is_left_to_the_coordinator(client, isperih, make):
    make(Center, name="Mother Center Ruse", slug="ruse", place="Ruse")
    search.reindex()

    client.post(ADDRESS, {**WORDS, "center": "Mother Center"})

    assert (Story.objects.get().center, Report.objects.get().center) == (None, None)
    assert Report.objects.get().text == "Mother Center"


def test_of_centers_of_one_name_it_is_that_from_whose_page_she_came(client, isperih, make):
    twin = make(Center, name=isperih.name, slug="twin", place="Isperih")
    search.reindex()
    address = f"{ADDRESS}?center={twin.public_id}"

    page = client.get(address).content.decode()
    client.post(address, {**WORDS, "center": "Mother Center Isperih, Isperih"})

    assert 'value="Mother Center Isperih, Isperih"' in page
    assert Story.objects.get().center == twin


@pytest.mark.parametrize("nonsense", ["zyx", "", "%00", "4agnjphz", "%F0%9F", "ä" * 500])
def test_nonsense_for_a_center_shows_the_empty_form(client, isperih, nonsense):
    answer = client.get(f"{ADDRESS}?center={nonsense}")

    assert answer.context["form"]["center"].value() == ""


def test_names_of_centers_are_proposed_but_no_withheld_place(client, make):
    make(Center, name="Hidden", slug="hidden", place="Markertown", precision="withheld")

    page = client.get(ADDRESS).content.decode()

    assert '<option value="Hidden">' in page
    assert "Markertown" not in page


# --- Refused -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "field", "words"),
    [
        ({"kind": "poem"}, "kind", "not one of the available"),
        ({"language": "zyx"}, "language", "not one of the available"),
        ({"title": ""}, "title", "give your story a title"),
        ({"title": "x" * 201}, "title", "200"),
        ({"text": ""}, "text", "required"),
        ({"text": "x" * 20_001}, "text", "20001 letters, and 20000 are the most"),
        ({"kind": "voice", "text": "x" * 301}, "text", "301 letters, and 300 are the most"),
        ({"text": "a\0b"}, "text", "Null characters"),
        ({"video": "http://video.example/1"}, "video", "begins with https"),
        ({"video": "javascript:alert(1)"}, "video", "begins with https"),
        ({"video": "https://"}, "video", "begins with https"),
        ({"email": "rada"}, "email", "valid email"),
        ({"email": "", "may_contact": "on"}, "email", "we need your mail address"),
        ({"agrees_text": ""}, "agrees_text", "Without your leave"),
        ({"is_over_16": ""}, "is_over_16", "women over 16"),
        ({"nickname": "x"}, "", "hidden field"),
        ({"opened": "x"}, "", "open for very long"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_lost(client, values, field, words):
    answer = client.post(ADDRESS, {**WORDS, **values})

    assert answer.status_code == 200
    assert words in problems(answer)[field]
    assert nothing_is_kept()
    kept = {**WORDS, **values}
    page = answer.content.decode()
    for name in ("shown_name", "title"):
        assert f'value="{kept[name]}"' in page or not kept[name]


def test_what_is_wrong_is_told_in_the_order_of_the_page_and_tied_to_its_field(client):
    wrong = {**WORDS, "title": "", "video": "http://x", "is_over_16": "", "language": "zyx"}

    answer = client.post(ADDRESS, {**wrong, "picture_4": photo(b"x")})

    page = answer.content.decode()
    linked = re.findall(r'<li><a href="#id_(\w+)">', page)
    assert linked == ["title", "language", "picture_4", "video", "agrees_pictures", "is_over_16"]
    for name in linked:
        assert page.count(f' id="id_{name}"') == 1
        assert f' id="id_{name}_error"' in page
    assert "<details open><summary>More pictures" in page


def test_video_is_linked_by_https_also_when_typed_without(client):
    client.post(ADDRESS, {**WORDS, "video": "video.example/our room"})
    client.post(ADDRESS, {**WORDS, "video": "video.example/room"})

    assert [story.video for story in Story.objects.all()] == ["https://video.example/room"]


@pytest.mark.parametrize("name", [*HOSTILE, "eps.jpg"])
def test_hostile_picture_is_named_and_nothing_is_kept(client, name):
    data, reason = {**HOSTILE, "eps.jpg": (EPS, "not a photo that can be read")}[name]

    answer = client.post(ADDRESS, with_picture(picture_2=SimpleUploadedFile(name, data)))

    assert reason in problems(answer)["picture_2"]
    assert "Your pictures have to be chosen once more" in answer.content.decode()
    assert "Имахме стая." in answer.content.decode()
    assert nothing_is_kept()


def test_pictures_need_her_leave(client):
    answer = client.post(ADDRESS, with_picture(agrees_pictures=""))

    assert "agree that your pictures are published" in problems(answer)["agrees_pictures"]
    assert nothing_is_kept()


def test_too_much_at_once_is_passed_over_and_the_words_stay(client, monkeypatch):
    monkeypatch.setattr("centers.uploads.BoundedUploads.new_file", _small(5_000))
    large = photo(bytes(70_000))

    answer = client.post(ADDRESS, with_picture(picture_1=large, picture_2=photo()))

    assert "The pictures are more than" in problems(answer)[""]
    assert "Имахме стая." in answer.content.decode()
    assert nothing_is_kept()


def _small(most):
    from centers.uploads import BoundedUploads

    begin = BoundedUploads.new_file

    def new_file(self, *args, **kwargs):
        self.most = min(self.most, most)
        return begin(self, *args, **kwargs)

    return new_file


def test_more_files_than_there_are_places_are_passed_over(client):
    many = {f"picture_{number}": photo() for number in range(1, 8)}

    answer = client.post(ADDRESS, {**WORDS, **many, "agrees_pictures": "on"})

    assert "more than 5" in problems(answer)[""]
    assert nothing_is_kept()


def test_form_from_elsewhere_is_refused():
    answer = Client(enforce_csrf_checks=True).post(ADDRESS, WORDS)

    assert answer.status_code == 403
    assert nothing_is_kept()


@pytest.mark.parametrize("method", ["put", "delete", "trace", "options", "patch"])
def test_page_answers_to_no_other_method(client, method):
    assert getattr(client, method)(ADDRESS).status_code == 405


def test_a_full_disk_keeps_nothing_but_the_words_and_may_be_tried_again(client, monkeypatch):
    def full(name, content):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(default_storage, "save", full)
        answers = [client.post(ADDRESS, with_picture()) for _ in range(7)]
    nothing = nothing_is_kept() and Teller.objects.count() == 0
    again = client.post(ADDRESS, with_picture())

    assert {answer.status_code for answer in answers} == {503}  # and never "too many"
    assert "Your words are still here" in answers[0].content.decode()
    assert nothing
    assert again.status_code == 302


# --- Twice, and often --------------------------------------------------------------------------


def test_the_same_sent_twice_is_one_story_and_leads_to_one_receipt(client, mail_server):
    first, second = client.post(ADDRESS, with_picture()), client.post(ADDRESS, with_picture())
    third = client.post(ADDRESS, with_picture(text="Another."))

    assert first.url == second.url != third.url
    assert (Story.objects.count(), StoryPicture.objects.count(), len(mail.outbox)) == (2, 2, 2)


def test_the_same_sent_at_the_same_moment_is_one_story(client, monkeypatch):
    first = client.post(ADDRESS, WORDS)
    looked, get = [], cache.get

    def get_too_early(key, *default):
        looked.append(key)
        is_first = key.startswith("story-") and looked.count(key) == 1
        return None if is_first else get(key, *default)

    with monkeypatch.context() as early:
        early.setattr(tell_pages.cache, "get", get_too_early)
        second = client.post(ADDRESS, WORDS)

    assert first.url == second.url
    assert Story.objects.count() == 1


def test_two_of_the_same_title_at_the_same_moment_are_both_kept(client, make, monkeypatch):
    make(Story, slug="our-room")
    monkeypatch.setattr("stories.telling.new_slug", lambda title: "our-room")

    answer = client.post(ADDRESS, {**WORDS, "title": "Our room"})

    assert answer.status_code == 302
    assert Story.objects.get(title="Our room").slug.startswith("our-room-")


def test_five_stories_an_hour_come_from_one_connection(client):
    answers = [client.post(ADDRESS, {**WORDS, "text": f"Nr. {number}"}) for number in range(6)]

    assert [answer.status_code for answer in answers] == [302] * 5 + [429]
    assert answers[5].headers["Retry-After"] == "3600"
    assert "Nr. 5" in answers[5].content.decode()


def test_stories_of_the_same_title_get_addresses_of_their_own(make):
    story = make(Story, slug="our-room")
    StoryFormerSlug.objects.create(story=story, value="our-room-2")

    assert new_slug("Our room!") == "our-room-3"
    assert new_slug("Tell") == "tell-2"
    assert new_slug("???") == "story"


def test_title_is_cut_between_words():
    assert title_of("Short.") == "Short."
    assert len(title_of("x" * 500)) <= 61


# --- Nothing is public before -----------------------------------------------------------------


def test_nothing_that_was_told_is_public_before_a_coordinator_has_accepted_it(client, isperih):
    marked = with_picture(
        title="Markertitle", text="Markertext", shown_name="Markername", center="Исперих",
        email="marker@example.org", alternative_1="Markerpicture",
    )  # fmt: skip
    client.post(ADDRESS, marked)
    row, story = StoryPicture.objects.get(), Story.objects.get()

    assert client.get(row.small_url).status_code == 404
    assert client.get(story.get_absolute_url()).status_code == 404
    for address in ("/", "/stories/", "/changes/", isperih.get_absolute_url(), "/changes.atom"):
        assert "marker" not in client.get(address).content.decode().lower()
    assert list(client.get("/stories/?q=markertext").context["page"]) == []
    assert search.found("story", "markertext").count() == 0


def test_markup_is_shown_as_text_and_addresses_are_no_links(client):
    client.post(
        ADDRESS,
        {**WORDS, "title": "<b>Room</b>", "text": "<script>alert(1)</script> https://buy.example/"},
    )
    Story.objects.update(state="published")

    page = client.get(Story.objects.get().get_absolute_url()).content.decode()

    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<b>Room" not in page
    assert 'href="https://buy' not in page


def test_story_of_a_lead_s_own_is_told_like_any_other(client):
    user = get_user_model().objects.create_superuser("lead")
    client.force_login(user)

    client.post(ADDRESS, WORDS)

    assert Story.objects.get().state == "draft"


def test_translation_is_found_by_the_search(make):
    story = make(Story, state="published", consent="by letter", title="Стая")
    StoryTranslation.objects.create(story=story, language="en", title="Room", body="Warmth")
    search.reindex()

    assert list(search.found("story", "warmth")) == [{"object_id": story.pk}]
