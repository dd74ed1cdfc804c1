"""Tables as CSV: read whatever spreadsheets write, write what spreadsheets read safely."""

import contextlib
import csv
import io

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from centers import tables

CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\x00"))
# What a table keeps of a cell: blanks around it go.
KEPT_CELLS = CELLS.map(lambda text: text.strip(" \u00a0"))
FORMULAS = [
    "=1+1",
    "+49 711 12345",
    "-",
    "-x",
    "@home",
    "\tx",
    "\rx",
    "'=1",
    "''+1",
    "=HYPERLINK(1)",
]


@given(st.one_of(st.sampled_from(FORMULAS), CELLS, CELLS.map(lambda text: "'" + text)))
def test_unescaped_gives_back_what_was_escaped(text):
    assert tables.unescaped(tables.escaped(text)) == text


@pytest.mark.parametrize("text", FORMULAS)
def test_escaped_puts_an_apostrophe_before_a_formula(text):
    assert tables.escaped(text) == "'" + text


@given(CELLS)
def test_escaped_leaves_nothing_that_a_spreadsheet_runs(text):
    cell = tables.escaped(text)

    is_number = cell[1:].replace(".", "", 1).isdecimal()
    assert cell[:1] not in list("=+-@\t\r") or (cell[0] == "-" and is_number)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, ""),
        ("", ""),
        (0, "0"),
        ("Mother's Love", "Mother's Love"),
        ("'s-Hertogenbosch", "'s-Hertogenbosch"),
        ("-12.5", "-12.5"),
        ("-5", "-5"),
        ("Beočin", "Beočin"),
    ],
)
def test_escaped_leaves_plain_values_alone(value, expected):
    assert tables.escaped(value) == expected


@example(headers=["key", "note"], rows=[["a", "one\rtwo"], ["b", "one\r\ntwo"]])
@example(headers=["key", "note"], rows=[["a", "one\n\ntwo"], ["b", 'say "so", then; go']])
@example(headers=["key"], rows=[["a"], ["b"]])
@given(
    headers=st.lists(
        st.from_regex(r"[a-z_]{1,9}", fullmatch=True), min_size=1, max_size=4, unique=True
    ),
    rows=st.lists(st.lists(KEPT_CELLS, min_size=4, max_size=4), max_size=4),
)
def test_read_gives_back_what_was_written(headers, rows):
    rows = [row[: len(headers)] for row in rows]

    read_headers, read_rows = tables.read(tables.written(headers, rows))

    assert read_headers == headers
    assert [cells for _line, cells in read_rows] == [row for row in rows if any(row)]


def test_written_is_plain_csv_with_line_feeds():
    data = tables.written(["key", "phone"], [["a", "+49 711"], ["b", "x,y"], ["ć", None]])

    assert data == 'key,phone\na,\'+49 711\nb,"x,y"\nć,\n'.encode()


@given(st.lists(st.lists(CELLS, min_size=2, max_size=2), min_size=1, max_size=4))
def test_written_is_read_the_same_by_any_reader_of_csv(rows):
    text = tables.written(["one", "other"], rows).decode()

    read = list(csv.reader(io.StringIO(text, newline=""), strict=True))

    assert read == [["one", "other"], *([tables.escaped(cell) for cell in row] for row in rows)]


TABLE = "name{0}place\n"
ROW = "Mütter{0}Köln\n"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_read_takes_what_spreadsheets_write(delimiter, encoding, end):
    text = (TABLE + ROW).format(delimiter).replace("\n", end)

    assert tables.read(text.encode(encoding)) == (["name", "place"], [(2, ["Mütter", "Köln"])])


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_read_finds_the_delimiter_in_the_header_alone(end):
    text = end.join(["name;place", "Nest, the;Köln, at the river, left", "b;c"])

    assert tables.read(text.encode()) == (
        ["name", "place"],
        [(2, ["Nest, the", "Köln, at the river, left"]), (3, ["b", "c"])],
    )


def test_read_finds_the_header_after_empty_lines():
    assert tables.read(b"\n;\nname;place\na;b\n") == (["name", "place"], [(4, ["a", "b"])])


def test_read_tells_the_line_at_which_a_row_begins():
    data = b'a,b\n1,"x\ny\nz"\n\n2,w\n,\n3,v'

    assert tables.read(data) == (
        ["a", "b"],
        [(2, ["1", "x\ny\nz"]), (6, ["2", "w"]), (8, ["3", "v"])],
    )


@pytest.mark.parametrize(
    ("row", "cells"),
    [
        ("x,y,z", ["x", "y", "z"]),
        ("x", ["x", "", ""]),
        ("x,y,z,,", ["x", "y", "z"]),
        (" x ,\u00a0y\u00a0,z", ["x", "y", "z"]),
        ('"x, y","say ""so""",', ["x, y", 'say "so"', ""]),
        ("'+49 711,'=1,'s", ["+49 711", "=1", "'s"]),
    ],
)
def test_read_fits_rows_to_the_header(row, cells):
    assert tables.read(f"a,b,c\n{row}\n".encode()) == (["a", "b", "c"], [(2, cells)])


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "The file is empty"),
        (b"\n \n,,\n", "The file is empty"),
        (b"\xef\xbb\xbf", "The file is empty"),
        (b"a,b,a\n", "The column “a” is there twice"),
        (b"a,,c\n", "Column 2 has no name"),
        (b"a,b\n1,2\n1,2,3\n", "Line 3 has 3 cells, but the header has 2"),
        (b'a,b\n1,"x\ny"z\n', "Line 3 cannot be read"),
        (b'a,b\n1,"x\ny', "Line 3 cannot be read"),
        (b"a,b\nK\xf6ln,2\n", "Line 2 is not in UTF-8"),
        (b"a,b\n1,2\n3,4\n\xff,5\n", "Line 4 is not in UTF-8"),
        (b"\xef\xbb\xbfa,b\n1,2\n\xff,5\n", "Line 3 is not in UTF-8"),
        (b"\xff\xfea", "Line 1 is not in UTF-8"),
        (b"a,b\n1,\x00\n", "This is not a text file"),
        (b"PK\x03\x04\x14\x00\x06\x00", "This is not a text file"),
    ],
)
def test_read_refuses_in_plain_words(data, reason):
    with pytest.raises(tables.TableError) as refusal:
        tables.read(data)

    assert str(refusal.value).startswith(reason)


def test_read_refuses_a_file_that_is_too_large(monkeypatch):
    monkeypatch.setattr(tables, "MAX_BYTES", 1024 * 1024)

    with pytest.raises(tables.TableError, match="larger than 1 MB"):
        tables.read(b"a\n" + b"x" * 1024 * 1024)


@given(st.binary())
def test_read_takes_any_bytes_or_refuses(data):
    with contextlib.suppress(tables.TableError):
        headers, rows = tables.read(data)
        assert [cells for _line, cells in rows if len(cells) != len(headers)] == []
