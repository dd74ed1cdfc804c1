"""Accounts that log in, for the tests of the second step and of one's own account."""

import time

from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from django.test import Client

from mine_site.accounts.second_step import has_second_step

PASSWORD = "a long way home"
LOGIN, CODE = "/accounts/login/", "/accounts/2fa/authenticate/"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def code(secret=SECRET):
    """What the app shows now."""
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30))


def with_step(user):
    """Give the user a second step, with codes on paper; returns these."""
    TOTP.activate(user, SECRET)
    return RecoveryCodes.activate(user).generate_codes()


def log_in(client, user, **more):
    """The first step: name and password."""
    return client.post(LOGIN, {"login": user.username, "password": PASSWORD, **more})


def in_as(user):
    """A client that has gone through the login, second step included."""
    client = Client()
    log_in(client, user)
    if has_second_step(user):
        client.post(CODE, {"code": RecoveryCodes.activate(user).get_unused_codes()[0]})
    return client


def main(answer):
    """What the page says, without what is around it."""
    return " ".join(answer.content.decode().partition("<main")[2].split())
