"""The page of insights and its files: what the logs tell, and warnings where they tell little."""

import csv
import datetime
import html
import io
import re

import pytest
from django.http import QueryDict

from centers import status_log
from centers.charts.curve import curve
from centers.dates import PartialDate
from centers.insights import Insights
from centers.models import (
    BY_IMPORT,
    Cause,
    CauseText,
    Center,
    Claim,
    Snapshot,
    StatusEntry,
)
from centers.models.status import Statement
from centers.statistics.closings import closings_of
from centers.statistics.figures import By, figures_of
from centers.statistics.survival import Life, survival_of
from projects.models import Participation, Project

pytestmark = pytest.mark.django_db

ON = datetime.date(2026, 11, 24)


def words_of(response):
    main = response.content.decode().split("<main")[1].split("</main>")[0]
    words = " ".join(html.unescape(re.sub(r"<[^>]+>", " ", "<main" + main)).split())
    return re.sub(r" ([,.;:)])", r"\1", words)


def rows_of(response):
    assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
    return list(csv.reader(io.StringIO(response.content.decode())))


# --- The real register -----------------------------------------------------------------------


def test_page_draws_no_curve_of_eight_centers_and_says_why(client, register):
    page = words_of(client.get("/insights/"))

    assert "17 centers in the register, the closed ones among them" in page
    assert (
        "Of 8 centers it is recorded when they opened. No curve is drawn for fewer than 10" in page
    )
    assert "1 – it was a group that wanted to open a center" in page
    assert "8 – nobody recorded when it opened" in page
    assert "5 centers closed at some time. A closing may have several causes" in page
    assert "Fewer than 10 closings" in page
    assert "By group: people 3, money 2, space 2." in page
    assert "Members emigrated 3 3 people" in page
    assert (
        "1000 centers in 20 countries (says MINE, 2020; Project page “Let's build bridges”)" in page
    )


def test_honest_count_is_by_country_beside_what_is_claimed(client, register):
    rows = {row[0]: row for row in rows_of(client.get("/insights/confirmed.csv"))}

    assert rows["country"] == [
        "country", "confirmed", "due", "overdue", "never", "closed", "claimed", "claimant",
    ]  # fmt: skip
    assert rows["BG"][1:6] == ["0", "0", "3", "0", "2"]
    # Named by the network, and nothing recorded.
    assert rows["KE"][1:6] == ["0"] * 5
    assert sum(int(row[5]) for code, row in rows.items() if code != "country") == 5


def test_files_hold_the_figures_of_the_register(client, register):
    years = {row[0]: row for row in rows_of(client.get("/insights/years.csv"))}
    causes = {row[0]: row for row in rows_of(client.get("/insights/causes.csv"))}

    assert years["2006"] == ["2006", "8", "0", "0", "1", "0", "0"]
    assert years["2016"] == ["2016", "0", "1", "1", "0", "2", "5"]
    assert causes["emigration"] == ["emigration", "people", "0", "0", "3", "3"]
    assert causes["not_recorded"][-1] == "0"


def test_figures_are_of_the_centers_that_are_asked_for(client, register):
    page = words_of(client.get("/insights/?country=BG&project=roma-mother-centers"))

    assert "4 centers in the register" in page
    assert "2 centers closed at some time" in page
    assert rows_of(client.get("/insights/confirmed.csv?country=BG"))[1][:6] == [
        "BG", "0", "0", "3", "0", "2",
    ]  # fmt: skip


# --- Nonsense --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "query", ["by=colour", "country=XX", "known_on=soon", "founded_from=x", "by=\x00&cause=<b>"]
)
def test_values_that_make_no_sense_are_said_on_the_page_and_refused_for_files(
    client, register, query
):
    response = client.get(f"/insights/?{query}")

    assert response.status_code == 200
    assert 'class="note" role="status"' in response.content.decode()
    assert client.get(f"/insights/years.csv?{query}").status_code == 400


def test_figure_that_there_is_not_is_not_found(client, register):
    assert client.get("/insights/money.csv").status_code == 404


def test_register_without_centers_says_so(client, db):
    page = words_of(client.get("/insights/"))

    assert "No center matches. See all figures." in page


# --- A register that is large enough ---------------------------------------------------------


@pytest.fixture
def center(make, bulgaria):
    def center(number, *, opened, closed=None, seen="2024-01-01", country=bulgaria, **closing):
        row = make(Center, country=country, name=f"C{number}", slug=f"c{number}", founded=opened)
        row.record_status("active", observed=opened, by=BY_IMPORT)
        if closed:
            row.record_status("closed", observed=closed, since=closed, by=BY_IMPORT, **closing)
        else:
            row.record_status("active", observed=seen, by=BY_IMPORT)
        return row

    return center


@pytest.fixture
def twelve(center):
    return [
        center(n, opened="2010-01-01", closed=f"{2011 + n}-01-01" if n < 6 else None)
        for n in range(12)
    ]


def test_curve_is_drawn_with_its_table_median_and_warning(client, twelve):
    page = words_of(client.get("/insights/"))

    assert "The share of 12 centers that were still open so many years after their opening" in page
    assert "6 of them closed. By this estimate, half of them have closed after 6 years." in page
    assert "Fewer than 30 centers: much of this curve is chance." in page
    # Years, at risk, still open, interval; before anything closed there is none.
    assert " 1 11 92% 54%–99%" in page
    assert " 5 7 58% 27%–80%" in page


def test_curve_of_unknown_days_is_a_band(client, center, make, bulgaria):
    for n in range(10):
        row = make(Center, country=bulgaria, name=f"C{n}", slug=f"c{n}", founded="2010-01-01")
        row.record_status("active", observed="2012-01-01", by=BY_IMPORT)
        if n < 5:
            row.record_status("closed", observed="2016-01-01", by=BY_IMPORT)
        else:
            row.record_status("active", observed="2020-01-01", by=BY_IMPORT)
    page = words_of(client.get("/insights/"))

    assert "half of them have closed after 2 years at the earliest, 6 years at the latest." in page
    assert "3 5–10 50%–100%" in page
    rows = rows_of(client.get("/insights/survival.csv"))
    by_days = {int(row[2]): row for row in rows[1:] if row[0] == ""}
    assert by_days[730][4:6] == ["0.500000", "1.000000"]
    assert by_days[2191][4:6] == ["0.500000", "0.500000"]


def test_survival_is_compared_by_country_premises_project_and_core_group(
    client, twelve, center, make, serbia
):
    project = make(Project, slug="work")
    for n, row in enumerate(twelve):
        make(Snapshot, center=row, as_of="2010", premises="rented", core_group=3, key=f"a{n}")
        make(Snapshot, center=row, as_of="2014", premises="", core_group=30, key=f"b{n}")
        make(Participation, project=project, center=row, role="participant")
    center(99, opened="2011-01-01", country=serbia)

    def groups(by):
        figures = figures_of(Center.objects.published(), by=by, on=ON)
        return [(key, n, bool(s)) for key, n, s in figures.groups], figures.ungrouped

    assert groups(By.COUNTRY) == ([("BG", 12, True), ("RS", 1, False)], 0)
    assert groups(By.PREMISES) == ([("rented", 12, True)], 1)
    assert groups(By.PROJECT) == ([("work", 12, True)], 1)
    assert groups(By.CORE_GROUP) == ([("1-5", 12, True)], 1)
    page = words_of(client.get("/insights/?by=core_group"))
    assert "Compared by size of the core group" in page
    assert "1 to 5 women 12 centers" in page
    assert "Of 1 center this is not known." in page
    page = words_of(client.get("/insights/?by=country"))
    assert "Fewer than 10 centers each, and therefore not drawn: Serbia (1)." in page


def test_figures_are_told_as_they_were_known_on_a_day(client, twelve, center):
    StatusEntry.objects.update(recorded_at=datetime.datetime(2024, 3, 1, tzinfo=datetime.UTC))
    Center.history.update(history_date=datetime.datetime(2024, 3, 1, tzinfo=datetime.UTC))
    StatusEntry.objects.filter(status="closed", observed__gte="2015").update(
        recorded_at=datetime.datetime(2025, 3, 1, tzinfo=datetime.UTC)
    )
    center(50, opened="2010-01-01")

    def told(day):
        insights = Insights(QueryDict(f"known_on={day}"))
        return insights.figures.number, insights.figures.closings.number

    assert told("2024-02-29") == (0, 0)
    assert told("2024-03-01") == (12, 4)
    assert told("2025-03-01") == (12, 6)
    assert told("") == (13, 6)
    page = words_of(client.get("/insights/?known_on=2024-02-29"))
    assert "the first statement in the register is of March 1, 2024." in page


def test_number_of_queries_is_under_fifteen_however_many_centers_there_are(
    client, center, make, django_assert_num_queries, django_assert_max_num_queries
):
    make(CauseText, cause=make(Cause, slug="rent"), language="en", name="Rent")
    center(0, opened="2010-01-01", closed="2012-01-01", causes=["rent"])
    with django_assert_max_num_queries(14) as one:
        client.get("/insights/?by=project")
    for n in range(1, 30):
        center(n, opened="2010-01-01", closed=f"20{10 + n}-01-01" if n < 15 else None)

    with django_assert_num_queries(len(one.captured_queries)):
        client.get("/insights/?by=project")


# --- Closings --------------------------------------------------------------------------------


def said(key, status, observed):
    return Statement(key, status, None, PartialDate.parse(observed), "", "")


def test_closings_count_the_first_one_with_its_weightiest_causes():
    logs = {
        1: [said("a", "closed", "2010"), said("b", "closed", "2011")],
        2: [said("c", "closed", "2010"), said("d", "active", "2012"), said("e", "closed", "2014")],
        3: [said("f", "closed", "2010")],
        4: [said("g", "paused", "2010")],
    }
    causes = {
        "a": [("rent", "", "space"), ("emigration", "contributing", "people")],
        "b": [("rent", "main", "space")],
        "c": [("rent", "", "space")],
        "e": [("emigration", "main", "people")],
        "g": [("rent", "main", "space")],
    }
    periods = {pk: status_log.periods(entries) for pk, entries in logs.items()}

    closings = closings_of(periods, causes)

    assert (closings.number, closings.unexplained) == (3, 1)
    assert closings.by_cause == [
        ("rent", {"main": 1, "": 1}, 2),
        ("emigration", {"contributing": 1}, 1),
    ]
    assert closings.groups == {"space": 2, "people": 1}


# --- The honest count ------------------------------------------------------------------------


def test_what_is_only_claimed_is_what_goes_beyond_the_open_centers(client, twelve, make, bulgaria):
    for number, who in [(20, "The network"), (3, "Somebody"), (None, "The page")]:
        make(Claim, country=bulgaria, centers=number, claimant=who, statement="some")

    [row] = Insights(QueryDict("")).countries

    assert row.code == "BG"
    assert sum(row.cells) == 12
    assert row.only_claimed == 14  # of 20 claimed, 6 are in the register as open
    assert rows_of(client.get("/insights/confirmed.csv"))[1][-2:] == ["20", "The network"]


# --- The drawing -----------------------------------------------------------------------------


def test_curve_stays_inside_its_drawing_and_sinks():
    lives = [Life(day, day + 500, day % 2 == 0) for day in range(0, 9000, 300)]
    drawn = curve(survival_of(lives))

    for points in [drawn.band, drawn.interval, *drawn.lines]:
        corners = [tuple(map(float, point.split(","))) for point in points.split()]
        assert all(drawn.left <= x <= drawn.right for x, _y in corners)
        assert all(drawn.top <= y <= drawn.ground for _x, y in corners)
    for line in drawn.lines:
        heights = [float(point.split(",")[1]) for point in line.split()]
        assert heights == sorted(heights)
    assert [mark.name for mark in drawn.years] == [0, 5, 10, 15, 20, 25]


def test_several_curves_share_their_axis_of_years():
    short = survival_of([Life(day, day, True) for day in range(100, 1100, 100)])

    assert [mark.name for mark in curve(short, until=12).years] == [0, 2, 4, 6, 8, 10, 12]
    assert [mark.name for mark in curve(short).years] == [0, 1, 2]


# --- What would mislead ----------------------------------------------------------------------


def test_no_curve_is_drawn_of_centers_that_are_chosen_by_their_cause(client, twelve, make):
    """They have all closed: a curve would leave out those that stay open."""
    make(CauseText, cause=make(Cause, slug="rent"), language="en", name="Rent")
    for number, row in enumerate(twelve):
        observed = f"2020-{number + 1:02}"
        row.record_status("closed", observed=observed, causes=["rent"], by=BY_IMPORT)
    page = words_of(client.get("/insights/?cause=rent"))

    assert "No curve is drawn of centers that are chosen by a cause" in page
    assert "By this estimate" not in page


def test_day_is_kept_when_a_filter_is_taken_away(client, twelve):
    page = client.get("/insights/?known_on=2026-01-01&country=BG&founded_from=1990")
    chips = [chip.url for chip in page.context["found"].chips()]

    assert len(chips) == 2
    assert all("known_on=2026-01-01" in url for url in chips)


def test_what_is_only_claimed_is_not_told_of_a_part_of_a_country(make, twelve, bulgaria):
    make(Claim, country=bulgaria, centers=20, claimant="The network", statement="some")
    make(Participation, project=make(Project, slug="p"), center=twelve[0], role="participant")

    def only_claimed(query):
        [row] = Insights(QueryDict(query)).countries
        return row.only_claimed

    assert only_claimed("country=BG") == 14
    assert only_claimed("project=p") is None
    assert not Insights(QueryDict("known_on=2026-01-01&country=BG")).is_of_whole_countries


def test_centers_of_no_group_are_counted_even_if_there_is_no_group(twelve):
    figures = figures_of(Center.objects.published(), by=By.PREMISES, on=ON)

    assert (figures.groups, figures.ungrouped) == ([], 12)


def test_before_anything_closed_there_is_no_interval():
    [*_marks, (_years, last)] = survival_of([Life(4000, 4000, False)] * 12).marks

    assert (last.lowest.share, last.has_interval) == (1.0, False)
