"""The kinds of things that a report may change: what is held, how it reads, how it is written."""

import pytest
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError

from centers.models import Cause, Snapshot
from centers.reports.comparing import rows_of
from centers.reports.parts import PARTS, Part, register
from centers.reports.receiving import receive

pytestmark = pytest.mark.django_db

TEXTS = {
    "name": "Слънце",
    "place": "Русе",
    "address": "Улица 1",
    "phone": "+359 84 1",
    "email": "center@example.org",
    "website": "https://center.example",
    "opening_hours": "Mon–Fri 9–13",
}


@pytest.fixture
def vesna(db):
    return get_user_model().objects.create_user("vesna", first_name="Vesna", last_name="P.")


def test_every_part_says_what_is_held_and_what_it_is(center):
    report = receive(center, "other")

    for part in PARTS.values():
        if part.field.split("_")[0] == "story":  # tests/stories/test_story_parts.py
            continue
        held = part.held(report)
        assert str(part.label)
        assert isinstance(part.in_words(held), str)


@pytest.mark.parametrize(("field", "value"), TEXTS.items())
def test_text_is_held_shown_and_written(center, coordinator, field, value):
    report = receive(center, "other", told={field: value})
    part = report.parts.get()
    assert part.held == getattr(center, field)

    PARTS[field].apply(report, part.told, by=coordinator)

    center.refresh_from_db()
    assert getattr(center, field) == value == PARTS[field].in_words(part.told)


@pytest.mark.parametrize(
    ("field", "value"),
    [("name", ""), ("name", "x" * 1000), ("email", "nonsense"), ("website", "javascript:alert(1)")],
)
def test_text_that_cannot_be_is_not_written(center, coordinator, field, value):
    report, before = receive(center, "other"), getattr(center, field)

    with pytest.raises(ValidationError):
        PARTS[field].apply(report, value, by=coordinator)

    center.refresh_from_db()
    assert getattr(center, field) == before


def test_status_reads_as_a_sentence(db):
    Cause.objects.get_or_create(slug="rent", group="space")
    value = {"status": "closed", "since": "2015-05", "causes": [["rent", "main"]], "note": "Sad."}

    words = PARTS["status"].in_words(value)

    name = str(Cause.objects.with_names().get(pk="rent"))
    assert words == f"closed since May 2015; because of {name}; note: Sad."
    assert PARTS["status"].in_words({"status": "active"}) == "active"


def test_figures_read_as_a_list_and_are_written_as_of_their_day(center, coordinator):
    told = {"as_of": "2026-11", "core_group": 7, "premises": "rented", "monthly_rent": None}
    report = receive(center, "yearly", told={"figures": told}, origin="center")

    for _click in range(2):
        PARTS["figures"].apply(report, told, by=coordinator)

    snapshot = Snapshot.objects.get()
    assert (str(snapshot.as_of), snapshot.core_group, snapshot.premises) == (
        "2026-11", 7, "rented",
    )  # fmt: skip
    assert snapshot.note == "the center itself"
    assert PARTS["figures"].in_words(told) == "Core group: 7; Premises: rented"
    assert PARTS["figures"].held(report) == {"core_group": 7, "premises": "rented"}


# --- Beside the register -----------------------------------------------------------------------


def test_row_tells_apart_what_is_held_was_held_and_was_told(center, vesna):
    report = receive(center, "contact", told={"phone": "+359 84 1", "website": "https://a.example"})
    center.phone, center._history_user = "+359 84 9", vesna
    center.save()
    center.opening_hours, center._history_user = "Mon", None  # a later change of something else
    center.save()

    phone, website = rows_of(type(report).objects.get(pk=report.pk))

    assert (phone.now, phone.then, phone.told) == ("+359 84 9", "", "+359 84 1")
    assert (phone.is_changed, phone.changed_by) == (True, "Vesna P.")
    assert (website.is_changed, website.changed_by, website.is_as_told) == (False, "", False)


def test_row_says_that_the_status_changed_meanwhile_and_by_whom(center, vesna):
    told = {"status": {"status": "closed", "observed": "2026"}}
    report = receive(center, "status", told=told)
    vesna.is_staff = True
    center.record_status("paused", observed="2026-11", by=vesna)

    [row] = rows_of(type(report).objects.get(pk=report.pk))

    assert (row.now, row.then, row.told) == ("paused", "unknown", "closed")
    assert row.changed_by == "Vesna P."


def test_row_says_that_the_register_says_so_already(center):
    report = receive(center, "place", told={"place": "Isperih"})

    assert [row.is_as_told for row in rows_of(report)] == [True]


def test_kind_that_is_not_known_any_more_is_passed_over(center):
    report = receive(center, "other")
    report.parts.create(field="gone", told="x")

    assert rows_of(report) == []


def test_another_app_adds_a_kind_with_a_template_and_a_desk_of_its_own(center):
    kind = Part(
        "song",
        "song",
        held=lambda report: {"title": "Old"},
        in_words=lambda value: value["title"],
        apply=lambda report, told, *, by: None,
        elsewhere=lambda report: "/admin/",
        template="admin/centers/report/_value.html",
    )
    register(kind)
    try:
        report = receive(center, "other", told={"song": {"title": "New"}})
        [row] = rows_of(report)
    finally:
        del PARTS["song"]

    assert (row.now, row.told, row.elsewhere) == ("Old", "New", "/admin/")
    assert (row.kind.template, row.now_value) == (kind.template, {"title": "Old"})
