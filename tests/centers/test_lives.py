"""From a center's log to the life that a survival curve counts."""

import datetime

import pytest

from centers import status_log
from centers.dates import PartialDate
from centers.models.status import Statement
from centers.statistics.lives import LeftOut, life_of, lives_of
from centers.statistics.survival import Life

TODAY = datetime.date(2020, 6, 1)


def said(status, observed, since=None):
    return Statement(
        f"{status}-{observed}", status, since and PartialDate.parse(since),
        PartialDate.parse(observed), "", "",
    )  # fmt: skip


def life(*statements, founded=None, on=TODAY):
    told = life_of(status_log.periods(statements), founded and PartialDate.parse(founded), on=on)
    assert told == life_of(
        status_log.periods(reversed(statements)), founded and PartialDate.parse(founded), on=on
    )
    return told


def days(earlier, later):
    return (datetime.date.fromisoformat(later) - datetime.date.fromisoformat(earlier)).days


def test_known_days_make_a_life_of_known_length():
    closed = said("closed", "2015-03-01", since="2014-01-01")

    assert life(said("active", "2010-01-01"), closed, founded="2010-01-01") == Life(
        1461, 1461, True
    )


def test_life_without_a_closing_ends_with_the_last_observation_and_not_today():
    told = life(said("active", "2012-01-01"), said("paused", "2013-01-01"), founded="2011-01-01")

    assert told == Life(731, 731, False)


def test_closing_at_some_time_lies_between_the_last_sign_of_life_and_when_it_was_found_closed():
    told = life(said("active", "2010-05-01"), said("closed", "2016-08-31"), founded="2006-01-01")

    assert told == Life(days("2006-01-01", "2010-05-01"), days("2006-01-01", "2016-08-31"), True)


def test_dates_that_are_years_make_wider_lives():
    told = life(said("active", "2006", since="2006"), said("closed", "2016"))

    assert told == Life(0, days("2006-01-01", "2016-12-31"), True)


def test_closing_of_a_known_year_is_narrowed_by_what_was_seen_in_it():
    told = life(
        said("active", "2014-03-01"),
        said("closed", "2014-10-01", since="2014"),
        founded="2014-01-01",
    )

    assert told == Life(59, days("2014-01-01", "2014-10-01"), True)


def test_opening_is_the_more_precise_of_founding_and_first_activity():
    active = said("active", "2008-01-01", since="2006-05-01")

    assert life(active, founded="2006") == life(active, founded="2006-05-01")
    assert life(active, founded="2006-05-02") == Life(610, 610, False)


def test_opening_is_the_earlier_of_two_dates_that_cannot_be_one():
    """It may have been active since 2012 after a pause that nobody told of."""
    active = said("active", "2015-01-01", since="2012-05")

    assert life(active, founded="1990-01-01") == Life(9131, 9131, False)


def test_group_that_gave_up_and_began_anew_has_closed_no_center():
    told = life(
        said("initiative", "2000"),
        said("closed", "2002"),
        said("active", "2006-01-01", since="2005-01-01"),
    )

    assert told == Life(365, 365, False)


def test_reopened_center_counts_with_its_first_closing():
    told = life(
        said("active", "2010-01-01"),
        said("closed", "2012-01-01", since="2012-01-01"),
        said("active", "2014-01-01", since="2013-01-01"),
        said("closed", "2016-01-01", since="2016-01-01"),
        founded="2010-01-01",
    )

    assert told == Life(730, 730, True)


def test_pause_is_no_closing():
    told = life(said("active", "2010-01-01"), said("paused", "2012-01-01"), founded="2010-01-01")

    assert told == Life(730, 730, False)


@pytest.mark.parametrize(
    ("statements", "founded", "reason"),
    [
        ([], "2010", LeftOut.NOTHING_SAID),
        ([said("initiative", "2010", since="2010")], "2010", LeftOut.NEVER_OPENED),
        ([said("initiative", "2010"), said("closed", "2012")], "2010", LeftOut.NEVER_OPENED),
        ([said("active", "2010")], None, LeftOut.NO_OPENING),
        # Since when it works at a low level is not since when it is there.
        ([said("low_level", "2010", since="2009")], None, LeftOut.NO_OPENING),
        # Founded as a group that wanted to open a center; nobody knows when it did.
        ([said("initiative", "2010"), said("active", "2013")], "2010", LeftOut.NO_OPENING),
        ([said("closed", "2010", since="2009")], "2015", LeftOut.CONTRADICTION),
    ],
)
def test_centers_without_a_life_that_can_be_counted_say_why(statements, founded, reason):
    assert life(*statements, founded=founded) == reason


def test_initiative_is_at_risk_only_from_its_opening_on():
    told = life(
        said("initiative", "2010-01-01", since="2009"),
        said("active", "2014-01-01", since="2012-01-01"),
        founded="2009",
    )

    assert told == Life(731, 731, False)


def test_observation_of_this_year_does_not_reach_beyond_today():
    told = life(said("active", "2020"), founded="2020-01-01")

    assert told == Life(0, days("2020-01-01", "2020-06-01"), False)


def test_left_out_centers_are_counted():
    logs = {1: [said("active", "2012-01-01")], 2: [said("initiative", "2012")]}
    periods = {pk: status_log.periods(entries) for pk, entries in logs.items()}

    lives = lives_of(periods, {1: PartialDate.parse("2011-01-01"), 2: None, 3: None}, on=TODAY)

    assert lives.by_center == {1: Life(365, 365, False)}
    assert lives.left_out == {LeftOut.NEVER_OPENED: 1, LeftOut.NOTHING_SAID: 1}
