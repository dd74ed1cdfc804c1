"""Families of centers and their drawing: every tie is there, and no line says what is not so."""

import re
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from centers.family import Family, Tie, families, in_circles, nearest_members, running_back
from centers.family_drawing import (
    HINT_SIZE,
    LANES,
    MOST,
    NAME_SIZE,
    SIDES,
    WIDTH,
    _width,
    drawing,
    fitted,
    path_of,
)

HELPED, BRANCH = "helped_to_start", "branch_of"
KINDS = [HELPED, "successor_of", BRANCH]


def ties_of(*pairs, kind=HELPED):
    return [Tie(first, then, kind) for first, then in pairs]


def family_of(*pairs):
    [family] = families(ties_of(*pairs))
    return family


@st.composite
def some_ties(draw, centers=14, most=30):
    """Ties between few centers, without any order, each once, none to itself."""
    number = st.integers(1, centers)
    tie = st.builds(Tie, number, number, st.sampled_from(KINDS))
    return draw(
        st.lists(
            tie.filter(lambda tie: tie.first != tie.then), min_size=1, max_size=most, unique=True
        )
    )


def reachable(ties, start):
    """All centers that come after `start`, found slowly."""
    found, waiting = set(), [start]
    while waiting:
        node = waiting.pop()
        for tie in ties:
            if tie.first == node and tie.then not in found:
                found.add(tie.then)
                waiting.append(tie.then)
    return found


@given(some_ties())
def test_families_hold_every_tie_and_center_once_and_share_none(ties):
    found = families(ties)

    assert sorted(map(repr, (tie for family in found for tie in family.ties))) == sorted(
        map(repr, ties)
    )
    members = [node for family in found for node in family.members]
    assert sorted(members) == sorted({node for tie in ties for node in (tie.first, tie.then)})
    for family in found:
        assert {node for tie in family.ties for node in (tie.first, tie.then)} == set(
            family.members
        )
        both_ways = [*family.ties, *(Tie(tie.then, tie.first, tie.kind) for tie in family.ties)]
        assert reachable(both_ways, family.members[0]) == set(family.members)
    sizes = [len(family.members) for family in found]
    assert sizes == sorted(sizes, reverse=True)


@given(some_ties())
def test_circles_are_the_ties_whose_end_leads_back_to_their_beginning(ties):
    assert in_circles(ties) == {tie for tie in ties if tie.first in reachable(ties, tie.then)}


@given(some_ties())
def test_only_ties_of_circles_run_back_and_without_them_there_is_no_circle(ties):
    back = running_back(ties)

    assert back <= in_circles(ties)
    assert in_circles([tie for tie in ties if tie not in back]) == set()


@given(some_ties())
def test_every_tie_is_drawn_or_counted_and_points_down_unless_in_a_circle(ties):
    for family in families(ties):
        figure = drawing(family)
        row = {place.center: place.row for place in figure.places}

        assert sorted(row) == sorted(family.members)
        assert sorted(row.values()) == list(range(len(family.members)))
        assert figure.centers_left_out == 0
        drawn = [line.tie for line in figure.lines]
        assert len(set(drawn)) == len(drawn) == len(family.ties) - figure.ties_left_out
        assert set(drawn) <= set(family.ties)
        for line in figure.lines:
            assert line.is_back == (row[line.tie.first] > row[line.tie.then])
            assert not line.is_back or line.tie in in_circles(ties)


@given(some_ties(centers=30, most=60))
def test_straight_lines_meet_no_other_center_and_all_stays_in_the_drawing(ties):
    for family in families(ties):
        figure = drawing(family)
        at = {place.center: place for place in figure.places}
        for line in figure.lines:
            first, then = at[line.tie.first], at[line.tie.then]
            if line.side is None:
                between = [p for p in figure.places if first.row < p.row < then.row]
                assert all(place.lane > first.lane for place in between)
                assert then.lane in (first.lane, first.lane + 1)
                assert first.row <= line.start <= then.row
            path, tip = path_of(line, at, figure)
            xs = [int(x) for x in re.findall(r"[MHLQ](-?\d+)", path + tip)]
            ys = [int(y) for y in re.findall(r"V(-?\d+)", path)]
            assert 0 < min(xs) <= max(xs) < WIDTH
            assert all(0 < y < figure.height for y in ys)
        assert all(0 <= place.lane < LANES for place in figure.places)
        assert figure.sides <= SIDES
        assert min(figure.room(place.lane) for place in figure.places) > 100


@given(some_ties(centers=30, most=60))
def test_lines_on_the_left_that_are_not_of_one_bundle_keep_out_of_each_other_s_way(ties):
    for family in families(ties):
        figure = drawing(family)
        row = {place.center: place.row for place in figure.places}
        bundles = {}
        for line in figure.lines:
            if line.side is not None:
                end = line.tie.then if line.is_joining else line.tie.first
                key = line.side, line.is_joining, end, line.tie.kind
                bundles.setdefault(key, set()).update({row[line.tie.first], row[line.tie.then]})
        spans = sorted((key[0], min(rows), max(rows)) for key, rows in bundles.items())
        for (side, _low, high), (next_side, low, _high) in pairwise(spans):
            assert side != next_side or high < low


def test_center_with_several_helpers_stands_below_all_of_them():
    figure = drawing(family_of((1, 4), (2, 4), (3, 4), (4, 5)))

    assert [place.center for place in figure.places] == [1, 2, 3, 4, 5]
    assert [line.side for line in figure.lines].count(None) == 2
    assert figure.ties_left_out == 0
    assert {line.is_joining for line in figure.lines if line.side is not None} == {True}


def test_two_that_claim_to_have_come_first_are_drawn_one_way_and_back():
    family = family_of((1, 2), (2, 1))

    figure = drawing(family)

    assert in_circles(family.ties) == set(family.ties)
    assert sorted(line.is_back for line in figure.lines) == [False, True]


def test_who_only_came_after_a_circle_is_not_in_it():
    ties = ties_of((1, 2), (2, 3), (3, 1), (3, 4), (5, 1))

    assert in_circles(ties) == set(ties_of((1, 2), (2, 3), (3, 1)))
    assert running_back(ties) == set(ties_of((3, 1)))


def test_chain_of_thirty_is_drawn_whole_and_straight_down():
    figure = drawing(family_of(*((n, n + 1) for n in range(30))))

    assert [place.center for place in figure.places] == list(range(31))
    assert (figure.centers_left_out, figure.ties_left_out) == (0, 0)
    assert {place.lane for place in figure.places} == {0}


def test_long_chain_and_long_circle_end():
    chain = family_of(*((n, n + 1) for n in range(3000)))
    circle = family_of(*((n, (n + 1) % 3000) for n in range(3000)))

    assert in_circles(chain.ties) == set()
    assert in_circles(circle.ties) == set(circle.ties)
    for family in (chain, circle):
        figure = drawing(family)
        assert len(figure.places) == MOST
        assert len(figure.lines) + figure.ties_left_out == len(family.ties)


def test_star_of_two_hundred_is_drawn_in_part_and_the_rest_is_counted():
    figure = drawing(family_of(*((0, n) for n in range(1, 201))))

    assert len(figure.places) == MOST == len(figure.lines) + 1
    assert figure.places[0].center == 0
    assert (figure.centers_left_out, figure.ties_left_out) == (201 - MOST, 201 - MOST)


def test_two_hundred_helpers_of_one_keep_it_in_the_drawing():
    family = family_of(*((n, 0) for n in range(1, 201)))

    shown = nearest_members(family, MOST)

    assert 0 in shown
    assert len(shown) == MOST
    assert len(drawing(family).lines) == MOST - 1


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=MOST - 1))
def test_tree_needs_so_few_lanes_that_every_tie_goes_straight(helpers):
    figure = drawing(family_of(*((helper % n, n) for n, helper in enumerate(helpers, start=1))))

    assert {line.side for line in figure.lines} == {None}
    assert figure.ties_left_out == 0


def test_lines_of_one_center_are_not_drawn_twice():
    ties = [Tie(1, 2, BRANCH), Tie(1, 3, HELPED), Tie(1, 4, HELPED), Tie(1, 5, BRANCH)]
    figure = drawing(Family((1, 2, 3, 4, 5), tuple(ties)))

    starts = {line.tie.then: line.start for line in figure.lines}

    # The first, dotted, has only its bend: the stronger line goes by it, and stops at 4.
    assert starts == {2: 1, 3: 0, 4: 2, 5: 3}


@given(st.text(max_size=60), st.integers(60, 300))
@settings(max_examples=200)
def test_fitted_words_never_need_more_room_than_there_is(text, room):
    for size in (NAME_SIZE, HINT_SIZE):
        words = fitted(text, room, size)

        assert sum(map(_width, words)) * size <= room
        assert words == text or words.endswith("…")
        assert text.startswith(words.removesuffix("…"))


def test_names_are_cut_only_where_they_must_be():
    assert fitted("Mother Center Razgrad", 270, NAME_SIZE) == "Mother Center Razgrad"
    assert fitted("Център за майки „Надежда за децата“", 200, NAME_SIZE) == "Център за майки „Н…"
