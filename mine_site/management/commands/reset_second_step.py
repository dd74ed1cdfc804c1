from django.contrib.auth import get_user_model
from django.core.management import CommandError
from django.core.management.base import BaseCommand

from mine_site.accounts.second_step import reset_second_step


class Command(BaseCommand):
    help = (
        "Take the second step away from an account whose telephone and paper are lost, when no "
        "lead coordinator can do it; all of its sessions end."
    )

    def add_arguments(self, parser):
        parser.add_argument("username")

    def handle(self, *, username, **options):
        user = get_user_model().objects.filter(username=username).first()
        if user is None:
            raise CommandError(f"There is no account “{username}”.")
        reset_second_step(user)
        self.stdout.write(f"{username} logs in with the password alone, and may set it up again.")
