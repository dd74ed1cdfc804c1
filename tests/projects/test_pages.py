"""Public pages of projects: the list with its filters, the dossier, the file."""

import csv
import datetime
import html
import io
import re

import pytest
from django.http import QueryDict

from centers import search
from centers.knowledge import Knowledge
from centers.models import Center, Country, Organisation
from projects.dossier import ProjectDossier
from projects.filters import ProjectFilter
from projects.models import (
    Document,
    Event,
    Funding,
    Indicator,
    IndicatorText,
    Lesson,
    Measurement,
    Participation,
    Project,
    ProjectText,
)
from stories.models import Story
from tests.centers.test_admin import change

pytestmark = pytest.mark.django_db

ON = datetime.date(2026, 7, 1)


def words_of(response):
    """What the page's main part says, without markup and with single blanks."""
    main = response.content.decode().split("<main")[1].split("</main>")[0]
    words = " ".join(html.unescape(re.sub(r"<[^>]+>", " ", "<main" + main)).split())
    return re.sub(r" ([,.;:)])", r"\1", words)


def asked(query):
    """The list that the query string asks for."""
    return ProjectFilter(QueryDict(query.removeprefix("?")), on=ON)


def slugs(query):
    return [project.slug for project in asked(query).rows()]


# --- What the real register's pages must show ------------------------------------------------


@pytest.mark.parametrize(
    ("slug", "sentences"),
    [
        (
            "neighbourhood-mothers",
            [
                "Women educated as neighbourhood mothers (women) 9 2008 19 2009 15 2010 66 2011 "
                "138 2012 Period Kind Value Source 2008 actual 9 Evaluation of the neighbourhood "
                "mothers, 2012, p. 24",
                "2012 actual 138",
                "Total 247 The source states 247.",
                "May 2012 actual 265",
                "Government programme on the resources of women of immigrant background 2007–2011 "
                "12,000,000 DKK",
                "Bikubenfonden from 2013 amount not known",
                "Municipality of Copenhagen from 2013 amount not known",
                "Dates from 2007, end not known",
                "Part of a regular service not known",
                "Evaluation, 2012: MHT Consult Method: two surveys and qualitative interviews",
            ],
        ),
        (
            "lets-build-bridges",
            [
                "State Ministry of Baden-Württemberg not known 60,000 EUR",
                "Dates December 15, 2020 – December 31, 2022",
                "September 21, 2022 – September 26, 2022: MINE Academy, Budapest, Hungary",
                "January 17, 2022: Project summary; find the wisdom keepers of your organisation, "
                "online",
            ],
        ),
        (
            "roma-mother-centers",
            [
                "closed Hope for Provadia, Provadia, Bulgaria: Closed between 2010 and 2016.",
                "unknown Matko, Detva, Slovakia: Active since 2006. Nobody has confirmed it since "
                "2006.",
                "Review by the network, 2016 (date inferred): MINE e.V.",
                "No funding is recorded; that does not mean that there was none.",
                "space, money; No room from the municipality; Rent could not be paid",
                "Followed by Sustainable Space for Participation and Engagement",
                "At the start of the project 2006 active: 8 initiative: 1",
                "At the review 2016 low level: 1 paused: 1 closed: 5 not known: 2",
                "Lead MINE e.V. Partner Integro Association Khetane Zajedno",
                "November 2006: International Mother Center Conference",
            ],
        ),
        (
            "sustainable-space",
            [
                "not dated target 3 Review of the Roma Mother Center pilot",
                "State Ministry of Baden-Württemberg not known amount not known",
                "Dates dates not known",
                "Follows Roma Mother Centers",
                "unknown Good Mother - Good Children, Sandanski, Bulgaria: Paused since May 2015.",
            ],
        ),
    ],
)
def test_dossier_tells_what_is_known(client, register, slug, sentences):
    page = words_of(client.get(f"/projects/{slug}/"))

    assert [sentence for sentence in sentences if sentence not in page] == []


def test_every_project_names_its_source(client, register):
    projects = Project.objects.select_related("source")
    assert len(projects) == 4
    for project in projects:
        page = words_of(client.get(project.get_absolute_url()))
        assert f"Source {project.source.title} How complete is this page" in page


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["lets-build-bridges", "neighbourhood-mothers", "roma-mother-centers",
              "sustainable-space"]),
        ("sort=start", ["roma-mother-centers", "neighbourhood-mothers", "lets-build-bridges",
                        "sustainable-space"]),
        ("sort=title", ["lets-build-bridges", "neighbourhood-mothers", "roma-mother-centers",
                        "sustainable-space"]),
        ("country=RS", ["lets-build-bridges", "roma-mother-centers", "sustainable-space"]),
        ("country=DK&country=AL", ["neighbourhood-mothers", "roma-mother-centers"]),
        ("funder=state-ministry-baden-wuerttemberg", ["lets-build-bridges", "sustainable-space"]),
        ("kind=pilot&funder=state-ministry-baden-wuerttemberg", ["sustainable-space"]),
        ("year=2021", ["lets-build-bridges"]),
        ("year=2006", ["roma-mother-centers"]),
        ("run=completed", ["lets-build-bridges"]),
        ("run=unknown", ["neighbourhood-mothers", "roma-mother-centers", "sustainable-space"]),
        ("run=running", []),
        ("q=Bydelsmødre", ["neighbourhood-mothers"]),
        ("q=bydelsmodre", ["neighbourhood-mothers"]),
        ("q=nothing", []),
    ],
)  # fmt: skip
def test_list_finds_what_is_in_the_register(register, query, found):
    assert slugs(query) == found


# --- Facets ----------------------------------------------------------------------------------

SPANS = [("2006", "2010"), ("2010-05", None), (None, None), (None, "2008"), ("2026-01", "2026-12"),
         ("2009-12-31", "2010-01-01"), ("2027", None), ("2027", "2028")]  # fmt: skip


@pytest.fixture
def several(db):
    """A project for each of the spans, with countries, kinds and funders in turn."""
    countries = [Country.objects.create(code=code) for code in ("BG", "DK", "SK")]
    funders = [Organisation.objects.create(slug=s, name=s, kind="foundation") for s in ("a", "b")]
    for number, (start, end) in enumerate(SPANS):
        kind = Project.Kind.values[number % 3]
        project = Project.objects.create(slug=f"p-{number}", kind=kind, start=start, end=end)
        ProjectText.objects.create(project=project, language="en", title=f"Work {number}")
        project.countries.set(countries[number % 3 :])
        for funder in funders[: number % 3]:
            Funding.objects.create(project=project, funder=funder)
            Funding.objects.create(project=project, funder=funder, programme="again")
    search.reindex()


@pytest.mark.parametrize(
    "query",
    [
        "",
        "kind=pilot",
        "country=DK&year=2010",
        "run=unknown&funder=a",
        "q=work&country=BG&run=running",
        "year=2006&year=2026&kind=pilot&kind=capacity",
        "funder=b&run=completed",
    ],
)
def test_count_beside_a_choice_is_what_it_shows_when_chosen(several, query):
    found = asked(query)

    assert found.notes == []
    assert found.total == len(found.rows()) == len(set(found.rows()))
    for name, facet in found.facets.items():
        for value, _label in facet.extra["choices"]:
            alone = asked(found.query(without={name}, **{name: value}))
            assert found.counts[name].get(value, 0) == alone.total == len(alone.rows())


@pytest.mark.parametrize(
    ("year", "found"),
    [
        ("2006", ["p-0"]),
        ("2008", ["p-0"]),  # p-3 may have run then: when it began is not known
        ("2010", ["p-1", "p-5", "p-0"]),
        ("2026", ["p-4"]),
    ],
)
def test_year_finds_projects_as_far_as_their_dates_tell(several, year, found):
    assert slugs(f"year={year}") == found


def test_year_in_which_nothing_is_known_to_have_run_is_no_choice(several):
    # p-1 may have run then: when it ended is not known.
    assert asked("year=2011").notes == ["“2011” is not a choice under “Year” and was ignored."]


def test_project_is_running_only_once_it_has_begun(several):
    assert slugs("run=running") == ["p-4"]
    assert slugs("run=running") == [each.slug for each in Project.objects.running(on=ON)]
    assert set(slugs("run=completed")) == {"p-0", "p-3", "p-5"}
    assert set(slugs("run=unknown")) == {"p-1", "p-2", "p-6"}


def test_unknown_start_comes_last_in_either_order(several):
    assert slugs("sort=-start") == ["p-6", "p-7", "p-4", "p-1", "p-5", "p-0", "p-2", "p-3"]
    assert slugs("sort=start") == ["p-0", "p-5", "p-1", "p-4", "p-6", "p-7", "p-2", "p-3"]


@pytest.mark.parametrize(
    ("query", "note"),
    [
        ("kind=party", "“party” is not a choice under “Kind” and was ignored."),
        ("year=1066", "“1066” is not a choice under “Year” and was ignored."),
        ("page=7", "There is no page “7” here."),
    ],
)
def test_wrong_value_is_noted_on_the_page_and_refused_in_the_file(client, register, query, note):
    page, file = client.get(f"/projects/?{query}"), client.get(f"/projects.csv?{query}")

    assert re.findall(r'<p class="note" role="status">([^<]+)</p>', page.content.decode()) == [note]
    assert len(page.context["page"]) == 4
    assert (file.status_code, file.content.decode()) == (400, note)


# --- The file --------------------------------------------------------------------------------


@pytest.mark.parametrize("query", ["", "country=RS&sort=title", "q=bydel", "run=running"])
def test_csv_holds_the_projects_of_the_list(client, register, query):
    listed = client.get(f"/projects/?{query}").context["page"]
    file = client.get(f"/projects.csv?{query}")
    rows = list(csv.DictReader(io.StringIO(file.content.decode())))

    assert [row["slug"] for row in rows] == [project.slug for project in listed]
    assert file.headers["Content-Type"] == "text/csv; charset=utf-8"


def test_csv_tells_what_the_page_tells(client, register):
    text = client.get("/projects.csv?q=bridges").content.decode()

    assert list(csv.DictReader(io.StringIO(text))) == [
        {
            "slug": "lets-build-bridges",
            "title": "Let's build bridges",
            "kind": "capacity",
            "start": "2020-12-15",
            "end": "2022-12-31",
            "iati_status": "4",
            "countries": "BG; CZ; DE; HU; IT; NL; RS; SI; SK",
            "centers": "8",
            "url": "http://testserver/projects/lets-build-bridges/",
        }
    ]


def test_csv_runs_no_formula(client, make):
    project = make(Project, slug="formula")
    ProjectText.objects.create(project=project, language="en", title="=1+1")

    assert ",=1+1," not in client.get("/projects.csv").content.decode()
    assert ",'=1+1," in client.get("/projects.csv").content.decode()


# --- The dossier -----------------------------------------------------------------------------


@pytest.fixture
def project(make):
    """A project with a title in English and one in Danish."""
    project = make(Project, slug="work", start=None, end=None)
    ProjectText.objects.create(project=project, language="en", title="Work", results="")
    ProjectText.objects.create(project=project, language="da", title="Arbejde")
    return project


def test_project_keeps_its_former_address(client, project):
    project.former_slugs.create(value="labour")
    answer = client.get("/projects/labour/")

    assert (answer.status_code, answer.headers["Location"]) == (301, "/projects/work/")
    assert client.get("/projects/nothing/").status_code == 404


def test_dossier_finds_its_family_in_one_query(project, make, django_assert_num_queries):
    before = make(Project, slug="before")
    Project.objects.filter(pk=project.pk).update(follows=before)
    for slug in ("after", "also-after"):
        make(Project, slug=slug, follows=project)
    with django_assert_num_queries(1):
        dossier = ProjectDossier.find("work", knowledge=Knowledge(ON))

    assert dossier.project == project
    assert dossier.follows == before
    assert {row.slug for row in dossier.followed_by} == {"after", "also-after"}


@pytest.mark.parametrize(
    ("adds_up", "values", "total"),
    [(True, [9, 19, "0.5"], "28.5"), (False, [9, 19], None), (True, [9], None), (True, [], None)],
)
def test_total_is_of_figures_that_may_be_added(project, adds_up, values, total):
    indicator = Indicator.objects.create(project=project, adds_up=adds_up)
    IndicatorText.objects.create(indicator=indicator, language="en", name="Women")
    Measurement.objects.create(indicator=indicator, kind="target", value=100)
    for year, value in enumerate(values, start=2008):
        Measurement.objects.create(
            indicator=indicator, kind="actual", period=str(year), value=value
        )

    [figures] = ProjectDossier.find("work", knowledge=Knowledge(ON)).indicators

    assert figures.name == "Women"
    assert (figures.total if total is None else str(figures.total.normalize())) == total


def test_amounts_of_different_currencies_are_not_added(client, project):
    for amount, currency in [(1000, "EUR"), ("2500.50", "DKK"), (None, "")]:
        Funding.objects.create(
            project=project, programme=f"Programme {currency}", amount=amount, currency=currency
        )
    page = words_of(client.get("/projects/work/"))

    assert "Programme EUR not known 1,000 EUR" in page
    assert "Programme DKK not known 2,500.5 DKK" in page
    assert "Programme not known amount not known" in page
    assert "3,500" not in page


def test_list_puts_money_of_different_currencies_side_by_side_and_adds_nothing(client, register):
    page = words_of(client.get("/projects/"))

    assert "12,000,000 DKK Government programme on the resources of women of immigrant" in page
    assert "60,000 EUR State Ministry of Baden-Württemberg Let's build bridges" in page
    assert "are not added. Of 4 more the amounts are not known." in page
    assert "12,060,000" not in page
    page = words_of(client.get("/projects/?country=DE"))
    assert "60,000 EUR" in page
    assert "DKK" not in page


def test_dossier_shows_what_became_of_its_centers(client, project, center, coordinator):
    for role in ("host", "participant"):
        Participation.objects.create(project=project, center=center, role=role)
    double = Center.objects.create(
        name="The double", slug="double", country=center.country, merged_into=center
    )
    Participation.objects.create(project=project, center=double, role="participant")
    center.record_status("closed", observed="2016", by=coordinator)
    page = words_of(client.get("/projects/work/"))

    assert "closed Mother Center Isperih, Isperih, Bulgaria: Closed in 2016 or before." in page
    assert "1 center took part. Neither its start nor its end is known" in page
    assert re.search(r"Now \w+ \d+, \d+ closed: 1", page)
    assert "The double" not in page
    [listed] = client.get("/projects/").context["page"]
    assert listed.center_count == 1


def test_dossier_links_events_documents_lessons_and_published_stories(client, project, center):
    Event.objects.create(
        project=project, start="2022-05", is_online=True, recording_url="https://example.org/r"
    )
    Document.objects.create(
        project=project, title="Rapport", url="https://example.org/d", language="da"
    )
    Lesson.objects.create(project=project, text="Share", themes="space money", center=center)
    for state in ("published", "draft"):
        Story.objects.create(
            slug=state, project=project, kind="story", language="bg", title=f"A {state} one",
            state=state, is_sample=True,
        )  # fmt: skip
    page = client.get("/projects/work/").content.decode()

    assert '<a href="https://example.org/r" rel="external">Recording</a>' in page
    assert '<a href="https://example.org/d" rel="external" hreflang="da">Rapport</a>' in page
    assert '<a href="/stories/published/" lang="bg">A published one</a>' in page
    assert "A draft one" not in page
    assert "space, money; <a" in page


def test_addresses_of_others_are_no_scripts(client, project):
    Document.objects.create(project=project, title="<b>Paper</b>", url="https://example.org/?a&b")
    page = client.get("/projects/work/").content.decode()

    assert "&lt;b&gt;Paper&lt;/b&gt;" in page
    assert 'href="https://example.org/?a&amp;b"' in page


def test_retitled_project_is_found_at_once(client, admin_client, project):
    search.reindex()
    change(admin_client, project.texts.get(language="da"), title="Værksted")

    for words, found in [("vaerksted", 1), ("arbejde", 0), ("work", 1)]:
        assert client.get("/projects/", {"q": words}).context["found"].total == found
