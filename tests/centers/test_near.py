"""Finding what is near: a town or a position, the distance, and what may have been meant."""

import csv
import io
import json
import re

import pytest
from django.utils import translation
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from centers import search
from centers.distance import distance_km, only_within, remoteness
from centers.models import Center, Country, SearchEntry
from centers.nearby import origin_of, position, town_called
from centers.suggestions import towns_meant, words_meant

pytestmark = pytest.mark.django_db

RAZGRAD = (43.5333, 26.5185)
IN_FIXTURE = settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def at(bulgaria, coordinator):
    """`at(name, latitude, longitude)`: an active center there."""

    def at(name, latitude, longitude, *, status="active", precision="town", place=""):
        center = Center.objects.create(
            name=name, slug=name.lower().replace(" ", "-"), country=bulgaria, place=place,
            latitude=latitude, longitude=longitude, precision=precision,
        )  # fmt: skip
        if status:
            center.record_status(status, observed="2026-05", by=coordinator)
        search.reindex(SearchEntry.Kind.CENTER, [center.pk])
        return center

    return at


@pytest.fixture
def around(at):
    """Centers around Razgrad, in Bulgaria's north-east."""
    return [
        at("Far", 42.7, 23.32, place="Sofia"),
        at("Middle", 43.27, 26.93, place="Shumen"),
        at("Close", 43.72, 26.83, place="Isperih"),
        at("Hidden", 43.53, 26.52, precision="withheld", place="Razgrad"),
        at("Gone", 43.53, 26.52, status="closed", place="Razgrad"),
    ]


def page_of(client, address):
    response = client.get(address)
    assert response.status_code == 200
    return re.sub(r"\s+", " ", response.content.decode())


def names_in(page):
    return re.findall(r'<h3><a href="[^"]+">([^<]+)</a></h3>', page)


# --- From where ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "point"),
    [
        ("43.53,26.52", (43.53, 26.52)),
        (" 43.531234 ; -26.529 ", (43.53, -26.53)),
        ("-90,180", (-90, 180)),
        ("90.01,0", None),
        ("0,180.5", None),
        ("43.53", None),
        ("nan,inf", None),
        ("1e5,2", None),
        ("43.53,26.52,1", None),
        ("٤٣,٢٦", None),
        ("4" * 5000 + ",1", None),
    ],
)
def test_position_is_two_numbers_on_the_globe_rounded_to_a_kilometre(text, point):
    assert position(text) == point


@given(st.text(max_size=120))
def test_any_text_is_a_place_or_none(text):
    origin = origin_of(text)

    assert origin is None or (abs(origin.point[0]) <= 90 and abs(origin.point[1]) <= 180)


@pytest.mark.parametrize("name", ["Neuhausen", "Springfield", "Frankfurt", "Vienna", "Targovishte"])
def test_each_namesake_has_an_address_that_finds_it(name):
    origin = origin_of(name)

    found = [origin_of(other.text) for other in origin.namesakes]
    assert found
    for other, again in zip(origin.namesakes, found, strict=True):
        assert distance_km(other.point, again.point) < 1.5
    assert len({each.whereabouts for each in [origin, *origin.namesakes]}) == 1 + len(found)


def test_town_is_told_from_its_namesakes_by_country_or_town_nearby():
    assert origin_of("Neuhausen, Germany").place.country == "DE"
    assert origin_of("Neuhausen, Schweiz").place.country == "CH"
    assert origin_of("Neuhausen (Singen)").whereabouts.endswith("(near Singen)")
    assert origin_of("Neuhausen", country="DE").place.country == "DE"
    assert origin_of("Neuhausen, Kenya") is None


def test_position_is_named_by_the_town_around_it():
    assert origin_of("43.53,26.52").whereabouts == "43.53, 26.52 (near Razgrad)"
    with translation.override("bg"):
        assert origin_of("43.53,26.52").whereabouts.endswith("Разград)")
    assert origin_of("0,-150").whereabouts == "0.00, -150.00"


def test_only_whole_names_make_words_a_town():
    assert town_called("Razgrad").place.name == "Razgrad"
    assert town_called("Razgr") is None
    assert town_called("43.53,26.52") is None


# --- Distance --------------------------------------------------------------------------------

POINTS = st.tuples(st.integers(-9000, 9000), st.integers(-18000, 18000)).map(
    lambda hundredths: (hundredths[0] / 100, hundredths[1] / 100)
)
CENTERS = POINTS.filter(any)  # none stands where both are 0


@IN_FIXTURE
@given(
    points=st.lists(CENTERS, min_size=1, max_size=12), origin=POINTS, radius=st.integers(1, 3000)
)
def test_database_orders_and_limits_by_the_distance_on_the_globe(
    bulgaria, undone, points, origin, radius
):
    with undone():
        Center.objects.bulk_create(
            Center(name=str(n), slug=str(n), country=bulgaria, latitude=lat, longitude=lon)
            for n, (lat, lon) in enumerate(points)
        )
        Center.objects.update(precision="town")

        ordered = Center.objects.order_by(remoteness(origin), "slug")
        distances = [distance_km(origin, center.published_point) for center in ordered]
        limited = only_within(Center.objects.all(), origin, radius)
        inside = {distance_km(origin, center.published_point) for center in limited}

    # Two that are equally far, but for rounding, may stand either way.
    assert distances == pytest.approx(sorted(distances), abs=0.05)
    assert all(distance <= radius + 0.05 for distance in inside)
    assert all(distance in inside for distance in distances if distance < radius - 0.05)


# --- The list --------------------------------------------------------------------------------


def test_list_near_a_town_has_the_nearest_first_and_says_how_far(client, around):
    page = page_of(client, "/centers/?near=Razgrad")

    assert names_in(page) == ["Close", "Middle", "Far", "Hidden"]
    assert re.findall(r'<p class="distance">([^<]+)</p>', page) == [
        "about 33 km", "about 44 km", "about 276 km",
    ]  # fmt: skip
    assert "Distances are counted from Razgrad, Bulgaria." in page
    assert page.count("Its place is not published, so the distance is not known.") == 1


def test_withheld_point_plays_no_part(client, around):
    page = page_of(client, "/centers/?near=43.53,26.52&within=10")

    assert names_in(page) == []
    assert "There is no such center within 10 km of your position." in page
    assert 'The nearest is <a href="/centers/close/">Close</a>, about 33 km away.' in page


def test_distance_limits_counts_files_and_pages_alike(client, around):
    page = page_of(client, "/centers/?near=Razgrad&within=50&status=all")
    rows = list(
        csv.DictReader(
            io.StringIO(
                client.get("/centers.csv?near=Razgrad&within=50").content.decode("utf-8-sig")
            )
        )
    )
    features = json.loads(client.get("/centers.geojson?near=Razgrad&within=50").content)

    assert names_in(page) == ["Gone", "Close", "Middle"]
    assert "3 centers" in page
    assert [row["name"] for row in rows] == ["Close", "Middle"]
    assert len(features["features"]) == 2


def test_other_orders_keep_the_distances(client, around):
    page = page_of(client, "/centers/?near=Razgrad&sort=name")

    assert names_in(page) == ["Close", "Far", "Hidden", "Middle"]
    assert "about 33 km" in page
    assert 'href="?near=Razgrad&amp;sort=distance"' in page


def test_filters_chips_and_pages_keep_the_town(client, around, at):
    for number in range(25):
        at(f"More {number}", 43.9, 26.5)
    page = page_of(client, "/centers/?near=Razgrad&within=100&sort=distance")

    assert 'name="near" maxlength="100" value="Razgrad"' in page
    assert '<option value="100" selected>' in page
    assert 'href="?near=Razgrad&amp;within=100&amp;sort=distance&amp;page=2"' in page
    # Without the town nothing can be nearest, or within.
    assert '<a href="?" class="chip">Near: Razgrad' in page
    assert '<a href="?near=Razgrad&amp;sort=distance" class="chip">Within: 100 km' in page


def test_number_of_queries_does_not_grow(client, at, django_assert_max_num_queries):
    at("One", 43.9, 26.5)
    with django_assert_max_num_queries(40) as few:
        client.get("/centers/?near=Razgrad&within=100")
    for number in range(29):
        at(f"More {number}", 43.9, 26.5)

    with django_assert_max_num_queries(len(few)):
        client.get("/centers/?near=Razgrad&within=100")


def test_unknown_town_is_said_and_the_list_shown_whole(client, around):
    page = page_of(client, "/centers/?near=Razgad&within=10&sort=distance")

    assert "No town called “Razgad” is known here, so distances are not shown." in page
    assert '<a href="?near=Razgrad">Razgrad, Bulgaria</a>' in page
    assert names_in(page) == ["Close", "Far", "Hidden", "Middle"]
    assert 'value="Razgad"' in page


def test_file_of_an_unknown_town_is_refused(client, around):
    response = client.get("/centers.json?near=Xyzzyx")

    assert response.status_code == 400
    assert "No town called “Xyzzyx” is known here" in response.content.decode()


@pytest.mark.parametrize(
    "query",
    [
        "near=%00", "near=" + "a" * 5000, "near=91,0", "near=1,2&within=7", "near=1,2&within=x",
        "within=10", "sort=distance", "near=1,2&near=3,4", "near=%F0%9F%98%80", "near=,", "near=()",
        "near=(((((((((((((((((((((((,,,,,", "near=90,0&within=100", "near=0,180&within=100",
    ],
)  # fmt: skip
def test_nonsense_near_a_place_never_fails(client, around, query):
    assert names_in(page_of(client, f"/centers/?{query}")) or "There is no such center" in page_of(
        client, f"/centers/?{query}"
    )
    assert client.get(f"/centers.json?{query}").status_code in (200, 400)


def test_distance_without_a_town_is_said(client, around):
    page = page_of(client, "/centers/?within=10")

    assert "To see what is within a distance, say near which town." in page
    assert len(names_in(page)) == 4


# --- A town typed as words -------------------------------------------------------------------


def test_town_without_a_center_shows_the_nearest_living_ones(client, around, at):
    at("Resting", 43.25, 26.57, status="paused")
    page = page_of(client, "/centers/?q=Targovishte")

    assert "No center is called “Targovishte” or is in a town of that name." in page
    assert "The nearest centers to Targovishte, Bulgaria (near Shumen)" in page
    assert names_in(page) == ["Middle", "Close", "Far"]
    assert "about 29 km" in page
    assert '">Târgovişte, Romania (near Ploieşti)</a>' in page
    assert '<a href="?near=Targovishte">All centers, the nearest first</a>' in page


def test_nearest_to_a_typed_town_keep_to_the_other_filters(client, around, at):
    Center.objects.filter(name="Middle").update(
        country=Country.objects.create(code="RO", region="south-eastern-europe")
    )

    page = page_of(client, "/centers/?q=Targovishte&country=RO")

    assert names_in(page) == ["Middle"]


def test_town_with_a_center_offers_those_around(client, around):
    page = page_of(client, "/centers/?q=Shumen")

    assert names_in(page) == ["Middle"]
    assert '<a href="?near=Shumen">See which centers are near Shumen, Bulgaria</a>' in page


# --- What may have been meant ----------------------------------------------------------------


def test_mistyped_words_are_offered_as_they_are_written(around, at):
    at("Majčin centar", 45.2, 19.7, place="Beočin")

    assert words_meant("Beocim") == ["Beočin"]
    assert words_meant("clsoe", kind=SearchEntry.Kind.CENTER) == ["Close"]
    assert words_meant("majcin beocim") == ["majcin Beočin"]
    assert words_meant("Karmen") == []


@pytest.mark.parametrize("text", ["", "\0", "q", "%", "a" * 5000, "x y z w v u t s r", "'\"*"])
def test_nonsense_means_nothing(around, text):
    assert words_meant(text) == []


@IN_FIXTURE
@given(text=st.text(max_size=40))
def test_whatever_is_offered_finds_something(around, text):
    for meant in words_meant(text):
        assert SearchEntry.objects.matching(meant).exists()


def test_towns_are_offered_by_beginning_and_by_likeness():
    assert [town.place.name for town in towns_meant("Targovisht")] == ["Târgovişte", "Targovishte"]
    assert towns_meant("Razgad")[0].place.name == "Razgrad"
    assert towns_meant("43.53,26.52") == []


def test_list_that_finds_nothing_offers_words_and_towns(client, around):
    page = page_of(client, "/centers/?q=Izperih&freshness=confirmed")

    assert '<a href="?freshness=confirmed&amp;q=Isperih">Isperih</a>' in page


def test_search_that_finds_nothing_offers_words_and_towns(client, around):
    page = page_of(client, "/search/?q=Izperih")
    town = page_of(client, "/search/?q=Targovishte")

    assert '<a href="/search/?q=Isperih">Isperih</a>' in page
    assert '<a href="/centers/?near=Targovishte">centers near Targovishte, Bulgaria' in town


# --- While somebody types --------------------------------------------------------------------


def suggested(client, query):
    return client.get(f"/search/suggest.json?{query}").json()["suggestions"]


def test_typing_suggests_centers_and_towns(client, around):
    suggestions = suggested(client, "q=Isper")

    assert suggestions[0] == {
        "text": "Close", "detail": "Isperih, Bulgaria", "url": "/centers/close/",
    }  # fmt: skip
    assert suggestions[1] == {
        "text": "Isperih",
        "detail": "centers near Isperih, Bulgaria",
        "url": "/centers/?near=Isperih",
    }
    assert suggested(client, "q=Isper&kind=town")[0]["text"] == "Isperih"


def test_typing_suggests_no_closed_center_and_no_withheld_town(client, around):
    texts = [each["text"] for each in suggested(client, "q=Razgrad")]

    assert texts == ["Razgrad"]


@pytest.mark.parametrize("query", ["", "q=", "q=a", "q=%00", "q=" + "%F0%9F%98%80" * 50, "kind=x"])
def test_typing_nonsense_suggests_nothing(client, around, query):
    assert client.get(f"/search/suggest.json?{query}").json() == {
        "suggestions": [], "said": "0 suggestions",
    }  # fmt: skip
