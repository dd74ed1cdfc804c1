from django.core.management.base import BaseCommand

from mine_site.register import package


class Command(BaseCommand):
    help = (
        "Write the whole register into a folder as CSV files that load_register takes back. "
        "The files hold private rows, such as contact persons: keep them safe."
    )

    def add_arguments(self, parser):
        parser.add_argument("folder", metavar="DIR", help="the folder to write to")

    def handle(self, *, folder, **options):
        written = package.export(folder)
        self.stdout.write(f"{len(written)} files with {sum(written.values())} rows in {folder}.")
