"""Public pages of centers, countries and organisations."""

import html
import re

import pytest
from django.utils import translation

from centers import search
from centers.distance import distance_km
from centers.models import (
    Affiliation,
    Cause,
    Center,
    CenterLink,
    CenterName,
    CenterText,
    Claim,
    Country,
    Organisation,
    Photo,
    Snapshot,
)
from centers.profile import nearest_living
from centers.public_ids import ALPHABET

pytestmark = pytest.mark.django_db


def words_of(response):
    """What the page's main part says, without markup and with single blanks."""
    main = response.content.decode().split("<main")[1].split("</main>")[0]
    words = " ".join(html.unescape(re.sub(r"<[^>]+>", " ", "<main" + main)).split())
    return re.sub(r" ([,.;:)])", r"\1", words)


def names_of(response):
    """The names of the centers that a list shows, in its order."""
    return [
        html.unescape(name)
        for name in re.findall(r'<h3><a href="/centers/[^"]+/">([^<]+)', response.content.decode())
    ]


def page_of(client, record, *, language="en"):
    with translation.override(language):
        address = record.get_absolute_url()
    return words_of(client.get(address))


# --- What the real register's pages must show ------------------------------------------------


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("status=closed&cause=rent", ["Open Heart for Beocin", "Swallow"]),
        (
            "country=BG&status=all",
            [
                "Carmen",
                "Good Mother - Good Children",
                "Hope for Provadia",
                "Mother Center Isperih",
                "Mother's Love",
            ],
        ),
        ("q=Beočin", ["Open Heart for Beocin"]),
        ("q=beocin", ["Open Heart for Beocin"]),
        ("q=Беочин", ["Open Heart for Beocin"]),
        ("q=Mutterzentrum", ["Family and Mother Center Eichenau"]),
        ("q=Muetterzentrum", ["Family and Mother Center Eichenau"]),
        ("q=Mütterzentrum", ["Family and Mother Center Eichenau"]),
        ("q=Исперих", ["Mother Center Isperih"]),
        ("q=Isperih", ["Mother Center Isperih"]),
        ("q=İsperıh", ["Mother Center Isperih"]),
        ("network=klub-spolu-detva", ["Matko"]),
        ("founded_to=2006&status=closed&country=SK", ["Little Flame"]),
        ("premises=rented&status=all", ["Swallow"]),
        ("status=paused", ["Good Mother - Good Children"]),
        ("project=sustainable-space", ["Good Mother - Good Children"]),
    ],
)
def test_list_finds_what_is_in_the_register(client, register, query, names):
    assert names_of(client.get(f"/centers/?{query}")) == names


@pytest.mark.parametrize(
    ("slug", "sentences"),
    [
        (
            "good-mother-good-children-sandanski",
            [
                "Paused since May 2015. Nobody has confirmed it since 2016.",
                "Why: Funding or partner support ended.",
                "wants time before it decides to rebuild or to close",
            ],
        ),
        (
            "hope-for-provadia",
            [
                "Closed between 2010 and 2016. Why it closed: Members emigrated; The driving "
                "person left; Skills or training were missing.",
                "According to: Review of the Roma pilot by MINE. Source: Review of the Roma Mother "
                "Center pilot",
                "Hosted by Integro Association (2006–2010)",
                "one room, a former garage, taken so as not to be blocked by the municipality's "
                "refusal (date not known;",
                "Nearest living centers Mother Center Isperih, Isperih about 77 km. Nobody has "
                "confirmed it since 2022. Carmen, Razgrad about 83 km.",
            ],
        ),
        ("matko-detva", ["Active since 2006. Nobody has confirmed it since 2006."]),
        (
            "swallow-tirana",
            [
                "Closed between 2006 and 2016.",
                "(as observed in 2016; about one year after the pilot ended)",
                "Community Roma, non-Roma and Egyptian women; the group chose to be mixed",
                "2006 10 10 15 women aged 29 to 50",
            ],
        ),
        (
            "mother-father-center-neuhausen-munich",
            ["Address Landshuter Allee 37, 80637 München", "Founded not known"],
        ),
        (
            "banska-stiavnica-initiative",
            ["Initiative since 2006.", "Founded not known", "Roma Mother Centers (2006)"],
        ),
        (
            "family-center-malicek",
            ["Family Center Malíček Rodinné centrum Malíček Czechia", "Active, as seen in 2022."],
        ),
    ],
)
def test_profile_tells_what_is_known(client, register, slug, sentences):
    page = words_of(client.get(f"/centers/{slug}/"))

    assert [sentence for sentence in sentences if sentence not in page] == []


def test_every_center_names_its_sources(client, register):
    centers = Center.objects.select_related("source").prefetch_related("status_entries__source")
    assert len(centers) == 17
    for center in centers:
        page = page_of(client, center)
        told, sources = page.split(" Sources ")
        for entry in center.status_entries.all():
            assert f"According to: {entry.according_to}. Source: {entry.source.title}" in told
            assert entry.source.title in sources
        assert f"{center.source.title}, MINE e.V." in sources


def test_every_country_tells_who_claims_centers_there(client, register):
    countries = Country.objects.prefetch_related("claims__source")
    assert len(countries) == 25
    for country in countries:
        page = page_of(client, country)
        for claim in country.claims.all():
            assert f"{claim.statement[1:]} ({claim.claimant}; {claim.source.title})" in page
        assert country.claims.all()
        is_empty = not country.centers.exists()
        assert ("No center is recorded here yet." in page) == is_empty


def test_every_organisation_names_its_source(client, register):
    organisations = Organisation.objects.select_related("source")
    assert len(organisations) == 23
    for organisation in organisations:
        page = page_of(client, organisation)
        assert page.endswith(f"Source: {organisation.source.title}")
        assert ("country not known" in page) == (organisation.country is None)


@pytest.mark.parametrize("slug", ["mht-consult", "integro", "state-ministry-baden-wuerttemberg"])
def test_organisation_tells_which_projects_it_had_a_part_in(client, register, slug):
    organisation = Organisation.objects.get(slug=slug)
    parts = [*organisation.participations.all(), *organisation.funding.all()]
    projects = {part.project for part in [*parts, *organisation.evaluations.all()]}
    page = client.get(f"/organisations/{slug}/").content.decode()

    assert set(re.findall(r'"/projects/([a-z-]+)/"', page)) == {each.slug for each in projects}


# --- Addresses that work for ever ------------------------------------------------------------


@pytest.fixture
def renamed(center):
    """The center of the fixture, which was called otherwise before."""
    center.former_slugs.create(value="marcin")
    return center


@pytest.fixture
def merged(renamed, bulgaria):
    """A center that was found to be the same as another."""
    double = Center.objects.create(
        name="MC Isperih", slug="mc-isperih", country=bulgaria, merged_into=renamed
    )
    double.former_slugs.create(value="mz-isperih")
    return double


@pytest.mark.parametrize("slug", ["marcin", "mc-isperih", "mz-isperih"])
def test_former_and_merged_addresses_lead_to_the_center_for_ever(client, merged, slug):
    answer = client.get(f"/centers/{slug}/", follow=True)

    assert {status for _url, status in answer.redirect_chain} == {301}
    assert answer.redirect_chain[-1][0] == "/centers/isperih/"
    assert answer.context["center"] == merged.merged_into


@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize("written", [str.lower, str.upper, str.title])
def test_permanent_address_leads_to_the_page_of_now(client, merged, written, slash):
    for center in (merged, merged.merged_into):
        answer = client.get(f"/id/{written(center.public_id)}{slash}")

        # The slug may change again: no browser may keep this one.
        assert (answer.status_code, answer.headers["Location"]) == (302, "/centers/isperih/")


def test_mistyped_identifier_is_told_from_an_unknown_one(client, center):
    last = ALPHABET[ALPHABET.index(center.public_id[-1]) - 1]
    mistyped = client.get(f"/id/{center.public_id[:-1]}{last}/")
    center.delete()
    unknown = client.get(f"/id/{center.public_id}/")

    assert (mistyped.status_code, unknown.status_code) == (404, 404)
    assert "is mistyped: its check character does not fit." in words_of(mistyped)
    assert f"There is no center with the identifier “{center.public_id}”." in words_of(unknown)


def test_merged_center_is_shown_nowhere_else(client, merged, coordinator, make):
    organisation = make(Organisation, slug="host")
    make(Affiliation, center=merged, organisation=organisation, role="host")
    other = make(Center, slug="other", public_id="22222229", name="Other")
    make(CenterLink, center=other, other=merged, kind="helped_to_start")
    merged.record_status("active", observed="2020", by=coordinator, key="of-a-register")
    search.reindex()

    for address in ("/", "/centers/?status=all", "/centers.csv?status=all", "/search/?q=isperih",
                    "/countries/bg/", "/organisations/host/", "/centers/other/"):  # fmt: skip
        assert b"MC Isperih" not in client.get(address).content


def test_organisation_keeps_its_former_address(client, make):
    make(Organisation, slug="integro").former_slugs.create(value="integro-razgrad")
    answer = client.get("/organisations/integro-razgrad/")

    assert (answer.status_code, answer.headers["Location"]) == (301, "/organisations/integro/")


@pytest.mark.parametrize("code", ["BG", "Bg"])
def test_country_in_capitals_leads_to_its_address(client, bulgaria, code):
    answer = client.get(f"/countries/{code}/")

    assert (answer.status_code, answer.headers["Location"]) == (301, "/countries/bg/")


@pytest.mark.parametrize(
    "address", ["/centers/nobody/", "/organisations/nobody/", "/countries/xx/", "/centers.xml"]
)
def test_what_was_never_there_is_not_found(client, db, address):
    assert client.get(address).status_code == 404


# --- The profile -----------------------------------------------------------------------------


def test_profile_of_a_center_of_which_nothing_is_recorded_says_so(client, center):
    page = page_of(client, center)

    for sentence in (
        "unknown Unknown: nobody has recorded how it is. Nobody has ever confirmed it.",
        "Do you know this center? A coordinator would be glad to hear.",
        "Nobody has recorded anything on its life yet.",
        "Founded not known",
        "Where this center was is not known precisely enough to say.",
    ):
        assert sentence in page


def test_profile_keeps_a_withdrawn_statement_to_be_read(client, center, coordinator):
    center.record_status("active", observed="2010", by=coordinator)
    entry = center.record_status("closed", observed="2012", note="All gone", by=coordinator)
    entry.withdraw("It was the other one", by=coordinator)
    verdict, life = page_of(client, center).split(" Its life ")
    history, withdrawn = life.split(" Statements that were withdrawn ")

    assert "Active, as seen in 2010." in verdict
    assert "closed" not in history.lower()
    assert "closed (as observed in 2012) All gone " in withdrawn
    assert withdrawn.count(" Withdrawn: It was the other one") == 1


def test_profile_shows_who_disagrees(client, center, coordinator):
    center.record_status("active", observed="2015", according_to="the host", by=coordinator)
    center.record_status("closed", observed="2015", according_to="the mayor", by=coordinator)
    page = page_of(client, center)

    assert "Sources disagree on this: all of them stand below." in page
    assert "Where sources disagree closed (2015) – active (2015)" in page
    assert "According to: the host." in page
    assert "According to: the mayor." in page
    assert "sources disagree" in words_of(client.get("/centers/"))


def test_profile_weighs_causes_as_the_source_does(client, center, coordinator, make):
    for slug in ("rent", "emigration", "skills"):
        make(Cause, slug=slug)
    causes = [("skills", ""), ("emigration", "contributing"), ("rent", "main")]
    center.record_status("closed", observed="2015", causes=causes, by=coordinator)

    assert "Why it closed: rent (main cause); emigration (contributing cause); skills." in page_of(
        client, center
    )


SITE = '<script type="module" src="/static/js/site.js">'
SCRIPTS = {"/centers/isperih/": [SITE, '<script type="application/ld+json">']}


def test_what_people_write_is_shown_as_text(client, center, coordinator, make):
    markup = "<script>alert(1)</script>"
    Center.objects.update(name=markup, place=markup, community=markup, opening_hours=markup)
    make(CenterName, center=center, value=markup, kind="native")
    make(CenterText, center=center, language="en", summary=markup, description=markup)
    make(Snapshot, center=center, visitors=1, note=markup, premises_note=markup)
    said = {"note": markup, "according_to": markup, "hint": markup}
    entry = center.record_status("active", observed="2015", by=coordinator, **said)
    center.record_status("active", observed="2016", by=coordinator, **said)
    entry.withdraw(markup, by=coordinator)

    for address in ("/centers/isperih/", "/centers/", "/countries/bg/", "/"):
        page = client.get(address).content.decode()
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
        assert re.findall("<script[^>]*>", page) == SCRIPTS.get(address, [SITE])


def test_profile_says_that_a_note_was_redacted(client, center, coordinator):
    entry = center.record_status("paused", observed="2015", note="Jana left", by=coordinator)
    entry.redact_note(by=coordinator)
    page = page_of(client, center)

    assert "A note was removed to protect a person." in page
    assert "Jana" not in page


def test_profile_shows_ties_from_both_sides(client, center, make):
    for kind, one, other in [
        ("helped_to_start", "Helped to start", "Started with the help of"),
        ("successor_of", "Successor of", "Succeeded by"),
        ("branch_of", "Branch of", "Its branch"),
    ]:
        daughter = make(Center, slug=kind, name=f"The {kind} one", public_id=kind[:8])
        make(CenterLink, center=center, other=daughter, kind=kind)

        assert f"{one} The {kind} one" in page_of(client, center)
        assert f"{other} Mother Center Isperih" in page_of(client, daughter)


def test_profile_marks_the_language_of_what_is_not_english(client, center, make):
    make(CenterName, center=center, value="Майчин център", language="bg", kind="native")
    make(CenterName, center=center, value="Muttis", language="de", kind="former")
    make(CenterText, center=center, language="en", summary="A room with a stove")
    make(CenterText, center=center, language="bg", summary="Стая с печка")
    page = client.get(center.get_absolute_url()).content.decode()

    assert '<p class="native-name" lang="bg">Майчин център</p>' in page
    assert '<dd lang="de">Muttis</dd>' in page
    assert '<p class="lead">A room with a stove' in page
    assert "language-mark" not in page
    assert "Стая" not in page


def test_profile_shows_photos_with_their_text_alternative(client, center, make):
    make(Photo, center=center, image="photos/ab12.jpg", width=640, height=480, is_sample=True,
         alternative="Women round a “table”", credit="Ana & co", consent="yes")  # fmt: skip
    page = client.get(center.get_absolute_url()).content.decode()

    assert 'src="/media/photos/ab12.jpg" alt="Women round a “table”" width="640"' in page
    assert "Sample photo. Ana &amp; co" in page


def test_profile_shows_figures_and_rent_with_their_date(client, center, make):
    make(Snapshot, center=center, as_of="2015-05", visitors=1200, core_group=None, children=None,
         premises="rented", monthly_rent="250.50", currency="EUR", secure_until="2017")  # fmt: skip
    page = page_of(client, center)

    assert "May 2015 – 1,200 –" in page
    assert "Rented; 250.5 EUR a month; secure until 2017 (May 2015)" in page


# --- Nearest ---------------------------------------------------------------------------------


def test_distance_is_that_on_the_globe():
    # Stuttgart – Sofia after the haversine formula with the mean radius of 6371.0088 km.
    assert distance_km((48.7758, 9.1829), (42.6977, 23.3219)) == pytest.approx(1285, abs=10)
    assert distance_km((0, 179.5), (0, -179.5)) == pytest.approx(111.2, abs=0.1)
    assert distance_km((10, 10), (10, 10)) == 0


def test_nearest_are_the_living_ones_by_distance(bulgaria, coordinator):
    def at(name, latitude, longitude, status="active", precision="town"):
        center = Center.objects.create(
            name=name, slug=name, country=bulgaria, latitude=latitude, longitude=longitude,
            precision=precision,
        )  # fmt: skip
        if status:
            center.record_status(status, observed="2020", by=coordinator)
        center.refresh_from_db()
        return center

    gone = at("gone", 60, 20, "closed")
    at("silent", 60, 20, None)
    at("paused", 60, 20, "paused")
    at("hidden", 60, 20, precision="withheld")
    at("east", 60, 22.4)  # 134 km: a degree of longitude is half as long here
    at("north", 61.3, 20, "low_level")  # 145 km
    at("south", 58, 20)
    at("far", 40, 20)

    nearest = nearest_living(gone)

    assert [center.name for center, _km in nearest] == ["east", "north", "south"]
    assert [round(km) for _center, km in nearest] == [133, 145, 222]


# --- Lists and overviews ---------------------------------------------------------------------


@pytest.mark.parametrize("address", ["/centers/isperih/", "/centers/", "/countries/bg/"])
def test_reasons_are_those_of_the_present_period(client, center, coordinator, make, address):
    for slug in ("rent", "emigration"):
        make(Cause, slug=slug)
    center.record_status("paused", observed="2010", causes=["rent"], by=coordinator)
    center.record_status("active", observed="2012", by=coordinator)
    center.record_status("paused", observed="2015", causes=["emigration"], by=coordinator)

    assert "Why: emigration." in words_of(client.get(address))


def test_country_tells_the_open_from_the_closed(client, register):
    page = words_of(client.get("/countries/bg/"))
    living, closed = page.split(" 2 closed centers ")

    assert names_of(client.get("/countries/bg/")) == [
        "Carmen",
        "Mother Center Isperih",  # these live; of the next one nobody knows
        "Good Mother - Good Children",
    ]
    assert "Hope for Provadia, Provadia Closed between 2010 and 2016" in closed
    assert "Provadia" not in living
    assert "Integro Association association, Razgrad" in closed


def test_country_list_sets_claims_beside_what_is_recorded(client, register):
    page = words_of(client.get("/countries/"))

    assert "Bulgaria 5 2 2 MINE (centers here took part in “Let's build bridges”); MINE" in page
    assert (
        "Argentina Said to have centers; none is recorded yet. "
        "MINE (named among the countries with centers)"
    ) in page


def test_country_list_shows_a_claimed_number(client, bulgaria, make):
    make(Claim, country=bulgaria, claimant="MINE", statement="some", centers=12, countries=None)

    assert "none is recorded yet. MINE: 12 (some)" in words_of(client.get("/countries/"))


def test_organisations_are_listed_by_kind(client, register):
    page = words_of(client.get("/organisations/"))
    kinds = [kind.capitalize() for kind in Organisation.Kind.labels]

    assert sorted(kinds, key=page.index) == kinds
    assert "MINE e.V. Stuttgart, Germany" in page
    assert "MC Dupajda country not known" in page


def test_sentence_that_ends_in_a_date_has_one_full_stop(client, center, coordinator):
    center.record_status("closed", observed="2015", since="2014", by=coordinator)
    bulgarian = page_of(client, center, language="bg")
    german = page_of(client, center, language="de")

    assert "2014 г." in bulgarian
    assert ".." not in bulgarian
    assert "2014." in german


def test_name_in_the_readers_language_comes_first(client, center, make):
    make(CenterName, center=center, value="Майчин център", language="bg", kind="native")
    for address in ("/centers/isperih/", "/centers/"):
        english = words_of(client.get(address))
        bulgarian = words_of(client.get(f"/bg{address}"))

        assert english.index("Mother Center Isperih") < english.index("Майчин център")
        assert bulgarian.index("Майчин център") < bulgarian.index("Mother Center Isperih")
