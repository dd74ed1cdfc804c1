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
# The stronger first: where two share a way, it is drawn as the stronger one's.
KINDS = ("helped_to_start", "successor_of", "branch_of")
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
    """A tie as drawn; `side` is the number of its lane on the left, None where it goes straight.

    `start` is the row where it leaves what is drawn already: its own, or that of one above it.
    `is_joining`: it shares its end with others that come to the same center.
    """

    tie: object
    side: int | None = None
    is_back: bool = False
    start: int | None = None
    is_joining: bool = False


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
    down = {}
    for tie in sorted(forward, key=_strength):
        if (tie.first, tie.then) in straight:
            down.setdefault((tie.first, tie.then), tie)
    down = set(down.values())
    side_of = _sides([tie for tie in ties if tie not in down], number)
    lines = _down(down, number)
    lines += [
        Line(tie, side_of[tie][0], tie in back, is_joining=side_of[tie][1])
        for tie in ties
        if tie in side_of
    ]
    return Drawing(
        places=tuple(Place(center, row, lane[center]) for row, center in enumerate(rows)),
        lines=tuple(lines),
        sides=max((side for side, _joining in side_of.values()), default=-1) + 1,
        centers_left_out=len(family.members) - len(shown),
        ties_left_out=len(family.ties) - len(lines),
    )


def _strength(tie):
    """Which of the ties between two centers goes straight, and is drawn where lines share a way."""
    return KINDS.index(tie.kind)


def _down(ties, row):
    """The `Line` of every tie that goes straight; none is drawn where another is drawn already."""
    of_center = defaultdict(list)
    for tie in sorted(ties, key=lambda tie: (row[tie.first], row[tie.then])):
        of_center[tie.first].append(tie)
    lines = []
    for first, down in of_center.items():
        for number, tie in enumerate(down):
            above = [each for each in down[:number] if _strength(each) <= _strength(tie)]
            start = row[above[-1].then] if above else row[first]
            if any(_strength(each) < _strength(tie) for each in down[number + 1 :]):
                start = row[tie.then]
            lines.append(Line(tie, start=start))
    return lines


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
    """{tie: (lane on the left, 0 next to the centers; whether it joins others at its end)}.

    Ties of one kind from one center, or to one center, share a line: it parts or flows together.
    Those that find no room are missing.
    """
    left, bundles = list(ties), []
    while left:
        groups = defaultdict(list)
        for tie in left:
            groups["from", tie.first, tie.kind].append(tie)
            groups["to", tie.then, tie.kind].append(tie)
        best = max(groups, key=lambda key: (len(groups[key]), key))
        bundles.append((best[0] == "to", groups[best]))
        gone = set(groups[best])
        left = [tie for tie in left if tie not in gone]

    def span(joining_and_bundle):
        _joining, bundle = joining_and_bundle
        ends = [row[end] for tie in bundle for end in (tie.first, tie.then)]
        return min(ends), max(ends)

    found, taken = {}, [[] for _side in range(SIDES)]
    for bundle in sorted(bundles, key=lambda each: (span(each)[1] - span(each)[0], span(each))):
        low, high = span(bundle)
        for side, spans in enumerate(taken):
            if all(high < begin or end < low for begin, end in spans):
                spans.append((low, high))
                joining, tied = bundle
                found.update(dict.fromkeys(tied, (side, joining)))
                break
    return found


def path_of(line, at, figure):
    """(the line, its tip) as SVG paths; `at` is {center: Place}."""
    first, then = at[line.tie.first], at[line.tie.then]
    x, y = figure.x(first.lane), figure.y(first.row)
    to_x, to_y = figure.x(then.lane), figure.y(then.row)
    if line.side is None:
        begin = y if line.start == first.row else figure.y(line.start) - CORNER
        if first.lane == then.lane:
            end = to_y - DOT - 2
            return f"M{x} {begin}V{end - 5}", _tip(line, x, end, is_down=True)
        end = to_x - DOT - 1
        path = f"M{x} {begin}V{to_y - CORNER}Q{x} {to_y} {x + CORNER} {to_y}H{end - 5}"
        return path, _tip(line, end, to_y)
    # Out of the lower half of a center, into the upper half of another.
    y, to_y, end = y + 6, to_y - 6, to_x - DOT + 1
    side = (figure.sides - line.side - 1) * SIDE + 3
    corner = CORNER - 1
    turn = corner if to_y > y else -corner
    if line.is_joining:
        # From its end, so that the dashes of all that share it fall together.
        path = (
            f"M{end - 5} {to_y}H{side + corner}Q{side} {to_y} {side} {to_y - turn}"
            f"V{y + turn}Q{side} {y} {side + corner} {y}H{x}"
        )
    else:
        path = (
            f"M{x} {y}H{side + corner}Q{side} {y} {side} {y + turn}"
            f"V{to_y - turn}Q{side} {to_y} {side + corner} {to_y}H{end - 5}"
        )
    return path, _tip(line, end, to_y)


def _tip(line, x, y, *, is_down=False):
    """A triangle that ends in (x, y), to the right or down; of a branch, a disc."""
    if line.tie.kind == "branch_of":
        x, y = (x, y - 3) if is_down else (x - 3, y)
        return f"M{x - 3} {y}a3 3 0 1 0 6 0a3 3 0 1 0 -6 0Z"
    if is_down:
        return f"M{x - 4} {y - 6}L{x} {y}L{x + 4} {y - 6}Z"
    return f"M{x - 6} {y - 4}L{x} {y}L{x - 6} {y + 4}Z"


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
