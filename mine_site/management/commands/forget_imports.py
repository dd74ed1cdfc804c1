"""Forgets imports of spreadsheets that nobody finished; for a nightly job."""

from django.core.management.base import BaseCommand
from django.utils import timezone

from centers.models import SpreadsheetImport


class Command(BaseCommand):
    help = (
        "Forgets imports that were not worked on for 30 days, and the cells of rows that were "
        "rejected before that: they may hold data on persons. Run it once a day."
    )

    def handle(self, *args, **options):
        gone = SpreadsheetImport.objects.forget_old(on=timezone.localdate())
        self.stdout.write(f"{gone} unfinished imports were forgotten.")
