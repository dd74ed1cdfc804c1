"""Shares of a whole as bars that lie one below the other: where everything stands in them."""

from dataclasses import dataclass

WIDTH, HEIGHT = 400, 22


@dataclass(frozen=True)
class Piece:
    """One status in a bar: a rectangle, in units of the drawing, as text for SVG."""

    status: str
    number: int
    x: str
    width: str
    middle: str
    is_named: bool


def pieces(counts, *, most=None):
    """The `Piece`s of [(status, number)], side by side; `most` makes the full width."""
    most = most or sum(number for _status, number in counts) or 1
    unit, left, placed = WIDTH / most, 0, []
    for status, number in counts:
        if number:
            width = number * unit
            placed.append(
                Piece(
                    status,
                    number,
                    f"{left:.2f}",
                    f"{width:.2f}",
                    f"{left + width / 2:.2f}",
                    # A number needs its room.
                    width >= 9 + 8 * len(str(number)),
                )
            )
            left += width
    return placed
