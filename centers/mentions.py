"""Where a contact person is named beside her own row, and all that is held about her."""

from dataclasses import dataclass

from django.db import models
from django.utils.text import capfirst
from django.utils.translation import gettext

from centers.folding import light
from centers.models import Center, Contact, StatusEntry

# Fewer digits may be a year or a sum, fewer letters a word of everyday language.
MIN_DIGITS, MIN_LETTERS = 7, 4


@dataclass(frozen=True)
class Mention:
    """A text of a center's page or desk in which the person may be named.

    `is_sure`: her full name, mail address or telephone stands there; otherwise a part of her name.
    `is_former`: it stands in an old version, which the history keeps.
    """

    row: models.Model
    field: models.Field
    text: str
    is_sure: bool
    is_former: bool = False

    @property
    def token(self):
        """By what a form names it."""
        return f"{self.row._meta.model_name}-{self.row.pk}-{self.field.name}"

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
        return self.is_former or (isinstance(self.row, StatusEntry) and self.field.name == "note")

    def remove(self, *, by):
        """Take the words out: of a statement its note, of the history the old version."""
        if self.is_former:
            self.row.delete()
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


def mentions(contact):
    """The mentions of the person in her center's record and all its parts, sure ones first."""
    traces = Traces(versions_of(contact))
    found = []
    for row, is_former in _rows(contact):
        for field in row._meta.concrete_fields:
            if type(field) not in (models.CharField, models.TextField) or field.choices:
                continue
            text = getattr(row, field.attname) or ""
            is_sure = traces.in_text(text) if text else None
            if is_sure is not None:
                found.append(Mention(row, field, text, is_sure, is_former))
    return sorted(found, key=lambda mention: (not mention.is_sure, mention.is_former))


def _rows(contact):
    """(row, whether it is an old version) of the center and of everything that belongs to it."""
    yield contact.center, False
    for row in Center.history.filter(id=contact.center_id):
        yield row, True
    for relation in Center._meta.related_objects:
        if not relation.one_to_many or relation.related_model is Center:
            continue
        model, link = relation.related_model, relation.field.name
        mine = model._default_manager.filter(**{link: contact.center_id})
        for row in mine.exclude(pk=contact.pk) if model is Contact else mine:
            yield row, False
        if hasattr(model, "history") and model is not Contact:
            for row in model.history.filter(**{f"{link}_id": contact.center_id}):
                yield row, True


def held_about(contact):
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
            for mention in mentions(contact)
            if mention.is_sure and mention.row._meta.model is not Contact
        ],
    }
