"""Persons and photos that are erased, the ledger of it, and repeating it after a restore."""

import json

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import transaction

from centers.gallery import picture_models, withdraw_picture
from centers.mentions import versions_of
from centers.models import Center, Contact, Erasure
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
    locked.delete()
    return line


@transaction.atomic
def repeat():
    """Erase again what the ledger says was erased; returns {kind: number of rows}.

    For a register into which an older copy was restored or loaded.
    """
    erased = set(Erasure.objects.values_list("key", flat=True))
    again = dict.fromkeys(Erasure.Kind.values, 0)
    if not erased:
        return again
    for contact in Contact.objects.order_by("pk"):
        if ledger_key(contact) in erased:
            erase_contact(contact, reason=Erasure.Reason.OTHER, by=None)
            again[Erasure.Kind.CONTACT] += 1
    for version in Contact.history.order_by("pk"):
        if ledger_key(version) in erased:
            version.delete()
    for model in picture_models():
        for picture in model.objects.order_by("pk"):
            if ledger_key(picture) in erased:
                withdraw_picture(picture, reason=Erasure.Reason.OTHER, by=None)
                again[Erasure.Kind.PHOTO] += 1
    return again


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
