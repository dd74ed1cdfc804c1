"""How long centers live: the curve after Kaplan and Meier, and how far unknown dates can bend it.

A `Life` is one center, followed from its opening to its (first) closing or to the last day on
which somebody said how it was. Often a source knows that a center had closed by 2016, and not
when: its life then is an interval of days, and the share of centers that live on after five years
depends on which of these days was the true one. Here the lowest and the highest share over all
choices are computed, day by day. Both are reached (they are no bounds that are wider than they
must be), and neither is the curve of all earliest or of all latest closings.

Why the extremes are what `lowest_at` and `highest_at` choose: think of each center as carrying an
equal weight, which one that goes out of sight leaves to those still in sight (Efron 1967). If a
closing that lies just before such a going out of sight moves behind it, the share of those that
live on sinks from m(n - 1) to m(n - 2)n/(n - 1), for n in sight with the weight m each; and what
comes after is multiplied by the same factors. So the share at a day sinks with every closing that
comes later, as long as it comes by that day, and with every going out of sight that comes
earlier; and it rises when a closing moves beyond that day.
"""

import math
from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass
from statistics import NormalDist

DAYS_A_YEAR = 365.25
# Below it there is no curve: it would say more of chance than of centers.
FEWEST = 10
# Below it the curve goes with a warning.
FEW = 30
# More than so many steps cannot be told apart in a drawing; from there on it goes by quarters.
MOST_STEPS = 240
QUARTER = DAYS_A_YEAR / 4
MARKS = (1, 2, 3, 5, 10, 15, 20, 30, 40, 50)


@dataclass(frozen=True)
class Life:
    """One center under observation: whole days from its opening, at least and at most.

    To its first closing if `has_closed`, else to the last day on which it was observed.
    """

    shortest: int
    longest: int
    has_closed: bool

    def __post_init__(self):
        if not 0 <= self.shortest <= self.longest:
            raise ValueError(f"No life lasts from {self.shortest} to {self.longest} days.")


@dataclass(frozen=True)
class Estimate:
    """The share of centers that live on at a day, from 0 to 1, with its confidence interval.

    `low` and `high` are None where there is no interval: when none or all have closed.
    """

    share: float
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Step:
    """The lowest and the highest estimate `days` after the opening, and how many are at risk.

    `at_risk` is (at least, at most): how many centers were still under observation on that day.
    """

    days: int
    lowest: Estimate
    highest: Estimate
    at_risk: tuple

    @property
    def years(self):
        return self.days / DAYS_A_YEAR

    @property
    def low(self):
        """The lower end of the interval around the lowest share; without one, the share."""
        return self.lowest.share if self.lowest.low is None else self.lowest.low

    @property
    def high(self):
        return self.highest.share if self.highest.high is None else self.highest.high

    @property
    def has_interval(self):
        return self.lowest.low is not None or self.highest.high is not None


@dataclass(frozen=True)
class Survival:
    """A survival curve with its band: `steps`, from day 0 on, each share valid until the next.

    `marks` are [(years, `Step`)] after so many whole years, for a table. `median` is (earliest,
    latest) in days; either may be None where half of the centers were still living when they were
    last observed. `has_band` says whether unknown dates matter.
    """

    number: int
    closings: int
    steps: tuple
    marks: tuple
    median: tuple

    @property
    def has_band(self):
        return any(step.lowest.share != step.highest.share for step in self.steps)

    def at(self, days):
        """The step that holds so many days after the opening."""
        return max((step for step in self.steps if step.days <= days), key=lambda step: step.days)


def survival_of(lives, *, level=0.95):
    """The `Survival` of a collection of `Life`; None where there are fewer than `FEWEST`."""
    lives = _counted(lives)
    number = lives.total()
    if number < FEWEST:
        return None
    last = max(life.longest for life in lives)
    bounds = [
        sorted(getattr(life, bound) for life in lives.elements())
        for bound in ("shortest", "longest")
    ]

    def step(days):
        return Step(
            days,
            lowest_at(lives, days, level=level),
            highest_at(lives, days, level=level),
            tuple(number - bisect_left(ends, days) for ends in bounds),
        )

    return Survival(
        number=number,
        closings=sum(count for life, count in lives.items() if life.has_closed),
        steps=tuple(step(days) for days in _days_of_change(lives)),
        marks=tuple(
            (years, step(math.ceil(years * DAYS_A_YEAR)))
            for years in MARKS
            if math.ceil(years * DAYS_A_YEAR) <= last
        ),
        median=(_half_closed(lives, lowest_at), _half_closed(lives, highest_at)),
    )


def lowest_at(lives, days, *, level=0.95):
    """The lowest `Estimate` of the share living on after so many days, over all choices of dates.

    Whatever can have closed by then has closed, as late as possible; whatever went out of sight
    did so as early as possible.
    """
    closed, gone, number = Counter(), Counter(), 0
    for life, count in _counted(lives).items():
        number += count
        if not life.has_closed:
            gone[life.shortest] += count
        elif life.shortest <= days:
            closed[min(life.longest, days)] += count
    return kaplan_meier(closed, gone, number, days, level=level)


def highest_at(lives, days, *, level=0.95):
    """The highest `Estimate` of the share living on after so many days, over all choices of dates.

    Only what must have closed by then has closed, as early as possible; whatever went out of
    sight did so as late as possible.
    """
    closed, gone, number = Counter(), Counter(), 0
    for life, count in _counted(lives).items():
        number += count
        if not life.has_closed:
            gone[life.longest] += count
        elif life.longest <= days:
            closed[life.shortest] += count
    return kaplan_meier(closed, gone, number, days, level=level)


def kaplan_meier(closed, gone, number, days, *, level=0.95):
    """The `Estimate` after so many days, for known dates.

    `closed` and `gone` are {days: number of centers} that closed, or were last observed, so many
    days after their opening; whoever is in neither is under observation all the time, up to
    `number`. On one and the same day closings come first. The estimate is the product of
    1 - d/n over the days with d closings among n at risk (Kaplan and Meier 1958); its variance is
    Greenwood's, its interval that of log(-log(share)), which stays between 0 and 1 (Kalbfleisch
    and Prentice 1980).
    """
    share, spread, at_risk = 1.0, 0.0, number
    for day in sorted({*closed, *gone}):
        if day > days:
            break
        if closings := closed.get(day, 0):
            share *= 1 - closings / at_risk
            if closings == at_risk:
                return Estimate(0.0, None, None)
            spread += closings / (at_risk * (at_risk - closings))
        at_risk -= closings + gone.get(day, 0)
    return _with_interval(share, spread, level)


def _counted(lives):
    """{life: how many centers had just this one}; most logs tell years, so there are few."""
    return lives if isinstance(lives, Counter) else Counter(lives)


def _with_interval(share, spread, level):
    if spread == 0:  # nothing has closed yet, which says nothing about what will
        return Estimate(1.0, None, None)
    z = NormalDist().inv_cdf((1 + level) / 2)
    width = math.exp(z * math.sqrt(spread) / -math.log(share))
    return Estimate(share, share**width, share ** (1 / width))


def _days_of_change(lives):
    """The days on which one of the two curves can change; of many, the quarters of years."""
    days = {0}
    for life in lives:
        if life.has_closed:
            days |= {life.shortest, life.longest}
        else:
            # What closes from here on closes behind a going out of sight.
            days.add(life.shortest + 1)
    last = max(life.longest for life in lives)
    days = {day for day in days if day <= last}
    if len(days) > MOST_STEPS:
        quarters = int(last / QUARTER) + 1
        days = {math.floor(number * QUARTER) for number in range(quarters)} | {last}
    return sorted(days)


def _half_closed(lives, curve):
    """The first day on which half of them or fewer live on, as the curve tells; None if never."""
    last = max(life.longest for life in lives)
    if curve(lives, last).share > 0.5:
        return None
    low, high = 0, last  # the share sinks from day to day
    while low < high:
        middle = (low + high) // 2
        if curve(lives, middle).share <= 0.5:
            high = middle
        else:
            low = middle + 1
    return low
