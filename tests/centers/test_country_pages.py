"""Countries and organisations: short enough to open, in the reader's order, with who is there."""

import html
import io
import re

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test.utils import CaptureQueriesContext
from PIL import Image

from centers.models import BY_IMPORT, Affiliation, Center, Coordinator, Country, Organisation
from tests.centers.test_pages import names_of, words_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def many(bulgaria):
    """`many(3, status="closed")`: so many centers in Bulgaria, named A 000, A 001, …"""

    def many(number, status="unknown", letter="A"):
        return Center.objects.bulk_create(
            Center(
                name=f"{letter} {n:03}", slug=f"{letter}-{n:03}".lower(), country=bulgaria,
                public_id=f"{letter}{n:03}".lower(), status=status,
                confirmed_on=None if status == "unknown" else "2016",
                status_by=None if status == "unknown" else "2016",
            )
            for n in range(number)
        )  # fmt: skip

    return many


@pytest.fixture
def coordinator(bulgaria):
    """`coordinator("vesna", …)`: one who looks after Bulgaria."""

    def coordinator(name, is_active=True, is_staff=True, **values):
        user = get_user_model().objects.create_user(
            name, f"{name}@network.example", is_active=is_active, is_staff=is_staff
        )
        row = Coordinator.objects.create(user=user, **values)
        row.countries.set([bulgaria])
        return row

    return coordinator


def test_country_shows_the_living_first_and_no_more_than_fit(client, many):
    many(100, "closed", "C")
    many(40, "unknown", "A")
    many(2, "low_level", "B")

    answer = client.get("/countries/bg/")

    page = answer.content.decode()
    assert names_of(answer) == ["B 000", "B 001", *(f"A {n:03}" for n in range(22))]
    assert "See all 42 centers in the list" in page
    assert "100 closed centers" in page
    assert 'href="/centers/?country=BG&amp;status=closed">All closed centers in the list' in page
    assert page.count('href="/centers/c-') == 24
    counts = re.search(r'country-counts">.*?</ul>', page, re.DOTALL)[0]
    assert re.findall(r"status=(\w+)\"><span class=\"country-number\">(\d+)", counts) == [
        ("low_level", "2"),
        ("closed", "100"),
        ("unknown", "40"),
    ]


def test_country_asks_the_database_as_often_for_many_as_for_one(client, many, coordinator):
    counts = []
    for number, letter in ((1, "A"), (30, "B")):
        for status in ("active", "closed"):
            many(number, status, f"{letter}{status[0]}")
        for n in range(number):
            coordinator(f"{letter}{n}", public_name="Anna")
        client.get("/countries/bg/")
        with CaptureQueriesContext(connection) as queries:
            client.get("/countries/bg/")
        with CaptureQueriesContext(connection) as of_list:
            client.get("/countries/")
        counts.append((len(queries), len(of_list)))

    assert counts[0] == counts[1]


def test_country_orders_names_in_the_reader_s_alphabet(client, bulgaria, make):
    for name in ("Chata", "Cesta", "Hodina", "Čas", "Dom"):
        make(Center, name=name, slug=name.lower().replace("č", "c"), country=bulgaria)

    def names(address):
        return re.findall(r'<h3><a href="[^"]+">([^<]+)', client.get(address).content.decode())

    assert names("/countries/bg/") == ["Čas", "Cesta", "Chata", "Dom", "Hodina"]
    assert names("/cs/countries/bg/") == ["Cesta", "Čas", "Dom", "Hodina", "Chata"]


def test_country_draws_its_years_and_tells_them_as_a_table(client, center):
    center.record_status("active", observed="2010", by=BY_IMPORT)
    center.record_status("closed", observed="2012", by=BY_IMPORT)

    page = client.get("/countries/bg/").content.decode()

    drawing = re.search(r'<svg viewBox="0 0 400.*?</svg>', page, re.DOTALL)[0]
    columns = re.findall(r'<rect class="is-(\w+)"', drawing)
    assert columns[:3] == ["active", "unknown", "closed"]
    assert (
        'role="img" aria-label="Centers by status in each year, from 2010 (1 recorded)' in drawing
    )
    rows = re.findall(r'<tr><th scope="row">(\d+)</th>(.*?)</tr>', page)
    table = {year: re.findall(r">(\d+)<", cells) for year, cells in rows}
    assert table["2010"] == ["1", "0", "0", "1"]  # active, not known, closed, together
    assert table["2011"] == ["0", "1", "0", "1"]
    assert table["2012"] == ["0", "0", "1", "1"]


def test_country_names_who_looks_after_it_if_she_wants(client, coordinator):
    coordinator("vesna", public_name="Vesna P.")
    coordinator("rada", public_name="Rada D.")
    coordinator("unnamed")
    coordinator("gone", is_active=False, public_name="Anna who left")
    coordinator("retired", is_staff=False, public_name="Anna who retired")

    pages = {
        address: words_of(client.get(address)) for address in ("/countries/", "/countries/bg/")
    }

    assert "Rada D., Vesna P. look after the centers in Bulgaria." in pages["/countries/bg/"]
    assert "Rada D., Vesna P." in pages["/countries/"]
    for page in pages.values():
        assert "Anna who" not in page
        assert "unnamed" not in page
        assert "looking for" not in page


def test_country_with_an_unnamed_coordinator_is_not_called_vacant(client, coordinator):
    coordinator("unnamed")

    page = words_of(client.get("/countries/bg/"))

    assert "The centers in Bulgaria are looked after by a coordinator of the network." in page
    assert "there is one" in words_of(client.get("/countries/"))


def test_vacant_country_says_that_somebody_is_looked_for(client, bulgaria):
    page = client.get("/countries/bg/").content.decode()

    assert "We are looking for a coordinator for Bulgaria." in page
    assert 'href="/countries/bg/contact/"' in page
    assert 'href="/countries/bg/contact/"' in client.get("/countries/").content.decode()


def test_public_name_cannot_bring_markup(client, coordinator):
    coordinator("vesna", public_name="<b>Vesna</b>")

    for address in ("/countries/", "/countries/bg/", "/countries/bg/contact/"):
        assert "<b>Vesna" not in client.get(address).content.decode()


def test_countries_stand_by_region_in_the_reader_s_alphabet(client):
    for code, region in {"SK": "central-europe", "AT": "central-europe", "CZ": "central-europe",
                         "RW": "africa", "XK": ""}.items():  # fmt: skip
        Country.objects.create(code=code, region=region)

    def rows(address):
        page = client.get(address).content.decode()
        found = re.findall(r'scope="rowgroup"[^>]*>([^<]+)|scope="row"><a[^>]*>([^<]+)', page)
        return [html.unescape(region or country) for region, country in found]

    assert rows("/countries/") == [
        "Africa", "Rwanda",
        "Central Europe", "Austria", "Czechia", "Slovakia",
        "Region not recorded", "Kosovo",
    ]  # fmt: skip
    german = [each for each in rows("/de/countries/") if each in ("Österreich", "Slowakei")]
    assert german == ["Österreich", "Slowakei"]


def test_organisations_tell_how_many_centers_are_with_them(client, bulgaria, many, make):
    network = make(Organisation, name="The network", slug="network", kind="network")
    centers = many(30, letter="N")
    for center in centers:
        make(Affiliation, center=center, organisation=network, role="member")
    make(Affiliation, center=centers[0], organisation=network, role="host")  # counts once
    Center.objects.filter(pk=centers[1].pk).update(merged_into=centers[0])

    listed = client.get("/organisations/").content.decode()
    page = client.get("/organisations/network/").content.decode()

    assert (
        '<a class="organisation-count" href="/centers/?network=network&amp;status=all">29 centers<'
        in listed
    )
    assert page.count('href="/centers/n-') == 24
    assert "All its centers in the list" in page


def test_shared_country_shows_a_picture(client, many):
    many(3)

    answer = client.get("/countries/bg/card.png")

    assert Image.open(io.BytesIO(answer.content)).size == (1200, 630)
    assert "/countries/bg/card.png" in client.get("/countries/bg/").content.decode()
    assert client.get("/countries/zz/card.png").status_code == 404


def test_organisation_shows_the_living_of_its_centers_first(client, make):
    network = make(Organisation, slug="network", name="The network")
    for number in range(30):
        closed = make(Center, slug=f"a-{number}", name=f"A {number:02}", public_id=f"a{number}")
        closed.record_status("closed", observed="2015", by=BY_IMPORT)
        make(Affiliation, center=closed, organisation=network, role="member")
    living = make(Center, slug="z", name="Z", public_id="z")
    living.record_status("active", observed="2026", by=BY_IMPORT)
    make(Affiliation, center=living, organisation=network, role="member")
    shown = client.get("/organisations/network/").context["affiliations"]

    assert [row.center.name for row in shown][:2] == ["Z", "A 00"]
    assert len(shown) == 24
