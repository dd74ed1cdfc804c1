"""A visitor says what is wrong: it is kept once, privately, and no word of it is lost."""

import re

import pytest
from django.core import mail
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from centers import guard, search
from centers.models import Center, Report
from centers.reports import pages
from centers.reports.parts import PARTS
from tests.forms import as_a_person

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nobody_is_throttled():
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def mail_server(settings):
    settings.EMAIL_HOST = "mail.example.org"


@pytest.fixture
def address(center):
    return f"/report/{center.public_id}/"


def words(**values):
    """What a browser sends when nothing but these was filled in."""
    return {"subject": "other", "text": "The sign is gone.", "answer_to": "", **values} | (
        as_a_person()
    )


def unchanged(center):
    """The fields that a page shows with what we hold."""
    return {
        "phone": center.phone,
        "email": center.email,
        "website": center.website,
        "opening_hours": center.opening_hours,
        "place": center.published_place,
        "address": center.published_address,
        "name": center.name,
    }


def told(report):
    return {part.field: part.told for part in report.parts.all()}


def test_report_waits_with_what_we_held_and_leads_to_its_receipt(client, center, address):
    center.phone = "111"
    center.save()

    sent = words(subject="contact", text="New number.\r\nSince May.", phone="222", email="")
    answer = client.post(f"/de{address}", {**unchanged(center), **sent})

    [report] = Report.objects.all()
    [part] = report.parts.all()
    assert (answer.status_code, answer.url) == (302, f"/de/receipt/{report.reference}/")
    assert (report.center, report.subject, report.origin) == (center, "contact", "visitor")
    assert (report.state, report.language) == ("waiting", "de")
    assert report.text.splitlines() == ["New number.", "Since May."]
    assert report.sender_mark
    assert (part.field, part.held, part.told) == ("phone", "111", "222")
    assert [step.what for step in report.steps.all()] == ["received"]
    center.refresh_from_db()
    assert center.phone == "111"


def test_status_is_told_with_the_day_of_today(client, address):
    client.post(address, words(subject="status", status="closed", since="May 2015", text=""))

    today = timezone.localdate().isoformat()
    assert told(Report.objects.get()) == {
        "status": {
            "status": "closed", "since": "2015-05", "observed": today, "causes": [], "note": "",
        }
    }  # fmt: skip


def test_only_what_differs_from_the_page_is_told(client, center, address):
    """What is withheld is not on the page, so it cannot be corrected away by leaving it empty."""
    center.precision = Center.Precision.WITHHELD
    center.address = "Secret street 1"
    center.save()

    page = client.get(f"{address}?about=place").content.decode()
    client.post(address, unchanged(center) | words(subject="place", text="It moved."))
    client.post(address, unchanged(center) | words(subject="place", place="Ruse", text=""))

    assert "Secret street" not in page
    assert "Isperih" not in page.replace("Mother Center Isperih", "")
    assert [told(report) for report in Report.objects.all()] == [{}, {"place": "Ruse"}]


def test_something_can_be_said_to_be_gone_but_not_the_name(client, center, address):
    center.website = "https://gone.example/"
    center.save()
    empty = dict.fromkeys(unchanged(center), "")

    client.post(address, empty | words(subject="contact"))
    client.post(address, empty | words(subject="name", text="That is another house."))

    assert [told(report) for report in Report.objects.all()] == [{"website": ""}, {}]


def test_fields_of_another_subject_count_for_nothing(client, center, address):
    """Their nonsense refuses nothing either: she does not see them."""
    sent = unchanged(center) | words(phone="222", website="nonsense", since="zyx", name="X")

    answer = client.post(address, sent)

    assert answer.status_code == 302
    assert told(Report.objects.get()) == {}


@pytest.mark.parametrize("how", ["/centers/twin/", "/id/{public_id}", "{public_id}", "Twin House"])
def test_other_center_is_found_by_address_identifier_or_name(client, address, bulgaria, how):
    twin = Center.objects.create(name="Twin House", slug="twin", country=bulgaria)
    search.reindex()
    typed = how.format(public_id=twin.public_id)
    if typed.startswith("/"):
        typed = f"https://registry.example{typed}?x=1"

    client.post(address, words(subject="duplicate", twin=typed, text=""))

    report = Report.objects.get()
    assert told(report) == {"duplicate": {"words": typed, "public_id": twin.public_id}}
    elsewhere = f"/admin/centers/center/{report.center_id}/compare/{twin.pk}/"
    assert PARTS["duplicate"].elsewhere(report) == elsewhere
    assert (
        PARTS["duplicate"].in_words(told(report)["duplicate"]) == f"Twin House ({twin.public_id})"
    )


@pytest.mark.parametrize("typed", ["Twin", "nowhere", "/centers/isperih/", "x" * 300])
def test_other_center_that_is_not_sure_stays_as_it_was_told(client, address, bulgaria, typed):
    for number in (1, 2):
        Center.objects.create(name="Twin", slug=f"twin-{number}", country=bulgaria)
    search.reindex()

    client.post(address, words(subject="duplicate", twin=typed, text=""))

    report = Report.objects.get()
    assert told(report) == {"duplicate": {"words": typed, "public_id": ""}}


def test_page_begins_with_the_subject_asked_for_and_what_we_hold(client, center, address):
    center.opening_hours = "Mo 9–12"
    center.save()

    plain = client.get(address).content.decode()
    asked = client.get(f"{address}?about=contact").content.decode()
    nonsense = client.get(f"{address}?about=zyx%00").content.decode()

    chosen = re.compile(r'<input[^>]*value="(\w+)"[^>]*checked')
    assert chosen.findall(plain) == chosen.findall(nonsense) == []
    assert chosen.findall(asked) == ["contact"]
    assert 'value="Mo 9–12"' in asked
    assert '<meta name="robots" content="noindex">' in asked


def test_same_sent_twice_gives_the_same_receipt(client, address):
    first, second = client.post(address, words()), client.post(address, words())
    other = client.post(address, words(text="Something else."))
    elsewhere = client.post(address, words(), REMOTE_ADDR="192.0.2.9")

    assert first.url == second.url
    assert len({first.url, other.url, elsewhere.url}) == 3
    assert Report.objects.count() == 3


def test_same_sent_at_the_same_moment_is_kept_once(client, address, monkeypatch):
    """Both looked before either was there: the database keeps the first."""
    first = client.post(address, words())
    asked = []

    def unseen(**values):
        asked.append(values)
        return Report.objects.none()

    with monkeypatch.context() as patched:
        patched.setattr(Report.objects, "filter", unseen, raising=False)
        second = client.post(address, words())

    assert len(asked) == 1
    assert (second.status_code, second.url) == (302, first.url)
    assert Report.objects.count() == 1


def test_one_connection_sends_ten_an_hour_and_loses_no_word(client, address, monkeypatch):
    now, sent = 1_800_000_000.0, words()
    monkeypatch.setattr("allauth.core.internal.ratelimit.time.time", lambda: now)
    answers = [client.post(address, {**sent, "text": f"Nr. {n}"}) for n in range(11)]
    again = client.post(address, {**sent, "text": "Nr. 3"})  # which is there
    elsewhere = client.post(address, {**sent, "text": "Nr. 11"}, REMOTE_ADDR="192.0.2.9")
    now += 3601
    later = client.post(address, {**sent, "text": "Nr. 10"})

    assert [answer.status_code for answer in answers] == [302] * 10 + [429]
    assert answers[10].headers["Retry-After"] == "3600"
    page = answers[10].content.decode()
    assert "Nr. 10" in page
    assert "Your words are still here" in page
    assert again.url == answers[3].url
    assert (elsewhere.status_code, later.status_code) == (302, 302)


def test_reports_on_one_center_are_bounded_for_all_together(client, address, monkeypatch):
    monkeypatch.setitem(pages.BOUNDS, "report_on_center", "2/h/key")

    answers = [
        client.post(address, words(text=f"Nr. {n}"), REMOTE_ADDR=f"192.0.2.{n}") for n in range(3)
    ]

    assert [answer.status_code for answer in answers] == [302, 302, 429]


def test_no_address_of_a_connection_is_kept(client, address):
    client.post(address, words(), REMOTE_ADDR="192.0.2.77")

    assert "192.0.2.77" not in repr(list(Report.objects.values()))
    assert "192.0.2.77" not in repr(getattr(cache, "_cache", ""))


def test_trap_keeps_nothing_and_loses_nothing(client, address):
    answer = client.post(address, {**words(), guard.TRAP: "https://buy.example"})

    assert not Report.objects.exists()
    assert "The sign is gone." in answer.content.decode()
    assert "please send once more" in answer.content.decode()


@pytest.mark.parametrize(
    ("values", "wrong"),
    [
        ({"subject": ""}, "subject"),
        ({"subject": "story"}, "subject"),
        ({"subject": "\x00"}, "subject"),
        ({"text": ""}, "text"),
        ({"text": " \n "}, "text"),
        ({"text": "\x00"}, "text"),
        ({"text": "x" * 5001}, "text"),
        ({"answer_to": "rada"}, "answer_to"),
        ({"answer_to": "a@example.org\nBcc: b@example.org"}, "answer_to"),
        ({"subject": "status", "status": "unknown"}, "status"),
        ({"subject": "status", "since": "2015"}, "status"),
        ({"subject": "status", "status": "closed", "since": "zyx"}, "since"),
        ({"subject": "status", "status": "closed", "since": "2199"}, "since"),
        ({"subject": "contact", "email": "nonsense"}, "email"),
        ({"subject": "contact", "website": "java script:1"}, "website"),
        ({"subject": "contact", "phone": "1" * 61}, "phone"),
        ({"subject": "name", "name": "x" * 201}, "name"),
        ({"subject": "duplicate", "twin": "x" * 301}, "twin"),
    ],
)
def test_nonsense_is_refused_beside_its_field(client, address, values, wrong):
    answer = client.post(address, words(**values))

    assert not Report.objects.exists()
    assert list(answer.context["form"].errors) == [wrong]
    page = answer.content.decode()
    assert page.count('class="note error-summary"') == 1
    assert f'href="#id_{wrong}"' in page
    assert f'id="id_{wrong}"' in page


def test_day_that_can_be_two_is_asked_back(client, address):
    sent = words(subject="status", status="closed", since="5/3/2015")

    page = client.post(address, sent).content.decode()

    assert "can mean" in page
    assert not Report.objects.exists()


def test_far_too_much_is_refused_without_an_error_of_ours(client, address):
    answer = client.post(address, words(text="x" * 6_000_000))

    assert answer.status_code == 400
    assert not Report.objects.exists()


def test_closed_center_may_be_corrected(client, center, coordinator, address):
    center.record_status("closed", observed="2020", by=coordinator)

    client.post(address, words(text="It opened again."))

    assert Report.objects.get().center == center


def test_merged_center_leads_to_the_one_that_stays_and_keeps_what_was_sent(
    client, center, address, bulgaria
):
    stays = Center.objects.create(name="It stays", slug="stays", country=bulgaria)
    center.merged_into = stays
    center.save()

    shown = client.get(f"{address}?about=name")
    client.post(address, words())  # the page was open while they were merged

    assert (shown.status_code, shown.url) == (302, f"/report/{stays.public_id}/?about=name")
    assert Report.objects.get().center == stays


def test_identifier_in_capitals_mistyped_or_of_nobody(client, center, address):
    capitals = client.get(f"/report/{center.public_id.upper()}/?about=name")
    mistyped = client.get("/report/zyx/")
    nobodys = client.get("/report/4agnjphy/")

    assert capitals.url == f"{address}?about=name"
    assert mistyped.status_code == nobodys.status_code == 404
    assert "is mistyped" in mistyped.content.decode()
    assert "There is no center with the identifier" in nobodys.content.decode()


def test_mail_says_that_it_came_in_her_language(client, center, address, mail_server):
    client.post(f"/de{address}", words(answer_to="rada@example.org", text="<b>&</b> geheim"))

    report = Report.objects.get()
    [message] = mail.outbox
    assert message.to == ["rada@example.org"]
    assert report.reference in message.subject
    assert f"/de/receipt/{report.reference}/" in message.body
    assert f"/de/receipt/{report.reference}/" in message.alternatives[0].content
    assert "geheim" not in message.body  # the address may be somebody else's
    assert [step.what for step in report.steps.all()] == ["received", "mailed"]


def test_nobody_is_flooded_with_mails_that_others_ask_for(
    client, address, mail_server, monkeypatch
):
    monkeypatch.setitem(pages.MAIL_BOUNDS, "report_mail", "2/d/key")

    for number in range(4):
        sent = words(answer_to="rada@example.org", text=f"Nr. {number}")
        client.post(address, sent, REMOTE_ADDR=f"192.0.2.{number}")

    assert len(mail.outbox) == 2
    assert Report.objects.count() == 4


def test_refused_mail_refuses_no_report(client, address):
    answer = client.post(address, words(answer_to="rada@example.org"))  # no mail server here

    assert answer.status_code == 302
    assert Report.objects.get().email == "rada@example.org"


def test_nothing_of_a_report_is_public(client, center, address):
    client.post(address, words(subject="name", name="Zyxhouse", text="zyxwords"))
    report = Report.objects.get()

    for page in (center.get_absolute_url(), "/changes/", "/centers/?q=zyx&status=all", address,
                 report.get_absolute_url()):  # fmt: skip
        assert "Zyxhouse" not in client.get(page).content.decode(), page
        assert "zyxwords" not in client.get(page).content.decode(), page


def test_center_page_leads_to_the_form_and_asks_where_nobody_knows(client, center, coordinator):
    unknown = client.get(center.get_absolute_url()).content.decode()
    center.record_status("active", observed=timezone.localdate(), by=coordinator)
    fresh = client.get(center.get_absolute_url()).content.decode()
    center.record_status("closed", observed=timezone.localdate(), by=coordinator)
    closed = client.get(center.get_absolute_url()).content.decode()

    link = f'href="/report/{center.public_id}/"'
    invitation = f'href="/report/{center.public_id}/?about=status"'
    assert [link in page for page in (unknown, fresh, closed)] == [True] * 3
    assert [invitation in page for page in (unknown, fresh, closed)] == [True, False, False]


def test_form_is_protected_against_other_sites_and_kept_by_nobody_between(address):
    strict = Client(enforce_csrf_checks=True)

    shown, refused = strict.get(address), strict.post(address, words())

    assert shown.headers["Cache-Control"] == "private, no-cache"
    assert refused.status_code == 403
    assert not Report.objects.exists()


def test_form_asks_for_one_row(client, address):
    client.get(address)
    with CaptureQueriesContext(connection) as queries:
        client.get(address)

    assert len(queries) == 1


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
def test_form_answers_to_no_other_method(client, address, method):
    assert client.generic(method, address).status_code == 405
