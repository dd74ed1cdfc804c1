"""Dated copies of the public register: what goes in, what today's rules leave, what changed.

A package here is {name: bytes} of its files, as `public.made` gives it. A copy keeps no way to
reach anybody, since somebody may want to be forgotten. When it is handed out, a place is made as
coarse as its center wants it today, and a note that was redacted since is empty; what is not
public any more, or unknown to today's register, is left out.
"""

import csv
import io
from collections import defaultdict
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from centers import status_log, tables
from centers.dates import PartialDate
from centers.models import Center, StatusEntry
from centers.models.status import Statement
from mine_site.register import profiles, public

# How to reach a center; in the register of today alone.
REACH = {"address", "phone", "email", "opening_hours"}
WITHHELD, EXACT = Center.Precision.WITHHELD, Center.Precision.EXACT


def read(package, stem):
    """The rows of a table of the package as dicts, formulas unescaped; none without the file."""
    data = package.get(f"{stem}.csv", b"")
    rows = csv.reader(io.StringIO(data.decode(), newline=""))
    headers = next(rows, [])
    return [dict(zip(headers, map(tables.unescaped, row), strict=True)) for row in rows]


def for_keeping(package, *, day):
    """The package without what reaches anybody: as it is kept."""
    return _rebuilt(package, day, lambda stem, rows: rows)


def under_todays_rules(package, *, day):
    """A package that was kept, as it may be handed out today."""
    precisions = precisions_of_today()
    told = StatusEntry.objects.filter(note_redacted_at__isnull=True)
    with_notes = set(told.values_list("key", flat=True))

    def ruled(stem, rows):
        for row in rows:
            if stem == "centers":
                row |= coarsened(row, precisions.get(row["public_id"], WITHHELD))
            elif stem == "status_entries" and row["key"] not in with_notes:
                row["note"] = ""
        return rows

    return _rebuilt(package, day, ruled)


def _rebuilt(package, day, ruled):
    """The package with the files and columns that are public today, and rows as `ruled`."""
    rebuilt = {}
    for stem, resource_class in profiles.PUBLIC.items():
        if f"{stem}.csv" not in package:
            continue
        rows = ruled(stem, read(package, stem))
        there = _columns(package, stem)
        known = [field.column_name for field in resource_class().get_export_fields()]
        kept = [
            name for name in known if name in there and not (stem == "centers" and name in REACH)
        ]
        rebuilt[stem] = tables.written(kept, [[row[name] for name in kept] for row in rows])
    return public.with_descriptor(rebuilt, day=day)


def _columns(package, stem):
    return next(csv.reader(io.StringIO(package[f"{stem}.csv"].decode(), newline="")), [])


def precisions_of_today():
    """{public_id: how precisely its place may be told today}.

    A center that was merged into others is told no more precisely than any of them.
    """
    columns = Center.objects.values_list("pk", "public_id", "precision", "merged_into")
    centers = {pk: rest for pk, *rest in columns}
    coarsest = {}
    for pk, (public_id, precision, into) in centers.items():
        seen = {pk}
        while into is not None and into not in seen:
            seen.add(into)
            _public_id, other, into = centers[into]
            precision = profiles.coarser(precision, other)
        coarsest[public_id] = precision
    return coarsest


def coarsened(row, precision):
    """The place of a center's row as precisely as both the row and `precision` allow."""
    coarsest = profiles.coarser(row["precision"], precision)
    told = {name: row[name] for name in ("place", "latitude", "longitude")}
    if coarsest == WITHHELD:
        told = dict.fromkeys(told, "")
    elif coarsest != EXACT:
        told |= {name: _rounded(told[name]) for name in ("latitude", "longitude")}
    return {**told, "precision": str(coarsest)}


def _rounded(degrees):
    try:
        number = Decimal(degrees).quantize(Decimal("0.01"), ROUND_HALF_UP)
    except InvalidOperation:
        return ""
    return f"{number:f}".rstrip("0").rstrip(".")


# --- What changed --------------------------------------------------------------------------------


@dataclass(frozen=True)
class FileChange:
    """How many rows of a file came, went, or say something else; told apart by their keys."""

    added: int
    removed: int
    changed: int


@dataclass(frozen=True)
class CenterChange:
    """What became of a center: `kind` is new, renamed, status or merged; from `old` to `new`."""

    kind: str
    public_id: str
    name: str
    old: str = ""
    new: str = ""


def differences(before, after):
    """{stem: FileChange} for each file of `after`; columns that only one has are not compared."""
    told = {}
    for stem, resource_class in profiles.PUBLIC.items():
        if f"{stem}.csv" not in after:
            continue
        key = resource_class().get_import_id_fields()[0]
        old = {row[key]: row for row in read(before, stem)}
        new = {row[key]: row for row in read(after, stem)}
        told[stem] = FileChange(
            added=len(new.keys() - old.keys()),
            removed=len(old.keys() - new.keys()),
            changed=sum(_differ(old[key], new[key]) for key in old.keys() & new.keys()),
        )
    return told


def _differ(old, new):
    return any(old[name] != new[name] for name in old.keys() & new.keys())


def center_changes(before, after):
    """[CenterChange], by name: centers that are new, have another name or status, were merged."""
    old, new = (
        {row["public_id"]: row["name"] for row in read(package, "centers")}
        for package in (before, after)
    )
    was, now = statuses(before), statuses(after)
    merged_before, merged = (
        {row["public_id"]: row["merged_into"] for row in read(package, "center_merges")}
        for package in (before, after)
    )
    changes = []
    for public_id, name in sorted(new.items(), key=lambda item: (item[1], item[0])):
        if public_id not in old:
            changes.append(CenterChange("new", public_id, name))
            continue
        if old[public_id] != name:
            changes.append(CenterChange("renamed", public_id, name, old[public_id], name))
        if into := public_id not in merged_before and merged.get(public_id):
            changes.append(CenterChange("merged", public_id, name, "", new.get(into, into)))
        elif was[public_id] != now[public_id]:
            changes.append(CenterChange("status", public_id, name, was[public_id], now[public_id]))
    return changes


def statuses(package):
    """{public_id: status} as it follows from the statements of the package; others: unknown."""
    logs = defaultdict(set)
    for row in read(package, "status_entries"):
        if not row["withdrawn_at"]:
            logs[row["center"]].add(
                Statement(
                    key=row["key"],
                    status=row["status"],
                    since=PartialDate.of(row["since"]),
                    observed=PartialDate.of(row["observed"]),
                    according_to=row["according_to"],
                    note="",
                )
            )
    found = {center: status_log.periods(log)[-1].status for center, log in logs.items()}
    return defaultdict(lambda: status_log.UNKNOWN, found)
