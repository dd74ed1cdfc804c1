"""A public package that comes back overwrites nothing that is known better, and shows no more."""

import csv
import io

import pytest

from centers.dates import PartialDate
from centers.merging import merge_centers
from centers.models import BY_IMPORT, Affiliation, Center, CenterText, Organisation, Snapshot
from mine_site.register import package, public
from projects.models import Project

pytestmark = pytest.mark.django_db


@pytest.fixture
def center(make, bulgaria):
    def center(slug, **values):
        values = {"precision": "town", "name": slug.title(), **values}
        return make(Center, country=bulgaria, slug=slug, **values)

    return center


@pytest.fixture
def packed(tmp_path):
    """`packed()`: the public package of the register as it is now, as a zip file."""

    def packed():
        path = tmp_path / "register.zip"
        path.write_bytes(public.zipped(public.made()))
        return path

    return packed


def rows(made, stem):
    return list(csv.DictReader(io.StringIO(made[f"{stem}.csv"].decode(), newline="")))


def test_day_is_not_replaced_by_its_year(center, packed):
    carmen = center("carmen", founded="2006")
    path = packed()
    carmen.founded = PartialDate.of("2006-05-17")
    carmen.save()

    package.load(path)

    carmen.refresh_from_db()
    assert str(carmen.founded) == "2006-05-17"


def test_other_year_is_taken(center, packed):
    carmen = center("carmen", founded="2006")
    path = packed()
    carmen.founded = PartialDate.of("2007-05-17")
    carmen.save()

    package.load(path)

    carmen.refresh_from_db()
    assert str(carmen.founded) == "2006"


def test_empty_cell_of_any_file_clears_nothing(center, make, packed):
    snapshot = make(Snapshot, center=center("carmen"), as_of="2010")
    project = make(Project, slug="work", start="2010", end=None)
    path = packed()
    snapshot.visitors, snapshot.as_of = 30, PartialDate.of("2010-05")
    snapshot.save()
    project.start, project.end = PartialDate.of("2010-02-03"), PartialDate.of("2012")
    project.save()

    package.load(path)

    snapshot.refresh_from_db()
    project.refresh_from_db()
    assert (snapshot.visitors, str(snapshot.as_of)) == (30, "2010-05")
    assert (str(project.start), str(project.end)) == ("2010-02-03", "2012")


def test_public_files_without_their_description_overwrite_no_place(center, tmp_path):
    place = {"place": "Ruse", "address": "Main 7", "latitude": "43.848716"}
    carmen = center("carmen", longitude="25.954356", **place)
    for name, data in public.made().items():
        if name.endswith(".csv"):
            (tmp_path / name).write_bytes(data)

    package.load(tmp_path)

    carmen.refresh_from_db()
    assert {name: str(getattr(carmen, name)) for name in place} == place


def test_full_file_still_moves_a_center(center, tmp_path):
    carmen = center("carmen", latitude="43.848716", longitude="25.954356", address="Main 7")
    package.export(tmp_path)
    file = tmp_path / "centers.csv"
    file.write_text(file.read_text().replace("43.848716", "43.1").replace("Main 7", ""))

    package.load(tmp_path)

    carmen.refresh_from_db()
    assert (str(carmen.latitude), carmen.address) == ("43.100000", "")


@pytest.fixture
def merged(center, make, coordinator):
    """(the center that stays, the one that went into it), and the package of before."""
    keep, double = center("keep"), center("double")
    double.record_status("active", observed="2016", by=BY_IMPORT)
    network = make(Organisation, slug="network")
    for each in (keep, double):
        make(CenterText, center=each, language="en", summary=f"Street of {each.slug}")
        make(Affiliation, center=each, organisation=network, role="member", began=None)
    before = public.made()
    merge_centers(keep=keep, merge=double, by=coordinator)
    return keep, double, before


def test_rows_that_stayed_at_a_merged_center_are_not_public(merged):
    keep, _double, before = merged
    made = public.made()

    assert len(rows(before, "affiliations")) == 2
    assert [row["center"] for row in rows(made, "affiliations")] == [keep.public_id]
    assert [row["summary"] for row in rows(made, "center_texts")] == ["Street of keep"]


def test_package_of_before_a_merge_is_loaded_and_brings_nothing_back(merged, tmp_path):
    keep, _double, before = merged
    path = tmp_path / "before.zip"
    path.write_bytes(public.zipped(before))

    package.load(path)

    [entry] = keep.status_entries.all()
    assert entry.observed == PartialDate.of("2016")
    keep.refresh_from_db()
    assert keep.status == "active"
