"""What spans the apps: how many queries pages take, methods, headers, errors, the search."""

import datetime
import re
from itertools import permutations, product
from urllib.parse import quote_from_bytes

import hypothesis
import pytest
from babel import Locale
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import get_resolver
from django.utils.regex_helper import normalize
from hypothesis import strategies as st

from centers import models as centers_models
from centers import search
from centers.filters import CenterFilter
from centers.models import Award, Center, Claim, Organisation, SearchEntry, StatusEntry
from mine_site import views
from mine_site.middleware import CONTENT_SECURITY_POLICY
from mine_site.searching import MOST, found_everywhere
from mine_site.snapshots import take_snapshot
from projects import models as projects_models
from projects.models import Project
from stories.models import Story

pytestmark = pytest.mark.django_db

MANY = 30
WITHDRAWN = {"withdrawn_at": "2020-01-01T00:00Z", "withdrawal_reason": "Anna was mistaken"}
# AC, AD, AE, …
CODES = sorted(code for code in Locale("en").territories if code.isalpha())[:MANY]


# --- A register with as much of everything as is asked for -----------------------------------


def add(model, **values):
    """A row of the model for each combination of those values that are lists."""
    several = {name: value for name, value in values.items() if isinstance(value, list)}
    fixed = {name: value for name, value in values.items() if name not in several}
    combinations = product(*several.values())
    return model.objects.bulk_create(
        model(**fixed, **dict(zip(several, each, strict=True))) for each in combinations
    )


def fill(count):
    """`count` of everything, each tied to `count` of all that it can be tied to; named Anna."""
    c, p = centers_models, projects_models
    numbers, slugs = list(range(count)), [f"anna-{n}" for n in range(count)]
    years, texts = [str(1990 + n) for n in numbers], ["bg", "en"]
    [source] = add(c.Source, slug="anna", title="Anna's review", url="https://example.org/")
    fact = {"source": source, "source_page": "7"}
    countries = add(c.Country, code=CODES[:count])
    add(Claim, country=[*countries, None], statement=slugs, claimant="Anna", **fact)
    causes = add(c.Cause, slug=slugs, group="space")
    add(c.CauseText, cause=causes, language=texts, name="Anna's cause")
    offers = add(c.Offer, slug=slugs)
    add(c.OfferText, offer=offers, language=texts, name="Anna's offer")
    houses = add(Organisation, slug=slugs, name="Anna's", kind="ngo", country=countries[0], **fact)
    Organisation.objects.filter(slug="anna-0").update(key="mine")
    add(c.OrganisationName, organisation=houses, value=slugs, kind="alias")
    add(c.OrganisationText, organisation=houses, language=texts, summary="Anna", **fact)
    add(Award, organisation=houses, name=slugs, **fact)

    centers = add(Center, slug=slugs, name="Anna", country=countries[0], founded="2000", **fact)
    for number, center in enumerate(centers):
        center.latitude, center.longitude = number + 1, 20
        center.country = countries[number if number % 2 else 0]
        center.save()
        center.offers.set(offers)
    add(c.CenterName, center=centers, value=slugs, kind="native", language="bg")
    add(c.CenterText, center=centers, language=texts, summary="Anna")
    add(c.Affiliation, center=centers, organisation=houses, role="host", **fact)
    add(c.Snapshot, center=centers, as_of=years, visitors=1, premises="rented", **fact)
    add(c.Photo, center=centers, image=slugs, width=1, height=1, alternative="Anna", consent="yes")
    c.CenterLink.objects.bulk_create(
        c.CenterLink(center=one, other=other, kind="helped_to_start")
        for one, other in permutations(centers, 2)
    )
    record(centers, causes, fact)

    projects = add(Project, slug=slugs, kind="pilot", start="2000", end="2001", **fact)
    Project.objects.exclude(pk=projects[0].pk).update(follows=projects[0])
    add(p.ProjectText, project=projects, language=texts, title="Anna's project", goal="Anna")
    add(p.Participation, project=projects, center=centers, role="participant", **fact)
    add(p.Participation, project=projects, organisation=houses, role="lead", **fact)
    add(p.Funding, project=projects, funder=houses, amount=1, currency="EUR", **fact)
    events = add(p.Event, project=projects, start=years, country=countries[0], **fact)
    add(p.EventText, event=events, language=texts, title="Anna's event")
    indicators = add(p.Indicator, project=projects, stated_total=numbers, adds_up=True)
    add(p.IndicatorText, indicator=indicators, language=texts, name="Anna's indicator")
    add(p.Measurement, indicator=indicators[:count], kind="actual", period=years, value=1, **fact)
    add(p.Evaluation, project=projects, date=years, evaluator=houses[0], **fact)
    add(p.Document, project=projects, title=slugs, url="https://example.org/", **fact)
    lessons = add(p.Lesson, project=projects, center=centers, text="Anna", themes="space", **fact)
    for project, lesson in zip(projects, lessons, strict=False):
        project.countries.set(countries)
        lesson.causes.set(causes)

    sample = {"body": "Anna", "language": "en", "state": "published", "is_sample": True}
    Story.objects.bulk_create(
        Story(
            slug=slug,
            title="Anna's story",
            kind=["story", "voice"][number % 2],
            center=centers[number if number % 2 else 0],
            project=projects[number if number % 2 else 0],
            **sample,
        )
        for number, slug in enumerate(slugs)
    )
    Story.objects.create(slug="voice", title="Anna's voice", kind="voice", **sample)
    search.reindex()
    take_snapshot(on=datetime.date.fromisoformat(SAMPLES["day"]))


def record(centers, causes, fact):
    """Statements of different statuses year after year, and as many that were withdrawn."""
    last = len(causes) - 1
    entries = StatusEntry.objects.bulk_create(
        StatusEntry(
            center=center,
            status=["paused", "low_level"][(number + last - year) % 2],
            observed=str(1990 + year),
            via="import",
            **fact,
            **withdrawal,
        )
        for (number, center), year, withdrawal in product(
            enumerate(centers), range(len(causes)), [{}, WITHDRAWN]
        )
    )
    centers_models.StatusCause.objects.bulk_create(
        centers_models.StatusCause(entry=entry, cause=causes[number // 2 % len(causes)])
        for number, entry in enumerate(entries)
        if number % 2 == 0
    )
    for center in centers:
        center.keep_status()


def words_of(response):
    """What the page says, without markup and with single blanks."""
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def queries_of(client, addresses):
    """{address: how many queries it takes}; every page has to tell of Anna."""
    counts = {}
    for address in addresses:
        with CaptureQueriesContext(connection) as captured:
            response = client.get(address)
        assert b"Anna" in response.content, address
        counts[address] = len(captured)
    return counts


LISTS = [
    "/",
    "/about/",
    "/centers/",
    "/centers/?q=anna&country=AC&status=paused&status=all&cause=anna-0&network=anna-0"
    "&project=anna-0&premises=rented&freshness=overdue&founded_from=1990&founded_to=2020"
    "&sort=founded&page=1",
    "/centers.csv",
    "/centers.json?status=all",
    "/centers.geojson?q=anna",
    "/countries/",
    "/organisations/",
    "/projects/",
    "/projects/?q=anna&run=completed&kind=pilot&country=AC&funder=anna-0&year=2000&sort=title",
    "/projects.csv",
    "/stories/",
    "/stories/?q=anna&kind=story&language=en&country=AC&sort=title",
    "/search/?q=anna",
    "/changes/",
    "/changes/?country=AC",
    "/changes.atom",
]
DETAILS = [
    "/centers/anna-0/",
    "/countries/ac/",
    "/organisations/anna-0/",
    "/projects/anna-0/",
    "/stories/anna-0/",
]


@pytest.mark.parametrize(("addresses", "most"), [(LISTS, 13), (DETAILS, 13)])
def test_pages_take_few_queries_and_as_many_for_one_row_as_for_many(
    client, undone, addresses, most
):
    with undone():
        fill(1)
        for_one = queries_of(client, addresses)
    with undone():
        fill(MANY)
        for_many = queries_of(client, addresses)

    assert for_many == for_one
    assert {address: count for address, count in for_many.items() if count > most} == {}


# --- Methods, headers, inline code -----------------------------------------------------------

SAMPLES = {
    "slug": "anna-0",
    "code": "ac",
    "extension": "csv",
    "figure": "survival",
    "path": "photos/0.jpg",
    "section": "centers",
    "day": "2026-11-01",
    "reference": "bcdf-2345-ghjk",
    "token": "nonsense",
}


# What takes a message; its own tests say how.
WITH_FORMS = r"/countries/ac/contact/|/report/.+|/receipt/.+|/confirm/.+|/stories/(tell|edit)/.*"


def public_routes(patterns=None, before=""):
    """The pattern of every address but those of the admin and of the accounts."""
    for each in patterns or get_resolver().url_patterns:
        [(route, names)] = normalize(each.pattern.regex.pattern)
        if route.startswith(("admin/", "accounts/")):
            continue
        if hasattr(each, "url_patterns"):
            yield from public_routes(each.url_patterns, before + route)
        else:
            yield f"/{before}{route}", names


@pytest.fixture
def public_addresses(db):
    """An address for each public route, of a register with one of everything."""
    fill(1)
    samples = {**SAMPLES, "public_id": Center.objects.get().public_id}
    return [route % {name: samples[name] for name in names} for route, names in public_routes()]


def test_public_routes_are_all_found():
    routes = [route for route, _names in public_routes()]

    assert {"/", "/centers.%(extension)s", "/id/%(public_id)s", "/projects.csv"} < set(routes)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
def test_public_pages_answer_to_no_method_that_changes(client, public_addresses, method):
    answers = {
        address: client.generic(method, address)
        for address in public_addresses
        if not re.fullmatch(WITH_FORMS, address)
    }

    assert dict.fromkeys(answers, 405) == {
        address: answer.status_code for address, answer in answers.items()
    }
    assert {answer.headers["Allow"] for answer in answers.values()} == {"GET, HEAD"}


def test_public_pages_answer_to_head_with_nothing_but_headers(client, public_addresses):
    for address in public_addresses:
        asked, told = client.head(address), client.get(address)
        assert (asked.status_code, asked.content) == (told.status_code, b"")


INLINE = re.compile(
    r"<style|\sstyle\s*=|<[^>]*\son[a-z]+\s*=|javascript:"
    # JSON-LD is data, which no browser runs.
    r"|<script(?![^>]*\ssrc=)(?! type=\"application/ld\+json\">)[^>]*>",
    re.I,
)


@pytest.mark.parametrize(
    ("markup", "is_inline"),
    [
        ('<p style="color: red">', True),
        ("<style>p {}</style>", True),
        ('<a class="x" onclick="go()">', True),
        ("<script>go()</script>", True),
        ('<script type="module" src="/static/x.js"></script>', False),
        ('<p>On Monday</p> <a href="/?on=1">style = plain</a>', False),
    ],
)
def test_inline_code_is_recognised(markup, is_inline):
    assert bool(INLINE.search(markup.replace("style = plain", "plain"))) == is_inline


@pytest.mark.parametrize(
    "path",
    [
        pytest.param(path, id=path.name)
        for path in sorted(settings.TEMPLATES[0]["DIRS"][0].rglob("*.html"))
    ],
)
def test_template_holds_no_inline_code(path):
    assert INLINE.findall(path.read_text()) == []


def test_every_answer_carries_a_content_policy_without_exceptions(
    client, admin_client, public_addresses
):
    addresses = [*public_addresses, "/nowhere/", "/accounts/login/", "/accounts/signup/", "/admin/"]
    answers = [
        *(client.get(address) for address in addresses),
        *(admin_client.get(f"/admin/{page}") for page in ("", "centers/center/", "nowhere/")),
        client.post("/about/"),
    ]

    policies = {answer.headers["Content-Security-Policy"] for answer in answers}

    assert policies == {CONTENT_SECURITY_POLICY}
    assert "unsafe" not in CONTENT_SECURITY_POLICY
    assert "default-src 'none'" in CONTENT_SECURITY_POLICY
    assert {answer.headers["X-Content-Type-Options"] for answer in answers} == {"nosniff"}
    # A page behind a link that opens it names itself nowhere at all.
    policies = {
        answer.headers["Referrer-Policy"]: answer.request["PATH_INFO"].startswith("/confirm/")
        for answer in answers
    }
    assert policies == {"same-origin": False, "no-referrer": True}


# --- When something is wrong -----------------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    [
        "/centers/open-heart-beochin/",
        "/centres/beocin",
        "/projects/beo%C4%8Din",
        "/organisation/khetane-zajedno/",
    ],
)
def test_not_found_proposes_a_search_that_finds_what_was_meant(client, register, address):
    page = client.get(address)
    [words] = re.findall(r'id="lost-q"[^>]* value="([^"]+)"', page.content.decode())
    found = client.get("/search/", {"q": words})

    assert page.status_code == 404
    assert "Open Heart for Beocin" in words_of(found)


def test_not_found_shows_no_markup_of_the_address(client):
    page = client.get("/nowhere/%22%3E%3Cscript%3Ealert(1)%3C/script%3E/").content.decode()

    assert re.findall(r"<script[^>]*>", page) == ['<script type="module" src="/static/js/site.js">']
    assert "This page is not here" in page


def test_error_page_says_nothing_internal(client, monkeypatch):
    def fail(query):
        raise RuntimeError("the secret of the kitchen")

    monkeypatch.setattr(views, "found_everywhere", fail)
    client.raise_request_exception = False
    page = client.get("/search/?q=anna")
    text = page.content.decode()

    assert page.status_code == 500
    assert "It is not your fault, and nothing was lost." in text
    place = str(settings.BASE_DIR)
    for word in ("secret", "RuntimeError", "Traceback", "found_everywhere", "Django", place):
        assert word not in text
    assert page.headers["Content-Security-Policy"] == CONTENT_SECURITY_POLICY


def test_healthz_asks_the_database_and_is_not_kept(client, django_assert_num_queries):
    with django_assert_num_queries(1):
        answer = client.get("/healthz")

    assert answer.content == b"ok\n"
    assert "no-store" in answer.headers["Cache-Control"]


def test_robots_keep_out_of_what_is_for_staff(client):
    lines = client.get("/robots.txt").content.decode().splitlines()

    assert lines[0] == "User-agent: *"
    assert {"Disallow: /admin/", "Disallow: /*/admin/", "Disallow: /accounts/"} < set(lines)


NAMES = st.sampled_from([*CenterFilter.base_filters, "run", "kind", "year", "funder", "language",
                         "page", "", "x", "q[]"])  # fmt: skip
VALUES = st.one_of(
    st.binary(max_size=40).map(quote_from_bytes),
    st.text(max_size=20).map(lambda text: quote_from_bytes(text.encode(errors="surrogatepass"))),
    st.integers().map(str),
    st.sampled_from(["9" * 5000, "1e9", "%00", "%", "%zz", "%ff%fe", "NaN", "٣", "BG", "all",
                     "2006", "a" * 5000, "'", '"', "*", "- OR NEAR(", "&", ";", "=", "\u202e"]),
)  # fmt: skip
ANYTHING = st.lists(st.tuples(NAMES, VALUES), max_size=6).map(
    lambda pairs: "&".join(f"{name}={value}" for name, value in pairs)
)


@hypothesis.given(ANYTHING)
@hypothesis.settings(
    max_examples=40, suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture]
)
def test_no_query_breaks_a_page(client, register, query):
    for address in ("/centers/", "/projects/", "/stories/", "/search/", "/organisations/", "/"):
        page = client.get(f"{address}?{query}")
        assert (page.status_code, b"</html>" in page.content) == (200, True)
    for address in ("/centers.csv", "/centers.json", "/centers.geojson", "/projects.csv"):
        answer = client.get(f"{address}?{query}")
        assert (answer.status_code == 400) == answer.headers["Content-Type"].startswith(
            "text/plain"
        )
        assert answer.status_code in (200, 400)


# --- Home, about, search ---------------------------------------------------------------------


def test_home_counts_by_evidence_and_sets_claims_beside(client, register):
    page = words_of(client.get("/"))

    assert "17 centers are recorded in 8 countries." in page
    for count, status in [(9, "active"), (1, "low level"), (1, "paused"), (5, "closed")]:
        assert f" {count} {status} " in page
    assert "1000 centers in 20 countries (says MINE, 2020; Project page" in page
    assert "A claim is not a count." in page


def test_home_of_an_empty_register_says_so(client):
    assert "No center is recorded yet." in client.get("/").content.decode()


def test_about_explains_every_status_and_names_the_network(client, register):
    page = words_of(client.get("/about/"))

    for status, explanation in centers_models.STATUS_EXPLANATIONS.items():
        assert f"{status.label} {explanation}" in page
    assert "MINE e.V. MINE is the international network of Mother Centers" in page


def test_search_finds_all_kinds_at_once(register):
    groups = {kind: [str(row) for row in rows] for kind, _heading, rows, _total in
              found_everywhere("mother")}  # fmt: skip

    assert "Mother Center Isperih" in groups["center"]
    assert "Association Mother Center Alternative" in groups["organisation"]
    assert groups["project"] == ["Neighbourhood mothers", "Roma Mother Centers"]
    assert "Someone to talk to" in groups["story"]


def test_search_shows_some_and_says_how_many(client):
    fill(MANY)
    page = client.get("/search/?q=anna").content.decode()

    assert page.count('href="/centers/anna-') == MOST
    assert f'Centers <span class="hint">{MANY}</span>' in page


@pytest.mark.parametrize("query", ["", "   ", "\x00", "!?…", "x" * 5000, "xyzzy"])
def test_search_that_finds_nothing_helps(client, register, query):
    page = client.get("/search/", {"q": query})

    assert page.context["groups"] == []
    assert "Accents and alphabets do not matter" in page.content.decode() or (
        "accents and alphabets do not matter" in page.content.decode()
    )


def test_search_index_agrees_with_the_register():
    fill(2)

    assert search.disagreements() == []
    SearchEntry.objects.filter(kind="story").delete()
    assert len(search.disagreements()) == 3  # a voice stands beside the two
