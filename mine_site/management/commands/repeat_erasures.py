from django.core.management.base import BaseCommand, CommandError

from centers import erasure
from mine_site.register import package


class Command(BaseCommand):
    help = (
        "After an older copy of the register was restored: erase again the persons, photos and "
        "stories that were erased since. FILE is the erasures.csv of a later export; without "
        "it, the ledger in the database is followed. Running it again changes nothing."
    )

    def add_arguments(self, parser):
        parser.add_argument(
            "file", metavar="FILE", nargs="?", help="the erasures.csv of a later export"
        )

    def handle(self, *, file, **options):
        try:
            again = package.load_ledger(file) if file else erasure.repeat()
        except package.PackageRefused as refusal:
            raise CommandError(f"Nothing was erased.\n{refusal}") from None
        self.stdout.write(
            f"Erased again: contact persons {again['contact']}, photos {again['photo']}, "
            f"stories {again['story']}."
        )
