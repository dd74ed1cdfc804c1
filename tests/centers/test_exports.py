"""Files of the list of centers and of the admin, and no place finer than published."""

import csv
import io
import json
import re
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from centers import search, tables
from centers.models import (
    Affiliation,
    Cause,
    Center,
    CenterName,
    Organisation,
    StatusEntry,
)
from centers.public_ids import check_character
from projects.models import Participation, Project, ProjectText
from stories.models import Story
from tests.centers.test_admin import Form, found, message_of

pytestmark = pytest.mark.django_db

PUBLIC_ID = "2345678" + check_character("2345678")

QUERIES = [
    "",
    "status=all",
    "status=closed&cause=rent",
    "country=BG&status=all&sort=-founded",
    "q=beocin",
    "freshness=overdue&founded_from=2006",
    "q=nobody",
]


def rows_of(client, extension, query=""):
    """The rows of the file, {column: value}."""
    answer = client.get(f"/centers.{extension}?{query}")
    text = answer.content.decode()
    if extension == "csv":
        return list(csv.DictReader(io.StringIO(text)))
    if extension == "json":
        return json.loads(text)["centers"]
    return [feature["properties"] for feature in json.loads(text)["features"]]


# --- The same rows as the list ---------------------------------------------------------------


@pytest.mark.parametrize("extension", ["csv", "json", "geojson"])
@pytest.mark.parametrize("query", QUERIES)
def test_file_holds_the_centers_of_the_list_in_its_order(client, register, query, extension):
    page = client.get(f"/centers/?{query}")
    link = re.search(rf'href="(/centers\.{extension}[^"]*)"', page.content.decode())[1]

    rows = rows_of(client, extension, link.replace("&amp;", "&").partition("?")[2])

    assert [row["public_id"] for row in rows] == [each.public_id for each in page.context["page"]]
    assert rows == rows_of(client, extension, query)


def test_file_is_not_cut_into_pages(client, bulgaria):
    for number in range(60):
        Center.objects.create(name=f"C {number}", slug=f"c-{number}", country=bulgaria)

    assert len(rows_of(client, "csv")) == 60


def test_files_say_the_same(client, register):
    table, rows, features = (
        rows_of(client, each, "status=all") for each in ("csv", "json", "geojson")
    )

    assert list(table[0]) == list(rows[0])
    for cells, row, properties in zip(table, rows, features, strict=True):
        assert properties == {k: v for k, v in row.items() if k not in ("latitude", "longitude")}
        for column, value in row.items():
            if isinstance(value, list):
                value = "; ".join(value)
            if isinstance(value, bool):
                value = {True: "yes", False: "no"}[value]
            assert cells[column] == ("" if value is None else str(value))


def test_file_tells_what_the_page_tells(client, register):
    [row] = rows_of(client, "json", "q=provadia")

    assert row == {
        "public_id": "4agnjphy",
        "name": "Hope for Provadia",
        "native_name": "",
        "status": "closed",
        "status_since": None,
        "status_after": "2010",
        "status_by": "2016",
        "causes": ["emigration", "leader-left", "skills"],
        "last_confirmed": "2016",
        "freshness": "overdue",
        "sources_disagree": False,
        "country": "BG",
        "town": "Provadia",
        "address": "",
        "latitude": 43.18,
        "longitude": 27.43,
        "precision": "town",
        "founded": "2006",
        "community": "",
        "networks": ["Integro Association"],
        "projects": ["roma-mother-centers"],
        "telephone": "",
        "mail": "",
        "website": "",
        "opening_hours": "",
        "url": "http://testserver/id/4agnjphy/",
    }


def test_file_gives_the_causes_of_the_last_closing_alone(client, center, coordinator):
    for slug in ("rent", "emigration"):
        Cause.objects.create(slug=slug, group="other")
    center.record_status("closed", observed="2008", causes=["rent"], by=coordinator)
    center.record_status("active", observed="2010", by=coordinator)
    center.record_status("closed", observed="2016", causes=["emigration"], by=coordinator)

    assert rows_of(client, "json", "status=all")[0]["causes"] == ["emigration"]


@pytest.mark.parametrize(
    ("extension", "content_type"),
    [
        ("csv", "text/csv; charset=utf-8"),
        ("json", "application/json"),
        ("geojson", "application/geo+json"),
    ],
)
def test_file_says_what_it_is(client, register, extension, content_type):
    answer = client.get(f"/centers.{extension}?country=BG")

    assert answer.headers["Content-Type"] == content_type
    assert answer.headers["Content-Disposition"] == f'inline; filename="centers.{extension}"'


def test_csv_runs_no_formula_and_reads_back(client, bulgaria):
    texts = ["=HYPERLINK(1)", "+359 88", "-1+2", "@SUM(1)", "'quoted", "'=both", 'a;b,c\n"d"']
    for number, text in enumerate(texts):
        Center.objects.create(name=text, slug=f"c-{number}", country=bulgaria, phone=text,
                              community=text, opening_hours=text)  # fmt: skip
    answer = client.get("/centers.csv?sort=name")
    headers, rows = tables.read(answer.content)

    for row in csv.DictReader(io.StringIO(answer.content.decode())):
        for column in ("name", "telephone", "community", "opening_hours"):
            assert not re.match(r"[=+\-@\t\r]", row[column])
    for column in ("name", "telephone", "community", "opening_hours"):
        assert sorted(cells[headers.index(column)] for _line, cells in rows) == sorted(texts)


def test_geojson_is_after_the_standard(client, register):
    body = json.loads(client.get("/centers.geojson?status=all").content)
    points = {each["properties"]["name"]: each["geometry"] for each in body["features"]}

    assert body["type"] == "FeatureCollection"
    assert {feature["type"] for feature in body["features"]} == {"Feature"}
    assert len({feature["id"] for feature in body["features"]}) == 17
    # Longitude first; and where no point is known, none is made up.
    assert points["Swallow"] == {"type": "Point", "coordinates": [19.82, 41.33]}
    assert points["Family Center Malíček"] is None


# --- Nothing finer than the published point --------------------------------------------------

LATITUDE, LONGITUDE = Decimal("48.123456"), Decimal("11.987654")
STREET, TOWN = "Fliederstrasse 7", "Unterhaching"


@pytest.fixture
def answers(client, bulgaria, make, coordinator):
    """`answers(precision)`: all public answers that tell of a center, by their address."""

    def answers(precision):
        center = Center.objects.create(
            name="Anna's house", slug="annas-house", country=bulgaria, place=TOWN, address=STREET,
            latitude=LATITUDE, longitude=LONGITUDE, precision=precision,
        )  # fmt: skip
        center.record_status("active", observed="2020", by=coordinator)
        other = Center.objects.create(
            name="Closed", slug="closed", country=bulgaria, latitude=48, longitude=12
        )
        other.record_status("closed", observed="2020", by=coordinator)
        network = make(Organisation, slug="network", name="Network")
        Affiliation.objects.create(center=center, organisation=network, role="member")
        project = make(Project, slug="project")
        ProjectText.objects.create(project=project, language="en", title="Project")
        Participation.objects.create(project=project, center=center, role="participant")
        make(Story, slug="story", center=center, language="en", state="published", is_sample=True)
        search.reindex()
        addresses = [
            "/", "/centers/", "/centers/?q=anna&sort=place", "/centers.csv", "/centers.json",
            "/centers.geojson", "/centers/annas-house/", "/centers/closed/", "/countries/",
            "/countries/bg/", "/organisations/network/", "/projects/project/", "/projects/",
            "/stories/", "/stories/story/", "/search/?q=anna", "/projects.csv",
        ]  # fmt: skip
        return {address: client.get(address).content.decode() for address in addresses}

    return answers


def holding(answers, pattern):
    return [address for address, text in answers.items() if re.search(pattern, text)]


def test_exact_place_is_published_as_it_is(answers):
    told = answers("exact")

    for address in ("/centers.csv", "/centers.json", "/centers.geojson"):
        for value in (str(LATITUDE), str(LONGITUDE), STREET, TOWN):
            assert value in told[address]
    assert STREET in told["/centers/annas-house/"]


@pytest.mark.parametrize("precision", ["district", "town"])
def test_place_is_published_to_a_hundredth_of_a_degree(answers, precision):
    told = answers(precision)

    assert json.loads(told["/centers.geojson"])["features"][0]["geometry"]["coordinates"] == [
        11.99,
        48.12,
    ]
    assert holding(told, r"48\.12\d|11\.98|11\.99\d") == []
    assert holding(told, STREET) == []
    assert TOWN in told["/centers/annas-house/"]
    assert "<dt>Address</dt>" not in told["/centers/annas-house/"]


def test_withheld_place_is_published_nowhere(answers, client):
    told = answers("withheld")

    assert holding(told, r"48\.1|11\.9[89]") == []
    assert holding(told, f"{STREET}|{TOWN}") == []
    assert json.loads(told["/centers.geojson"])["features"][0]["geometry"] is None
    assert "Anna" in told["/centers/"]
    assert "Anna" not in told["/centers/closed/"]
    for query in (TOWN, STREET, TOWN[:6]):
        for address in ("/centers/", "/search/", "/stories/"):
            assert "annas-house" not in client.get(address, {"q": query}).content.decode()


def test_native_name_and_networks_are_in_the_file(client, center, make):
    CenterName.objects.create(center=center, value="Майчин център", kind="native", language="bg")
    CenterName.objects.create(center=center, value="Marcin", kind="alias")
    for name in ("Б", "А"):
        host = make(Organisation, slug=f"host-{ord(name)}", name=name)
        Affiliation.objects.create(center=center, organisation=host, role="host")
    [row] = rows_of(client, "csv")

    assert (row["native_name"], row["networks"]) == ("Майчин център", "А; Б")


# --- In and out of the admin -----------------------------------------------------------------


def upload(client, model, content, name="centers.csv"):
    """The preview of a file that was uploaded."""
    address = reverse(f"admin:centers_{model}_import")
    form = Form(client.get(address)).data
    file = SimpleUploadedFile(name, content if isinstance(content, bytes) else content.encode())
    return client.post(address, form | {"import_file": file})


def confirm(client, preview):
    form = Form(preview)
    return message_of(client.post(form.action, form.data), client)


def test_import_shows_what_would_change_and_saves_what_was_confirmed(admin_client, center):
    preview = upload(
        admin_client,
        "center",
        "\ufeffpublic_id;slug;name;country;precision\r\n"
        f"{center.public_id};isperih;Lantern;BG;town\r\n"
        f"{PUBLIC_ID};detva;<b>Матко</b>;BG;town\r\n",
    )
    page = preview.content.decode()

    assert "<del>Mother Center Isperih</del> <ins>Lantern</ins>" in page
    assert "&lt;b&gt;Матко&lt;/b&gt;" in page
    assert [each.name for each in Center.objects.all()] == ["Mother Center Isperih"]
    assert confirm(admin_client, preview) == [
        "Import finished: 1 new, 1 updated, 0 deleted and 0 skipped centers."
    ]
    center.refresh_from_db()
    assert (center.name, center.place) == ("Lantern", "Isperih")
    assert found("matko") == ["<b>Матко</b>"]
    assert center.history.latest().history_user.username == "admin"


def test_import_of_statements_goes_through_the_one_door(admin_client, center):
    for slug in ("rent", "skills"):
        Cause.objects.create(slug=slug, group="other")
    header = "key,center,status,observed,since,causes,according_to\n"
    row = f"a-1,{center.public_id},closed,2016,2015,rent:main skills,the host\n"
    preview = upload(admin_client, "statusentry", header + row)

    assert not StatusEntry.objects.exists()
    assert confirm(admin_client, preview)[0].startswith("Import finished: 1 new")
    center.refresh_from_db()
    entry = center.status_entries.get()
    assert (center.status, str(center.status_since)) == ("closed", "2015")
    assert (entry.via, entry.cause_weights) == ("import", {"rent": "main", "skills": ""})
    changed = upload(admin_client, "statusentry", header + row.replace("closed", "paused"))
    assert "A recorded statement is not changed." in changed.content.decode()


@pytest.mark.parametrize("model", ["center", "statusentry", "organisation", "country", "source",
                                   "claim", "cause"])  # fmt: skip
def test_export_comes_back_and_changes_nothing(admin_client, register, model):
    Center.objects.filter(slug="matko-detva").update(phone="+421 1", opening_hours="=always")
    address = reverse(f"admin:centers_{model}_export")
    file = admin_client.post(address, Form(admin_client.get(address)).data)
    rows = file.content.count(b"\n") - 1
    [message] = confirm(admin_client, upload(admin_client, model, file.content))

    assert file.headers["Content-Type"].startswith("text/csv")
    assert rows >= 6
    assert message.startswith("Import finished: 0 new, 0 updated, 0 deleted and ")
    assert f" {rows} skipped " in message


HEADER = "public_id,slug,name,country,precision\n"
FREE = f"{PUBLIC_ID},detva,Matko,BG,town"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (HEADER.encode() + "abc,b,Mütter,BG,town".encode("cp1252"),
         "Line 2 is not in UTF-8. Save the file as “CSV UTF-8”."),
        ("", "The submitted file is empty."),
        ("\n\n", "The file is empty: not even a header is there."),
        ("name,name\na,b\n", "The column “name” is there twice."),
        (HEADER + "a,b,c,d,e,f\n", "Line 2 has 6 cells, but the header has 5."),
        ("PK\x03\x04\x00\x00", "This is not a text file."),
        ("public_id,price\na,1\n", "There is no column “price” here. The columns are: public_id,"),
        (HEADER + f"{FREE}\n,b,Berta,BG,town\n", "Every row needs its permanent key here."),
        (HEADER + f"{FREE}\n22222223,b,Berta,BG,town\n", "“22222223” is mistyped: an identifier"),
        (HEADER + FREE.replace("BG", "XX"), "There is no country with the key “XX”."),
        (HEADER + FREE.replace("town", "here"), "Value &#x27;here&#x27; is not a valid choice."),
        (HEADER + FREE.replace("Matko", ""), "This field cannot be blank."),
        (
            HEADER + FREE.replace("detva", "isperih"),
            "Center with this Page address already exists.",
        ),
    ],
    ids=str,
)  # fmt: skip
def test_import_refuses_a_bad_file_in_plain_words(admin_client, center, content, reason):
    page = upload(admin_client, "center", content).content.decode()

    assert reason in page
    assert "process_import" not in page
    for internal in ("Traceback", "TableError", "ValidationError", "/site-packages/", "[&#x27;"):
        assert internal not in page
    assert [each.name for each in Center.objects.all()] == ["Mother Center Isperih"]


def test_import_that_became_wrong_since_the_preview_saves_nothing(admin_client, center):
    rows = f"{center.public_id},isperih,Lantern,BG,town\n{FREE}\n"
    preview = upload(admin_client, "center", HEADER + rows)
    center.former_slugs.create(value="detva")
    [message] = confirm(admin_client, preview)
    center.refresh_from_db()

    assert (center.name, Center.objects.count()) == ("Mother Center Isperih", 1)
    assert "Import finished" not in message


def test_import_confirmed_twice_is_done_once(admin_client, center):
    preview = upload(admin_client, "center", HEADER + FREE)
    confirm(admin_client, preview)
    [message] = confirm(admin_client, preview)

    assert "again" in message
    assert Center.objects.count() == 2


def test_export_names_the_one_permanent_address_in_every_language(client, center):
    english = client.get("/centers.json").json()
    german = client.get("/de/centers.json").json()

    assert german == english
    assert german["centers"][0]["url"] == f"http://testserver/id/{center.public_id}/"
