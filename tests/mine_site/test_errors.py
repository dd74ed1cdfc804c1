"""When something is wrong: proposals, references, maintenance; plain words, nothing internal."""

import logging
import logging.config
import re
import sys
from html import unescape

import pytest
from django.conf import settings as site_settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from centers.models import Center
from mine_site import views
from mine_site.logs import ReferenceFilter
from mine_site.lost import MOST
from tests.mine_site.test_pages import MANY, fill, words_of

pytestmark = pytest.mark.django_db


def proposed(client, address):
    """{address: words} that the page of an address that leads nowhere proposes."""
    page = client.get(address, follow=True)
    assert page.status_code == 404
    listed = re.search(r'aria-labelledby="meant">(.*?)</ul>', page.content.decode(), re.S)
    links = re.findall(r'<a href="([^"]+)"[^>]*>([^<]+)</a>', listed[1]) if listed else []
    return {url: unescape(words) for url, words in links}


# --- Not found -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "meant", "words"),
    [
        ("/centers/hope-for-provadja/", "/centers/hope-for-provadia/", "Hope for Provadia"),
        ("/centers/beočin/", "/centers/open-heart-beocin/", "Open Heart for Beocin, Beočin"),
        ("/center/isperih/", "/centers/mother-center-isperih/", "Mother Center Isperih"),
        ("/centers/ISPERIH/", "/centers/mother-center-isperih/", "Mother Center Isperih"),
        ("/centers/isperhi", "/centers/mother-center-isperih/", "Mother Center Isperih"),
        ("/centers/%D0%98%D1%81%D0%BF%D0%B5%D1%80%D0%B8%D1%85/",
         "/centers/mother-center-isperih/", "Mother Center Isperih"),
        ("/centers/isperih.html", "/centers/mother-center-isperih/", "Mother Center Isperih"),
        ("/isperih", "/centers/mother-center-isperih/", "Mother Center Isperih"),
        ("/en/centers/isperih/", "/centers/mother-center-isperih/", "Mother Center Isperih"),
        ("/fr/bg/centers/isperih/", "/centers/mother-center-isperih/", "Mother Center Isperih"),
        ("/bg/centers/isperih/", "/bg/centers/mother-center-isperih/", "Mother Center Isperih"),
        ("/en/about/", "/about/", "/about/"),
        ("/en/", "/", "Start page"),
        ("/countries/bulgarien/", "/countries/bg/", "Bulgaria"),
        ("/country/България/", "/countries/bg/", "Bulgaria"),
        ("/countries/slovakai", "/countries/sk/", "Slovakia"),
        ("/project/roma/", "/projects/roma-mother-centers/", "Roma Mother Centers"),
        ("/stories/homework/", "/stories/homework-and-songs/", None),
        ("/organization/khetane/", "/organisations/khetane-zajedno/", None),
        ("/centers/qqqqqq/", "/centers/", "All centers"),
        ("/news/", "/changes/", "What changed"),
    ],
)  # fmt: skip
def test_not_found_proposes_first_what_was_meant(client, register, address, meant, words):
    first, told = next(iter(proposed(client, address).items()))

    assert first == meant
    assert words in (None, told)


def test_not_found_still_leads_old_addresses_to_the_present_one(client, center):
    center.former_slugs.create(value="isperich")

    assert client.get("/centers/isperich/").headers["Location"] == "/centers/isperih/"


@pytest.mark.parametrize(
    "address", ["/wp-login.php", "/.env", "/wp-admin/", "/apple-touch-icon.png", "/centers/x.git/"]
)
def test_not_found_asks_the_database_nothing_for_programs_that_look_for_holes(
    client, django_assert_num_queries, address
):
    with django_assert_num_queries(0):
        assert proposed(client, address) == {}


def test_not_found_proposes_no_merged_center_and_no_draft(client, center, make):
    Center.objects.create(
        name="Xylophone", slug="xylophone", country=center.country, merged_into=center
    )
    make(views.Story, slug="xylophone-story", title="Xylophone", state="draft")

    assert list(proposed(client, "/centers/xylophon/")) == ["/centers/"]
    assert list(proposed(client, "/stories/xylophone/")) == ["/stories/"]


@pytest.mark.parametrize("address", ["/centers/anna/", "/countries/anma/"])
def test_not_found_takes_few_queries_and_proposes_few_pages_of_many(client, undone, address):
    for count in (1, MANY):
        with undone():
            fill(count)
            with CaptureQueriesContext(connection) as captured:
                number = len(proposed(client, address))

            # One for each kind of record that is proposed; more rows do not make more.
            assert len(captured) <= 10
            assert 0 < number <= MOST


@pytest.mark.parametrize(
    "address",
    ["/" + "a" * 5000 + "/", "/" + "a-b-" * 1000, "/%00/", "/%ff%fe/", "/centers/%20/",
     "/%2e%2e/", "/centers/'\"*-OR-NEAR(/", "/" + "/a" * 1000, "/مركز/", "/😀/"],
)  # fmt: skip
def test_not_found_stands_any_address(client, register, address):
    page = client.get(address)

    assert page.status_code == 404
    assert "This page is not here" in page.content.decode()


def test_not_found_at_the_desk_speaks_to_coordinators(hers_desk, client):
    mine = hers_desk.get("/admin/centers/center/999999/record-status/")
    others = Client().get("/admin/centers/center/999999/record-status/")

    assert mine.status_code == 404
    assert "it is not yours to see" in words_of(mine)
    assert "it is not yours to see" not in words_of(others)


@pytest.fixture
def hers_desk(client, account):
    client.force_login(account("coordinator"))
    return client


# --- Errors of ours ------------------------------------------------------------------------------


@pytest.fixture
def failing(client, monkeypatch):
    def fail(query):
        raise RuntimeError("the secret of the kitchen")

    monkeypatch.setattr(views, "found_everywhere", fail)
    client.raise_request_exception = False
    return client


def test_error_page_gives_a_reference_that_stands_in_the_log_with_the_traceback(failing, caplog):
    page = failing.get("/search/?q=anna")
    [reference] = re.findall(r'class="reference">([^<]+)<', page.content.decode())
    [record] = [each for each in caplog.records if each.levelno == logging.ERROR]
    assert ReferenceFilter().filter(record)
    line = logging.Formatter(
        site_settings.LOGGING["formatters"]["line"]["format"], style="{"
    ).format(record)

    assert page.status_code == 500
    assert re.fullmatch("[a-z2-9]{4}-[a-z2-9]{4}", reference)
    assert f"Internal Server Error: /search/ [reference {reference}]" in line
    assert "RuntimeError: the secret of the kitchen" in line
    assert failing.get("/search/?q=anna").content != page.content


def test_error_page_speaks_the_language_of_the_address(failing):
    assert '<html lang="bg">' in failing.get("/bg/search/?q=anna").content.decode()
    assert '<html lang="en">' in failing.get("/search/?q=anna").content.decode()


def test_error_page_asks_the_database_nothing_and_is_not_kept(failing, django_assert_num_queries):
    with django_assert_num_queries(0):
        page = failing.get("/search/?q=anna")

    assert page.headers["Cache-Control"] == "no-store"


def test_error_page_comes_even_without_style_sheet(failing, settings):
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
    }
    page = failing.get("/search/?q=anna")

    assert page.status_code == 500
    assert re.search("[a-z2-9]{4}-[a-z2-9]{4}", page.content.decode())


def test_log_lines_of_other_things_have_no_reference():
    record = logging.LogRecord("x", logging.INFO, "x", 1, "message", (), None)

    assert ReferenceFilter().filter(record)
    assert record.reference == ""


def test_form_without_its_protection_is_refused_in_plain_words(account):
    client = Client(enforce_csrf_checks=True)
    page = client.post("/de/accounts/login/", {"login": "x", "password": "y"})

    assert page.status_code == 403
    assert "Please send it once more" in words_of(page) or '<html lang="de">' in str(page.content)
    assert "CSRF" not in words_of(page)


def test_what_cannot_be_read_is_refused_in_plain_words(client):
    page = client.get("/", headers={"host": "evil.example"})

    assert page.status_code == 400
    assert "What was sent could not be read" in words_of(page)


# --- Maintenance --------------------------------------------------------------------------------


def test_maintenance_by_setting_answers_503_without_the_database(
    client, settings, django_assert_num_queries
):
    settings.MAINTENANCE = True
    with django_assert_num_queries(0):
        page = client.get("/bg/centers/")

    assert (page.status_code, page.headers["Retry-After"]) == (503, "600")
    assert page.headers["Cache-Control"] == "no-store"
    assert '<html lang="bg">' in page.content.decode()
    assert "default-src" in page.headers["Content-Security-Policy"]
    assert list(page.cookies) == []


@pytest.mark.parametrize("address", ["/", "/admin/", "/centers.csv", "/nowhere/", "/sitemap.xml"])
def test_maintenance_is_told_wherever_one_looks(client, settings, address):
    settings.MAINTENANCE = True

    assert client.get(address).status_code == client.post(address).status_code == 503


def test_maintenance_leaves_the_health_check_honest(client, settings, django_assert_num_queries):
    settings.MAINTENANCE = True
    with django_assert_num_queries(1):
        answer = client.get("/healthz")

    assert (answer.status_code, answer.content) == (200, b"ok\n")


@pytest.mark.parametrize(
    ("written", "told", "retry_after"),
    [
        ("", "Please come back in a little while.", "600"),
        ("New rooms <b>for all</b>\nSoon", "New rooms &lt;b&gt;for all&lt;/b&gt;<br>Soon", "600"),
        ("2199-03-09 18:00\nNew rooms", "back by March 9, 2199, 6:00", None),
        ("2020-03-09 18:00", "back by March 9, 2020, 6:00", "60"),
        ("2026-99-99 18:00", "2026-99-99 18:00", "600"),
        ("x" * 9000, "x" * 500 + "<", "600"),
    ],
)
def test_maintenance_by_file_tells_what_stands_in_it(
    client, settings, tmp_path, written, told, retry_after
):
    settings.VAR_DIR = tmp_path
    assert client.get("/about/").status_code == 200
    (tmp_path / "maintenance").write_text(written)
    page = client.get("/about/")

    assert page.status_code == 503
    assert told in page.content.decode().replace("\u202f", " ")
    if retry_after:
        assert page.headers["Retry-After"] == retry_after
    else:
        assert int(page.headers["Retry-After"]) > 10**9
    (tmp_path / "maintenance").unlink()
    assert client.get("/about/").status_code == 200


def test_maintenance_file_that_cannot_be_read_counts(client, settings, tmp_path):
    settings.VAR_DIR = tmp_path
    (tmp_path / "maintenance").mkdir()

    assert client.get("/").status_code == 503


# --- Statements ---------------------------------------------------------------------------------


def test_statements_are_linked_from_every_page_and_say_what_they_are_for(client, register):
    page = client.get("/centers/").content.decode()
    accessibility, privacy = client.get("/accessibility/"), client.get("/privacy/")

    assert 'href="/accessibility/"' in page
    assert 'href="/privacy/"' in page
    assert "WCAG) 2.2 at level AA" in words_of(accessibility)
    assert f"Last tested: {views.TESTED.in_words()}." in words_of(accessibility)
    assert "No cookies are set on pages that you only read." in words_of(privacy)
    assert "MINE e.V." in words_of(privacy)


def test_holes_are_reported_where_the_operator_says(client, settings):
    unknown = client.get("/.well-known/security.txt")
    settings.SECURITY_CONTACT = "mailto:security@example.org"
    told = client.get("/.well-known/security.txt")
    lines = told.content.decode().splitlines()

    assert (unknown.status_code, told.status_code) == (404, 200)
    assert "Contact: mailto:security@example.org" in lines
    assert "Canonical: http://testserver/.well-known/security.txt" in lines
    assert re.fullmatch(r"Expires: 2\d{3}-12-31T23:59:59Z", lines[1])


def test_log_holds_no_link_that_opens_something(settings):
    made = logging.config.DictConfigurator(settings.LOGGING).configure_filter(
        settings.LOGGING["filters"]["links"]
    )
    try:
        raise ValueError("at /stories/edit/SECRET-4/")
    except ValueError:
        record = logging.makeLogRecord(
            {
                "msg": "Forbidden (%s): %s",
                "args": ("/bg/confirm/SECRET-1/stop/", "/receipt/SECRET-2/ /stories/edit/SECRET-3"),
                "exc_info": sys.exc_info(),
            }
        )
    made.filter(record)
    line = logging.Formatter().format(record)

    assert "SECRET" not in line
    assert "/bg/confirm/…/stop/" in line
    assert "ValueError" in line
