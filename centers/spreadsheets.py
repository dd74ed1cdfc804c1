"""Reads the tables that people keep: CSV of any kind, XLSX, ODS; loses no cell of them.

What a file is follows from its bytes, not from its name. Titles above the header are set apart;
columns without a name or with one that is there already get a number; cells beyond the header
make further columns. Whatever cannot be read is refused in plain words (`SpreadsheetError`).
"""

import csv
import datetime
import io
import re
import unicodedata
import zipfile
from collections import Counter
from dataclasses import dataclass, field
from xml.parsers import expat

from django.utils.translation import gettext as _
from python_calamine import CalamineWorkbook

from centers.encodings import encoding_of
from centers.tables import DELIMITERS, TableError, unescaped

MAX_BYTES = 10 * 1024 * 1024
MAX_UNZIPPED = 60 * 1024 * 1024  # of all parts of an XLSX or ODS file together
MAX_CELLS = 2_000_000  # of a sheet, empty ones between included
MAX_ROWS = 10_000
MAX_COLUMNS = 200
_SCANNED = 25  # rows among which the header is looked for
_CELL = re.compile(
    rb"""<(?:\w+:)?(?:c\s(?:[^>]*?\s)?r=["']([A-Z]{1,4})(\d{1,8})["'][^>]*?(/?)>|"""
    rb"""row\s(?:[^>]*?\s)?r=["'](\d+)["']|c(?:\s[^>]*)?>)"""
)
# XLSX can write any sign as _x0000_, and PostgreSQL keeps no nul. Those from 0x80 on stay: in a
# wrong encoding they stand for letters, and the rows that show it must show them.
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_INVISIBLE = "".join(map(chr, (0x00A0, 0xFEFF, 0x200B, 0x200E, 0x200F, 0x00AD)))


class SpreadsheetError(TableError):
    """A file that cannot be imported; the message says why in plain words."""


@dataclass
class Table:
    """One sheet as it was read; each row is (line in the file, cells as text)."""

    headers: list
    rows: list
    kind: str  # csv, xlsx or ods
    header_line: int
    above: list = field(default_factory=list)  # rows above the header, in the same shape
    encoding: str = ""
    encoding_is_guess: bool = False
    encoding_is_doubtful: bool = False
    delimiter: str = ""
    sheets: list = field(default_factory=list)
    sheet: str = ""

    def telling_rows(self, limit=5):
        """Rows with letters beyond ASCII, which show whether the encoding is right."""
        told = [cells for _line, cells in self.rows if not all(map(str.isascii, cells))]
        return told[:limit]


def read(data, *, encoding="", sheet="", header_line=None, country=None, recognise=None):
    """The table in the bytes of a file.

    `encoding`, `sheet` (its name) and `header_line` mend a wrong guess. `country` helps to guess
    the encoding; `recognise(header)` tells whether a cell is the name of a known column, which
    helps to find the header.
    """
    if len(data) > MAX_BYTES:
        raise SpreadsheetError(_("The file is larger than %d MB.") % (MAX_BYTES // 1024 // 1024))
    if not data.strip():
        raise SpreadsheetError(_("The file is empty."))
    kind = _kind(data)
    found = {"kind": kind}
    if kind == "csv":
        lines = _csv_lines(data, encoding, country, found)
    else:
        lines = _sheet_lines(data, sheet, kind, found)
    if not lines:
        raise SpreadsheetError(_("There is nothing in this table."))
    return _table(lines, header_line, recognise or (lambda header: False), found)


def _kind(data):
    if data.startswith(b"PK"):
        return _zip_kind(data)
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        raise SpreadsheetError(
            _(
                "This file has a password or is in Excel's old format. Open it in your "
                "spreadsheet program and save it as XLSX without a password."
            )
        )
    if data.startswith(b"%PDF") or data[:200].lstrip().lower().startswith(
        (b"<!doctype", b"<html", b"<table", b"{\\rtf")
    ):
        raise SpreadsheetError(_("This is no table. Save the list as CSV, XLSX or ODS."))
    return "csv"


# --- XLSX and ODS ------------------------------------------------------------------------------


def _zip_kind(data):
    broken = SpreadsheetError(_("This file is damaged. Save it anew and choose it again."))
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
            names = {part.filename for part in parts}
            if any(part.flag_bits & 1 for part in parts):
                raise SpreadsheetError(_("This file has a password. Save it without one."))
            _check_size(archive, parts)
            if "xl/workbook.xml" in names:
                for part in parts:  # a sheet may be called anything
                    _check_extent(archive.read(part))
                return "xlsx"
            if "content.xml" in names and "META-INF/manifest.xml" in names:
                if b"encryption-data" in archive.read("META-INF/manifest.xml"):
                    raise SpreadsheetError(_("This file has a password. Save it without one."))
                _check_repetitions(archive.read("content.xml"))
                return "ods"
    except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError, ValueError) as error:
        if isinstance(error, SpreadsheetError):
            raise
        raise broken from None
    except Exception as error:  # zlib's and expat's own errors
        raise broken from error
    raise SpreadsheetError(_("This is no table. Save the list as CSV, XLSX or ODS."))


def _check_size(archive, parts):
    """Refuse what unpacks to more than is bearable, whatever the archive says of itself."""
    too_large = SpreadsheetError(_("This file is too large when it is unpacked."))
    if len(parts) > 5000 or sum(part.file_size for part in parts) > MAX_UNZIPPED:
        raise too_large
    total = 0
    for part in parts:
        with archive.open(part) as stream:
            while piece := stream.read(1 << 20):
                total += len(piece)
                if total > MAX_UNZIPPED:
                    raise too_large


def _check_extent(xml):
    """Refuse a sheet with cells so far apart that the blanks between fill the memory."""
    rows = columns = present = 1
    for cell in _CELL.finditer(xml):
        letters, row, is_empty, of_row = cell.groups()
        if of_row:
            present = int(of_row)
        elif letters is None:  # a cell without an address stands in the present row
            rows = max(rows, present)
        elif not is_empty:
            column = 0
            for letter in letters:
                column = column * 26 + letter - 64
            rows, columns = max(rows, int(row)), max(columns, column)
    if rows * columns > MAX_CELLS or rows > MAX_CELLS // 10:
        raise SpreadsheetError(_("The sheet is too large: cells stand very far apart in it."))


def _check_repetitions(xml):
    """Refuse an ODS sheet in which repeated cells stand for more than is bearable."""
    seen = {"cells": 0, "row": 0, "times": 1, "column": 0}

    def start(name, attributes):
        name = name.rpartition(":")[2]
        if name == "table-row":
            seen["row"], seen["column"] = 0, 0
            seen["times"] = int(attributes.get("table:number-rows-repeated", 1))
        elif name in ("table-cell", "covered-table-cell"):
            seen["column"] += int(attributes.get("table:number-columns-repeated", 1))
            if any("value" in each for each in attributes):
                seen["row"] = seen["column"]

    def end(name):
        if name.rpartition(":")[2] == "table-row":
            seen["cells"] += seen["row"] * seen["times"]
            if seen["cells"] > MAX_CELLS:
                raise SpreadsheetError(_("The sheet is too large."))

    def refuse(*_declaration):
        raise ValueError("entities are not needed in a table")

    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.EntityDeclHandler = refuse
    parser.Parse(xml, True)


def _sheet_lines(data, wanted, kind, found):
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        names = book.sheet_names
        sheets = dict.fromkeys(names)
        if wanted not in sheets:
            wanted = ""
            for name in names:  # the first one that holds something
                sheets[name] = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
                if any(cell not in ("", None) for row in sheets[name] for cell in row):
                    wanted = name
                    break
        cells = sheets.get(wanted)
        if cells is None and wanted:
            cells = book.get_sheet_by_name(wanted).to_python(skip_empty_area=False)
    except (KeyboardInterrupt, SystemExit, GeneratorExit):
        raise
    except BaseException as error:  # calamine's panics are no ordinary exceptions
        raise SpreadsheetError(
            _("This file is damaged. Save it anew and choose it again.")
        ) from error
    found |= {"sheets": names, "sheet": wanted}
    lines = (
        (number, [_as_text(cell) for cell in row]) for number, row in enumerate(cells or [], 1)
    )
    return [(number, row) for number, row in lines if any(row)]


def _as_text(value):
    """The cell as somebody would have typed it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime.datetime):
        return (value.date() if value.time() == datetime.time() else value).isoformat()
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    return _cleaned(str(value if value is not None else ""))


# --- CSV ---------------------------------------------------------------------------------------


def _csv_lines(data, encoding, country, found):
    guessed = encoding_of(data, country=country)
    found["encoding"] = encoding or guessed.name
    found["encoding_is_guess"] = guessed.is_guess
    found["encoding_is_doubtful"] = guessed.is_doubtful and found["encoding"] == guessed.name
    try:
        text = data.decode(found["encoding"]).removeprefix("\ufeff")
    except (UnicodeDecodeError, LookupError):
        raise SpreadsheetError(
            _("The file cannot be read in this encoding. Choose another one.")
        ) from None
    if "\x00" in text:
        raise SpreadsheetError(_("This is no table. Save the list as CSV, XLSX or ODS."))
    found["delimiter"] = _delimiter(text)
    try:
        return _parsed(text, found["delimiter"], strict=True)
    except csv.Error:
        pass
    try:
        lines = _parsed(text, found["delimiter"], strict=False)
    except csv.Error as error:
        raise SpreadsheetError(_("The file cannot be read: %s.") % error) from None
    if lines and "\n" in lines[-1][1][-1] and not text.rstrip().endswith('"'):
        raise SpreadsheetError(
            _("In line %d a quotation mark opens that is never closed.") % lines[-1][0]
        )
    return lines


def _parsed(text, delimiter, *, strict):
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=strict)
    lines, start = [], 1
    for cells in reader:
        cells = [unescaped(_cleaned(cell)) for cell in cells]
        if any(cells):
            lines.append((start, cells))
        start = reader.line_num + 1
        if len(lines) > MAX_ROWS + _SCANNED + 1000:
            break  # too many, which is said later
    return lines


def _cleaned(text):
    text = _CONTROLS.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip()
    if text.isascii():
        return text
    return unicodedata.normalize("NFC", text.strip(_INVISIBLE + " \t\n"))


def _delimiter(text):
    """The sign that divides the most rows into the same number of cells."""
    scores = {}
    for sign in DELIMITERS:
        reader = csv.reader(io.StringIO(text[:100_000], newline=""), delimiter=sign)
        lengths = Counter()
        try:
            for cells in reader:
                if any(cells):
                    lengths[len(cells)] += 1
                if lengths.total() >= 100:
                    break
        except csv.Error:
            continue
        divided = {length: times for length, times in lengths.items() if length > 1}
        if divided:
            length = max(divided, key=lambda one: (divided[one], one))
            scores[sign] = (round(divided[length] / lengths.total(), 1), length)
    return max(scores, key=scores.get) if scores else max(DELIMITERS, key=text.count)


# --- The header --------------------------------------------------------------------------------


def _table(lines, header_line, recognise, found):
    position = _header_position(lines, header_line, recognise)
    line, names = lines[position]
    rows = lines[position + 1 :]
    if len(rows) > MAX_ROWS:
        raise SpreadsheetError(
            _("The table has more than %d rows. Divide it into several files.") % MAX_ROWS
        )
    width = max(len(cells) for _line, cells in [(line, names), *rows])
    used = [
        column
        for column in range(width)
        if any(column < len(cells) and cells[column] for _line, cells in [(line, names), *rows])
    ]
    if len(used) > MAX_COLUMNS:
        raise SpreadsheetError(_("The table has more than %d columns.") % MAX_COLUMNS)
    names = names + [""] * (width - len(names))
    return Table(
        headers=_distinct([(column, names[column]) for column in used]),
        rows=[
            (line, [cells[column] if column < len(cells) else "" for column in used])
            for line, cells in rows
        ],
        header_line=line,
        above=lines[:position],
        **found,
    )


def _header_position(lines, header_line, recognise):
    """Where the header is: as told, else the row with the most known names, else the first row
    that is at least half as wide as the table."""
    for position, (line, _cells) in enumerate(lines):
        if line == header_line:
            return position
    first = lines[:_SCANNED]
    known = [sum(1 for cell in cells if cell and recognise(cell)) for _line, cells in first]
    if max(known) >= 2:
        return known.index(max(known))
    widths = [sum(1 for cell in cells if cell) for _line, cells in lines[:100]]
    usual = max(Counter(widths).items(), key=lambda item: (item[1], item[0]))[0]
    for position, width in enumerate(widths[:_SCANNED]):
        if width >= max(usual / 2, min(usual, 2)):
            return position
    return 0


def _distinct(columns):
    """Names for the columns, each once; `columns` are (position, name)."""
    taken, names = set(), []
    for position, name in columns:
        name = " ".join(name.split())[:100] or _("Column %d") % (position + 1)
        candidate, number = name, 1
        while candidate in taken:
            number += 1
            candidate = f"{name} ({number})"
        taken.add(candidate)
        names.append(candidate)
    return names
