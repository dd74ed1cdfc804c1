"""The files of a package as they come: from a folder or from a zip file, within bounds."""

import zipfile
import zlib
from dataclasses import dataclass

from centers import tables

DESCRIPTOR = "datapackage.json"
# A zip file of a few bytes can unpack to terabytes.
MAX_FILES = 100
MAX_BYTES = 4 * tables.MAX_BYTES


@dataclass(frozen=True)
class Problem:
    """Why a package is refused: where, and the reason in plain words."""

    file: str
    line: int | None
    column: str
    reason: str

    def __str__(self):
        place = self.file
        if self.line is not None:
            place += f", line {self.line}"
        if self.column:
            place += f", column {self.column}"
        return f"{place}: {self.reason}"


class PackageRefused(Exception):
    """The package has problems, and nothing of it was loaded."""

    def __init__(self, problems):
        self.problems = problems
        super().__init__("\n".join(str(problem) for problem in problems))


def read(path):
    """{name: bytes} of the CSV files and the descriptor at `path`, a folder or a zip file.

    Raises `PackageRefused` where there is neither, and for a zip file that cannot be read, holds
    anything else, or unpacks to more than a register can be.
    """
    if path.is_dir():
        paths = [*sorted(path.glob("*.csv")), path / DESCRIPTOR]
        return {file.name: file.read_bytes() for file in paths if file.is_file()}
    if not path.is_file():
        raise _refusal(path, "There is no such folder or zip file.")
    try:
        with zipfile.ZipFile(path) as archive:
            return _unpacked(archive, path)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError):
        raise _refusal(path, "This is no zip file, or a damaged one.") from None
    except (NotImplementedError, RuntimeError):
        raise _refusal(path, "This zip file is locked, or packed in an unusual way.") from None


def _unpacked(archive, path):
    entries = archive.infolist()
    if len(entries) > MAX_FILES:
        raise _refusal(path, f"There are more than {MAX_FILES} files in it.")
    files, left = {}, MAX_BYTES
    for entry in entries:
        name = entry.filename
        if "/" in name or "\\" in name or not (name.endswith(".csv") or name == DESCRIPTOR):
            raise _refusal(path, f"“{name[:80]}” does not belong into a register.")
        if name in files:
            raise _refusal(path, f"“{name[:80]}” is in it twice.")
        with archive.open(entry) as file:
            # One byte more than allowed, whatever size the entry says it has.
            files[name] = file.read(min(left, tables.MAX_BYTES) + 1)
        left -= len(files[name])
        if left < 0 or len(files[name]) > tables.MAX_BYTES:
            raise _refusal(path, f"“{name[:80]}” is larger than a register can be.")
    return files


def _refusal(path, reason):
    return PackageRefused([Problem(str(path), None, "", reason)])
