"""What is told to us is not kept for ever: addresses and words go, the outcome stays.

The periods stand on the page on privacy.
"""

import datetime

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from centers.models import Report, ReportPart, ReportStep

ADDRESS_DAYS = 90  # after it was decided
UNDECIDED_DAYS = 730  # after it came, for the address of one that nobody has decided
WORDS_DAYS = 365  # after it was decided
MARK_DAYS = 30  # after it came
# Steps whose text is what somebody wrote, or who did it; in others it says what was done.
WRITTEN = [
    ReportStep.What.ASSIGNED,
    ReportStep.What.ASKED,
    ReportStep.What.ANSWERED,
    ReportStep.What.ACCEPTED,
    ReportStep.What.DECLINED,
]


def forget_address(report):
    """Forget, at her wish, the address of whoever reported: no mail goes to it any more."""
    report.email = ""
    report.save(update_fields=["email"])


@transaction.atomic
def forget_old(*, at=None):
    """Forget what has been kept for long enough at the moment `at` (now, if not given).

    Addresses, the words of reports and of their steps, values of parts, and marks of connections;
    what was decided, when and why stays, and so does its receipt. Returns how many reports lost
    their (address, words, mark).
    """
    at = at or timezone.now()

    def before(days):
        return at - datetime.timedelta(days)

    addresses = Report.objects.exclude(email="").filter(
        Q(decided_at__lt=before(ADDRESS_DAYS))
        | Q(decided_at=None, received_at__lt=before(UNDECIDED_DAYS))
    )
    old = Report.objects.filter(decided_at__lt=before(WORDS_DAYS))
    parts = ReportPart.objects.filter(report__in=old)
    parts.exclude(told=None, held=None).update(told=None, held=None)
    steps = ReportStep.objects.filter(report__in=old, what__in=WRITTEN)
    steps.exclude(text="").update(text="")
    marks = Report.objects.exclude(sender_mark="").filter(received_at__lt=before(MARK_DAYS))
    return (
        addresses.update(email=""),
        old.exclude(text="").update(text=""),
        marks.update(sender_mark=""),
    )
