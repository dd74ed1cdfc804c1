"""What a page tells machines: sitemap, robots, canonical addresses, the page in other languages."""

import datetime
import re
import urllib.robotparser
from html import unescape
from xml.etree import ElementTree

import pytest
from django.conf import settings

from centers.models import BY_IMPORT, Center
from mine_site import sitemaps
from tests.mine_site.test_pages import MANY, fill

pytestmark = pytest.mark.django_db
NAMESPACES = {
    "s": "http://www.sitemaps.org/schemas/sitemap/0.9",
    "x": "http://www.w3.org/1999/xhtml",
}
LANGUAGES = [code for code, _name in settings.LANGUAGES]


def xml_of(client, address):
    return ElementTree.fromstring(client.get(address).content)


def locations(tree):
    return [loc.text for loc in tree.iterfind(".//s:loc", NAMESPACES)]


def links_of(client, address):
    """(canonical address, {hreflang: address}) of a page."""
    page = client.get(address).content.decode()
    canonical = re.findall(r'<link rel="canonical" href="([^"]+)"', page)
    alternates = re.findall(r'<link rel="alternate" hreflang="([^"]+)" href="([^"]+)"', page)
    return [unescape(each) for each in canonical], {
        code: unescape(each) for code, each in alternates
    }


# --- Sitemap -----------------------------------------------------------------------------------


def test_sitemap_names_every_page_in_every_language_and_all_of_them_answer(client, register):
    files = locations(xml_of(client, "/sitemap.xml"))
    addresses = [each for file in files for each in locations(xml_of(client, file))]
    sample = [
        *(each for each in addresses if re.fullmatch(r"http://testserver/[a-z]+/", each)),
        *addresses[:: len(addresses) // 50],
    ]

    assert len(addresses) == len(set(addresses)) > 6 * 60
    for language in LANGUAGES:
        prefix = "" if language == "en" else f"/{language}"
        assert f"http://testserver{prefix}/centers/hope-for-provadia/" in addresses  # closed
        assert f"http://testserver{prefix}/countries/bg/" in addresses
        assert f"http://testserver{prefix}/changes/" in addresses
    assert {each: client.get(each).status_code for each in sample} == dict.fromkeys(sample, 200)


def test_sitemap_tells_each_page_in_all_languages(client, center):
    tree = xml_of(client, "/sitemap-centers.xml")
    expected = {
        "x-default": "http://testserver/centers/isperih/",
        "en": "http://testserver/centers/isperih/",
        **{each: f"http://testserver/{each}/centers/isperih/" for each in LANGUAGES[1:]},
    }

    for url in tree.iterfind("s:url", NAMESPACES):
        links = url.iterfind("x:link", NAMESPACES)
        assert {link.get("hreflang"): link.get("href") for link in links} == expected
    assert set(locations(tree)) == set(expected.values())


def test_sitemap_leaves_merged_centers_and_drafts_out(client, center, make):
    Center.objects.create(name="M", slug="merged", country=center.country, merged_into=center)
    make(sitemaps.Story, slug="draft", state="draft")

    assert not any("merged" in each for each in locations(xml_of(client, "/sitemap-centers.xml")))
    assert locations(xml_of(client, "/sitemap-stories.xml")) == []


def test_sitemap_says_when_a_center_changed_and_not_that_it_is_now(client, center):
    old = datetime.datetime(2020, 1, 2, tzinfo=datetime.UTC)
    Center.history.update(history_date=old)
    before = xml_of(client, "/sitemap-centers.xml").findtext(".//s:lastmod", "", NAMESPACES)
    new = datetime.datetime(2021, 3, 4, tzinfo=datetime.UTC)
    center.record_status("active", observed="2016", by=BY_IMPORT, recorded_at=new)
    after = xml_of(client, "/sitemap-centers.xml").findtext(".//s:lastmod", "", NAMESPACES)
    Center.history.all().delete()
    center.status_entries.all().delete()
    unknown = xml_of(client, "/sitemap-centers.xml").findtext(".//s:lastmod", "", NAMESPACES)

    assert (before, after, unknown) == ("2020-01-02", "2021-03-04", "")


def test_sitemap_is_cut_into_files(client, bulgaria, monkeypatch):
    monkeypatch.setattr(sitemaps.PagesSitemap, "limit", 10)
    Center.objects.bulk_create(
        Center(name="A", slug=f"a-{number}", country=bulgaria) for number in range(4)
    )
    files = [each for each in locations(xml_of(client, "/sitemap.xml")) if "centers" in each]
    addresses = [each for file in files for each in locations(xml_of(client, file))]

    assert [each.rpartition("/")[2] for each in files] == [
        "sitemap-centers.xml", "sitemap-centers.xml?p=2", "sitemap-centers.xml?p=3",
    ]  # fmt: skip
    assert len(set(addresses)) == len(addresses) == 24


@pytest.mark.parametrize(
    "address", ["/sitemap-nothing.xml", "/sitemap-centers.xml?p=9", "/sitemap-centers.xml?p=x"]
)
def test_sitemap_that_is_not_there_is_not_found(client, center, address):
    assert client.get(address).status_code == 404


def test_sitemap_takes_as_many_queries_for_one_row_as_for_many(
    client, undone, django_assert_num_queries
):
    for count in (1, MANY):
        with undone():
            fill(count)
            with django_assert_num_queries(10):
                client.get("/sitemap.xml")
            with django_assert_num_queries(2):
                client.get("/sitemap-centers.xml")


def test_sitemap_reads_only_the_rows_that_a_file_names(client, monkeypatch):
    monkeypatch.setattr(sitemaps.PagesSitemap, "limit", 12)
    fill(MANY)
    read = []
    rows = sitemaps.Center.from_db
    monkeypatch.setattr(
        sitemaps.Center, "from_db", lambda *row: read.append(1) or rows(*row), raising=False
    )

    files = locations(xml_of(client, "/sitemap.xml"))
    after_index = len(read)
    names = locations(xml_of(client, "/sitemap-centers.xml?p=2"))

    assert sum("sitemap-centers" in each for each in files) == MANY // 2
    assert (after_index, len(read), len(names)) == (0, 2, 12)


# --- Robots ------------------------------------------------------------------------------------


def may_fetch(rules, address):
    """As RFC 9309 says: of the rules that fit, the longest; the standard library knows no `*`."""
    fitting = []
    for rule in rules:
        verdict, _colon, pattern = rule.partition(": ")
        if verdict in ("Allow", "Disallow"):
            regex = ".*".join(re.escape(part) for part in pattern.split("*"))
            if re.match(regex, address):
                fitting.append((len(pattern), verdict == "Allow"))
    return max(fitting, default=(0, True))[1]


def test_robots_name_the_sitemap_absolutely(client):
    answer = client.get("/robots.txt")
    parser = urllib.robotparser.RobotFileParser()
    parser.parse(answer.content.decode().splitlines())

    assert parser.site_maps() == ["http://testserver/sitemap.xml"]
    assert client.get(parser.site_maps()[0]).status_code == 200


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("/", True),
        ("/bg/centers/", True),
        ("/centers/?country=BG", True),
        ("/centers/?&page=2", True),
        ("/de/changes/", True),
        ("/centers.csv", True),
        ("/centers/?country=BG&status=closed", False),
        ("/centers/?sort=founded", False),
        ("/admin/", False),
        ("/bg/admin/", False),
        ("/hu/accounts/login/", False),
        ("/search/?q=anna", False),
    ],
)
def test_robots_keep_out_of_the_desk_and_of_combinations_of_filters(client, address, expected):
    rules = client.get("/robots.txt").content.decode().splitlines()

    assert may_fetch(rules, address) == expected


# --- Canonical, hreflang -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "canonical"),
    [
        ("/", "/"),
        ("/?utm=x", "/"),
        ("/bg/", "/bg/"),
        ("/centers/", "/centers/"),
        ("/de/centers/?sort=founded&country=BG&status=all&foo=1&country=XX",
         "/de/centers/?country=BG&status=all"),
        ("/centers/?page=1&q=", "/centers/"),
        ("/centers/?status=all&page=1", "/centers/?status=all"),
        ("/stories/?page=nonsense", "/stories/"),
        ("/changes/?country=BG&x=y", "/changes/?country=BG"),
        ("/changes/?page=2", "/changes/?page=2"),
        ("/sk/search/?q=a%26b&x=1", "/sk/search/?q=a%26b"),
        ("/hu/centers/hope-for-provadia/?x=1", "/hu/centers/hope-for-provadia/"),
    ],
)  # fmt: skip
def test_page_names_its_canonical_address(client, register, asked, canonical):
    assert links_of(client, asked)[0] == [f"http://testserver{canonical}"]


def test_page_names_itself_in_all_languages_with_its_filters(client, register):
    _canonical, links = links_of(client, "/bg/centers/?country=BG&sort=founded")

    assert links == {
        "x-default": "http://testserver/centers/?country=BG",
        "en": "http://testserver/centers/?country=BG",
        **{each: f"http://testserver/{each}/centers/?country=BG" for each in LANGUAGES[1:]},
    }


@pytest.mark.parametrize(
    "address", ["/nowhere/", "/de/centers/nobody/", "/accounts/login/", "/accounts/signup/"]
)
def test_errors_and_forms_have_no_canonical_address(client, db, address):
    assert links_of(client, address) == ([], {})


def test_site_in_one_language_names_no_others(client, settings, center):
    settings.LANGUAGES = [("en", "English")]

    assert links_of(client, "/centers/isperih/") == (["http://testserver/centers/isperih/"], {})
