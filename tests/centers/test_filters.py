"""The list of centers: filters, facets with their counts, order, pages, and wrong values."""

import datetime
import html
import random
import re
from urllib.parse import parse_qsl

import pytest
from django.http import QueryDict
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from centers import search
from centers.filters import CenterFilter
from centers.models import (
    BY_IMPORT,
    EXPLAINED,
    RECORDABLE,
    Affiliation,
    Cause,
    CauseText,
    Center,
    Country,
    Organisation,
    Snapshot,
    Status,
)
from centers.models.center import freshness_of
from projects.models import Participation, Project, ProjectText

pytestmark = pytest.mark.django_db

ON = datetime.date(2026, 7, 1)
IN_FIXTURE = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
OPEN = [status for status in Status.values if status != Status.CLOSED]

COUNTRIES, CAUSES = ["BG", "RS", "SK"], ["emigration", "rent", "skills"]
SLUGS, PROJECTS = ["integro", "khetane", "spolu"], ["bridges", "pilot"]
PREMISES, WORDS = ["owned", "municipal", "rented", "hosted"], ["lada", "mira", "nora"]
DATES = [None, "1999", "2006", "2006-05", "2014-12-31", "2025", "2025-12", "2026-05-17"]


@pytest.fixture(params=range(2))
def many(db, request):
    """Thirty centers with what chance gives them; the same in each run."""
    chance = random.Random(request.param)
    for code in COUNTRIES:
        Country.objects.create(code=code)
    for cause in CAUSES:
        Cause.objects.create(slug=cause, group="other")
        CauseText.objects.create(cause_id=cause, language="en", name=cause.title())
    hosts = [Organisation.objects.create(slug=s, name=s.title(), kind="ngo") for s in SLUGS]
    projects = [Project.objects.create(slug=slug, kind="pilot") for slug in PROJECTS]
    for project in projects:
        ProjectText.objects.create(project=project, language="en", title=project.slug.title())
    for number in range(30):
        center = Center.objects.create(
            slug=f"center-{number}",
            name=" ".join(chance.choices(WORDS, k=2)).title(),
            place=chance.choice(["", "Detva", "Simitli"]),
            country_id=chance.choice(COUNTRIES),
            founded=chance.choice(DATES),
        )
        for _number in range(chance.choice([0, 1, 1, 2, 3])):
            record_something(center, chance)
        for host in chance.sample(hosts, chance.choice([0, 1, 2])):
            Affiliation.objects.create(center=center, organisation=host, role="host")
        for project in chance.sample(projects, chance.choice([0, 1, 2])):
            Participation.objects.create(center=center, project=project, role="participant")
        for as_of in chance.sample(DATES, chance.choice([0, 1, 2])):
            premises = chance.choice(["", *PREMISES])
            Snapshot.objects.create(center=center, as_of=as_of, premises=premises)
    keeper, *doubles = chance.sample(list(Center.objects.all()), 3)
    Center.objects.filter(pk__in=[double.pk for double in doubles]).update(merged_into=keeper)
    search.reindex()


def record_something(center, chance):
    status = chance.choice([*dict(RECORDABLE), "closed"])
    entry = center.record_status(
        status,
        observed=chance.choice(DATES[1:]),
        causes=chance.sample(CAUSES, chance.choice([0, 1, 2])) if status in EXPLAINED else (),
        by=BY_IMPORT,
    )
    if chance.random() < 0.15 and not entry.is_withdrawn:
        entry.withdrawn_at, entry.withdrawal_reason = entry.recorded_at, "mistaken"
        entry.save()
        center.keep_status()


def asked(query):
    """The list that the query string asks for."""
    return CenterFilter(QueryDict(query.removeprefix("?")), on=ON)


def choose(strategy):
    return st.lists(strategy, max_size=2)


QUERIES = st.fixed_dictionaries(
    {
        "q": st.sampled_from(["", "", "l", "mira", "nora lad", "simi", "integro"]),
        "country": choose(st.sampled_from(COUNTRIES)),
        "status": choose(st.sampled_from([*Status.values, "all"])),
        "cause": choose(st.sampled_from(CAUSES)),
        "network": choose(st.sampled_from(SLUGS)),
        "project": choose(st.sampled_from(PROJECTS)),
        "premises": choose(st.sampled_from(PREMISES)),
        "freshness": choose(st.sampled_from(["confirmed", "due", "overdue", "never"])),
        "founded_from": st.sampled_from(["", "", "1999", "2006", "2014"]),
        "founded_to": st.sampled_from(["", "", "1999", "2006", "2025"]),
    }
)


def query_of(wanted):
    query = QueryDict(mutable=True)
    for name, value in wanted.items():
        query.setlist(name, value if isinstance(value, list) else [value])
    return query.urlencode()


def fits(center, wanted):
    """Whether the center is one of those asked for: AND between filters, OR inside one."""
    entries = [entry for entry in center.status_entries.all() if not entry.is_withdrawn]
    affiliations = [row.organisation for row in center.affiliations.all()]
    names = [center.name, center.place, *(organisation.name for organisation in affiliations)]
    words = " ".join(names).lower().split()
    told = [row for row in center.snapshots.all() if row.premises]
    told.sort(key=lambda row: row.key)
    told.sort(key=lambda row: row.as_of.earliest if row.as_of else datetime.date.min, reverse=True)
    has = {
        "country": {center.country_id},
        "status": {center.status, "all"},
        "cause": {link.cause_id for entry in entries for link in entry.named_causes},
        "network": {organisation.slug for organisation in affiliations},
        "project": {row.project.slug for row in center.participations.all()},
        "premises": {row.premises for row in told[:1]},
        "freshness": {freshness_of(center.confirmed_on, on=ON)},
    }
    years = center.founded and (center.founded.earliest.year, center.founded.latest.year)
    return (
        all(has[name] & set(wanted[name]) for name in has if wanted[name])
        and all(any(word.startswith(term) for word in words) for term in wanted["q"].split())
        and (not wanted["founded_from"] or (years and years[1] >= int(wanted["founded_from"])))
        and (not wanted["founded_to"] or (years and years[0] <= int(wanted["founded_to"])))
    )


def expected(wanted):
    """The centers that the list must show, one by one and without its filters."""
    centers = Center.objects.filter(merged_into=None).prefetch_related(
        "status_entries__cause_links", "affiliations__organisation", "participations__project",
        "snapshots",
    )  # fmt: skip
    found = {center for center in centers if fits(center, wanted)}
    if wanted["status"]:
        return found
    return {center for center in found if not center.is_closed}


# --- What is found ---------------------------------------------------------------------------


@given(QUERIES)
@settings(IN_FIXTURE, max_examples=50)
def test_list_finds_what_was_asked_for(many, wanted):
    if wanted["q"] and not wanted["status"]:
        wanted["status"] = OPEN  # without it, words may show closed ones; see below
    found = asked(query_of(wanted))

    assert found.notes == []
    assert set(found.rows()) == expected(wanted)
    assert found.total == len(found.rows())


@given(QUERIES)
@settings(IN_FIXTURE, max_examples=15)
def test_count_beside_a_choice_is_what_it_shows_when_chosen(many, wanted):
    if wanted["q"] and not wanted["status"]:
        wanted["status"] = ["all"]
    found = asked(query_of(wanted))

    for name, facet in found.facets.items():
        for value, _label in facet.extra["choices"]:
            alone = asked(found.query(without={name}, **{name: value}))
            assert alone.pairs(without={name}) == found.pairs(without={name})
            assert found.counts[name].get(value, 0) == alone.total == len(alone.rows())


def test_count_beside_a_choice_holds_for_words_that_find_open_and_closed(bulgaria):
    """Where the words find closed ones alone in a country, choosing it must not surprise."""
    for name, code, status in [
        ("Mira one", "BG", "active"),
        ("Mira two", "BG", "closed"),
        ("Mira three", "SK", "closed"),
    ]:
        country = Country.objects.get_or_create(code=code)[0]
        center = Center.objects.create(name=name, slug=name.replace(" ", "-"), country=country)
        center.record_status(status, observed="2020", by=BY_IMPORT)
    search.reindex()

    for query in ("q=mira", "q=mira&country=SK", "q=mira&country=BG", "q=mira&freshness=overdue"):
        found = asked(query)
        shown = {code: found.counts["country"].get(code, 0) for code in ("BG", "SK")}
        totals = {
            code: asked(found.query(without={"country"}, country=code)).total for code in shown
        }
        assert (query, shown) == (query, totals)


def test_count_stands_beside_the_choice_on_the_page(client, many):
    page = client.get("/centers/?status=all&country=BG&country=SK")
    found = page.context["found"]
    boxes = re.findall(
        r'name="([a-z]+)" value="([^"]+)"( checked)?>\s*<span>[^<]+</span>\s*'
        r'<span class="count">(\d+)<',
        page.content.decode(),
    )

    assert boxes == [
        (name, choice.value, " checked" * choice.is_chosen, str(choice.count))
        for name, _label, choices, _is_chosen in found.shown_facets()
        for choice in choices
    ]
    assert {("country", "BG", " checked"), ("status", "all", " checked")} <= {b[:3] for b in boxes}


@pytest.mark.parametrize(("name", "value"), [("cause", "draught"), ("project", "neighbours")])
def test_choice_without_a_name_in_english_is_there_all_the_same(center, name, value):
    Cause.objects.create(slug="draught", group="space")
    CauseText.objects.create(cause_id="draught", language="bg", name="Течение")
    project = Project.objects.create(slug="neighbours", kind="pilot")
    ProjectText.objects.create(project=project, language="da", title="Bydelsmødre")
    Participation.objects.create(center=center, project=project, role="participant")
    center.record_status("paused", observed="2020", causes=["draught"], by=BY_IMPORT)

    found = asked(f"{name}={value}")

    assert (found.notes, list(found.rows())) == ([], [center])
    assert found.counts[name] == {value: 1}


# --- Closed ones -----------------------------------------------------------------------------


@pytest.fixture
def three(bulgaria):
    """An open center, a closed one, and one of which nothing is known."""
    for name, place, status, founded in [
        ("Lada", "Detva", "active", None),
        ("Mira", "Simitli", "closed", "2006"),
        ("Nora", "Detva", None, None),
    ]:
        center = Center.objects.create(
            name=name, slug=name.lower(), place=place, country=bulgaria, founded=founded
        )
        if status:
            center.record_status(status, observed="2020", by=BY_IMPORT)
    search.reindex()


def shown(client, query):
    page = client.get(f"/centers/?{query}")
    return [center.name for center in page.context["page"]], page.content.decode()


def test_list_leaves_out_the_closed_and_says_how_many(client, three):
    names, page = shown(client, "")

    assert names == ["Lada", "Nora"]
    [link] = re.findall(r'<a href="([^"]+)">and 1 closed</a>', page)
    assert shown(client, html.unescape(link).removeprefix("?"))[0] == ["Lada", "Mira", "Nora"]


def test_list_shows_the_closed_where_the_words_find_nothing_else(client, three):
    names, page = shown(client, "q=simitli")

    assert names == ["Mira"]
    assert "Only closed centers match, so they are shown." in page
    assert "and 1 closed" not in page


def test_list_keeps_the_closed_out_where_the_words_find_others(client, bulgaria, three):
    Center.objects.filter(slug="mira").update(place="Detva")
    search.reindex()

    names, page = shown(client, "q=detva")

    assert names == ["Lada", "Nora"]
    assert ">and 1 closed</a>" in page


def test_list_without_words_shows_no_closed_unasked(client, three):
    names, page = shown(client, "country=BG&founded_to=2006")

    assert names == []
    assert "No center matches." in page
    assert "There are closed ones: the link above shows them." in page


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("status=closed", ["Mira"]),
        ("status=unknown", ["Nora"]),
        ("status=closed&status=active", ["Lada", "Mira"]),
        ("status=all", ["Lada", "Mira", "Nora"]),
        ("status=all&status=active", ["Lada", "Mira", "Nora"]),
        ("q=mira&status=active", []),
    ],
)
def test_list_shows_the_statuses_that_are_named(client, three, query, names):
    found, page = shown(client, query)

    assert found == names
    assert not re.search(r"and \d+ closed", page)


# --- Founded ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", ["day", "month", "unknown", "year"]),
        ("founded_from=2006", ["day", "month", "year"]),
        ("founded_from=2007", ["day"]),
        ("founded_to=2006", ["month", "year"]),
        ("founded_to=2005", []),
        ("founded_from=2006&founded_to=2006", ["month", "year"]),
        ("founded_from=2007&founded_to=2006", []),
        ("founded_from=1800&founded_to=2199", ["day", "month", "year"]),
    ],
)
def test_founded_is_compared_by_what_the_date_can_mean(bulgaria, query, names):
    for name, founded in [
        ("year", "2006"),
        ("month", "2006-12"),
        ("day", "2007-01-01"),
        ("unknown", None),
    ]:
        Center.objects.create(name=name, slug=name, country=bulgaria, founded=founded)

    assert [center.name for center in asked(query).rows()] == names


# --- Order -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sort", "names"),
    [
        ("name", ["a", "b", "c", "d"]),
        ("founded", ["d", "b", "a", "c"]),
        ("-founded", ["a", "b", "d", "c"]),
        ("confirmed", ["b", "d", "a", "c"]),
        ("-confirmed", ["c", "a", "d", "b"]),
        ("place", ["c", "a", "d", "b"]),
        # Austria, Bulgaria, Germany, Switzerland: by the names that the reader sees.
        ("country", ["d", "a", "b", "c"]),
        ("", ["a", "b", "c", "d"]),
    ],
)
def test_list_is_in_the_order_that_was_asked_for(sort, names, db):
    for name, place, code, founded, confirmed in [
        ("c", "Aachen", "CH", None, "2020-06"),
        ("a", "Berlin", "BG", "2010", "2020"),
        ("d", "Chemnitz", "AT", "1999", "2019"),
        ("b", "", "DE", "2006-05", None),
    ]:
        center = Center.objects.create(
            name=name, slug=name, place=place, founded=founded,
            country=Country.objects.create(code=code),
        )  # fmt: skip
        if confirmed:
            center.record_status("active", observed=confirmed, by=BY_IMPORT)

    assert [center.name for center in asked(f"sort={sort}").rows()] == names


def test_order_by_town_tells_nothing_of_a_withheld_one(bulgaria):
    for name, place in [("a", "Berlin"), ("b", "Dresden")]:
        Center.objects.create(name=name, slug=name, place=place, country=bulgaria)
    hidden = Center.objects.create(name="c", slug="c", country=bulgaria, precision="withheld")
    orders = set()
    for place in ("", "Aachen", "Chemnitz", "Essen"):
        Center.objects.filter(pk=hidden.pk).update(place=place)
        orders.add(tuple(center.name for center in asked("sort=place").rows()))

    assert len(orders) == 1


# --- Chips, pages, wrong values --------------------------------------------------------------


@given(QUERIES)
@settings(IN_FIXTURE, max_examples=15)
def test_chip_removes_its_filter_and_nothing_else(many, wanted):
    found = asked(query_of(wanted) + "&sort=-founded&page=1")
    pairs = found.pairs()
    removed = []
    for chip in found.chips():
        left = parse_qsl(chip.url.removeprefix("?"))
        assert [pair for pair in pairs if pair in left] == left
        removed += [pair for pair in pairs if pair not in left]

    assert removed == [pair for pair in pairs if pair[0] != "sort"]


def test_chips_and_orders_stand_on_the_page_as_links(client, register):
    page = client.get("/centers/?country=BG&country=SK&q=mother&sort=founded").content.decode()
    chips = re.findall(r'<a href="([^"]+)" class="chip">([^<]+)<', page)
    orders = dict(re.findall(r'<li><a href="([^"]+)">([a-z ]+)</a></li>', page))

    assert [(html.unescape(url), label) for url, label in chips] == [
        ("?country=BG&country=SK&sort=founded", "Name or town: mother"),
        ("?q=mother&country=SK&sort=founded", "Bulgaria"),
        ("?q=mother&country=BG&sort=founded", "Slovakia"),
    ]
    assert orders["?q=mother&amp;country=BG&amp;country=SK&amp;sort=name"] == "name"
    assert "oldest first" not in orders.values()
    assert '<strong aria-current="true">oldest first</strong>' in page


def test_second_page_has_its_number_in_the_title(client, bulgaria):
    for number in range(25):
        Center.objects.create(name=f"C {number:02}", slug=f"c-{number}", country=bulgaria)
    first, second = client.get("/centers/?country=BG"), client.get("/centers/?country=BG&page=2")
    [following] = re.findall(r'rel="next" href="([^"]+)"', first.content.decode())

    assert html.unescape(following) == "?country=BG&page=2"
    assert [center.name for center in second.context["page"]] == ["C 24"]
    titles = [
        re.search("<title>(.*)</title>", page.content.decode(), re.S)[1] for page in (first, second)
    ]
    assert [" ".join(title.split()) for title in titles] == [
        "Centers · Mother Center Registry",
        "Centers (page 2) · Mother Center Registry",
    ]


WRONG = [
    ("country=XX", "“XX” is not a choice under “Country” and was ignored."),
    ("country=bg", "“bg” is not a choice under “Country” and was ignored."),
    ("status=dead", "“dead” is not a choice under “Status” and was ignored."),
    ("cause=weather", "“weather” is not a choice under “Cause” and was ignored."),
    ("network=nobody", "“nobody” is not a choice under “Network or host” and was ignored."),
    ("project=moon", "“moon” is not a choice under “Project” and was ignored."),
    ("premises=castle", "“castle” is not a choice under “Premises” and was ignored."),
    ("freshness=1", "“1” is not a choice under “Last confirmed” and was ignored."),
    ("founded_from=abc", "“abc” is not a choice under “Founded from” and was ignored."),
    ("founded_to=99999", "“99999” is not a choice under “Founded to” and was ignored."),
    ("sort=price", "“price” is not a choice under “Order” and was ignored."),
    ("q=a%00b", "“a\x00b” is not a choice under “Name or town” and was ignored."),
    ("page=2", "There is no page “2” here."),
    ("page=0", "There is no page “0” here."),
    ("page=last", "There is no page “last” here."),
    ("page=-1", "There is no page “-1” here."),
]


@pytest.mark.parametrize(("query", "note"), WRONG)
def test_wrong_value_is_left_out_with_a_note(client, register, query, note):
    page = client.get(f"/centers/?{query}")
    notes = re.findall(r'<p class="note" role="status">([^<]+)</p>', page.content.decode())

    assert notes == [note]
    assert list(page.context["page"]) == list(client.get("/centers/").context["page"])


def test_wrong_value_leaves_the_right_ones_in_force(client, register):
    page = client.get("/centers/?country=XX&country=RS&status=all&status=dead")

    assert [center.name for center in page.context["page"]] == ["Open Heart for Beocin"]
    assert len(page.context["found"].notes) == 2


@pytest.mark.parametrize("extension", ["csv", "json", "geojson"])
@pytest.mark.parametrize(("query", "note"), WRONG)
def test_wrong_value_is_refused_in_a_file(client, register, query, note, extension):
    answer = client.get(f"/centers.{extension}?{query}")

    assert (answer.status_code, answer.content.decode()) == (400, note)
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
