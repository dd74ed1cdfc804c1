"""How many centers had which status in each year, as far as their logs tell."""

from collections import Counter, defaultdict
from dataclasses import dataclass

from centers import status_log
from centers.models import Status, StatusEntry
from centers.models.status import Statement

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


def counts_by_year(centers, *, on):
    """The `CountsByYear` of a queryset of centers until the day `on`; two queries.

    A center counts once in each year, with the last status that its log tells of that year. A
    status is told of a year
    - from the year in which it began, or, where that is not known, was first observed,
    - to the year in which the next one began, or, where that is not known, to the last year in
      which it was observed. Between "still active in 2010" and "closed when visited in 2016" the
      log tells nothing, so 2011 to 2015 are not known: no year is picked for the closing.
    - The present status lasts until today: silent is not closed.
    A center that was founded before anything was said of it is not known in between; before it
    was founded, or if nobody knows when, before anything was said of it, it does not count.
    """
    logs = defaultdict(list)
    entries = StatusEntry.objects.standing().filter(center__in=centers.order_by().values("pk"))
    for center, *statement in entries.order_by().values_list(
        "center", "key", "status", "since", "observed", "according_to", "note"
    ):
        logs[center].append(Statement(*statement))
    by_year, left_out = defaultdict(Counter), 0
    for pk, founded in centers.order_by().values_list("pk", "founded"):
        told = status_by_year(logs.get(pk, ()), founded, until=on.year)
        left_out += not told
        for year, status in told.items():
            by_year[year][status] += 1
    years = range(min(by_year), on.year + 1) if by_year else ()
    return CountsByYear([(year, dict(by_year[year])) for year in years], left_out)


def status_by_year(entries, founded, *, until):
    """{year: status} of one center from its statements, after the rule of `counts_by_year`."""
    periods = status_log.periods(entries)
    begins = [_first_year(period) for period in periods]
    first = min([*begins, *([founded.year] if founded else [])], default=until + 1)
    told = dict.fromkeys(range(first, until + 1), Status.UNKNOWN)
    for index, period in enumerate(periods):
        end = until
        if index + 1 < len(periods):
            following = periods[index + 1]
            end = following.since.year if following.since else period.last_observed.year
        for year in range(begins[index], min(end, until) + 1):
            told[year] = Status(period.status)
    return told


def _first_year(period):
    return min(period.since.year, period.by.year) if period.since else period.by.year
