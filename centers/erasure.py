"""Who and what is erased for good, the ledger of it, and repeating it after a restore."""

import json

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import Q

from centers.gallery import picture_models, remove_withdrawn_files, withdraw_picture
from centers.mentions import versions_of
from centers.models import Center, Contact, Erasure, Report
from centers.models.erasures import ledger_key


@transaction.atomic
def erase_contact(contact, *, reason, by, remove=()):
    """Erase a person: her row, its history, her name in the admin's log; a line stays.

    `reason` is one of `Erasure.Reason`; `remove` are mentions (`centers.mentions`) whose words go
    as well. Returns the line of the ledger, also when somebody else was faster.
    """
    locked = (
        Contact.objects.select_for_update(of=["self"])
        .select_related("center")
        .filter(pk=contact.pk)
        .first()
    )
    if locked is None:
        return Erasure.objects.covering(contact).first()
    for mention in remove:
        mention.remove(by=by)
    line, _new = Erasure.objects.get_or_create(
        key=ledger_key(locked),
        defaults={
            "kind": Erasure.Kind.CONTACT,
            "center": locked.center.public_id,
            "reason": reason,
            "by": by,
        },
    )
    _forget_in_log(locked)
    _forget_in_reports(locked)
    locked.delete()
    return line


def _forget_in_reports(contact):
    """Take her mail address out of what she has reported."""
    hers = Q(contact=contact)
    if contact.email:
        hers |= Q(center=contact.center_id, email__iexact=contact.email)
    Report.objects.filter(hers).exclude(email="").update(email="")


# {model: (kind, what erases a row of it)}; pictures of all kinds are looked through as well.
_ERASED = {}


def register(model, kind, erase):
    """Make it known that rows of the model are erased by `erase(row, reason=…, by=…)`, and are
    erased again when an older copy brings them back; apps above this one call it."""
    _ERASED[model] = (kind, erase)


def _all_kinds():
    pictures = ((model, (Erasure.Kind.PHOTO, withdraw_picture)) for model in picture_models())
    return {**_ERASED, **dict(pictures)}


register(Contact, Erasure.Kind.CONTACT, erase_contact)


@transaction.atomic
def repeat():
    """Erase again what the ledger says was erased; returns {kind: number of rows}.

    For a register into which an older copy was restored or loaded. Files of withdrawn pictures
    that an older copy of the folder brought back go as well.
    """
    again = dict.fromkeys(Erasure.Kind.values, 0)
    for model, (kind, erase) in _all_kinds().items():
        for row in _erased_rows(model.objects):
            erase(row, reason=Erasure.Reason.OTHER, by=None)
            again[kind] += 1
        for version in _erased_rows(model.history) if hasattr(model, "history") else ():
            version.delete()
    transaction.on_commit(remove_withdrawn_files)
    return again


def returned():
    """Yields the rows that are there although they stand in the ledger."""
    for model in _all_kinds():
        yield from _erased_rows(model.objects)


def _erased_rows(rows):
    """The rows that stand in the ledger, of a manager of a model or of its old versions."""
    erased = set(Erasure.objects.values_list("key", flat=True))
    return [row for row in rows.order_by("pk") if ledger_key(row) in erased] if erased else []


def _forget_in_log(contact):
    """Write the neutral text where the admin's log names the person, or named her once.

    Her rows are of her; those of her center name her where she was added or changed on its page.
    """
    neutral = str(contact)
    kinds = ContentType.objects.get_for_models(Contact, Center)
    hers = LogEntry.objects.filter(content_type=kinds[Contact], object_id=str(contact.pk))
    hers.update(object_repr=neutral)
    versions = versions_of(contact)
    names = {row.name for row in versions}
    pages = LogEntry.objects.filter(
        content_type=kinds[Center],
        object_id__in={str(row.center_id) for row in versions},
        change_message__startswith="[",
    )
    for entry in pages.order_by("pk"):
        try:
            told = json.loads(entry.change_message)
        except ValueError:
            continue
        named = [
            each
            for item in told
            for each in item.values()
            if isinstance(each, dict) and each.get("object") in names
        ]
        if named:
            for each in named:
                each["object"] = neutral
            entry.change_message = json.dumps(told)
            entry.save(update_fields=["change_message"])
