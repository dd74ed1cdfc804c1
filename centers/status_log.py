"""What follows from a center's status log: periods, the current status, contradictions.

A log is a set of statements. Each says that a center had a status when it was *observed*, and
possibly *since* when. Everything here is derived from what the statements say, and never from
the order in which somebody typed them in; docs/decisions/0002-status-log.md gives the rules and
why they are so.
"""

from dataclasses import dataclass
from itertools import combinations, groupby

from centers.dates import PartialDate

ACTIVE, LOW_LEVEL, PAUSED = "active", "low_level", "paused"
INITIATIVE, CLOSED, UNKNOWN = "initiative", "closed", "unknown"

# Between statements of the very same date that disagree, the one nearer to life is shown: no
# center is called closed while a source of that date says that it lives.
_NEARER_TO_LIFE = [CLOSED, INITIATIVE, PAUSED, LOW_LEVEL, ACTIVE]

_WEIGHTS = ["main", "contributing", ""]  # the weightiest first

# For how long a status is taken to last after it was last observed, where nothing says otherwise.
HOLDS_DAYS = 730


@dataclass(frozen=True)
class Period:
    """A time in which a center had one status, as far as the log tells.

    It began at `since`, where a statement says so; else after the day `after` (the last time the
    former status was observed, None if there was none) and by the day `by` (when this status
    was first observed). `until` is the following period, or None for the current one.
    """

    status: str
    since: PartialDate | None
    after: PartialDate | None
    by: PartialDate
    last_observed: PartialDate
    entries: tuple

    @property
    def causes(self):
        """The causes that the statements name, each once, main ones first."""
        named = {}
        for entry in self.entries:
            for link in entry.named_causes:
                known = named.setdefault(link.cause_id, link)
                if _WEIGHTS.index(link.weight) < _WEIGHTS.index(known.weight):
                    named[link.cause_id] = link
        return sorted(named.values(), key=lambda link: (_WEIGHTS.index(link.weight), link.cause_id))


def started_by(entry):
    """The last day on which the status of the entry can have begun, or was first observed."""
    if entry.since is None:
        return entry.observed.latest
    return min(entry.since.latest, entry.observed.latest)


def observed_from(entry):
    """The first day on which the observation can have been made: not before `since`."""
    if entry.since is None:
        return entry.observed.earliest
    return max(entry.observed.earliest, entry.since.earliest)


def order_key(entry):
    """Sorts a log by what it says: by the day observed, then precision, then nearness to life.

    Dates in ISO form are either apart or one inside the other, so the earliest day orders those
    apart, and puts the more precise of two nested ones later, where it counts. The rest of the
    key makes the order of equal statements the same in every register.
    """
    return (
        observed_from(entry),
        entry.observed.precision,
        _NEARER_TO_LIFE.index(entry.status),
        entry.since is not None,
        str(entry.since or ""),
        entry.according_to,
        entry.note,
        entry.key,
    )


def last_observed(entries):
    """The date of the latest observation among the entries."""
    return max((entry.observed for entry in entries), key=lambda date: date.sort_key)


def can_precede(earlier, later):
    """Whether `earlier` may have been observed before the status of `later` was there."""
    return observed_from(earlier) <= started_by(later)


def contradict(one, other):
    """Whether two statements of different statuses cannot be told as one story.

    They agree when only the order in which the log tells them is possible. If both orders are,
    their dates are too wide to say which came last; if the told one is not, they cannot both be
    true.
    """
    if one.status == other.status:
        return False
    earlier, later = sorted([one, other], key=order_key)
    return not can_precede(earlier, later) or can_precede(later, earlier)


def contradictions(entries):
    """The pairs of statements that disagree, in the order of the log."""
    return [
        (one, other)
        for one, other in combinations(sorted(entries, key=order_key), 2)
        if contradict(one, other)
    ]


def periods(entries):
    """The periods that the statements tell, earliest first; an empty log gives none.

    `entries` are statements that stand (none withdrawn), in any order.
    """
    told = []
    for status, group in groupby(sorted(entries, key=order_key), key=lambda entry: entry.status):
        group = tuple(group)
        dated = [entry for entry in group if entry.since is not None]
        # The most precise date of beginning; of equally precise ones the one said last.
        chosen = max(
            dated, key=lambda entry: (entry.since.precision, order_key(entry)), default=None
        )
        told.append(
            Period(
                status=status,
                since=chosen and chosen.since,
                after=told[-1].last_observed if told else None,
                by=group[0].observed,
                last_observed=last_observed(group),
                entries=group,
            )
        )
    return told


def period_on(told, day, *, today):
    """The period, of `told` by `periods`, that holds on a day; None where the log tells nothing.

    A period holds from the last day on which it can have begun (a date that is a year or a month
    is not over before `today`) until the following one began, and no longer than `HOLDS_DAYS` after
    it was last observed: then nobody knows. A closed center stays closed until it opens again.
    Where nobody knows when the following period began, it holds until it was last observed: between
    "still active in 2010" and "closed when visited in 2016" nothing is told, and no day is picked
    for the closing.
    """
    for index in reversed(range(len(told))):
        period = told[index]
        if min(_begun_by(period), today) > day:
            continue
        if day <= period.last_observed.latest:
            return period
        following = told[index + 1] if index + 1 < len(told) else None
        if following is not None and following.since is None:
            return None
        age = (day - period.last_observed.earliest).days
        return period if period.status == CLOSED or age <= HOLDS_DAYS else None
    return None


def _begun_by(period):
    if period.since is None:
        return period.by.latest
    return min(period.since.latest, period.by.latest)


def kept_columns(entries):
    """The columns of `Center` that are kept beside the log, as a dict.

    status, status_since, status_after, status_by, confirmed_on and is_disputed (whether a
    statement of the current period is contradicted).
    """
    told = periods(entries)
    if not told:
        return {
            "status": UNKNOWN,
            "status_since": None,
            "status_after": None,
            "status_by": None,
            "confirmed_on": None,
            "is_disputed": False,
        }
    current = told[-1]
    keys = {entry.key for entry in current.entries}
    return {
        "status": current.status,
        "status_since": current.since,
        "status_after": current.after,
        "status_by": current.by,
        "confirmed_on": last_observed(entries),
        "is_disputed": any(
            one.key in keys or other.key in keys for one, other in contradictions(entries)
        ),
    }
