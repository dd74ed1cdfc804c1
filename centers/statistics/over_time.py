"""How many centers had which status in each year, as far as their logs tell."""

import datetime
from collections import Counter, defaultdict
from dataclasses import dataclass

from centers import status_log
from centers.models import Status
from centers.statistics.logs import logs_of

# As they are piled up in a drawing: the living below, what is remembered on top.
STATUSES = [
    Status.ACTIVE,
    Status.LOW_LEVEL,
    Status.PAUSED,
    Status.INITIATIVE,
    Status.UNKNOWN,
    Status.CLOSED,
]


@dataclass(frozen=True)
class CountsByYear:
    """`rows`: [(year, {status: number of centers})], without gaps, to the present year.

    `Status.UNKNOWN` stands for "not known". `left_out` is the number of centers of which neither
    a status nor the year of their founding is known: they stand in no row.
    """

    rows: list
    left_out: int = 0

    @property
    def statuses(self):
        """The statuses that occur, in the order of `STATUSES`."""
        return [each for each in STATUSES if any(counts.get(each) for _year, counts in self.rows)]


def counts_by_year(centers, *, on, known_on=None):
    """The `CountsByYear` of a queryset of centers until the day `on`; two queries.

    A center counts once in each year, with the status that its log tells of the year's last day
    (of the present year: of `on`), after the rule of `status_log.period_on`. A center that was
    founded before anything was said of it is not known in between; before it was founded, or if
    nobody knows when, before anything was said of it, it does not count. `known_on` leaves out
    what was recorded later.
    """
    logs = logs_of(centers, known_on=known_on)
    founded = dict(centers.order_by().values_list("pk", "founded"))
    periods = {pk: status_log.periods(entries) for pk, entries in logs.items()}
    return years_told(periods, founded, on=on)


def years_told(periods, founded, *, on):
    """The `CountsByYear` of {primary key: periods of its log} and {primary key: founding}."""
    by_year, left_out = defaultdict(Counter), 0
    for pk, date in founded.items():
        told = status_by_year(periods.get(pk, ()), date, on=on)
        left_out += not told
        for year, status in told.items():
            by_year[year][status] += 1
    years = range(min(by_year), on.year + 1) if by_year else ()
    return CountsByYear([(year, dict(by_year[year])) for year in years], left_out)


def status_by_year(periods, founded, *, on):
    """{year: status} of one center from its periods, after the rule of `counts_by_year`."""
    begins = [_first_year(period) for period in periods[:1]]
    first = min([*begins, *([founded.year] if founded else [])], default=on.year + 1)
    told = {}
    for year in range(first, on.year + 1):
        period = status_log.period_on(periods, min(datetime.date(year, 12, 31), on), today=on)
        told[year] = Status(period.status) if period else Status.UNKNOWN
    return told


def _first_year(period):
    return min(period.since.year, period.by.year) if period.since else period.by.year
