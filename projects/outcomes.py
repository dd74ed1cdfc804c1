"""What became of the centers of a project: their statuses at its end, years after, and now.

The moments are counted from the end of the project, or from its start where no end is known. What
the log tells of a day follows `centers.status_log.period_on`: where it tells nothing, the center
is not known, and counts neither as closed nor as living.
"""

import calendar
from collections import Counter
from dataclasses import dataclass

from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from centers import status_log
from centers.alphabet import alphabetical
from centers.charts.bars import pieces
from centers.dates import PartialDate
from centers.models import Cause, Center, Status
from centers.models.status import EXPLAINED
from centers.statistics.logs import causes_of, logs_of
from projects.models import Evaluation

YEARS_AFTER = (1, 3, 5, 10)
# From the best to the worst, and what nobody knows behind.
ORDER = [
    Status.ACTIVE,
    Status.LOW_LEVEL,
    Status.PAUSED,
    Status.INITIATIVE,
    Status.CLOSED,
    Status.UNKNOWN,
]


def years_after(date, years):
    """The `PartialDate` so many years after another, as precise; 29 February becomes the 28th."""
    year = date.year + years
    day = date.day
    if day and date.month == 2:
        day = min(day, calendar.monthrange(year, 2)[1])
    return PartialDate(year, date.month, day)


@dataclass(frozen=True)
class Moment:
    """A moment at which one looks: its name, its date, and the day that is looked up."""

    name: str
    date: PartialDate
    day: object
    is_now: bool = False


def moments_of(project, reviews, *, on):
    """The moments of a project that have come by the day `on`, the earliest first, now last.

    `reviews` are the dates of the reviews of the project.
    """
    anchor = project.end or project.start
    moments = []
    if anchor and anchor.earliest <= on:
        name = _("at the end of the project") if project.end else _("at the start of the project")
        moments.append(Moment(name, anchor, min(anchor.latest, on)))
    for years in YEARS_AFTER:
        if anchor is None or anchor.year + years > on.year:
            break
        date = years_after(anchor, years)
        if date.latest <= on:
            after_end = ngettext(
                "%(years)d year after the end", "%(years)d years after the end", years
            )
            after_start = ngettext(
                "%(years)d year after the start", "%(years)d years after the start", years
            )
            name = (after_end if project.end else after_start) % {"years": years}
            moments.append(Moment(name, date, date.latest))
    for date in reviews:
        if date.earliest <= on:
            moments.append(Moment(_("at the review"), date, min(date.latest, on)))
    moments.sort(key=lambda moment: moment.day)
    return [*moments, Moment(_("now"), PartialDate.of(on), on, is_now=True)]


@dataclass(frozen=True)
class Row:
    """A moment with the number of centers by status: [(status, number)] in the order of `ORDER`."""

    moment: Moment
    counts: tuple

    @property
    def told(self):
        return [(status, number) for status, number in self.counts if number]

    @property
    def pieces(self):
        """The bar of the moment."""
        return pieces(self.counts)


class Outcomes:
    """The outcomes of a project's centers as they are known; a fixed number of queries.

    `centers` are `Center`s; each of `self.centers` has `told_at` ([(moment, status), …]),
    `status_now`, `shown_causes` and the kept columns as they were known on the day.
    """

    def __init__(self, project, centers, evaluations, *, knowledge):
        self.project = project
        self.knowledge = knowledge
        self.reviews = [
            row.date for row in evaluations if row.kind == Evaluation.Kind.REVIEW and row.date
        ]
        self._centers = list(dict.fromkeys(centers))

    @cached_property
    def moments(self):
        return moments_of(self.project, self.reviews, on=self.knowledge.on)

    @cached_property
    def centers(self):
        if not self._centers:
            return []
        queryset = Center.objects.filter(pk__in=[center.pk for center in self._centers])
        logs = logs_of(queryset, known_on=self.knowledge.day)
        causes = causes_of(queryset, known_on=self.knowledge.day)
        names = {cause.pk: str(cause) for cause in Cause.objects.with_names()} if causes else {}
        for center in self._centers:
            entries = logs.get(center.pk, ())
            for column, value in status_log.kept_columns(entries).items():
                setattr(center, column, value)
            periods = status_log.periods(entries)
            center.told_at = [(moment, self._status_at(moment, periods)) for moment in self.moments]
            center.status_now = center.told_at[-1][1]
            center.shown_causes = []
            if periods and periods[-1].status in EXPLAINED:
                slugs = {slug for entry in periods[-1].entries for slug, *_ in causes[entry.key]}
                center.shown_causes = sorted(
                    ((slug, names[slug]) for slug in slugs), key=lambda item: alphabetical(item[1])
                )
        return self._centers

    def _status_at(self, moment, periods):
        period = status_log.period_on(periods, moment.day, today=self.knowledge.on)
        return Status(period.status) if period else Status.UNKNOWN

    @cached_property
    def rows(self):
        """A `Row` for each moment."""
        rows = []
        for index, moment in enumerate(self.moments):
            counts = Counter(center.told_at[index][1] for center in self.centers)
            rows.append(Row(moment, tuple((status, counts[status]) for status in ORDER)))
        return rows

    @property
    def now(self):
        return self.rows[-1]

    @property
    def statuses(self):
        """The statuses that occur at any moment, in the order of `ORDER`."""
        return [
            status
            for index, status in enumerate(ORDER)
            if any(row.counts[index][1] for row in self.rows)
        ]
