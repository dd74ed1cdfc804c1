"""Every address of the admin with every kind of user: nothing is left to chance.

The addresses are read from the admin itself, so that a page that somebody adds is walked as well.
"""

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.admin.utils import quote
from django.urls import NoReverseMatch, reverse

from centers.models import Center, StatusEntry
from centers.rights import APPS, is_coordinated

pytestmark = pytest.mark.django_db

# Sessions, and what the admin notes of its own doings.
BESIDE = {"sessions", "admin", "account", "usersessions", "mfa"}


def own_pages(model):
    """[(name, number of arguments)] of the addresses of the model's admin that lead to a row."""
    found = []
    for pattern in admin.site._registry[model].get_urls():
        if pattern.name:
            regex = pattern.pattern.regex
            found.append((pattern.name, regex.groups))
    return found


def arguments(row, name, number):
    """What to put into the address of one row; None where the test has nothing to put there."""
    if number == 0:
        return []
    if number == 1:
        return [row.pk]
    if name.endswith("simple_history"):
        return [row.pk, row.history.first().pk]
    return [row.pk] * number


def addresses(row):
    """{name: address} of every page of the admin on the row, and on its kind."""
    found = {}
    for name, number in own_pages(type(row)):
        given = arguments(row, name, number)
        try:
            found[name] = reverse(f"admin:{name}", args=[quote(each) for each in given])
        except NoReverseMatch:
            continue
    return found


def rows_of_the_database():
    """Every row of every table, to see whether anything changed."""
    held = {}
    for model in apps.get_models(include_auto_created=True):
        if model._meta.app_label not in BESIDE and model._meta.managed:
            fields = [field.attname for field in model._meta.concrete_fields]
            if model._meta.label_lower == "auth.user":
                fields.remove("last_login")
            held[model] = sorted(map(repr, model._base_manager.values_list(*fields)))
    return held


REGISTERED = list(admin.site._registry)
OF_THE_REGISTER = [model for model in REGISTERED if model._meta.app_label in APPS]


def test_walk_knows_the_pages_of_a_center(record):
    names = set(addresses(record(Center)))

    assert {
        "centers_center_changelist",
        "centers_center_change",
        "centers_center_history",
        "centers_center_record_status",
        "centers_center_confirm",
        "centers_center_no_answer",
        "centers_center_simple_history",
    } <= names


@pytest.mark.parametrize("model", OF_THE_REGISTER, ids=lambda model: model.__name__)
def test_strangers_are_asked_to_log_in_everywhere(client, record, model):
    for name, address in addresses(record(model)).items():
        for method in (client.get, client.post):
            answer = method(address)
            assert (name, answer.status_code) == (name, 302)
            assert answer.url.startswith("/admin/login/")


@pytest.fixture
def everything(record):
    """{name: address} of every page on a row of every model, all of them in Bulgaria."""
    return {
        name: address
        for model in OF_THE_REGISTER
        for name, address in addresses(record(model)).items()
    }


@pytest.mark.alike
@pytest.mark.parametrize("kind", ["new", "other"])
def test_nothing_is_changed_by_whoever_may_not(client, staff, everything, kind):
    """Staff without responsibility, and a coordinator of another country, change no row."""
    client.force_login(staff(kind))
    before = rows_of_the_database()
    for name, address in everything.items():
        for data in ({}, {"post": "yes", "_save": "1", "confirm": "1", "reason": "mine"}):
            answer = client.post(address, data)
            assert (name, answer.status_code < 500) == (name, True)

    assert rows_of_the_database() == before


@pytest.mark.long
@pytest.mark.parametrize("kind", ["hers", "lead"])
def test_looking_changes_nothing(client, staff, everything, kind):
    client.force_login(staff(kind))
    before = rows_of_the_database()
    for name, address in everything.items():
        answer = client.get(address)
        assert (name, answer.status_code < 500) == (name, True)

    assert rows_of_the_database() == before


@pytest.mark.alike
@pytest.mark.parametrize("model", OF_THE_REGISTER, ids=lambda model: model.__name__)
def test_nonsense_is_answered_in_plain_words(client, staff, record, model):
    """A row that is not there, a form that is empty: an answer, and never an error."""
    record(model)
    client.force_login(staff("lead"))
    for name, number in own_pages(model):
        for nonsense in (["999999"], ["0"]) if number else ([],):
            try:
                address = reverse(f"admin:{name}", args=nonsense * number)
            except NoReverseMatch:
                continue
            for method in (client.get, client.post):
                assert (name, method(address).status_code < 500) == (name, True)


def test_every_kind_of_record_belongs_to_somebody():
    """Whoever adds a model says whose it is, or leaves it to the leads."""
    hers = {model.__name__ for model in REGISTERED if is_coordinated(model)}

    assert {"Center", "StatusEntry", "Contact", "Photo", "Participation", "Story"} <= hers | {
        "Photo"
    }
    assert not hers & {"Organisation", "Country", "Source", "Cause", "Offer", "Claim", "User"}
    assert is_coordinated(StatusEntry)
