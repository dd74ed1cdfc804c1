"""From the log of a center to its life, as `centers.statistics.survival` counts it.

The rules, and why they are so:
- It begins when the center opened: when it was founded, or since when it is said to be active,
  whichever is told more precisely, or earlier; a founding does not count where a group only
  wanted to open then. A center of which neither is told is left out, and counted as left out:
  its age is not known.
- It ends with its first closing. Who reopens has closed once; a pause is no closing.
- Without a closing it ends with the last observation, not today: nobody knows about the time
  since then, and silent is not closed.
- Where it is only told that a center had closed by some day, the closing lies between the last
  time it was seen alive and that day.
- A group that never came to open a center was never at risk of closing one.
"""

from collections import Counter
from dataclasses import dataclass

from django.db import models
from django.utils.translation import gettext_lazy as _

from centers.models import Status
from centers.statistics.survival import Life

_OPEN = (Status.ACTIVE, Status.LOW_LEVEL, Status.PAUSED)


class LeftOut(models.TextChoices):
    """Why a center has no life that could be counted."""

    NOTHING_SAID = "nothing_said", _("nothing is recorded about its status")
    NEVER_OPENED = "never_opened", _("it was a group that wanted to open a center")
    NO_OPENING = "no_opening", _("nobody recorded when it opened")
    CONTRADICTION = "contradiction", _("what is recorded cannot all be true")


@dataclass(frozen=True)
class Lives:
    """`by_center`: {primary key: Life}; `left_out`: {reason: number of centers}."""

    by_center: dict
    left_out: Counter


def lives_of(periods, founded, *, on):
    """The `Lives` of {primary key: periods of its log} and {primary key: founding}."""
    by_center, left_out = {}, Counter()
    for pk, date in founded.items():
        life = life_of(periods.get(pk, ()), date, on=on)
        if isinstance(life, Life):
            by_center[pk] = life
        else:
            left_out[life] += 1
    return Lives(by_center, left_out)


def life_of(told, founded, *, on):
    """The `Life` that the periods tell on the day `on`, or why there is none (`LeftOut`)."""
    if not told:
        return LeftOut.NOTHING_SAID
    lived = since_opened(told)
    if not lived:
        return LeftOut.NEVER_OPENED
    opening = _opening(lived, founded, was_initiative=told[0].status == Status.INITIATIVE)
    if opening is None:
        return LeftOut.NO_OPENING
    ends = [*_end(lived, opening), on]
    if min(ends[1:]) < opening.earliest:
        return LeftOut.CONTRADICTION
    earliest, latest = ends[0], min(ends[1:])
    return Life(
        max((min(earliest, latest) - opening.latest).days, 0),
        (latest - opening.earliest).days,
        first_closing(lived) is not None,
    )


def since_opened(told):
    """The periods of a center without those of the group that wanted to open it.

    Such a group may have given up and begun anew; what closed then was no center.
    """
    if told and told[0].status != Status.INITIATIVE:
        return told
    first = next((n for n, period in enumerate(told) if period.status in _OPEN), len(told))
    return told[first:]


def first_closing(lived):
    """The place of the first closing among the periods; None without one."""
    return next((n for n, period in enumerate(lived) if period.status == Status.CLOSED), None)


def _opening(lived, founded, *, was_initiative):
    """When the center opened, as a `PartialDate`; None where that is not told.

    Of two dates that can mean the same day the more precise one, else the earlier: it may be
    active since some day after a pause that nobody told of.
    """
    first = lived[0]
    began = first.since if first.status == Status.ACTIVE else None
    if was_initiative:  # founded as a group that wanted to open a center
        return began
    known = [date for date in (founded, began) if date is not None]
    if len(known) == 2 and not founded.overlaps(began):
        return min(known, key=lambda date: date.earliest)
    return max(known, key=lambda date: date.precision, default=None)


def _end(lived, opening):
    """(first day, last day) on which the life can have ended, or was last observed."""
    place = first_closing(lived)
    open_periods = lived[:place]
    seen = open_periods[-1].last_observed if open_periods else opening
    if place is None:
        return seen.earliest, seen.latest
    closed = lived[place]
    if closed.since is None:
        return seen.earliest, closed.by.latest
    latest = min(closed.since.latest, closed.by.latest)
    earliest = max(closed.since.earliest, seen.earliest)
    return min(earliest, latest), latest
