from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from mine_site.register import package, public


class Command(BaseCommand):
    help = (
        "Write the whole register into a folder as CSV files that load_register takes back. "
        "The files hold private rows, such as contact persons: keep them safe. With --public "
        "they hold only what everybody may have, with a datapackage.json that describes it."
    )

    def add_arguments(self, parser):
        parser.add_argument("folder", metavar="DIR", help="the folder to write to")
        parser.add_argument(
            "--public", action="store_true", help="only what everybody may have, as /data/ has it"
        )

    def handle(self, *, folder, **options):
        if options["public"]:
            self.write_public(Path(folder))
            return
        written = package.export(folder)
        self.stdout.write(f"{len(written)} files with {sum(written.values())} rows in {folder}.")

    def write_public(self, folder):
        try:
            written = public.write(folder)
        except package.PackageRefused as refusal:
            raise CommandError(f"Nothing was written.\n{refusal}") from None
        self.stdout.write(f"{len(written)} files of the public register in {folder}.")
