"""A survival curve with its band, and the figures below it, for a template to draw."""

from dataclasses import dataclass

from centers.statistics.survival import Survival

WIDTH, HEIGHT = 400, 250
LEFT, RIGHT, TOP, BOTTOM = 40, 8, 12, 30
SHARES = (0, 0.25, 0.5, 0.75, 1)
# In years: the marks of the axis, and the rows of the table.
STRIDES = (1, 2, 5, 10, 20, 50)
MOST_MARKS = 7


@dataclass(frozen=True)
class Mark:
    name: object
    at: str


@dataclass(frozen=True)
class Curve:
    """Where a `Survival` stands in its drawing, in units of the drawing, as text for SVG.

    `band` is the area between the lowest and the highest share, `interval` the wider one of their
    confidence intervals; `lines` are one line, or two where unknown dates matter. `rows` are
    [(years, `Step`)] for the table.
    """

    survival: Survival
    band: str
    interval: str
    lines: tuple
    years: tuple
    shares: tuple

    width, height, ground, left, right = WIDTH, HEIGHT, HEIGHT - BOTTOM, LEFT, WIDTH - RIGHT
    top = TOP


def curve(survival, *, until=None):
    """The `Curve` of a `Survival`; `until` gives several the same axis of years."""
    last = max(until or 0, survival.steps[-1].years, 1)
    unit = (WIDTH - LEFT - RIGHT) / last

    def x(years):
        return LEFT + years * unit

    def y(share):
        return TOP + (HEIGHT - TOP - BOTTOM) * (1 - share)

    def staircase(share_of):
        """The corners of a line that stays level until the next step."""
        corners, level = [], None
        for step in survival.steps:
            share = share_of(step)
            if level is not None:
                corners.append((x(step.years), y(level)))
            corners.append((x(step.years), y(share)))
            level = share
        return corners

    def area(low, high):
        return _points([*staircase(high), *reversed(staircase(low))])

    lowest = staircase(lambda step: step.lowest.share)
    highest = staircase(lambda step: step.highest.share)
    stride = next(n for n in STRIDES if last / n <= MOST_MARKS or n == STRIDES[-1])
    marks = range(0, int(last) + 1, stride)
    return Curve(
        survival=survival,
        band=_points([*highest, *reversed(lowest)]) if survival.has_band else "",
        interval=area(lambda step: step.low, lambda step: step.high),
        lines=(_points(lowest), _points(highest)) if survival.has_band else (_points(lowest),),
        years=tuple(Mark(years, f"{x(years):.1f}") for years in marks),
        shares=tuple(Mark(share, f"{y(share):.1f}") for share in SHARES),
    )


def _points(corners):
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in corners)
