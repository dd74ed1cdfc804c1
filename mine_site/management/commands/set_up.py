import secrets
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command
from django.core.management.base import BaseCommand
from django.db import OperationalError, connection
from django.utils import timezone

from centers.models import Center
from mine_site import outbox
from mine_site.register import package

# What a server listens to that all of a machine's names and addresses shall reach.
EVERY_ADDRESS = {"0.0.0.0", "::"}
COORDINATOR = "coordinator"
# Without signs that are easily taken for one another.
PASSWORD_SIGNS = "abcdefghjkmnpqrstuvwxyz23456789"


class Command(BaseCommand):
    help = (
        "Make the registry ready to serve: the database, the register that comes with the code, "
        "the static files and the first account. Running it again changes nothing that people "
        "have entered."
    )

    def add_arguments(self, parser):
        parser.add_argument(
            "--address", metavar="URL", default="", help="where it will be served; is printed"
        )

    def handle(self, *, address, **options):
        self.prepare_database()
        self.load_register()
        self.check_register()
        self.say("Collecting the static files.")
        call_command("collectstatic", interactive=False, verbosity=0)
        login = first_login()
        if address:
            keep_site_url()
            self.say(f"\nThe registry is served at {address} (Ctrl+C stops it).")
            if urlsplit(address).hostname in EVERY_ADDRESS:
                self.say(
                    "It answers to: " + ", ".join(settings.ALLOWED_HOSTS) + " (ALLOWED_HOSTS)."
                )
        self.say(where_mails_go())
        self.say(f"Login: {login}")

    def say(self, line):
        self.stdout.write(line)
        self.stdout.flush()  # whoever reads through a pipe shall see each step when it begins

    def prepare_database(self):
        settings.VAR_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            connection.ensure_connection()
        except OperationalError as error:
            raise CommandError(
                f"The database cannot be opened: {str(error).strip()}\n"
                "Is the server running, and DATABASE_URL right? Without DATABASE_URL the registry "
                "keeps its data in a file."
            ) from None
        self.say(f"Bringing the database ({connection.display_name}) up to date.")
        call_command("migrate", interactive=False, verbosity=0)
        call_command("createcachetable", verbosity=0)

    def load_register(self):
        # Once only: later the register belongs to the coordinators, and loading would bring
        # older values back. It is loaded whole or not at all, so a stop half-way leaves none.
        if not Center.objects.exists():
            self.say("Loading the register.")
            call_command("load_register", package.REAL_REGISTER, stdout=self.stdout)
            # What came with the code can be cited and compared from the first day on.
            call_command("take_snapshot", stdout=self.stdout)

    def check_register(self):
        try:
            call_command("check_register", stdout=self.stdout, stderr=self.stderr)
        except CommandError as problems:
            # A photo that is missing is no reason to take a whole network off the web.
            self.stderr.write(
                f"{problems} It is served all the same. What is derived can be mended with: "
                ".venv/bin/python manage.py check_register --repair"
            )


def keep_site_url():
    """Keep where this machine serves, for links in mails of commands that are run beside it."""
    settings.VAR_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
    (settings.VAR_DIR / "site-url").write_text(f"{settings.SITE_URL}\n")


def where_mails_go():
    """What becomes of mails, in a line. Of the outbox what is older than 30 days is forgotten."""
    if not settings.MAIL_OUTBOX:
        if settings.EMAIL_HOST:
            return f"Mails go to the mail server {settings.EMAIL_HOST}."
        return "No mails are sent; no mail server is named."
    outbox.forget_old(settings.MAIL_OUTBOX, at=timezone.now())
    why = "MAIL_OUTBOX is set" if settings.EMAIL_HOST else "no mail server is named"
    return f"Mails are written to {settings.MAIL_OUTBOX}; {why}."


def first_login():
    """What to log in with, as "user / password"; makes the first account if there is none.

    Its password is made for this machine and kept beside the database, so that the next start
    can name it again.
    """
    User = get_user_model()
    user = User.objects.filter(username=COORDINATOR).first()
    if user is None:
        # An account that somebody has removed must not come back with a password in a file.
        if User.objects.filter(is_superuser=True, is_active=True).exists():
            return "(your own account) / (the password you chose)"
        user = User.objects.create_superuser(COORDINATOR, password=kept_password())
    password = kept_password(make=False)
    if not password or not user.check_password(password):
        password = "(the password you chose)"
    return f"{COORDINATOR} / {password}"


def kept_password(*, make=True):
    """The password that was made for this machine; without one, makes it, or returns ""."""
    file = settings.VAR_DIR / "login"
    password = file.read_text().strip() if file.exists() else ""
    if not password and make:
        groups = ("".join(secrets.choice(PASSWORD_SIGNS) for _ in range(4)) for _ in range(4))
        password = "-".join(groups)
        settings.VAR_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
        file.touch(mode=0o600)
        file.write_text(password + "\n")
    return password
