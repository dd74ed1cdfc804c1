"""Where a contact person is named beside her own row, and all that is held about her."""

import hashlib
from dataclasses import dataclass

from django.db import models
from django.utils.text import capfirst
from django.utils.translation import gettext

from centers.folding import light
from centers.models import Center, CenterNote, Contact, StatusEntry

# Fewer digits may be a year or a sum, fewer letters a word of everyday language.
MIN_DIGITS, MIN_LETTERS = 7, 4


@dataclass(frozen=True)
class Mention:
    """A text of a center's page or desk in which the person may be named.

    `is_sure`: her full name, mail address or telephone stands there; otherwise a part of her name.
    `is_former`: it stands in an old version, which the history keeps. `column`: of a note from a
    list, the column in which it stands.
    """

    row: models.Model
    field: models.Field
    text: str
    is_sure: bool
    is_former: bool = False
    column: str | None = None

    @property
    def token(self):
        """By what a form names it."""
        token = f"{self.row._meta.model_name}-{self.row.pk}-{self.field.name}"
        if self.column is None:
            return token
        return f"{token}-{hashlib.sha256(self.column.encode()).hexdigest()[:16]}"

    @property
    def where(self):
        """“Status entry, note”, “Snapshot, note (old version)”."""
        model = self.row._meta.model
        if self.is_former:
            model = model.instance_type
        where = f"{capfirst(model._meta.verbose_name)}, {self.field.verbose_name}"
        return gettext("%s (old version)") % where if self.is_former else where

    @property
    def can_be_removed(self):
        """Whether its words can be taken out without a new version of the record."""
        return (
            self.is_former
            or self.column is not None
            or (isinstance(self.row, StatusEntry) and self.field.name == "note")
            or self._is_of_merged
        )

    @property
    def _is_of_merged(self):
        # The page of a merged center leads to the one it is part of: nobody could change it there.
        return (
            isinstance(self.row, Center)
            and self.row.merged_into_id is not None
            and self.field.blank
        )

    def remove(self, *, by):
        """Take the words out: a statement's note, a note's column, an old version as a whole."""
        if self.is_former:
            if self.row.pk is not None:  # else it went already, with another of its texts
                self.row.delete()
        elif self.column is not None:
            self.row.forget(self.column)
        elif self._is_of_merged:
            setattr(self.row, self.field.attname, "")
            self.row.save(update_fields=[self.field.attname])
        elif self.can_be_removed:
            self.row.redact_note(by=by)
        else:
            raise ValueError(f"{self.token} is changed on its own page.")


class Traces:
    """What a person is known by: the names, mail addresses and telephones of all her versions."""

    def __init__(self, versions):
        self.names = {light(row.name) for row in versions} - {""}
        self.emails = {row.email.lower() for row in versions} - {""}
        self.phones = {digits(row.phone) for row in versions} - {""}
        self.full = {name for name in self.names if " " in name}
        self.full |= {" ".join(reversed(name.split())) for name in self.full}
        self.parts = {
            word for name in self.names for word in name.split() if len(word) >= MIN_LETTERS
        }
        self.parts |= self.names - self.full

    def in_text(self, text):
        """True for a sure trace in the text, False for a possible one, None for none."""
        words = f" {light(text)} "
        figures = digits(text)
        if (
            any(f" {name} " in words for name in self.full)
            or any(email in text.lower() for email in self.emails)
            or any(len(phone) >= MIN_DIGITS and phone in figures for phone in self.phones)
        ):
            return True
        return False if any(f" {part} " in words for part in self.parts) else None


def digits(text):
    """The figures of a telephone number or text, without what stands between them."""
    return "".join(sign for sign in text if sign.isdecimal())


def versions_of(contact):
    """The contact and all old versions of her row."""
    return [contact, *Contact.history.filter(id=contact.pk)]


def mentions(contact, *, rights=None):
    """The mentions of the person in the records of her centers and all their parts, sure first.

    With `rights`, the records alone that she who asks looks after (`centers_of`).
    """
    traces = Traces(versions_of(contact))
    searched, _left_out = centers_of(contact, rights=rights)
    found = [
        Mention(row, field, text, is_sure, is_former, column)
        for row, is_former in _rows(contact, searched)
        for field, column, text in _texts(row)
        if (is_sure := traces.in_text(text)) is not None
    ]
    return sorted(found, key=lambda mention: (not mention.is_sure, mention.is_former))


def centers_of(contact, *, rights=None):
    """Where the person may be named, as (keys of centers, centers that are left out for `rights`).

    These are the centers of all her versions and those that are part of one of them by a merge:
    some rows of a merged center stay with it. Her present center is never left out.
    """
    rows = Center.objects.filter(pk__in={row.center_id for row in versions_of(contact)})
    seen = {contact.center_id}
    left_out = []
    for center in rows.select_related("merged_into"):
        while center.merged_into is not None:
            center = center.merged_into
        if rights is None or center.pk in seen or rights.may_change(center):
            seen.add(center.pk)
        else:
            left_out.append(center)
    new = seen
    while new:
        merged = Center.objects.filter(merged_into__in=new)
        new = set(merged.values_list("pk", flat=True)) - seen
        seen = seen | new
    return seen, [center for center in dict.fromkeys(left_out) if center.pk not in seen]


def _rows(contact, searched):
    """(row, whether it is an old version) of the centers and of everything that belongs to them."""
    for row in Center.objects.filter(pk__in=searched):
        yield row, False
    for row in Center.history.filter(id__in=searched):
        yield row, True
    given = set()  # a link between two of them belongs to both
    for relation in Center._meta.related_objects:
        if not relation.one_to_many or relation.related_model is Center:
            continue
        model, link = relation.related_model, relation.field.attname
        mine = model._default_manager.filter(**{f"{link}__in": searched})
        rows = [(row, False) for row in (mine.exclude(pk=contact.pk) if model is Contact else mine)]
        if hasattr(model, "history") and model is not Contact:
            rows += [(row, True) for row in model.history.filter(**{f"{link}__in": searched})]
        for row, is_former in rows:
            if (row._meta.label, row.pk) not in given:
                given.add((row._meta.label, row.pk))
                yield row, is_former


def _texts(row):
    """(field, column or None, text) of all that is written in the row."""
    for field in row._meta.concrete_fields:
        if isinstance(field, models.CharField | models.TextField) and not field.choices:
            text = getattr(row, field.attname)
            if text and isinstance(text, str):  # else a date
                yield field, None, text
    if isinstance(row, CenterNote):
        field = row._meta.get_field("cells")
        for column, value in sorted(row.cells.items()):
            yield field, column, f"{column}: {value}"


def held_about(contact, *, rights=None):
    """All that the register holds about the person, as {heading: [{label: text}]} for a reader.

    Other persons' rows are left out, even where they name her, and so are texts that may name
    somebody else.
    """
    versions = versions_of(contact)
    fields = [
        field
        for field in Contact._meta.concrete_fields
        if field.name not in ("id", "center") and not field.name.endswith(("_earliest", "_latest"))
    ]

    def told(row):
        return {
            str(capfirst(field.verbose_name)): str(value)
            for field in fields
            if (value := getattr(row, field.attname)) not in (None, "")
        }

    return {
        "person": [
            {str(capfirst(Center._meta.verbose_name)): str(contact.center), **told(contact)}
        ],
        "versions": [
            {
                gettext("When"): f"{row.history_date:%Y-%m-%d %H:%M} UTC",
                gettext("What"): str(row.get_history_type_display()),
                **told(row),
            }
            for row in versions[1:]
        ],
        "mentions": [
            {gettext("Where"): mention.where, gettext("Text"): mention.text}
            for mention in mentions(contact, rights=rights)
            if mention.is_sure and mention.row._meta.model is not Contact
        ],
    }
