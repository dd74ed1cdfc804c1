from collections import Counter

from django.core.management import CommandError
from django.core.management.base import BaseCommand
from django.utils import timezone

from centers.mail import mail_is_configured
from mine_site.accounts.digest import send_digests


class Command(BaseCommand):
    help = (
        "Write to each coordinator who wants it what waits for her; once a week each, however "
        "often it is run. For cron: 0 6 * * 1 … manage.py send_digest"
    )

    def add_arguments(self, parser):
        parser.add_argument(
            "--dry-run", action="store_true", help="say who would get a mail, and send none"
        )

    def handle(self, *, dry_run, **options):
        if not (dry_run or mail_is_configured()):
            raise CommandError("No mail server is named (EMAIL_HOST), so nothing was sent.")
        counts = Counter()
        for outcome in send_digests(timezone.localdate(), dry_run=dry_run):
            counts[outcome.what] += 1
            waiting = sum(task.count for task in outcome.tasks)
            self.stdout.write(f"{outcome.row.user.get_username()}: {outcome.what} ({waiting})")
        told = ", ".join(f"{number} {what}" for what, number in sorted(counts.items()))
        self.stdout.write(told or "Nobody is to be told this week.")
        if counts["failed"]:
            raise CommandError(
                f"The mail server did not take {counts['failed']} of the mails; the next run tries "
                "these again."
            )
