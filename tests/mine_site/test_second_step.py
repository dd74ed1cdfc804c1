"""The second step at the login: who must have it, logging in with it, losing it."""

import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
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

from centers.models import Coordinator
from mine_site.accounts.second_step import has_second_step, must_have_second_step
from tests.mine_site.logins import (
    CODE,
    LOGIN,
    PASSWORD,
    SECRET,
    code,
    in_as,
    log_in,
    main,
    with_step,
)

pytestmark = pytest.mark.django_db

User = get_user_model()

SET_UP = "/accounts/2fa/totp/activate/"


@pytest.fixture(autouse=True)
def second_step(settings):
    cache.clear()
    settings.SECOND_STEP_REQUIRED = True
    yield
    cache.clear()


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
def test_second_step_is_for_whoever_can_change_everything(account, settings, kind, https, must):
    settings.HTTPS = https

    assert must_have_second_step(account(kind)) == must


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


def test_coordinator_works_without_it(client, account):
    log_in(client, account("coordinator"))

    assert client.get("/admin/").status_code == 200


def test_becoming_a_lead_asks_for_it_at_once(client, account):
    user = account("coordinator")
    client.force_login(user)
    assert client.get("/admin/").status_code == 200
    Coordinator.objects.update(is_lead=True)

    assert client.get("/admin/").headers["Location"].startswith(SET_UP)


def test_printed_login_opens_the_admin_in_one_step(client, account):
    account("technical", "coordinator")
    answer = client.post(f"{LOGIN}?next=/admin/", {"login": "coordinator", "password": PASSWORD})

    assert answer.headers["Location"] == "/admin/"
    assert client.get("/admin/").status_code == 200
    assert "This technical account opens with its password alone" in main(
        client.get("/accounts/me/")
    )


def test_public_pages_are_alike_for_all_visitors(client):
    assert "Cookie" not in client.get("/about/").headers.get("Vary", "")


def test_rights_are_read_once_a_request(client, account):
    client.force_login(account("coordinator"))
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
def berta(account):
    user = account("coordinator", "berta")
    with_step(user)
    return user


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
def test_nobody_else_takes_a_second_step_away(client, account, berta, kind):
    if kind != "nobody":
        client.force_login(account(kind, "other"))
    answers = [client.get(reset_page(berta)), client.post(reset_page(berta))]

    assert {answer.status_code for answer in answers} == {302 if kind == "nobody" else 403}
    assert has_second_step(berta)


def test_lead_leaves_technical_accounts_alone(lead, account):
    with_step(lead)
    technical = account("technical")
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
