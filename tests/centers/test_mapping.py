"""The map: what a view shows, how precisely, and how it is drawn without scripts."""

import math
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from centers.drawn_map import HEIGHT, WIDTH, MapPanel, country_marks
from centers.mapping import MOST_MARKS, MOST_NAMED, View, marks
from centers.models import Center, Country

WORLD = "bbox=-180,-90,180,90"


def ask(client, query, *, language=""):
    return client.get(f"{language}/centers/map.json?{query}")


def count(found):
    return len(found["points"]) + sum(cluster["count"] for cluster in found["clusters"])


@pytest.fixture
def place(bulgaria):
    """`place(n, latitude, longitude, **values)`: a published center at that point."""

    def place(number, latitude, longitude, **values):
        return Center.objects.create(
            **{"name": f"Center {number}", "slug": f"center-{number}", "country": bulgaria,
               "place": "Razgrad", "latitude": latitude, "longitude": longitude, **values}
        )  # fmt: skip

    return place


@pytest.mark.parametrize(
    "query", ["", "status=all", "country=BG", "q=mother&status=all", "cause=rent"]
)
@pytest.mark.parametrize("zoom", [0, 5, 14])
def test_map_shows_as_many_as_the_list_with_the_same_filters(client, register, query, zoom):
    found = ask(client, f"{query}&{WORLD}&zoom={zoom}").json()
    listed = client.get(f"/centers.json?{query}").json()["centers"]
    placed = [row for row in listed if row["latitude"] is not None]

    assert found["total"] == count(found) == len(placed)


def test_map_shows_a_center_as_precisely_as_it_allows(client, place):
    place(1, "43.527419", "26.524131", precision="town")
    place(2, "44.527419", "27.524131", precision="exact")
    place(3, "42.527419", "25.524131", precision="withheld", place="")
    found = ask(client, f"{WORLD}&zoom=14").json()
    points = {row["name"]: (row["lat"], row["lon"]) for row in found["points"]}

    assert points == {"Center 1": (43.53, 26.52), "Center 2": (44.527419, 27.524131)}


def test_map_joins_what_stands_close_and_parts_it_nearer(client, place):
    place(1, "43.50", "26.50")
    place(2, "43.60", "26.60")
    far = ask(client, f"{WORLD}&zoom=3").json()
    near = ask(client, "bbox=26,43,27,44&zoom=10").json()

    [cluster] = far["clusters"]
    assert (cluster["count"], cluster["bounds"]) == (2, [26.5, 43.5, 26.6, 43.6])
    assert cluster["statuses"] == {"unknown": 2}
    assert far["points"] == []
    assert sorted(row["name"] for row in near["points"]) == ["Center 1", "Center 2"]


def test_centers_at_one_point_are_named_together(client, place):
    for number in range(MOST_NAMED + 5):
        place(number, "43.5", "26.5")
    found = ask(client, f"{WORLD}&zoom=14").json()

    [cluster] = found["clusters"]
    assert cluster["count"] == MOST_NAMED + 5
    assert len(cluster["members"]) == MOST_NAMED
    assert cluster["members"][0]["url"] == "/centers/center-0/"


def test_stack_without_names_is_one_to_look_nearer_at(client, place, monkeypatch):
    """A bubble with nobody in it cannot be opened: the script would look for its first link."""
    monkeypatch.setattr("centers.mapping.MOST_STACKS", 1)
    for number in range(5):
        place(number, "43.53", "26.52" if number < 3 else "27.52")
    clusters = ask(client, f"{WORLD}&zoom=14").json()["clusters"]

    assert sorted((row["count"], len(row.get("members", "none"))) for row in clusters) == [
        (2, len("none")),
        (3, 3),
    ]


def test_marks_do_not_cover_each_other(client, place):
    """Two centers on both sides of a line of the grid are one mark all the same."""
    place(1, "43.5", "22.49")
    place(2, "43.5", "22.51")
    found = ask(client, f"{WORLD}&zoom=4").json()

    assert found["points"] == []
    assert [cluster["count"] for cluster in found["clusters"]] == [2]


def test_map_leaves_out_what_is_outside_of_the_view(client, place):
    place(1, "43.5", "26.5")
    place(2, "53.5", "6.5")
    found = ask(client, "bbox=20,40,30,45&zoom=6").json()

    assert [row["name"] for row in found["points"]] == ["Center 1"]
    assert found["total"] == 1


def test_map_names_towns_for_orientation_from_near(client, db):
    near = ask(client, "bbox=26.3,43.4,26.8,43.7&zoom=10").json()["towns"]
    far = ask(client, f"{WORLD}&zoom=2").json()["towns"]

    assert "Razgrad" in [town["name"] for town in near]
    assert all(26.3 <= town["lon"] <= 26.8 and 43.4 <= town["lat"] <= 43.7 for town in near)
    assert far == []


def test_map_speaks_the_language_of_its_address(client, place):
    place(1, "43.5", "26.5")
    [center] = ask(client, f"{WORLD}&zoom=4", language="/bg").json()["points"]

    assert center["url"] == "/bg/centers/center-1/"


@pytest.mark.parametrize(
    "query",
    [
        "", "zoom=4", "bbox=1,2,3&zoom=4", "bbox=a,b,c,d&zoom=4", "bbox=nan,0,1,1&zoom=4",
        "bbox=0,0,inf,1&zoom=4", f"{WORLD}&zoom=", f"{WORLD}&zoom=-1", f"{WORLD}&zoom=99999999",
        f"{WORLD}&zoom=4.5", "bbox=10,0,5,1&zoom=4", "bbox=0,9,5,1&zoom=4", f"{WORLD}&zoom=%00",
        "bbox=%00&zoom=4", f"bbox={'1' * 5000},0,1,1&zoom=4", f"{WORLD}&zoom=4&country=XX",
    ],
)  # fmt: skip
def test_map_refuses_what_makes_no_sense_in_words(client, register, query):
    answer = ask(client, query)

    assert answer.status_code == 400
    assert re.search(r"\w+ \w+ .*\.$", answer.json()["error"])


@given(st.lists(st.floats(-1000, 1000), min_size=4, max_size=4), st.integers(0, 30))
def test_view_is_always_inside_the_world(sides, zoom):
    west, south, east, north = sides
    try:
        view = View.parse(",".join(map(str, sides)), str(zoom))
    except ValueError:
        assert (
            west > east or south > north or west > 180 or east < -180 or south > 90 or north < -90
        )
        return

    assert -180 <= view.west <= view.east <= 180
    assert -90 <= view.south <= view.north <= 90
    assert all(math.isfinite(side) and side > 0 for side in view.cell)


@pytest.mark.parametrize("number", [1, 30])
def test_map_asks_the_same_number_of_questions(client, place, number):
    for each in range(number):
        place(each, f"{40 + each / 7:.2f}", f"{20 + each / 5:.2f}")
    view = View.parse("-180,-90,180,90", "9")
    with CaptureQueriesContext(
        connection,
    ) as queries:
        found = marks(Center.objects.published(), view)

    assert count(found) == number
    assert len(queries) == 2


def test_map_answers_with_some_hundred_marks_at_most(bulgaria):
    Center.objects.bulk_create(
        Center(name=f"C {n}", slug=f"c-{n}", country=bulgaria, latitude=40 + n % 50 / 3,
               longitude=n // 50 / 3, precision="exact")
        for n in range(2500)
    )  # fmt: skip
    found = marks(Center.objects.published(), View.parse("-180,-90,180,90", "14"))

    assert len(found["points"]) + len(found["clusters"]) <= MOST_MARKS
    assert count(found) == 2500


# --- Drawn ------------------------------------------------------------------------------------


def test_drawing_counts_countries_and_leads_to_them(client, register):
    text = client.get("/centers/?view=map&status=all").content.decode()
    drawing = re.search(r'<svg class="map-drawn".*?</svg>', text, re.DOTALL)[0]

    assert '<a href="/countries/bg/" aria-label="Bulgaria: 5">' in drawing
    assert text.count("<circle cx") >= 8
    assert "style=" not in drawing
    # Its place is not known: it is named below, and drawn nowhere.
    assert re.search(r'class="map-unplaced">.*?/centers/family-center-malicek', text, re.DOTALL)


def test_circles_keep_apart_and_inside(bulgaria, place):
    codes = ["BG", "RS", "MK", "AL", "XK", "ME", "BA", "HR", "SI"]
    for number, code in enumerate(codes):
        country = Country.objects.get_or_create(code=code)[0]
        place(number, f"{42 + number / 20:.2f}", f"{21 + number / 20:.2f}", country=country)
    drawn = country_marks(Center.objects.all())

    for index, one in enumerate(drawn):
        assert one.radius <= one.x <= WIDTH - one.radius
        assert one.radius <= one.y <= HEIGHT - one.radius
        for other in drawn[index + 1 :]:
            apart = math.hypot(one.x - other.x, one.y - other.y)
            assert apart > one.radius + other.radius - 0.5


def test_country_outside_of_the_drawing_is_a_link_below(client, place):
    rwanda = Country.objects.create(code="RW")
    place(1, "-1.95", "30.06", country=rwanda)
    panel = MapPanel(Center.objects.all())
    text = client.get("/centers/?view=map").content.decode()

    assert [mark.country.code for mark in panel.countries] == ["RW"]
    assert panel.drawn == []
    assert re.search(r'map-countries">.*?<a href="/countries/rw/">Rwanda</a>', text, re.DOTALL)


def test_map_is_a_view_that_keeps_the_filters(client, register):
    text = client.get("/centers/?country=BG&status=all&view=map").content.decode()

    assert re.search(r'<a href="\?country=BG&amp;status=all" *>\s*List', text)
    assert 'name="view" value="map"' in text
    # Removing a filter stays on the map, and the map is no filter to remove.
    assert '<a href="?status=all&amp;view=map" class="chip">' in text
    assert text.count('class="chip"') == 2
    assert 'data-points="/centers/map.json?country=BG&amp;status=all' in text
