"""The register as a folder of CSV files: loaded whole or not at all, written, and checked."""

import contextlib
import csv
import shutil
from decimal import Decimal

import pytest
from django.apps import apps
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from centers import search
from centers.models import (
    BY_CENTER,
    Award,
    Cause,
    Center,
    CenterFormerSlug,
    CenterLink,
    CenterName,
    CenterNote,
    CenterText,
    Claim,
    Contact,
    ContactAttempt,
    Country,
    Erasure,
    ExternalIdentifier,
    Offer,
    OfferText,
    Organisation,
    OrganisationFormerSlug,
    Photo,
    Report,
    SearchEntry,
    Snapshot,
    StatusCause,
    StatusEntry,
)
from mine_site.register import package
from projects.models import (
    Document,
    Event,
    Funding,
    Indicator,
    Lesson,
    Measurement,
    Participation,
    Project,
    ProjectFormerSlug,
)
from stories.models import Story, StoryFormerSlug

REAL = package.REAL_REGISTER


def everything():
    """Every row of the three apps, history and times included."""
    return {
        model._meta.label: sorted(map(str, model._base_manager.values_list()))
        for label in ("centers", "projects", "stories")
        for model in apps.get_app_config(label).get_models(include_auto_created=True)
    }


def files(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def read(stem, folder=REAL):
    """(columns, rows as dicts) of a file of the package."""
    with (folder / f"{stem}.csv").open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        return reader.fieldnames, list(reader)


def write(folder, stem, columns, rows):
    folder.mkdir(exist_ok=True)
    with (folder / f"{stem}.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(rows)
    return folder


def with_cells(folder, stem, row, cells):
    """A package of one file of the real register, in which some cells of a row are others."""
    columns, rows = read(stem)
    rows[row].update(cells)
    return write(folder, stem, columns, rows)


def refusal_of(folder):
    """The problems for which a package is refused, as (file, line, column, reason)."""
    with pytest.raises(package.PackageRefused) as refusal:
        package.load(folder)
    return [
        (problem.file, problem.line, problem.column, problem.reason)
        for problem in refusal.value.problems
    ]


# --- The real register ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "number"),
    [
        (Country, 25),
        (Organisation, 23),
        (Center, 17),
        (Project, 4),
        (Event, 13),
        (Lesson, 7),
        (Cause, 9),
        (Claim, 39),
        (StatusEntry, 25),
        (Award, 1),
    ],
)
def test_register_holds_what_the_sources_tell(register, model, number):
    assert model.objects.count() == number


def test_register_knows_how_every_center_is(register):
    by_status = {}
    for slug, status in Center.objects.order_by("slug").values_list("slug", "status"):
        by_status.setdefault(status, []).append(slug)

    assert by_status == {
        "closed": [
            "hope-for-provadia",
            "little-flame-kremnica",
            "mothers-love-simitli",
            "open-heart-beocin",
            "swallow-tirana",
        ],
        "paused": ["good-mother-good-children-sandanski"],
        "low_level": ["carmen-razgrad"],
        "initiative": ["banska-stiavnica-initiative"],
        "active": [
            "3-generations-center-utrecht",
            "family-and-mother-center-eichenau",
            "family-center-mala-ulica-ljubljana",
            "family-center-malicek",
            "matko-detva",
            "miz-miteinander-im-zentrum-aschaffenburg",
            "mother-center-isperih",
            "mother-center-nezabudka-zilina",
            "mother-father-center-neuhausen-munich",
        ],
    }
    assert Center.objects.filter(is_disputed=True).count() == 0


@pytest.mark.parametrize(
    ("slug", "since", "after", "by", "causes"),
    [
        ("swallow-tirana", None, "2006", "2016", {"rent", "emigration", "funding-ended"}),
        ("hope-for-provadia", None, "2010", "2016", {"leader-left", "emigration", "skills"}),
        ("mothers-love-simitli", None, "2006", "2016", {"emigration", "leader-left"}),
        ("open-heart-beocin", None, "2006", "2016", {"rent", "no-space"}),
        ("little-flame-kremnica", None, "2006", "2016", {"funding-ended"}),
        ("good-mother-good-children-sandanski", "2015-05", "2006", "2016", {"funding-ended"}),
        ("carmen-razgrad", None, "2006", "2016", set()),
        ("matko-detva", "2006", None, "2006", set()),
        ("mother-center-isperih", None, None, "2022", set()),
    ],
)
def test_register_knows_when_and_why(register, slug, since, after, by, causes):
    center = Center.objects.get(slug=slug)

    dates = [center.status_since, center.status_after, center.status_by]
    links = StatusCause.objects.filter(entry__center=center)

    assert [date and str(date) for date in dates] == [since, after, by]
    assert set(links.values_list("cause", "weight")) == {(cause, "") for cause in causes}


def test_register_has_the_danish_series_and_its_total(register):
    indicator = Indicator.objects.get(stated_total__isnull=False)

    series = indicator.measurements.order_by("period").values_list("period", "value")

    assert [(str(period), int(value)) for period, value in series] == [
        ("2008", 9),
        ("2009", 19),
        ("2010", 15),
        ("2011", 66),
        ("2012", 138),
    ]
    assert (indicator.stated_total, indicator.project.slug) == (247, "neighbourhood-mothers")


def test_register_has_the_nine_groups_of_the_roma_pilot(register):
    groups = Participation.objects.filter(
        project__slug="roma-mother-centers", role="participant", center__isnull=False
    )

    assert groups.count() == 9
    assert sorted(groups.values_list("center__country", flat=True)) == [
        *["AL"], *["BG"] * 4, *["RS"], *["SK"] * 3,
    ]  # fmt: skip


def test_register_guesses_no_amount_and_no_place(register):
    amounts = Funding.objects.filter(amount__isnull=False).values_list("amount", "currency")

    assert set(amounts) == {(Decimal(60000), "EUR"), (Decimal(12000000), "DKK")}
    assert Center.objects.filter(place="").values_list("slug", "latitude").get() == (
        "family-center-malicek",
        None,
    )


def test_register_publishes_an_exact_place_only_where_the_address_is_public(register):
    exact = Center.objects.filter(precision="exact").values_list("slug", "address").get()

    assert exact == ("mother-father-center-neuhausen-munich", "Landshuter Allee 37, 80637 München")


def test_register_has_samples_that_name_nobody(register):
    told = Story.objects.values_list("is_sample", "shown_name", "center", "project")

    assert set(told) == {(True, "", None, None)}


# --- In and out ----------------------------------------------------------------------------------


@pytest.mark.django_db
def test_load_into_an_empty_database_makes_every_row_new():
    outcome = package.load(REAL)

    assert outcome["centers"] == {"new": 17, "update": 0, "skip": 0}
    # Which project followed which is said of projects that are there already.
    assert outcome.pop("project_sequence") == {"new": 0, "update": 1, "skip": 0}
    assert {(counts["update"], counts["skip"]) for counts in outcome.values()} == {(0, 0)}
    assert {*outcome, "project_sequence"} == {path.stem for path in REAL.glob("*.csv")}


def test_loading_twice_changes_nothing(register):
    before = everything()

    outcome = package.load(REAL)

    assert everything() == before
    assert {(counts["new"], counts["update"]) for counts in outcome.values()} == {(0, 0)}


def test_export_writes_the_data_of_the_code_byte_for_byte(register, tmp_path):
    package.export(tmp_path)

    assert files(tmp_path) == files(REAL)


NASTY = "say \"so\"; 'go'\r\n=SUM(A1)\n\nБеочин, Žilina\u202f“x”"


@pytest.fixture
def full_register(register, make, center, coordinator):
    """A register with rows of every file, and with all that makes a round trip hard."""
    other = make(Center, slug="nest", name="=Nest+1", phone="+49 711", community=NASTY)
    make(Center, slug="double", name="'Double", merged_into=other)
    center.offers.set([make(Offer, slug="second-hand"), make(Offer, slug="shop")])
    OfferText.objects.create(offer_id="shop", language="bg", name="Магазин")
    CenterFormerSlug.objects.create(center=center, value="isperikh")
    OrganisationFormerSlug.objects.create(organisation=Organisation.objects.first(), value="old")
    CenterName.objects.create(center=center, value="-Майчин център-", kind="native")
    CenterText.objects.create(center=center, language="bg", summary="@", description=NASTY)
    make(CenterLink, center=center, other=other)
    make(Contact, center=center, name="Anna", phone="+359 84", consent_on="2016-05")
    make(Erasure, center=center.public_id, erased_at=timezone.now())
    make(ContactAttempt, center=center)
    make(ExternalIdentifier, center=center, value="A 17")
    make(CenterNote, center=center, network=None, cells={"PSČ": "811 01", "=1+1": "-"})
    make(Report, center=center, text=NASTY, received_at=timezone.now())
    Snapshot.objects.create(center=center, monthly_rent=Decimal("99.50"), currency="EUR")
    Snapshot.objects.create(center=center, as_of="2016-05-17", visitors=0, children=12)
    center.record_status("active", observed="2016-05", note=NASTY, by=BY_CENTER)
    mistaken = center.record_status(
        "closed", observed="2017", causes=[("rent", "main"), "skills"], by=coordinator
    )
    mistaken.withdraw("of another center", by=coordinator)
    named = center.record_status("paused", observed="2018", note="Anna left.", by=coordinator)
    named.redact_note(by=coordinator)
    project = Project.objects.first()
    ProjectFormerSlug.objects.create(project=project, value="first-name")
    make(Document, project=project, date="2016")
    StoryFormerSlug.objects.create(story=Story.objects.first(), value="once")
    search.reindex()


@pytest.mark.django_db
def test_what_is_exported_is_loaded_into_an_empty_database_the_same(undone, request, tmp_path):
    one, other = tmp_path / "one", tmp_path / "other"
    with undone():
        request.getfixturevalue("full_register")
        package.export(one)
    assert Center.objects.count() == 0

    package.load(one)

    package.export(other)
    assert {path.stem for path in one.iterdir()} == set(package.RESOURCES)
    assert files(other) == files(one)


def test_what_is_exported_changes_nothing_when_it_is_loaded_again(full_register, tmp_path):
    package.export(tmp_path)
    before = everything()

    package.load(tmp_path)

    assert everything() == before


def test_export_escapes_what_a_spreadsheet_would_run(full_register, tmp_path):
    package.export(tmp_path)

    _columns, rows = read("centers", tmp_path)
    [nest] = [row for row in rows if row["slug"] == "nest"]
    assert (nest["name"], nest["phone"]) == ("'=Nest+1", "'+49 711")


@pytest.mark.parametrize("cell", ["=1+1", "'=1+1", "+49 711", "@SUM(A1)", "-"])
def test_load_takes_formulas_as_the_text_they_are(register, tmp_path, cell):
    package.load(with_cells(tmp_path, "centers", 0, {"name": cell, "phone": cell}))

    center = Center.objects.get(public_id="2hqkh8ge")
    assert (center.name, center.phone) == (cell.removeprefix("'"), cell.removeprefix("'"))


def test_export_removes_files_that_have_no_rows_any_more(register, tmp_path):
    for name in ("contacts.csv", "notes.txt"):
        (tmp_path / name).write_text("key\n")

    package.export(tmp_path)

    assert (tmp_path / "contacts.csv").exists() is False
    assert (tmp_path / "notes.txt").exists() is True


def test_load_brings_a_row_up_to_date_and_finds_it_by_its_new_name(register, tmp_path):
    outcome = package.load(
        with_cells(tmp_path, "centers", 0, {"name": "Nest", "slug": "nest", "founded": "2005-03"})
    )

    center = Center.objects.get(public_id="2hqkh8ge")
    assert outcome == {"centers": {"new": 0, "update": 1, "skip": 16}}
    assert (center.name, str(center.founded)) == ("Nest", "2005-03")
    assert list(center.former_slugs.values_list("value", flat=True)) == [
        "family-center-mala-ulica-ljubljana"
    ]
    assert search.disagreements() == []


def test_load_leaves_alone_the_columns_that_a_file_does_not_have(register, tmp_path):
    write(tmp_path, "centers", ["public_id", "phone"], [{"public_id": "7ad37d7m", "phone": "1"}])
    before = Center.objects.values("name", "place", "founded").get(public_id="7ad37d7m")

    package.load(tmp_path)

    center = Center.objects.filter(public_id="7ad37d7m")
    assert center.values("name", "place", "founded").get() == before
    assert center.get().phone == "1"


def test_load_register_says_what_it_did(db, capsys):
    call_command("load_register", str(REAL))
    call_command("load_register", str(REAL), verbosity=2)

    first, *details, last = capsys.readouterr().out.splitlines()
    assert first == "27 files loaded: 368 new, 1 changed, 0 unchanged."
    assert last == "27 files loaded: 0 new, 0 changed, 369 unchanged."
    assert "centers.csv: 0 new, 0 changed, 17 unchanged" in details


def test_export_register_says_what_it_did(register, tmp_path, capsys):
    call_command("export_register", str(tmp_path))

    assert capsys.readouterr().out == f"27 files with 369 rows in {tmp_path}.\n"


def test_load_register_says_that_nothing_was_loaded(register, tmp_path):
    folder = with_cells(tmp_path, "centers", 0, {"country": "QQ"})

    with pytest.raises(CommandError) as refusal:
        call_command("load_register", str(folder))

    assert str(refusal.value) == (
        "Nothing was loaded.\n"
        "centers.csv, line 2, column country: There is no country with the key “QQ”."
    )


# --- What is refused -----------------------------------------------------------------------------

# File, number of the row, its wrong cells, column and reason of the problem.
WRONG_CELLS = [
    ("centers", 0, {"country": "QQ"}, "country", "There is no country with the key “QQ”"),
    ("centers", 3, {"offers": "shop"}, "offers", "There is no offer with the key “shop”"),
    ("centers", 3, {"source": "hearsay"}, "source", "There is no source with the key “hearsay”"),
    ("centers", 2, {"founded": "2015-02-30"}, "founded", "“2015-02-30” is not in the calendar"),
    ("centers", 2, {"founded": "1.1.2006"}, "founded", "“1.1.2006” is not a date"),
    ("centers", 0, {"latitude": "north"}, "latitude", "“north” is not a number"),
    ("centers", 0, {"latitude": "NaN"}, "latitude", "“NaN” is not a number"),
    ("centers", 0, {"latitude": "91"}, "latitude", "This point is not on the earth"),
    ("centers", 0, {"latitude": ""}, "", "Latitude and longitude go together"),
    ("centers", 0, {"precision": "house"}, "precision", "'house' is not a valid choice"),
    ("centers", 0, {"name": ""}, "name", "This field cannot be blank"),
    ("centers", 0, {"public_id": ""}, "public_id", "Every row needs its permanent key"),
    ("centers", 0, {"public_id": "2hqkh8gf", "slug": "new"}, "public_id", "“2hqkh8gf” is mistyped"),
    ("centers", 0, {"slug": "carmen-razgrad"}, "slug", "already exists"),
    ("centers", 0, {"slug": "a b"}, "slug", "valid “slug”"),
    ("centers", 0, {"email": "anna"}, "email", "valid email address"),
    ("snapshots", 0, {"core_group": "ten"}, "core_group", "“ten” is not a whole number"),
    ("snapshots", 0, {"core_group": "-1"}, "core_group", "“-1” is not a whole number"),
    ("snapshots", 0, {"monthly_rent": "10"}, "", "A rent needs its currency"),
    ("events", 0, {"is_online": "maybe"}, "is_online", "“maybe” is neither yes nor no"),
    ("events", 0, {"start": ""}, "start", "This field cannot be null"),
    ("projects", 0, {"countries": "BG QQ"}, "countries", "There is no country with the key “QQ”"),
    ("projects", 0, {"end": "2019"}, "", "It cannot end before it began"),
    ("participations", 0, {"organisation": "mine"}, "", "not both"),
    ("participations", 0, {"key": ""}, "key", "Every row needs its permanent key"),
    ("lessons", 0, {"themes": "luck"}, "themes", "There is no theme “luck”"),
    ("stories", 0, {"slug": "tell"}, "slug", "“tell” is an address of the site"),
    ("stories", 0, {"is_sample": "no"}, "", "Without her consent"),
    ("countries", 0, {"code": "Z1"}, "code", "“Z1” is no country code"),
    ("project_sequence", 0, {"key": "nothing"}, "key", "This project is not in projects.csv"),
]


@pytest.mark.parametrize(("stem", "row", "cells", "column", "reason"), WRONG_CELLS)
def test_load_refuses_a_wrong_cell_and_says_where(
    register, tmp_path, stem, row, cells, column, reason
):
    columns, rows = read("organisations")
    write(tmp_path, "organisations", columns, [{**rows[0], "key": "new", "slug": "new"}])
    before = everything()

    [problem] = refusal_of(with_cells(tmp_path, stem, row, cells))

    assert problem[:3] == (f"{stem}.csv", row + 2, column)
    assert reason in problem[3]
    assert everything() == before


STATEMENT = {
    "key": "a-new-one", "center": "7ad37d7m", "status": "closed", "since": "", "observed": "2017",
    "causes": "", "via": "", "recorded_at": "", "withdrawn_at": "", "withdrawal_reason": "",
}  # fmt: skip


def statement(folder, **cells):
    """A package of one new statement, with these cells."""
    return write(folder, "status_entries", list(STATEMENT), [{**STATEMENT, **cells}])


def test_load_records_a_statement(register, tmp_path):
    package.load(statement(tmp_path, status="active", since="2016-12", causes=""))

    center = Center.objects.get(public_id="7ad37d7m")
    entry = StatusEntry.objects.get(key="a-new-one")
    assert (center.status, str(center.status_since)) == ("active", "2016-12")
    assert (entry.via, entry.recorded_by) == ("import", None)


@pytest.mark.parametrize(
    ("cells", "column", "reason"),
    [
        ({"center": "7ad37d7x"}, "center", "There is no center with the key"),
        ({"center": ""}, "center", "cannot be null"),
        ({"status": "gone"}, "status", "is not a valid choice"),
        ({"status": "unknown"}, "status", "is not a valid choice"),
        ({"observed": ""}, "observed", "cannot be null"),
        ({"observed": "2016-5"}, "observed", "“2016-5” is not a date"),
        ({"observed": "2199"}, "observed", "has not come yet"),
        ({"since": "2018"}, "", "It cannot have begun after it was observed"),
        ({"causes": "bad-luck"}, "causes", "There is no cause “bad-luck”"),
        ({"causes": "rent:heavy"}, "causes", "behind the colon goes main or contributing"),
        ({"causes": "rent", "status": "active"}, "causes", "Causes go with"),
        ({"via": "rumour"}, "via", "is not a valid choice"),
        ({"recorded_at": "yesterday"}, "recorded_at", "is not a moment"),
        ({"withdrawn_at": "2018-01-01T00:00:00Z"}, "", "Say why the entry is withdrawn"),
        ({"withdrawal_reason": "mistaken"}, "", "Say why the entry is withdrawn"),
    ],
)
def test_load_refuses_a_statement_that_cannot_be_meant(register, tmp_path, cells, column, reason):
    before = everything()

    [problem] = refusal_of(statement(tmp_path, **cells))

    assert problem[:3] == ("status_entries.csv", 2, column)
    assert reason in problem[3]
    assert everything() == before


CLOSED = 11  # the row in which Hope for Provadia was closed


@pytest.mark.parametrize(
    ("cells", "column"),
    [
        ({"status": "paused"}, "status"),
        ({"observed": "2016-01"}, "observed"),
        ({"since": "2015"}, "since"),
        ({"causes": "rent"}, "causes"),
        ({"causes": "emigration:main leader-left skills"}, "causes"),
        ({"center": "7ad37d7m"}, "center"),
        ({"according_to": "the mayor"}, "according_to"),
        ({"source": "bridges"}, "source"),
        ({"hint": "in spring"}, "hint"),
        ({"note": "It rained."}, "note"),
        ({"recorded_at": "2020-01-01T00:00:00Z"}, "recorded_at"),
        ({"via": "center"}, "via"),
    ],
)
def test_load_refuses_to_change_a_recorded_statement(register, tmp_path, cells, column):
    before = everything()

    [problem] = refusal_of(with_cells(tmp_path, "status_entries", CLOSED, cells))

    assert problem[:3] == ("status_entries.csv", CLOSED + 2, column)
    assert "A recorded statement is not changed" in problem[3]
    assert everything() == before


def test_load_withdraws_a_statement(register, tmp_path):
    withdrawal = {"withdrawn_at": "2020-01-01T00:00:00Z", "withdrawal_reason": "mistaken"}

    package.load(with_cells(tmp_path, "status_entries", CLOSED, withdrawal))

    center = Center.objects.get(slug="hope-for-provadia")
    assert (center.status, str(center.confirmed_on)) == ("active", "2010")
    assert center.status_entries.count() == 3


def try_to_load(folder):
    """Load the folder, or be refused: either will do, as long as nothing is lost."""
    with contextlib.suppress(package.PackageRefused):
        package.load(folder)


def test_an_older_package_takes_back_no_withdrawal(register, tmp_path, coordinator):
    center = Center.objects.get(slug="hope-for-provadia")
    center.status_entries.get(status="closed").withdraw("mistaken", by=coordinator)

    try_to_load(REAL)

    center.refresh_from_db()
    assert center.status == "active"
    assert center.status_entries.get(status="closed").withdrawal_reason == "mistaken"


@pytest.mark.parametrize("is_withdrawn", [False, True])
def test_an_older_package_brings_no_redacted_note_back(
    register, tmp_path, coordinator, is_withdrawn
):
    entry = StatusEntry.objects.get(center__slug="hope-for-provadia", status="closed")
    entry.redact_note(by=coordinator)
    if is_withdrawn:
        entry.withdraw("mistaken", by=coordinator)

    try_to_load(REAL)

    entry.refresh_from_db()
    assert (entry.note, entry.note_redacted_at is None) == ("", False)


@pytest.mark.parametrize("columns", [["key", "center", "status", "observed"], None])
def test_load_of_a_coordinators_statement_without_via_changes_nothing(
    center, coordinator, tmp_path, columns
):
    center.record_status("active", observed="2016", by=coordinator)
    search.reindex()
    package.export(tmp_path)
    exported, rows = read("status_entries", tmp_path)
    columns = columns or exported
    rows = [{column: row[column] for column in columns} for row in rows]
    if "via" in columns:
        rows[0]["via"] = ""
    write(tmp_path, "status_entries", columns, rows)
    before = everything()

    package.load(tmp_path)

    assert everything() == before


def test_load_names_every_problem_of_the_first_wrong_file(register, tmp_path):
    columns, rows = read("centers")
    rows[0].update(country="QQ", founded="May")
    rows[2].update(name="")
    write(tmp_path, "centers", columns, rows)
    with_cells(tmp_path, "events", 0, {"is_online": "maybe"})

    assert [problem[:3] for problem in refusal_of(tmp_path)] == [
        ("centers.csv", 2, "country"),
        ("centers.csv", 2, "founded"),
        ("centers.csv", 4, "name"),
    ]


@pytest.mark.parametrize(
    ("name", "data", "line", "reason"),
    [
        ("centers.csv", b"public_id,color\n7ad37d7m,red\n", None, "no column “color” here"),
        ("centers.csv", b"public_id,name,name\n", None, "The column “name” is there twice"),
        ("centers.csv", b"public_id,name\n7ad37d7m,M\xfctter\n", None, "Line 2 is not in UTF-8"),
        ("centers.csv", b"public_id,name\n7ad37d7m,a,b\n", None, "Line 2 has 3 cells"),
        ("centers.csv", b"", None, "The file is empty"),
        ("centres.csv", b"public_id\n", None, "The register has no such file"),
        ("photos.csv", b"key\n", None, "The register has no such file"),
    ],
)
def test_load_refuses_a_wrong_file_and_says_why(register, tmp_path, name, data, line, reason):
    (tmp_path / name).write_bytes(data)
    before = everything()

    [problem] = refusal_of(tmp_path)

    assert problem[:2] == (name, line)
    assert reason in problem[3]
    assert everything() == before


def test_load_refuses_a_file_without_the_keys_in_plain_words(register, tmp_path):
    (tmp_path / "centers.csv").write_text("name\nSwallow\nCarmen\n")

    [problem] = refusal_of(tmp_path)

    assert problem[:3] == ("centers.csv", None, "")
    assert ("“public_id”" in problem[3], "import_id_fields" in problem[3]) == (True, False)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("folder", "reason"), [("nowhere", "There is no such folder"), (".", "There is no CSV file")]
)
def test_load_refuses_a_folder_without_a_register(tmp_path, folder, reason):
    [problem] = refusal_of(tmp_path / folder)

    assert reason in problem[3]


@pytest.mark.parametrize("stem", ["centers", "center_names", "status_entries"])
def test_load_refuses_the_same_key_twice_in_a_file(register, tmp_path, stem):
    columns, rows = read(stem)
    write(tmp_path, stem, columns, [*rows, {**rows[0], columns[2]: rows[1][columns[2]]}])

    [problem] = refusal_of(tmp_path)

    assert problem[:3] == (f"{stem}.csv", len(rows) + 2, columns[0])


def test_load_refuses_a_former_address_that_is_the_present_one_of_another(register, tmp_path):
    row = {"value": "carmen-razgrad", "center": "7ad37d7m"}
    write(tmp_path, "center_former_slugs", list(row), [row])

    [problem] = refusal_of(tmp_path)

    assert problem[:3] == ("center_former_slugs.csv", 2, "value")


@pytest.mark.django_db
def test_load_leaves_an_empty_database_empty_when_the_last_file_is_wrong(tmp_path):
    shutil.copytree(REAL, tmp_path, dirs_exist_ok=True)
    with_cells(tmp_path, "stories", 0, {"kind": "poem"})

    [problem] = refusal_of(tmp_path)

    assert problem[:3] == ("stories.csv", 2, "kind")
    assert {label for label, rows in everything().items() if rows} == set()


# --- Whether the register is sound ---------------------------------------------------------------


def check(capsys, **options):
    """(problems, whether the command failed) of check_register."""
    try:
        call_command("check_register", **options)
    except CommandError:
        return capsys.readouterr().err.splitlines(), True
    return capsys.readouterr().err.splitlines(), False


def test_check_register_finds_nothing_in_the_real_register(register, capsys):
    call_command("check_register")

    output = capsys.readouterr()
    assert (output.out, output.err) == ("The register is sound: 17 centers checked.\n", "")


def test_check_register_finds_nothing_in_a_full_register(full_register, capsys):
    assert check(capsys) == ([], False)


def swallow():
    return Center.objects.filter(slug="swallow-tirana")


# What is planted, and the sentence that tells of it. These follow from something: --repair helps.
DERIVED = [
    (lambda: swallow().update(status="active"), "status is active, but its log says closed"),
    (lambda: swallow().update(status_since="2015"), "status_since is 2015"),
    (lambda: swallow().update(status_after=None), "status_after is None"),
    (lambda: swallow().update(status_by="2015"), "status_by is 2015"),
    (lambda: swallow().update(is_disputed=True), "is_disputed is True"),
    (
        lambda: swallow().update(confirmed_on_earliest="2015-01-01"),
        "confirmed_on_earliest 2015-01-01 does not fit 2016",
    ),
    (
        lambda: swallow().update(founded_earliest="2007-01-01"),
        "founded_earliest 2007-01-01 does not fit 2006",
    ),
    (
        lambda: StatusEntry.objects.filter(key="carmen-razgrad-2016-low-level").update(
            observed_latest="2017-12-31"
        ),
        "observed_latest 2017-12-31 does not fit 2016",
    ),
    (
        lambda: SearchEntry.objects.filter(object_id=swallow().get().pk, kind="center").update(
            words="renamed"
        ),
        "is not found by what it is called now",
    ),
    (lambda: swallow().get().match_keys.all().delete(), "is not compared by what it is called now"),
    (
        lambda: SearchEntry.objects.filter(object_id=swallow().get().pk, kind="center").delete(),
        "is not found by what it is called now",
    ),
]

# These nobody can mend but a person.
ORIGINAL = [
    (
        lambda: Measurement.objects.filter(value=138).update(value=139),
        "neighbourhood-mothers-women-educated: 248",
    ),
    (
        lambda: CenterFormerSlug.objects.create(center=swallow().get(), value="carmen-razgrad"),
        "“carmen-razgrad” is a present and a former address",
    ),
    (lambda: swallow().update(public_id="7ad37d7x"), "check character does not fit"),
]


@pytest.mark.parametrize(("plant", "sentence"), DERIVED + ORIGINAL)
def test_check_register_finds_what_is_planted(register, capsys, plant, sentence):
    plant()

    problems, failed = check(capsys)

    assert (len(problems), failed) == (1, True)
    assert sentence in problems[0]


@pytest.mark.parametrize("plant", [each[0] for each in DERIVED])
def test_check_register_repairs_what_follows_from_something(register, capsys, plant):
    plant()

    assert check(capsys, repair=True) == ([], False)


@pytest.mark.parametrize("plant", [each[0] for each in ORIGINAL])
def test_check_register_leaves_to_people_what_only_they_can_mend(register, capsys, plant):
    plant()

    problems, failed = check(capsys, repair=True)

    assert (len(problems), failed) == (1, True)


def test_check_register_finds_a_merge_that_leads_on(register, make, capsys):
    first = make(Center, name="Swallow", merged_into=swallow().get())
    make(Center, name="Swallow", merged_into=first)
    search.reindex()

    [problem], failed = check(capsys)

    assert ("merged into one that was merged itself" in problem, failed) == (True, True)


def test_check_register_finds_a_missing_photo(register, make, capsys, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    photo = make(Photo, center=swallow().get(), image="", width=1, height=1)
    photo.image.save("a.jpg", ContentFile(b"no picture, but a file"), save=False)
    Photo.objects.update(image=photo.image.name, widths="1")
    for name in Photo.objects.get().rendition_names:
        default_storage.save(name, ContentFile(b"x"))
    assert check(capsys) == ([], False)

    (tmp_path / photo.image.name).unlink()

    [problem], failed = check(capsys)
    assert (f"its file {photo.image.name} is missing" in problem, failed) == (True, True)


def test_check_register_finds_an_index_without_its_triggers(register, capsys):
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL keeps its index by itself.")
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER centers_searchentry_update")

    assert check(capsys) == (["search: the index of the database has lost its triggers"], True)


@pytest.mark.django_db
def test_report_travels_without_what_tells_of_whoever_reported(center, tmp_path):
    Report.objects.create(
        center=center,
        subject="other",
        text="It moved.",
        email="rada@example.org",
        sender_mark="0123456789abcdef",
        state="declined",
        reason="unclear",
    )

    package.export(tmp_path)

    [row] = read("reports", tmp_path)[1]
    assert (row["text"], row["state"], row["reason"]) == ("It moved.", "declined", "unclear")
    assert not {"email", "sender_mark", "contact", "assigned_to", "decided_by"} & row.keys()
    assert [
        path.name
        for path in tmp_path.iterdir()
        if b"rada@example.org" in path.read_bytes() or b"0123456789abcdef" in path.read_bytes()
    ] == []
