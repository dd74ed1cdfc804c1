"""The public package of the register: what is in it, that it is valid, and how it comes back."""

import csv
import io
import json
import struct
import warnings
import zipfile
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, models
from django.test.utils import CaptureQueriesContext
from django.utils import translation
from model_bakery import baker

from centers import search
from centers.merging import merge_centers
from centers.models import (
    BY_CENTER,
    BY_IMPORT,
    Center,
    CenterFormerSlug,
    CenterLink,
    CenterName,
    CenterNote,
    CenterText,
    Contact,
    ContactAttempt,
    Country,
    Erasure,
    ExternalIdentifier,
    Offer,
    Organisation,
    Report,
    StatusEntry,
)
from mine_site.register import files, package, profiles, public
from stories.models import Story

MARKER = "zzprivatezz"
NASTY = "say \"so\"; 'go'\r\n=SUM(A1)\n\nБеочин, Žilina\u202f“x”"
PLACE = {"place": "Ruse", "address": "Main Street 7", "latitude": "43.848716"}


def rows_of(stem, made=None):
    """The rows of a file of the public package, as dicts."""
    made = made or public.made()
    return list(csv.DictReader(io.StringIO(made[f"{stem}.csv"].decode(), newline="")))


def row_of(center, made=None):
    return {row["public_id"]: row for row in rows_of("centers", made)}[center.public_id]


def valid(folder):
    """[(file, line, kind)] of what frictionless has against the package in the folder."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # those of its own parts
        from frictionless import Package

        report = Package(str(folder / "datapackage.json")).validate()
    found = {
        (task.name, getattr(error, "row_number", None), error.type)
        for task in report.tasks
        for error in task.errors
    }
    return sorted(found, key=str) + report.errors


def refusal_of(path):
    with pytest.raises(package.PackageRefused) as refusal:
        package.load(path)
    return str(refusal.value)


@pytest.fixture
def placed(make):
    """`placed(precision, …)`: a center of which the exact place is known."""

    def placed(precision, **values):
        values = {**PLACE, "longitude": "25.954356", **values}
        return make(Center, slug=f"in-{precision}", name="In", precision=precision, **values)

    return placed


@pytest.fixture
def varied_register(register, placed, make, center, coordinator):
    """The real register, and what makes it hard to publish and to take back."""
    made = {name: placed(name, phone="+49 711") for name in profiles.PRECISIONS}
    made["exact"].offers.set([make(Offer, slug="shop"), make(Offer, slug="-garden")])
    make(Center, slug="nest", name="=Nest+1", community=NASTY, merged_into=made["withheld"])
    CenterFormerSlug.objects.create(center=center, value="isperikh")
    CenterName.objects.create(center=center, value="-Майчин център-", kind="native")
    CenterText.objects.create(center=center, language="bg", summary="@", description=NASTY)
    make(CenterLink, center=center, other=made["town"])
    center.record_status("active", observed="2016-05", note=NASTY, by=BY_CENTER)
    mistaken = center.record_status(
        "closed", observed="2017", causes=[("rent", "main"), "skills"], by=coordinator
    )
    mistaken.withdraw("of another center", by=coordinator)
    named = center.record_status("paused", observed="2018", note="Anna left.", by=coordinator)
    named.redact_note(by=coordinator)
    search.reindex()
    return made


# --- What is in it -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("precision", "published"),
    [
        ("exact", ("Ruse", "Main Street 7", "43.848716", "25.954356")),
        ("district", ("Ruse", "", "43.85", "25.95")),
        ("town", ("Ruse", "", "43.85", "25.95")),
        ("withheld", ("", "", "", "")),
    ],
)
def test_package_has_a_place_as_precisely_as_its_center_allows(placed, precision, published):
    row = row_of(placed(precision))

    assert (row["place"], row["address"], row["latitude"], row["longitude"]) == published
    assert row["precision"] == precision


def test_package_has_of_a_merged_center_its_identity_alone(placed, center):
    row = row_of(placed("exact", phone="+49 711", merged_into=center))

    told = {name for name, cell in row.items() if cell}
    assert told == {"public_id", "slug", "name", "country", "precision"}
    assert rows_of("center_merges") == [
        {"public_id": row["public_id"], "merged_into": center.public_id}
    ]


def test_package_says_of_no_statement_who_recorded_or_withdrew_it(center, coordinator):
    center.record_status("active", observed="2016", by=coordinator).withdraw("no", by=coordinator)
    center.record_status("active", observed="2017", by=BY_IMPORT)
    center.record_status("active", observed="2018", by=BY_CENTER)

    rows = rows_of("status_entries")

    assert {row["observed"]: row["via"] for row in rows} == {
        "2016": "", "2017": "", "2018": "center",
    }  # fmt: skip
    assert set(rows[0]) - set(StatusEntry._meta.fields_map) == {
        "key", "center", "status", "since", "observed", "causes", "hint", "according_to", "note",
        "source", "source_page", "via", "recorded_at", "withdrawn_at", "withdrawal_reason",
        "note_redacted_at",
    }  # fmt: skip


# Models of which no row is public.
PRIVATE_MODELS = [
    Contact, ContactAttempt, Erasure, ExternalIdentifier, CenterNote, Report, Story,
]  # fmt: skip


@pytest.mark.parametrize("model", PRIVATE_MODELS)
def test_package_has_nothing_of_private_rows(center, make, model):
    texts = {
        field.name: MARKER
        for field in model._meta.fields
        if isinstance(field, models.TextField) or type(field) is models.CharField
        if not field.choices and field.name not in ("key", "kind")
    }
    texts = {name: text for name, text in texts.items() if name not in ("language", "center")}
    row = baker.prepare(model, **texts)
    for field in model._meta.fields:
        if field.name == "center":
            row.center = center if field.is_relation else center.public_id
    if model is ExternalIdentifier:
        row.network = make(Organisation)
    row.save()

    made = public.made()

    assert [name for name, data in made.items() if MARKER.encode() in data] == []


def test_package_names_nobody_who_recorded_withdrew_or_decided(center, make, django_user_model):
    somebody = django_user_model.objects.create_user(
        MARKER, email=f"{MARKER}@example.org", first_name=MARKER, is_superuser=True
    )
    center.record_status("active", observed="2016", by=somebody)
    center.record_status("paused", observed="2017", by=somebody).withdraw("no", by=somebody)
    merge_centers(keep=center, merge=make(Center, slug="double"), by=somebody)

    made = public.made()

    assert len(rows_of("status_entries", made)) == 2
    assert [name for name, data in made.items() if MARKER.encode() in data] == []


@pytest.mark.parametrize("precision", ["district", "town", "withheld"])
def test_package_has_no_street_of_a_center_that_is_not_placed_exactly(placed, precision):
    placed(precision, address=MARKER)

    assert [name for name, data in public.made().items() if MARKER.encode() in data] == []


def test_package_has_every_public_file_even_without_rows(db):
    made = public.made()

    assert list(made) == ["datapackage.json", *(f"{stem}.csv" for stem in profiles.PUBLIC)]
    assert set(profiles.FULL) - set(profiles.PUBLIC) == profiles.PRIVATE
    assert {data.count(b"\n") for name, data in made.items() if name.endswith(".csv")} == {1}


def test_package_escapes_what_a_spreadsheet_would_run(varied_register):
    nest = next(row for row in rows_of("centers") if row["slug"] == "nest")

    assert nest["name"] == "'=Nest+1"
    assert row_of(varied_register["exact"])["phone"] == "'+49 711"
    assert row_of(varied_register["exact"])["offers"] == "'-garden shop"


def test_package_is_of_one_state_of_the_register(center, monkeypatch):
    """Somebody adds a name to a new center after the centers were read, and before the names."""
    names = profiles.PUBLIC["center_names"]
    told = []

    class Slow(names):
        def export(self, *args, **kwargs):
            if not told:
                other = Center.objects.create(slug="new", name="New", country=center.country)
                CenterName.objects.create(center=other, value="Novo", kind="alias")
                told.append(other.public_id)
            return super().export(*args, **kwargs)

    monkeypatch.setitem(profiles.PUBLIC, "center_names", Slow)

    made = public.made()

    assert [row["center"] for row in rows_of("center_names", made)] == told
    assert told[0] in {row["public_id"] for row in rows_of("centers", made)}


def test_package_is_made_whole_however_often_the_register_changes(center, monkeypatch):
    versions = iter(range(100))
    monkeypatch.setattr(public, "register_version", lambda: next(versions))

    assert row_of(center)["name"] == "Mother Center Isperih"
    assert next(versions) == 2 * public.TRIES


def test_package_is_made_with_as_many_questions_for_one_center_as_for_thirty(make, placed):
    placed("exact").record_status("active", observed="2016", by=BY_IMPORT)
    with CaptureQueriesContext(connection) as of_one:
        public.made()
    for number in range(29):
        center = make(Center, slug=f"center-{number}")
        center.record_status("active", observed="2016", by=BY_IMPORT)
        center.offers.set([make(Offer, slug=f"offer-{number}")])

    with CaptureQueriesContext(connection) as of_thirty:
        public.made()

    assert len(of_thirty) == len(of_one)


# --- That others can read it ---------------------------------------------------------------------


@pytest.mark.parametrize("which", ["varied_register", "db"])
def test_package_is_valid_by_frictionless(request, tmp_path, which):
    request.getfixturevalue(which)

    public.write(tmp_path)

    assert valid(tmp_path) == []


# File, number of the row, column, its wrong cell, and what frictionless calls it.
WRONG_CELLS = [
    ("centers", 0, "founded", "1.5.2006", "constraint-error"),
    ("centers", 1, "country", "QQ", "foreign-key"),
    ("centers", 2, "latitude", "north", "type-error"),
    ("centers", 3, "precision", "house", "constraint-error"),
    ("centers", 4, "name", "", "constraint-error"),
    ("status_entries", 0, "center", "", "constraint-error"),
    ("status_entries", 1, "recorded_at", "yesterday", "type-error"),
    ("center_merges", 0, "public_id", "7ad37d7x", "foreign-key"),
    ("snapshots", 0, "visitors", "-1", "constraint-error"),
    ("events", 0, "is_online", "maybe", "type-error"),
]


@pytest.mark.alike
def test_description_lets_frictionless_find_what_is_wrong(varied_register, tmp_path):
    made = public.made()
    csv_files = {name[:-4]: data for name, data in made.items() if name.endswith(".csv")}
    for stem in dict.fromkeys(stem for stem, *_rest in WRONG_CELLS):
        rows = rows_of(stem, made)
        for other, number, column, cell, _error in WRONG_CELLS:
            if other == stem:
                rows[number][column] = cell
        out = io.StringIO()
        writer = csv.DictWriter(out, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
        csv_files[stem] = out.getvalue().encode()
    for name, data in public.with_descriptor(csv_files).items():
        (tmp_path / name).write_bytes(data)

    assert valid(tmp_path) == sorted(
        ((stem, number + 2, error) for stem, number, _column, _cell, error in WRONG_CELLS), key=str
    )


def test_description_tells_of_every_file_and_every_column(db):
    described = json.loads(public.made()["datapackage.json"])

    fields = [
        (resource["name"], field["name"], field["description"])
        for resource in described["resources"]
        for field in resource["schema"]["fields"]
    ]
    assert [found for found in fields if len(found[2]) < 7] == []
    assert len(fields) > 200
    assert described["licenses"][0]["name"] == "CC-BY-4.0"
    assert described["mine:profile"] == "public"


def test_package_is_the_same_in_every_language(varied_register):
    in_english = public.made()

    with translation.override("bg"):
        assert public.made() == in_english


def test_zip_file_is_the_same_bytes_each_time_and_holds_the_folder(varied_register, tmp_path):
    public.write(tmp_path)
    zipped = public.zipped(public.made())

    with zipfile.ZipFile(io.BytesIO(zipped)) as archive:
        assert archive.testzip() is None
        unpacked = {name: archive.read(name) for name in archive.namelist()}

    assert public.zipped(public.made()) == zipped
    assert unpacked == {path.name: path.read_bytes() for path in tmp_path.iterdir()}


# --- How it comes back ---------------------------------------------------------------------------


@pytest.mark.django_db
def test_package_is_loaded_into_an_empty_database_the_same(undone, request, tmp_path):
    path = tmp_path / "register.zip"
    with undone():
        request.getfixturevalue("varied_register")
        made = public.made()
        path.write_bytes(public.zipped(made))
    assert Center.objects.count() == 0

    package.load(path)

    again = public.made()
    assert [name for name in made if again[name] != made[name]] == []
    assert again == made


def loaded(tmp_path, made):
    path = tmp_path / "register.zip"
    path.write_bytes(public.zipped(made))
    return package.load(path)


def test_package_changes_nothing_where_it_was_made(varied_register, tmp_path):
    package.export(tmp_path / "before")

    outcome = loaded(tmp_path, public.made())

    package.export(tmp_path / "after")
    before, after = (
        {path.name: path.read_bytes() for path in (tmp_path / name).iterdir()}
        for name in ("before", "after")
    )
    assert after == before
    assert {(counts["new"], counts["update"]) for counts in outcome.values()} == {(0, 0)}


def test_folder_is_loaded_as_its_zip_file_is(varied_register, tmp_path):
    public.write(tmp_path / "folder")

    assert package.load(tmp_path / "folder") == loaded(tmp_path, public.made())


def stored(center):
    center.refresh_from_db()
    return {
        name: str(getattr(center, name) or "")
        for name in ("place", "address", "latitude", "precision")
    }


@pytest.mark.parametrize("before", profiles.PRECISIONS)
@pytest.mark.parametrize("now", profiles.PRECISIONS)
def test_older_package_overwrites_no_finer_place(placed, tmp_path, before, now):
    center = placed(before)
    older = public.made()
    moved = {"place": "Sofia", "address": "Side Street 1", "latitude": Decimal("42.697708")}
    Center.objects.filter(pk=center.pk).update(**moved, precision=now)

    loaded(tmp_path, older)

    finer = moved if {before, now} != {"exact"} else PLACE
    assert stored(center) == {
        **{name: str(value) for name, value in finer.items()},
        "precision": profiles.coarser(before, now),
    }


def test_package_clears_nothing_that_it_does_not_have(placed, tmp_path):
    center = placed("exact", founded="2006", phone="1")
    older = public.made()
    Center.objects.filter(pk=center.pk).update(founded="2006-05", community="Roma")
    cells = older["centers.csv"].replace(b"Main Street 7", b"").replace(b",2006,", b",,")

    loaded(tmp_path, {**older, "centers.csv": cells})

    center.refresh_from_db()
    assert (center.address, str(center.founded)) == ("Main Street 7", "2006-05")
    assert (center.community, center.phone) == ("Roma", "1")


def test_package_brings_a_center_up_to_date(placed, tmp_path):
    center = placed("town")
    made = public.made()

    loaded(tmp_path, {**made, "centers.csv": made["centers.csv"].replace(b",In,", b",Inn,")})

    center.refresh_from_db()
    assert (center.name, center.latitude) == ("Inn", Decimal("43.848716"))


def test_older_package_brings_no_redacted_note_back(center, coordinator, tmp_path):
    entry = center.record_status("active", observed="2016", note="Anna left.", by=coordinator)
    older = public.made()
    entry.redact_note(by=coordinator)

    loaded(tmp_path, older)

    entry.refresh_from_db()
    assert (entry.note, entry.recorded_by) == ("", coordinator)


# --- What is refused -----------------------------------------------------------------------------


def packed(path, *entries, compression=zipfile.ZIP_DEFLATED):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a name twice
        with zipfile.ZipFile(path, "w", compression) as archive:
            for name, data in entries:
                archive.writestr(name, data)
    return path


COUNTRIES = ("countries.csv", "code,region\nBG,\n")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("entries", "reason"),
    [
        ([("../countries.csv", "code\nBG\n")], "“../countries.csv” does not belong"),
        ([("/countries.csv", "code\nBG\n")], "“/countries.csv” does not belong"),
        ([("a\\countries.csv", "code\nBG\n")], "does not belong"),
        ([COUNTRIES, ("run.exe", "MZ")], "“run.exe” does not belong"),
        ([COUNTRIES, COUNTRIES], "“countries.csv” is in it twice"),
        ([COUNTRIES, ("contracts.csv", "key\n")], "contracts.csv: The register has no such file"),
        ([(f"{number}.csv", "") for number in range(101)], "more than 100 files"),
        ([COUNTRIES, ("datapackage.json", "{")], "It does not say by “mine:profile”"),
        ([COUNTRIES, ("datapackage.json", "[]")], "It does not say by “mine:profile”"),
        ([COUNTRIES, ("datapackage.json", '{"mine:profile": ["public"]}')], "It does not say"),
        ([COUNTRIES, ("datapackage.json", "[" * 100_000)], "It does not say"),
        ([COUNTRIES, ("datapackage.json", b"\xff\x00")], "It does not say"),
        ([("datapackage.json", '{"mine:profile": "public"}')], "There is no CSV file here"),
        ([], "There is no CSV file here"),
    ],
)
def test_load_refuses_a_zip_file_with_anything_else(tmp_path, entries, reason):
    path = packed(tmp_path / "register.zip", *entries)

    assert reason in refusal_of(path)
    assert Country.objects.count() == 0


@pytest.mark.django_db
def test_load_refuses_private_files_in_a_public_package(tmp_path):
    made = {**public.made(), "contacts.csv": b"key,center,name\n"}
    path = tmp_path / "register.zip"
    path.write_bytes(public.zipped(made))

    assert "contacts.csv: The register has no such file" in refusal_of(path)


@pytest.mark.django_db
def test_load_refuses_a_file_that_unpacks_to_more_than_a_register(tmp_path, monkeypatch):
    monkeypatch.setattr(files.tables, "MAX_BYTES", 10_000)
    path = packed(tmp_path / "register.zip", ("countries.csv", b"a" * 10_000_000))
    # Its directory lies about the size.
    data = path.read_bytes().replace(struct.pack("<L", 10_000_000), struct.pack("<L", 9_000))
    path.write_bytes(data)

    assert "no zip file, or a damaged one" in refusal_of(path)


@pytest.mark.django_db
def test_load_refuses_a_zip_file_that_is_too_large_as_a_whole(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "MAX_BYTES", 10_000)
    entries = [(f"{stem}.csv", b"a" * 4_000) for stem in ("countries", "sources", "claims")]

    refused = refusal_of(packed(tmp_path / "register.zip", *entries))

    assert "“claims.csv” is larger than a register can be" in refused


@pytest.mark.django_db
@pytest.mark.parametrize("spoil", [lambda data: b"PK", lambda data: data[:60], lambda data: b""])
def test_load_refuses_a_damaged_zip_file(tmp_path, spoil):
    path = packed(tmp_path / "register.zip", COUNTRIES)
    path.write_bytes(spoil(path.read_bytes()))

    assert "This is no zip file, or a damaged one" in refusal_of(path)


@pytest.mark.django_db
def test_load_refuses_a_locked_zip_file(tmp_path):
    path = packed(tmp_path / "register.zip", COUNTRIES)
    data = bytearray(path.read_bytes())
    for mark in (b"PK\x03\x04", b"PK\x01\x02"):
        at = data.index(mark) + (6 if mark == b"PK\x03\x04" else 8)
        data[at] |= 1
    path.write_bytes(bytes(data))

    assert "This zip file is locked" in refusal_of(path)


# --- Commands ------------------------------------------------------------------------------------


def test_export_register_writes_the_public_package(register, tmp_path, capsys):
    call_command("export_register", str(tmp_path / "new"), "--public")

    assert capsys.readouterr().out == (f"36 files of the public register in {tmp_path / 'new'}.\n")
    assert {path.name for path in (tmp_path / "new").iterdir()} == set(public.made())


def test_export_register_writes_nothing_public_beside_private_files(register, tmp_path):
    (tmp_path / "contacts.csv").write_text("key\n")

    with pytest.raises(CommandError) as refusal:
        call_command("export_register", str(tmp_path), "--public")

    assert str(refusal.value) == (
        "Nothing was written.\ncontacts.csv: It is not public. Take an empty folder."
    )
    assert [path.name for path in tmp_path.iterdir()] == ["contacts.csv"]


def test_full_export_into_the_folder_of_a_public_one_is_loaded_as_full(register, tmp_path):
    call_command("export_register", str(tmp_path), "--public")

    call_command("export_register", str(tmp_path))

    assert not (tmp_path / "datapackage.json").exists()
    assert package.load(tmp_path)["stories"]["skip"] == Story.objects.count()
