from django.core.management import CommandError
from django.core.management.base import BaseCommand

from centers.asking import bounces

WORDS = {
    bounces.Found.UNREACHABLE: "addresses are unreachable now",
    bounces.Found.KNOWN: "known already",
    bounces.Found.OF_US: "refused because of us: look at SPF, DKIM and DMARC (docs/mail.md)",
    bounces.Found.TEMPORARY: "delayed, or for a reason that passes",
    bounces.Found.FOREIGN: "of mails that are none of the yearly question",
    bounces.Found.OTHER: "no bounces",
}


class Command(BaseCommand):
    help = (
        "Read a mailbox (an mbox file or a Maildir folder) with mails that came back, and note "
        "which addresses of the yearly question cannot be reached. Never a status. The mailbox "
        "stays as it is; reading it again changes nothing."
    )

    def add_arguments(self, parser):
        parser.add_argument("mailbox", help="the file, or the folder")

    def handle(self, *, mailbox, **options):
        try:
            found = bounces.read(mailbox)
        except OSError as error:
            raise CommandError(f"The mailbox cannot be read: {error}") from None
        for what, number in sorted(found.items()):
            self.stdout.write(f"{number} {WORDS[what]}")
        if not found:
            self.stdout.write("There is no mail in it.")
