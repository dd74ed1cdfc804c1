"""Forgets what need not be kept of reports from outside; for a nightly job."""

from django.core.management.base import BaseCommand

from centers.reports.forgetting import forget_old


class Command(BaseCommand):
    help = (
        "Forgets of reports from outside: mail addresses 90 days after the decision (of those "
        "that nobody decided, after two years), words a year after it, and marks of connections "
        "after 30 days. What came of a report stays. Run it once a day."
    )

    def handle(self, *args, **options):
        addresses, words, marks = forget_old()
        self.stdout.write(
            f"Forgotten: {addresses} mail addresses, the words of {words} reports, "
            f"{marks} marks of connections."
        )
