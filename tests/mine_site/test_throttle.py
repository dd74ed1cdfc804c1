"""Guessing passwords is slow, and shuts nobody out but whoever guesses."""

import pytest
from django.contrib.auth import get_user_model
from django.core.cache import cache
from django.test import Client

from mine_site.accounts import throttle

pytestmark = pytest.mark.django_db

PASSWORD = "a long way home"
LOGIN = "/accounts/login/"
HERS, ATTACKERS = "192.0.2.1", "198.51.100.7"


@pytest.fixture(autouse=True)
def nobody_is_throttled():
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def anna(db):
    return get_user_model().objects.create_user(
        "anna", email="anna@example.org", password=PASSWORD, is_staff=True
    )


@pytest.fixture
def clock(monkeypatch):
    """A clock for the throttle that `clock.pass_(seconds)` moves on."""

    class Clock:
        now = 1_800_000_000.0

        def pass_(self, seconds):
            self.now += seconds

    clock = Clock()
    monkeypatch.setattr("allauth.core.internal.ratelimit.time.time", lambda: clock.now)
    return clock


def attempt(address, login="anna", password=PASSWORD, client=None):
    return (client or Client()).post(
        LOGIN, {"login": login, "password": password}, REMOTE_ADDR=address
    )


def many_guess():
    """From so many addresses that the bound for her name is reached."""
    for number in range(12):
        attempt(f"203.0.113.{number}", password=f"guess {number}")


def is_in(answer):
    return answer.status_code == 302 and answer.headers["Location"] == "/admin/"


def test_guessing_from_one_address_is_stopped_and_leaves_her_alone(anna, clock):
    answers = [attempt(ATTACKERS, password=f"guess {number}") for number in range(200)]
    hers = attempt(HERS)

    assert [answer.status_code for answer in answers] == [200] * 5 + [429] * 195
    assert "Please wait 5 minutes and try again." in answers[5].content.decode()
    assert answers[5].headers["Retry-After"] == "300"
    assert "That was too often" in answers[-1].content.decode()
    assert is_in(hers)


def test_right_password_does_not_help_whoever_has_guessed(anna, clock):
    for number in range(6):
        attempt(ATTACKERS, password=f"guess {number}")

    assert attempt(ATTACKERS).status_code == 429
    clock.pass_(301)
    assert is_in(attempt(ATTACKERS))


def test_guessing_from_many_addresses_is_bounded_and_ends_within_a_minute(anna, clock, monkeypatch):
    looked_at = []
    check = get_user_model().check_password
    monkeypatch.setattr(
        get_user_model(),
        "check_password",
        lambda user, password: looked_at.append(password) or check(user, password),
    )
    answers = [attempt(f"203.0.113.{number}", password=f"guess {number}") for number in range(200)]
    during = attempt(HERS)
    clock.pass_(61)
    after = attempt(HERS)

    assert [answer.status_code for answer in answers] == [200] * 10 + [429] * 190
    assert "Please wait a minute and try again." in during.content.decode()
    assert during.status_code == 429
    assert is_in(after)
    assert looked_at == [f"guess {number}" for number in range(10)] + [PASSWORD]


def test_device_that_has_logged_in_before_gets_in_while_others_guess(anna, clock):
    device = Client()
    attempt(HERS, client=device)
    device.post("/accounts/logout/")
    many_guess()
    from_new_device, from_her_device = attempt(HERS), attempt("192.0.2.99", client=device)

    assert from_new_device.status_code == 429
    assert is_in(from_her_device)


def test_device_counts_its_own_wrong_tries(anna, clock):
    device = Client()
    attempt(HERS, client=device)
    device.post("/accounts/logout/")
    answers = [attempt(HERS, password=f"guess {n}", client=device) for n in range(8)]

    assert [answer.status_code for answer in answers] == [200] * 5 + [429] * 3


@pytest.mark.parametrize("value", ["", "x", "a:b:c", "eyJpZCI6MX0:1abcde:forged"])
def test_device_cookie_that_is_forged_opens_nothing(anna, clock, value):
    many_guess()
    forger = Client()
    forger.cookies[throttle.DEVICE_COOKIE] = value

    assert attempt(HERS, client=forger).status_code == 429


def test_device_of_one_coordinator_is_no_device_of_another(anna, clock, django_user_model):
    django_user_model.objects.create_user("berta", password=PASSWORD, is_staff=True)
    device = Client()
    attempt(HERS, "berta", client=device)
    device.post("/accounts/logout/")
    many_guess()

    assert attempt(HERS, client=device).status_code == 429
    assert is_in(attempt(HERS, "berta", client=device))


def test_her_name_and_her_mail_are_counted_together(anna, clock):
    logins = ["anna", "ANNA", "anna@example.org", " Anna@Example.org ", "anna"]
    for login in logins:
        attempt(ATTACKERS, login, "guess")

    assert attempt(ATTACKERS, "anna@example.org").status_code == 429


def test_one_password_tried_on_many_names_is_stopped(anna, clock):
    answers = [attempt(ATTACKERS, f"name {number}", "guess") for number in range(30)]

    assert [answer.status_code for answer in answers] == [200] * 20 + [429] * 10


def test_name_that_is_nobodys_is_answered_as_hers(anna, clock):
    hers = [attempt(ATTACKERS, "anna", "guess") for _number in range(7)]
    nobodys = [attempt("198.51.100.8", "eve", "guess") for _number in range(7)]

    def told(answer):
        return answer.status_code, answer.content.decode().partition("<main")[2].replace(
            answer.wsgi_request.META.get("CSRF_COOKIE", ""), ""
        ).replace('value="eve"', "").replace('value="anna"', "").count("<p>")

    def errors(answer):
        return [*answer.context["form"].non_field_errors()] if answer.status_code == 200 else []

    assert [told(answer) for answer in hers] == [told(answer) for answer in nobodys]
    assert [errors(answer) for answer in hers] == [errors(answer) for answer in nobodys]


def test_refused_tries_do_not_prolong_the_wait(anna, clock):
    for _minute in range(4):
        for number in range(10):
            attempt(ATTACKERS, password=f"guess {number}")
        clock.pass_(75)
    clock.pass_(1)

    assert is_in(attempt(ATTACKERS))


def test_neighbours_in_a_network_of_the_sixth_version_are_one(anna, clock):
    answers = [
        attempt(f"2001:db8:0:1::{number:x}", password=f"guess {number}") for number in range(8)
    ]

    assert [answer.status_code for answer in answers] == [200] * 5 + [429] * 3
    assert is_in(attempt("2001:db8:0:2::1"))


@pytest.mark.parametrize("login", ["a\x00nna", "x" * 5000, "%", "ünïcödé"])
def test_odd_logins_are_answered_like_wrong_ones(anna, clock, login):
    assert attempt(HERS, login, "guess").status_code == 200


def test_no_address_is_kept(anna, clock, monkeypatch):
    keys = []
    keep = cache.set
    monkeypatch.setattr(cache, "set", lambda key, *args: keys.append(key) or keep(key, *args))
    attempt(ATTACKERS, password="guess")
    client = Client()
    attempt(HERS, client=client)
    client.get("/admin/")
    sessions = client.get("/accounts/sessions/").context["rows"]

    assert len(keys) > 4
    assert [key for key in keys if ATTACKERS in key or HERS in key] == []
    assert [row["session"].ip for row in sessions] == ["0.0.0.0"]
