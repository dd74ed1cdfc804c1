"""One's own account: where it is logged in, what she settles herself, a forgotten password."""

import re
import time

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.auth import get_user_model
from django.core import mail
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from centers.models import Coordinator, Country
from mine_site.accounts.sessions import EVERY, SEEN, browser_words
from tests.mine_site.logins import (
    CODE,
    LOGIN,
    PASSWORD,
    in_as,
    log_in,
    main,
    with_step,
)
from tests.mine_site.test_pages import INLINE

pytestmark = pytest.mark.django_db

User = get_user_model()

SET_UP = "/accounts/2fa/totp/activate/"


@pytest.fixture(autouse=True)
def second_step(settings):
    cache.clear()
    settings.SECOND_STEP_REQUIRED = True
    yield
    cache.clear()


# --- Sessions --------------------------------------------------------------------------------

PHONE = "Mozilla/5.0 (Android 13; Mobile; rv:130.0) Gecko/130.0 Firefox/130.0"
LAPTOP = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/128.0.0.0 Safari/537.36"
)


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        (PHONE, "Firefox, Android"),
        (LAPTOP, "Chrome, Windows"),
        (f"{LAPTOP} Edg/128.0", "Edge, Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) Version/17.5 Safari/604.1",
         "Safari, iPhone"),
        ("curl/8", "an unknown browser"),
        ("", "an unknown browser"),
    ],
)  # fmt: skip
def test_browser_is_named_for_people(user_agent, words):
    assert browser_words(user_agent) == words


@pytest.fixture
def two_sessions(account):
    """(telephone, laptop): two clients of one coordinator."""
    user = account("coordinator", "anna")
    clients = Client(headers={"user-agent": PHONE}), Client(headers={"user-agent": LAPTOP})
    for each in clients:
        log_in(each, user)
    return clients


def test_sessions_are_listed_without_places(two_sessions):
    phone, _laptop = two_sessions
    page = phone.get("/accounts/sessions/")

    assert [row["browser"] for row in page.context["rows"]] == [
        "Firefox, Android",
        "Chrome, Windows",
    ]
    assert "Log out here" in main(page)
    assert "127.0.0.1" not in main(page)
    assert {row.ip for row in UserSession.objects.all()} == {"0.0.0.0"}


def test_one_session_is_ended(two_sessions):
    phone, laptop = two_sessions
    row = UserSession.objects.get(user_agent=LAPTOP)
    phone.get("/accounts/sessions/")
    assert laptop.get("/admin/").status_code == 200
    phone.post("/accounts/sessions/", {"session": row.pk})

    assert laptop.get("/admin/").status_code == 302
    assert phone.get("/admin/").status_code == 200


def test_all_other_sessions_are_ended(two_sessions):
    phone, laptop = two_sessions
    phone.post("/accounts/sessions/", {"others": "1"})

    assert laptop.get("/admin/").status_code == 302
    assert [row["browser"] for row in phone.get("/accounts/sessions/").context["rows"]] == [
        "Firefox, Android"
    ]


def test_own_session_is_ended(two_sessions):
    phone, laptop = two_sessions
    answer = phone.post(
        "/accounts/sessions/", {"session": UserSession.objects.get(user_agent=PHONE).pk}
    )

    assert answer.headers["Location"] == LOGIN
    assert phone.get("/admin/").status_code == 302
    assert laptop.get("/admin/").status_code == 200


@pytest.mark.parametrize("key", ["theirs", "0", "x", "", "9" * 30, "\x00", "-1"])
def test_sessions_of_others_go_on(two_sessions, account, key):
    other = Client()
    log_in(other, account("coordinator", "berta"))
    if key == "theirs":
        key = UserSession.objects.get(user__username="berta").pk
    answer = two_sessions[0].post("/accounts/sessions/", {"session": key})

    assert answer.status_code == 302
    assert other.get("/admin/").status_code == 200
    assert UserSession.objects.count() == 3


def test_sessions_are_for_whoever_is_logged_in(client):
    assert client.get("/accounts/sessions/").headers["Location"].startswith(LOGIN)
    assert client.post("/accounts/sessions/", {"others": "1"}).status_code == 302


def test_last_use_is_noted_now_and_then(client, account):
    log_in(client, account("coordinator"))
    client.get("/accounts/me/")
    before = UserSession.objects.get().last_seen_at
    client.get("/accounts/me/")
    assert UserSession.objects.get().last_seen_at == before
    session = client.session
    session[SEEN] = time.time() - EVERY - 1
    session.save()
    client.get("/accounts/me/")

    assert UserSession.objects.get().last_seen_at > before


def test_new_password_ends_all_other_sessions(two_sessions):
    phone, laptop = two_sessions
    answer = phone.post(
        "/accounts/password/change/",
        {"oldpassword": PASSWORD, "password1": "another long way", "password2": "another long way"},
    )

    assert answer.status_code == 302
    assert User.objects.get().check_password("another long way")
    assert phone.get("/admin/").status_code == 200
    assert laptop.get("/admin/").status_code == 302
    assert {row.ip for row in UserSession.objects.all()} == {"0.0.0.0"}
    assert [row["browser"] for row in phone.get("/accounts/sessions/").context["rows"]] == [
        "Firefox, Android"
    ]


def test_list_of_sessions_asks_as_often_for_many_as_for_one(two_sessions):
    phone, _laptop = two_sessions
    UserSession.objects.exclude(user_agent=PHONE).delete()
    phone.get("/accounts/sessions/")
    with CaptureQueriesContext(connection) as one:
        phone.get("/accounts/sessions/")
    for _number in range(10):
        client = Client(headers={"user-agent": LAPTOP})
        client.force_login(User.objects.get())
        client.get("/accounts/me/")
    with CaptureQueriesContext(connection) as many:
        page = phone.get("/accounts/sessions/")

    assert len(page.context["rows"]) == 11
    assert len(many) == len(one)


def test_password_is_changed_in_one_place(client, account):
    client.force_login(account("coordinator"))

    assert client.get("/admin/password_change/").headers["Location"] == (
        "/accounts/password/change/"
    )


# --- My account ------------------------------------------------------------------------------


@pytest.fixture
def anna(account, bulgaria):
    user = account("coordinator", "anna")
    user.coordinator.countries.add(bulgaria)
    return user


def test_coordinator_settles_language_mail_and_public_name_herself(client, anna):
    client.force_login(anna)
    answer = client.post(
        "/accounts/me/",
        {
            "public_name": "Marker of a name",
            "language": "bg",
            "wants_digest": "on",
            "is_lead": "on",
            "countries": ["RS"],
        },
    )
    row = Coordinator.objects.get()

    assert answer.headers["Location"] == "/accounts/me/"
    assert (row.public_name, row.language, row.wants_digest) == ("Marker of a name", "bg", True)
    assert (row.is_lead, [*row.countries.values_list("pk", flat=True)]) == (False, ["BG"])
    assert row.history.first().history_user == anna


@pytest.mark.parametrize(
    ("field", "value"),
    [("language", "not a language"), ("language", ""), ("public_name", "x" * 121)],
)
def test_own_account_says_what_is_wrong_and_keeps_what_was_typed(client, anna, field, value):
    client.force_login(anna)
    data = {"public_name": "Marker", "language": "en", field: value}
    page = client.post("/accounts/me/", data)

    assert list(page.context["form"].errors) == [field]
    assert page.context["form"][field].value() == value
    assert Coordinator.objects.get().public_name == ""


def test_own_account_names_the_leads_to_write_to(client, anna, account):
    account("lead")
    client.force_login(anna)
    page = main(client.get("/accounts/me/"))

    assert "Bulgaria" in page
    assert 'href="mailto:lead@example.org"' in page


def test_own_account_is_for_whoever_is_logged_in(client):
    assert client.get("/accounts/me/").headers["Location"].startswith(LOGIN)


def test_admin_leads_to_ones_own_account(client, anna):
    client.force_login(anna)

    assert 'href="/accounts/me/"' in client.get("/admin/").content.decode()


def test_every_page_of_an_account_is_ours_and_runs_no_inline_script(lead, bulgaria):
    without = Client()
    log_in(without, lead)
    pages = {address: without.get(address) for address in (
        SET_UP, "/accounts/me/", "/accounts/sessions/", "/accounts/2fa/",
        "/accounts/password/change/", "/accounts/logout/",
    )}  # fmt: skip
    with_step(lead)
    half = Client()
    log_in(half, lead)
    pages[CODE] = half.get(CODE)
    within = in_as(lead)
    for address in (
        "/accounts/2fa/", "/accounts/2fa/totp/deactivate/", "/accounts/2fa/recovery-codes/",
        "/accounts/2fa/recovery-codes/generate/", "/accounts/reauthenticate/",
        "/accounts/2fa/reauthenticate/", "/admin/auth/user/", "/admin/auth/user/countries/",
        "/admin/auth/user/invitations/", "/admin/auth/user/invitations/new/",
        "/admin/auth/user/countries/BG/hand-over/", "/admin/centers/country/BG/change/",
        f"/admin/auth/user/{lead.pk}/change/",
    ):  # fmt: skip
        pages[f"{address} within"] = within.get(address)
    texts = {address: answer.content.decode() for address, answer in pages.items()}

    assert {address: answer.status_code for address, answer in pages.items()} == dict.fromkeys(
        pages, 200
    )
    assert [address for address, text in texts.items() if INLINE.search(text)] == []
    assert [address for address, text in texts.items() if '<html lang="en' not in text] == []
    assert [address for address, text in texts.items() if "Menu:" in text] == []


# --- Forgotten passwords ---------------------------------------------------------------------

RESET = "/accounts/password/reset/"


def test_forgotten_password_is_set_anew_by_mail(client, lead, mail_server):
    with_step(lead)
    asked = client.post(RESET, {"email": "LEAD@example.org"}, headers={"host": "127.0.0.1"})
    [sent] = mail.outbox
    link = re.search(r"https://registry\.example\.org(/\S+)", sent.body)[1]
    form = client.get(link, follow=True)
    done = client.post(
        form.redirect_chain[-1][0],
        {"password1": "another long way", "password2": "another long way"},
    )

    assert asked.headers["Location"] == "/accounts/password/reset/done/"
    assert sent.to == ["lead@example.org"]
    assert sent.alternatives[0].mimetype == "text/html"
    assert done.headers["Location"] == "/accounts/password/reset/key/done/"
    assert User.objects.get().check_password("another long way")
    # The mail does not stand for the telephone.
    answer = client.post(LOGIN, {"login": "lead", "password": "another long way"})
    assert answer.headers["Location"] == CODE
    assert "This link does not work any more" in main(Client().get(link, follow=True))


def test_stranger_learns_from_no_answer_who_has_an_account(client, lead, mail_server):
    known = client.post(RESET, {"email": "lead@example.org"}, follow=True)
    unknown = client.post(RESET, {"email": "eve@example.org"}, follow=True)

    assert known.redirect_chain == unknown.redirect_chain
    assert main(known) == main(unknown)
    assert [sent.to for sent in mail.outbox] == [["lead@example.org"]]


def test_closed_account_gets_no_new_password(client, lead, mail_server):
    User.objects.update(is_active=False)
    client.post(RESET, {"email": "lead@example.org"})

    assert mail.outbox == []


def test_former_address_gets_no_new_password(client, lead, mail_server, account):
    client.post(RESET, {"email": "lead@example.org"})
    client.force_login(account("technical"))
    address = f"/admin/auth/user/{lead.pk}/change/"
    data = {
        "username": "lead",
        "email": "New@Example.org",
        "is_active": "on",
        "coordinator-TOTAL_FORMS": "0",
        "coordinator-INITIAL_FORMS": "0",
    }
    assert client.post(address, data).status_code == 302
    client.logout()
    client.post(RESET, {"email": "lead@example.org"})
    client.post(RESET, {"email": "new@example.org"})

    assert [sent.to for sent in mail.outbox] == [["lead@example.org"], ["new@example.org"]]


def test_without_a_mail_server_the_login_names_the_lead(client, lead):
    page = main(client.get(LOGIN))

    assert "Ask a lead coordinator for a new one." in page
    assert RESET not in page
    for address in (RESET, f"{RESET}done/", f"{RESET}key/done/", f"{RESET}key/1-abc/"):
        assert client.get(address).status_code == 404
        assert client.post(address, {"email": "lead@example.org"}).status_code == 404


def test_with_a_mail_server_the_login_leads_to_the_reset(client, mail_server):
    assert f'href="{RESET}"' in main(client.get(LOGIN))


def test_country_of_nobody_is_no_error_on_an_account_without_a_row(client, account):
    user = account("technical")
    client.force_login(user)
    assert Country.objects.count() == 0

    assert "everything (technical account)" in main(client.get("/accounts/me/"))
    assert client.post("/accounts/me/", {"language": "bg"}).status_code == 200
