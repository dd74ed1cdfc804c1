"""The register as a folder of CSV files: what is in it, how it is loaded and written.

`export_register` writes the full package, which holds private rows (contact persons, reports) and
is for staff; the public one is made in `public`. `load_register` takes both. Photos are files and
travel with a backup. The ledger of erasures travels too: whoever was erased does not come back
with an older package.
"""

import json
from pathlib import Path

import tablib
from django.core.exceptions import ValidationError
from django.db import transaction

from centers import erasure, search, tables
from mine_site.register import files, profiles
from mine_site.register.files import PackageRefused, Problem

RESOURCES = profiles.FULL

# The register that comes with the code.
REAL_REGISTER = Path(__file__).parent / "data"


@transaction.atomic
def load(path):
    """Load the package at `path`, a folder or a zip file; all of it or nothing.

    Where its `datapackage.json` says that it is the public one, nothing finer is overwritten.

    Returns {file stem: {"new": n, "update": n, "skip": n}}. Raises `PackageRefused` with every
    problem of the first file that has one (later files may point to its rows).
    """
    resources, tables_in = _tables(Path(path))
    outcome = {
        stem: _load_file(resources[stem], f"{stem}.csv", data) for stem, data in tables_in.items()
    }
    erasure.repeat()
    search.reindex()
    return outcome


@transaction.atomic
def load_ledger(path):
    """Take the lines of a package's erasures.csv into the ledger, and erase again what it names.

    Returns {kind: number of rows erased}. Raises `PackageRefused` as `load` does.
    """
    path = Path(path)
    if not path.is_file():
        raise PackageRefused([Problem(str(path), None, "", "There is no such file.")])
    _load_file(RESOURCES["erasures"], path.name, path.read_bytes())
    return erasure.repeat()


def _load_file(resource_class, name, data):
    """Load one file of the package; returns {"new": n, "update": n, "skip": n}."""
    resource = resource_class()
    lines, dataset = _dataset(name, data)
    result = resource.import_data(dataset, dry_run=False, use_transactions=False, defer_index=True)
    if problems := list(_problems(resource, result, name, lines)):
        raise PackageRefused(problems)
    return {kind: result.totals[kind] for kind in ("new", "update", "skip")}


def export(folder):
    """Write the full package into `folder`, one file for each resource that has rows.

    Files of an earlier export that have no rows any more are removed; other files are left.
    Returns {file stem: number of rows}.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    written = {}
    with transaction.atomic():
        for stem, resource_class in RESOURCES.items():
            dataset = resource_class().export()
            path = folder / f"{stem}.csv"
            if len(dataset):
                # By key as Python sorts: databases differ in how they sort text.
                rows = sorted(dataset[index] for index in range(len(dataset)))
                partial = path.with_suffix(".csv.partial")
                partial.write_bytes(tables.written(dataset.headers, rows))
                partial.replace(path)
                written[stem] = len(rows)
            else:
                path.unlink(missing_ok=True)
        # Of a public package that lay here before: this one is another.
        (folder / files.DESCRIPTOR).unlink(missing_ok=True)
    return written


def _tables(path):
    """(resources of the profile, {stem: bytes}) in the order of loading."""
    found = files.read(path)
    resources = RESOURCES
    if (descriptor := found.pop(files.DESCRIPTOR, None)) is not None:
        resources = profiles.BY_NAME[_profile(descriptor)]
    strangers = [
        Problem(name, None, "", f"The register has no such file. It has: {', '.join(resources)}.")
        for name in found
        if name.removesuffix(".csv") not in resources
    ]
    if strangers:
        raise PackageRefused(strangers)
    if not found:
        raise PackageRefused([Problem(str(path), None, "", "There is no CSV file here.")])
    names = {stem: f"{stem}.csv" for stem in resources}
    return resources, {stem: found[name] for stem, name in names.items() if name in found}


def _profile(descriptor):
    """Which profile of the register a `datapackage.json` says it is: "full" or "public"."""
    try:
        profile = json.loads(descriptor).get(profiles.MARK)
    except (ValueError, AttributeError, RecursionError):
        profile = None
    if not isinstance(profile, str) or profile not in profiles.BY_NAME:
        reason = f"It does not say by “{profiles.MARK}” that it describes a register."
        raise PackageRefused([Problem(files.DESCRIPTOR, None, "", reason)])
    return profile


def _dataset(name, data):
    """The lines at which the rows of the file begin, and the rows as a tablib dataset."""
    try:
        headers, rows = tables.read(data)
    except tables.TableError as error:
        raise PackageRefused([Problem(name, None, "", str(error))]) from None
    dataset = tablib.Dataset(*(cells for _line, cells in rows), headers=headers)
    return [line for line, _cells in rows], dataset


def _problems(resource, result, file, lines):
    for error in result.base_errors:
        reason = error.error
        text = " ".join(reason.messages) if isinstance(reason, ValidationError) else str(reason)
        yield Problem(file, None, "", text)
        return  # what else went wrong followed from it
    for line, row in zip(lines, result.rows, strict=False):
        errors = [row.validation_error] if row.validation_error else [e.error for e in row.errors]
        for error in errors:
            for column, reason in resource.reasons(error):
                yield Problem(file, line, column, reason)
