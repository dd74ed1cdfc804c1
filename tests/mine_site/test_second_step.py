"""The second step at the login, the list of sessions, and the page of one's own account."""

import re
import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from allauth.usersessions.models import UserSession
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth import get_user_model
from django.core import mail
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from centers.models import Coordinator, Country
from mine_site.accounts.second_step import has_second_step, must_have_second_step
from mine_site.accounts.sessions import EVERY, SEEN, browser_words
from tests.mine_site.test_pages import INLINE

pytestmark = pytest.mark.django_db

User = get_user_model()
PASSWORD = "a long way home"
LOGIN, SET_UP, CODE = (
    "/accounts/login/",
    "/accounts/2fa/totp/activate/",
    "/accounts/2fa/authenticate/",
)
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


@pytest.fixture(autouse=True)
def second_step(settings):
    cache.clear()
    settings.SECOND_STEP_REQUIRED = True
    yield
    cache.clear()


@pytest.fixture
def mail_server(settings):
    settings.EMAIL_HOST = "mail.example.org"
    settings.SITE_URL = "https://registry.example.org"


@pytest.fixture
def staff(db):
    """`staff("lead")`, `staff("coordinator")` or `staff("technical")`: an account of the kind."""

    def staff(kind, name=None):
        name = name or kind
        if kind == "technical":
            return User.objects.create_superuser(name, password=PASSWORD)
        user = User.objects.create_user(name, f"{name}@example.org", PASSWORD, is_staff=True)
        Coordinator.objects.create(user=user, is_lead=kind == "lead")
        return user

    return staff


@pytest.fixture
def lead(staff):
    return staff("lead")


def code(secret=SECRET):
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30))


def with_step(user):
    """Give the user a second step, with codes on paper; returns these."""
    TOTP.activate(user, SECRET)
    return RecoveryCodes.activate(user).generate_codes()


def log_in(client, user, **more):
    return client.post(LOGIN, {"login": user.username, "password": PASSWORD, **more})


def main(answer):
    return " ".join(answer.content.decode().partition("<main")[2].split())


# --- Who must have it ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "https", "must"),
    [
        ("lead", False, True),
        ("lead", True, True),
        ("coordinator", True, False),
        ("technical", False, False),
        ("technical", True, True),
    ],
)
def test_second_step_is_for_whoever_can_change_everything(staff, settings, kind, https, must):
    settings.HTTPS = https

    assert must_have_second_step(staff(kind)) == must


def admin_addresses():
    yield from ["/admin/", "/admin/jsi18n/", "/admin/no-such-page/", "/admin/autocomplete/"]
    for model in admin.site._registry:
        for page in ("changelist", "add"):
            yield reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}")
    for page in ("invitations", "invite", "countries"):
        yield reverse(f"admin:auth_user_{page}")
    for page in ("hand_over", "second_step", "change", "password_change"):
        yield reverse(f"admin:auth_user_{page}", args=[1])


def test_lead_without_it_is_led_to_it_from_every_address_of_the_admin(client, lead):
    client.force_login(lead)
    for address in admin_addresses():
        for answer in (client.get(address), client.post(address, {"action": "x"})):
            assert (address, answer.status_code) == (address, 302)
            assert answer.headers["Location"].partition("?")[0] == SET_UP


def test_admin_opens_once_it_is_set_up(client, lead):
    log_in(client, lead)
    led = client.get("/admin/centers/center/?q=x")
    shown = client.get(led.headers["Location"])
    secret = shown.context["form"].secret
    wrong = client.post(SET_UP, {"code": "000000"})
    right = client.post(SET_UP, {"code": code(secret)})

    assert led.headers["Location"] == f"{SET_UP}?next=%2Fadmin%2Fcenters%2Fcenter%2F%3Fq%3Dx"
    assert secret in main(shown)
    assert "Your account can change everything, so it needs a second step." in main(shown)
    assert 'src="data:image/svg+xml;base64,' in main(shown)
    assert wrong.context["form"].errors == {"code": ["Incorrect code."]}
    assert right.headers["Location"] == "/accounts/2fa/recovery-codes/"
    assert client.get("/admin/centers/center/").status_code == 200
    assert len(client.get("/accounts/2fa/recovery-codes/").context["unused_codes"]) == 10


def test_lead_without_it_is_a_visitor_on_all_other_pages(client, lead):
    client.force_login(lead)
    page = client.get("/about/")

    assert page.status_code == 200
    assert not page.wsgi_request.user.is_authenticated


def test_lead_without_it_can_log_out_and_see_her_account(client, lead):
    client.force_login(lead)

    assert client.get("/accounts/me/").status_code == 200
    client.post("/admin/logout/")
    assert "_auth_user_id" not in client.session


def test_coordinator_works_without_it(client, staff):
    log_in(client, staff("coordinator"))

    assert client.get("/admin/").status_code == 200


def test_becoming_a_lead_asks_for_it_at_once(client, staff):
    user = staff("coordinator")
    client.force_login(user)
    assert client.get("/admin/").status_code == 200
    Coordinator.objects.update(is_lead=True)

    assert client.get("/admin/").headers["Location"].startswith(SET_UP)


def test_printed_login_opens_the_admin_in_one_step(client, staff):
    staff("technical", "coordinator")
    answer = client.post(f"{LOGIN}?next=/admin/", {"login": "coordinator", "password": PASSWORD})

    assert answer.headers["Location"] == "/admin/"
    assert client.get("/admin/").status_code == 200
    assert "This technical account opens with its password alone" in main(
        client.get("/accounts/me/")
    )


def test_public_pages_are_alike_for_all_visitors(client):
    assert "Cookie" not in client.get("/about/").headers.get("Vary", "")


def test_rights_are_read_once_a_request(client, staff):
    client.force_login(staff("coordinator"))
    client.get("/admin/")
    with CaptureQueriesContext(connection) as asked:
        client.get("/admin/")
    reads = [each for each in asked if each["sql"].startswith('SELECT "centers_coordinator"."id"')]

    assert len(reads) == 1


# --- Logging in with it ----------------------------------------------------------------------


def test_password_alone_does_not_get_in(client, lead):
    with_step(lead)
    answer = log_in(client, lead)

    assert answer.headers["Location"] == CODE
    assert client.get("/admin/").headers["Location"].startswith("/admin/login/")
    assert "type the six digits" in main(client.get(CODE))


def test_code_of_the_telephone_gets_in_once(client, lead):
    with_step(lead)
    log_in(client, lead, next="/admin/centers/center/")
    now = code()
    answer = client.post(CODE, {"code": now})
    other = Client()
    log_in(other, lead)
    again = other.post(CODE, {"code": now})

    assert answer.headers["Location"] == "/admin/centers/center/"
    assert client.get("/admin/").status_code == 200
    assert again.context["form"].errors == {"code": ["Incorrect code."]}


def test_code_on_paper_gets_in_once(client, lead):
    paper = with_step(lead)
    log_in(client, lead)
    answer = client.post(CODE, {"code": paper[0]})
    other = Client()
    log_in(other, lead)

    assert answer.headers["Location"] == "/admin/"
    assert other.post(CODE, {"code": paper[0]}).status_code == 200
    assert other.post(CODE, {"code": paper[1]}).status_code == 302


def test_codes_cannot_be_guessed_without_end(client, lead):
    with_step(lead)
    log_in(client, lead)
    for _number in range(5):
        client.post(CODE, {"code": "000000"})
    answer = client.post(CODE, {"code": code()})

    assert answer.context["form"].errors == {
        "code": ["Too many failed login attempts. Try again later."]
    }


def test_setting_it_up_ends_the_other_sessions(client, lead):
    other = Client()
    log_in(other, lead)
    log_in(client, lead)
    secret = client.get(SET_UP).context["form"].secret
    client.post(SET_UP, {"code": code(secret)})

    assert other.get("/admin/").headers["Location"].startswith("/admin/login/")
    assert client.get("/admin/").status_code == 200


def test_another_telephone_takes_the_first_one_away(client, lead):
    paper = with_step(lead)
    log_in(client, lead)
    client.post(CODE, {"code": paper[0]})
    client.post("/accounts/2fa/totp/deactivate/")

    assert not Authenticator.objects.exists()
    assert client.get("/admin/").headers["Location"].startswith(SET_UP)


def test_old_session_is_asked_who_it_is_before_a_change(client, lead, monkeypatch):
    paper = with_step(lead)
    log_in(client, lead)
    client.post(CODE, {"code": paper[0]})
    now = time.time()
    monkeypatch.setattr("mine_site.accounts.adapter.time.time", lambda: now + 301)

    for address in ("/accounts/2fa/recovery-codes/", "/accounts/2fa/totp/deactivate/"):
        assert client.get(address).headers["Location"].startswith("/accounts/reauthenticate/")
    client.post("/accounts/2fa/totp/deactivate/")
    assert has_second_step(lead)


# --- Losing it -------------------------------------------------------------------------------


@pytest.fixture
def berta(staff):
    user = staff("coordinator", "berta")
    with_step(user)
    return user


def in_as(user):
    """A client that has gone through the login, second step included."""
    client = Client()
    log_in(client, user)
    if has_second_step(user):
        client.post(CODE, {"code": RecoveryCodes.activate(user).get_unused_codes()[0]})
    return client


def reset_page(user):
    return reverse("admin:auth_user_second_step", args=[user.pk])


def test_lead_takes_the_second_step_of_a_coordinator_away(lead, berta, mail_server):
    with_step(lead)
    hers, client = in_as(berta), in_as(lead)
    shown = client.get(reset_page(berta))
    assert has_second_step(berta)
    answer = client.post(reset_page(berta))

    assert "Make sure that it is she who asks" in shown.content.decode()
    assert answer.headers["Location"] == f"/admin/auth/user/{berta.pk}/change/"
    assert not Authenticator.objects.filter(user=berta).exists()
    assert has_second_step(lead)
    assert hers.get("/admin/").headers["Location"].startswith("/admin/login/")
    line = LogEntry.objects.get(object_id=str(berta.pk))
    assert (line.user, line.change_message) == (
        lead,
        "Took the second step away and ended sessions.",
    )
    assert in_as(berta).get("/admin/").status_code == 200
    [sent] = mail.outbox
    assert sent.to == ["berta@example.org"]
    assert "lead has taken the second step of your login away" in sent.body


@pytest.mark.parametrize("kind", ["nobody", "coordinator"])
def test_nobody_else_takes_a_second_step_away(client, staff, berta, kind):
    if kind != "nobody":
        client.force_login(staff(kind, "other"))
    answers = [client.get(reset_page(berta)), client.post(reset_page(berta))]

    assert {answer.status_code for answer in answers} == {302 if kind == "nobody" else 403}
    assert has_second_step(berta)


def test_lead_leaves_technical_accounts_alone(lead, staff):
    with_step(lead)
    technical = staff("technical")
    TOTP.activate(technical, SECRET)

    assert in_as(lead).post(reset_page(technical)).status_code == 404
    assert has_second_step(technical)


def test_lead_does_not_take_her_own_away_without_a_code(lead):
    with_step(lead)
    answer = in_as(lead).post(reset_page(lead))

    assert answer.headers["Location"] == "/accounts/2fa/"
    assert has_second_step(lead)


def test_command_takes_it_away_when_no_lead_can(lead, capsys):
    with_step(lead)
    call_command("reset_second_step", "lead")

    assert not Authenticator.objects.exists()
    assert "lead logs in with the password alone" in capsys.readouterr().out
    with pytest.raises(CommandError, match="There is no account “eve”"):
        call_command("reset_second_step", "eve")


def test_secrets_are_no_pages_of_the_admin():
    assert not {Authenticator, UserSession} & {*admin.site._registry}


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
def two_sessions(staff):
    """(telephone, laptop): two clients of one coordinator."""
    user = staff("coordinator", "anna")
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
def test_sessions_of_others_go_on(two_sessions, staff, key):
    other = Client()
    log_in(other, staff("coordinator", "berta"))
    if key == "theirs":
        key = UserSession.objects.get(user__username="berta").pk
    answer = two_sessions[0].post("/accounts/sessions/", {"session": key})

    assert answer.status_code == 302
    assert other.get("/admin/").status_code == 200
    assert UserSession.objects.count() == 3


def test_sessions_are_for_whoever_is_logged_in(client):
    assert client.get("/accounts/sessions/").headers["Location"].startswith(LOGIN)
    assert client.post("/accounts/sessions/", {"others": "1"}).status_code == 302


def test_last_use_is_noted_now_and_then(client, staff):
    log_in(client, staff("coordinator"))
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


def test_password_is_changed_in_one_place(client, staff):
    client.force_login(staff("coordinator"))

    assert client.get("/admin/password_change/").headers["Location"] == (
        "/accounts/password/change/"
    )


# --- My account ------------------------------------------------------------------------------


@pytest.fixture
def anna(staff, bulgaria):
    user = staff("coordinator", "anna")
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


def test_own_account_names_the_leads_to_write_to(client, anna, staff):
    staff("lead")
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


def test_former_address_gets_no_new_password(client, lead, mail_server, staff):
    client.post(RESET, {"email": "lead@example.org"})
    client.force_login(staff("technical"))
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


def test_country_of_nobody_is_no_error_on_an_account_without_a_row(client, staff):
    user = staff("technical")
    client.force_login(user)
    assert Country.objects.count() == 0

    assert "everything (technical account)" in main(client.get("/accounts/me/"))
    assert client.post("/accounts/me/", {"language": "bg"}).status_code == 200
