"""Figures over time as lines: where everything stands in the drawing, for a template to draw."""

from dataclasses import dataclass

from centers.dates import PartialDate

WIDTH, HEIGHT = 640, 170
LEFT, RIGHT, TOP, BOTTOM = 28, 28, 34, 30
# Words nearer than this to the ones before them would lie on top of each other.
ROOM = 52


@dataclass(frozen=True)
class Point:
    """One figure: its place in the drawing, in units of the drawing, as text for SVG."""

    date: PartialDate
    value: int
    x: str
    y: str
    above: str
    is_named: bool


@dataclass(frozen=True)
class LineChart:
    """A line through the figures of one kind, the earliest first; the zero is its ground."""

    label: str
    number: int
    points: tuple

    width, height, ground = WIDTH, HEIGHT, HEIGHT - BOTTOM

    @property
    def path(self):
        """The line, as the `points` of an SVG polyline."""
        return " ".join(f"{point.x},{point.y}" for point in self.points)

    @property
    def first(self):
        return self.points[0]

    @property
    def last(self):
        return self.points[-1]


def line_chart(label, rows, *, number=1):
    """A `LineChart` of [(PartialDate or None, number or None)], None where there is no line.

    What is not dated is left out: it stands in the table. A date that is a year or a month stands
    in the middle of it. Two figures of one day make no line.
    """
    dated = sorted(
        ((_middle(date), date, value) for date, value in rows if date and value is not None),
        key=lambda row: row[0],
    )
    if len({day for day, _date, _value in dated}) < 2:
        return None
    begin, end = dated[0][0], dated[-1][0]
    most = max(value for _day, _date, value in dated) or 1
    points, named_until = [], -ROOM
    for day, date, value in dated:
        x = LEFT + (WIDTH - LEFT - RIGHT) * (day - begin) / (end - begin)
        y = HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * value / most
        is_last = (day, value) == (end, dated[-1][2])
        is_named = is_last or (x - named_until >= ROOM and (WIDTH - RIGHT - x >= ROOM))
        if is_named:
            named_until = x
        points.append(Point(date, value, f"{x:.1f}", f"{y:.1f}", f"{y - 12:.1f}", is_named))
    return LineChart(label, number, tuple(points))


def _middle(date):
    return (date.earliest.toordinal() + date.latest.toordinal()) / 2
