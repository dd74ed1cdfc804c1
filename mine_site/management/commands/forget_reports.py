"""Forgets what need not be kept of reports from outside; for a nightly job."""

import datetime

from django.core.management.base import BaseCommand
from django.utils import timezone

from centers.reports.forgetting import WORDS_DAYS, forget_old
from stories.withdrawing import forget_declined


class Command(BaseCommand):
    help = (
        "Forgets of reports from outside: mail addresses 90 days after the decision (of those "
        "that nobody decided, after two years), words a year after it, and marks of connections "
        "after 30 days. A story that was declined is deleted a year later. What came of a report "
        "stays. Run it once a day."
    )

    def handle(self, *args, **options):
        stories = forget_declined(timezone.now() - datetime.timedelta(WORDS_DAYS))
        addresses, words, marks = forget_old()
        self.stdout.write(
            f"Forgotten: {addresses} mail addresses, the words of {words} reports, "
            f"{stories} declined stories, {marks} marks of connections."
        )
