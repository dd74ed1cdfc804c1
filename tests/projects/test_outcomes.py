"""What became of the centers of a project: at its end, years after, at reviews, and now."""

import datetime
import html
import re

import pytest
from django.http import QueryDict

from centers.charts.series import series
from centers.dates import PartialDate
from centers.knowledge import Knowledge
from centers.models import BY_IMPORT, Cause, CauseText, Center, StatusEntry
from projects.dossier import ProjectDossier
from projects.models import Evaluation, Participation, Project
from projects.outcomes import moments_of, years_after

pytestmark = pytest.mark.django_db

TODAY = datetime.date(2026, 11, 24)


def words_of(response):
    main = response.content.decode().split("<main")[1].split("</main>")[0]
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", "<main" + main)).split())


def moments(start=None, end=None, reviews=(), on=TODAY):
    project = Project(start=PartialDate.of(start), end=PartialDate.of(end))
    reviews = [PartialDate.parse(date) for date in reviews]
    return [(m.name, str(m.date), str(m.day)) for m in moments_of(project, reviews, on=on)]


def test_years_are_counted_from_the_end_where_it_is_known():
    assert moments("2010", "2020-02-29", reviews=["2022"]) == [
        ("at the end of the project", "2020-02-29", "2020-02-29"),
        ("1 year after the end", "2021-02-28", "2021-02-28"),
        ("at the review", "2022", "2022-12-31"),
        ("3 years after the end", "2023-02-28", "2023-02-28"),
        ("5 years after the end", "2025-02-28", "2025-02-28"),
        ("now", "2026-11-24", "2026-11-24"),
    ]


def test_years_are_counted_from_the_start_where_no_end_is_known():
    assert [name for name, *_ in moments("2016")] == [
        "at the start of the project",
        "1 year after the start",
        "3 years after the start",
        "5 years after the start",
        "now",
    ]


def test_moments_that_have_not_come_are_left_out():
    assert [name for name, *_ in moments("2020", "2027-01-01")] == ["now"]
    # The year 2026 is not over, so that three years are not over either.
    assert [name for name, *_ in moments("2020", "2023", reviews=["2026", "2027"])] == [
        "at the end of the project",
        "1 year after the end",
        "at the review",
        "now",
    ]
    assert [name for name, *_ in moments()] == ["now"]


def test_years_after_keep_the_precision():
    assert str(years_after(PartialDate.parse("2006"), 10)) == "2016"
    assert str(years_after(PartialDate.parse("2006-05"), 1)) == "2007-05"
    assert str(years_after(PartialDate.parse("2020-02-29"), 4)) == "2024-02-29"


def outcome(dossier, name):
    [row] = [row for row in dossier.outcomes.rows if row.moment.name == name]
    return {str(status): number for status, number in row.told}


def test_pilot_of_the_register_as_its_review_tells_it(register):
    dossier = ProjectDossier.find("roma-mother-centers", knowledge=Knowledge(TODAY))

    expected = {"closed": 5, "paused": 1, "low_level": 1, "unknown": 2}
    assert outcome(dossier, "at the review") == expected
    assert outcome(dossier, "at the start of the project") == {"active": 8, "initiative": 1}
    # Nobody has said since 2016 how the others are.
    assert outcome(dossier, "now") == {"closed": 5, "unknown": 4}


def test_every_center_counts_once_at_every_moment(register):
    for project in Project.objects.all():
        dossier = ProjectDossier.find(project.slug, knowledge=Knowledge(TODAY))
        centers = {center.pk for center in dossier.outcomes.centers}
        for row in dossier.outcomes.rows:
            assert sum(number for _status, number in row.counts) == len(centers)


@pytest.fixture
def project(make):
    return make(Project, slug="work", start="2010-01-01", end="2012-12-31")


@pytest.fixture
def center(make, bulgaria, project):
    center = make(Center, country=bulgaria, name="Carmen", slug="carmen")
    for slug, name in [("rent", "Rent could not be paid"), ("emigration", "Members emigrated")]:
        make(CauseText, cause=make(Cause, slug=slug), language="en", name=name)
    make(Participation, project=project, center=center, role="participant")
    return center


def record(center, status, observed, recorded="2025-01-01", **more):
    moment = datetime.datetime.fromisoformat(f"{recorded}T12:00:00+00:00")
    return center.record_status(status, observed=observed, by=BY_IMPORT, recorded_at=moment, **more)


def test_reviews_alone_make_moments_and_evaluations_do_not(project, center, make):
    make(Evaluation, project=project, kind="review", date="2016-06")
    make(Evaluation, project=project, kind="evaluation", date="2013-06")
    dossier = ProjectDossier.find("work", knowledge=Knowledge(TODAY))

    assert [str(m.date) for m in dossier.outcomes.moments if m.name == "at the review"] == [
        "2016-06"
    ]


def test_page_can_be_seen_as_it_was_known_on_a_day(client, center, make):
    record(center, "active", "2012", recorded="2024-03-01")
    closed = record(center, "closed", "2026", recorded="2026-02-01", causes=["rent"])

    now = words_of(client.get("/projects/work/"))
    then = words_of(client.get("/projects/work/?known_on=2026-01-31"))
    before = words_of(client.get("/projects/work/?known_on=2024-02-29"))

    assert "Closed between 2012 and 2026" in now
    assert "Rent could not be paid" in now
    assert "As known on January 31, 2026." in then
    assert "Shown as it was known on January 31, 2026." in then
    assert "Active, as seen in 2012." in then
    assert "Rent could not be paid" not in then
    assert "the first statement in the register is of March 1, 2024." in before
    StatusEntry.objects.filter(pk=closed.pk).update(
        withdrawn_at=datetime.datetime(2026, 3, 1, tzinfo=datetime.UTC), withdrawal_reason="No"
    )
    assert "Closed" in words_of(client.get("/projects/work/?known_on=2026-02-28"))
    assert "Closed" not in words_of(client.get("/projects/work/?known_on=2026-03-01"))


@pytest.mark.parametrize(
    ("asked", "note"),
    [
        ("2024", "“2024” is not a day like 2024-12-31; shown is what is known today."),
        ("2024-02-30", "“2024-02-30” is not a day like 2024-12-31; shown is what is known today."),
        ("\x00<b>", "“<b>” is not a day like 2024-12-31; shown is what is known today."),
        ("2199-01-01", "January 1, 2199 has not come yet; shown is what is known today."),
    ],
)
def test_day_that_makes_no_sense_is_passed_over_with_a_note(client, center, asked, note):
    response = client.get("/projects/work/", {"known_on": asked})

    assert response.status_code == 200
    assert note in words_of(response)


def test_knowledge_of_today_is_that_of_now():
    asked = Knowledge.asked(QueryDict("known_on=2026-11-24"), today=TODAY)

    assert (asked.day, asked.on, asked.notes) == (None, TODAY, [])


def test_number_of_queries_is_the_same_for_many_centers(
    client,
    project,
    center,
    make,
    bulgaria,
    django_assert_num_queries,
    django_assert_max_num_queries,
):
    record(center, "closed", "2016", causes=["rent"])
    with django_assert_max_num_queries(20) as one:
        client.get("/projects/work/")
    for number in range(29):
        other = make(Center, country=bulgaria, name=f"C{number}", slug=f"c{number}")
        make(Participation, project=project, center=other, role="participant")
        record(other, "closed", "2016", causes=["emigration"])

    with django_assert_num_queries(len(one.captured_queries)):
        client.get("/projects/work/")


def test_project_of_a_far_year_has_no_moments_beyond_the_calendar():
    assert [name for name, *_ in moments("2190", on=datetime.date(2026, 1, 1))] == ["now"]
    assert [name for name, *_ in moments("2010", "2195")] == ["now"]


def test_confirmation_is_told_as_of_the_day_that_is_shown(client, center):
    record(center, "active", "2019-06-01", recorded="2019-06-02")

    then = words_of(client.get("/projects/work/?known_on=2020-01-01"))
    assert "Nobody has confirmed it since" not in then
    assert "Nobody has confirmed it since" in words_of(client.get("/projects/work/"))


# --- Results, drawn --------------------------------------------------------------------------


def test_target_of_a_period_stands_in_its_column_and_others_across_all():
    rows = [("2010", 5), ("2011", 10)]
    drawn = series("Women", rows, levels=[("baseline", 2)], targets={"2011": 8})

    assert [(column.name, column.value, column.target) for column in drawn.columns] == [
        ("2010", 5, None),
        ("2011", 10, 8),
    ]
    heights = [float(column.height) for column in drawn.columns]
    assert heights[1] == pytest.approx(2 * heights[0], abs=0.1)
    [level] = drawn.levels
    assert drawn.ground - float(level.y) == pytest.approx(heights[1] / 5, abs=0.1)


@pytest.mark.parametrize(
    "rows", [[], [("2010", 5)], [("2010", 5), ("2010", 9)], [("2010", -5), ("2011", 9)]]
)
def test_what_a_drawing_would_garble_is_left_to_the_table(rows):
    assert series("Women", rows) is None
