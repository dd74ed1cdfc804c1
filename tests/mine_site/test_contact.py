"""Writing to a country's coordinators: they are reached, unseen, and nothing is kept."""

import logging
import re

import pytest
from django.contrib.auth import get_user_model
from django.core import mail
from django.core.cache import cache
from django.core.mail.backends.locmem import EmailBackend
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from centers.models import Coordinator, Country, Organisation
from mine_site import contact
from tests.forms import as_a_person

pytestmark = pytest.mark.django_db

ADDRESS = "/countries/bg/contact/"
WORDS = {
    "name": "Rada",
    "email": "rada@example.org",
    "message": "Is there a center near Ruse?",
    **as_a_person(),
}


@pytest.fixture(autouse=True)
def nobody_is_throttled():
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def coordinator(bulgaria):
    """`coordinator("vesna", …)`: an active coordinator; of Bulgaria unless told otherwise."""

    def coordinator(name, countries=(bulgaria,), is_active=True, **values):
        user = get_user_model().objects.create_user(
            name, values.pop("email", f"{name}@network.example"), is_staff=True, is_active=is_active
        )
        row = Coordinator.objects.create(user=user, **values)
        row.countries.set(countries)
        return row

    return coordinator


@pytest.fixture
def vesna(coordinator, mail_server):
    return coordinator("vesna", public_name="Vesna P.")


def sent_to():
    return sorted(address for message in mail.outbox for address in message.to)


def test_message_reaches_the_coordinators_of_the_country_alone(client, vesna, coordinator):
    coordinator("second", language="bg")
    coordinator("gone", is_active=False)
    coordinator("lead", countries=(), is_lead=True)
    coordinator("elsewhere", countries=[Country.objects.create(code="RS")])

    answer = client.post(ADDRESS, WORDS)

    assert (answer.status_code, answer.url) == (302, "/countries/bg/contact/sent/")
    assert sent_to() == ["second@network.example", "vesna@network.example"]
    for message in mail.outbox:
        assert message.message()["Reply-To"] == "rada@example.org"
        assert "Is there a center near Ruse?" in message.body
        assert "Rada" in message.body
        assert message.recipients() == message.to
        assert len(message.to) == 1


def test_mail_is_in_the_language_of_whoever_gets_it(client, vesna):
    vesna.language = "bg"
    vesna.save()

    client.post(f"/de{ADDRESS}", WORDS)

    [message] = mail.outbox
    assert "България" in message.subject


def test_page_shows_the_public_name_and_no_address(client, vesna, coordinator):
    coordinator("unnamed")

    page = client.get(ADDRESS).content.decode()

    assert "Vesna P. looks after the centers in Bulgaria." in page
    assert "network.example" not in page
    assert "unnamed" not in page


def test_vacancy_is_told_and_its_message_goes_to_leads(client, coordinator, bulgaria, mail_server):
    coordinator("lead", countries=(), is_lead=True)
    coordinator("gone", is_active=False, public_name="Anna who left")

    page = client.get(ADDRESS).content.decode()
    client.post(ADDRESS, WORDS)

    assert "We are looking for a coordinator for Bulgaria." in page
    assert "Anna who left" not in page
    assert sent_to() == ["lead@network.example"]
    assert "Nobody looks after this country yet" in mail.outbox[0].body


def test_coordinator_without_an_address_is_no_vacancy(client, coordinator, mail_server):
    coordinator("vesna", email="", public_name="Vesna P.")
    coordinator("lead", countries=(), is_lead=True)

    page = client.get(ADDRESS).content.decode()
    client.post(ADDRESS, WORDS)

    assert "Vesna P. looks after" in page
    assert "looking for a coordinator" not in page
    assert sent_to() == ["lead@network.example"]


@pytest.mark.parametrize("is_configured", [True, False])
def test_without_mail_or_reader_the_page_says_how_else(
    client, bulgaria, coordinator, settings, is_configured
):
    """No form is shown that leads nowhere, and none is answered."""
    if is_configured:
        settings.EMAIL_HOST = "mail.example.org"
    else:
        coordinator("vesna")
    Organisation.objects.create(
        key="mine", slug="mine", name="MINE", kind="network", website="https://mine.example/"
    )

    shown, sent = client.get(ADDRESS), client.post(ADDRESS, WORDS)

    for answer in (shown, sent):
        page = answer.content.decode()
        assert "<textarea" not in page
        assert 'href="https://mine.example/"' in page
    assert not shown.cookies
    assert mail.outbox == []


def test_same_message_twice_is_sent_once_and_another_one_again(client, vesna):
    first, second = client.post(ADDRESS, WORDS), client.post(ADDRESS, WORDS)
    client.post(ADDRESS, {**WORDS, "message": "And another question."})

    assert (first.status_code, second.status_code) == (302, 302)
    assert len(mail.outbox) == 2


def test_failure_of_the_mail_server_keeps_the_text_and_may_be_tried_again(
    client, vesna, monkeypatch
):
    def refuse(self, messages):
        raise OSError("no route to host")

    with monkeypatch.context() as broken:
        broken.setattr(EmailBackend, "send_messages", refuse)
        answers = [client.post(ADDRESS, WORDS) for _ in range(7)]
    again = client.post(ADDRESS, WORDS)

    assert {answer.status_code for answer in answers} == {503}  # and never "too many"
    page = answers[0].content.decode()
    assert "The message could not be sent just now; nobody has got it." in page
    assert "Is there a center near Ruse?" in page
    assert 'value="rada@example.org"' in page
    assert again.status_code == 302
    assert len(mail.outbox) == 1


def test_one_address_sends_five_messages_an_hour_and_loses_no_text(client, vesna, monkeypatch):
    now = 1_800_000_000.0
    monkeypatch.setattr("allauth.core.internal.ratelimit.time.time", lambda: now)
    answers = [client.post(ADDRESS, {**WORDS, "message": f"Nr. {n}"}) for n in range(6)]
    elsewhere = client.post(ADDRESS, {**WORDS, "message": "Nr. 6"}, REMOTE_ADDR="192.0.2.9")
    now += 3601
    later = client.post(ADDRESS, {**WORDS, "message": "Nr. 5"})

    assert [answer.status_code for answer in answers] == [302] * 5 + [429]
    assert answers[5].headers["Retry-After"] == "3600"
    assert "Nr. 5" in answers[5].content.decode()
    assert (elsewhere.status_code, later.status_code) == (302, 302)


def test_messages_to_one_country_are_bounded_for_all_together(client, vesna, monkeypatch):
    monkeypatch.setitem(contact.BOUNDS, "contact_to_country", "2/h/key")

    answers = [
        client.post(ADDRESS, {**WORDS, "message": f"Nr. {n}"}, REMOTE_ADDR=f"192.0.2.{n}")
        for n in range(3)
    ]

    assert [answer.status_code for answer in answers] == [302, 302, 429]


def test_trap_sends_nothing_and_loses_nothing(client, vesna):
    answer = client.post(ADDRESS, {**WORDS, "nickname": "https://buy.example"})

    page = answer.content.decode()
    assert mail.outbox == []
    assert "please send once more" in page
    assert "Is there a center near Ruse?" in page
    assert "buy.example" not in page


def test_errors_are_tied_to_their_fields_and_summed_up_first(client, vesna):
    page = client.post(ADDRESS, {**WORDS, "email": "rada", "message": ""}).content.decode()

    assert page.index("error-summary") < page.index('for="id_name"')
    assert re.search(r'error-summary"[^>]* autofocus', page)
    for name in ("email", "message"):
        assert f'<a href="#id_{name}">' in page
        field = re.search(rf'<(?:input|textarea)[^>]*id="id_{name}"[^>]*>', page)[0]
        assert 'aria-invalid="true"' in field
        assert f"id_{name}_error" in re.search(r'aria-describedby="([^"]*)"', field)[1].split()
        assert page.count(f'id="id_{name}_error"') == 1
    assert "aria-invalid" not in re.search(r'<input[^>]*id="id_name"[^>]*>', page)[0]
    assert "<title>Error: Write to us about Bulgaria" in page


@pytest.mark.parametrize(
    "values",
    [
        {"email": "rada@example.org\nBcc: all@example.org"},
        {"email": "rada@example.org\r\nBcc: all@example.org"},
        {"email": "rada@example.org, all@example.org"},
        {"email": "r" * 300 + "@example.org"},
        {"email": "\x00@example.org"},
        {"message": "\x00"},
        {"message": "   "},
        {"message": "x" * 5001},
        {"name": "x" * 101},
        {"name": "\x00"},
    ],
)
def test_nonsense_is_refused_beside_its_field(client, vesna, values):
    answer = client.post(ADDRESS, {**WORDS, **values})

    assert mail.outbox == []
    assert list(answer.context["form"].errors) == list(values)


def test_name_stays_in_the_body_on_one_line(client, vesna):
    client.post(ADDRESS, {**WORDS, "name": "Rada\r\nBcc: all@example.org"})

    [message] = mail.outbox
    assert message.recipients() == ["vesna@network.example"]
    assert "Name: Rada Bcc: all@example.org\n" in message.body
    assert "Bcc" not in message.message()


def test_message_cannot_bring_markup_into_the_mail(client, vesna):
    client.post(ADDRESS, {**WORDS, "message": "<script>alert(1)</script> & more"})

    [message] = mail.outbox
    assert "<script>alert(1)</script> & more" in message.body
    assert "<script" not in message.alternatives[0].content


def test_nothing_of_the_message_is_kept(client, vesna, caplog):
    """Neither in the database (where the cache is as well) nor in the log."""
    with caplog.at_level(logging.DEBUG), CaptureQueriesContext(connection) as queries:
        client.post(ADDRESS, WORDS)

    told = "\n".join([caplog.text, *(query["sql"] for query in queries)])
    kept = repr(getattr(cache, "_cache", ""))
    assert len(mail.outbox) == 1
    for secret in ("rada@example.org", "Is there a center", "127.0.0.1"):
        assert secret not in told
        assert secret not in kept


def test_form_is_protected_against_other_sites_and_kept_by_nobody_between(vesna):
    strict = Client(enforce_csrf_checks=True)

    shown = strict.get(ADDRESS)
    refused = strict.post(ADDRESS, WORDS)

    assert shown.headers["Cache-Control"] == "private, no-cache"
    assert (refused.status_code, mail.outbox) == (403, [])


def test_addresses_in_capitals_and_of_no_country(client, vesna):
    assert client.get("/countries/BG/contact/").url == ADDRESS
    assert client.get("/countries/zz/contact/").status_code == 404
    assert client.get("/countries/zz/contact/sent/").status_code == 404
    assert "on its way" in client.get(f"{ADDRESS}sent/").content.decode()


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
def test_form_answers_to_no_other_method(client, vesna, method):
    assert client.generic(method, ADDRESS).status_code == 405
