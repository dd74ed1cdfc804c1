"""How many centers had which status in each year: what the logs tell, and nothing more."""

import datetime
from itertools import pairwise

import pytest

from centers import status_log
from centers.charts.columns import column_chart
from centers.dates import PartialDate
from centers.models import BY_IMPORT, Center, StatusEntry
from centers.models.status import Statement
from centers.statistics.over_time import CountsByYear, counts_by_year, status_by_year

TODAY = datetime.date(2020, 6, 1)


def said(status, observed, since=None):
    return Statement(
        f"{status}-{observed}", status, since and PartialDate.parse(since),
        PartialDate.parse(observed), "", "",
    )  # fmt: skip


def told(*statements, founded=None, on=TODAY):
    """The years of a center as text, one letter a year: a, l, p, i, c, and ? for not known."""
    periods = status_log.periods(statements)
    years = status_by_year(periods, founded and PartialDate.parse(founded), on=on)
    if not years:
        return None, ""
    assert list(years) == list(range(min(years), on.year + 1))
    letters = ["?" if status == "unknown" else status[0] for status in years.values()]
    return min(years), "".join(letters)


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        # Nothing is said: it is not counted.
        ((), (None, "")),
        # The present status lasts for two years after it was last observed, and no longer.
        ((said("active", "2016"),), (2016, "aa???")),
        ((said("active", "2016", since="2014-05"),), (2014, "aaaa???")),
        ((said("active", "2018-06-02"),), (2018, "aaa")),
        ((said("active", "2018-06-01"),), (2018, "aa?")),
        # The year of the change counts with what came of it.
        ((said("active", "2014"), said("closed", "2018", since="2016")), (2014, "aaccccc")),
        # Closed at some time between: those years are not known.
        ((said("active", "2010"), said("closed", "2016")), (2010, "a?????ccccc")),
        # Confirmed again: known until then.
        (
            (said("active", "2010"), said("active", "2013"), said("closed", "2016")),
            (2010, "aaaa??ccccc"),
        ),
        # Reopened, nobody knows when.
        (
            (said("closed", "2012", since="2011"), said("low_level", "2015")),
            (2011, "cc??ll????"),
        ),
        # Several in one year: the last of them.
        ((said("active", "2016-02"), said("paused", "2016-09")), (2016, "pp???")),
        # Said of a time that is yet to come.
        ((said("active", "2030"),), (None, "")),
    ],
)
def test_years_are_told_as_far_as_the_log_tells_them(statements, expected):
    assert told(*statements) == expected
    assert told(*reversed(statements)) == expected


def test_founding_begins_what_is_not_known():
    assert told(founded="2017") == (2017, "????")
    assert told(said("active", "2019"), founded="2017-03") == (2017, "??aa")
    assert told(said("active", "2017", since="2016"), founded="2018") == (2016, "aaa??")


@pytest.fixture
def centers(db, make, bulgaria):
    def center(name, *statements, founded=None):
        row = make(Center, country=bulgaria, name=name, slug=name, founded=founded)
        for status, observed, since in statements:
            row.record_status(status, observed=observed, since=since, by=BY_IMPORT)
        return row

    center("one", ("active", "2010", None), ("closed", "2013", None))
    center("two", ("active", "2012", "2011"), founded="2011")
    center("silent", founded="2012")
    center("nothing")
    return Center.objects.published()


def test_counts_add_the_centers_up(centers, django_assert_num_queries):
    with django_assert_num_queries(2):
        counts = counts_by_year(centers, on=datetime.date(2014, 3, 1))

    assert counts.rows == [
        (2010, {"active": 1}),
        (2011, {"unknown": 1, "active": 1}),
        (2012, {"unknown": 2, "active": 1}),
        (2013, {"closed": 1, "active": 1, "unknown": 1}),
        (2014, {"closed": 1, "unknown": 2}),
    ]
    assert counts.left_out == 1
    assert counts.statuses == ["active", "unknown", "closed"]


def test_withdrawn_statements_do_not_count(centers, django_user_model):
    entry = StatusEntry.objects.get(center__slug="one", status="closed")
    entry.withdraw("It was another one.", by=django_user_model.objects.create_user("anna"))

    rows = counts_by_year(centers.filter(slug="one"), on=datetime.date(2014, 3, 1)).rows

    assert rows[-1] == (2014, {"unknown": 1})
    assert {year: row for year, row in rows if "active" in row} == {
        2010: {"active": 1},
        2011: {"active": 1},
    }


def test_no_centers_make_no_rows_and_no_drawing(db):
    counts = counts_by_year(Center.objects.none(), on=TODAY)

    assert (counts.rows, counts.left_out) == ([], 0)
    assert column_chart(counts) is None


def test_columns_are_piled_up_without_gaps_and_inside_the_drawing():
    counts = CountsByYear([(2019, {"active": 1}), (2020, {"active": 2, "closed": 2})])

    chart = column_chart(counts)

    ground, top = chart.ground, chart.top
    [[alone], [living, closed]] = [column.parts for column in chart.columns]
    assert (float(closed.y), float(living.y) + float(living.height)) == (top, ground)
    assert float(closed.y) + float(closed.height) == float(living.y)
    assert float(alone.height) == pytest.approx((ground - top) / 4, abs=0.01)
    assert chart.legend == (("active", 2), ("closed", 2))
    assert [(year, total) for year, _cells, total in chart.rows] == [(2019, 1), (2020, 4)]


@pytest.mark.parametrize("number", [2, 7, 45, 300])
def test_names_of_years_have_room(number):
    counts = CountsByYear([(2026 - number + n, {"active": 1}) for n in range(1, number + 1)])

    chart = column_chart(counts)

    places = [float(column.middle) for column in chart.columns if column.is_named]
    assert places
    assert all(b - a >= 36 for a, b in pairwise(places))
    assert places[-1] + 16 <= chart.width
