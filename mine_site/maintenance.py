"""The page that is shown while the registry is being worked on.

On with `MAINTENANCE=1`, or as long as the file `maintenance` lies in the folder `VAR_DIR`; then
nothing needs to be started anew. What stands in the file is shown to visitors. If its first line is
a moment, such as `2026-11-24 18:00` (UTC), they are told that it is back by then.
"""

import datetime
import os

from django.conf import settings
from django.http import HttpResponse
from django.utils import timezone, translation
from django.utils.dateparse import parse_datetime

from centers.timeline import moment_in_words
from mine_site.errors import plain_page

RETRY_AFTER = 600  # seconds, where nobody said until when
MOST_LETTERS = 500
OPEN_ALL_THE_SAME = "/healthz"  # it says the truth about the database, whoever works on what


class MaintenanceMiddleware:
    """Answers 503 to everything but the health check and static files; asks no database."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        message = maintenance_message()
        if message is None or request.path_info == OPEN_ALL_THE_SAME:
            return self.get_response(request)
        until, text = until_and_text(message)
        language = translation.get_language_from_path(request.path_info) or settings.LANGUAGE_CODE
        with translation.override(language):
            context = {"until": until and moment_in_words(until), "text": text}
            body = plain_page("503.html", context)
        seconds = (until - timezone.now()).total_seconds() if until else 0
        headers = {
            "Retry-After": str(max(60, int(seconds)) if until else RETRY_AFTER),
            "Cache-Control": "no-store",
        }
        return HttpResponse(body, status=503, headers=headers)


def maintenance_message():
    """What visitors are told while somebody works on the registry; None while nobody does."""
    file = settings.VAR_DIR / "maintenance"
    try:
        return file.read_text(errors="replace")[:MOST_LETTERS].replace("\x00", "")
    except OSError:
        # There, and not to be read (a folder, somebody else's): it counts all the same.
        return "" if settings.MAINTENANCE or os.path.exists(file) else None


def until_and_text(message):
    """(moment or None, text): the first line where it is a moment, and the rest."""
    first, _newline, rest = message.strip().partition("\n")
    try:
        moment = parse_datetime(first.strip())
    except ValueError:
        moment = None
    if moment is None:
        return None, message.strip()
    return moment if moment.tzinfo else moment.replace(tzinfo=datetime.UTC), rest.strip()
