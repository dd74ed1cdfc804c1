"""Who helped whom: the page with nothing recorded, its drawing and list, its filter, its CSV."""

import csv
import io
import re
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from centers.models import BY_IMPORT, Affiliation, Center, CenterLink, Country, Organisation, Source
from projects.models import Participation, Project, ProjectText

pytestmark = pytest.mark.django_db
HELPED, SUCCEEDS, BRANCH = "helped_to_start", "successor_of", "branch_of"


@pytest.fixture
def planted(bulgaria):
    """`planted("Anna")`: a center of that name in Bulgaria, or elsewhere."""

    def planted(name, **values):
        values = {"country": bulgaria, "place": "Shumen", **values}
        slug = f"c-{Center.objects.count()}"
        return Center.objects.create(name=name, slug=slug, **values)

    return planted


@pytest.fixture
def tie(planted):
    """`tie("A", kind, "B")`: the tie of two centers, made where they are not there yet."""

    def center(name):
        return Center.objects.filter(name=name).first() or planted(name)

    def tie(one, kind, other, **values):
        return CenterLink.objects.create(
            center=center(one), kind=kind, other=center(other), **values
        )

    return tie


@pytest.fixture
def seen(client):
    """`seen("?country=BG")`: the page as text."""
    return lambda query="": client.get(f"/network/{query}").content.decode()


def titles(page):
    return re.findall(r'<h2 id="family-\d+">(.*?)</h2>', page)


def drawn(page):
    """The names of the drawn centers, from above to below, whole."""
    return [unescape(name) for name in re.findall(r"<title>([^<]*): ", page.split("</head>")[1])]


def told(page):
    """{center: text of its ties} of the lists."""
    found = {}
    for row in re.findall(r"<li>\s*<span class=\"status.*?</li>", page, re.DOTALL):
        name, *rest = re.findall(r"<a [^>]*>(.*?)</a>|<dt>(.*?)</dt>", row)
        found[name[0]] = [one or other for one, other in rest]
    return found


def test_network_without_ties_says_so_and_how_to_tell(seen):
    page = seen()

    assert "Nobody has recorded yet who helped whom to start." in page
    assert 'class="button" href="/countries/"' in page
    assert titles(page) == []
    assert "<form" not in page.split("<main")[1]
    assert "network.csv" not in page


def test_network_tells_what_else_ties_centers(seen, planted, make):
    centers = [planted("One"), planted("Two")]
    union = make(Organisation, name="The union", slug="union", kind="network")
    make(Organisation, name="Nobody's union", slug="nobody", kind="network")
    make(Organisation, name="A foundation", slug="foundation", kind="foundation")
    alone = make(Project, slug="alone")
    bridges = make(Project, slug="bridges")
    make(ProjectText, project=bridges, language="en", title="Bridges")
    for center in centers:
        make(Affiliation, center=center, organisation=union, role="member")
        make(Participation, project=bridges, center=center, organisation=None, role="partner")
    make(Participation, project=alone, center=centers[0], organisation=None, role="partner")

    others = seen().split('id="others"')[1].split("</main>")[0]

    rows = re.findall(r'<a href="([^"]+)">([^<]+)</a> <span class="hint">([^<]+)<', others)
    assert rows == [
        ("/organisations/union/", "The union", "2 centers"),
        ("/projects/bridges/", "Bridges", "2 centers"),
    ]


def test_who_came_first_stands_first_whatever_the_tie(seen, tie):
    tie("Helper", HELPED, "Helped")
    tie("Heir", SUCCEEDS, "Helped")
    tie("Daughter", BRANCH, "Heir")

    page = seen()

    assert titles(page) == ["The family of Helper"]
    assert drawn(page) == ["Helper", "Helped", "Heir", "Daughter"]
    assert told(page) == {
        "Helper": ["Helped to start", "Helped"],
        "Helped": ["Succeeded by", "Heir"],
        "Heir": ["Its branch", "Daughter"],
        "Daughter": [],
    }
    kinds = re.findall(r'family-line is-(\w+)" d="', page.split('id="family-1"')[1])
    assert kinds == [HELPED, SUCCEEDS, BRANCH]


def test_centers_of_the_network_say_how_they_are_and_who_says_so(seen, tie, make):
    link = tie("Helper", HELPED, "Helped")
    link.source = make(Source, slug="book", title="The book of starts", url="")
    link.source_page = "12"
    link.save()
    link.other.record_status("closed", observed="2016", by=BY_IMPORT)

    page = seen()

    assert "<title>Helped: closed · Shumen, Bulgaria</title>" in page
    assert '<svg class="status-closed"' in page
    assert '<span class="status status-closed">' in page
    assert "<cite>The book of starts</cite>, p. 12" in page


def test_merged_center_and_withheld_place_are_not_in_the_network(client, seen, tie, planted):
    tie("Stays", HELPED, "Hidden")
    merged = tie("Merged", HELPED, "Stays").center
    merged.merged_into = Center.objects.get(name="Stays")
    merged.save()
    Center.objects.filter(name="Hidden").update(precision="withheld", place="Secretville")

    page = seen()

    assert drawn(page) == ["Stays", "Hidden"]
    assert "Merged" not in page + client.get("/network.csv").content.decode()
    assert "Secretville" not in page


def test_circle_is_drawn_and_told(seen, tie):
    tie("A", HELPED, "B")
    tie("B", HELPED, "C")
    tie("C", HELPED, "A")
    tie("C", HELPED, "D")

    page = seen()

    assert "Some of these ties run in a circle" in page
    assert page.count(">in a circle<") == 3
    assert sorted(drawn(page)) == ["A", "B", "C", "D"]
    assert page.count("family-line is-helped_to_start is-back") == 1


def test_long_names_are_cut_in_the_drawing_and_whole_in_the_list(seen, tie):
    name = "Център за майки „Надежда за бъдещето на децата и жените & мъжете“"
    tie("Anna", HELPED, name)

    page = seen()

    [cut] = re.findall(r'class="family-name"[^>]*>(Център[^<]*)<', page)
    assert cut.endswith("…")
    assert len(cut) < 30
    assert drawn(page) == ["Anna", name]
    assert name in {unescape(each) for each in told(page)}


def test_big_family_is_drawn_in_part_and_told_whole(seen, planted):
    hub = planted("Hub")
    CenterLink.objects.bulk_create(
        CenterLink(center=hub, kind=HELPED, other=planted(f"Star {n:03}")) for n in range(80)
    )

    page = seen()

    assert len(drawn(page)) == 60
    assert "centers: 21, ties: 21." in page
    assert len(told(page)) == 81
    assert told(page)["Hub"] == ["Helped to start", *(f"Star {n:03}" for n in range(80))]


def test_country_shows_families_with_a_center_there(client, seen, tie, planted, make):
    planted("Belgrade", country=make(Country, code="RS"))
    tie("Sofia", HELPED, "Belgrade")
    tie("Ruse", HELPED, "Varna")

    assert drawn(seen("?country=RS")) == ["Sofia", "Belgrade"]
    assert len(titles(seen("?country=BG"))) == len(titles(seen("?country=RS&country=BG"))) == 2
    rows = client.get("/network.csv?country=RS").content.decode().splitlines()
    assert len(rows) == 2


@pytest.mark.parametrize(
    ("query", "note"),
    [
        ("?country=XX", "“XX” is not a choice under “Country” and was ignored."),
        ("?country=%00%22%3Cb%3E", "was ignored."),
        ("?country=" + "B" * 500, "“" + "B" * 60 + "” is not a choice"),
        ("?page=2", "There is no page “2” here."),
        ("?page=-1", "There is no page “-1” here."),
        ("?page=²", "There is no page “²” here."),
    ],
)
def test_network_passes_over_what_makes_no_sense_and_says_so(client, seen, tie, query, note):
    tie("Sofia", HELPED, "Varna")

    page = seen(query)

    assert note in page.split('role="status">')[1]
    assert drawn(page) == ["Sofia", "Varna"]
    assert client.get(f"/network.csv{query}").status_code == 400


def test_network_goes_on_in_pages(seen, tie):
    for n in range(13):
        tie(f"A{n}", HELPED, f"B{n}")

    first, second = seen(), seen("?page=2")

    assert (len(titles(first)), len(titles(second))) == (12, 1)
    assert 'href="?&amp;page=2"' in first
    assert 'id="family-13"' in second


def test_csv_says_each_tie_as_the_register_does(client, tie, make):
    source = make(Source, slug="book", title="=SUM(A1)")
    helped = tie("Helper", HELPED, "Helped", source=source)
    heir = tie("Heir", SUCCEEDS, "Helped")

    answer = client.get("/network.csv")

    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    rows = list(csv.reader(io.StringIO(answer.content.decode())))
    one, other, third = helped.center.public_id, helped.other.public_id, heir.center.public_id
    assert rows == [
        ["from_public_id", "from_name", "kind", "to_public_id", "to_name", "source"],
        [one, "Helper", HELPED, other, "Helped", "'=SUM(A1)"],
        [third, "Heir", SUCCEEDS, other, "Helped", ""],
    ]


def test_network_asks_the_database_as_often_for_many_ties_as_for_one(client, tie, make):
    counts = []
    for number in (1, 30):
        for n in range(number):
            source = make(Source, slug=f"s-{number}-{n}")
            tie(f"From {n % 7} {number}", HELPED, f"To {n} {number}", source=source)
        with CaptureQueriesContext(connection) as of_page:
            client.get("/network/")
        with CaptureQueriesContext(connection) as of_file:
            client.get("/network.csv?country=BG")
        counts.append((len(of_page), len(of_file)))

    assert counts[0] == counts[1]
    assert counts[0][0] <= 4


def test_network_is_found_from_organisations_and_from_a_center_with_ties(client, tie, planted):
    link = tie("Sofia", HELPED, "Varna")
    alone = planted("Alone")

    assert 'href="/network/"' in client.get("/organisations/").content.decode()
    for center in (link.center, link.other):
        page = client.get(center.get_absolute_url()).content.decode()
        assert 'href="/network/?country=BG"' in page
    assert "/network/" not in client.get(alone.get_absolute_url()).content.decode()
    assert "/network/</loc>" in client.get("/sitemap-pages.xml").content.decode()
