from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management import CommandError
from django.core.management.base import BaseCommand
from django.core.validators import validate_email

from centers.mail import mail_is_configured
from mine_site.mail_server import NotTaken, how_it_is_asked, send_test


class Command(BaseCommand):
    help = (
        "Send a mail to the address, and say in plain words what the mail server answered. It "
        "changes nothing in the registry."
    )

    def add_arguments(self, parser):
        parser.add_argument("address", metavar="ADDRESS", help="your own mail address")

    def handle(self, *, address, **options):
        try:
            validate_email(address)
        except ValidationError:
            raise CommandError(f"{address!r} is not a mail address.") from None
        if not mail_is_configured():
            raise CommandError(
                "No mail server is named. Set EMAIL_HOST, and what else docs/mail.md tells."
            )
        if not settings.MAIL_OUTBOX:
            self.stdout.write(f"Asking {how_it_is_asked()}.")
            self.stdout.write(f"The sender is {settings.DEFAULT_FROM_EMAIL}.")
        try:
            said = send_test(address)
        except NotTaken as error:
            raise CommandError(str(error)) from None
        if settings.MAIL_OUTBOX:
            self.stdout.write(
                f"The mail was written to {settings.MAIL_OUTBOX}, and goes no further."
            )
            return
        self.stdout.write(f"{settings.EMAIL_HOST} took the mail, and said: {said}")
        self.stdout.write(
            "If it is not there in some minutes, look among the unwanted mail (spam); docs/mail.md "
            "tells what helps."
        )
