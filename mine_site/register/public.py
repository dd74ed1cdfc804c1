"""The public package of the register: CSV files with a descriptor, as a folder or as a zip file.

A Data Package that tools of others can check and read, and that `load_register` takes back. It
holds every file of the public profile, also those without rows, so that it has the same shape
always. The same register gives the same bytes.
"""

import io
import zipfile

from django.db import connection, transaction

from centers import tables
from centers.versions import register_version
from mine_site.register import descriptor, files, profiles

TRIES = 3
# No moment of making: the oldest day that a zip file can tell.
_NO_MOMENT = (1980, 1, 1, 0, 0, 0)


def made():
    """{name: bytes} of the files of the public package, the descriptor first.

    All of the same state of the register. A transaction would see to that as well, but on SQLite it
    keeps others from writing meanwhile; so it is the last resort.
    """
    for _try in range(TRIES):
        version = register_version()
        csv = _tables()
        if register_version() == version:
            return with_descriptor(csv)
    with transaction.atomic():
        if connection.vendor == "postgresql" and len(connection.savepoint_ids) == 0:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        return with_descriptor(_tables())


def _tables():
    """{stem: bytes} of the files of the public profile."""
    csv = {}
    for stem, resource_class in profiles.PUBLIC.items():
        dataset = resource_class().export()
        # By key as Python sorts: databases differ in how they sort text.
        rows = sorted(dataset[index] for index in range(len(dataset)))
        csv[stem] = tables.written(dataset.headers, rows)
    return csv


def with_descriptor(csv, *, day=None):
    """{name: bytes} of a package of these tables, which are {stem: bytes}; `day` of a copy."""
    named = {f"{stem}.csv": data for stem, data in csv.items()}
    return {files.DESCRIPTOR: descriptor.describe(csv, day=day), **named}


def write(folder):
    """Write the public package into `folder`; returns {name: number of bytes}.

    Raises `PackageRefused` where private files of the register lie there, which somebody would
    publish with it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    private = [name for name in profiles.PRIVATE if (folder / f"{name}.csv").exists()]
    if private:
        raise files.PackageRefused(
            [
                files.Problem(f"{name}.csv", None, "", "It is not public. Take an empty folder.")
                for name in sorted(private)
            ]
        )
    package = made()
    for name, data in package.items():
        partial = folder / f"{name}.partial"
        partial.write_bytes(data)
        partial.replace(folder / name)
    return {name: len(data) for name, data in package.items()}


def zipped(package):
    """The files of a package, as {name: bytes}, as the bytes of a zip file: always the same."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, data in package.items():
            info = zipfile.ZipInfo(name, date_time=_NO_MOMENT)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.create_system = 3  # whatever it is made on
            info.external_attr = 0o644 << 16
            archive.writestr(info, data)
    return out.getvalue()
