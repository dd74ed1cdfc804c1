"""A network's spreadsheet on its way into the register: no double, no half, no loss."""

import csv
import datetime
import io

import hypothesis
import pytest
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from hypothesis import strategies as st

from centers import search
from centers.dates import PartialDate
from centers.imports import applying, checking, columns
from centers.models import (
    Affiliation,
    Cause,
    Center,
    CenterName,
    CenterNote,
    Coordinator,
    Country,
    ExternalIdentifier,
    ImportRow,
    Organisation,
    Snapshot,
    Source,
    SpreadsheetImport,
    StatusEntry,
)
from centers.rights import rights_of
from mine_site.register import soundness
from tests.lists import messy

User = get_user_model()

pytestmark = pytest.mark.django_db


@pytest.fixture
def slovakia(db):
    return Country.objects.create(code="SK")


@pytest.fixture
def union(db):
    union = Organisation.objects.create(slug="union", name="Union of centers", kind="network")
    search.reindex("organisation")
    return union


@pytest.fixture
def anna(slovakia):
    """A coordinator of Slovakia."""
    user = User.objects.create_user("anna", is_staff=True)
    Coordinator.objects.create(user=user).countries.add(slovakia)
    return user


@pytest.fixture
def lead(db):
    user = User.objects.create_user("lead", is_staff=True)
    Coordinator.objects.create(user=user, is_lead=True)
    return user


@pytest.fixture
def desk(client, anna):
    client.force_login(anna)
    return Desk(client)


class Desk:
    """The pages of an import, as somebody at the desk goes through them."""

    def __init__(self, client):
        self.client = client

    def address(self, spreadsheet, step):
        return reverse(f"admin:centers_spreadsheetimport_{step}", args=[spreadsheet.pk])

    def upload(self, data, *, name="list.csv", network=None, country="SK"):
        data = data.encode() if isinstance(data, str) else data
        fields = {"network": network.pk if network else "", "country": country}
        response = self.client.post(
            reverse("admin:centers_spreadsheetimport_add"),
            {"file": SimpleUploadedFile(name, data), **fields},
        )
        assert response.status_code == 302, response.context["form"].errors
        return SpreadsheetImport.objects.latest("pk")

    def columns(self, spreadsheet, observed="", **told):
        """Say what the columns mean (by header); the rest stays as guessed. Checks the rows."""
        page = self.client.get(self.address(spreadsheet, "columns"))
        form = page.context["form"]
        fields = {field.html_name: field.initial for field in form.column_fields()}
        for field in form.column_fields():
            fields[field.html_name] = told.get(field.label, field.initial)
        fields["observed"] = observed or str(form["observed"].value() or "")
        response = self.client.post(self.address(spreadsheet, "columns"), fields | {"check": "1"})
        if response.streaming:
            response.told = whole(response)
        spreadsheet.refresh_from_db()
        return response

    def check(self, data, *, observed="", told=(), **upload):
        spreadsheet = self.upload(data, **upload)
        self.columns(spreadsheet, observed, **dict(told))
        assert spreadsheet.state == "ready"
        return spreadsheet

    def confirm(self, spreadsheet):
        told = whole(self.client.post(self.address(spreadsheet, "apply")))
        spreadsheet.refresh_from_db()
        return told

    def bring_in(self, data, **how):
        """All steps; returns the figures, which add up to the rows of the file."""
        spreadsheet = self.check(data, **how)
        self.confirm(spreadsheet)
        assert spreadsheet.state == "done"
        return figures(spreadsheet)

    def decide(self, spreadsheet, *decisions):
        rows = spreadsheet.rows.filter(verdict="suspect").order_by("line")
        posted = {f"decision_{row.pk}": one for row, one in zip(rows, decisions, strict=False)}
        self.client.post(self.address(spreadsheet, "preview"), posted)
        spreadsheet.refresh_from_db()


def whole(response):
    return b"".join(response.streaming_content).decode()


def figures(spreadsheet):
    """(new, changed, unchanged, rejected), of which the sum was asked for."""
    counts = spreadsheet.counts
    assert sum(counts.values()) == spreadsheet.rows.count()
    told = tuple(counts[name] for name in ("new", "changed", "unchanged"))
    return (*told, counts["rejected"] + counts["suspect"])


def problems(spreadsheet):
    return [
        (row.line, *problem)
        for row in spreadsheet.rows.filter(verdict="rejected").order_by("line")
        for problem in row.problems
    ]


def everything():
    """All that an import could write, as it is in the database."""
    models = [Center, CenterName, Affiliation, Snapshot, StatusEntry, ExternalIdentifier]
    models += [CenterNote, Center.history.model, CenterName.history.model]
    return {model: sorted(map(str, model.objects.order_by().values_list())) for model in models}


LIST = """\
Číslo;Názov;Mesto;Ulica;Telefón;E-mail;Založené;Stav;Ku dňu;Návštevníci;PSČ;Vedúca;GPS
7;Materské centrum Žabka;Žilina;Hlavná 1;+421 41 1;zabka@example.org;5/2003;aktívne;2024;40;010 01;Marker of a person;"49,22; 18,74"
8;Slniečko;Nitra;;;;1998;zatvorené;2019;;949 01;;
"""  # noqa: E501


def test_a_list_becomes_centers_with_all_that_it_tells(desk, union, anna):
    assert desk.bring_in(LIST, network=union) == (2, 0, 0, 0)

    frog, sun = Center.objects.order_by("name")
    assert (frog.name, frog.place, frog.address) == (
        "Materské centrum Žabka",
        "Žilina",
        "Hlavná 1",
    )
    assert (frog.phone, frog.email, str(frog.founded)) == (
        "+421 41 1",
        "zabka@example.org",
        "2003-05",
    )
    assert (str(frog.latitude), str(frog.longitude)) == ("49.220000", "18.740000")
    assert str(frog.founded_latest) == "2003-05-31"
    assert (frog.slug, frog.country_id, frog.precision) == ("materske-centrum-zabka", "SK", "town")
    assert (frog.status, str(frog.confirmed_on)) == ("active", "2024")
    assert (sun.status, str(sun.confirmed_on)) == ("closed", "2019")
    assert frog.external_identifiers.get().value == "7"
    assert frog.affiliations.get().organisation == union
    assert (frog.snapshots.get().visitors, str(frog.snapshots.get().as_of)) == (40, "2024")
    assert frog.notes.get().cells == {"PSČ": "010 01"}
    entry = frog.status_entries.get()
    assert (entry.via, entry.recorded_by) == ("import", anna)
    assert [*soundness.problems()] == []


def test_what_is_imported_has_its_history_and_is_found(desk, union, anna):
    desk.bring_in(LIST, network=union)

    frog = Center.objects.get(name__endswith="Žabka")
    version = frog.history.get()
    assert (version.history_user, version.history_type) == (anna, "+")
    assert version.history_change_reason == "Imported from list.csv"
    assert version.instance == frog
    assert version.place == "Žilina"
    found = Center.objects.filter(pk__in=search.found("center", "zilina zab union"))
    assert list(found) == [frog]


def test_the_same_file_again_changes_nothing(desk, union):
    desk.bring_in(LIST, network=union)
    before = everything()

    assert desk.bring_in(LIST, network=union) == (0, 0, 2, 0)

    assert everything() == before


def test_persons_are_not_kept_anywhere(desk, union):
    spreadsheet = desk.upload(LIST, network=union)

    page = desk.client.get(desk.address(spreadsheet, "columns"))
    desk.columns(spreadsheet)
    kept = str(list(ImportRow.objects.values_list()))
    desk.confirm(spreadsheet)

    assert "About persons: Vedúca." in " ".join(page.content.decode().split())
    assert "Marker of a person" not in kept
    assert "Marker of a person" not in str(everything())
    assert b"Marker" not in SpreadsheetImport.objects.get().file


def test_an_empty_cell_overwrites_nothing_and_others_are_shown_old_and_new(desk, union):
    desk.bring_in(LIST, network=union)
    newer = "Číslo;Názov;Mesto;Telefón\n7;Materské centrum Žabka;;+421 41 2\n"

    spreadsheet = desk.check(newer, network=union)
    page = desk.client.get(desk.address(spreadsheet, "preview")).content.decode()
    desk.confirm(spreadsheet)

    assert figures(spreadsheet) == (0, 1, 0, 0)
    assert "<del>+421 41 1</del> → <ins>+421 41 2</ins>" in page
    frog = Center.objects.get(name__endswith="Žabka")
    assert (frog.place, frog.phone, frog.status) == ("Žilina", "+421 41 2", "active")
    assert [version.phone for version in frog.history.all()] == ["+421 41 2", "+421 41 1"]


def test_a_center_that_its_network_renames_keeps_its_former_name(desk, union):
    desk.bring_in(LIST, network=union)

    desk.bring_in("Číslo;Názov\n7;Žabie centrum\n", network=union)

    frog = Center.objects.get(external_identifiers__value="7")
    assert frog.name == "Žabie centrum"
    assert list(frog.names.values_list("value", "kind")) == [("Materské centrum Žabka", "former")]


def test_a_renamed_center_that_has_its_name_once_more_keeps_it_as_it_is(desk, union):
    desk.bring_in(LIST, network=union)
    frog = Center.objects.get(external_identifiers__value="7")
    CenterName.objects.create(center=frog, value=frog.name, kind="native")

    assert desk.bring_in("Číslo;Názov\n7;Žabie centrum\n", network=union) == (0, 1, 0, 0)

    frog.refresh_from_db()
    assert frog.name == "Žabie centrum"
    assert list(frog.names.values_list("value", "kind")) == [("Materské centrum Žabka", "native")]


def test_numbers_of_one_network_are_not_those_of_another(desk, union):
    desk.bring_in("Číslo;Názov;Mesto\n7;Žabka;Žilina\n", network=union)
    other = Organisation.objects.create(slug="other", name="Other", kind="network")

    assert desk.bring_in("Číslo;Názov;Mesto\n7;Slniečko;Nitra\n", network=other) == (1, 0, 0, 0)


def test_a_new_status_is_one_more_entry_and_a_withdrawn_one_does_not_come_back(desk, anna):
    text = "name;place;status;since;observed;causes;according to\n"
    text += "Žabka;Žilina;closed;2021;2022;rent, volunteers;the town\n"
    causes = ["rent", "volunteers"]
    for slug in causes:
        Cause.objects.create(slug=slug, group="money")
    assert desk.bring_in(text) == (1, 0, 0, 0)
    [entry] = StatusEntry.objects.all()
    assert (entry.status, str(entry.since), entry.according_to) == ("closed", "2021", "the town")
    assert sorted(entry.cause_weights) == causes

    assert desk.bring_in(text.replace("2022", "2024")) == (0, 1, 0, 0)
    entry.withdraw("mistaken", by=anna)
    assert desk.bring_in(text) == (0, 0, 1, 0)

    assert StatusEntry.objects.count() == 2
    assert [*soundness.problems()] == []


def test_the_same_list_by_somebody_else_doubles_no_statement(desk, union, lead, client):
    desk.bring_in(LIST, network=union)
    client.force_login(lead)

    assert desk.bring_in(LIST, network=union) == (0, 0, 2, 0)


def test_figures_of_the_same_date_are_mended_unless_a_document_tells_them(desk, make):
    desk.bring_in("name;place;visitors;rent\nŽabka;Žilina;40;250 €\n", observed="2024")
    [snapshot] = Snapshot.objects.all()
    assert (snapshot.visitors, str(snapshot.monthly_rent), snapshot.currency) == (
        40,
        "250.00",
        "EUR",
    )

    desk.bring_in("name;place;visitors\nŽabka;Žilina;45\n", observed="2024")
    assert list(Snapshot.objects.values_list("visitors", "currency")) == [(45, "EUR")]

    Snapshot.objects.update(source=make(Source, slug="review", date="2024"))
    desk.bring_in("name;place;visitors\nŽabka;Žilina;50\n", observed="2024")
    assert sorted(Snapshot.objects.values_list("visitors", flat=True)) == [45, 50]


# --- What is rejected, and mended ----------------------------------------------------------------

MESSY = """\
name;town;founded;mail;coordinates;languages;visitors;status
;Žilina;;;;;;
One;A;3/5/2015;;;;;
Two;B;soon;;;;;
Three;C;;nonsense;;;;
Four;D;;;0, 0;;;
Five;E;;;95.1, 17;;;
Six;F;;;;Gibberish;;
Seven;G;;;;;many;
Eight;H;;;;;;flourishing
Nine;I;;;;slovak, Hungarian;12;bezárt
"""


def test_each_rejected_row_tells_line_column_and_reason(desk):
    spreadsheet = desk.check(MESSY, observed="2024")

    assert figures(spreadsheet) == (1, 0, 0, 9)
    told = problems(spreadsheet)
    assert [(line, column) for line, column, _reason in told] == [
        (2, "name"),
        (3, "founded"),
        (4, "founded"),
        (5, "mail"),
        (6, "coordinates"),
        (7, "coordinates"),
        (8, "languages"),
        (9, "visitors"),
        (10, "status"),
    ]
    reasons = [reason for _line, _column, reason in told]
    assert reasons[1] == (
        "“3/5/2015” can mean May 3, 2015 (2015-05-03) or March 5, 2015 (2015-03-05). "
        "Write the one in brackets."
    )
    assert reasons[3] == "Enter a valid email address."
    assert reasons[8] == (
        "“flourishing” is no status that the registry knows. Write one of: initiative, active, "
        "low level, paused, closed."
    )


def test_rejected_rows_are_mended_and_come_back(desk, union):
    text = MESSY.replace("Two;B;soon", "+421;B;soon").encode("cp1250")
    spreadsheet = desk.check(text, network=union, observed="2024")
    desk.confirm(spreadsheet)

    response = desk.client.get(desk.address(spreadsheet, "rejected"))
    data = response.content
    rows = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig")), delimiter=";"))

    assert data.startswith(b"\xef\xbb\xbf")
    assert "attachment" in response.headers["Content-Disposition"]
    assert len(rows) == 9
    assert rows[2]["name"] == "'+421"  # not a formula
    assert list(rows[2])[-1] == "Why it was not imported"
    assert rows[2]["Why it was not imported"].startswith("founded: “soon” is not a date")

    mended = data.decode("utf-8-sig").replace("soon", "2001")
    assert desk.bring_in(mended, network=union) == (1, 0, 0, 8)
    assert Center.objects.get(place="B").name == "+421"


def test_columns_that_the_registry_does_not_know_are_kept_and_not_doubled(desk, union):
    desk.bring_in("name;town;PSČ;Farba\nŽabka;Žilina;010 01;zelená\n", network=union)
    desk.bring_in("name;town;Farba;Nové\nŽabka;Žilina;modrá;áno\n", network=union)

    [note] = CenterNote.objects.all()
    assert note.cells == {"PSČ": "010 01", "Farba": "modrá", "Nové": "áno"}


def test_a_note_is_private_and_can_be_removed(desk, union, client):
    desk.bring_in("name;town;PSČ\nŽabka;Žilina;010 01\n", network=union)
    center = Center.objects.get()
    page = reverse("admin:centers_center_change", args=[center.pk])
    other = User.objects.create_user("other", is_staff=True)
    Coordinator.objects.create(user=other).countries.add(Country.objects.create(code="RS"))

    hers = client.get(page).content.decode()
    client.force_login(other)
    others = client.get(page).content.decode()

    assert "010 01" in hers
    assert "010 01" not in others
    assert "010 01" not in client.get(center.get_absolute_url()).content.decode()


# --- Doubles -------------------------------------------------------------------------------------


@pytest.fixture
def frog(slovakia):
    center = Center.objects.create(
        name="Materské centrum Žabka", slug="frog", country=slovakia, place="Žilina"
    )
    search.reindex("center", [center.pk])
    return center


def test_what_may_be_there_already_waits_beside_it(desk, frog):
    spreadsheet = desk.check("name;town\nMC Zabka;Žilina\nSlniečko;Nitra\n")
    page = desk.client.get(desk.address(spreadsheet, "preview")).content.decode()

    assert spreadsheet.counts["suspect"] == 1
    assert "Materské centrum Žabka" in page
    assert "MC Zabka" in page
    assert f"center:{frog.pk}" in page

    desk.confirm(spreadsheet)
    assert figures(spreadsheet) == (1, 0, 0, 1)
    assert [reason for _l, _c, reason in problems(spreadsheet)] == [
        "It may be there already, and nobody has decided."
    ]
    assert Center.objects.count() == 2


def test_one_that_is_the_same_gains_a_spelling_and_is_known_from_then_on(desk, frog):
    text = "name;town;phone\nMC Zabka;Žilina;123\n"
    spreadsheet = desk.check(text)

    desk.decide(spreadsheet, f"center:{frog.pk}")
    assert figures(spreadsheet) == (0, 1, 0, 0)
    desk.confirm(spreadsheet)

    frog.refresh_from_db()
    assert (frog.name, frog.phone) == ("Materské centrum Žabka", "123")
    assert frog.names.get().value == "MC Zabka"
    assert desk.bring_in(text) == (0, 0, 1, 0)


def test_one_that_is_another_is_added_and_is_known_from_then_on(desk, frog):
    text = "name;town\nMC Zabka;Žilina\n"
    spreadsheet = desk.check(text)

    desk.decide(spreadsheet, "another")
    assert figures(spreadsheet) == (1, 0, 0, 0)
    desk.confirm(spreadsheet)

    assert Center.objects.count() == 2
    assert desk.bring_in(text) == (0, 0, 1, 0)


@pytest.mark.parametrize(
    ("choice", "expected"), [("same", (0, 2, 0, 0)), ("another", (2, 0, 0, 0))]
)
def test_all_can_be_decided_at_once(desk, frog, slovakia, choice, expected):
    sun = Center.objects.create(name="Slniečko", slug="sun", country=slovakia, place="Nitra")
    search.reindex("center", [sun.pk])
    spreadsheet = desk.check("name;town;phone\nMC Zabka;Žilina;1\nKlub Slniečko;Nitra;2\n")

    whole(desk.client.post(desk.address(spreadsheet, "preview"), {"all": choice}))

    spreadsheet.refresh_from_db()
    assert figures(spreadsheet) == expected


def test_decisions_that_were_not_offered_are_passed_over(desk, frog, bulgaria):
    stranger = Center.objects.create(name="Far", slug="far", country=bulgaria)
    spreadsheet = desk.check("name;town\nMC Zabka;Žilina\n")

    for nonsense in (f"center:{stranger.pk}", "center:x", "line:99", "\x00", "delete"):
        desk.decide(spreadsheet, nonsense)
        assert spreadsheet.counts["suspect"] == 1
    desk.client.post(desk.address(spreadsheet, "preview"), {"decision_9999999999999999999": "x"})
    assert spreadsheet.rows.get().decision == ""


def test_doubles_within_the_file_are_noticed(desk, union):
    text = "Číslo;name;town\n1;Žabka;Žilina\n2;MC Zabka;Žilina\n1;Iné;Nitra\n3;Slniečko;Nitra\n"
    spreadsheet = desk.check(text, network=union)

    verdicts = list(spreadsheet.rows.order_by("line").values_list("verdict", flat=True))
    assert verdicts == ["new", "suspect", "rejected", "new"]
    assert problems(spreadsheet) == [
        (4, "", "Line 2 speaks of the same center. Make one row of the two.")
    ]

    desk.decide(spreadsheet, "line:2")
    assert figures(spreadsheet) == (2, 0, 0, 2)
    desk.confirm(spreadsheet)
    assert Center.objects.count() == 2


@pytest.mark.parametrize(
    ("numbers", "expected"), [("1;2", (2, 0, 0, 0)), ("1;", (1, 0, 0, 1)), (";2", (1, 0, 0, 1))]
)
def test_namesakes_are_two_centers_only_if_the_network_numbers_them(desk, union, numbers, expected):
    # Names that nothing but their exact spelling can be compared by.
    one, other = numbers.split(";")
    text = f"Číslo;name\n{one};'\n{other};'\n"

    assert desk.bring_in(text, network=union) == expected
    assert desk.bring_in(text, network=union) == (0, 0, expected[0], expected[3])


def test_a_second_row_that_is_another_center_is_taken(desk):
    spreadsheet = desk.check("name;town\nŽabka;Žilina\nMC Zabka;Žilina\n")
    desk.decide(spreadsheet, "another")

    desk.confirm(spreadsheet)

    assert figures(spreadsheet) == (2, 0, 0, 0)
    assert desk.bring_in("name;town\nŽabka;Žilina\nMC Zabka;Žilina\n") == (0, 0, 2, 0)


def test_a_merged_center_is_found_where_it_went(desk, union, frog):
    old = Center.objects.create(
        name="Old", slug="old", country_id="SK", place="Žilina", merged_into=frog
    )
    ExternalIdentifier.objects.create(center=old, network=union, value="7")

    desk.bring_in("Číslo;name;phone\n7;Materské centrum Žabka;123\n", network=union)

    frog.refresh_from_db()
    assert frog.phone == "123"


# --- Messy files ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("encoding", "number"), [("cp1250", 2000), ("utf-8-sig", 200)])
def test_thousands_of_messy_rows_are_mended_and_imported_again_without_doubles(
    desk, union, encoding, number
):
    text = messy(number)
    spreadsheet = desk.check(text.encode(encoding), network=union, observed="2024")
    desk.confirm(spreadsheet)
    first = figures(spreadsheet)
    assert sum(first) == number
    assert first[3] == sum(index % 6 == 5 or index % 50 == 7 for index in range(number))

    mended = text.replace("soon", "2005").replace("nonsense", "mended@example.org")
    again = desk.bring_in(mended.encode(encoding), network=union, observed="2024")

    assert again == (first[3], 0, first[0], 0)
    assert Center.objects.count() == number
    assert Center.objects.filter(name="Materské centrum Žabka 199", place="Obec 39").count() == 1
    assert StatusEntry.objects.count() == number * 3 // 4


NAMES = ["Žabka", "Slniečko", "Mütterzentrum Süd", "=1+1", "Майчин център", "", "'", "x" * 300]
HEADERS = {
    "name": st.sampled_from(NAMES),
    "Mesto": st.sampled_from(["Žilina", "Nitra", "", "–"]),
    "country": st.sampled_from(["SK", "Slovensko", "България", "Atlantis", ""]),
    "Číslo": st.sampled_from(["1", "2", "3", ""]),
    "founded": st.sampled_from(["2001", "5/2003", "3/5/2015", "soon", ""]),
    "status": st.sampled_from(["active", "zatvorené", "unknown", "odd", ""]),
    "since": st.sampled_from(["2015", "2030", ""]),
    "causes": st.sampled_from(["rent", "weather", ""]),
    "visitors": st.sampled_from(["12", "many", "99999999999", ""]),
    "rent": st.sampled_from(["250 €", "1.250,50 Kč", "250", ""]),
    "GPS": st.sampled_from(["48,1; 17,1", "0 0", "95 17", "N 48° 8' E 17° 6'", ""]),
    "Vedúca": st.text(max_size=5),
    "PSČ": st.text(alphabet="01 ;,\"'\n=", max_size=6),
    "Farba": st.text(max_size=4),
}


@st.composite
def files(draw):
    """A small file as a network might send it: its bytes."""
    headers = draw(st.lists(st.sampled_from(list(HEADERS)), min_size=1, max_size=8, unique=True))
    headers = ["name", *(header for header in headers if header != "name")]
    rows = draw(st.lists(st.tuples(*(HEADERS[header] for header in headers)), max_size=8))
    rows = [[cell.replace("\x00", "").replace("\r", "") for cell in row] for row in rows]
    out = io.StringIO()
    delimiter = draw(st.sampled_from(",;\t"))
    writer = csv.writer(out, delimiter=delimiter, quoting=csv.QUOTE_ALL)
    writer.writerows([headers, *rows])
    encoding = draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]))
    return out.getvalue().encode(encoding, "replace")


@pytest.mark.django_db
@hypothesis.settings(
    max_examples=60, suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture]
)
@hypothesis.example(data="name;Číslo\n☺;1\n☺;\n".encode(), use=True, observed="2024")
@hypothesis.given(data=files(), use=st.booleans(), observed=st.sampled_from(["2024", None]))
def test_figures_add_up_to_the_rows_of_any_file_and_nothing_is_doubled(undone, data, use, observed):
    with undone():
        user = User.objects.create_superuser("technical")
        Country.objects.get_or_create(code="SK")
        union = Organisation.objects.create(slug="union", name="Union", kind="network")
        Cause.objects.create(slug="rent", group="money")
        imported = []
        for _time in range(2):
            spreadsheet = SpreadsheetImport(
                owner=user, country_id="SK", network=union if use else None, digest="x"
            )
            spreadsheet.file = data
            spreadsheet.save()
            table = checking.read_table(spreadsheet)
            mapping = columns.guessed(table.headers)
            checking.begin(spreadsheet, table, mapping, PartialDate.of(observed))
            list(checking.check(spreadsheet, rights=rights_of(user)))
            before = figures(spreadsheet)
            list(applying.apply(spreadsheet, by=user, rights=rights_of(user)))
            assert figures(spreadsheet) == before
            assert sum(before) == len(table.rows)
            assert Center.objects.count() == (imported or [before])[0][0]
            assert list(soundness.kept_columns()) == []
            imported.append(before)
        first, second = imported
        assert second[:2] == (0, 0)
        assert second[2] == first[0] + first[1] + first[2]
        assert second[3] == first[3]


# --- Rights --------------------------------------------------------------------------------------


def test_rows_outside_of_her_countries_are_rejected(desk, bulgaria, center):
    text = "name;town;country;public identifier;phone\n"
    text += f"New;Sofia;Bulgaria;;\nSlniečko;Nitra;Slovensko;;\nX;;;{center.public_id};123\n"

    spreadsheet = desk.check(text, country="")
    desk.confirm(spreadsheet)

    assert figures(spreadsheet) == (1, 0, 0, 2)
    assert [(line, column) for line, column, _r in problems(spreadsheet)] == [
        (2, "country"),
        (4, ""),
    ]
    center.refresh_from_db()
    assert center.phone == ""


def test_a_network_reaches_beyond_the_country_but_takes_no_center_of_others(
    desk, anna, union, bulgaria, center
):
    anna.coordinator.networks.add(union)
    member = Center.objects.create(name="Member", slug="member", country=bulgaria, place="Ruse")
    Affiliation.objects.create(center=member, organisation=union, role="member")
    text = "name;town;phone\nMember;Ruse;1\nNew;Sofia;2\nMother Center Isperih;Isperih;3\n"

    spreadsheet = desk.check(text, network=union, country="BG")
    desk.confirm(spreadsheet)

    assert figures(spreadsheet) == (1, 1, 0, 1)
    assert center.affiliations.count() == 0


@pytest.mark.parametrize(("kind", "country"), [("anna", "SK"), ("lead", "BG")])
def test_only_a_lead_moves_a_center_to_another_country(
    desk, client, request, frog, bulgaria, kind, country
):
    user = request.getfixturevalue(kind)
    if kind == "anna":
        user.coordinator.countries.add(bulgaria)
    client.force_login(user)

    desk.bring_in(f"public id;country;name\n{frog.public_id};Bulgarien;Materské centrum Žabka\n")

    frog.refresh_from_db()
    assert frog.country_id == country


STEPS = ["change", "columns", "check", "preview", "apply", "result", "rejected", "abandon"]


@pytest.mark.parametrize("state", ["mapping", "checking", "ready", "done", "abandoned"])
def test_nobody_else_sees_an_import_but_leads(desk, client, slovakia, lead, state):
    spreadsheet = desk.check("name;town\nŽabka;Žilina\n")
    SpreadsheetImport.objects.update(state=state)
    colleague = User.objects.create_user("colleague", is_staff=True)
    Coordinator.objects.create(user=colleague).countries.add(slovakia)
    nobody = User.objects.create_user("new", is_staff=True)
    lists = [reverse(f"admin:centers_spreadsheetimport_{name}") for name in ("changelist", "add")]
    pages = [desk.address(spreadsheet, step) for step in STEPS]

    for user, expected in [(colleague, 200), (nobody, 403)]:
        client.force_login(user)
        for page in lists:
            assert (page, client.get(page).status_code) == (page, expected)
        assert "list.csv" not in client.get(lists[0]).content.decode()
        for page in pages:
            assert {client.get(page).status_code, client.post(page).status_code} <= {403, 405}
            assert 403 in {client.get(page).status_code, client.post(page).status_code}
    client.logout()
    for page in lists + pages:
        assert client.get(page).url.startswith("/admin/login/")
        assert client.post(page).url.startswith("/admin/login/")
    client.force_login(lead)
    assert "list.csv" in client.get(lists[0]).content.decode()
    assert client.get(pages[0]).url != "/admin/"
    assert Center.objects.count() == 0


def test_looking_changes_nothing(desk, union):
    spreadsheet = desk.check(LIST, network=union)
    before = SpreadsheetImport.objects.values().get(), list(ImportRow.objects.values())

    for step in STEPS:
        desk.client.get(desk.address(spreadsheet, step))
    desk.client.get(reverse("admin:centers_spreadsheetimport_changelist"))

    assert (SpreadsheetImport.objects.values().get(), list(ImportRow.objects.values())) == before
    assert Center.objects.count() == 0


# --- All or nothing ------------------------------------------------------------------------------


def many(number):
    names = (f"Centrum {index:05};Mesto {index:05};aktívne" for index in range(number))
    return "name;town;status\n" + "\n".join(names)


def test_whoever_leaves_early_leaves_nothing(desk, anna, monkeypatch):
    monkeypatch.setattr(applying, "CHUNK", 2)
    spreadsheet = desk.check(many(6), observed="2024")
    steps = applying.apply(spreadsheet, by=anna, rights=rights_of(anna))
    assert [next(steps), next(steps), next(steps)] == [(0, 6), (2, 6), (4, 6)]

    steps.close()  # as when the browser has gone

    assert Center.objects.count() == StatusEntry.objects.count() == 0
    spreadsheet.refresh_from_db()
    assert spreadsheet.state == "ready"
    desk.confirm(spreadsheet)
    assert figures(spreadsheet) == (6, 0, 0, 0)


def test_an_error_half_way_leaves_nothing(desk, anna, monkeypatch):
    monkeypatch.setattr(applying, "CHUNK", 2)
    spreadsheet = desk.check(many(6), observed="2024")
    reindex = search.reindex

    def fails_at_the_third(kind, pks):
        reindex(kind, pks)
        if Center.objects.count() == 6:
            raise RuntimeError("the disk is full")

    monkeypatch.setattr(search, "reindex", fails_at_the_third)
    with pytest.raises(RuntimeError):
        desk.confirm(spreadsheet)

    assert Center.objects.count() == Center.history.count() == 0
    assert SpreadsheetImport.objects.get().state == "ready"


def test_a_register_that_changed_meanwhile_is_noticed(desk, frog, union):
    spreadsheet = desk.check("name;town;phone\nNew;Nitra;\nMaterské centrum Žabka;Žilina;123\n")
    Center.objects.filter(pk=frog.pk).update(phone="456")

    told = desk.confirm(spreadsheet)

    assert "Nothing was imported: somebody changed the register" in told
    assert "first in line 3" in told
    assert (Center.objects.count(), spreadsheet.state) == (1, "ready")
    page = desk.client.get(desk.address(spreadsheet, "preview") + "?show=changed")
    assert "<del>456</del>" in page.content.decode()
    desk.confirm(spreadsheet)
    assert figures(spreadsheet) == (1, 1, 0, 0)


def taken_meanwhile(monkeypatch, slovakia):
    give_slugs = applying._give_slugs

    def give(centers):
        give_slugs(centers)
        Center.objects.create(name="Other", slug=centers[0].slug, country=slovakia)

    monkeypatch.setattr(applying, "_give_slugs", give)


def refused_status(monkeypatch, slovakia):
    def refuse(statements, *, by):
        raise ValidationError({"status": "This makes no sense any more."})

    monkeypatch.setattr(applying, "record_statuses", refuse)


@pytest.mark.parametrize("refuse", [taken_meanwhile, refused_status])
def test_what_the_register_refuses_is_told_and_checked_again(desk, slovakia, monkeypatch, refuse):
    spreadsheet = desk.check(many(2), observed="2024")
    with monkeypatch.context() as meanwhile:
        refuse(meanwhile, slovakia)
        told = [desk.confirm(spreadsheet), desk.confirm(spreadsheet)]

    for page in told:
        assert page.count("Nothing was imported: the register did not take it") == 1
        assert page.count("2 of 2 rows") == 1  # checked once, not for ever
        assert f'content="1;url={desk.address(spreadsheet, "preview")}"' in page
        assert page.rstrip().endswith("</html>")
    assert (Center.objects.count(), Center.history.count(), spreadsheet.state) == (0, 0, "ready")
    desk.confirm(spreadsheet)
    assert figures(spreadsheet) == (2, 0, 0, 0)


def test_a_double_that_came_meanwhile_is_noticed(desk, slovakia):
    spreadsheet = desk.check("name;town\nMC Zabka;Žilina\n")
    center = Center.objects.create(
        name="Materské centrum Žabka", slug="frog", country=slovakia, place="Žilina"
    )
    search.reindex("center", [center.pk])

    desk.confirm(spreadsheet)

    assert (Center.objects.count(), spreadsheet.counts["suspect"]) == (1, 1)


def test_rights_that_were_taken_away_meanwhile_count(desk, anna, bulgaria):
    spreadsheet = desk.check("name;town\nŽabka;Žilina\n")
    anna.coordinator.countries.set([bulgaria])

    desk.confirm(spreadsheet)

    assert (Center.objects.count(), figures(spreadsheet)) == (0, (0, 0, 0, 1))


def test_confirming_twice_imports_once(desk):
    spreadsheet = desk.check("name;town\nŽabka;Žilina\n")

    desk.confirm(spreadsheet)
    again = desk.client.post(desk.address(spreadsheet, "apply"))

    assert again.url == desk.address(spreadsheet, "result")
    assert Center.objects.count() == 1
    with pytest.raises(checking.MovedOn):
        list(applying.apply(spreadsheet, by=None, rights=rights_of(User.objects.get())))


def test_a_second_window_is_led_to_where_the_import_is(desk, anna):
    spreadsheet = desk.check("name;town\nŽabka;Žilina\n;Nitra\n")
    stale = SpreadsheetImport.objects.get()
    table = checking.read_table(stale)
    desk.confirm(spreadsheet)

    for late in (
        lambda: checking.begin(stale, table, stale.mapping, None),
        lambda: checking.decide(stale, {}, rights=rights_of(anna)),
        lambda: checking.decide_all(stale, same=True),
        lambda: checking.check_anew(stale),
        lambda: checking.read_again(stale, {"encoding": "cp1250"}),
        lambda: list(checking.check(stale, rights=rights_of(anna))),
    ):
        with pytest.raises(checking.MovedOn):
            late()

    assert stale.abandon() is False
    for step in ("columns", "check", "preview", "apply"):
        url = desk.address(spreadsheet, step)
        assert desk.client.post(url).url == desk.address(spreadsheet, "result")
    spreadsheet.refresh_from_db()
    assert (spreadsheet.state, figures(spreadsheet)) == ("done", (1, 0, 0, 1))
    assert (spreadsheet.encoding, spreadsheet.headers) == ("", ["name", "town"])


def test_an_interrupted_check_goes_on_where_it_was(desk, anna, monkeypatch):
    monkeypatch.setattr(checking, "CHUNK", 2)
    spreadsheet = desk.check(many(6), observed="2024")
    checking.check_anew(spreadsheet)
    steps = checking.check(spreadsheet, rights=rights_of(anna))
    assert [next(steps), next(steps)] == [(0, 6), (2, 6)]
    steps.close()

    page = desk.client.get(desk.address(spreadsheet, "check")).content.decode()
    told = whole(desk.client.post(desk.address(spreadsheet, "check")))

    assert "2 of 6 rows are checked." in page
    assert "4 of 6 rows" in told
    assert "0 of 6 rows" not in told
    spreadsheet.refresh_from_db()
    assert (spreadsheet.state, figures(spreadsheet)) == ("ready", (6, 0, 0, 0))


def test_progress_is_told_and_leads_on(desk, monkeypatch):
    monkeypatch.setattr(applying, "CHUNK", 2)
    spreadsheet = desk.check(many(4), observed="2024")

    told = desk.confirm(spreadsheet)

    assert '<progress max="4" value="2"></progress> 2 of 4 rows' in told
    assert '<progress max="4" value="4"></progress> 4 of 4 rows' in told
    assert f'content="1;url={desk.address(spreadsheet, "result")}"' in told
    assert told.rstrip().endswith("</html>")


def test_a_chunk_takes_the_same_queries_however_many_rows_it_has(desk, monkeypatch):
    if connection.vendor == "sqlite":  # which otherwise divides long statements
        monkeypatch.setattr(connection.features, "max_query_params", 30_000)
    desk.bring_in(many(1), observed="2024")
    taken = []
    for number, new in [(2, 1), (32, 30)]:
        with CaptureQueriesContext(connection) as checking_it:
            spreadsheet = desk.check(many(number), observed="2024")
        with CaptureQueriesContext(connection) as writing_it:
            desk.confirm(spreadsheet)
        taken.append((len(checking_it), len(writing_it)))
        assert spreadsheet.counts["new"] == new

    assert taken[0] == taken[1]


# --- Around it -----------------------------------------------------------------------------------


def test_what_was_told_of_columns_is_remembered_for_the_network(desk, union):
    text = "Klub;Kde;Názov\nŽabka;Žilina;zelená\n"
    spreadsheet = desk.upload(text, network=union)
    desk.columns(spreadsheet, Klub="name", Kde="place", Názov="community")
    desk.confirm(spreadsheet)

    assert desk.bring_in(text.replace("zelená", "modrá"), network=union) == (0, 1, 0, 0)
    assert Center.objects.get().community == "modrá"
    other = desk.upload(text)
    form = desk.client.get(desk.address(other, "columns")).context["form"]
    assert [field.initial for field in form.column_fields()] == ["note", "note", "name"]


def test_a_date_is_remembered_for_the_same_file_and_not_for_the_next(desk, union):
    text = "name;status\nŽabka;active\n"
    desk.bring_in(text, network=union, observed="2023")

    same, newer = desk.upload(text, network=union), desk.upload(text + "A;b\n", network=union)

    initial = [
        desk.client.get(desk.address(one, "columns")).context["form"]["observed"].value()
        for one in (same, newer)
    ]
    assert [str(value or "") for value in initial] == ["2023", ""]


def test_a_wrong_encoding_and_header_are_mended_on_the_page(desk):
    spreadsheet = desk.upload("Zoznam;x\nNavn;By\nSønderbro;Århus\n".encode("cp1250", "replace"))
    spreadsheet.file = "Zoznam;x\nname;town\nSønderbro;Århus\n".encode("cp1252")
    spreadsheet.save()
    url = desk.address(spreadsheet, "columns")

    refused = desk.client.post(url, {"read_again": "1", "encoding": "utf-8", "header_line": 1})
    for encoding, shown in [("cp1250", "Sřnderbro"), ("cp1252", "Sønderbro")]:
        fields = {"read_again": "1", "encoding": encoding, "header_line": 2}
        assert desk.client.post(url, fields).status_code == 302
        assert shown in desk.client.get(url).content.decode()

    assert "cannot be read in this encoding" in refused.content.decode()
    desk.columns(spreadsheet)
    assert spreadsheet.rows.get().cells == ["Sønderbro", "Århus"]


def test_a_checked_file_that_is_read_again_has_its_columns_told_and_rows_checked_anew(desk, frog):
    spreadsheet = desk.check("name;town\nMC Zabka;Žilina\nSřnderbro;Nitra\n".encode("cp1250"))
    assert spreadsheet.counts["suspect"] == 1
    desk.decide(spreadsheet, "another")
    url = desk.address(spreadsheet, "columns")

    fields = {"read_again": "1", "encoding": "cp1252", "header_line": 1}
    assert desk.client.post(url, fields).url == url

    spreadsheet.refresh_from_db()
    assert (spreadsheet.state, spreadsheet.headers, spreadsheet.counts) == ("mapping", [], {})
    assert (spreadsheet.encoding, spreadsheet.rows.count()) == ("cp1252", 0)
    assert desk.client.get(desk.address(spreadsheet, "preview")).url == url
    assert desk.client.post(desk.address(spreadsheet, "apply")).url == url
    assert Center.objects.get() == frog
    desk.columns(spreadsheet)
    assert spreadsheet.rows.last().cells == ["Sønderbro", "Nitra"]
    assert spreadsheet.counts["suspect"] == 1


@pytest.mark.parametrize(
    ("told", "observed", "reason"),
    [
        ({"a": "note"}, "", "Say which column holds the name"),
        ({"a": "name", "b": "name"}, "", "is the name already"),
        ({"a": "name", "b": "status"}, "", "Say as of when"),
        ({"a": "name", "b": "status"}, "3/5/2015", "can mean"),
        ({"a": "name", "b": "since"}, "", "This belongs to a status"),
        ({"a": "name", "b": "latitude"}, "", "Latitude and longitude go together"),
        ({"a": "identifier", "b": "name"}, "", "Numbers belong to a network"),
        ({"a": "name", "b": "nonsense"}, "", "Select a valid choice"),
    ],
)
def test_columns_that_make_no_sense_are_told_at_their_place(desk, told, observed, reason):
    spreadsheet = desk.upload("a;b\n1;2\n")

    page = desk.columns(spreadsheet, observed, **told).content.decode()

    assert reason in page
    assert spreadsheet.state == "mapping"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b"name;town\n", "no rows below"),
        (b"%PDF", "no table"),
        (b"PK\3", "damaged"),
    ],
)
def test_a_file_that_is_no_table_is_refused_at_its_field(desk, data, reason):
    response = desk.client.post(
        reverse("admin:centers_spreadsheetimport_add"), {"file": SimpleUploadedFile("x.csv", data)}
    )

    assert reason in str(response.context["form"].errors["file"])
    assert SpreadsheetImport.objects.count() == 0


def test_a_file_that_cannot_be_read_any_more_is_to_be_chosen_again(desk):
    spreadsheet = desk.upload("name;town\nŽabka;Žilina\n")
    SpreadsheetImport.objects.update(packed=b"")

    page = desk.client.get(desk.address(spreadsheet, "columns"), follow=True).content.decode()

    assert "The file is empty. Please choose the file again." in page


def test_what_is_given_up_is_not_kept(desk):
    spreadsheet = desk.check("name;town\nŽabka;Žilina\n")

    desk.client.post(desk.address(spreadsheet, "abandon"))

    spreadsheet.refresh_from_db()
    assert (spreadsheet.state, spreadsheet.file, spreadsheet.rows.count()) == ("abandoned", b"", 0)
    assert desk.client.post(desk.address(spreadsheet, "apply")).status_code == 302
    assert Center.objects.count() == 0


def test_old_imports_are_forgotten_when_the_next_one_begins(desk):
    unfinished = desk.check("name;town\nŽabka;Žilina\n")
    finished = desk.check("name;town\n;Nitra\nSlniečko;Nitra\n")
    desk.confirm(finished)
    recent = desk.check("name;town\nNové;Nitra\n")
    long_ago = timezone.now() - datetime.timedelta(days=32)
    SpreadsheetImport.objects.exclude(pk=recent.pk).update(touched_at=long_ago)

    desk.client.get(reverse("admin:centers_spreadsheetimport_changelist"))
    assert SpreadsheetImport.objects.count() == 3
    desk.upload("name\nx\n")

    assert not SpreadsheetImport.objects.filter(pk=unfinished.pk).exists()
    assert figures(finished) == (1, 0, 0, 1)
    assert set(map(str, finished.rows.values_list("cells", flat=True))) == {"[]"}
    assert recent.rows.get().cells == ["Nové", "Nitra"]


def test_cells_of_imported_rows_are_not_kept(desk):
    spreadsheet = desk.check("name;town\nŽabka;Žilina\n;Nitra\n")
    desk.confirm(spreadsheet)

    assert list(spreadsheet.rows.order_by("line").values_list("cells", "values", "plan")) == [
        ([], {}, {}),
        (["", "Nitra"], spreadsheet.rows.last().values, {}),
    ]
    assert spreadsheet.file == b""
    assert spreadsheet.rows.first().center == Center.objects.get()


def test_imports_to_finish_are_counted_for_their_owner_and_leads(desk, anna, lead):
    desk.upload("name\nx\n")
    desk.bring_in("name;town\nŽabka;Žilina\n")

    for user, is_lead, number in [(anna, False, 1), (lead, True, 1), (lead, False, 0)]:
        mine = SpreadsheetImport.objects.visible_to(user, is_lead=is_lead)
        assert mine.unfinished().count() == number


def test_the_list_says_what_to_do_when_it_is_empty(desk):
    page = desk.client.get(reverse("admin:centers_spreadsheetimport_changelist")).content.decode()

    assert "No import here." in page
    assert reverse("admin:centers_spreadsheetimport_add") in page
    centers = desk.client.get(reverse("admin:centers_center_changelist")).content.decode()
    assert reverse("admin:centers_spreadsheetimport_changelist") in centers
