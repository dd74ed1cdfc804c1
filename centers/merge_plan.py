"""What a merge of two centers would do: what points to a center, what moves, what would stay.

Reads only. `centers.merging` does it, and takes it back.
"""

import hashlib
import re
from dataclasses import dataclass, field
from functools import cache

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.text import capfirst
from django.utils.translation import ngettext
from simple_history.models import HistoricalChanges

from centers.models import (
    Center,
    CenterLink,
    CenterMerge,
    CenterName,
    Contact,
    MatchKey,
    NotDuplicate,
    StatusEntry,
)

# Derived, or about the pair itself.
_LEFT_ALONE = (MatchKey, NotDuplicate, CenterMerge)
# Facts that belong to another: they are taken together, under the first one's name.
_COMPANIONS = {"latitude": ("longitude",), "source": ("source_page",)}
_NEVER_TAKEN = {"slug"}
# From the most open to the most private.
_PRECISIONS = [
    Center.Precision.EXACT,
    Center.Precision.DISTRICT,
    Center.Precision.TOWN,
    Center.Precision.WITHHELD,
]


# --- What points to a center -----------------------------------------------------------------


def links_to_centers():
    """Every foreign key by which rows of any app point to a center, as Django's fields."""
    for relation in Center._meta.get_fields(include_hidden=True):
        if not relation.auto_created or relation.concrete or relation.many_to_many:
            continue
        model = relation.related_model
        if model not in _LEFT_ALONE and not issubclass(model, HistoricalChanges):
            yield relation.field


def name_of(link):
    return f"{link.model._meta.label}.{link.name}"


def label_of(link, number=2):
    """What the rows behind the link are called; for a table between, what it leads to."""
    model = link.model
    if model._meta.auto_created:
        model = _other_links(link)[0].related_model
    if model is Center:
        return ngettext(
            "center that was merged into it", "centers that were merged into it", number
        )
    label = str(model._meta.verbose_name if number == 1 else model._meta.verbose_name_plural)
    if link.name != "center" and any(each.related_model is Center for each in _other_links(link)):
        return f"{label} ({link.verbose_name})"
    return label


def shown(link, row):
    """The row in words, as seen from its center."""
    if row._meta.auto_created:
        return str(next(getattr(row, each.name) for each in _other_links(link)))
    # Persons have no name in logs; here she is shown to those alone who may see her.
    text = row.name if isinstance(row, Contact) else str(row)
    if link.model is CenterLink:
        return text
    text = text.removeprefix(str(getattr(row, link.name))).strip(" ,:")
    # What it belongs to beside the center (a project), and what str leaves out.
    belongs = [str(getattr(row, each.name)) for each in _other_links(link) if not each.null]
    details = [
        str(value)
        for name in ("according_to", "began")
        if (value := getattr(row, name, None)) not in (None, "")
    ]
    return " · ".join([*(each for each in belongs if each not in text), text, *details])


def _other_links(link):
    """The foreign keys of the link's model beside it."""
    return [
        each
        for each in link.model._meta.fields
        if isinstance(each, models.ForeignKey) and each.name != link.name
    ]


def rows_of(link, center):
    """The rows that point to the center by the link, in a fixed order."""
    rows = link.model._base_manager.filter(**{link.name: center.pk}).order_by("pk")
    return list(rows.select_related(*(each.name for each in [link, *_other_links(link)])))


@cache
def _is_constrained(link):
    """Whether a constraint of the database speaks of the link; without one, anything fits."""
    model = link.model
    named = re.compile(rf"\b{link.name}(_id|__\w+)?\b")
    return (
        link.unique
        or any(link.name in group for group in model._meta.unique_together)
        or any(named.search(repr(constraint)) for constraint in model._meta.constraints)
    )


def fits(row, link, center):
    """Whether the row could point to the center: it breaks no constraint, and is not there."""
    if not _is_constrained(link) and not isinstance(row, StatusEntry):
        return True
    before = getattr(row, link.attname)
    setattr(row, link.attname, center.pk)
    single = {each.name for each in row._meta.fields if each.unique and each is not link}
    try:
        row.validate_unique(exclude=single)
        row.validate_constraints()
    except ValidationError:
        return False
    else:
        return not (isinstance(row, StatusEntry) and _is_said_already(row))
    finally:
        setattr(row, link.attname, before)


def _is_said_already(entry):
    """Whether the entry's center has a statement that says the very same, from the same time."""
    alike = StatusEntry.objects.filter(
        **{
            each.attname: getattr(entry, each.attname)
            for each in StatusEntry._meta.concrete_fields
            if each.name not in ("id", "key", "recorded_at", "recorded_by", "via")
        }
    ).exclude(pk=entry.pk)
    return any(each.cause_weights == entry.cause_weights for each in alike)


@dataclass
class Group:
    """The rows behind one link: those that move, and those that stay because they are there."""

    link: models.Field
    moving: list = field(default_factory=list)
    staying: list = field(default_factory=list)

    @property
    def label(self):
        return capfirst(label_of(self.link, len(self.moving) + len(self.staying)))

    @property
    def moving_in_words(self):
        return [shown(self.link, row) for row in self.moving]

    @property
    def staying_in_words(self):
        return [shown(self.link, row) for row in self.staying]


# --- Facts on the center itself --------------------------------------------------------------


@dataclass(frozen=True)
class Fact:
    """What the two records say on one thing: a field, or two that belong together."""

    name: str
    label: str
    kept: tuple
    merged: tuple
    kept_in_words: str
    merged_in_words: str
    is_new: bool  # the one that stays says nothing on it
    is_taken: bool  # what is proposed


def columns_of(name):
    return (name, *_COMPANIONS.get(name, ()))


def _value(center, column):
    return getattr(center, Center._meta.get_field(column).attname)


def fact_label(name):
    """What a fact is called, with those that belong to it: “Latitude, longitude”."""
    labels = [str(Center._meta.get_field(column).verbose_name) for column in columns_of(name)]
    return capfirst(", ".join(labels))


def _in_words(center, name):
    model_field = Center._meta.get_field(name)
    if model_field.choices:
        return str(getattr(center, f"get_{name}_display")())
    values = [getattr(center, column) for column in columns_of(name)]
    if hasattr(values[0], "in_words"):
        return values[0].in_words()
    return ", ".join(str(value) for value in values if value not in (None, ""))


def fact_names():
    """The names of the facts that a center can take from another; the source comes last."""
    companions = {each for group in _COMPANIONS.values() for each in group}
    names = [
        each.name
        for each in Center._meta.concrete_fields
        if each.editable and not each.primary_key and each.name not in _NEVER_TAKEN | companions
    ]
    return sorted(names, key=lambda name: name == "source")


def facts(keep, merge):
    """What the two records say, fact by fact, those on which they agree included."""
    told = []
    for name in fact_names():
        kept, merged = (
            tuple(_value(center, column) for column in columns_of(name)) for center in (keep, merge)
        )
        is_empty = [values[0] in (None, "") for values in (kept, merged)]
        is_new = is_empty[0] and not is_empty[1]
        told.append(
            Fact(
                name=name,
                label=fact_label(name),
                kept=kept,
                merged=merged,
                kept_in_words=_in_words(keep, name),
                merged_in_words=_in_words(merge, name),
                is_new=is_new,
                is_taken=is_new or (name == "precision" and _is_more_private(merge, keep)),
            )
        )
    return told


def _is_more_private(one, other):
    return _PRECISIONS.index(one.precision) > _PRECISIONS.index(other.precision)


# --- The plan --------------------------------------------------------------------------------


class Plan:
    """What a merge of `merge` into `keep` would do; reads only."""

    def __init__(self, *, keep, merge):
        self.keep, self.merge = keep, merge
        self.facts = facts(keep, merge)
        self.groups = []
        for link in links_to_centers():
            group = Group(link)
            for row in rows_of(link, merge):
                (group.moving if fits(row, link, keep) else group.staying).append(row)
            if group.moving or group.staying:
                self.groups.append(group)

    @property
    def open_facts(self):
        """Facts on which the one that goes says something that the one that stays does not."""
        return [
            fact
            for fact in self.facts
            if fact.merged != fact.kept and any(value not in (None, "") for value in fact.merged)
        ]

    @property
    def proposed(self):
        """The names of the facts that are taken unless somebody decides otherwise."""
        return {fact.name for fact in self.facts if fact.is_taken}

    @property
    def staying(self):
        return [group for group in self.groups if group.staying]

    @property
    def fingerprint(self):
        """A text that is another one as soon as anything of what is planned is."""
        seen = [
            self.keep.pk,
            self.merge.pk,
            [(fact.name, fact.kept, fact.merged) for fact in self.facts],
            [
                (name_of(group.link), [row.pk for row in rows])
                for group in self.groups
                for rows in (group.moving, group.staying)
            ],
        ]
        return hashlib.sha256(repr(seen).encode()).hexdigest()

    def aliases(self, taken):
        """The names that the center that stays must be found by as well."""
        stays = self.merge.name if "name" in taken else self.keep.name
        known = {stays, *self.keep.names.values_list("value", flat=True)}
        for group in self.groups:
            if group.link.model is CenterName:
                known |= {row.value for row in group.moving}
        return sorted({self.keep.name, self.merge.name} - known)
