"""Django's `makemessages` as this project wants it."""

from django.conf import settings
from django.core.management.commands import makemessages


class Command(makemessages.Command):
    """Bring locale/*/LC_MESSAGES/django.po up to date for all languages of the site.

    A changed sentence is translated anew, never guessed from a similar one; sentences that are
    gone are dropped. Needs GNU gettext.
    """

    help = "Update the catalogues of all languages with the sentences of templates and code."
    msgmerge_options = [*makemessages.Command.msgmerge_options, "--no-fuzzy-matching"]

    def handle(self, *args, **options):
        if not options["locale"]:
            options["locale"] = [code for code, _name in settings.LANGUAGES if code != "en"]
        options["ignore_patterns"] += [".venv", "var", "tests", "static", "docs"]
        options["no_obsolete"] = True
        options["add_location"] = "file"
        super().handle(*args, **options)
