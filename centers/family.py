"""Who came before whom: centers that are tied to each other, as families.

Pure functions over ties between numbers; nothing here knows the database or a drawing. Wrong data
(a circle, where everybody came before everybody) is put in an order all the same, and told.
"""

from collections import defaultdict, deque
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Tie:
    """One tie: `first` was there before `then`, which it helped to start, or which followed it.

    Both are numbers of centers; `link` is the row that says so.
    """

    first: int
    then: int
    kind: str
    link: object = field(default=None, compare=False, repr=False)


@dataclass(frozen=True)
class Family:
    """Centers that hang together by ties, however far: all of them, each once."""

    members: tuple
    ties: tuple


def families(ties):
    """The `Family` of every tie; the biggest first, then in the order of the ties."""
    neighbours = defaultdict(set)
    for tie in ties:
        neighbours[tie.first].add(tie.then)
        neighbours[tie.then].add(tie.first)
    number_of, members = {}, []
    for start in neighbours:  # a dict keeps the order of the ties
        if start in number_of:
            continue
        number_of[start] = len(members)
        found = [start]
        for node in found:
            for other in sorted(neighbours[node] - number_of.keys()):
                number_of[other] = len(members)
                found.append(other)
        members.append(tuple(found))
    tied = defaultdict(list)
    for tie in ties:
        tied[number_of[tie.first]].append(tie)
    found = [Family(each, tuple(tied[number])) for number, each in enumerate(members)]
    return sorted(found, key=lambda family: -len(family.members))


def nearest_members(family, most):
    """At most `most` members that hang together: around the one that has the most ties."""
    neighbours = defaultdict(list)
    for tie in family.ties:
        neighbours[tie.first].append(tie.then)
        neighbours[tie.then].append(tie.first)

    def order(node):
        return -len(neighbours[node]), node

    start = min(family.members, key=order)
    found, waiting = {start}, deque([start])
    while waiting and len(found) < most:
        for other in sorted(set(neighbours[waiting.popleft()]) - found, key=order):
            if len(found) < most:
                found.add(other)
                waiting.append(other)
    return found


def in_circles(ties):
    """The ties whose both ends came before each other: at least one tie of a circle is wrong."""
    ring_of = {node: number for number, ring in enumerate(_rings(ties)) for node in ring}
    return {tie for tie in ties if ring_of[tie.first] == ring_of[tie.then]}


def running_back(ties):
    """The fewest ties of circles that a walk finds so that all others point forward."""
    back = set()
    for ring in _rings(ties):
        if len(ring) == 1:
            continue
        inner = [tie for tie in ties if tie.first in ring and tie.then in ring]
        after = _after(inner)
        reached = {tie.then for tie in ties if tie.then in ring and tie.first not in ring}
        # Who has somebody before it outside the circle, or most after it, is taken for the first.
        starts = sorted(ring, key=lambda node: (node not in reached, -len(after[node]), node))
        place = {node: n for n, node in enumerate(reversed(_left(starts, after)))}
        back |= {tie for tie in inner if place[tie.first] > place[tie.then]}
    return back


def count_after(ties):
    """{center: how many come after it, however far}; the ties may have no circle."""
    after = _after(ties)
    reached = {}
    nodes = sorted({node for tie in ties for node in (tie.first, tie.then)})
    bit = {node: 1 << n for n, node in enumerate(nodes)}
    for node in _left(nodes, after):
        reached[node] = 0
        for other in after[node]:
            reached[node] |= reached[other] | bit[other]
    return {node: found.bit_count() for node, found in reached.items()}


def _after(ties):
    """{center: [those that came directly after it, each once, in order]}."""
    after = defaultdict(set)
    for tie in ties:
        after[tie.first].add(tie.then)
    return defaultdict(list, {node: sorted(others) for node, others in after.items()})


def _rings(ties):
    """Sets of centers that all came before each other; one alone where there is no circle.

    Kosaraju's two walks, without recursion: a chain may be long.
    """
    nodes = sorted({node for tie in ties for node in (tie.first, tie.then)})
    before = _after([Tie(tie.then, tie.first, tie.kind) for tie in ties])
    seen, rings = set(), []
    for start in reversed(_left(nodes, _after(ties))):
        if start in seen:
            continue
        seen.add(start)
        ring = [start]
        for node in ring:
            found = [other for other in before[node] if other not in seen]
            seen.update(found)
            ring.extend(found)
        rings.append(set(ring))
    return rings


def _left(starts, after):
    """The centers in the order in which a walk in depth from `starts` leaves them for good."""
    seen, left = set(), []
    for start in starts:
        if start in seen:
            continue
        seen.add(start)
        path = [(start, iter(after[start]))]
        while path:
            node, others = path[-1]
            new = next((other for other in others if other not in seen), None)
            if new is None:
                path.pop()
                left.append(node)
            else:
                seen.add(new)
                path.append((new, iter(after[new])))
    return left
