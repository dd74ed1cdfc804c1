"""The page where a center answers the yearly question: looking changes nothing, and a link that
cannot be used tells nothing."""

import re
import threading

import pytest
from django.contrib.auth import get_user_model
from django.core import mail, signing
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.core.mail.backends.locmem import EmailBackend
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from centers.asking import links
from centers.models import (
    BY_IMPORT,
    Cause,
    Center,
    Contact,
    Coordinator,
    Report,
    ReportStep,
    Snapshot,
    StatusEntry,
    YearlyQuestion,
)
from centers.models.questions import VALID_FOR
from centers.reports.deciding import accept

pytestmark = pytest.mark.django_db
ADDRESS = "rada@example.org"


@pytest.fixture(autouse=True)
def nobody_is_throttled():
    cache.clear()
    yield
    cache.clear()


@pytest.fixture(autouse=True)
def mail_server(settings):
    settings.EMAIL_HOST = "mail.example.org"
    settings.SITE_URL = "https://registry.example.org"


@pytest.fixture
def rada(center):
    return Contact.objects.create(center=center, name="Rada Zyxova", email=ADDRESS, language="bg")


@pytest.fixture
def ask():
    """`ask(contact)`: an open question to her; `ask(None, center)`: to the center's own address."""

    def ask(contact, center=None, **values):
        center = center or contact.center
        address = contact.email if contact else center.email
        if values.get("means") == YearlyQuestion.Means.LETTER:
            address = ""
        return YearlyQuestion.objects.create(
            center=center,
            contact=contact,
            language="bg",
            address_mark=links.address_mark(address),
            **values,
        )

    return ask


@pytest.fixture
def question(rada, ask):
    return ask(rada)


@pytest.fixture
def vesna(bulgaria):
    """A coordinator of Bulgaria who reads German."""
    user = get_user_model().objects.create_user("vesna", "vesna@network.example", is_staff=True)
    row = Coordinator.objects.create(user=user, language="de")
    row.countries.set([bulgaria])
    return row


@pytest.fixture
def rent(db):
    return Cause.objects.get_or_create(slug="rent", defaults={"group": Cause.Group.MONEY})[0]


def path_of(question):
    return reverse("centers:confirm", args=[links.token_of(question)])


def stop_path_of(question):
    return links.stop_link(question).removeprefix("https://registry.example.org/bg")


def answer(client, question, status="active", **values):
    """What is answered when she sends the form."""
    return client.post(path_of(question), {"status": status, **values})


def everything():
    """How many rows there are of all that an answer may write."""
    models = [Report, StatusEntry, Snapshot, ReportStep, YearlyQuestion, Contact, Center]
    return [sorted(model.objects.values_list()) for model in models]


def told_by(report):
    return dict(report.parts.values_list("field", "told"))


# --- Looking ---------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["get", "head"])
def test_looking_writes_nothing_however_often(client, question, method):
    path = path_of(question)
    before = everything()

    with CaptureQueriesContext(connection) as queries:
        answers = [
            getattr(client, method)(path, headers={"Purpose": "prefetch", "User-Agent": "Scanner"})
            for _time in range(3)
        ]

    assert [each.status_code for each in answers] == [200] * 3
    assert everything() == before
    assert [q["sql"] for q in queries if not q["sql"].startswith("SELECT")] == []
    assert not client.cookies
    assert answer(client, question).status_code == 302


def test_page_shows_what_is_held_and_nothing_private(client, center, rada, question):
    center.record_status("active", observed="2016", since="2015-05", by=BY_IMPORT)
    Center.objects.filter(pk=center.pk).update(
        phone="+359 84 000", opening_hours="Mo–Fr 9–12", address="Hidden street 7"
    )
    Snapshot.objects.create(center=center, as_of="2016", core_group=7, premises="rented")
    Contact.objects.filter(pk=rada.pk).update(phone="+359 88 zyx")

    page = client.get(path_of(question)).content.decode()

    for told in ("Mother Center Isperih", "Active since May 2015", "+359 84 000", "Mo–Fr 9–12"):
        assert told in page
    assert "Core group: 7; Premises: rented" in page
    for private in ("Zyxova", ADDRESS, "zyx", "Hidden street"):
        assert private not in page
    # The question and its choices come first.
    assert page.index("<h1") < page.index("How is your center?</h2>") < page.index('name="since"')
    assert "checked" not in page
    assert page.count('<details class="answer-fold') == 5
    assert "open>" not in page.split('id="content"')[1]


@pytest.mark.parametrize("make_dead", [False, True])
def test_address_of_the_page_leaks_nowhere(client, question, make_dead):
    if make_dead:
        answer(client, question)

    answered = client.get(path_of(question))

    assert answered.headers["Cache-Control"] == "private, no-store"
    assert answered.headers["Referrer-Policy"] == "no-referrer"
    assert answered.headers["X-Robots-Tag"] == "noindex"
    page = answered.content.decode()
    assert '<meta name="robots" content="noindex">' in page
    assert "canonical" not in page
    assert "og:url" not in page
    hosts = set(re.findall(r'(?:href|src|action)="(?:https?:)?//([^/"]+)', page))
    assert hosts == {"testserver"}  # the page in other languages


def test_page_is_in_the_language_of_its_address(client, center, question):
    center.record_status("active", observed="2016", by=BY_IMPORT)

    assert links.link_to(question).startswith("https://registry.example.org/bg/confirm/")
    page = client.get(f"/bg{path_of(question)}").content.decode()

    assert '<html lang="bg">' in page
    assert "България" in page


def test_page_asks_as_much_of_the_database_for_many_causes_and_figures(client, center, question):
    with CaptureQueriesContext(connection) as few:
        client.get(path_of(question))
    for number in range(20):
        Cause.objects.create(slug=f"cause-{number}", group="money")
        Snapshot.objects.create(center=center, as_of=str(1990 + number), core_group=number)
    with CaptureQueriesContext(connection) as many:
        client.get(path_of(question))

    assert len(many) == len(few)


# --- A plain confirmation --------------------------------------------------------------------


@pytest.mark.parametrize("held", ["unknown", "active", "paused", "closed", "initiative"])
def test_plain_confirmation_is_applied_at_once(client, center, question, held):
    if held != "unknown":
        center.record_status(held, observed="2016", since="2015", by=BY_IMPORT)
    status = "active" if held == "unknown" else held

    answered = answer(client, question, status)

    report = Report.objects.get()
    entry = center.status_entries.latest("recorded_at")
    assert (answered.status_code, answered.url) == (302, report.get_absolute_url())
    assert (report.state, report.subject, report.origin) == ("accepted", "yearly", "center")
    assert (report.email, report.language, report.is_urgent) == (ADDRESS, "en", False)
    assert center.status_entries.count() == (1 if held == "unknown" else 2)
    assert (entry.status, entry.via, entry.recorded_by) == (status, "center", None)
    assert str(entry.observed) == timezone.localdate().isoformat()
    question.refresh_from_db()
    assert (question.state, question.report) == ("answered", report)
    assert mail.outbox == []
    page = client.get(center.get_absolute_url()).content.decode()
    assert "According to: the center itself." in page


@pytest.mark.parametrize(
    ("held", "status", "values"),
    [
        ("active", "closed", {}),
        ("closed", "active", {}),
        ("active", "paused", {"since": "5/2026"}),
        ("closed", "closed", {"causes": ["rent"]}),
        ("closed", "closed", {"since": "2020"}),
        ("unknown", "paused", {}),
        ("initiative", "active", {}),
    ],
)
def test_whatever_says_more_waits_for_a_coordinator(
    client, center, question, rent, held, status, values
):
    if held != "unknown":
        center.record_status(held, observed="2016", by=BY_IMPORT)
    entries = center.status_entries.count()

    answer(client, question, status, **values)

    report = Report.objects.get()
    assert report.state == "waiting"
    assert center.status_entries.count() == entries
    assert told_by(report)["status"]["status"] == status


def test_closed_for_rent_is_shown_once_a_coordinator_accepts(client, center, question, rent, vesna):
    center.record_status("active", observed="2016", by=BY_IMPORT)
    answer(client, question, "closed", since="May 2026", causes=["rent"])
    report = Report.objects.get()

    accept(report, by=vesna.user)

    center.refresh_from_db()
    entry = center.status_entries.latest("recorded_at")
    assert (center.status, str(center.status_since)) == ("closed", "2026-05")
    assert (entry.via, entry.recorded_by) == ("center", vesna.user)
    assert entry.cause_weights == {"rent": ""}
    assert (
        "According to: the center itself." in client.get(center.get_absolute_url()).content.decode()
    )


def test_confirmation_is_applied_though_other_things_wait(client, center, question):
    answer(client, question, core_group="7", text="The roof leaks.")

    report = Report.objects.get()
    assert report.state == "waiting"
    assert dict(report.parts.values_list("field", "state")) == {
        "status": "accepted",
        "figures": "waiting",
    }
    assert center.status_entries.get().status == "active"


def test_what_was_recorded_since_the_page_was_opened_makes_it_wait(client, center, question):
    client.get(path_of(question))
    center.record_status("closed", observed="2026", by=BY_IMPORT)

    answer(client, question)

    assert Report.objects.get().state == "waiting"


# --- What else she may tell -------------------------------------------------------------------


def test_all_that_was_told_becomes_parts_of_the_report(client, center, question, vesna):
    Center.objects.filter(pk=center.pk).update(phone="1", website="https://old.example/")
    answered = client.post(
        f"/bg{path_of(question)}",
        {
            "status": "active",
            "core_group": "7",
            "visitors": "120",
            "premises": "rented",
            "monthly_rent": "150,50",
            "currency": "eur",
            "phone": "+359 84 123",
            "email": "center@example.org",
            "website": "new.example",
            "opening_hours": "Mo 9–12",
            "text": "  Come and see us.  ",
            "initial-phone": "1",
            "initial-website": "https://old.example/",
        },
    )

    report = Report.objects.get()
    assert answered.status_code == 302
    today = timezone.localdate().isoformat()
    assert told_by(report) == {
        "status": {"status": "active", "observed": today, "since": "", "causes": []},
        "figures": {
            "core_group": 7,
            "visitors": 120,
            "premises": "rented",
            "monthly_rent": "150.50",
            "currency": "EUR",
            "as_of": today,
        },
        "phone": "+359 84 123",
        "email": "center@example.org",
        "website": "https://new.example",
        "opening_hours": "Mo 9–12",
    }
    assert (report.text, report.language) == ("Come and see us.", "bg")
    assert report.parts.get(field="phone").held == "1"

    accept(report, by=vesna.user)

    center.refresh_from_db()
    assert (center.phone, center.opening_hours) == ("+359 84 123", "Mo 9–12")
    assert center.snapshots.get().core_group == 7


def test_only_what_she_changed_is_told(client, center, question):
    """An older page does not take back what a coordinator wrote meanwhile."""
    Center.objects.filter(pk=center.pk).update(phone="1", email="a@example.org")
    shown = dict.fromkeys(("website", "opening_hours"), "") | {
        "phone": "1", "email": "a@example.org",
    }  # fmt: skip
    Center.objects.filter(pk=center.pk).update(phone="2")

    answer(client, question, **shown, **{f"initial-{name}": shown[name] for name in shown})

    assert list(told_by(Report.objects.get())) == ["status"]


def test_page_carries_what_it_showed_also_after_an_error(client, center, question):
    Center.objects.filter(pk=center.pk).update(phone="1 & 2")
    path = path_of(question)

    first = client.get(path).content.decode()
    again = answer(
        client, question, "zyx", phone="3", **{"initial-phone": "1 & 2"}
    ).content.decode()

    for page in (first, again):
        assert page.count('<input type="hidden" name="initial-phone" value="1 &amp; 2">') == 1
    assert 'name="phone" value="3"' in again


def test_words_that_come_with_a_dead_link_are_given_back(client, question):
    answer(client, question)

    page = answer(client, question, text="A <b>long</b> story").content.decode()

    assert "A &lt;b&gt;long&lt;/b&gt; story" in page


def test_emptied_telephone_is_told_as_gone(client, center, question):
    Center.objects.filter(pk=center.pk).update(phone="1")

    answer(client, question, phone="", **{"initial-phone": "1"})

    assert told_by(Report.objects.get())["phone"] == ""


def test_proposed_currency_alone_is_no_figure(client, center, question):
    Snapshot.objects.create(center=center, as_of="2016", monthly_rent=100, currency="EUR")
    assert 'value="EUR"' in client.get(path_of(question)).content.decode()

    answer(client, question, currency="EUR")

    assert Report.objects.get().state == "accepted"


def test_what_belongs_to_another_answer_is_not_told(client, question, rent):
    """She chose "closed" first, then "active": what she wrote to it is out of her sight."""
    answer(client, question, "active", since="nonsense", causes=["rent", "zyx"])

    assert told_by(Report.objects.get())["status"]["causes"] == []


# --- Urgent ----------------------------------------------------------------------------------


@pytest.mark.parametrize("held", ["active", "low_level"])
def test_struggling_is_told_to_the_coordinator_at_once(client, center, question, vesna, rent, held):
    """Also where the registry knows it already: the report waits until somebody has seen it."""
    center.record_status(held, observed="2016", by=BY_IMPORT)
    Center.objects.filter(pk=center.pk).update(phone="+359 84 123")

    answer(client, question, "low_level", text="<b>The rent doubled</b> & we cannot pay.")

    report = Report.objects.get()
    message, receipt = mail.outbox
    assert receipt.to == [ADDRESS]
    assert (report.is_urgent, report.state) == (True, "waiting")
    assert report.told_at is not None
    assert message.to == ["vesna@network.example"]
    assert message.subject.startswith("Mother Center Isperih: ")
    assert "<b>The rent doubled</b> & we cannot pay." in message.body
    assert "<b>The rent" not in message.alternatives[0].content
    assert "+359 84 123" in message.body
    assert f"https://registry.example.org/de/admin/centers/report/{report.pk}/" in message.body
    for private in ("Zyxova", ADDRESS):
        assert private not in str(message.message())


def test_subject_is_plain(client, center, question, vesna):
    vesna.language = "en"
    vesna.save()

    answer(client, question, "low_level", causes=["unknown-cause"])
    refused = mail.outbox == []
    answer(client, question, "low_level")

    assert refused
    assert mail.outbox[0].subject == "Mother Center Isperih: struggling"


def test_please_contact_us_is_urgent_and_stays_open(client, center, question, vesna):
    vesna.language = "en"
    vesna.save()

    answer(client, question, "active", contact_us="on")

    report = Report.objects.get()
    assert mail.outbox[0].subject == "Mother Center Isperih: please contact us"
    assert (report.state, report.is_urgent) == ("waiting", True)
    assert report.parts.get(field="status").state == "accepted"
    accept(report, by=vesna.user, outcome="We telephoned.")
    report.refresh_from_db()
    assert report.state == "accepted"


def test_vacant_countrys_urgent_answer_goes_to_the_leads(client, question):
    user = get_user_model().objects.create_user("lead", "lead@network.example", is_staff=True)
    Coordinator.objects.create(user=user, is_lead=True)

    answer(client, question, "low_level")

    assert [message.to for message in mail.outbox] == [["lead@network.example"], [ADDRESS]]


def test_broken_mail_server_loses_no_answer_and_is_tried_again(
    client, question, vesna, monkeypatch
):
    from centers.reports.letters import tell_untold

    def refuse(self, messages):
        raise OSError("no route to host")

    with monkeypatch.context() as broken:
        broken.setattr(EmailBackend, "send_messages", refuse)
        answered = answer(client, question, "low_level")
    report = Report.objects.get()
    untold = report.told_at

    assert answered.status_code == 302
    assert untold is None
    assert (tell_untold(), len(mail.outbox), tell_untold()) == (1, 1, 0)


# --- People ----------------------------------------------------------------------------------


def test_whoever_wants_to_be_forgotten_gets_no_mail_and_is_erased_when_accepted(
    client, center, rada, question, vesna
):
    answer(client, question, forget="on")

    report = Report.objects.get()
    rada.refresh_from_db()
    assert rada.wants_no_mail
    assert report.parts.get(field="forget").state == "waiting"
    assert "Zyxova" not in str(list(report.parts.values_list()))
    assert center.status_entries.get().status == "active"

    accept(report, by=vesna.user)

    assert not Contact.objects.exists()
    assert not Contact.history.exists()


def test_not_us_ends_the_mails_and_says_nothing_of_the_center(
    client, center, rada, question, vesna
):
    answer(client, question, "not_us", core_group="7", phone="0")

    report = Report.objects.get()
    rada.refresh_from_db()
    assert rada.wants_no_mail
    assert (told_by(report), report.state, report.email) == ({"not_us": True}, "waiting", "")
    assert not center.status_entries.exists()

    accept(report, by=vesna.user)

    assert Contact.objects.get() == rada


def test_not_us_from_the_centers_own_address_proposes_to_remove_it(client, center, ask, vesna):
    center.email = ADDRESS
    center.save()
    asked = ask(None, center)
    assert 'name="forget"' not in client.get(path_of(asked)).content.decode()

    answer(client, asked, "not_us", forget="on")

    report = Report.objects.get()
    assert told_by(report) == {"not_us": True, "email": ""}
    accept(report, by=vesna.user)
    center.refresh_from_db()
    assert center.email == ""


def test_letter_is_answered_though_nobody_has_an_address(client, center, ask):
    asked = ask(None, center, means=YearlyQuestion.Means.LETTER)

    answer(client, asked)

    assert Report.objects.get().email == ""
    assert center.status_entries.get().via == "center"


# --- Dead links ------------------------------------------------------------------------------


def forged(question):
    return signing.Signer(key="another", salt=links.SALT).sign_object([question.pk, question.nonce])


def killed(how, question, center, rada):
    """The token of a link that cannot be used for the reason `how`."""
    token = links.token_of(question)
    if how == "forged":
        return forged(question)
    if how == "nonsense":
        return "zyx"
    if how == "cut off":
        return token[:-3]
    if how == "other center's":  # its number with the nonce of this one
        other = Center.objects.create(name="Other", slug="other", country=center.country)
        theirs = YearlyQuestion.objects.create(center=other)
        return signing.Signer(salt=links.SALT).sign_object([theirs.pk, question.nonce])
    if how == "expired":
        question.link_made_at = timezone.now() - VALID_FOR
    if how == "replaced":
        question.nonce = "another"
    if how in ("used", "ended"):
        question.state = {"used": "answered"}.get(how, how)
        question.ended_at = timezone.now()
    question.save()
    if how == "address changed":
        rada.email = "new@example.org"
        rada.save()
    if how == "person erased":
        rada.delete()
    if how == "center merged":
        other = Center.objects.create(name="Other", slug="other", country=center.country)
        Center.objects.filter(pk=center.pk).update(merged_into=other)
    if how == "question gone":
        question.delete()
    return token


DEAD = [
    "forged", "nonsense", "cut off", "other center's", "expired", "replaced", "used", "ended",
    "address changed", "person erased", "center merged", "question gone",
]  # fmt: skip


@pytest.mark.parametrize("how", DEAD)
def test_dead_link_is_helpful_changes_nothing_and_tells_nothing(
    client, center, rada, question, how
):
    Center.objects.filter(pk=center.pk).update(email="public@example.org")
    path = reverse("centers:confirm", args=[killed(how, question, center, rada)])
    unknown = reverse("centers:confirm", args=["made-up"])
    before = everything()

    for method, data in [
        ("get", {}), ("post", {}), ("post", {"status": "closed"}), ("head", {}),
    ]:  # fmt: skip
        mine, made_up = (getattr(client, method)(each, data) for each in (path, unknown))

        assert (mine.status_code, made_up.status_code) == (410, 410)
        assert mine.content.replace(path.encode(), unknown.encode()) == made_up.content
        assert dict(mine.headers) | {"Content-Length": ""} == dict(made_up.headers) | {
            "Content-Length": ""
        }

    assert everything() == before
    page = client.get(path).content.decode()
    assert "Perhaps the question was answered already" in page
    assert 'name="renew"' in page
    assert "Isperih" not in page
    assert mail.outbox == []


@pytest.mark.parametrize("token", ["\x00", "%F0%9F%90%B1", "a" * 5000, "1:2:3", ".:x", "мајка"])
def test_nonsense_in_the_address_is_a_dead_link(client, db, token):
    path = reverse("centers:confirm", args=["x"]).replace("/x/", f"/{token}/")

    assert {client.get(path).status_code, client.post(path, {"renew": "1"}).status_code} == {410}


def test_link_is_used_once(client, center, question):
    first, second = answer(client, question), answer(client, question, "closed")

    assert (first.status_code, second.status_code) == (302, 410)
    assert Report.objects.count() == 1


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
def test_pages_answer_to_no_other_method(client, question, method):
    assert client.generic(method, path_of(question)).status_code == 405
    assert client.generic(method, stop_path_of(question)).status_code == 405


# --- A new link ------------------------------------------------------------------------------


@pytest.mark.parametrize("how", DEAD)
def test_new_link_goes_to_the_address_on_record_alone_and_is_answered_alike(
    client, center, rada, question, how
):
    Center.objects.filter(pk=center.pk).update(email="public@example.org")
    path = reverse("centers:confirm", args=[killed(how, question, center, rada)])
    unknown = reverse("centers:confirm", args=["made-up"])

    mine, made_up = (client.post(each, {"renew": "1"}) for each in (path, unknown))

    assert (mine.status_code, made_up.status_code) == (410, 410)
    assert mine.content.replace(path.encode(), unknown.encode()) == made_up.content
    page = mine.content.decode()
    assert "If this link was one of ours, a new one is on its way" in page
    assert ADDRESS not in page
    allowed = {
        "expired": [ADDRESS],
        "replaced": [ADDRESS],
        "used": [ADDRESS],
        "ended": [ADDRESS],
        "address changed": ["new@example.org"],
        "person erased": ["public@example.org"],
    }.get(how, [])
    assert [address for message in mail.outbox for address in message.to] in ([], allowed)


def test_new_link_of_an_old_one_opens_the_page(client, question):
    question.link_made_at = timezone.now() - VALID_FOR
    question.save()
    old = path_of(question)

    client.post(old, {"renew": "1"})
    client.post(old, {"renew": "1"})

    [message] = mail.outbox
    assert message.to == [ADDRESS]
    [new] = set(re.findall(r"https://registry\.example\.org(/bg/confirm/[^/\s]+/)\s", message.body))
    assert client.get(new).status_code == 200
    assert client.get(old).status_code == 410


def test_looking_at_a_dead_link_sends_nothing(client, question):
    question.link_made_at = timezone.now() - VALID_FOR
    question.save()

    client.get(path_of(question), {"renew": "1"})

    assert mail.outbox == []


def test_new_links_are_bounded_for_one_connection(client, question):
    path = path_of(question)
    answer(client, question)

    codes = [client.post(path, {"renew": "1"}).status_code for _time in range(11)]

    assert codes == [410] * 10 + [429]


def test_without_mail_no_new_link_is_offered(client, db, settings):
    settings.EMAIL_HOST = ""

    page = client.get(reverse("centers:confirm", args=["made-up"])).content.decode()

    assert 'name="renew"' not in page
    assert reverse("centers:country_list") in page


# --- No more mails ---------------------------------------------------------------------------


def test_stop_page_changes_nothing_until_the_button_is_pressed(client, rada, question):
    path, before = stop_path_of(question), everything()

    looked = [client.get(path), client.head(path), client.get("/confirm/made-up/stop/")]

    assert everything() == before
    assert {each.status_code for each in looked} == {200}
    assert looked[0].content.replace(path.encode(), b"/confirm/made-up/stop/") == looked[2].content
    assert looked[0].headers["Referrer-Policy"] == "no-referrer"


def test_mail_program_stops_the_mails_with_one_click_and_twice_is_as_once(rada, question):
    """RFC 8058: no cookie, no form of ours."""
    strict, path = Client(enforce_csrf_checks=True), stop_path_of(question)
    one_click = ("List-Unsubscribe=One-Click", "application/x-www-form-urlencoded")

    codes = [strict.generic("POST", path, *one_click).status_code for _time in range(2)]

    rada.refresh_from_db()
    question.refresh_from_db()
    assert codes == [200, 200]
    assert (rada.wants_no_mail, question.wants_no_more) == (True, True)
    assert answer(strict, question).status_code == 302  # she may still answer


def test_stop_link_that_is_not_ours_is_answered_alike_and_stops_nobody(client, rada, question):
    for token in ("made-up", links.token_of(question), forged(question)):
        path = reverse("centers:confirm_stop", args=[token])

        page = client.post(path).content.decode()

        rada.refresh_from_db()
        assert not rada.wants_no_mail
        assert "Done. If this link was one of ours" in page
    assert client.post(stop_path_of(question)).content.decode().count("Done.") == 1


# --- Nonsense --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "values", "fields"),
    [
        ("", {}, ["status"]),
        ("zyx", {}, ["status"]),
        ("unknown", {}, ["status"]),
        ("initiative", {}, ["status"]),
        ("\x00", {}, ["status"]),
        ("closed", {"since": "last summer"}, ["since"]),
        ("closed", {"since": "\x00"}, ["since"]),
        ("closed", {"since": "2" * 300}, ["since"]),
        ("closed", {"since": "2999"}, ["since"]),
        ("closed", {"since": "5/3/2015"}, ["since_meant"]),
        ("closed", {"since": "5/3/2015", "since_meant": "2015-01-01"}, ["since_meant"]),
        ("closed", {"causes": ["zyx"]}, ["causes"]),
        ("closed", {"causes": ["\x00"]}, ["causes"]),
        ("active", {"core_group": "many"}, ["core_group"]),
        ("active", {"core_group": "-1"}, ["core_group"]),
        ("active", {"visitors": "9" * 30}, ["visitors"]),
        ("active", {"children": "\x00"}, ["children"]),
        ("active", {"premises": "castle"}, ["premises"]),
        ("active", {"monthly_rent": "NaN", "currency": "EUR"}, ["monthly_rent"]),
        ("active", {"monthly_rent": "1e99", "currency": "EUR"}, ["monthly_rent"]),
        ("active", {"monthly_rent": "100"}, ["currency"]),
        ("active", {"monthly_rent": "100", "currency": "money"}, ["currency"]),
        ("active", {"phone": "1" * 61}, ["phone"]),
        ("active", {"phone": "\x00"}, ["phone"]),
        ("active", {"email": "rada"}, ["email"]),
        ("active", {"website": "javascript:alert(1)"}, ["website"]),
        ("active", {"website": "https://" + "x" * 300}, ["website"]),
        ("active", {"opening_hours": "x" * 301}, ["opening_hours"]),
        ("active", {"text": "x" * 5001}, ["text"]),
        ("active", {"text": "\x00"}, ["text"]),
        ("active", {"nickname": "buy"}, ["__all__"]),
    ],
)
def test_nonsense_is_refused_beside_its_field_and_nothing_is_lost(
    client, question, rent, status, values, fields
):
    before = everything()
    told = {"phone": "+359 84 1", "text": "Ours & yours", **values}

    answered = answer(client, question, status, **told)

    page = answered.content.decode()
    assert answered.status_code == 200
    assert list(answered.context["form"].errors) == fields
    assert everything() == before
    assert "error-summary" in page
    assert ("+359 84 1" in page) is ("phone" not in values)
    assert ("Ours &amp; yours" in page) is ("text" not in values)
    for field in fields:
        if field != "__all__":
            assert f'href="#id_{field}"' in page
            assert f'id="id_{field}"' in page
    assert page.count("<details") > page.count("open>") > 0
    assert answer(client, question).status_code == 302  # the link still works


def test_what_is_wrong_is_told_in_the_order_of_the_page(client, question):
    page = answer(
        client, question, "closed", core_group="many", email="rada", since="5/3/2015"
    ).content.decode()

    summary = page[page.index("error-summary") :]
    places = [
        summary.index(f'href="#id_{name}"') for name in ("since_meant", "email", "core_group")
    ]
    assert places == sorted(places)


def test_date_that_can_mean_two_days_is_asked_back(client, question):
    page = answer(client, question, "closed", since="5/3/2015").content.decode()
    assert "March 5, 2015" in page
    assert "May 3, 2015" in page

    answer(client, question, "closed", since="5/3/2015", since_meant="2015-05-03")

    assert told_by(Report.objects.get())["status"]["since"] == "2015-05-03"


def test_answer_needs_no_cookie_and_no_haste_is_too_great(question):
    """Whoever has the link may answer; a phone that refuses cookies loses no words."""
    strict = Client(enforce_csrf_checks=True)

    assert answer(strict, question).status_code == 302


def test_center_that_is_merged_at_the_same_moment_loses_no_words(client, question, monkeypatch):
    def merged(self, **kwargs):
        raise ValidationError("It was merged into another center meanwhile.")

    before = everything()
    with monkeypatch.context() as racing:
        racing.setattr(Center, "locked", merged)
        answered = answer(client, question, "low_level", text="Our roof leaks.")

    page = answered.content.decode()
    assert "It was merged into another center meanwhile." in page
    assert "Our roof leaks." in page
    assert (everything(), mail.outbox) == (before, [])


# --- Two at once -----------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite lets one write at a time.")
def test_two_devices_at_once_answer_once(question, center):
    path, codes, ready = path_of(question), [], threading.Barrier(2)

    def send(status):
        ready.wait(10)
        try:
            codes.append(Client().post(path, {"status": status}).status_code)
        finally:
            connection.close()

    threads = [threading.Thread(target=send, args=[each]) for each in ("active", "closed")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert sorted(codes) == [302, 410]
    assert Report.objects.count() == 1
