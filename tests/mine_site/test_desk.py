"""The desk: what needs her today, and only her."""

import datetime

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from centers import search
from centers.models import BY_IMPORT, Center, Coordinator, Country, Report
from mine_site.desk import tasks_for
from stories.models import Story

pytestmark = pytest.mark.django_db

TODAY = datetime.date(2026, 6, 1)


@pytest.fixture
def anna(bulgaria):
    """A coordinator of Bulgaria."""
    user = get_user_model().objects.create_user("anna", is_staff=True)
    Coordinator.objects.create(user=user).countries.add(bulgaria)
    return user


@pytest.fixture
def lead(db):
    user = get_user_model().objects.create_user("lead", is_staff=True)
    Coordinator.objects.create(user=user, is_lead=True)
    return user


@pytest.fixture
def foreign(make):
    """A center at a low level in Serbia, where nobody looks after it."""
    serbia = Country.objects.create(code="RS")
    center = make(Center, slug="foreign", name="Foreign", country=serbia, place="")
    center.record_status("low_level", observed="2020", by=BY_IMPORT)
    return center


def counts(user):
    return {task.slug: task.count for task in tasks_for(user, on=TODAY) if task.count}


def test_desk_counts_what_she_can_do_something_about(make, anna, foreign):
    make(Center, slug="never", place="Ruse", latitude=43.8, longitude=25.9)
    struggling = make(Center, slug="struggling", place="Ruse", latitude=43.8, longitude=25.9)
    struggling.record_status("low_level", observed="2026-05", by=BY_IMPORT)
    lost = make(Center, slug="lost", place="")
    lost.record_status("active", observed="2026-05", by=BY_IMPORT)
    disputed = make(Center, slug="disputed", place="Ruse", latitude=43.8, longitude=25.9)
    disputed.record_status("active", observed="2026", by=BY_IMPORT)
    disputed.record_status("closed", observed="2026", by=BY_IMPORT)
    closed = make(Center, slug="closed", place="")
    closed.record_status("closed", observed="2010", by=BY_IMPORT)
    make(Report, center=lost)
    make(Report, center=lost, state="accepted")
    make(Report, center=foreign)
    make(Story, slug="one", center=lost, state="draft")
    make(Story, slug="two", center=foreign, state="draft")

    assert counts(anna) == {
        "low_level": 1,
        "reports": 1,
        "stories": 1,
        "stale": 1,
        "disputed": 1,
        "unplaced": 1,
    }


def test_desk_of_a_lead_counts_all_and_the_vacant_countries(anna, lead, center, foreign, make):
    make(Story, slug="one", center=None, project=None, state="draft")

    assert counts(lead) == {"low_level": 1, "stories": 1, "stale": 2, "unplaced": 2, "vacant": 1}


def test_country_is_vacant_when_its_coordinators_account_is_not_active(anna, lead, center):
    assert "vacant" not in counts(lead)

    anna.is_active = False
    anna.save()
    assert counts(lead)["vacant"] == 1


def test_desk_of_whoever_is_responsible_for_nothing_is_empty(foreign):
    new = get_user_model().objects.create_user("new", is_staff=True)

    assert counts(new) == {}


def test_each_task_leads_to_as_many_rows_as_it_counts(client, anna, lead, make, center, foreign):
    center.record_status("low_level", observed="2016", by=BY_IMPORT)
    center.record_status("active", observed="2016", by=BY_IMPORT)
    for where, slug in ((center, "one"), (foreign, "two")):
        make(Report, center=where)
        make(Story, slug=slug, center=where, state="draft")
        make(Story, slug=f"{slug}-shown", center=where, state="published", consent="Yes, 2020")

    for user in (anna, lead):
        client.force_login(user)
        for task in tasks_for(user, on=timezone.localdate()):
            page = client.get(task.url).context
            if "cl" in page:
                listed = page["cl"].result_count
            else:
                listed = len(page["pairs"] if "pairs" in page else page["vacant"])
            assert (user.username, task.slug, listed) == (user.username, task.slug, task.count)


def test_desk_counts_the_pairs_that_may_be_one_center(anna, lead, make, foreign):
    for slug in ("one", "two"):
        make(Center, slug=slug, name="Nada", place="Ruse")
        make(Center, slug=f"foreign-{slug}", name="Rada", country=foreign.country)
    search.reindex("center")

    assert (counts(anna)["doubles"], counts(lead)["doubles"]) == (1, 2)


def test_desk_asks_the_same_number_of_questions_for_one_and_thirty(anna, make, center):
    with CaptureQueriesContext(connection) as one:
        tasks_for(anna, on=TODAY)
    for number in range(29):
        row = make(Center, slug=f"row-{number}")
        row.record_status("low_level", observed="2016", by=BY_IMPORT)
        make(Report, center=row)
    anna = get_user_model().objects.get(pk=anna.pk)
    with CaptureQueriesContext(connection) as thirty:
        tasks_for(anna, on=TODAY)

    assert len(thirty) <= 12
    # Who she is was asked already the first time.
    assert len(thirty) == len(one)


def test_first_page_shows_what_waits_and_finds_centers(client, anna, center, foreign):
    client.force_login(anna)
    page = client.get("/admin/").content.decode()

    assert "What needs you today" in page
    assert 'href="/admin/centers/center/?whose=mine&amp;freshness=stale"' in page
    assert "Countries without a coordinator" not in page
    assert 'action="/admin/centers/center/"' in page
    assert "Foreign" not in page


def test_first_page_says_when_nothing_waits(client, anna):
    client.force_login(anna)

    assert "Nothing waits for you." in client.get("/admin/").content.decode()


def test_rooms_name_every_kind_of_record_once(client, admin_user, admin_client):
    rooms = admin_client.get("/admin/").context["app_list"]
    kinds = [model["object_name"] for room in rooms for model in room["models"]]

    assert kinds[0] == "Center"
    assert sorted(kinds) == sorted(set(kinds))
    assert {"Center", "Story", "Project", "Country", "User"} <= set(kinds)


def test_report_without_a_center_waits_for_the_leads(client, anna, lead):
    Report.objects.create(subject="other", text="A center that you do not have")

    waiting = {task.slug: task for task in tasks_for(lead, on=timezone.localdate())}["reports"]
    client.force_login(lead)

    assert (waiting.count, waiting.url) == (1, "/admin/centers/report/")
    assert client.get(waiting.url).context["cl"].result_count == 1
    assert "reports" not in counts(anna)
