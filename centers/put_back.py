"""Putting a record or a part of it back as it was before something that its history tells."""

import hashlib
from dataclasses import dataclass

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError, RestrictedError
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from centers import search
from centers.changes import Names, change_of, told_fields, words_of
from centers.models.base import Slugged
from centers.rights import rights_of
from centers.timeline import PUT_BACK


class DoneAlready(Exception):
    """It is as it was before: somebody, or the same person, was faster."""


class ChangedMeanwhile(Exception):
    """What is there now is not what she was shown."""


@dataclass
class Step:
    """One field: what it says `now`, and what it said before (`then`), in words."""

    name: str
    change: object  # from now to then, as a `centers.changes.Change`
    # Whether it was changed again since; `after` is what the event had made of it.
    is_conflict: bool
    after: str = ""


@dataclass
class Plan:
    """What putting back would do: `kind` is "change", "restore" or "remove"."""

    kind: str
    steps: list
    seen: str  # tells whether what is there is still what she was shown
    withheld: list  # labels of fields that are not hers to put back
    changed_since: bool = False


def _present(event, *, lock=False):
    """The row that the event speaks of as it is now, or None."""
    rows = event.source.model._base_manager.all()
    if lock:
        rows = rows.select_for_update()
    return rows.filter(pk=event.pk).first()


def _values(row, fields):
    return {
        each.name: frozenset(getattr(row, each.name).values_list("pk", flat=True))
        if each.many_to_many
        else getattr(row, each.attname)
        for each in fields
    }


def _digest(values):
    told = [
        (name, sorted(map(str, value)) if isinstance(value, frozenset) else str(value))
        for name, value in sorted((values or {}).items())
    ]
    return hashlib.sha256(repr(told).encode()).hexdigest()[:32]


def _kind(event):
    if event.before is None:
        return "remove"
    return "restore" if event.after is None else "change"


def _same_key(event):
    """Rows that stand for the removed one already, by its permanent key."""
    model = event.source.model
    key = getattr(event.row, "key", None)
    if key is None:
        return model._base_manager.none()
    return model._base_manager.filter(key=key)


def plan(event, *, fixed=()):
    """What putting back before the event would do now; `fixed` fields are not hers to change.

    Raises `DoneAlready` where it would do nothing.
    """
    kind, row = _kind(event), _present(event)
    fields = told_fields(event.source.model)
    if kind == "restore":
        if row is not None or _same_key(event).exists():
            raise DoneAlready
        return Plan(kind, [], _digest(event.before), [])
    if row is None:
        if kind == "remove":
            raise DoneAlready
        raise ValidationError(
            _("It was removed since. Put it back as it was before it was removed, then this.")
        )
    now = _values(row, fields)
    if kind == "remove":
        return Plan(kind, [], _digest(now), [], changed_since=now != event.after)
    names = Names()
    for each in event.fields:
        for value in (now[each.name], event.before[each.name], event.after[each.name]):
            names.want(each, value)
    names.read()
    steps, withheld = [], []
    for each in event.fields:
        then = event.before[each.name]
        if now[each.name] == then:
            continue
        if each.name in fixed or not each.editable:
            withheld.append(capfirst(str(each.verbose_name)))
            continue
        steps.append(
            Step(
                each.name,
                change_of(each, now[each.name], then, names),
                now[each.name] != event.after[each.name],
                words_of(each, event.after[each.name], names),
            )
        )
    if not steps and not withheld:
        raise DoneAlready
    return Plan(kind, steps, _digest(now), withheld)


@transaction.atomic
def put_back(event, *, record, fields=(), fixed=(), seen="", by):
    """Put back what the event changed: the named `fields`, a removed row, or an added one.

    `record` is the one whose history tells of the event, `seen` the `Plan.seen` that she decided
    on. Returns the row (unsaved where it was removed).
    Raises `DoneAlready`, `ChangedMeanwhile`, `PermissionDenied`, or `ValidationError` in words
    for her where what was cannot be again.
    """
    kind = _kind(event)
    # Two people at once: the second waits here for the first.
    type(record)._base_manager.select_for_update().filter(pk=record.pk).first()
    row = _present(event, lock=True)
    if kind == "restore":
        if row is not None or _same_key(event).exists():
            raise DoneAlready
        return _restore(event, by=by)
    if row is None:
        if kind == "remove":
            raise DoneAlready
        raise ValidationError(_("It was removed since. Put that back first."))
    if not rights_of(by).may_change(row):
        raise PermissionDenied
    told = told_fields(event.source.model)
    now = _values(row, told)
    if kind == "remove":
        if _digest(now) != seen:
            raise ChangedMeanwhile
        return _remove(event, row, by=by)
    chosen = [
        each
        for each in event.fields
        if each.name in fields and each.name not in fixed and each.editable
    ]
    if all(now[each.name] == event.before[each.name] for each in chosen or event.fields):
        raise DoneAlready
    if _digest(now) != seen:
        raise ChangedMeanwhile
    if not chosen:
        raise ValidationError(_("Choose at least one field to put back."))
    former_owners = _found_by(row)
    for each in chosen:
        if not each.many_to_many:
            setattr(row, each.attname, event.before[each.name])
    _check(row, by)
    if isinstance(row, Slugged):
        row.keep_former_slug()
    _sign(row, event, by)
    row.save()
    for each in chosen:
        if each.many_to_many:
            present = each.related_model._base_manager.filter(pk__in=event.before[each.name])
            getattr(row, each.name).set(present)
    _reindex(former_owners | _found_by(row))
    return row


def _restore(event, *, by):
    """Make the removed row anew, with its key and its number."""
    model = event.source.model
    kept = {each.attname for each in model.history.model.tracked_fields}
    row = model(
        **{
            each.attname: getattr(event.row, each.attname)
            for each in model._meta.concrete_fields
            if each.attname in kept
        }
    )
    _check(row, by)
    _sign(row, event, by)
    row.save(force_insert=True)
    for each in model.history.model._history_m2m_fields:
        present = each.related_model._base_manager.filter(pk__in=event.before[each.name])
        getattr(row, each.name).set(present)
    _reindex(_found_by(row))
    return row


def _remove(event, row, *, by):
    """Take a part that was added away again; it can be put back in its turn."""
    if not event.source.is_removable:
        raise PermissionDenied
    _sign(row, event, by)
    owners = _found_by(row)
    try:
        row.delete()
    except (ProtectedError, RestrictedError):
        raise ValidationError(
            _("Other records of the register need it. It cannot be removed.")
        ) from None
    _reindex(owners)
    return row


def _check(row, by):
    """Ask the model and its constraints, and the rights to what would be."""
    for each in row._meta.concrete_fields:
        pk = getattr(row, each.attname) if each.is_relation and each.editable else None
        if pk is None:
            continue
        other = each.related_model._base_manager.filter(pk=pk).first()
        if other is None:
            raise ValidationError({each.name: _("What stood here is no longer in the register.")})
        if getattr(other, "merged_into_id", None) is not None:
            raise ValidationError(
                {each.name: _("“%s” was merged into another record, which stands for it.") % other}
            )
    row.full_clean()
    if not rights_of(by).may_change(row):
        raise ValidationError(_("This is outside of your countries and networks."))


def _sign(row, event, by):
    row._history_user = by
    row._change_reason = f"{PUT_BACK}{event.moment.isoformat()}"


def _found_by(row):
    """{(kind, primary key)} of the records that are found by the words of the row."""
    found = set()
    if kind := search.kind_of(type(row)):
        found.add((kind, row.pk))
    for each in row._meta.concrete_fields:
        if each.is_relation and each.name == getattr(row, "responsible", each.name):
            kind, pk = search.kind_of(each.related_model), getattr(row, each.attname)
            if kind and pk is not None:
                found.add((kind, pk))
    return found


def _reindex(found):
    for kind, pk in sorted(found):
        search.reindex(kind, [pk])


def refused_in_words(error, model):
    """The sentences of a refusal: each field's with its label before it."""
    if isinstance(error, IntegrityError):
        return [_("The register does not allow it as it is now.")]
    if not hasattr(error, "error_dict"):
        return list(error.messages)
    labels = {each.name: capfirst(str(each.verbose_name)) for each in model._meta.fields}
    return [
        f"{labels[name]}: {sentence}" if name in labels else sentence
        for name, sentences in error.message_dict.items()
        for sentence in sentences
    ]
