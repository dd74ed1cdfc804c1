"""Strange files are read as they are: every cell, or a refusal in plain words."""

import datetime
import io
import zipfile

import openpyxl
import pytest
import tablib

from centers import spreadsheets
from centers.encodings import encoding_of
from centers.imports import columns
from centers.spreadsheets import SpreadsheetError

CZECH = "Název;Město\nMateřské centrum Žabička;Plzeň\nKlub Sluníčko;Příbram\n"
DANISH = "Navn;By\nMødrenes hus på Sønderbro;København\nFrøken;Århus\n"
BULGARIAN = "Име;Град\nМайчин център Ласточка;Пловдив\nЩастливо детство;Исперих\n"


def cells(table):
    return [row for _line, row in table.rows]


def sheet_file(kind, *sheets):
    """A workbook with these sheets, each (name, rows), as bytes."""
    book = tablib.Databook(
        [tablib.Dataset(*rows[1:], headers=rows[0], title=name) for name, rows in sheets]
    )
    return book.export(kind)


@pytest.mark.parametrize("text", [CZECH, DANISH, BULGARIAN, "a,b\n1,2\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
def test_unicode_is_no_guess(text, encoding):
    table = spreadsheets.read(text.encode(encoding))

    assert [table.headers, *cells(table)] == [
        line.split(table.delimiter) for line in text.splitlines()
    ]
    assert table.encoding_is_guess is False


@pytest.mark.parametrize(
    ("text", "encoding"), [(CZECH, "cp1250"), (DANISH, "cp1252"), (BULGARIAN, "cp1251")]
)
def test_older_encodings_are_guessed_by_the_letters_of_a_language(text, encoding):
    table = spreadsheets.read(text.encode(encoding))

    assert [table.headers, *cells(table)] == [line.split(";") for line in text.splitlines()]
    assert (table.encoding, table.encoding_is_guess) == (encoding, True)


def test_a_country_decides_between_encodings_that_fit_equally():
    # “Baèa” could be Italian in one encoding, and is “Bača” in the other.
    data = "a;b\nBača;x\n".encode("cp1250")

    assert encoding_of(data, country="IT").name == "cp1252"
    assert encoding_of(data, country="CZ").name == "cp1250"


def test_a_wrong_guess_is_mended_by_choosing_another_encoding():
    data = "Navn\nSønderbro\n".encode("cp1252")

    assert cells(spreadsheets.read(data, encoding="cp1250")) == [["Sřnderbro"]]
    assert cells(spreadsheets.read(data, encoding="cp1252")) == [["Sønderbro"]]
    with pytest.raises(SpreadsheetError, match="cannot be read in this encoding"):
        spreadsheets.read(data, encoding="utf-8")


def test_telling_rows_are_those_with_letters_beyond_ascii():
    table = spreadsheets.read("a,b\nplain,x\nØst,y\n".encode())

    assert table.telling_rows() == [["Øst", "y"]]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_delimiters_and_line_ends_are_found(delimiter, end):
    lines = [["name", "place", "note"], ["One", "Brno", "a, b; c"], ["Two", "Praha", ""]]
    quoted = [delimiter.join(f'"{cell}"' for cell in line) for line in lines]

    table = spreadsheets.read(end.join(quoted).encode())

    assert [table.headers, *cells(table)] == lines
    assert [line for line, _cells in table.rows] == [2, 3]


def test_decimal_commas_do_not_divide_cells():
    table = spreadsheets.read(b"name;lat;lon\nOne;48,1;17,1\nTwo;49,2;16,6\n")

    assert cells(table) == [["One", "48,1", "17,1"], ["Two", "49,2", "16,6"]]


def test_titles_above_the_header_are_set_apart():
    data = b"List of centers;;\nas of 2024;;\n;;\nname;town;phone\nOne;Brno;1\nTwo;Praha;2\n"

    table = spreadsheets.read(data, recognise=columns.is_known)

    assert (table.header_line, table.headers) == (4, ["name", "town", "phone"])
    assert [line for line, _cells in table.above] == [1, 2]
    assert [line for line, _cells in table.rows] == [5, 6]


def test_another_header_line_can_be_chosen():
    table = spreadsheets.read(b"a;b\nname;town\nOne;Brno\n", header_line=2)

    assert (table.headers, cells(table)) == (["name", "town"], [["One", "Brno"]])


def test_blank_rows_and_columns_are_passed_over_and_lines_kept():
    table = spreadsheets.read(b"name;;town\n;;\nOne;;Brno\n;;\n\nTwo;;Praha\n")

    assert table.headers == ["name", "town"]
    assert table.rows == [(3, ["One", "Brno"]), (6, ["Two", "Praha"])]


def test_columns_without_a_name_or_with_one_twice_are_numbered_not_lost():
    table = spreadsheets.read(b"name,,phone,phone\nOne,x,1,2\nTwo,y,3,4,beyond\n")

    assert table.headers == ["name", "Column 2", "phone", "phone (2)", "Column 5"]
    assert cells(table) == [["One", "x", "1", "2", ""], ["Two", "y", "3", "4", "beyond"]]


def test_line_breaks_and_quotes_within_cells_are_kept():
    table = spreadsheets.read(b'name,note\r\n"The ""Nest""","two\r\nlines"\r\nNext,x\r\n')

    assert table.rows == [(2, ['The "Nest"', "two\nlines"]), (4, ["Next", "x"])]


def test_a_quote_that_is_never_closed_is_refused_with_its_line():
    with pytest.raises(SpreadsheetError, match="line 3 a quotation mark opens"):
        spreadsheets.read(b'name,note\nOne,x\n"Two,y\nThree,z\n')


@pytest.mark.parametrize("kind", ["xlsx", "ods"])
def test_workbooks_are_read_as_somebody_would_have_typed_them(kind):
    rows = [
        ["name", "founded", "opened", "phone", "open"],
        ["Žabka", 2006, datetime.date(2015, 5, 17), 421905123456, True],
        ["Майка", 2007.5, None, "", False],
    ]

    table = spreadsheets.read(sheet_file(kind, ("List", rows)))

    assert table.kind == kind
    assert cells(table) == [
        ["Žabka", "2006", "2015-05-17", "421905123456", "yes"],
        ["Майка", "2007.5", "", "", "no"],
    ]


def test_control_signs_are_dropped_from_cells():
    rows = [["na_x0001_me", "note"], ["A_x0000_B", "One_x000D_\nTwo\tx_x007F_"], ["_x0000_", ""]]

    table = spreadsheets.read(sheet_file("xlsx", ("List", rows)))
    text = spreadsheets.read(b"name;note\nA\x01B;\x1fOne\n\x1a")

    assert (table.headers, cells(table)) == (["name", "note"], [["AB", "One\nTwo\tx"]])
    assert cells(text) == [["AB", "One"]]


def test_signs_that_show_a_wrong_encoding_are_kept():
    table = spreadsheets.read("name;town\nŽabka;x\n".encode("cp1250"), encoding="iso8859_2")

    assert table.telling_rows() == [["\x8eabka", "x"]]


@pytest.mark.parametrize("kind", ["xlsx", "ods"])
def test_the_first_sheet_with_something_is_read_and_others_can_be_chosen(kind):
    data = sheet_file(
        kind, ("Brno", [["name"], ["One"]]), ("Praha", [["name"], ["Two"], ["Three"]])
    )

    table = spreadsheets.read(data)

    assert (table.sheets, table.sheet, cells(table)) == (["Brno", "Praha"], "Brno", [["One"]])
    assert cells(spreadsheets.read(data, sheet="Praha")) == [["Two"], ["Three"]]
    assert cells(spreadsheets.read(data, sheet="gone")) == [["One"]]


def test_what_a_file_is_follows_from_its_bytes():
    for kind in ("xlsx", "ods"):
        workbook = sheet_file(kind, ("List", [["name"], ["One"]]))
        assert spreadsheets.read(workbook).kind == kind
    assert spreadsheets.read(b"name,town\nOne,Brno\n").kind == "csv"


def zipped(parts):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return out.getvalue()


def far_apart(cells, name="xl/worksheets/sheet1.xml"):
    sheet = f"<worksheet><sheetData>{cells}</sheetData></worksheet>"
    return zipped({"xl/workbook.xml": "<workbook/>", name: sheet})


def repeated():
    cell = '<table:table-cell table:number-columns-repeated="16384" office:value="1"/>'
    row = f'<table:table-row table:number-rows-repeated="1048576">{cell}</table:table-row>'
    declared = 'xmlns:table="t" xmlns:office="o"'
    return zipped(
        {"content.xml": f"<x {declared}>{row}</x>", "META-INF/manifest.xml": "<manifest/>"}
    )


def with_entities():
    text = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><x>&b;</x>'
    return zipped({"content.xml": text, "META-INF/manifest.xml": "<manifest/>"})


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b" \r\n\t", "empty"),
        (b";;\n;;\n", "nothing in this table"),
        (b"name\x00\x01\x02\xff,town\n", "no table"),
        (b"%PDF-1.7 name", "no table"),
        (b"<html><table><tr><td>name</td></tr></table>", "no table"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"x" * 600, "password or is in Excel's old format"),
        (b"PK\x03\x04 broken", "damaged"),
        (zipped({"word/document.xml": "x"}), "no table"),
        (zipped({"xl/workbook.xml": "x", "xl/worksheets/sheet1.xml": "<"}), "damaged"),
        (zipped({"xl/workbook.xml": b"x" * (spreadsheets.MAX_UNZIPPED + 1)}), "too large"),
        (far_apart('<c r="A1"><v>1</v></c><c r="XFD1048576"><v>1</v></c>'), "very far apart"),
        (far_apart("<x:c s='1' r='A9999999'><v>1</v></x:c>", "xl/any.bin"), "very far apart"),
        (far_apart('<row r="9999999"><c><v>1</v></c></row>'), "very far apart"),
        (repeated(), "too large"),
        (with_entities(), "damaged"),
        (
            zipped({"content.xml": "<x/>", "META-INF/manifest.xml": "<manifest:encryption-data/>"}),
            "has a password",
        ),
        (b"name,town\n" + b"One,Brno\n" * 10_001, "more than 10000 rows"),
        (b"a," * 201 + b"a\n" + b"1," * 201 + b"1\n", "more than 200 columns"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_no_table_is_refused_in_plain_words(data, reason):
    with pytest.raises(SpreadsheetError, match=reason):
        spreadsheets.read(data)


def test_formats_of_empty_cells_far_below_do_no_harm():
    workbook = openpyxl.Workbook()
    workbook.active.append(["name"])
    workbook.active.append(["One"])
    workbook.active.cell(1_048_576, 3).font = openpyxl.styles.Font(bold=True)
    out = io.BytesIO()
    workbook.save(out)

    assert cells(spreadsheets.read(out.getvalue())) == [["One"]]


def test_a_file_that_is_too_large_is_not_looked_at(monkeypatch):
    monkeypatch.setattr(spreadsheets, "MAX_BYTES", 1024 * 1024)

    with pytest.raises(SpreadsheetError, match="larger than 1 MB"):
        spreadsheets.read(b"x" * (1024 * 1024 + 1))


def test_a_workbook_cut_off_anywhere_is_refused():
    data = sheet_file("xlsx", ("List", [["name", "town"], ["One", "Brno"]]))

    for end in range(10, len(data) - 10, 97):
        with pytest.raises(SpreadsheetError, match="damaged"):
            spreadsheets.read(data[:end])


# --- What headers mean ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("target", "headers"),
    [
        ("name", ["Name", "Einrichtung", "Název centra", "Názov", "A központ neve", "Име"]),
        ("place", ["Town", "Ort", "Město", "Obec", "Település", "Населено място"]),
        ("address", ["Street", "Straße", "Ulice", "Ulica", "Cím", "Адрес"]),
        ("country", ["Country", "Land", "Země", "Štát", "Ország", "Държава"]),
        ("phone", ["Telephone", "Telefon", "Telefón", "TELEFONSZÁM", "тел."]),
        ("email", ["E-Mail", "e-mailová adresa", "E-mail cím", "Имейл"]),
        ("founded", ["Founded", "Gegründet", "Rok založení", "Alapítás éve", "Основан"]),
        ("status", ["Status", "Zustand", "Stav", "Állapot", "Състояние"]),
        ("identifier", ["No.", "Mitgliedsnummer", "Číslo", "Sorszám", "№"]),
        (columns.PERSON, ["Leiterin", "Kontaktní osoba", "Priezvisko", "Vezető", "Ръководител"]),
        (columns.PERSON, ["Telefon vedoucí", "Contact person's mail"]),
        (columns.NOTE, ["PSČ", "Favourite colour", "Column 7", "", "☺"]),
        (columns.REASON, [columns.REASON_HEADER]),
    ],
)
def test_headers_are_known_in_the_networks_languages(target, headers):
    assert {header: columns.meaning(header) for header in headers} == dict.fromkeys(headers, target)


def test_a_fact_is_given_to_one_column_alone():
    assert columns.guessed(["Name", "Název", "Město"]) == {
        "Name": "name",
        "Název": columns.NOTE,
        "Město": "place",
    }


def test_what_was_told_before_counts_more_than_a_guess():
    remembered = {"Klub": "name", "Name": "community", "Město": "gone"}

    assert columns.guessed(["Name", "Klub", "Město"], remembered) == {
        "Name": "community",
        "Klub": "name",
        "Město": columns.NOTE,
    }
