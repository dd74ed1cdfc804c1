"""A report comes in: kept with what the register held at that moment, and nothing is public yet."""

import json

from django.db import transaction
from django.utils.crypto import salted_hmac

from centers.models import Report, ReportPart, ReportStep
from centers.models.base import key_of
from centers.reports.parts import PARTS

LONGEST_TEXT = 5000  # letters


@transaction.atomic
def receive(center, subject, *, told=None, **values):
    """Keep what somebody told us; returns the `Report`, which waits.

    `told` are the parts that it would change ({field of a `parts.Part`: value}); `values` are
    fields of `Report`: origin, text, email, language, sender_mark, contact, is_urgent; and `key`,
    where the same thing told twice is to be one report (`key_of_words`).
    """
    report = Report.objects.create(center=center, subject=subject, **values)
    add_parts(report, told or {})
    step(report, ReportStep.What.RECEIVED)
    return report


def add_parts(report, told):
    """Keep what the report would change beside what is held now; for parts that need to know more
    than the report itself, such as its story."""
    ReportPart.objects.bulk_create(
        ReportPart(report=report, field=field, held=PARTS[field].held(report), told=value)
        for field, value in told.items()
    )


def key_of_words(*words):
    """A key that the same words (whatever JSON can hold) always get, and nobody can guess.

    The database keeps it once: what is sent twice is kept once, also at the same moment.
    """
    digest = salted_hmac("centers.reports", json.dumps(words), algorithm="sha256").digest()
    return key_of(int.from_bytes(digest))


def step(report, what, *, text="", by=None):
    """Note that something was done with the report."""
    return report.steps.create(what=what, text=text, by=by)
