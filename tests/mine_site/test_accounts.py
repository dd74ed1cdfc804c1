"""Who may log in, and what a coordinator may do once she has."""

import contextlib
import re

import pytest
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.core import mail
from django.core.cache import cache
from django.urls import NoReverseMatch, reverse
from django.utils.html import escape
from django.utils.text import capfirst

from centers.models import (
    Center,
    CenterMerge,
    Coordinator,
    Country,
    Erasure,
    Report,
    SpreadsheetImport,
    StatusEntry,
    YearlyQuestion,
)
from centers.resources import key_field
from tests.mine_site.test_pages import INLINE

pytestmark = pytest.mark.django_db

PASSWORD = "a long way home"
LOGIN = "/accounts/login/"


@pytest.fixture(autouse=True)
def nobody_is_throttled():
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def anna(db):
    """A coordinator with a password, who may do nothing yet."""
    return get_user_model().objects.create_user(
        "anna", email="anna@example.org", password=PASSWORD, is_staff=True
    )


def allow(user, *names):
    """Give the user permissions, such as `change_center`."""
    user.user_permissions.set(Permission.objects.filter(codename__in=names))
    assert user.user_permissions.count() == len(names)


def log_in(client, login="anna", password=PASSWORD, **more):
    return client.post(LOGIN, {"login": login, "password": password, **more})


def errors_of(page):
    return page.context["form"].non_field_errors()


# --- Signing up ------------------------------------------------------------------------------


def test_nobody_signs_herself_up(client):
    page = client.get("/accounts/signup/")
    answer = client.post(
        "/accounts/signup/",
        {
            "username": "eve",
            "email": "eve@example.org",
            "password1": PASSWORD,
            "password2": PASSWORD,
        },
    )

    assert "Sign Up Closed" in page.content.decode()
    assert "<form" not in page.content.decode().split("<main")[1]
    assert "Sign Up Closed" in answer.content.decode()
    assert not get_user_model().objects.exists()


def test_login_page_offers_no_sign_up(client):
    page = client.get(LOGIN).content.decode()

    assert "/accounts/signup/" not in page
    assert "Accounts are made by a lead coordinator; there is no sign-up." in page
    assert "aria-describedby" not in page
    assert '<html lang="en">' in page


# --- Logging in ------------------------------------------------------------------------------


@pytest.mark.parametrize("address", ["/admin/", "/admin/centers/center/?status=closed"])
def test_admin_sends_to_the_one_login_and_back(client, anna, address):
    allow(anna, "view_center")
    sent = client.get(address, follow=True)
    [(login, status)] = sent.redirect_chain[-1:]
    back = client.post(login, {"login": "anna", "password": PASSWORD})

    assert (login.partition("?")[0], status) == (LOGIN, 302)
    assert back.headers["Location"] == address


def test_admin_has_no_login_of_its_own(client, anna):
    answer = client.post("/admin/login/", {"username": "anna", "password": PASSWORD})

    assert (answer.status_code, answer.headers["Location"].partition("?")[0]) == (302, LOGIN)
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize("login", ["anna", "anna@example.org"])
def test_coordinator_logs_in_by_name_or_mail(client, anna, login):
    answer = log_in(client, login)

    assert answer.headers["Location"] == "/admin/"
    assert client.get("/admin/").context["user"] == anna


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example/", "/\\evil.example"])
def test_login_leads_to_no_other_site(client, anna, target):
    assert log_in(client, next=target).headers["Location"] == "/admin/"


def test_wrong_password_says_no_more_than_a_wrong_name(client, anna):
    wrong, unknown = log_in(client, password="wrong"), log_in(client, login="eve")

    assert errors_of(wrong) == errors_of(unknown)
    assert str(errors_of(wrong)[0]) == "The username and/or password you specified are not correct."


def test_account_that_was_closed_does_not_get_in(client, anna):
    get_user_model().objects.update(is_active=False)
    log_in(client)

    assert client.get("/admin/", follow=True).redirect_chain[-1][0].startswith(LOGIN)


def test_account_that_is_not_staff_does_not_get_in(client, anna):
    get_user_model().objects.update(is_staff=False)
    log_in(client)

    for address in ("/admin/", "/admin/centers/center/", "/admin/centers/center/import/"):
        assert client.get(address, follow=True).status_code == 403


def test_logging_out_takes_a_post(client, anna):
    log_in(client)
    asked = client.get("/accounts/logout/")
    assert client.get("/admin/").status_code == 200
    client.post("/accounts/logout/")

    assert "<form" in asked.content.decode()
    assert client.get("/admin/").status_code == 302


# --- The throttle ----------------------------------------------------------------------------


def test_guessing_is_stopped_with_a_sentence(client, anna):
    pages = [log_in(client, password=f"guess {number}") for number in range(5)]
    stopped = log_in(client)

    assert {str(errors_of(page)[0]) for page in pages} == {
        "The username and/or password you specified are not correct."
    }
    assert stopped.status_code == 429
    assert "Please wait 5 minutes and try again." in stopped.content.decode()
    assert "_auth_user_id" not in client.session


def test_guessing_at_one_account_leaves_the_others_alone(client, anna, django_user_model):
    django_user_model.objects.create_user("berta", password=PASSWORD, is_staff=True)
    for number in range(5):
        log_in(client, password=f"guess {number}")

    assert log_in(client, "berta").headers["Location"] == "/admin/"


def test_trying_without_end_is_told_to_wait(client, anna):
    pages = [log_in(client, f"name {number}", "guess") for number in range(40)]

    assert {page.status_code for page in pages} == {200, 429}
    assert pages[-1].status_code == 429
    assert "That was too often" in pages[-1].content.decode()
    assert '<html lang="en">' in pages[-1].content.decode()


# --- What a coordinator may do ---------------------------------------------------------------


@pytest.mark.parametrize(
    "path", ["password/reset/", "password/set/", "email/", "confirm-email/", "login/code/confirm/"]
)
def test_nothing_of_an_account_is_done_by_mail(client, anna, path):
    """Lead coordinators set passwords anew; a stranger gets no mail sent from here."""
    for _who in ("stranger", "herself"):
        answer = client.post(f"/accounts/{path}", {"email": "anna@example.org"})
        assert answer.status_code == 404
        assert client.get(f"/accounts/{path}").status_code == 404
        client.force_login(anna)

    assert mail.outbox == []


def desks():
    """The names of the admin's pages that import or export, as (page, model)."""
    for model in admin.site._registry:
        for action in ("import", "export"):
            name = f"admin:{model._meta.app_label}_{model._meta.model_name}_{action}"
            try:
                yield pytest.param(reverse(name), id=name)
            except NoReverseMatch:
                continue


def test_coordinator_without_permissions_sees_nothing(client, anna):
    client.force_login(anna)
    assert "You don’t have permission to view or edit anything." in (
        client.get("/admin/").content.decode()
    )
    for model in admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"
        assert client.get(reverse(name)).status_code == 403


@pytest.mark.parametrize("address", list(desks()))
def test_coordinator_without_permissions_imports_and_exports_nothing(client, anna, address):
    client.force_login(anna)

    assert client.get(address).status_code == 403


@pytest.mark.parametrize("names", [[], ["view_center"], ["add_center"], ["change_center"]])
def test_import_takes_the_permissions_to_add_and_to_change(client, anna, names):
    allow(anna, *names)
    client.force_login(anna)

    assert client.get("/admin/centers/center/import/").status_code == 403
    assert client.post("/admin/centers/center/process_import/").status_code == 403


def test_viewer_changes_nothing_through_an_old_version(client, anna, center):
    center.name = "Renamed"
    center.save()
    old = center.history.earliest()
    allow(anna, "view_center")
    client.force_login(anna)

    answer = client.post(
        f"/admin/centers/center/{center.pk}/history/{old.pk}/",
        {"name": old.name, "slug": old.slug, "country": old.country_id, "precision": "town"},
    )

    center.refresh_from_db()
    assert (answer.status_code, center.name) == (403, "Renamed")


def test_viewer_records_and_withdraws_nothing(client, anna, center, coordinator):
    entry = center.record_status("active", observed="2015", by=coordinator)
    allow(anna, "view_center", "view_statusentry")
    client.force_login(anna)
    record = reverse("admin:centers_center_record_status", args=[center.pk])
    withdraw = reverse("admin:centers_statusentry_withdraw", args=[entry.pk])

    for address in (record, withdraw):
        assert client.get(address).status_code == 403
        data = {"status": "closed", "observed": "2016", "reason": "No"}
        assert client.post(address, data).status_code == 403
    page = client.get(f"/admin/centers/center/{center.pk}/change/").content.decode()
    assert center.status_entries.standing().count() == 1
    assert f'href="{record}"' not in page


def test_coordinator_of_centers_does_what_she_is_there_for(client, anna, center, bulgaria):
    Coordinator.objects.create(user=anna).countries.add(bulgaria)
    client.force_login(anna)
    answer = client.post(
        reverse("admin:centers_center_record_status", args=[center.pk]),
        {"status": "active", "observed": "2015"},
    )

    assert answer.headers["Location"] == f"/admin/centers/center/{center.pk}/change/"
    assert Center.objects.get().status == "active"
    assert center.status_entries.get().recorded_by == anna
    country = f"/admin/centers/country/{bulgaria.pk}/change/"
    assert 'name="_save"' not in client.get(country).content.decode()
    assert client.post(country, {"region": "asia"}).status_code == 403
    assert Country.objects.count() == 1


# --- The pages of the admin ------------------------------------------------------------------


def pages_of(model):
    """{page: address} of the pages that the admin has for the model, and for its first row."""
    row = model._base_manager.order_by("pk").first()
    pages = {}
    for page in ("changelist", "add", "change", "delete", "history", "import", "export"):
        with contextlib.suppress(NoReverseMatch):
            pages[page] = reverse(
                f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}",
                args=[row.pk] if page in ("change", "delete", "history") else [],
            )
    return pages


# These have pages of their own: tests/centers/test_imports.py and test_merging_pages.py.
MODELS = [
    pytest.param(model, id=model._meta.label)
    for model in admin.site._registry
    if model not in (SpreadsheetImport, CenterMerge)
]
PRIVATE = ("centers.Contact", "centers.ContactAttempt", "centers.Report")
KEPT = [
    each
    for each in MODELS
    if each.id.startswith(("centers.", "projects.", "stories.")) and each.id not in PRIVATE
]


@pytest.fixture
def filled(register, make):
    """`filled(Model)`: there is a row of it, if not in the real register then a made one."""
    values = {
        "Offer": {"slug": "stove"},
        "Contact": {"phone": "1"},
        "Report": {"state": Report.State.WAITING},
    }

    def filled(model):
        if not model._base_manager.exists():
            make(model, **values.get(model.__name__, {}))

    return filled


LOGS = (StatusEntry, Erasure, Report, YearlyQuestion)


@pytest.mark.parametrize("model", MODELS)
def test_admin_has_a_page_for_everything(admin_client, filled, model):
    filled(model)
    pages = pages_of(model)
    pages.pop("delete", None)
    answers = {page: admin_client.get(address) for page, address in pages.items()}
    told = {page: " ".join(answer.content.decode().split()) for page, answer in answers.items()}
    name, is_log = model._meta.verbose_name, model in LOGS
    heading = f"{'View' if is_log else 'Change'} {name}"
    if model is Report:  # it is decided on a page of its own
        heading = capfirst(escape(Report.objects.earliest("pk")))

    assert f'href="{pages["change"]}' in told["changelist"]
    assert (answers["add"].status_code == 403) == is_log
    assert (f"<h1>Add {name}</h1>" in told["add"]) != is_log
    assert f"<h1>{heading}</h1>" in told["change"]
    history = "Who changed what: " if hasattr(model, "history") else "Change history: "
    assert history in told["history"]
    if "import" in pages:
        assert 'type="file"' in told["import"]
        assert f"<code>{key_field(model)}" in told["import"]
        assert re.search(rf'name="[a-z]+_{key_field(model)}"', told["export"])
    assert [page for page, text in told.items() if INLINE.search(text)] == []


@pytest.mark.parametrize("model", KEPT)
def test_admin_deletes_nothing_that_belongs_to_the_register(admin_client, filled, model):
    filled(model)
    pages, rows = pages_of(model), set(model._base_manager.values_list("pk", flat=True))
    listed = admin_client.get(pages["changelist"]).content.decode()
    answers = [
        admin_client.get(pages["delete"]),
        admin_client.post(pages["delete"], {"post": "yes"}),
    ]
    chosen = {"action": "delete_selected", "_selected_action": list(rows), "post": "yes"}
    admin_client.post(pages["changelist"], chosen)

    assert [answer.status_code for answer in answers] == [403, 403]
    assert "delete_selected" not in listed
    assert set(model._base_manager.values_list("pk", flat=True)) == rows != set()


def test_admin_begins_with_what_coordinators_look_for(admin_client, register):
    page = admin_client.get("/admin/").content.decode()
    listed = set(re.findall(r'href="/admin/(?:centers|projects|stories)/([a-z]+)/"', page))

    assert listed >= {"center", "statusentry", "organisation", "project", "story"}
    # Parts are reached from what they belong to; of persons everybody sees her own alone.
    assert not listed & {"centername", "snapshot", "participation"}
