"""The door of public forms: people pass, programs do not, and nobody's address is kept."""

import datetime

import pytest
from django import forms
from django.contrib.auth.models import AnonymousUser
from django.core.cache import cache
from django.utils import timezone

from centers import guard
from tests.forms import as_a_person


class Note(guard.GuardedForm):
    text = forms.CharField()


def codes(**values):
    form = Note({"text": "Hello", **values})
    return [error.code for error in form.errors.as_data().get("__all__", [])]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (as_a_person(), []),
        (as_a_person(after=3), []),
        (as_a_person(after=23 * 3600), []),
        (as_a_person(after=25 * 3600), ["old"]),
        (as_a_person(after=-9999), ["quick"]),
        ({**as_a_person(), "nickname": "x"}, ["trap"]),
        ({}, ["old"]),
        ({"opened": "\x00"}, ["old"]),
        ({"opened": as_a_person()["opened"][:-1]}, ["old"]),
        ({"opened": ":1:2:3:4"}, ["old"]),
    ],
)
def test_form_lets_people_through(values, expected):
    assert codes(**values) == expected


def test_page_shown_again_keeps_its_moment_and_renews_an_old_one():
    fresh, old = as_a_person(), as_a_person(after=25 * 3600)

    assert Note({"text": "", **fresh}).opened == fresh["opened"]
    renewed = Note({"text": "", **old}).opened
    assert renewed != old["opened"]
    assert guard.age_of(renewed) < 60


@pytest.fixture
def visit(rf):
    def visit(address):
        request = rf.post("/", REMOTE_ADDR=address)
        request.user = AnonymousUser()
        return request

    return visit


def test_mark_of_a_connection_differs_from_day_to_day(visit, monkeypatch):
    here, there = visit("192.0.2.1"), visit("192.0.2.2")
    today = guard.sender_mark(here)
    assert guard.sender_mark(here) == today
    assert guard.sender_mark(there) != today
    assert "192" not in today[:3]
    assert len(today) == 16

    tomorrow = timezone.localdate() + datetime.timedelta(1)
    monkeypatch.setattr(guard.timezone, "localdate", lambda: tomorrow)

    assert guard.sender_mark(here) != today


@pytest.mark.django_db
def test_attempts_are_counted_up_to_their_bound_and_taken_back(visit):
    cache.clear()
    bounds = {"from_address": "2/h/key"}

    def attempt():
        return guard.count(visit("192.0.2.1"), bounds, {"from_address": "192.0.2.1"})

    first, second = attempt(), attempt()
    second.rollback()

    assert first is not None
    assert attempt() is not None
    assert attempt() is None
    cache.clear()


def test_one_connection_has_one_mark_whichever_of_its_addresses_it_takes(visit):
    one, other = visit("2001:db8:0:1::1"), visit("2001:db8:0:1:ffff::2")
    neighbour = visit("2001:db8:0:2::1")

    assert guard.sender_mark(one) == guard.sender_mark(other)
    assert guard.sender_mark(one) != guard.sender_mark(neighbour)


@pytest.mark.django_db
def test_looking_counts_nothing(visit):
    cache.clear()
    here, bounds = visit("192.0.2.1"), {"look": "1/h/key"}

    looked = [guard.count(here, bounds, {"look": "x"}, only_look=True) for _time in range(3)]
    counted = guard.count(here, bounds, {"look": "x"})

    assert None not in [*looked, counted]
    assert guard.count(here, bounds, {"look": "x"}, only_look=True) is None
    cache.clear()
