from django.core.management.base import BaseCommand, CommandError

from centers.models import Center
from mine_site.register import soundness


class Command(BaseCommand):
    help = (
        "Check that the register is sound: kept columns agree with the status log, dates with "
        "their bounds, the search index with the names; that photos have all their files, nobody "
        "erased is back, and addresses lead somewhere."
    )

    def add_arguments(self, parser):
        parser.add_argument(
            "--repair",
            action="store_true",
            help=(
                "first bring what is derived (kept columns, bounds, search index, renditions of "
                "photos) into agreement, and erase again what was erased"
            ),
        )

    def handle(self, *, repair, **options):
        if repair:
            soundness.repair()
        found = list(soundness.problems())
        for problem in found:
            self.stderr.write(problem)
        if found:
            raise CommandError(f"The register is not sound: {len(found)} problems.")
        self.stdout.write(f"The register is sound: {Center.objects.count()} centers checked.")
