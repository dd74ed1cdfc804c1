"""What changed in a record, in words: each field with what it said before and says after."""

import datetime
import decimal
import difflib
from dataclasses import dataclass, field

from babel.dates import format_date
from django.db import models
from django.utils.formats import number_format
from django.utils.html import format_html, format_html_join
from django.utils.text import Truncator, capfirst
from django.utils.translation import get_language, gettext

from centers.dates import PartialDate, babel_locale
from centers.models.base import LanguageField, language_name

# Fields that no form shows, and that a reader of the history wants to know all the same.
TOLD_ALTHOUGH_FIXED = frozenset({"merged_into"})
# What is told after the rest.
LAST = frozenset({"slug", "source", "source_page"})
LONG = 60  # letters from which on two texts are compared word by word
MANY_WORDS = 4000  # from which on comparing would keep her waiting
CONTEXT = 8  # words shown around a changed one


def told_fields(model):
    """The fields of the model of which a history tells: what people edit, links to many too."""
    history = model.history.model
    followed = {each.attname for each in history.tracked_fields}
    single = [
        each
        for each in model._meta.concrete_fields
        if each.attname in followed
        and not each.primary_key
        and (each.editable or each.name in TOLD_ALTHOUGH_FIXED)
    ]
    single.sort(key=lambda each: each.name in LAST)
    return [*single, *history._history_m2m_fields]


@dataclass
class Names:
    """Names of the rows that values point to, read in one query a model."""

    wanted: dict = field(default_factory=dict)  # {model: {primary keys}}
    known: dict = field(default_factory=dict)  # {model: {primary key: words}}

    def want(self, model_field, value):
        """Remember that the value of the field will be asked for."""
        if model_field.many_to_many:
            self.wanted.setdefault(model_field.related_model, set()).update(value or ())
        elif model_field.is_relation and value is not None:
            self.wanted.setdefault(model_field.related_model, set()).add(value)

    def read(self):
        for model, pks in self.wanted.items():
            rows = model._default_manager.all()
            for annotated in ("with_names", "with_texts"):
                if hasattr(rows, annotated):
                    rows = getattr(rows, annotated)()
            self.known[model] = {row.pk: str(row) for row in rows.filter(pk__in=pks)}

    def of(self, model, pk):
        return self.known.get(model, {}).get(pk) or gettext("something that is no longer there")


def words_of(model_field, value, names):
    """The value of a field as a reader says it; "" where there is none."""
    if value is None or value == "" or value == frozenset():
        return ""
    if model_field.many_to_many:
        return ", ".join(sorted(names.of(model_field.related_model, pk) for pk in value))
    if model_field.is_relation:
        return names.of(model_field.related_model, value)
    if model_field.choices:
        return str(dict(model_field.flatchoices).get(value, value))
    if isinstance(model_field, models.BooleanField):
        return gettext("yes") if value else gettext("no")
    if isinstance(value, PartialDate):
        return value.in_words()
    if isinstance(value, datetime.date):
        return format_date(value, format="long", locale=babel_locale(get_language()))
    if isinstance(value, decimal.Decimal):
        return number_format(decimal.Decimal(f"{value.normalize():f}"))
    if isinstance(model_field, LanguageField):
        return language_name(value)
    return str(value)


@dataclass
class Change:
    """One field: `old` and `new` in words, or `compared` word by word, or what was `added` and
    `removed` where it links to many."""

    name: str
    label: str
    old: str = ""
    new: str = ""
    compared: str = ""
    added: tuple = ()
    removed: tuple = ()


def change_of(model_field, before, after, names):
    """The change of one field between two values that differ."""
    change = Change(model_field.name, capfirst(str(model_field.verbose_name)))
    if model_field.many_to_many:
        model = model_field.related_model
        before, after = frozenset(before or ()), frozenset(after or ())
        change.added = tuple(sorted(names.of(model, pk) for pk in after - before))
        change.removed = tuple(sorted(names.of(model, pk) for pk in before - after))
        return change
    change.old, change.new = (words_of(model_field, value, names) for value in (before, after))
    texts = isinstance(model_field, (models.CharField, models.TextField))
    if texts and change.old and change.new and max(len(change.old), len(change.new)) > LONG:
        change.compared = compared(change.old, change.new)
    return change


def compared(old, new):
    """Two texts word by word, as HTML with <del> and <ins>; what stayed the same is shortened."""
    before, after = old.split(), new.split()
    if before == after:
        return gettext("only blanks and line breaks changed")
    if len(before) + len(after) > MANY_WORDS:
        shortened = (Truncator(text).chars(300) for text in (old, new))
        return format_html("<del>{}</del> <ins>{}</ins>", *shortened)
    parts = []
    steps = difflib.SequenceMatcher(None, before, after).get_opcodes()
    for index, (what, i1, i2, j1, j2) in enumerate(steps):
        if what == "equal":
            parts.append(("{}", _shortened(before[i1:i2], index == 0, index == len(steps) - 1)))
            continue
        if i2 > i1:
            parts.append(("<del>{}</del>", before[i1:i2]))
        if j2 > j1:
            parts.append(("<ins>{}</ins>", after[j1:j2]))
    marked = [format_html(tag, " ".join(words)) for tag, words in parts]
    return format_html_join(" ", "{}", [(each,) for each in marked])


def _shortened(words, is_first, is_last):
    """The words beside the changed ones, of a run that stayed the same."""
    if is_first and len(words) > CONTEXT:
        return ["…", *words[-CONTEXT:]]
    if is_last and len(words) > CONTEXT:
        return [*words[:CONTEXT], "…"]
    if not (is_first or is_last) and len(words) > 2 * CONTEXT:
        return [*words[:CONTEXT], "…", *words[-CONTEXT:]]
    return words


def content_of(fields, values, names, *, without=()):
    """All that a row says, on one line: “Name: Marcin · Kind: alias”."""
    told = []
    for each in fields:
        words = words_of(each, values.get(each.name), names)
        default = not each.many_to_many and isinstance(each, models.BooleanField)
        if words and each.name not in without and not (default and not values.get(each.name)):
            told.append((capfirst(str(each.verbose_name)), Truncator(words).chars(120)))
    return format_html_join(" · ", "{}: {}", told)
