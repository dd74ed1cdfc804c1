"""Which centers may be recorded twice: the keys they are compared by, suspects, open pairs."""

import importlib

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from centers import duplicates, search
from centers.duplicates import OpenPairs, match_keys, remember_different, suspects
from centers.models import Affiliation, Center, CenterName, Country, MatchKey, Organisation
from centers.rights import Rights
from mine_site.register import soundness

NOTHING = {"place": "", "country": "BG", "website": ""}


def keys(*names, **values):
    return match_keys(names=names, **{**NOTHING, **values})


def shared(one, other):
    """Why two sets of keys may be of one center: where the keys come from that they share."""
    return {{"n": "name", "p": "place", "w": "website"}[key[0]] for key in one & other}


@pytest.fixture
def add(bulgaria):
    """`add(name, **values)`: a center that is found by its name, as the admin would make it."""

    def add(name, *, names=(), **values):
        number = Center.objects.count()
        center = Center.objects.create(
            **{"name": name, "slug": f"center-{number}", "country": bulgaria} | values
        )
        for value in names:
            CenterName.objects.create(center=center, value=value, kind="alias")
        search.reindex("center", [center.pk])
        return center

    return add


def pairs(**values):
    return [(pair.a.name, pair.b.name, pair.reasons) for pair in OpenPairs(**values)[0:100]]


# --- Keys --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Mother Center Beočin", "Майчин център Беочин"),
        ("Mütterzentrum Salzgitter e.V.", "Mutterzentrum Salzgitter"),
        ("Mateřské centrum Sluníčko, z. s.", "MC Slunicko"),
        ("Materské centrum Prešov, o.z.", "Materske centrum PRESOV"),
        ("Rodinné a mateřské centrum Jablíčko", "Jablíčko"),
        ("Fészek Anyák Egyesülete Klub", "Fészek"),
        ("Sun Flower", "Sunflower"),
        ("MotherCenterNada", "Nada"),
        ("Mütterzentrum Sonne", "Muetterzentrumsonne"),
        ("Klub Slunce Brno", "Brno: Slunce, klub"),
        ("Majčin centar Isperih", "Mothers' Centre Isperikh"),
    ],
)
def test_spellings_of_a_name_share_a_key(one, other):
    assert shared(keys(one), keys(other)) == {"name"}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Mother Center Sofia", "Mother Center Varna"),
        ("Mother Center 1", "Mother Center 2"),
        ("Mother Center 11", "Mother Center 1"),
        ("Center A", "Center B"),
        ("Mateřské centrum Sluníčko", "Mateřské centrum Beruška"),
    ],
)
def test_other_names_share_no_key(one, other):
    assert shared(keys(one), keys(other)) == set()


def test_the_same_name_in_another_country_shares_no_key():
    assert shared(keys("Nada", place="Sofia"), keys("Nada", place="Sofia", country="RS")) == set()


def test_any_name_of_a_center_counts():
    assert shared(keys("Hope", "Nada"), keys("Надежда", "Нада")) == {"name"}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("Mother Center", "Sofia"), ("Mother Center Sofia", "София")),
        (("Майчин център", "гр. Исперих"), ("Mother Center Isperih", "Isperih (Razgrad)")),
        (("Slunce Praha", "Praha"), ("Slunce", "Praha 4 - Modřany")),
        (("42Wolfsburg", "Wolfsburg"), ("42 Wolfsburg", "Wolfsburg")),
    ],
)
def test_centers_of_a_town_are_compared_by_the_core_of_their_names(one, other):
    found = shared(*(keys(name, place=place) for name, place in (one, other)))

    assert "place" in found


def test_a_center_that_is_called_by_its_town_alone_has_the_town_for_a_name():
    assert shared(keys("Mother Center", place="Sofia"), keys("Mother Center Sofia")) == {"name"}
    assert (
        shared(keys("Mother Center", place="Sofia"), keys("Mother Center", place="Varna")) == set()
    )


def test_near_points_stand_for_the_town():
    one, near, far = ((42.6977, 23.3219), (42.72, 23.31), (43.2, 27.9))

    def at(point, place=""):
        return keys("Nada", place=place, public_point=point)

    assert shared(at(one, "Sofia"), at(near, "Sophia-City")) == {"name", "place"}
    assert shared(at(one, "Sofia"), at(far, "Sophia-City")) == {"name"}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://www.nada.example.org/", "http://nada.example.org"),
        ("nada.example.org/Index.html", "https://nada.example.org/"),
        ("https://www.facebook.com/nada?fbclid=x", "https://m.facebook.com/Nada/"),
        ("https://cs-cz.facebook.com/nada", "facebook.com/nada"),
        ("https://example.org/?id=4&utm_source=y", "example.org/?id=4"),
    ],
)
def test_spellings_of_an_address_share_a_key(one, other):
    assert shared(keys(website=one), keys(website=other)) == {"website"}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://facebook.com/", "https://www.facebook.com"),
        ("https://facebook.com/nada", "https://facebook.com/rada"),
        ("https://facebook.com/profile.php?id=1", "https://facebook.com/profile.php?id=2"),
        ("https://nada.wordpress.com", "https://rada.wordpress.com"),
        ("none", "none"),
        ("http://[", "http://["),
    ],
)
def test_addresses_of_many_and_nonsense_share_no_key(one, other):
    assert shared(keys(website=one), keys(website=other)) == set()


@given(
    names=st.lists(st.text(), max_size=3),
    place=st.text(),
    country=st.text(max_size=3),
    website=st.text() | st.from_regex(r"(https?:)?//.*", fullmatch=True),
    public_point=st.none() | st.tuples(st.floats() | st.decimals(), st.floats() | st.text()),
)
def test_match_keys_take_anything(names, place, country, website, public_point):
    found = match_keys(
        names=names, place=place, country=country, website=website, public_point=public_point
    )

    assert found == match_keys(
        names=names[::-1], place=place, country=country, website=website, public_point=public_point
    )
    assert all(0 < len(key) <= 120 and "\0" not in key for key in found)


# --- Keeping them ------------------------------------------------------------------------------


def test_keys_follow_the_center_and_its_names(add):
    center = add("Nada", website="https://nada.example.org")
    CenterName.objects.create(center=center, value="Hope", kind="alias")
    Center.objects.filter(pk=center.pk).update(website="")

    search.reindex("center", [center.pk])

    kept = set(center.match_keys.values_list("key", flat=True))
    assert kept == keys("Nada", "Hope")


def test_a_merged_center_has_no_keys(add):
    kept, merged = add("Nada"), add("Nada")
    Center.objects.filter(pk=merged.pk).update(merged_into=kept)

    search.reindex("center", [kept.pk, merged.pk])

    assert set(MatchKey.objects.values_list("center", flat=True)) == {kept.pk}


def test_check_register_proves_and_mends_the_keys(add):
    center, other = add("Nada"), add("Rada")
    center.match_keys.all().delete()
    MatchKey.objects.create(center=other, key="n:BG:stale")

    told = list(soundness.problems())
    soundness.repair()

    assert told == [
        f"duplicates: center {pk} is not compared by what it is called now"
        for pk in (center.pk, other.pk)
    ]
    assert list(soundness.problems()) == []


def test_the_migration_compares_the_centers_that_are_there(add):
    add("Nada", names=["Hope"], place="Sofia", latitude=42, longitude=23, website="nada.org")
    Center.objects.create(
        name="Merged", slug="m", country_id="BG", merged_into=Center.objects.get()
    )
    expected = set(MatchKey.objects.values_list("center", "key"))
    MatchKey.objects.all().delete()

    importlib.import_module("centers.migrations.0007_merging").compare_centers(apps, None)

    assert set(MatchKey.objects.values_list("center", "key")) == expected
    assert list(duplicates.disagreements()) == []


# --- Suspects ----------------------------------------------------------------------------------


def row(name, **values):
    return {"names": [name], **NOTHING, **values}


def test_suspects_say_why(add):
    center = add("Mother Center Nada", place="Sofia", website="https://nada.example.org")
    add("Mother Center Rada", place="Sofia")

    answers = suspects(
        [
            row("Нада"),
            row("Nada", place="София"),
            row("Hope", website="nada.example.org/"),
            row("Hope"),
        ]
    )

    assert answers == [
        {center.pk: {"name"}},
        {center.pk: {"name", "place"}},
        {center.pk: {"website"}},
        {},
    ]


def test_a_name_alone_raises_no_suspicion_in_another_town(add):
    center = add("Slunce", place="Sofia")

    answers = suspects([row("Slunce", place="Varna"), row("Slunce")])

    assert answers == [{}, {center.pk: {"name"}}]


def test_suspects_pass_over_keys_that_many_share(add):
    for number in range(duplicates.MAX_SHARED):
        add(f"Number {number * 7}", website="https://network.example.org")

    assert suspects([row("Nada", website="https://network.example.org")]) == [{}]


def test_suspects_take_the_same_queries_for_one_and_for_many(add):
    add("Nada", place="Sofia")
    counts = []
    for number in (1, 30, 1000):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            suspects([row(f"Nada {each}", place="Sofia") for each in range(number)])
        counts.append(len(queries))

    assert counts == [1, 1, 1]


def test_suspects_refuse_more_than_they_take():
    with pytest.raises(ValueError, match="1000 rows"):
        suspects([row("Nada")] * 1001)


# --- Pairs -------------------------------------------------------------------------------------


def test_pairs_come_with_their_reasons_the_likely_first(add):
    add("Nada", place="Sofia")
    add("Mother Center Nada", place="София")
    add("Hope", website="https://hope.example.org")
    add("Надежда", website="hope.example.org")
    add("Alone", place="Sofia")

    assert pairs() == [
        ("Nada", "Mother Center Nada", ("name", "place")),
        ("Hope", "Надежда", ("website",)),
    ]


def test_the_same_name_in_two_towns_is_a_list_of_its_own(add):
    add("Slunce", place="Sofia")
    add("Slunce", place="Varna")

    assert pairs() == []
    assert pairs(elsewhere=True) == [("Slunce", "Slunce", ("name",))]


def test_what_was_decided_is_left_out(add, coordinator):
    a, b = add("Nada"), add("Nada")

    remember_different(b, a, by=coordinator)
    record = remember_different(a, b, by=coordinator)

    assert (record.a, record.b, record.by) == (a, b, coordinator)
    assert (pairs(), OpenPairs().count()) == ([], 0)
    record.delete()
    assert OpenPairs().count() == 1


def test_pairs_of_merged_centers_are_left_out(add):
    a, b = add("Nada"), add("Nada")
    Center.objects.filter(pk=b.pk).update(merged_into=a)
    search.reindex("center", [b.pk])

    assert OpenPairs().count() == 0


def test_pairs_of_others_are_not_hers(add, make):
    serbia = Country.objects.create(code="RS")
    network = make(Organisation, slug="network")
    a, _b = add("Nada"), add("Nada")
    for name in ("Rada", "Rada"):
        add(name, country=serbia)
    add("Site", website="https://site.example.org")
    add("Сайт", website="https://site.example.org", country=serbia)
    Affiliation.objects.create(center=a, organisation=network, role="member")

    def seen(**values):
        return sorted(names[0] for names in pairs(rights=Rights(**values)))

    assert seen(is_lead=True) == ["Nada", "Rada", "Site"]
    assert seen(countries=frozenset(["BG"])) == ["Nada", "Site"]
    assert seen(countries=frozenset(["RS"])) == ["Rada", "Site"]
    assert seen(networks=frozenset([network.pk])) == ["Nada"]
    assert seen() == []
    assert duplicates.pairs_waiting(Rights(countries=frozenset(["BG"]))) == 2
    assert [names[0] for names in pairs(country="RS")] == ["Site", "Rada"]


def test_a_key_that_many_share_makes_no_pairs(add):
    for number in range(duplicates.MAX_SHARED + 1):
        add(f"Number {number * 7}", website="https://network.example.org")

    assert OpenPairs().count() == 0


def test_pairs_take_the_same_queries_for_one_and_for_many(add):
    counts = []
    for number in (1, 30):
        for each in range(number):
            for _twice in range(2):
                add(f"Nada {number}-{each}")
        with CaptureQueriesContext(connection) as queries:
            [str(pair.a.country) for pair in OpenPairs()[0:50]]
            OpenPairs().count()
        counts.append(len(queries))

    assert counts == [3, 3]
