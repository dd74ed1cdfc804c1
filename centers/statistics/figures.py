"""All figures over a set of centers at once, in a fixed number of queries."""

from collections import defaultdict
from dataclasses import dataclass

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from centers import status_log
from centers.models import Center, Snapshot, StatusEntry
from centers.models.status import end_of
from centers.statistics.closings import Closings, closings_of
from centers.statistics.confirmations import confirmations_of
from centers.statistics.lives import lives_of
from centers.statistics.logs import causes_of, logs_of
from centers.statistics.over_time import CountsByYear, years_told
from centers.statistics.survival import Survival, survival_of


class By(models.TextChoices):
    """By what survival is compared."""

    COUNTRY = "country", _("country")
    PREMISES = "premises", _("premises")
    PROJECT = "project", _("project")
    CORE_GROUP = "core_group", _("size of the core group")


# The sizes of a core group that are compared: (key, from, to).
SIZES = [("1-5", 1, 5), ("6-10", 6, 10), ("11", 11, None)]


@dataclass(frozen=True)
class Figures:
    """What the logs of `number` centers tell.

    `left_out`: {`LeftOut`: number} of centers without a life; `survival`: None where too few have
    one; `lives`: how many have one, and `lives_closed` of them closed; `groups`: [(key, number of
    lives, `Survival` or None)], the largest first; `ungrouped`: how many lives belong to no group.
    """

    number: int
    years: CountsByYear
    closings: Closings
    confirmations: dict
    lives: int
    lives_closed: int
    left_out: dict
    survival: Survival | None
    groups: list
    ungrouped: int


def figures_of(centers, *, by="", on, known_on=None):
    """The `Figures` of a queryset of centers on the day `on`, as known on the day `known_on`."""
    centers = known_centers(centers, known_on)
    rows = list(centers.order_by().values_list("pk", "country", "founded"))
    founded = {pk: date for pk, _country, date in rows}
    logs = logs_of(centers, known_on=known_on)
    periods = {pk: status_log.periods(entries) for pk, entries in logs.items()}
    lives = lives_of(periods, founded, on=on)
    groups, ungrouped = _compared(lives.by_center, _keys(centers, by)) if by else ([], 0)
    return Figures(
        number=len(rows),
        years=years_told(periods, founded, on=on),
        closings=closings_of(periods, causes_of(centers, known_on=known_on)),
        confirmations=confirmations_of(
            logs, periods, {pk: country for pk, country, _date in rows}, on=on
        ),
        lives=len(lives.by_center),
        lives_closed=sum(life.has_closed for life in lives.by_center.values()),
        left_out={str(reason): number for reason, number in lives.left_out.items()},
        survival=survival_of(lives.by_center.values()),
        groups=groups,
        ungrouped=ungrouped,
    )


def known_centers(centers, day):
    """The centers that were in the register by the end of a day; None: all.

    They were if somebody had recorded them, or a statement on them, by then.
    """
    if day is None:
        return centers
    end = end_of(day)
    recorded = Center.history.model.objects.filter(public_id=OuterRef("public_id"))
    statements = StatusEntry.objects.filter(center=OuterRef("pk"), recorded_at__lt=end)
    return centers.filter(Q(Exists(recorded.filter(history_date__lt=end))) | Q(Exists(statements)))


def _compared(lives, keys):
    """([(key, number, survival)], number without a key) of {pk: Life} and {pk: {key, …}}."""
    grouped = defaultdict(list)
    for pk, life in lives.items():
        for key in keys.get(pk, ()):
            grouped[key].append(life)
    groups = [(key, len(members), survival_of(members)) for key, members in grouped.items()]
    ungrouped = sum(1 for pk in lives if not keys.get(pk))
    return sorted(groups, key=lambda group: (-group[1], group[0])), ungrouped


def _keys(centers, by):
    """{primary key: {key of a group, …}}: which groups a center belongs to; one query.

    Premises are those last told of; the core group is that of the first count.
    """
    mine = centers.order_by()
    if by == By.COUNTRY:
        rows = mine.values_list("pk", "country")
    elif by == By.PROJECT:
        rows = mine.filter(participations__isnull=False).values_list(
            "pk", "participations__project__slug"
        )
    elif by == By.PREMISES:
        rows = mine.with_premises().values_list("pk", "premises")
    else:
        counted = (
            Snapshot.objects.filter(center__in=mine.values("pk"), core_group__isnull=False)
            .order_by("center", F("as_of_earliest").asc(nulls_last=True), "key")
            .values_list("center", "core_group")
        )
        first = {}
        for pk, women in counted:
            first.setdefault(pk, women)
        rows = [(pk, _size(women)) for pk, women in first.items()]
    keys = defaultdict(set)
    for pk, key in rows:
        if key:
            keys[pk].add(key)
    return keys


def _size(women):
    return next(
        (key for key, least, most in SIZES if women >= least and (most is None or women <= most)),
        None,
    )
