"""Who changed what: one timeline over a record and all its parts, newest first.

The rows of the history tables tell most of it. What has no such rows (statements on a status,
merges, photos) says itself how it is told: a function that yields `Event`s of a record, made
known with `@told_by(Model)`.
"""

import datetime
from dataclasses import dataclass, field

from babel.dates import format_date, format_time
from django.db.models import Q
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.text import Truncator, capfirst
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from centers.changes import Names, change_of, content_of, told_fields, words_of
from centers.dates import babel_locale

# One save writes a row for the fields, and one for each change of links to many.
ONE_SAVE = datetime.timedelta(seconds=5)
# By which field a part is called, the best first.
TITLES = (
    "title", "value", "name", "organisation", "project", "other", "center", "language", "as_of",
)  # fmt: skip
AN_IMPORT, THE_CENTER, THE_REGISTRY, UNKNOWN = "import", "center", "registry", "unknown"
_NOBODY = {
    AN_IMPORT: _("an import"),
    THE_CENTER: _("the center itself"),
    THE_REGISTRY: _("the registry"),
    UNKNOWN: _("unknown"),
}
PUT_BACK = "put back to "  # and the moment as ISO text
_SOURCES = {}


def told_by(model):
    """Decorates a function that yields the `Event`s of a record of the model.

    For models without history rows: `@told_by(Center)` before `def merges(center): yield …`.
    """

    def decorated(function):
        _SOURCES.setdefault(model, []).append(function)
        return function

    return decorated


def moment_in_words(at):
    """“November 24, 2026, 5:50 PM”, as the reader writes it; a day without an hour."""
    locale = babel_locale(get_language())
    if not isinstance(at, datetime.datetime):
        return format_date(at, format="long", locale=locale)
    at = timezone.localtime(at)
    day = format_date(at.date(), format="long", locale=locale)
    return f"{day}, {format_time(at.time(), format='short', locale=locale)}"


def reason_in_words(reason):
    """Why a row was written, for the reader; ours are translated, others stand as they are."""
    reason = reason or ""
    if reason == AN_IMPORT:
        return gettext("an import")
    if reason.startswith(PUT_BACK):
        at = parse_datetime(reason.removeprefix(PUT_BACK))
        return gettext("put back as it was before %s") % moment_in_words(at) if at else reason
    return reason


@dataclass(kw_only=True)
class Event:
    """Something that happened to a record or to a part of it.

    `at` is the moment, or a `datetime.date` where no hour is known. `user` is who did it;
    without one, `who` is AN_IMPORT, THE_CENTER, THE_REGISTRY or UNKNOWN. `kind` names the kind of
    part for the filter, `part` is its name, `did` a word or two on what happened and `content`
    the rest of the sentence. `link` is an address with its words; with `link_changes`, it is
    shown to those alone who may change the record.
    """

    at: object
    kind: str
    part: str
    did: str
    content: str = ""
    user: object = None
    who: str = UNKNOWN
    reason: str = ""
    link: tuple = ()
    link_changes: bool = False
    changes: list = field(default_factory=list)

    def want(self, names):
        """Say which names the words will need."""

    def describe(self, names):
        """Put it into words."""

    @property
    def moment(self):
        """`at` as a moment, to sort by; a day counts from its beginning."""
        if isinstance(self.at, datetime.datetime):
            return self.at
        return timezone.make_aware(datetime.datetime.combine(self.at, datetime.time.min))

    @property
    def when(self):
        return moment_in_words(self.at)

    @property
    def who_key(self):
        return str(self.user.pk) if self.user else self.who

    @property
    def who_words(self):
        if self.user is None:
            return str(_NOBODY[self.who])
        return self.user.get_full_name() or self.user.get_username()

    @property
    def reason_words(self):
        """Why, where `who_words` does not say it already."""
        said = self.user is None and self.reason == AN_IMPORT
        return "" if said else reason_in_words(self.reason)


@dataclass(frozen=True)
class Part:
    """A kind of rows that belong to a record; without links it is the record itself."""

    model: type
    links: tuple = ()  # fields that point to the record
    # Whether one that was added may be removed again: it is a mere part, and no person.
    is_removable: bool = False

    @property
    def kind(self):
        return self.model._meta.model_name

    @property
    def label(self):
        return str(self.model._meta.verbose_name)

    def rows(self, record):
        """The history rows of everything that belongs to the record, or did; oldest first."""
        pk = self.model._meta.pk.attname
        history = self.model.history.model._base_manager
        if not self.links:
            rows = history.filter(**{pk: record.pk})
        else:
            belongs = Q()
            for link in self.links:
                belongs |= Q(**{link: record.pk})
            # Of persons only what belongs here now: one who moved is no longer looked after here.
            private = getattr(self.model, "is_private", False)
            there = (self.model._base_manager if private else history).filter(belongs)
            rows = history.filter(**{f"{pk}__in": there.values("pk" if private else pk)})
        return rows.select_related("history_user").order_by("history_date", "history_id")


def parts_of(model, *, inlines=(), everything=False):
    """The record itself and the kinds of its parts that have a history.

    Parts are what names the link in `responsible` and what stands in `inlines` (models) on its
    page; with `everything`, all that points to it. A model that is `told_apart` has a function
    of its own (`told_by`), and is left out.
    """
    links = {}
    for relation in model._meta.related_objects:
        part = relation.related_model
        if relation.many_to_many or part is model or not hasattr(part, "history"):
            continue
        if getattr(part, "told_apart", False):
            continue
        name = relation.field.name
        if everything or part in inlines or getattr(part, "responsible", None) == name:
            links.setdefault(part, []).append(name)
    return [
        Part(model),
        *(
            Part(part, tuple(names), part in inlines and not getattr(part, "is_private", False))
            for part, names in links.items()
        ),
    ]


@dataclass(kw_only=True)
class RowEvent(Event):
    """An event of the history tables: a row added, changed or removed.

    `before` and `after` are what its fields held ({name: value}; None where there was no row),
    `latest` what they hold at the end of the history; `row` is the first history row of it.
    """

    source: Part
    row: object
    before: dict = None
    after: dict = None
    latest: dict = None
    did: str = ""

    @property
    def key(self):
        return f"{self.kind}-{self.row.history_id}"

    @property
    def pk(self):
        return getattr(self.row, self.source.model._meta.pk.attname)

    @property
    def fields(self):
        """The fields that changed; all where a row came or went."""
        told = told_fields(self.source.model)
        if self.before is None or self.after is None:
            return told
        return [each for each in told if self.before[each.name] != self.after[each.name]]

    @property
    def is_as_before(self):
        """Whether all of it is again as it was before, as far as the history knows."""
        if self.before is None or self.latest is None:
            return self.before is None and self.latest is None
        return all(self.latest[each.name] == self.before[each.name] for each in self.fields)

    @property
    def can_be_put_back(self):
        if self.is_as_before:
            return False
        if self.before is None:
            return self.row.history_type == "+" and self.source.is_removable
        return self.after is None or self.latest is not None

    def want(self, names):
        for each in told_fields(self.source.model):
            for values in (self.before, self.after):
                if values is not None:
                    names.want(each, values[each.name])

    def describe(self, names):
        self.part = self.part_in_words(names)
        if self.before is not None and self.after is not None:
            self.did = gettext("changed")
            self.changes = [
                change_of(each, self.before[each.name], self.after[each.name], names)
                for each in self.fields
            ]
            return
        if self.after is None:
            self.did = gettext("removed")
        elif self.row.history_type == "+":
            self.did = gettext("added")
        else:
            self.did = gettext("as it was when its history began")
        self.content = content_of(
            self.fields,
            self.after or self.before,
            names,
            without=self.source.links[:1] if len(self.source.links) == 1 else (),
        )

    def part_in_words(self, names):
        """“other name “Marcin””: which part it is, by what tells it from others."""
        label = capfirst(self.source.label)
        if not self.source.links:
            return label
        told = {each.name: each for each in told_fields(self.source.model)}
        values = self.after or self.before
        for name in TITLES:
            if name not in told or (name in self.source.links and len(self.source.links) == 1):
                continue
            if words := words_of(told[name], values[name], names):
                return f"{label} “{Truncator(words).chars(60)}”"
        return label


def _links_to_many(part, rows):
    """{history row: {field name: primary keys}} of the links to many; `rows` from old to new.

    A row that does not hold them (`LinksKept`) has those of the one before, or after.
    """
    history = part.model.history.model
    fields = history._history_m2m_fields
    found = {}
    for each in fields:
        kept = getattr(history, each.name).model._base_manager
        for row, pk in kept.filter(history__in=rows.order_by().values("history_id")).values_list(
            "history_id", f"{each.m2m_reverse_field_name()}_id"
        ):
            found.setdefault(row, {}).setdefault(each.name, set()).add(pk)
    links, latest, waiting = {}, {}, {}
    pk = part.model._meta.pk.attname
    for row in rows:
        record = getattr(row, pk)
        if fields and not getattr(row, "links_kept", True):
            links[row.history_id] = latest.get(record)
            if record not in latest:
                waiting.setdefault(record, []).append(row.history_id)
            continue
        held = found.get(row.history_id, {})
        latest[record] = {each.name: frozenset(held.get(each.name, ())) for each in fields}
        links[row.history_id] = latest[record]
        for earlier in waiting.pop(record, ()):
            links[earlier] = latest[record]
    nothing = {each.name: frozenset() for each in fields}
    return {row: values if values is not None else nothing for row, values in links.items()}


def _who(row):
    """Who wrote a history row without an account."""
    reason = (row.history_change_reason or "").lower()
    return AN_IMPORT if reason.startswith("import") else UNKNOWN


def _events_of(part, record):
    """The events of one kind of part, oldest first, as `RowEvent`."""
    told = told_fields(part.model)
    rows = part.rows(record)
    known = _links_to_many(part, rows)
    pk = part.model._meta.pk.attname
    lives = {}  # primary key: events, oldest first
    for row in rows:
        events = lives.setdefault(getattr(row, pk), [])
        last = events[-1] if events else None
        values = {each.name: getattr(row, each.attname) for each in told if not each.many_to_many}
        values |= known[row.history_id]
        if last and last.after is not None and _is_same_save(last, row, values, told):
            last.after = values
            continue
        before = last.after if last else None
        gone = row.history_type == "-"
        if gone and before is None:
            before = values
        events.append(
            RowEvent(
                at=row.history_date,
                kind=part.kind,
                part=part.label,
                user=row.history_user,
                who=_who(row),
                reason=row.history_change_reason or "",
                source=part,
                row=row,
                before=before,
                after=None if gone else values,
            )
        )
    for events in lives.values():
        for event in events:
            event.latest = events[-1].after
            if event.before != event.after and _concerns(event, record):
                yield event


def _is_same_save(event, row, values, told):
    """Whether the row only adds the links to many of the save that the event tells of."""
    return (
        row.history_type == "~"
        and row.history_user_id == event.row.history_user_id
        and row.history_change_reason == event.row.history_change_reason
        and row.history_date - event.row.history_date <= ONE_SAVE
        and all(
            values[each.name] == event.after[each.name] for each in told if not each.many_to_many
        )
    )


def _concerns(event, record):
    """Whether the part belonged to the record before or after."""
    links = event.source.links
    return not links or any(
        values is not None and values[link] == record.pk
        for values in (event.before, event.after)
        for link in links
    )


def events_of(record, parts):
    """All events of the record and its parts, newest first; not yet in words (`describe`)."""
    events = []
    for part in parts:
        events.extend(_events_of(part, record))
    for tell in _SOURCES.get(type(record), ()):
        events.extend(tell(record))
    events.reverse()  # of two at one moment, the later row stands first
    return sorted(events, key=lambda event: event.moment, reverse=True)


def describe(events):
    """Put the events into words, reading each model's names once."""
    names = Names()
    for event in events:
        event.want(names)
    names.read()
    for event in events:
        event.describe(names)
