"""Slows the guessing of passwords down, without a way for outsiders to lock a coordinator out.

Three bounds on wrong passwords (`ACCOUNT_RATE_LIMITS`): from one address for one name, from one
address for all names, and from all addresses for one name. The last one is short, so that she gets
in within a minute after whoever guesses has stopped; and a device on which she has logged in
before is counted for itself, so that she gets in at once while it goes on. A try that is refused
is not evaluated and not counted.

No address is kept: a keyed mark stands for it, for as long as the bound lasts.
"""

import secrets

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.core.internal import ratelimit
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core import signing
from django.db.models import Q
from django.shortcuts import render
from django.utils.crypto import salted_hmac

DEVICE_COOKIE = "__Host-device" if settings.HTTPS else "device"
DEVICE_AGE = 180 * 24 * 60 * 60  # seconds
ACCOUNTS_A_DEVICE = 5
SALT = "mine_site.accounts.throttle"
NAME_LENGTH = 254  # of a mail address; longer logins are nobody's


def mark_of(address):
    """What stands for an address in the cache; IPv6 addresses of one network are alike."""
    return "address-" + salted_hmac(SALT, ratelimit.truncate_ip(address)).hexdigest()[:24]


def account_of(login):
    """What is counted together: an account by its name and by its mail, else the login itself."""
    login = login.strip().lower()[:NAME_LENGTH].replace("\x00", "")
    user = (
        get_user_model()
        .objects.filter(Q(username__iexact=login) | Q(email__iexact=login))
        .order_by("pk")
        .first()
    )
    return f"account-{user.pk}" if user else f"login-{login}"


def begin_try(request, *, login, address):
    """Count a try to log in before the password is looked at; returns what takes it back.

    Raises `ImmediateHttpResponse` with a page of status 429 if there were too many.
    """
    account = account_of(login)
    device = device_of(request)
    if account in device["accounts"]:
        bounds = [("wrong_from_device", f"{device['id']} {account}", 5)]
    else:
        mark = mark_of(address)
        bounds = [
            ("wrong_from_address_for_name", f"{mark} {account}", 5),
            ("wrong_from_address", mark, 1),
            ("wrong_for_name", account, 1),
        ]
    counted = ratelimit.RateLimitUsage(usage=[])
    for action, key, minutes in bounds:
        usage = ratelimit.consume(request, app="allauth.account", action=action, key=key)
        if usage is None:
            counted.rollback()
            page = render(request, "429.html", {"minutes": minutes}, status=429)
            page.headers["Retry-After"] = str(minutes * 60)
            raise ImmediateHttpResponse(page)
        counted.usage += usage.usage
    return counted


def device_of(request):
    """{"id", "accounts"} of the browser: the accounts that have logged in with it before."""
    try:
        value = signing.loads(request.COOKIES.get(DEVICE_COOKIE, ""), salt=SALT, max_age=DEVICE_AGE)
        return {"id": str(value["id"]), "accounts": list(value["accounts"])}
    except (signing.BadSignature, TypeError, KeyError):
        return {"id": secrets.token_urlsafe(12), "accounts": []}


def remember_device(request, response, user):
    """Let the browser be known as one on which the user has logged in; it opens nothing."""
    device = device_of(request)
    account = f"account-{user.pk}"
    others = [each for each in device["accounts"] if each != account]
    device["accounts"] = [account, *others][:ACCOUNTS_A_DEVICE]
    response.set_cookie(
        DEVICE_COOKIE,
        signing.dumps(device, salt=SALT),
        max_age=DEVICE_AGE,
        secure=settings.HTTPS,
        httponly=True,
        samesite="Lax",
    )
