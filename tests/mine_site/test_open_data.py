"""The page of open data, and the register as a zip file."""

import io
import re
import zipfile

import pytest
from django.conf import settings
from django.core.cache import caches
from django.core.management import call_command
from django.db import connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from centers.models import BY_IMPORT, Center
from mine_site import open_data
from mine_site.register import package, profiles, public

pytestmark = pytest.mark.django_db
DATA, ZIP = reverse("data"), reverse("register_zip")


@pytest.fixture
def kept():
    """What is computed is remembered, as where the registry is served."""
    place = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "kept"}
    with override_settings(CACHES={**settings.CACHES, "figures": place}):
        caches["figures"].clear()
        yield caches["figures"]
        caches["figures"].clear()


def text_of(html):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


# --- The zip file --------------------------------------------------------------------------------


def test_zip_file_is_the_public_package_and_is_loaded_again(client, register, tmp_path):
    answer = client.get(ZIP)

    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/zip")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="register.zip"'
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        assert {name: archive.read(name) for name in archive.namelist()} == public.made()
    (tmp_path / "register.zip").write_bytes(answer.content)
    assert package.load(tmp_path / "register.zip")["centers"]["skip"] == 17


def test_zip_file_is_not_sent_again_to_who_has_it(client, register):
    first = client.get(ZIP)

    again = client.get(ZIP, headers={"If-None-Match": first.headers["ETag"]})
    head = client.head(ZIP)

    assert (again.status_code, again.content) == (304, b"")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["Content-Length"] == str(len(first.content))


def test_zip_file_is_made_once_a_change(client, center, kept, monkeypatch):
    made = []
    monkeypatch.setattr(public, "made", lambda make=public.made: made.append(1) or make())

    first, again = client.get(ZIP).content, client.get(ZIP).content
    client.get(DATA)
    center.record_status("active", observed="2016", by=BY_IMPORT)
    changed = client.get(ZIP).content

    assert again == first
    assert changed != first
    assert len(made) == 2


def test_zip_file_of_an_empty_register_is_whole(client):
    answer = client.get(ZIP)

    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert len(archive.namelist()) == len(profiles.PUBLIC) + 1


@pytest.mark.parametrize("address", [DATA, ZIP])
def test_open_data_only_answers_questions(client, address):
    assert client.post(address).status_code == 405


# --- The page ------------------------------------------------------------------------------------


def test_page_tells_every_file_with_its_rows_and_columns(client, register):
    html = client.get(DATA).content.decode()

    table = re.search(r"<table.*?</table>", html, re.S).group()
    told = re.findall(r"<code>(\w+)\.csv.*?<td>(.*?)</td>.*?>(\d+)</td>.*?>(\d+)</td>", table, re.S)
    assert [stem for stem, _label, _rows, _columns in told] == list(profiles.PUBLIC)
    by_stem = {stem: (label, int(rows), int(columns)) for stem, label, rows, columns in told}
    assert by_stem["centers"] == ("Centers", 17, 19)
    assert by_stem["center_names"] == ("Centers: other names", 8, 5)
    assert by_stem["center_merges"] == ("Centers: merged into", 0, 2)
    assert sum(rows for _label, rows, _columns in by_stem.values()) == sum(
        len(resource().export()) for resource in profiles.PUBLIC.values()
    )


def test_page_names_licence_citation_and_what_else_can_be_had(client, register):
    html = client.get(DATA).content.decode()

    hrefs = set(re.findall(r'href="([^"]+)"', html))
    assert {
        ZIP,
        "https://creativecommons.org/licenses/by/4.0/",
        "/centers.csv?status=all",
        "/centers.json?status=all",
        "/centers.geojson?status=all",
        "/projects.csv",
        "http://testserver/id/5g7zkjxr/",
    } <= hrefs
    assert "Mother Center Registry: The register of Mother Centers, as of" in text_of(html)
    assert client.get("/id/5g7zkjxr/").status_code in (301, 302)


def test_page_tells_of_every_column(client, register):
    html = client.get(DATA).content.decode()

    columns = html[html.index('class="data-columns"') :]
    assert columns.count("<dt>") == sum(
        len(resource().get_export_fields()) for resource in profiles.PUBLIC.values()
    )
    ids = re.findall(r'\sid="([^"]+)"', html)
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("address", [DATA, ZIP])
def test_open_data_asks_as_much_of_thirty_centers_as_of_one(
    client, make, center, django_assert_num_queries, address
):
    center.record_status("active", observed="2016", by=BY_IMPORT)
    with CaptureQueriesContext(connection) as of_one:
        client.get(address)
    for number in range(29):
        other = make(Center, slug=f"center-{number}")
        other.record_status("active", observed="2016", by=BY_IMPORT)

    with django_assert_num_queries(len(of_one)):
        client.get(address)


@pytest.mark.parametrize("address", [DATA, ZIP])
def test_open_data_asks_next_to_nothing_while_nothing_changes(
    client, register, kept, django_assert_num_queries, address
):
    client.get(address)

    # The version; the page also its dated copies, an example and the countries.
    with django_assert_num_queries(4 if address == DATA else 1):
        client.get(address)


def test_page_is_linked_from_every_page_and_in_the_sitemap(client, register):
    assert f'<a href="{DATA}">Open data</a>' in client.get("/about/").content.decode()
    assert f"http://testserver{DATA}</loc>" in client.get("/sitemap-pages.xml").content.decode()
    assert 'href="/bg/data/"' in client.get("/bg/about/").content.decode()


def test_registry_that_is_set_up_has_its_register_as_data(db, tmp_path):
    call_command("load_register", str(package.REAL_REGISTER))

    rows, size = open_data.register_in_figures()

    assert (rows["centers"], rows["status_entries"], size > 10_000) == (17, 25, True)
