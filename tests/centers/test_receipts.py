"""Whoever has the reference reads what became of a report, and none of the words that were told."""

import datetime

import pytest
from django.core import mail
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from centers.models import Center, Report
from centers.reports import deciding, letters, pages
from centers.reports.receiving import key_of_words, receive
from stories.models import Story, StoryReport
from stories.withdrawing import withdraw_story
from tests.forms import as_a_person

pytestmark = pytest.mark.django_db

CLOSED = {
    "status": "closed", "since": "", "observed": "2026-01-01", "causes": [], "note": "zyxnote",
}  # fmt: skip


@pytest.fixture(autouse=True)
def nobody_is_throttled():
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def mail_server(settings):
    settings.EMAIL_HOST = "mail.example.org"


@pytest.fixture
def report(center):
    """A visitor's, of a status and a telephone number; private in all its words."""
    return receive(
        center,
        "status",
        told={"status": CLOSED, "phone": "zyxphone"},
        text="zyxtext",
        email="zyx@example.org",
    )


@pytest.fixture
def read(client):
    """`read(report)`: its receipt, as whoever has the reference reads it."""

    def read(report, before=""):
        page = " ".join(client.get(f"{before}{report.get_absolute_url()}").content.decode().split())
        assert "zyx" not in page
        return page

    return read


def answer(text, **values):
    return {"text": text, **values} | as_a_person()


def test_receipt_of_what_waits(report, read):
    page = read(report)

    day = timezone.localdate() + datetime.timedelta(14)
    assert report.reference in page
    assert f"A coordinator looks at it by {day:%B} {day.day}, {day.year}." in page
    assert "Mother Center Isperih</a>" in page
    assert "Status: waits" in page
    assert "Public telephone: waits" in page
    assert "<strong>Received</strong>" in page


def test_receipt_that_is_late_says_so(report, read):
    Report.objects.update(received_at=timezone.now() - datetime.timedelta(15))

    page = read(report)

    assert "and are late. It is not forgotten." in page
    assert "A coordinator looks at it by" not in page


def test_receipt_of_what_was_taken_over_in_part(report, read, coordinator):
    deciding.accept(report, ["status"], by=coordinator, outcome="<b>Whose</b> number is it?")

    page = read(report)

    assert "A part of it was taken over." in page
    assert "Status: <strong>taken over</strong>" in page
    assert "Public telephone: not taken over" in page
    assert "<p>&lt;b&gt;Whose&lt;/b&gt; number is it?</p>" in page
    assert "<strong>Partly accepted</strong>" in page
    assert 'name="text"' not in page  # nothing can be added any more


def test_receipt_of_what_was_declined_tells_why_in_the_readers_language(report, read, coordinator):
    deciding.decline(report, Report.Reason.NOT_CONFIRMED, by=coordinator)

    page = read(report)

    assert "the registry stays as it is." in page
    assert "We asked, and nobody could confirm it." in page


def test_other_reason_is_told_by_the_coordinators_words_alone(report, read, coordinator):
    deciding.decline(report, Report.Reason.OTHER, by=coordinator, outcome="They moved.")

    page = read(report)

    assert "They moved." in page
    assert "Another reason" not in page


def test_accepted_without_parts_is_done_and_with_them_written(center, read, coordinator):
    bare = receive(center, "remove_me", text="zyx")
    whole = receive(center, "name", told={"name": "Mother Center Isperih 2"}, text="zyx")
    for each in (bare, whole):
        deciding.accept(each, by=coordinator)

    assert "It is done." in read(bare)
    assert "The registry says so now." in read(whole)


def test_question_is_answered_on_the_receipt_once(client, report, read, coordinator):
    deciding.ask_back(report, "Since when?", by=coordinator)
    asked = read(report)
    address = report.get_absolute_url()

    first = client.post(address, answer("zyx since May"))
    again = client.post(address, answer("zyx since May"))

    report.refresh_from_db()
    steps = [(step.what, step.text) for step in report.steps.all()]
    assert "We have a question for you." in asked
    assert "<p>Since when?</p>" in asked
    assert "Looked at by" not in asked
    assert (first.status_code, first.url, again.url) == (302, address, address)
    assert steps == [("received", ""), ("asked", "Since when?"), ("answered", "zyx since May")]
    assert report.state == "waiting"
    assert "Since when?" not in read(report)
    assert "<strong>Answered</strong>" in read(report)


def test_something_may_be_added_before_anybody_asked(client, report):
    client.post(report.get_absolute_url(), answer("One more thing."))

    assert report.steps.last().text == "One more thing."


@pytest.mark.parametrize(
    ("text", "wrong"), [("", "text"), ("\x00", "text"), ("x" * 5001, "text"), (" ", "text")]
)
def test_nonsense_as_an_answer_is_refused_beside_its_field(client, report, text, wrong):
    page = client.post(report.get_absolute_url(), answer(text))

    assert list(page.context["form"].errors) == [wrong]
    assert 'class="note error-summary"' in page.content.decode()
    assert report.steps.count() == 1


def test_answer_to_what_was_decided_meanwhile_is_told_so_and_kept(client, report, coordinator):
    deciding.ask_back(report, "Since when?", by=coordinator)
    deciding.decline(report, Report.Reason.UNCLEAR, by=coordinator)

    page = client.post(report.get_absolute_url(), answer("Since May."))

    assert page.status_code == 409
    assert "This was decided meanwhile" in page.content.decode()
    assert "Since May." in page.content.decode()


def test_answers_are_bounded_and_trapped(client, report, monkeypatch):
    monkeypatch.setitem(pages.ANSWER_BOUNDS, "receipt_answer", "1/h/key")
    address = report.get_absolute_url()

    trapped = client.post(address, answer("Nr. 0") | {"nickname": "x"})
    answers = [client.post(address, answer(f"Nr. {n}")) for n in (1, 2)]

    assert "please send once more" in trapped.content.decode()
    assert [each.status_code for each in answers] == [302, 429]
    assert "Nr. 2" in answers[1].content.decode()
    assert report.steps.filter(what="answered").count() == 1


def test_she_may_have_her_address_forgotten(client, report, mail_server):
    address = report.get_absolute_url()
    assert "Forget my mail address" in client.get(address).content.decode()

    client.post(address, {"forget": "1"})

    report.refresh_from_db()
    assert report.email == ""
    assert "Forget my mail address" not in client.get(address).content.decode()
    assert letters.tell_reporter(report, "decided") is False


def test_answer_of_a_center_is_thanked_for_and_told_what_waits(center, read):
    told = {"status": {**CLOSED, "status": "active"}, "figures": {"children": 5, "as_of": "2026"}}
    report = receive(
        center, "yearly", origin="center", is_urgent=True, text="zyx we struggle", told=told
    )
    deciding.apply_at_once(report, "status")
    untold = read(report)
    Report.objects.update(told_at=timezone.now())

    page = read(report)

    assert "Thank you for answering" in page
    assert "What you confirmed stands in the registry at once." in page
    assert "The rest waits for a coordinator" in page
    assert "A coordinator is being told. She will write or call." in untold
    assert "A coordinator has been told. She will write or call." in page


def test_receipt_of_a_story_belongs_to_no_center(read, coordinator):
    report = receive(None, "story", origin="teller", text="zyx")
    story = Story.objects.create(slug="told", kind="voice", language="en", title="T", body="B")
    StoryReport.objects.create(report=report, story=story)
    waiting = read(report)
    deciding.accept(report, by=coordinator)

    assert "Thank you for your story" in waiting
    assert "Nobody sees it before a coordinator has read it." in waiting
    assert "Your story was accepted." in read(report)
    assert story.get_absolute_url() not in read(report)
    Story.objects.update(state="published", is_sample=True)
    assert f'href="{story.get_absolute_url()}"' in read(report)
    withdraw_story(story, reason="asked", by=None)
    assert "Your story is withdrawn" in read(report)
    assert "The coordinator writes" not in read(report)


def test_receipt_follows_a_merged_center(report, center, read, bulgaria):
    center.merged_into = Center.objects.create(name="It stays", slug="stays", country=bulgaria)
    center.save()

    assert '<a href="/centers/stays/">It stays</a>' in read(report)


def test_reference_may_be_written_in_any_way(client, report):
    address = report.get_absolute_url()

    for written in (report.key, report.key.upper(), report.reference.upper(), f"{report.key}-"):
        assert client.get(f"/receipt/{written}/").url == address
    spaced = report.reference.upper().replace("-", " ")
    assert client.get("/receipt/", {"reference": f" {spaced} "}).url == (
        f"/receipt/{report.key.upper()}/"
    )


@pytest.mark.parametrize("typed", ["", "  ", "../admin", "\x00", "ябълка", "x" * 500])
def test_what_is_no_reference_can_be_typed_again(client, typed):
    answer = client.get("/receipt/", {"reference": typed})

    page = answer.content.decode()
    assert answer.status_code == (404 if typed.strip() else 200)
    assert "Your reference" in page
    assert ("There is no receipt" in page) == bool(typed.strip())


def test_unknown_reference_can_be_typed_again(client):
    answer = client.get("/receipt/bcdf-2345-ghjk/")

    assert answer.status_code == 404
    assert 'value="bcdf-2345-ghjk"' in answer.content.decode()


def test_references_cannot_be_guessed(client, report, monkeypatch):
    """Whoever tried too many learns of none any more whether it is there; others do."""
    monkeypatch.setitem(pages.GUESS_BOUNDS, "receipt_guess", "2/h/key")
    address = report.get_absolute_url()

    tried = [client.get(f"/receipt/{number}/").status_code for number in range(3)]

    refused = client.get(address)
    assert tried == [404, 404, 429]
    assert refused.status_code == 429
    assert refused.headers["Retry-After"] == "3600"
    assert client.get(address, REMOTE_ADDR="192.0.2.9").status_code == 200


def test_reading_a_receipt_often_is_no_guessing(client, report, monkeypatch):
    monkeypatch.setitem(pages.GUESS_BOUNDS, "receipt_guess", "2/h/key")

    read = {client.get(report.get_absolute_url()).status_code for _time in range(5)}

    assert read == {200}


def test_keys_of_words_say_nothing_and_differ(settings):
    keys = {key_of_words("a", {"b": "c"}), key_of_words("a", "b", "c"), key_of_words("ab", "c")}
    settings.SECRET_KEY = "another" * 9

    assert len(keys) == 3
    assert all(len(key) == 12 for key in keys)
    assert key_of_words("ab", "c") not in keys


def test_receipt_is_kept_by_nobody_and_found_by_no_search(client, report):
    pages_of_receipts = [report.get_absolute_url(), f"/receipt/{report.key}/", "/receipt/zyx/"]

    for address in pages_of_receipts:
        answer = client.get(address)
        assert answer.headers["Cache-Control"] == "private, no-store"
        assert answer.headers["X-Robots-Tag"] == "noindex"


def test_receipt_asks_the_same_for_one_step_and_for_many(client, report):
    def asked():
        with CaptureQueriesContext(connection) as queries:
            client.get(report.get_absolute_url())
        return len(queries)

    client.get(report.get_absolute_url())
    few = asked()
    for number in range(30):
        report.steps.create(what="answered", text=str(number))
        report.parts.create(field=f"kind-{number}", told="x")

    assert asked() == few == 3


def test_mails_ask_back_and_tell_the_outcome_in_her_language(report, coordinator, mail_server):
    Report.objects.update(language="de")
    report.refresh_from_db()
    deciding.ask_back(report, "Seit wann & warum?", by=coordinator)
    letters.tell_reporter(report, "asked", words="Seit wann & warum?")
    report = deciding.decline(report, Report.Reason.NOT_CONFIRMED, by=coordinator, outcome="Danke.")
    letters.tell_reporter(report, "decided")

    for message, words in zip(mail.outbox, ["Seit wann & warum?", "Danke."], strict=True):
        [(html, _kind)] = message.alternatives
        assert message.to == ["zyx@example.org"]
        assert report.reference in message.subject
        assert words in message.body
        assert words.replace("&", "&amp;") in html
        assert f"/de/receipt/{report.reference}/" in message.body
        assert 'lang="de"' in html
        assert "zyxtext" not in message.body + html


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
def test_receipt_answers_to_no_other_method(client, report, method):
    assert client.generic(method, report.get_absolute_url()).status_code == 405
    assert client.generic(method, "/receipt/").status_code == 405
