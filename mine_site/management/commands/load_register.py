from django.core.management.base import BaseCommand, CommandError

from mine_site.register import package


class Command(BaseCommand):
    help = (
        "Load a register from a folder of CSV files, or a zip file of them: all of it or nothing. "
        "Rows that are there already are brought up to date; loading twice changes nothing. A "
        "public package never overwrites what is known here more precisely."
    )

    def add_arguments(self, parser):
        parser.add_argument(
            "path", metavar="DIR_OR_ZIP", help="the folder or zip file with the CSV files"
        )

    def handle(self, *, path, **options):
        try:
            outcome = package.load(path)
        except package.PackageRefused as refusal:
            raise CommandError(f"Nothing was loaded.\n{refusal}") from None
        total = {kind: sum(counts[kind] for counts in outcome.values()) for kind in _WORDS}
        if options["verbosity"] > 1:
            for stem, counts in outcome.items():
                self.stdout.write(f"{stem}.csv: {_in_words(counts)}")
        self.stdout.write(f"{len(outcome)} files loaded: {_in_words(total)}.")


_WORDS = {"new": "new", "update": "changed", "skip": "unchanged"}


def _in_words(counts):
    return ", ".join(f"{counts[kind]} {word}" for kind, word in _WORDS.items())
