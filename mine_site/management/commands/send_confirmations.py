from django.core.exceptions import ValidationError
from django.core.management import CommandError
from django.core.management.base import BaseCommand
from django.utils import timezone

from centers.asking import runs
from centers.asking.delivery import Fate
from centers.asking.due import recipients_of
from centers.asking.sending import ask
from centers.mail import mail_is_configured
from centers.models import Center
from centers.reports.letters import tell_untold

WORDS = {
    Fate.TAKEN: "sent",
    Fate.REFUSED: "to addresses that cannot be reached",
    Fate.LATER: "not taken by the mail server (the next run tries again)",
    Fate.DOUBT: "in doubt (look at the desk, and send these again by hand)",
}


class Command(BaseCommand):
    help = (
        "Ask centers how they are: the yearly question by mail to those that are due, and a "
        "reminder where no answer came. Nobody gets a mail twice, however often it is run, and "
        "also if it is stopped half-way. For cron: 30 7 * * * … manage.py send_confirmations --due"
    )

    def add_arguments(self, parser):
        parser.add_argument(
            "centers",
            nargs="*",
            metavar="PUBLIC_ID",
            help="ask these centers now; without these and --due it says what would be sent",
        )
        parser.add_argument("--due", action="store_true", help="send all that is due")
        parser.add_argument(
            "--dry-run", action="store_true", help="say what would be sent, and send nothing"
        )
        parser.add_argument(
            "--rate", type=float, default=30, metavar="N", help="at most N mails a minute (30)"
        )
        parser.add_argument("--limit", type=int, metavar="N", help="at most N mails in this run")

    def handle(self, *, centers, due, dry_run, rate, limit, **options):
        if centers and due:
            raise CommandError("Name centers, or say --due: both together make no sense.")
        if not 0 < rate <= 100_000:
            raise CommandError("--rate is a number of mails a minute, and at least a part of one.")
        if limit is not None and limit < 0:
            raise CommandError("--limit is a number of mails.")
        is_sending = (due or centers) and not dry_run
        if is_sending and not mail_is_configured():
            raise CommandError("No mail server is named (EMAIL_HOST), so nothing was sent.")
        if centers:
            self.ask(self.named(centers), dry_run=dry_run)
        elif is_sending:
            self.send(rate=rate, limit=limit)
        else:
            self.tell()

    def tell(self):
        planned = runs.plan(at=timezone.now())
        self.stdout.write(
            f"Would be sent: {len(planned.centers)} questions, {len(planned.reminders)} reminders."
        )
        self.tell_letters(planned)

    def tell_letters(self, planned):
        if planned.without_address:
            self.stdout.write(
                f"{planned.without_address} centers are due and have no mail address: the desk "
                "prints letters for them."
            )

    def send(self, *, rate, limit):
        if told := tell_untold():  # first: the others may take an hour
            self.stdout.write(f"{told} urgent reports were told of late.")
        done = runs.run(rate=rate, limit=limit)
        if done.stopped:
            self.stdout.write(f"{done.stopped} mails of a run that was stopped are in doubt.")
        if done.settled:
            self.stdout.write(f"{done.settled} questions ended: the centers were heard of since.")
        for fate, number in sorted(done.fates.items()):
            self.stdout.write(f"{number} {WORDS[fate]}")
        if not done.fates:
            self.stdout.write("Nothing was to be sent.")
        self.tell_letters(runs.plan(at=timezone.now()))
        if done.gave_up:
            raise CommandError(f"Stopped early: {done.gave_up}. The next run goes on.")
        if done.took_nothing:
            raise CommandError("The mail server took none of the mails.")

    def named(self, public_ids):
        found = {row.public_id: row for row in Center.objects.filter(public_id__in=public_ids)}
        unknown = [public_id for public_id in public_ids if public_id not in found]
        if unknown:
            raise CommandError(f"There is no center {', '.join(unknown)}, so nothing was sent.")
        return list(found.values())

    def ask(self, centers, *, dry_run):
        """Ask the named centers, whether they are due or not; one that was asked lately is not."""
        recipients, not_sent = recipients_of(centers), 0
        for center in centers:
            recipient = recipients[center.pk]
            if recipient is None:
                said = "has no mail address that can be written to"
            elif dry_run:
                said = "would be asked"
            else:
                try:
                    said = ask(center, contact=recipient.contact).get_state_display()
                except ValidationError as error:
                    said, not_sent = " ".join(error.messages), not_sent + 1
            self.stdout.write(f"{center.public_id}: {said}")
        if not_sent:
            raise CommandError(f"{not_sent} of {len(centers)} were not asked.")
