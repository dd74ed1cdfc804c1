"""Tables as CSV: read whatever spreadsheets write, write what spreadsheets read safely.

A cell that a spreadsheet would run as a formula is written with an apostrophe before it, and
loses it again when it is read, so that `+49 711 …` survives the way out and in.
"""

import codecs
import csv
import io
import re

from django.utils.translation import gettext as _

_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_NUMBER = re.compile(r"-?\d+(\.\d+)?", re.ASCII)
DELIMITERS = ",;\t|"
MAX_BYTES = 50 * 1024 * 1024


class TableError(ValueError):
    """A file that is no table; the message says so in plain words."""


def escaped(value):
    """The value as text that no spreadsheet takes for a formula."""
    text = "" if value is None else str(value)
    if _FORMULA.match(text) and not _NUMBER.fullmatch(text):
        return "'" + text
    return text


def unescaped(text):
    """What `escaped` was given."""
    return text[1:] if text.startswith("'") and _FORMULA.match(text) else text


def written(headers, rows):
    """The table as bytes: UTF-8, commas, one line feed a row, formulas escaped."""
    out = _Lines()
    # With both signs in its line end, the writer quotes cells with either.
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(headers)
    writer.writerows([escaped(cell) for cell in row] for row in rows)
    return "".join(out).encode()


class _Lines(list):
    """Collects what a csv writer writes, with one line feed at the end of a row."""

    def write(self, row):
        self.append(row.removesuffix("\r\n") + "\n")


def decoded(data):
    """The bytes of a file as text: UTF-8 with or without mark, or UTF-16 with one.

    Raises `TableError` for anything else, rather than guess and spoil names.
    """
    try:
        if data.startswith((b"\xff\xfe", b"\xfe\xff")):
            return data.decode("utf-16")
        data = data.removeprefix(codecs.BOM_UTF8)
        return data.decode()
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise TableError(
            _("Line %d is not in UTF-8. Save the file as “CSV UTF-8”.") % line
        ) from None


def _delimiter(text):
    lines = (line for line in re.split(r"[\r\n]+", text) if line.strip(DELIMITERS + ' "'))
    return max(DELIMITERS, key=next(lines, "").count)


def read(data):
    """(headers, rows) of a CSV file; each row is (line number, list of cells as text).

    Blanks around cells go, wholly empty rows are passed over, short rows are filled up. Raises
    `TableError` with the line for a file that is no table, a header twice, or a row too long.
    """
    if len(data) > MAX_BYTES:
        raise TableError(_("The file is larger than %d MB.") % (MAX_BYTES // 1024 // 1024))
    text = decoded(data)
    if "\x00" in text:
        raise TableError(_("This is not a text file."))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    headers, rows = None, []
    try:
        start = 1
        for cells in reader:
            cells = [unescaped(cell.strip(" \u00a0")) for cell in cells]
            if any(cells):
                if headers is None:
                    headers = _checked_headers(cells)
                else:
                    rows.append((start, _fitted(cells, headers, start)))
            start = reader.line_num + 1
    except csv.Error as error:
        raise TableError(
            _("Line %(line)d cannot be read: %(reason)s.")
            % {"line": reader.line_num, "reason": error}
        ) from None
    if headers is None:
        raise TableError(_("The file is empty: not even a header is there."))
    return headers, rows


def _checked_headers(cells):
    for position, name in enumerate(cells):
        if not name:
            raise TableError(_("Column %d has no name in the first line.") % (position + 1))
        if name in cells[:position]:
            raise TableError(_("The column “%s” is there twice.") % name)
    return cells


def _fitted(cells, headers, line):
    if len(cells) > len(headers) and any(cells[len(headers) :]):
        raise TableError(
            _("Line %(line)d has %(cells)d cells, but the header has %(headers)d.")
            % {"line": line, "cells": len(cells), "headers": len(headers)}
        )
    return (cells + [""] * len(headers))[: len(headers)]
