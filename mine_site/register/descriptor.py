"""`datapackage.json`: what is in the public package, in the words of the Data Package standard.

After version 1 of the specification (https://specs.frictionlessdata.io/), which today's readers
all understand. It hangs on the register alone, on no moment: the same register, the same bytes.
"""

import csv
import hashlib
import io
import json

from django.db import models
from django.utils import translation
from django.utils.text import capfirst

from centers import resources
from mine_site.register import profiles, words

LICENCE = {
    "name": "CC-BY-4.0",
    "title": "Creative Commons Attribution 4.0 International",
    "path": "https://creativecommons.org/licenses/by/4.0/",
}
PARTIAL_DATE = r"^\d{4}(-\d{2}(-\d{2})?)?$"

_KINDS = [
    (resources.PartialDateWidget, {"type": "string"}),
    (resources.DecimalWidget, {"type": "number"}),
    (resources.WholeNumberWidget, {"type": "integer"}),
    (resources.YesNoWidget, {"type": "boolean", "trueValues": ["yes"], "falseValues": ["no"]}),
    (resources.MomentWidget, {"type": "datetime", "format": "any"}),
    (resources.DayWidget, {"type": "date"}),
]


def describe(tables, *, day=None):
    """The descriptor as bytes. `tables` is {stem of the file: its bytes}; `day` that of a copy."""
    described = {
        "profile": "tabular-data-package",
        "name": "mother-centers",
        "title": f"{words.TITLE}, {day}" if day else words.TITLE,
        **({"version": str(day)} if day else {}),
        "description": words.DESCRIPTION,
        profiles.MARK: "public",
        "licenses": [LICENCE],
        "resources": [_resource(stem, data, tables) for stem, data in tables.items()],
    }
    return (json.dumps(described, ensure_ascii=False, indent=2) + "\n").encode()


def _resource(stem, data, tables):
    columns = next(csv.reader(io.StringIO(data.decode(), newline="")))
    return {
        "profile": "tabular-data-resource",
        "name": stem,
        "path": f"{stem}.csv",
        "description": words.FILES[stem],
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "bytes": len(data),
        "hash": f"sha256:{hashlib.sha256(data).hexdigest()}",
        "licenses": [LICENCE],
        "schema": schema(stem, columns=columns, beside=tables),
    }


def schema(stem, *, columns=None, beside=profiles.PUBLIC):
    """The Table Schema of a file of the public profile.

    An older copy may have only some of the `columns`, and only some of the files `beside` it.
    """
    resource = profiles.PUBLIC[stem]()
    key = resource.get_import_id_fields()[0]
    columns = [
        column
        for column in resource.get_export_fields()
        if columns is None or column.column_name in columns
    ]
    foreign = [_foreign_key(stem, column, key) for column in columns]
    foreign = [one for one in foreign if one and one["reference"]["resource"] in beside]
    return {
        "fields": [_field(stem, resource, column, key) for column in columns],
        "missingValues": [""],
        "primaryKey": key,
        "foreignKeys": foreign,
    }


def _field(stem, resource, column, key):
    name = column.column_name
    kind = next((kind for widget, kind in _KINDS if isinstance(column.widget, widget)), None)
    return {
        "name": name,
        **(kind or {"type": "string"}),
        "description": _description(stem, resource, name),
        "constraints": _constraints(resource, column, key),
    }


def _description(stem, resource, name):
    told = words.COLUMNS.get(f"{stem}.{name}") or words.COLUMNS.get(name)
    if told:
        return told
    field = resource._meta.model._meta.get_field(name)
    with translation.override("en"):
        text = capfirst(str(field.verbose_name)) + "."
        return f"{text} {field.help_text}".strip()


def _constraints(resource, column, key):
    name, widget = column.column_name, column.widget
    if name == key:
        return {"required": True, "unique": True}
    constraints = {}
    if isinstance(widget, resources.PartialDateWidget):
        constraints["pattern"] = PARTIAL_DATE
    if isinstance(widget, resources.WholeNumberWidget):
        constraints["minimum"] = 0
    if isinstance(widget, resources.CausesWidget):
        return constraints  # of the links behind the statement, no column of its own
    field = resource._meta.model._meta.get_field(name)
    if not isinstance(field, models.ManyToManyField):
        if not (field.null or field.blank) and name != "via":
            constraints["required"] = True
        if field.unique:
            constraints["unique"] = True
        if field.choices:
            constraints["enum"] = [value for value, _label in field.choices if value]
    return constraints


def _foreign_key(stem, column, key):
    """Where the column points to: to the file that holds the rows of the model first."""
    homes = {}
    for other, resource in profiles.PUBLIC.items():
        homes.setdefault(resource._meta.model, other)
    name, own = column.column_name, homes[profiles.PUBLIC[stem]._meta.model]
    if isinstance(column.widget, resources.KeyWidget):
        target, field = homes[column.widget.model], column.widget.field
    elif name == key and own != stem:  # a second look at rows of another file
        target, field = own, name
    else:
        return None
    return {"fields": name, "reference": {"resource": target, "fields": field}}
