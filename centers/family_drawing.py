"""A family of centers as a drawing: a row a center, who came first above, for a template to draw.

As narrow as a telephone and as long as it takes. A line goes from each center down to those that
came after it; each has one such line, so that no two of them cross. What else ties it to others
goes round on the left. What finds no room there is counted, and stands in the list.
"""

from collections import defaultdict
from dataclasses import dataclass

from centers.family import count_after, nearest_members, running_back

WIDTH, ROW, TOP = 320, 46, 4
# Distances between lines, and how many of them there may be, so that words keep their room.
LANE, LANES = 22, 6
SIDE, SIDES = 9, 6
DOT, CORNER = 9, 7
# More centers of one family than anybody looks through.
MOST = 60
NAME_SIZE, HINT_SIZE = 14, 12


@dataclass(frozen=True)
class Place:
    """A center in the drawing: its row, and how far in it stands."""

    center: int
    row: int
    lane: int


@dataclass(frozen=True)
class Line:
    """A tie as drawn; `side` is the number of its lane on the left, None where it goes straight."""

    tie: object
    side: int | None
    is_back: bool


@dataclass(frozen=True)
class Drawing:
    """Where all centers and ties of a family are; what is left out, is in the list."""

    places: tuple
    lines: tuple
    sides: int
    centers_left_out: int
    ties_left_out: int

    width = WIDTH

    @property
    def height(self):
        return 2 * TOP + ROW * len(self.places)

    def x(self, lane):
        return self.sides * SIDE + DOT + 3 + lane * LANE

    def y(self, row):
        return TOP + ROW * row + ROW // 2

    def room(self, lane):
        """How wide the words of a center may be, in units of the drawing."""
        return WIDTH - self.x(lane) - DOT - 7


def drawing(family, *, most=MOST):
    """The `Drawing` of a `Family`, of at most `most` of its centers."""
    shown = nearest_members(family, most)
    ties = [tie for tie in family.ties if tie.first in shown and tie.then in shown]
    back = running_back(ties)
    forward = [tie for tie in ties if tie not in back]
    rows, children = _rows(shown, forward)
    lane, straight = _lanes(rows, children)
    number = {center: row for row, center in enumerate(rows)}
    lines, others, drawn = [], [], set()
    for tie in sorted(forward, key=lambda tie: tie.kind != "helped_to_start"):
        pair = (tie.first, tie.then)
        if pair in straight and pair not in drawn:
            drawn.add(pair)
            lines.append(Line(tie, None, False))
        else:
            others.append(tie)
    others += sorted(back, key=lambda tie: (tie.first, tie.then, tie.kind))
    side_of = _sides(others, number)
    lines += [Line(tie, side_of[tie], tie in back) for tie in others if tie in side_of]
    return Drawing(
        places=tuple(Place(center, row, lane[center]) for row, center in enumerate(rows)),
        lines=tuple(lines),
        sides=max(side_of.values(), default=-1) + 1,
        centers_left_out=len(family.members) - len(shown),
        ties_left_out=len(family.ties) - len(lines),
    )


def _rows(nodes, ties):
    """(centers from above to below, {center: those that hang on it}); ties without a circle.

    A center comes once all are there that came before it, right below the last of them. Those that
    few came after stand before those that many came after.
    """
    after, waits_for = defaultdict(set), defaultdict(set)
    for tie in ties:
        after[tie.first].add(tie.then)
        waits_for[tie.then].add(tie.first)
    counts = count_after(ties)

    def order(node):
        return counts.get(node, 0), node

    roots = [node for node in nodes if node not in waits_for]
    rows, children = [], {}
    waiting = sorted(roots, key=order, reverse=True)
    while waiting:
        node = waiting.pop()
        rows.append(node)
        ready = []
        for other in after[node]:
            waits_for[other].remove(node)
            if not waits_for[other]:
                ready.append(other)
        children[node] = sorted(ready, key=order)
        waiting.extend(reversed(children[node]))
    return rows, children


def _lanes(rows, children):
    """({center: lane}, {(center, one that hangs on it): there is a line straight to it}).

    Each stands one lane further in than the one it hangs on. A family too deep for that lets the
    last one stand below: it is the one that most came after, so that few lanes are enough. Where
    they are not, centers stand in the last lane without a line.
    """
    lane, straight = _indented(rows, children, last_below=False)
    if max(lane.values(), default=0) >= LANES - 1:
        lane, straight = _indented(rows, children, last_below=True)
    return lane, straight


def _indented(rows, children, *, last_below):
    lane, straight = {}, set()
    for node in rows:
        here = lane.setdefault(node, 0)
        hanging = children[node]
        for number, child in enumerate(hanging):
            is_last = number == len(hanging) - 1
            if here == LANES - 1:
                lane[child] = here
                if number == 0:
                    straight.add((node, child))
            else:
                lane[child] = here if last_below and is_last else here + 1
                straight.add((node, child))
    return lane, straight


def _sides(ties, row):
    """{tie: number of its lane on the left, 0 next to the centers}, of those that find room.

    Ties of one kind from one center, or to one center, share a line: it parts or flows together.
    """
    left, bundles = list(ties), []
    while left:
        groups = defaultdict(list)
        for tie in left:
            groups["from", tie.first, tie.kind].append(tie)
            groups["to", tie.then, tie.kind].append(tie)
        best = max(groups, key=lambda key: (len(groups[key]), key))
        bundles.append(groups[best])
        left = [tie for tie in left if tie not in groups[best]]

    def span(bundle):
        ends = [row[end] for tie in bundle for end in (tie.first, tie.then)]
        return min(ends), max(ends)

    found, taken = {}, [[] for _side in range(SIDES)]
    for bundle in sorted(bundles, key=lambda each: (span(each)[1] - span(each)[0], span(each))):
        low, high = span(bundle)
        for side, spans in enumerate(taken):
            if all(high < begin or end < low for begin, end in spans):
                spans.append((low, high))
                found.update(dict.fromkeys(bundle, side))
                break
    return found


def path_of(line, at, figure):
    """(the line, its tip) as SVG paths; `at` is {center: Place}."""
    first, then = at[line.tie.first], at[line.tie.then]
    x, y = figure.x(first.lane), figure.y(first.row)
    to_x, to_y = figure.x(then.lane), figure.y(then.row)
    if line.side is None and first.lane == then.lane:
        end = to_y - DOT - 2
        return f"M{x} {y}V{end - 3}", f"M{x - 4} {end - 6}L{x} {end}L{x + 4} {end - 6}Z"
    end = to_x - DOT - 1
    if line.side is None:
        path = f"M{x} {y}V{to_y - CORNER}Q{x} {to_y} {x + CORNER} {to_y}H{end - 2}"
    else:
        # Out of the lower half of a center, into the upper half of another.
        y, to_y, end = y + 6, to_y - 6, end + 2
        side = (figure.sides - line.side - 1) * SIDE + 3
        turn = CORNER - 1 if to_y > y else 1 - CORNER
        path = (
            f"M{x} {y}H{side + CORNER - 1}Q{side} {y} {side} {y + turn}"
            f"V{to_y - turn}Q{side} {to_y} {side + CORNER - 1} {to_y}H{end - 2}"
        )
    return path, f"M{end - 6} {to_y - 4}L{end} {to_y}L{end - 6} {to_y + 4}Z"


_NARROW = frozenset("iljItfr.,:;'’|!()[]/- ·ії")
_WIDE = frozenset("mwMWшщжюфмыШЩЖЮФМЫ@%&—…œæŒÆ")


def _width(sign):
    """How wide a sign is in a wide bold typeface, in parts of its size; rather too much."""
    if sign in _NARROW:
        return 0.45
    if sign in _WIDE:
        return 1.1
    if ord(sign) > 0x10FF:
        return 1.25
    return 0.85 if sign.isupper() else 0.7


def fitted(text, room, size):
    """The text, or as much of it as surely fits into `room` with “…” behind it."""
    if sum(map(_width, text)) * size <= room:
        return text
    kept, used = "", _width("…") * size
    for sign in text:
        used += _width(sign) * size
        if used > room:
            break
        kept += sign
    return kept.rstrip(" ,.·-") + "…"
