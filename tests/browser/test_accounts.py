"""Pages on accounts in a browser: sound, and no wider than a telephone."""

import re
import time

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.contrib.auth import get_user_model

from centers.models import Coordinator
from mine_site.accounts import invitations
from tests.browser.conftest import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.alike, pytest.mark.django_db]

ACCOUNT = [
    "/accounts/me/",
    "/accounts/sessions/",
    "/accounts/2fa/",
    "/accounts/password/change/",
    "/accounts/logout/",
]
DESK = [
    "/admin/auth/user/",
    "/admin/auth/user/countries/",
    "/admin/auth/user/countries/BG/hand-over/",
    "/admin/auth/user/invitations/",
    "/admin/auth/user/invitations/new/",
    "/admin/auth/user/invitations/{invitation}/",
    "/admin/auth/user/{anna}/hand-over/",
    "/admin/auth/user/{anna}/second-step/",
]
SCROLLS = {"/admin/auth/user/"}  # the stock admin's wide table


@pytest.fixture
def lead(register):
    user = get_user_model().objects.create_user("lead", "lead@example.org", PASSWORD, is_staff=True)
    Coordinator.objects.create(user=user, is_lead=True)
    return user


def test_pages_on_accounts_are_sound_and_fit_a_telephone(visit, lead, anna):
    invitation = invitations.invite(
        by=lead,
        name="Marker of a person with a long name",
        email="a-long-address-without-any-break@example.org",
        countries=anna.coordinator.countries.all(),
    )
    keys = {"invitation": invitation.pk, "anna": anna.pk}
    link = re.sub(r"^https?://[^/]+", "", invitations.link_to(invitation))
    page = visit(width=360, as_user=lead)
    problems, wider = {}, {}
    for address in [*ACCOUNT, *(each.format(**keys) for each in DESK), link]:
        if seen := page.watch.problems(address):
            problems[address] = seen
        if (pixels := page.watch.overflow()) and address not in SCROLLS:
            wider[address] = pixels

    assert problems == {}
    assert wider == {}


def test_lead_sets_her_second_step_up_and_logs_in_with_it(visit, lead, settings):
    settings.SECOND_STEP_REQUIRED = True
    page = visit(width=360)
    page.goto("/admin/auth/user/countries/")
    log_in(page)
    page.wait_for_url("**/accounts/2fa/totp/activate/**")
    secret = page.locator(".secret").inner_text()
    assert page.locator(".qr").evaluate("image => image.naturalWidth") > 100
    assert page.watch.overflow() == 0
    page.get_by_label("The six digits that the app shows").fill(code_of(secret))
    page.get_by_role("button", name="Set it up").click()
    paper = page.locator(".codes code").all_inner_texts()
    page.get_by_role("link", name="I have kept them: to the desk").click()
    page.wait_for_url("**/admin/")
    page.get_by_role("button", name="Log out").click()

    page.goto("/admin/")
    log_in(page)
    page.get_by_label("Code").fill(paper[0])
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url("**/admin/")
    assert len(paper) == 10
    assert page.locator("#user-tools").count() == 1


def log_in(page):
    page.get_by_label("Login").fill("lead")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()


def code_of(secret):
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30))
