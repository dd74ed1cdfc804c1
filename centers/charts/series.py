"""What was reached in each period, as columns beside what was aimed at."""

from dataclasses import dataclass

WIDTH, HEIGHT = 400, 210
LEFT, RIGHT, TOP, BOTTOM = 4, 4, 26, 26
# Columns narrower than this have no room for their words.
NARROWEST = 30


@dataclass(frozen=True)
class Column:
    """A figure: its place in the drawing, in units of the drawing, as text for SVG."""

    name: str
    value: object
    x: str
    y: str
    height: str
    middle: str
    above: str
    is_named: bool


@dataclass(frozen=True)
class Level:
    """A line across the drawing: where it stood before, or what was aimed at."""

    name: str
    value: object
    y: str
    above: str


@dataclass(frozen=True)
class Series:
    label: str
    columns: tuple
    levels: tuple
    column_width: str

    width, height, ground, left, right = WIDTH, HEIGHT, HEIGHT - BOTTOM, LEFT, WIDTH - RIGHT


def series(label, rows, levels=()):
    """A `Series` of [(name of the period, number)]; None for fewer than two.

    `levels` are [(name, number)] that hold for all periods. The zero is the ground.
    """
    if len(rows) < 2:
        return None
    most = max([value for _name, value in [*rows, *levels]]) or 1
    ground, unit = HEIGHT - BOTTOM, (HEIGHT - TOP - BOTTOM) / float(most)
    room = (WIDTH - LEFT - RIGHT) / len(rows)
    every = next(n for n in range(1, len(rows) + 1) if n * room >= NARROWEST or n == len(rows))
    columns = []
    for index, (name, value) in enumerate(rows):
        x, height = LEFT + index * room, float(value) * unit
        columns.append(
            Column(
                name,
                value,
                f"{x + room * 0.1:.1f}",
                f"{ground - height:.1f}",
                f"{height:.1f}",
                f"{x + room / 2:.1f}",
                f"{ground - height - 6:.1f}",
                index % every == 0,
            )
        )
    drawn = []
    for name, value in levels:
        y = ground - float(value) * unit
        drawn.append(Level(name, value, f"{y:.1f}", f"{y - 5:.1f}"))
    return Series(label, tuple(columns), tuple(drawn), f"{room * 0.8:.1f}")
