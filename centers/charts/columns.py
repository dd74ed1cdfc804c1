"""Statuses over the years as columns piled up: where everything stands in the drawing."""

from dataclasses import dataclass

# The names of two years nearer than this would touch each other.
YEAR_ROOM = 44


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
    left, right, top, bottom = 46, 4, 12, 24

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
    """The `ColumnChart` of a `CountsByYear` of `centers.statistics`; None for under two years."""
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
    every = next(each for each in (1, 2, 5, 10, 20, 50, 100, 200, 500) if each * room >= YEAR_ROOM)
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
