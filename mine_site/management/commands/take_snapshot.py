import datetime

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from mine_site.models import RegisterSnapshot
from mine_site.snapshots import take_snapshot


class Command(BaseCommand):
    help = (
        "Keep a dated copy of the public register, which stays at /data/<day>/ to be cited and "
        "compared. Meant for cron, on the first of each month; a day has one copy, the first."
    )

    def add_arguments(self, parser):
        parser.add_argument(
            "--remove",
            metavar="DAY",
            type=datetime.date.fromisoformat,
            help="take none, but remove that of DAY for ever: when it names who must be forgotten",
        )

    def handle(self, *, remove, **options):
        if remove:
            self.remove(remove)
            return
        snapshot, is_new = take_snapshot(on=timezone.localdate())
        if is_new:
            self.stdout.write(f"A copy of {snapshot}: {sum(snapshot.rows.values())} rows.")
        else:
            self.stdout.write(f"There is a copy of {snapshot} already; it stays as it is.")

    def remove(self, day):
        number, _by_model = RegisterSnapshot.objects.filter(day=day).delete()
        if not number:
            raise CommandError(f"There is no copy of {day}.")
        self.stdout.write(f"The copy of {day} is removed.")
