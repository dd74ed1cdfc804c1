"""The small drawing on a center's page: where it is, and no more precisely than it allows."""

import math
import re

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from centers.locator import HEIGHT, KILOMETRES, WIDTH, Locator, _rings, clipped, locator
from centers.models import Center

BOX = (0, 0, 10, 10)


@pytest.fixture
def center(bulgaria):
    return Center.objects.create(
        name="Carmen", slug="carmen", country=bulgaria, place="Razgrad", precision="exact",
        latitude="43.527419", longitude="26.524131",
    )  # fmt: skip


def figure(client, center):
    text = client.get(center.get_absolute_url()).content.decode()
    found = re.search(r'<figure class="locator">.*?</figure>', text, re.DOTALL)
    return found and found[0]


def test_profile_shows_where_the_center_is(client, center):
    drawing = figure(client, center)

    assert 'role="img" aria-label="Razgrad, Bulgaria"' in drawing
    assert 'href="/centers/?country=BG&amp;view=map"' in drawing
    assert "Bucharest" in drawing
    assert "locator-halo" not in drawing
    assert "style=" not in drawing


def test_profile_says_when_the_middle_of_the_town_is_shown(client, center):
    Center.objects.filter(pk=center.pk).update(precision="town")
    center.refresh_from_db()
    drawing = figure(client, center)

    assert "Shown in the middle of the town." in drawing
    assert "locator-halo" in drawing
    assert (locator(center).latitude, locator(center).longitude) == (43.53, 26.52)


@pytest.mark.parametrize(
    "values", [{"precision": "withheld", "place": ""}, {"latitude": None, "longitude": None}]
)
def test_profile_draws_nothing_where_no_point_is_published(client, center, values):
    Center.objects.filter(pk=center.pk).update(**values)
    center.refresh_from_db()

    assert figure(client, center) is None


@pytest.mark.parametrize("language", ["/de", "/bg"])
def test_numbers_of_the_drawing_have_points_in_every_language(client, center, language):
    with translation.override("en"):  # what the request leaves behind ends here
        text = client.get(f"{language}/centers/carmen/").content.decode()
    drawing = re.search(r'<figure class="locator">.*?</figure>', text, re.DOTALL)[0]

    assert re.search(r'cx="\d+\.\d+"', drawing)
    assert not re.search(r'="\d+,\d', drawing)


def test_towns_are_inside_and_keep_off_each_other_and_the_center(db):
    towns = Locator(48.14, 11.58).towns
    boxes = [town.box for town in towns]

    assert "Vienna" in [town.name for town in towns]
    for index, (left, top, right, bottom) in enumerate(boxes):
        assert 0 < left < right < WIDTH
        assert 0 < top < bottom < HEIGHT
        assert not (left < WIDTH / 2 < right and top < HEIGHT / 2 < bottom)
        for other in boxes[index + 1 :]:
            assert left >= other[2] or other[0] >= right or top >= other[3] or other[1] >= bottom


def test_drawing_is_as_wide_as_it_says():
    """Vienna is about 355 km east of Munich (great circle)."""
    drawing = Locator(48.14, 11.58)
    x, y = drawing.project(16.37, 48.21)

    assert math.hypot(x - drawing.x, y - drawing.y) * KILOMETRES / WIDTH == pytest.approx(
        355, rel=0.02
    )


def test_land_ends_where_the_frame_does():
    numbers = re.findall(r"-?\d+\.?\d*", Locator(43.53, 26.52).land)
    xs, ys = map(float, numbers[::2]), map(float, numbers[1::2])

    assert all(-10 <= x <= WIDTH + 10 for x in xs)
    assert all(-10 <= y <= HEIGHT + 10 for y in ys)


@given(st.floats(-90, 90), st.floats(-180, 180))
def test_every_place_on_earth_can_be_drawn(latitude, longitude):
    drawing = Locator(latitude, longitude)

    assert re.fullmatch(r"(M[-\d.]+ [-\d.]+(L[-\d.]+ [-\d.]+)+z)*", drawing.land)
    assert len(drawing.land) < 20_000


def test_ring_is_cut_at_the_box():
    square = [(-5, 5), (5, 5), (5, 20), (-5, 20)]

    assert set(clipped(square, *BOX)) == {(0, 5), (5, 5), (5, 10), (0, 10)}


def test_ring_around_the_box_fills_it_and_one_beside_it_is_gone():
    around = [(-9, -9), (99, -9), (99, 99), (-9, 99)]
    beside = [(11, 1), (12, 1), (12, 2)]

    assert set(clipped(around, *BOX)) == {(0, 0), (10, 0), (10, 10), (0, 10)}
    assert clipped(beside, *BOX) == []


def test_outlines_never_leap_across_the_map():
    """A ring that crosses the 180th meridian goes on beyond it, else it would be a stripe."""
    leaps = [
        (one, other)
        for _bounds, ring in _rings()
        for one, other in zip(ring, ring[1:] + ring[:1], strict=True)
        if abs(one[0] - other[0]) > 180 * 100
    ]

    assert leaps == []
