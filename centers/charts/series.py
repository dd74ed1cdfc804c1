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
    target: object = None
    target_y: str = ""


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


def series(label, rows, *, levels=(), targets=None):
    """A `Series` of [(name of the period, number)], with the targets of periods by their names.

    None where a drawing would tell less than the table: for fewer than two periods, for one that
    is told twice, and for numbers below zero. `levels` are [(name, number)] that hold for all
    periods. The zero is the ground.
    """
    targets = targets or {}
    names = [name for name, _value in rows]
    numbers = [value for _name, value in [*rows, *levels, *targets.items()]]
    if len(rows) < 2 or len(set(names)) < len(names) or min(numbers) < 0:
        return None
    ground, unit = HEIGHT - BOTTOM, (HEIGHT - TOP - BOTTOM) / float(max(numbers) or 1)
    room = (WIDTH - LEFT - RIGHT) / len(rows)
    every = next(n for n in range(1, len(rows) + 1) if n * room >= NARROWEST or n == len(rows))

    def y(value):
        return ground - float(value) * unit

    columns = []
    for index, (name, value) in enumerate(rows):
        x, target = LEFT + index * room, targets.get(name)
        columns.append(
            Column(
                name,
                value,
                f"{x + room * 0.1:.1f}",
                f"{y(value):.1f}",
                f"{ground - y(value):.1f}",
                f"{x + room / 2:.1f}",
                f"{y(value) - 6:.1f}",
                index % every == 0,
                target,
                "" if target is None else f"{y(target):.1f}",
            )
        )
    drawn = [Level(name, value, f"{y(value):.1f}", f"{y(value) - 5:.1f}") for name, value in levels]
    return Series(label, tuple(columns), tuple(drawn), f"{room * 0.8:.1f}")
