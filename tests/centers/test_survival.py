"""The survival curve: as lifelines computes it, and bent as far as unknown dates can bend it."""

import math
import warnings
from itertools import pairwise, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from centers.statistics.survival import (
    FEWEST,
    MOST_STEPS,
    Life,
    highest_at,
    lowest_at,
    survival_of,
)

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from lifelines import KaplanMeierFitter


def exact(days, has_closed):
    return Life(days, days, has_closed)


# Few different days, so that many closings and goings out of sight fall on one.
days = st.integers(1, 40) | st.integers(1, 20_000)
known = st.lists(st.builds(exact, days, st.booleans()), min_size=1, max_size=60)


@given(known)
def test_estimates_are_those_of_lifelines(lives):
    fitter = KaplanMeierFitter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fitter.fit([life.shortest for life in lives], [life.has_closed for life in lives])
    theirs = fitter.survival_function_["KM_estimate"]
    intervals = fitter.confidence_interval_

    for day, share in theirs.items():
        ours = lowest_at(lives, int(day))

        assert ours == highest_at(lives, int(day))
        assert ours.share == pytest.approx(share, abs=1e-9)
        if 0 < share < 1:
            low, high = intervals.loc[day]
            assert ours.low == pytest.approx(low, abs=1e-9)
            assert ours.high == pytest.approx(high, abs=1e-9)


@given(st.lists(st.builds(exact, days, st.booleans()), min_size=FEWEST, max_size=60))
def test_number_at_risk_is_that_of_lifelines(lives):
    fitter = KaplanMeierFitter()
    fitter.fit([life.shortest for life in lives], [life.has_closed for life in lives])
    at_risk = fitter.event_table["at_risk"].to_dict()

    for step in survival_of(lives).steps:
        if step.days in at_risk:
            assert step.at_risk == (at_risk[step.days], at_risk[step.days])


@st.composite
def wide_lives(draw):
    """Lives of up to five centers, of which the days are not known, but few choices."""
    lives = []
    for _ in range(draw(st.integers(1, 5))):
        shortest = draw(st.integers(0, 6))
        lives.append(Life(shortest, shortest + draw(st.integers(0, 3)), draw(st.booleans())))
    return lives


def all_choices(lives):
    """Every way in which the true days may lie: a list of known lives each."""
    spans = [range(life.shortest, life.longest + 1) for life in lives]
    for chosen in product(*spans):
        yield [exact(day, life.has_closed) for day, life in zip(chosen, lives, strict=True)]


@given(wide_lives())
def test_band_is_the_envelope_over_all_choices_of_dates(lives):
    choices = list(all_choices(lives))

    for day in range(11):
        shares = [lowest_at(choice, day).share for choice in choices]

        assert lowest_at(lives, day).share == pytest.approx(min(shares), abs=1e-12)
        assert highest_at(lives, day).share == pytest.approx(max(shares), abs=1e-12)


def test_band_is_not_that_of_all_earliest_and_all_latest_closings():
    """One goes out of sight between the earliest and the latest day of a closing."""
    lives = [Life(1, 5, True), Life(3, 3, False), Life(2, 2, True), Life(9, 9, False)]

    earliest = lowest_at([exact(1, True), *lives[1:]], 6).share
    latest = lowest_at([exact(5, True), *lives[1:]], 6).share

    assert (lowest_at(lives, 4).share, lowest_at(lives, 6).share) == (0.375, 0.375)
    assert (highest_at(lives, 4).share, highest_at(lives, 6).share) == (0.75, 0.5)
    # At four years the highest is neither of the two: the closing is still to come.
    assert (earliest, latest) == (0.5, 0.375)


@given(st.lists(st.builds(Life, days, st.just(20_000), st.booleans()), min_size=10, max_size=30))
def test_shares_sink_from_day_to_day_and_lie_in_their_interval(lives):
    steps = survival_of(lives).steps

    assert steps[0].days == 0
    assert len(steps) <= MOST_STEPS + 1
    for before, after in pairwise(steps):
        assert before.days < after.days
        assert before.lowest.share >= after.lowest.share
        assert before.highest.share >= after.highest.share
    for step in steps:
        assert step.lowest.share <= step.highest.share
        for estimate in (step.lowest, step.highest):
            if estimate.low is None:  # all have closed, or none
                assert estimate.share in (0, 1)
                assert estimate.high is None
            else:
                assert 0 <= estimate.low <= estimate.share <= estimate.high <= 1


@given(st.lists(st.builds(Life, st.integers(0, 12), st.just(12), st.booleans()), min_size=10))
def test_steps_tell_every_day(lives):
    """Between two steps nothing changes."""
    survival = survival_of(lives)

    for day in range(survival.steps[-1].days + 1):
        step = survival.at(day)
        assert step.lowest == lowest_at(lives, day)
        assert step.highest == highest_at(lives, day)


def test_no_curve_is_drawn_of_few_centers():
    lives = [exact(day, True) for day in range(1, FEWEST)]

    assert survival_of(lives) is None
    assert survival_of([*lives, exact(99, False)]).number == FEWEST


def test_median_is_the_first_day_on_which_half_have_closed():
    lives = [exact(day, True) for day in (10, 20, 30, 40, 50, 60, 70, 80, 90, 100)]

    assert survival_of(lives).median == (50, 50)
    # Nobody knows when the fifth closed.
    lives[4] = Life(45, 65, True)
    assert survival_of(lives).median == (45, 60)


def test_median_is_not_told_where_half_of_them_live_on():
    lives = [exact(100, False)] * 6 + [exact(day, True) for day in (1, 2, 3, 4)]

    assert survival_of(lives).median == (None, None)
    # Two more that closed make the half; of one of them nobody knows when.
    assert survival_of([*lives, Life(5, 200, True), exact(6, True)]).median == (6, 200)


def test_many_different_days_are_told_by_quarters_of_years():
    lives = [exact(3 * day + 1, True) for day in range(2000)]
    steps = survival_of(lives).steps

    assert len(steps) <= MOST_STEPS
    assert steps[-1].days == 5998
    assert steps[4].days == math.floor(365.25)
    assert steps[4].lowest == lowest_at(lives, 365)


@pytest.mark.parametrize(("shortest", "longest"), [(-1, 3), (4, 3)])
def test_a_life_that_cannot_be_is_refused(shortest, longest):
    with pytest.raises(ValueError, match="No life lasts"):
        Life(shortest, longest, True)
