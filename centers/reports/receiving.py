"""A report comes in: kept with what the register held at that moment, and nothing is public yet."""

from django.db import transaction

from centers.models import Report, ReportPart, ReportStep
from centers.reports.parts import PARTS

LONGEST_TEXT = 5000  # letters


@transaction.atomic
def receive(center, subject, *, told=None, **values):
    """Keep what somebody told us; returns the `Report`, which waits.

    `told` are the parts that it would change ({field of a `parts.Part`: value}); `values` are
    fields of `Report`: origin, text, email, language, sender_mark, contact, is_urgent.
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


def step(report, what, *, text="", by=None):
    """Note that something was done with the report."""
    return report.steps.create(what=what, text=text, by=by)
