"""Puts an import into words and rows for the pages: figures that add up, old and new values."""

from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from centers.dates import PartialDate
from centers.imports import columns
from centers.imports.checking import decision_for
from centers.models import (
    Affiliation,
    Center,
    ImportRow,
    NameKind,
    Snapshot,
    Status,
    country_name,
)

Verdict = ImportRow.Verdict
# What needs somebody comes first.
ORDER = [
    Verdict.SUSPECT,
    Verdict.REJECTED,
    Verdict.CHANGED,
    Verdict.NEW,
    Verdict.UNCHANGED,
]
_REASONS = {
    "name": gettext_lazy("name"),
    "place": gettext_lazy("town"),
    "website": gettext_lazy("website"),
}


def told_counts(counts):
    """The four figures and their sum; what waits for a decision counts as rejected."""
    told = {name: counts.get(name, 0) for name in ("new", "changed", "unchanged")}
    told["waiting"] = counts.get("suspect", 0)
    told["rejected"] = counts.get("rejected", 0) + told["waiting"]
    told["total"] = sum(told[name] for name in ("new", "changed", "unchanged", "rejected"))
    return told


def verdicts(counts):
    """[(verdict, label, number of rows)], for choosing which rows are shown."""
    return [
        (each.value, capfirst(each.label), counts[each.value]) for each in ORDER if each in counts
    ]


def progress(done, total):
    """One more line of a page that is being sent."""
    return format_html(
        '<p class="import-progress"><progress max="{}" value="{}"></progress> {}</p>',
        total,
        done,
        _("%(done)s of %(total)s rows")
        % {
            "done": number_format(done, force_grouping=True),
            "total": number_format(total, force_grouping=True),
        },
    )


def why_nothing_came(change):
    """What is said of a `RegisterChanged`, while the rows are checked again."""
    if change.lines:
        return (
            _(
                "Nothing was imported: somebody changed the register while you were "
                "looking at this (first in line %d). The rows are checked again, and then "
                "you see what would come of it now."
            )
            % change.lines[0]
        )
    return _(
        "Nothing was imported: the register did not take it, probably because somebody changed it "
        "at the same moment. The rows are checked again, and then you see what would come of it "
        "now. If you read this a second time, tell a lead coordinator."
    )


def telling(table):
    """Some rows whose letters show whether the encoding is right, each as one text."""
    return [" · ".join(cell[:60] for cell in cells if cell) for cells in table.telling_rows()]


def examples(fields, table):
    """[(field of the form, up to three values of its column)]."""
    told = []
    for position, field in enumerate(fields):
        values = dict.fromkeys(
            cells[position] for _line, cells in table.rows[:200] if cells[position]
        )
        told.append((field, [value[:80] for value in list(values)[:3]]))
    return told


def reasons_in_words(row):
    """Why a row is not imported, in one line."""
    if row.verdict == Verdict.SUSPECT:
        return _("It may be there already, and nobody has decided.")
    return "; ".join(f"{header}: {reason}" if header else reason for header, reason in row.problems)


def shown_rows(spreadsheet, rows):
    """The rows as the pages show them: a fixed number of queries for a page of them."""
    rows = list(rows)
    pks = {row.center_id for row in rows} | {
        suspect["center"] for row in rows for suspect in row.suspects if "center" in suspect
    }
    centers = (
        Center.objects.filter(pk__in=pks - {None})
        .select_related("country")
        .prefetch_related("names")
    ).in_bulk()
    lines = {suspect["line"] for row in rows for suspect in row.suspects if "line" in suspect}
    others = {row.line: row for row in spreadsheet.rows.filter(line__in=lines)} if lines else {}
    return [_shown_row(row, spreadsheet, centers, others) for row in rows]


def _shown_row(row, spreadsheet, centers, others):
    center = centers.get(row.center_id)
    fields = row.values.get("fields", {})
    name = fields.get("name") or (center.name if center else "") or _first_cell(row)
    return {
        "row": row,
        "name": name,
        "center": center,
        "changes": changes(row.plan),
        "problems": row.problems,
        "cells": [
            (header, cell)
            for header, cell in zip(spreadsheet.headers, row.cells, strict=False)
            if cell
        ],
        "candidates": [_candidate(suspect, row, centers, others) for suspect in row.suspects],
    }


def _first_cell(row):
    return next((cell for cell in row.cells if cell), "")


def _candidate(suspect, row, centers, others):
    """What a row may be the same as, beside it: [(label, the row's value, the other's value)]."""
    if "center" in suspect:
        center = centers.get(suspect["center"])
        title = center and str(center)
        known = _of_center(center) if center else {}
    else:
        other = others.get(suspect["line"])
        title = _("line %d of the file") % suspect["line"]
        known = {**other.values.get("fields", {})} if other else {}
        center = None
    fields = row.values.get("fields", {})
    names = [name for name in _COMPARED if fields.get(name) or known.get(name)]
    return {
        "decision": decision_for(suspect),
        "title": title,
        "center": center,
        "reasons": ", ".join(str(_REASONS[each]) for each in suspect["reasons"]),
        "compared": [
            (_label(name), _value(name, fields.get(name, "")), _value(name, known.get(name, "")))
            for name in names
        ],
    }


_COMPARED = [
    "name", "place", "address", "country", "founded", "phone", "email", "website", "community",
]  # fmt: skip


def _of_center(center):
    names = [center.name, *(name.value for name in center.names.all())]
    told = {name: str(getattr(center, name) or "") for name in _COMPARED if name != "country"}
    return told | {"name": " / ".join(names), "country": center.country_id}


def _label(name):
    for model in (Center, Snapshot):
        if name in {field.name for field in model._meta.fields}:
            return capfirst(str(model._meta.get_field(name).verbose_name))
    return capfirst(str(columns.LABELS.get(name, name)))


def _value(name, value):
    if value in ("", None):
        return ""
    if name in ("founded", "observed", "since"):
        return PartialDate.parse(str(value)).in_words()
    if name == "country":
        return country_name(value)
    if name == "premises":
        return str(Snapshot.Premises(value).label)
    return str(value)


def changes(plan):
    """[(label, old, new)] of a row's plan; `old` is "" for what is added."""
    told = []
    for part in ("fields", "figures"):
        told += [
            (_label(name), _value(name, old), _value(name, new))
            for name, (old, new) in plan.get(part, {}).items()
        ]
    told += [
        (capfirst(str(NameKind(kind).label)), "", name) for name, kind in plan.get("names", ())
    ]
    if plan.get("member"):
        told.append(
            (capfirst(str(Affiliation.Role.MEMBER.label)), "", _("the network of this list"))
        )
    if plan.get("identifier"):
        told.append((_("Number in the network's list"), "", plan["identifier"]))
    if status := plan.get("status"):
        words = [str(Status(status["status"]).label)]
        if status["since"]:
            words.append(_("since %s") % _value("since", status["since"]))
        words.append(_("as of %s") % _value("observed", status["observed"]))
        if status["causes"]:
            words.append(_("because of %s") % ", ".join(status["causes"]))
        if status["according_to"]:
            words.append(_("according to %s") % status["according_to"])
        told.append((_("Status"), "", ", ".join(words)))
    told += [
        (_("Note: %s") % column, old, new) for column, (old, new) in plan.get("note", {}).items()
    ]
    return told
