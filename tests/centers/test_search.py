"""The search index: both databases find the same, and the index says when it is out of date."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from centers import folding, search
from centers.models import (
    Affiliation,
    Center,
    CenterName,
    Organisation,
    OrganisationName,
    SearchEntry,
)
from centers.models.search import MAX_TERMS
from projects.models import Project
from stories.models import Story

CENTER, ORGANISATION = SearchEntry.Kind.CENTER, SearchEntry.Kind.ORGANISATION
PROJECT, STORY = SearchEntry.Kind.PROJECT, SearchEntry.Kind.STORY


def centers_found(query):
    return sorted(
        Center.objects.filter(pk__in=search.found(CENTER, query)).values_list("slug", flat=True)
    )


NEUHAUSEN, EICHENAU = "mother-father-center-neuhausen-munich", "family-and-mother-center-eichenau"


@pytest.mark.usefixtures("register")
@pytest.mark.parametrize(
    ("query", "slugs"),
    [
        ("Mütter", [EICHENAU, NEUHAUSEN]),
        ("Muetter", [EICHENAU, NEUHAUSEN]),
        ("Mutter", [EICHENAU, NEUHAUSEN]),
        ("mutter vater", [NEUHAUSEN]),
        ("Vaeter-Zentrum Neuhausen", [NEUHAUSEN]),
        ("Beočin", ["open-heart-beocin"]),
        ("Беочин", ["open-heart-beocin"]),
        ("Beochin", ["open-heart-beocin"]),
        ("beoc", ["open-heart-beocin"]),
        ("Исперих", ["mother-center-isperih"]),
        ("isperih", ["mother-center-isperih"]),
        ("marcin tsentir", ["mother-center-isperih"]),
        ("zilina", ["mother-center-nezabudka-zilina"]),
        ("Žilina Nezab", ["mother-center-nezabudka-zilina"]),
        ("Unia materskych", ["mother-center-nezabudka-zilina"]),  # its network
        ("khetane", ["open-heart-beocin"]),  # its host
        ("3 gen", ["3-generations-center-utrecht"]),
        ("ulica", ["family-center-mala-ulica-ljubljana"]),
        ("lica", []),
        ("isperih munich", []),
        ("", []),
        ("  ", []),
        ("-", []),
    ],
)
def test_search_finds_centers_by_every_name_town_and_organisation(query, slugs):
    assert centers_found(query) == slugs


@pytest.mark.usefixtures("register")
@pytest.mark.parametrize(
    ("kind", "model", "query", "slugs"),
    [
        (ORGANISATION, Organisation, "Anyatermeszet", ["mothernature"]),
        (ORGANISATION, Organisation, "integro razgrad", ["integro"]),
        (PROJECT, Project, "bydelsmoedre", ["neighbourhood-mothers"]),
        (PROJECT, Project, "digital", ["lets-build-bridges"]),
        (STORY, Story, "teapot", ["a-spirit-too"]),
    ],
)
def test_search_finds_other_things_by_their_own_words(kind, model, query, slugs):
    found = model.objects.filter(pk__in=search.found(kind, query))

    assert sorted(found.values_list("slug", flat=True)) == slugs


NASTY = [
    '"',
    "'",
    "';DROP TABLE centers_center;--",
    "' OR 1=1",
    '"*"',
    "*",
    "NEAR(isperih munich)",
    "AND",
    "OR NOT",
    "isp:*",
    "&|!()<->",
    "{words}:isperih",
    "^isperih ^",
    "\\",
    "%",
    "_",
    "\x00",
    "\u202e",
    "😀",
    "(((((",
    "::tsquery",
    "a" * 100_000,
    "ab" * 50_000,
    "b " * 50_000,
    "'" * 10_000,
    "﷽" * 1_000,
]


def expected(query):
    """The words of the entries that the query is to find: its first terms begin words of them."""
    terms = folding.forms(query)[:MAX_TERMS]
    return sorted(
        entry.words
        for entry in SearchEntry.objects.all()
        if terms
        and all(
            any(word.startswith(form) for form in term for word in entry.words.split())
            for term in terms
        )
    )


@pytest.mark.usefixtures("register")
@pytest.mark.parametrize("query", NASTY, ids=lambda query: repr(query[:20]))
def test_search_takes_signs_and_lengths_for_what_they_are(query):
    found = SearchEntry.objects.matching(query)

    assert sorted(found.values_list("words", flat=True)) == expected(query)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    query=st.lists(
        st.one_of(
            st.sampled_from(["Mütter", "center", "Bе", "moth", "m", "3", "беоч", "zent", "and"]),
            st.text(max_size=5),
        ),
        max_size=3,
    ).map(" ".join)
)
def test_search_finds_what_begins_with_the_terms_on_both_databases(register, query):
    found = SearchEntry.objects.matching(query)

    assert sorted(found.values_list("words", flat=True)) == expected(query)


@pytest.mark.usefixtures("register")
def test_search_looks_at_the_first_words_of_a_query_only():
    assert centers_found("isperih " * MAX_TERMS + "nonsense") == ["mother-center-isperih"]


@pytest.mark.parametrize("letters", [2_048, 100_000])
def test_a_story_with_an_endless_word_is_indexed_and_found(make, letters):
    body = f"Tea {'ab' * (letters // 2)} zeal"
    story = make(Story, title="Tea", body=body, state="published", consent="yes")

    search.reindex(STORY)

    for word in ("tea", "abab", "zeal"):
        assert list(search.found(STORY, word)) == [{"object_id": story.pk}]


def test_reindex_learns_and_forgets(center):
    search.reindex()
    assert centers_found("isperih") == ["isperih"]

    center.name = center.place = "Беочин"
    center.save()
    search.reindex(CENTER, [center.pk])

    assert (centers_found("isperih"), centers_found("beocin")) == ([], ["isperih"])


def test_reindex_of_some_leaves_the_others_alone(center, make):
    other = make(Center, name="Beočin")
    search.reindex()
    Center.objects.update(name="Kremnica", place="")

    search.reindex(CENTER, [other.pk])

    assert centers_found("kremnica") == [other.slug]
    assert centers_found("isperih") == ["isperih"]


def test_reindex_forgets_what_is_gone(center):
    search.reindex()
    center.delete()

    search.reindex()

    assert SearchEntry.objects.count() == 0


def test_reindex_twice_changes_nothing(register):
    before = list(SearchEntry.objects.order_by("pk").values_list())

    search.reindex()

    assert list(SearchEntry.objects.order_by("pk").values_list()) == before


def test_reindex_of_organisations_reaches_their_centers(center, make):
    host = make(Organisation, name="Integro")
    make(Affiliation, center=center, organisation=host)
    search.reindex()
    Organisation.objects.update(name="Amalipe")
    OrganisationName.objects.create(organisation=host, value="Амалипе", kind="native")

    search.reindex("organisation", [host.pk])

    assert (centers_found("amalipe"), centers_found("integro")) == (["isperih"], [])


def test_a_merged_center_is_not_found(center, make):
    duplicate = make(Center, name="Mother Center Isperikh", merged_into=center)

    search.reindex()

    assert centers_found("isperih") == ["isperih"]
    assert duplicate.name == "Mother Center Isperikh"


def test_a_withheld_place_finds_nothing(center):
    Center.objects.update(name="Nest", precision=Center.Precision.WITHHELD, address="Isperih 1")

    search.reindex()

    assert (centers_found("nest"), centers_found("isperih")) == (["isperih"], [])


@pytest.mark.parametrize(("state", "expected"), [("published", 1), ("draft", 0), ("withdrawn", 0)])
def test_only_published_stories_are_found(make, state, expected):
    make(Story, title="Teapot", state=state, consent="by letter, 2020")

    search.reindex()

    assert search.found(STORY, "teapot").count() == expected


@pytest.mark.parametrize(
    ("change", "sentences"),
    [
        (lambda center: None, 0),
        (lambda center: Center.objects.update(name="Renamed"), 1),
        (lambda center: CenterName.objects.create(center=center, value="Nest", kind="alias"), 1),
        (lambda center: SearchEntry.objects.update(words="renamed"), 1),
        (lambda center: SearchEntry.objects.all().delete(), 1),
        (lambda center: SearchEntry.objects.create(kind=CENTER, object_id=0, words="x"), 1),
        (lambda center: center.delete(), 1),
    ],
)
def test_disagreements_are_found_and_mended_by_reindex(center, change, sentences):
    search.reindex()

    change(center)

    assert len(search.disagreements()) == sentences
    search.reindex()
    assert search.disagreements() == []


def test_kind_of_knows_what_is_found():
    kinds = [search.kind_of(model) for model in (Center, Organisation, Project, Story, CenterName)]

    assert kinds == [CENTER, ORGANISATION, PROJECT, STORY, None]
