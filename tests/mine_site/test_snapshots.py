"""Dated copies of the register: what is kept, what today's rules leave of it, what changed."""

import csv
import datetime
import io
import re
import warnings
import zipfile

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from centers.merging import merge_centers
from centers.models import BY_IMPORT, Center
from mine_site.models import RegisterSnapshot
from mine_site.register import dated, package, profiles, public
from mine_site.snapshots import MOST, package_of_today, take_snapshot, zipped_of_today

pytestmark = pytest.mark.django_db
FIRST, SECOND = datetime.date(2026, 10, 1), datetime.date(2026, 11, 1)
MARKER = "zzprivatezz"


def taken(day=FIRST):
    snapshot, is_new = take_snapshot(on=day)
    assert is_new
    return snapshot


def row_of(center, snapshot, *, stored=False):
    files = kept_in(snapshot) if stored else package_of_today(snapshot)
    return {row["public_id"]: row for row in dated.read(files, "centers")}[center.public_id]


def kept_in(snapshot):
    with zipfile.ZipFile(io.BytesIO(bytes(snapshot.package))) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def page_of(client, day):
    answer = client.get(reverse("snapshot", args=[day]))
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


@pytest.fixture
def placed(make):
    """`placed(precision)`: a center of which the exact place is known."""

    def placed(precision, **values):
        values = {"latitude": "43.848716", "longitude": "-25.955", "place": "Ruse", **values}
        return make(Center, slug=f"in-{precision}", name="In", precision=precision, **values)

    return placed


# --- Taking one ----------------------------------------------------------------------------------


def test_copy_keeps_nothing_that_reaches_anybody(placed):
    center = placed(
        "exact", address=MARKER, phone=MARKER, email=f"{MARKER}@example.org", opening_hours=MARKER
    )

    snapshot = taken()

    assert [n for n, data in kept_in(snapshot).items() if MARKER.encode() in data] == []
    assert dated.REACH.isdisjoint(row_of(center, snapshot, stored=True))
    assert MARKER.encode() not in bytes(snapshot.package)


def test_copy_is_valid_by_frictionless_and_loads(register, center, tmp_path):
    center.record_status("active", observed="2016", by=BY_IMPORT)
    path = tmp_path / "copy.zip"
    path.write_bytes(zipped_of_today(taken()))
    with zipfile.ZipFile(path) as archive:
        archive.extractall(tmp_path / "copy")

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # those of its own parts
        from frictionless import Package

        report = Package(str(tmp_path / "copy" / "datapackage.json")).validate()

    assert report.flatten(["rowNumber", "fieldName", "note"]) + report.errors == []
    assert package.load(path)["centers"]["skip"] == 18


def test_day_has_one_copy_which_stays(center, capsys):
    first = taken()
    center.name = "Nest"
    center.save()

    again, is_new = take_snapshot(on=FIRST)

    assert (again.pk, is_new, RegisterSnapshot.objects.count()) == (first.pk, False, 1)
    assert row_of(center, again)["name"] == "Mother Center Isperih"


def test_take_snapshot_says_what_it_did(register, capsys):
    call_command("take_snapshot")
    call_command("take_snapshot")

    day = RegisterSnapshot.objects.get().day
    assert capsys.readouterr().out.splitlines() == [
        f"A copy of {day}: 362 rows.",
        f"There is a copy of {day} already; it stays as it is.",
    ]


def test_take_snapshot_removes_a_copy_when_it_is_told_to(center, capsys):
    taken()

    call_command("take_snapshot", remove=FIRST)

    assert RegisterSnapshot.objects.count() == 0
    assert capsys.readouterr().out == "The copy of 2026-10-01 is removed.\n"


@pytest.mark.parametrize("day", ["2026-10-02", "2026-02-30", "yesterday", ""])
def test_take_snapshot_refuses_to_remove_what_is_not_there(center, day):
    taken()

    with pytest.raises(CommandError):
        call_command("take_snapshot", "--remove", day)

    assert RegisterSnapshot.objects.count() == 1


# --- Today's rules -------------------------------------------------------------------------------

EXACT = ("Ruse", "43.848716", "-25.955")
ROUGH = ("Ruse", "43.85", "-25.96")
NOWHERE = ("", "", "")


@pytest.mark.parametrize("then", profiles.PRECISIONS)
@pytest.mark.parametrize("today", profiles.PRECISIONS)
def test_copy_tells_a_place_no_finer_than_then_and_than_today(placed, then, today):
    center = placed(then)
    snapshot = taken()
    Center.objects.filter(pk=center.pk).update(precision=today)

    row = row_of(center, snapshot)

    coarsest = profiles.coarser(then, today)
    assert row["precision"] == coarsest
    assert (row["place"], row["latitude"], row["longitude"]) == {
        "exact": EXACT, "district": ROUGH, "town": ROUGH, "withheld": NOWHERE,
    }[coarsest]  # fmt: skip


def test_copy_rounds_as_the_register_does(placed):
    center = placed("exact")
    snapshot = taken()
    Center.objects.filter(pk=center.pk).update(precision="town")

    row, now = row_of(center, snapshot), dated.read(public.made(), "centers")[0]

    assert (row["latitude"], row["longitude"]) == (now["latitude"], now["longitude"])


def test_copy_withholds_what_was_merged_into_a_withheld_center(placed, make, coordinator):
    center, other = placed("exact"), make(Center, slug="other", precision="withheld")
    snapshot = taken()
    Center.objects.filter(pk=center.pk).update(merged_into=other)

    row = row_of(center, snapshot)

    assert (row["place"], row["latitude"], row["longitude"]) == NOWHERE


def test_copy_withholds_centers_that_the_register_does_not_have_any_more(placed):
    center = placed("exact")
    snapshot = taken()
    public_id = center.public_id
    center.delete()

    [row] = dated.read(package_of_today(snapshot), "centers")

    assert (row["public_id"], row["place"], row["latitude"]) == (public_id, "", "")


def test_copy_has_no_note_that_was_redacted_since(center, coordinator):
    entry = center.record_status("active", observed="2016", note=MARKER, by=coordinator)
    other = center.record_status("paused", observed="2017", note="Rain", by=coordinator)
    snapshot = taken()
    entry.redact_note(by=coordinator)

    rows = dated.read(package_of_today(snapshot), "status_entries")

    assert {row["key"]: row["note"] for row in rows} == {entry.key: "", other.key: "Rain"}
    assert MARKER.encode() not in b"".join(package_of_today(snapshot).values())


def test_copy_has_no_file_and_no_column_that_is_not_public_any_more(center):
    snapshot = taken()
    files = kept_in(snapshot)
    files["stories.csv"] = b"key,body\na,b\n"
    files["countries.csv"] = b"code,region,secret\nBG,south-eastern-europe,x\n"
    snapshot.package = public.zipped(files)
    snapshot.save()

    today = package_of_today(snapshot)

    assert "stories.csv" not in today
    assert today["countries.csv"] == b"code,region\nBG,south-eastern-europe\n"


def test_copy_keeps_formulas_escaped_once(make):
    make(Center, slug="nest", name="=Nest+1")

    files = package_of_today(taken())

    assert b",'=Nest+1," in files["centers.csv"]


def test_zip_file_of_a_copy_follows_todays_rules(client, placed):
    center = placed("exact")
    taken()
    address = reverse("snapshot_zip", args=[FIRST.isoformat()])
    before = client.get(address)
    center.precision = "withheld"
    center.save()

    after = client.get(address)

    assert before.headers["Content-Type"] == "application/zip"
    assert before.headers["Content-Disposition"] == 'attachment; filename="register-2026-10-01.zip"'
    with zipfile.ZipFile(io.BytesIO(after.content)) as archive:
        assert b"43.848716" not in archive.read("centers.csv")
    with zipfile.ZipFile(io.BytesIO(before.content)) as archive:
        assert b"43.848716" in archive.read("centers.csv")
    again = client.get(address, headers={"If-None-Match": after.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert client.head(address).content == b""


# --- What changed --------------------------------------------------------------------------------


def test_page_tells_which_centers_are_new_renamed_merged_or_in_another_state(
    client, center, make, lead
):
    names = ("Carmen", "Malina", "Swallow", "Double")
    carmen, malina, swallow, double = (
        make(Center, slug=name.lower(), name=name, country=center.country) for name in names
    )
    swallow.record_status("active", observed="2016", by=BY_IMPORT)
    taken()
    make(Center, slug="nest", name="Nest", country=center.country)
    carmen.name = "Carmen II"
    carmen.save()
    swallow.record_status("closed", observed="2017", by=BY_IMPORT)
    merge_centers(keep=malina, merge=double, by=lead)
    taken(SECOND)

    text = page_of(client, "2026-11-01")

    assert "What changed since October 1, 2026" in text
    assert "Nest : new in the register" in text
    assert "Carmen II : was called “Carmen”" in text
    assert "Double : merged into “Malina”" in text
    assert re.search(r"Swallow : active → closed", text)
    assert "Mother Center Isperih :" not in text


def test_page_counts_rows_that_came_went_or_changed(client, center, make):
    first, second = make(Center, slug="a", name="A"), make(Center, slug="b", name="B")
    first.names.create(value="Alpha", kind="alias")
    taken()
    first.names.all().delete()
    second.community = "Roma"
    second.save()
    make(Center, slug="c", name="C")
    taken(SECOND)

    html = client.get("/data/2026-11-01/").content.decode()

    rows = dict(re.findall(r"<code>(\w+)\.csv</code></th><td>(.*?)</tr>", html))
    counts = {stem: re.findall(r">(\d*)</td>", row + "</td>") for stem, row in rows.items()}
    assert counts["centers"][-4:] == ["4", "1", "", "1"]
    assert counts["center_names"][-4:] == ["0", "", "1", ""]
    assert counts["sources"][-4:] == ["0", "", "", ""]


def test_withdrawn_statement_changes_a_status_back(center, coordinator):
    entry = center.record_status("active", observed="2016", by=coordinator)
    before = package_of_today(taken())
    entry.withdraw("mistaken", by=coordinator)
    after = package_of_today(taken(SECOND))

    [change] = dated.center_changes(before, after)

    assert (change.kind, change.old, change.new) == ("status", "active", "unknown")


def test_status_of_a_copy_is_that_of_its_day(register):
    told = dated.statuses(package_of_today(taken()))

    now = dict(Center.objects.exclude(status="unknown").values_list("public_id", "status"))
    assert dict(told) == now


def test_page_lists_at_most_some_hundred_centers(client, make):
    taken()
    Center.objects.bulk_create(
        make(Center, save=False, slug=f"c{number}", name=f"C{number:03}", country_id="BG")
        for number in range(MOST + 5)
    )
    taken(SECOND)

    html = client.get("/data/2026-11-01/").content.decode()

    assert html.count("new in the register") == MOST
    assert "The first 200 of 205 changes of centers." in html


def test_first_copy_compares_with_nothing(client, center):
    taken()

    text = page_of(client, "2026-10-01")

    assert "The register as of October 1, 2026" in text
    assert "What changed since" not in text


def test_pages_lead_from_copy_to_copy(client, center):
    taken()
    taken(SECOND)

    assert 'href="/data/2026-11-01/"' in client.get("/data/2026-10-01/").content.decode()
    assert 'href="/data/2026-10-01/"' in client.get("/data/2026-11-01/").content.decode()
    html = client.get("/data/").content.decode()
    assert html.index("/data/2026-11-01/") < html.index("/data/2026-10-01/")
    assert 'href="/data/2026-10-01.zip"' in html


@pytest.mark.parametrize("address", ["/data/", "/data/2026-11-01/", "/data/2026-11-01.zip"])
def test_copies_ask_as_much_of_thirty_centers_as_of_one(client, make, address):
    def asked():
        with CaptureQueriesContext(connection) as queries:
            client.get(address)
        return len(queries)

    center = make(Center, slug="one", name="One")
    center.record_status("active", observed="2016", by=BY_IMPORT)
    taken()
    taken(SECOND)
    of_one = asked()
    RegisterSnapshot.objects.all().delete()
    for number in range(29):
        make(Center, slug=f"c-{number}").record_status("active", observed="2016", by=BY_IMPORT)
    taken()
    taken(SECOND)

    assert asked() == of_one


# --- Nonsense ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "day",
    ["2026-10-02", "2026-02-30", "2026-13-01", "20261001", "2026-W40-4", "0000-00-00", "today",
     "9999999999-01-01", "x" * 500],
)  # fmt: skip
@pytest.mark.parametrize("form", ["/data/%s/", "/data/%s.zip"])
def test_day_without_a_copy_is_not_found_and_told_where_to_look(client, center, day, form):
    taken()

    answer = client.get(form % day)

    assert answer.status_code == 404
    if form.endswith("/"):
        assert '<a href="/data/">Open data</a>' in answer.content.decode()


@pytest.mark.parametrize("address", ["/data/2026-10-01/", "/data/2026-10-01.zip"])
def test_copies_only_answer_questions(client, center, address):
    taken()

    assert client.post(address).status_code == 405


def test_copies_are_read_as_other_tables_are(center):
    files = package_of_today(taken())

    rows = list(csv.reader(io.StringIO(files["centers.csv"].decode())))

    assert len(rows) == 2
    assert "phone" not in rows[0]
