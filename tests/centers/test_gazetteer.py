"""Towns by name and by place: the committed files, and how they are searched."""

import math

import pytest
from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as st

from centers import gazetteer
from centers.distance import distance_km
from centers.edits import allowed, one_slip, slips
from centers.gazetteer import FOLDER, folded, landmark, nearest, places_named, similar, towns_in

NAMES = (FOLDER / "names.tsv").read_text(encoding="utf-8").splitlines()
PLACES = (FOLDER / "places.tsv").read_text(encoding="utf-8").splitlines()
BOXES = [
    (float(latitude), float(longitude), name)
    for latitude, longitude, _country, _population, name in (
        line.split("\t", 5)[:5] for line in PLACES
    )
]
DEGREES = st.floats(-90, 90)


@pytest.mark.parametrize(
    ("typed", "name", "country"),
    [
        ("Исперих", "Isperih", "BG"),
        ("Isperih", "Isperih", "BG"),
        ("isperikh", "Isperih", "BG"),
        ("München", "Munich", "DE"),
        ("Munich", "Munich", "DE"),
        ("Muenchen", "Munich", "DE"),
        ("Mnichov", "Munich", "DE"),
        ("Мюнхен", "Munich", "DE"),
        ("Wien", "Vienna", "AT"),
        ("Vienna", "Vienna", "AT"),
        ("Bécs", "Vienna", "AT"),
        ("Vídeň", "Vienna", "AT"),
        ("Beocin", "Beočin", "RS"),
        ("Беочин", "Beočin", "RS"),
        ("Praha", "Prague", "CZ"),
        ("Banska Stiavnica", "Banská Štiavnica", "SK"),
        ("STARA ZAGORA", "Stara Zagora", "BG"),
    ],
)
def test_town_is_found_in_every_spelling(typed, name, country):
    place = places_named(typed)[0]

    assert (place.name, place.country) == (name, country)


def test_town_is_called_as_it_was_typed():
    assert [places_named(typed)[0].spelling for typed in ("Wien", "Исперих", "munchen")] == [
        "Wien",
        "Исперих",
        "München",
    ]


def test_whole_name_comes_before_beginnings_and_the_biggest_first():
    found = places_named("Neuhausen", limit=30)

    whole = [place for place in found if place.name == "Neuhausen"]
    assert len(whole) == 4
    assert found[:4] == whole
    assert [place.country for place in whole] == ["CH", "DE", "DE", "DE"]
    assert [p.population for p in whole] == sorted((p.population for p in whole), reverse=True)
    assert len({place.point for place in whole}) == 4


def test_beginning_finds_the_biggest_first_and_country_limits_it():
    populations = [place.population for place in places_named("Targ", country="BG")]

    assert [place.name for place in places_named("Targov", country="BG")] == ["Targovishte"]
    assert populations == sorted(populations, reverse=True)
    assert {place.country for place in places_named("san", country="CH")} == {"CH"}


@pytest.mark.parametrize("text", ["", " ", "\0", "xyzzyq", "漢字漢字漢", "%_'\"", "\ud800", "-"])
def test_nonsense_finds_no_town(text):
    assert places_named(text) == []
    assert similar(text) == []


def test_absurdly_long_text_is_cut():
    assert places_named("Razgrad" + " x" * 50_000) == []
    assert similar("Razgrad" * 10_000) == []


@given(st.text(max_size=30), st.integers(1, 20))
def test_any_text_gets_at_most_so_many_places_that_begin_so(text, limit):
    found = places_named(text, limit=limit)

    assert len(found) <= limit
    for place in found:
        assert any(folded(name).startswith(folded(text)) for name in place.spellings)


@given(st.sampled_from(NAMES))
def test_bisection_finds_every_line(line):
    name, keys = line.split("\t")

    found_name, found_keys = next(gazetteer._lines_from(name.encode()))

    assert (found_name.decode(), found_keys.decode()) == (name, keys)


@given(st.binary(max_size=8))
def test_bisection_finds_the_first_line_that_is_not_before(key):
    expected = next((line for line in NAMES if line.encode() >= key), None)

    line = next(gazetteer._lines_from(key), None)

    assert (line and b"\t".join(line).decode()) == expected


def test_files_agree_with_one_another_and_with_the_folding():
    keys = [line.split("\t")[0].encode() for line in NAMES]
    assert keys == sorted(set(keys))
    for line in PLACES[::97]:
        latitude, longitude, country, _population, *names = line.split("\t")
        point = float(latitude), float(longitude)
        assert country in {*gazetteer.NETWORK, *gazetteer.NEIGHBOURS}
        for name in names:
            key = folded(name)
            assert key == "" or next(gazetteer._lines_from(key.encode()))[0] == key.encode()
        assert any(
            place.point == point and place.name == names[0]
            for place in towns_in(*point, *point, limit=100)
        )


def test_places_stand_by_their_size():
    populations = [int(line.split("\t")[3]) for line in PLACES]

    assert populations == sorted(populations, reverse=True)


@settings(max_examples=20)
@given(st.floats(35, 60), st.floats(5, 30), st.floats(0, 3), st.floats(0, 3))
def test_box_gives_the_biggest_towns_in_it(south, west, height, width):
    north, east = south + height, west + width
    expected = [
        name
        for latitude, longitude, name in BOXES
        if south <= latitude <= north and west <= longitude <= east
    ]

    assert [town.name for town in towns_in(south, west, north, east, limit=20)] == expected[:20]


def test_box_may_cross_the_180th_meridian_or_be_nonsense():
    across = towns_in(60, 170, 70, -160)

    assert {town.country for town in across} == {"RU", "US"}
    assert towns_in(50, 0, 40, 10) == []
    assert towns_in(math.nan, 0, 40, 10) == []
    assert towns_in(-math.inf, 0, math.inf, 10) == []


@settings(max_examples=30)
@given(DEGREES, st.floats(-180, 180))
def test_nearest_answers_everywhere(latitude, longitude):
    place = nearest(latitude, longitude)

    assert place is None or distance_km(place.point, (latitude, longitude)) < 900


def test_nearest_and_landmark_name_the_towns_around():
    small = places_named("Tsar Kaloyan")[0]

    assert nearest(43.53, 26.52).name == "Razgrad"
    assert landmark(small).name == "Razgrad"
    assert landmark(places_named("Hamburg")[0]) is None
    assert nearest(0, -150) is None


@pytest.mark.parametrize(
    ("typed", "meant"), [("Razgad", "Razgrad"), ("Rzagrad", "Razgrad"), ("Bratislve", "Bratislava")]
)
def test_similar_forgives_slips_of_the_pen(typed, meant):
    assert meant in [place.name for place in similar(typed)]


def test_similar_answers_in_the_script_that_was_typed():
    assert similar("Разгарт")[0].spelling == "Разград"
    assert similar("Razgart")[0].spelling == "Razgrad"


WORDS = st.text("abcz", max_size=8)


@given(WORDS, WORDS)
def test_slips_are_the_same_both_ways_and_none_for_the_same_word(one, other):
    assert slips(one, other, most=3) == slips(other, one, most=3)
    assert (slips(one, other, most=3) == 0) == (one == other)


@given(WORDS)
def test_one_slip_makes_words_at_distance_one(word):
    assert {slips(word, other, most=2) for other in one_slip(word)} == {1}


def test_short_words_are_taken_as_they_are():
    assert [allowed(word) for word in ("ul", "mam", "mama", "mamas", "mamita")] == [0, 0, 1, 1, 2]


@pytest.mark.parametrize(
    ("name", "country", "language", "shown"),
    [
        ("Razgrad", "BG", "bg", "Разград"),
        ("Isperih", "BG", "bg", "Исперих"),
        ("Разград", "BG", "bg", "Разград"),
        ("Razgrad", "BG", "en", "Razgrad"),
        ("Kremnica", "SK", "bg", "Kremnica"),
        ("Nowhere at all", "BG", "bg", "Nowhere at all"),
        ("", "BG", "bg", ""),
    ],
)
def test_town_is_written_in_the_readers_letters_where_they_are_known(
    name, country, language, shown
):
    with translation.override(language):
        assert gazetteer.town_for_reader(name, country) == shown
