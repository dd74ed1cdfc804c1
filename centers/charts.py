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


@dataclass(frozen=True)
class Part:
    """One status in one column: a rectangle, in units of the drawing, as text for SVG."""

    status: str
    y: str
    height: str


@dataclass(frozen=True)
class Column:
    year: int
    x: str
    middle: str
    parts: tuple
    is_named: bool


@dataclass(frozen=True)
class ColumnChart:
    """How many centers had which status in each year, piled up; `rows` for the table.

    `legend` is [(status, number in the last year)]; `key` makes identifiers of the page's own.
    """

    key: str
    columns: tuple
    legend: tuple
    rows: tuple
    statuses: tuple
    most: int
    left_out: int

    # Narrow, so that its words can be read on a telephone.
    width, height = 400, 230
    left, right, top, bottom = 34, 4, 12, 24

    @property
    def ground(self):
        return self.height - self.bottom

    @property
    def column_width(self):
        return f"{_column_room(len(self.columns)) * 0.82:.2f}"

    @property
    def first(self):
        return self.rows[0]

    @property
    def last(self):
        return self.rows[-1]


def _column_room(number):
    return (ColumnChart.width - ColumnChart.left - ColumnChart.right) / number


def column_chart(counts, *, key="years"):
    """The `ColumnChart` of a `centers.statistics.over_time.CountsByYear`, None for less than two years."""
    if len(counts.rows) < 2:
        return None
    statuses = counts.statuses
    table = tuple(
        (year, tuple((each, row.get(each, 0)) for each in statuses), sum(row.values()))
        for year, row in counts.rows
    )
    most = max(total for _year, _cells, total in table)
    ground = ColumnChart.height - ColumnChart.bottom
    unit = (ground - ColumnChart.top) / most
    room = _column_room(len(table))
    every = next(each for each in (1, 2, 5, 10, 20, 50, 100, 200, 500) if each * room >= ROOM - 8)
    columns = []
    for index, (year, cells, _total) in enumerate(table):
        x, below, parts = ColumnChart.left + index * room, 0, []
        for status, number in cells:
            if number:
                below += number
                height = number * unit
                parts.append(Part(status, f"{ground - below * unit:.2f}", f"{height:.2f}"))
        middle = x + room * 0.41
        # The words of a year must not be cut at the right edge.
        named = year % every == 0 and middle + 16 <= ColumnChart.width
        columns.append(Column(year, f"{x:.2f}", f"{middle:.2f}", tuple(parts), named))
    return ColumnChart(
        key=key,
        columns=tuple(columns),
        legend=table[-1][1],
        rows=table,
        statuses=tuple(statuses),
        most=most,
        left_out=counts.left_out,
    )
