"""What a center's page gives first, draws, and tells machines and those with whom it is shared."""

import gzip
import io
import json
import re

import pytest
from django.conf import settings
from PIL import Image

from centers import share_images
from centers.charts.lines import line_chart
from centers.dates import PartialDate
from centers.models import Affiliation, Center, CenterLink, CenterName, Organisation, Snapshot
from tests.centers.test_pages import words_of

pytestmark = pytest.mark.django_db
STREET = "Secret street 5"


@pytest.fixture
def reachable(center, coordinator):
    """The center of the fixture, with all by which it wants to be reached."""
    center.record_status("active", observed="2014", by=coordinator)
    Center.objects.filter(pk=center.pk).update(
        phone="+359 84 1", email="mc@example.org", website="https://www.mc.example/",
        address=STREET, precision="exact", opening_hours="Mondays 9–12", place="Isperih",
        latitude="43.7", longitude="26.8",
    )  # fmt: skip
    center.refresh_from_db()
    return center


def data_of(page):
    """The nodes of the page's JSON-LD by type."""
    text = re.search(r'<script type="application/ld\+json">(.*?)</script>', page, re.S)[1]
    return {node["@type"]: node for node in json.loads(text)["@graph"]}


def meta_of(page):
    return dict(re.findall(r'<meta (?:property|name)="([^"]+)" content="([^"]*)">', page))


def get(client, center):
    return client.get(center.get_absolute_url()).content.decode()


# --- How to reach it -------------------------------------------------------------------------


def test_living_center_says_first_how_to_reach_it(client, reachable):
    page = get(client, reachable)
    links = re.findall(r'href="(tel:[^"]+|mailto:[^"]+|https:[^"]+)"', page)

    assert links == [
        "tel:+359841",
        "mailto:mc@example.org",
        "https://www.openstreetmap.org/directions?to=43.700000%2C26.800000",
        "https://www.mc.example/",
    ]
    assert page.index("tel:") < page.index('id="life"')


def test_place_that_is_not_exact_has_no_way_to_it(client, reachable):
    Center.objects.update(precision="town")
    page = get(client, reachable)

    assert "openstreetmap" not in page
    assert STREET not in page


def test_closed_center_leads_to_the_living_and_to_what_came_after(
    client, reachable, coordinator, make
):
    heir = make(Center, slug="heir", name="The heir", public_id="22222229")
    make(CenterLink, center=heir, other=reachable, kind="successor_of")
    reachable.record_status("closed", observed="2015", according_to="the mayor", by=coordinator)
    page = words_of(client.get(reachable.get_absolute_url()))

    assert "Why it closed is not recorded. Who says so: the mayor." in page
    assert "What came after it: The heir" in page
    assert page.index("Nearest living centers") < page.index("Its life")
    assert "tel:" not in get(client, reachable)


# --- Figures ---------------------------------------------------------------------------------


def test_line_runs_from_the_first_figure_to_the_last():
    rows = [("2010", 50), ("2012", 100), ("2011-07", None), (None, 7), ("2008", 0)]
    chart = line_chart("Visitors", [(PartialDate.of(date), value) for date, value in rows])

    assert [(str(point.date), point.value) for point in chart.points] == [
        ("2008", 0), ("2010", 50), ("2012", 100),
    ]  # fmt: skip
    assert [(point.x, point.y) for point in chart.points] == [
        ("28.0", "140.0"), ("320.0", "87.0"), ("612.0", "34.0"),
    ]  # fmt: skip


@pytest.mark.parametrize("rows", [[], [("2010", 5)], [("2010", 5), ("2010", 6)], [(None, 5)]])
def test_no_line_without_two_dates(rows):
    assert line_chart("Visitors", [(PartialDate.of(date), value) for date, value in rows]) is None


def test_line_of_nothing_but_zeros_lies_on_the_ground():
    chart = line_chart("Visitors", [(PartialDate.of(year), 0) for year in ("2010", "2011")])

    assert {point.y for point in chart.points} == {str(float(chart.ground))}


def test_profile_draws_figures_and_keeps_their_table(client, center, make):
    for year, visitors in [("2010", 1200), ("2012", 1500)]:
        make(Snapshot, center=center, as_of=year, visitors=visitors, core_group=None, children=None)
    page = get(client, center)

    assert page.count("<polyline") == 1
    assert 'aria-label="Visitors: 1,200 (2010), at last 1,500 (2012)"' in page
    assert '<td class="number" data-label="Visitors">1,500</td>' in page


# --- What machines read ----------------------------------------------------------------------


def test_structured_data_tells_what_is_published(client, reachable, make):
    make(CenterName, center=reachable, value="Майчин център", kind="native", language="bg")
    organisation = make(Organisation, slug="mine", name="MINE")
    make(Affiliation, center=reachable, organisation=organisation, role="member")
    nodes = data_of(get(client, reachable))

    assert nodes["NGO"] | {"makesOffer": []} == {
        "@type": "NGO",
        "name": reachable.name,
        "alternateName": ["Майчин център"],
        "identifier": reachable.public_id,
        "url": "http://testserver/centers/isperih/",
        "sameAs": "https://www.mc.example/",
        "telephone": "+359 84 1",
        "email": "mc@example.org",
        "makesOffer": [],
        "memberOf": [{"@type": "Organization", "name": "MINE"}],
        "location": {
            "@type": "Place",
            "name": "Isperih, Bulgaria",
            "address": {
                "@type": "PostalAddress",
                "streetAddress": STREET,
                "addressLocality": "Isperih",
                "addressCountry": "BG",
            },
            "geo": {"@type": "GeoCoordinates", "latitude": 43.7, "longitude": 26.8},
        },
    }
    assert [step["name"] for step in nodes["BreadcrumbList"]["itemListElement"]] == [
        "Centers",
        reachable.name,
    ]


def test_withheld_place_is_in_nothing_that_is_shared(client, reachable):
    Center.objects.update(precision="withheld")
    reachable.refresh_from_db()
    nodes = data_of(get(client, reachable))

    assert nodes["NGO"]["location"] == {
        "@type": "Place",
        "name": "Bulgaria",
        "address": {"@type": "PostalAddress", "addressCountry": "BG"},
    }
    assert share_images.center_picture(reachable)["line"] == "Bulgaria"


def test_name_cannot_end_the_script(client, center):
    name = "</script><!--<script>alert(1)</script>&\u2028"
    Center.objects.update(name=name)
    page = get(client, center)

    assert data_of(page)["NGO"]["name"] == name
    assert page.count("</script>") == 2


def test_shared_page_has_a_card_with_full_addresses(client, reachable):
    meta = meta_of(get(client, reachable))

    assert meta["og:title"] == reachable.name
    assert meta["og:url"] == "http://testserver/centers/isperih/"
    assert meta["og:image"] == "http://testserver/centers/isperih/card.png"
    assert meta["twitter:card"] == "summary_large_image"


def test_permanent_address_is_a_link_with_a_button_to_copy_it(client, center):
    page = get(client, center)
    address = f"http://testserver/id/{center.public_id}/"

    assert f'<a href="/id/{center.public_id}/">{address}</a>' in page
    assert re.search(rf'<button [^>]*hidden data-copy="{address}"', page)


# --- Pictures for shared links ---------------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    ["/centers/hope-for-provadia/card.png", "/projects/roma-mother-centers/card.png", "/card.png"],
)
def test_card_is_a_picture_that_is_kept_and_asked_for_again(client, register, address):
    answer = client.get(address)
    picture = Image.open(io.BytesIO(answer.content))
    again = client.get(address, headers={"If-None-Match": answer.headers["ETag"]})

    assert (picture.format, picture.size) == ("PNG", (1200, 630))
    assert answer.headers["Cache-Control"] == "public, max-age=3600"
    assert (again.status_code, again.content) == (304, b"")


def test_card_changes_with_what_it_says(client, center, coordinator):
    before = client.get("/centers/isperih/card.png")
    center.record_status("active", observed="2015", by=coordinator)
    after = client.get("/centers/isperih/card.png")

    assert before.headers["ETag"] != after.headers["ETag"]
    assert before.content != after.content


@pytest.mark.parametrize("address", ["/centers/nobody/card.png", "/projects/nobody/card.png"])
def test_nobody_has_no_card(client, db, address):
    assert client.get(address).status_code == 404


def test_long_names_are_wrapped_and_cut():
    font, rows = share_images._fitting("Wort " * 60 + "W" * 200)
    broken = share_images._wrapped("W" * 200, font)

    assert len(rows) == 3
    assert rows[-1].endswith("…")
    assert "".join(broken) == "W" * 200
    assert all(font.getlength(row) <= 1200 - 2 * share_images.MARGIN for row in [*rows, *broken])


@pytest.mark.parametrize("letters", ["ěščřžýáíéůťďňľĺŕ", "őűÖÜß", "щъьюяЖЙ", "№„“–…’"])
def test_face_has_the_letters_of_our_languages(letters):
    font = share_images._font(40)
    missing = font.getmask("\uffff").getbbox(), bytes(font.getmask("\uffff"))

    drawn = {
        letter: (font.getmask(letter).getbbox(), bytes(font.getmask(letter))) for letter in letters
    }
    assert [letter for letter, mask in drawn.items() if mask == missing] == []


# --- Weight ----------------------------------------------------------------------------------


@pytest.mark.parametrize("address", ["/", "/centers/", "/centers/hope-for-provadia/"])
def test_first_view_is_small(client, register, address):
    answer = client.get(address)
    head = answer.content.decode()
    static = set(re.findall(r'(?:href|src)="/static/([^"]+)"', head))
    files = [(settings.BASE_DIR / "static" / name).read_bytes() for name in static]
    weight = sum(len(gzip.compress(data)) for data in [answer.content, *files])

    assert 1 + len(static) <= 6
    assert weight <= 60 * 1024


def test_shared_picture_is_drawn_of_a_place_in_two_lines(client, center):
    Center.objects.filter(pk=center.pk).update(place="Isperih\nnear Razgrad")

    answer = client.get(f"/centers/{center.slug}/card.png")

    assert (answer.status_code, answer["Content-Type"]) == (200, "image/png")
