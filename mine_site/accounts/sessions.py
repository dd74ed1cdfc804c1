"""Where somebody is logged in: which browser, since when, last used when; never from where."""

import time

from allauth.usersessions.internal.flows.sessions import end_other_sessions, end_sessions
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import HASH_SESSION_KEY
from django.contrib.auth.decorators import login_required
from django.contrib.sessions.models import Session
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

# What browsers call themselves, the more special first: Edge also says Chrome, Chrome also Safari.
BROWSERS = {
    "Edg": "Edge",
    "OPR": "Opera",
    "SamsungBrowser": "Samsung Internet",
    "Firefox": "Firefox",
    "FxiOS": "Firefox",
    "CriOS": "Chrome",
    "Chrome": "Chrome",
    "Safari": "Safari",
}
SYSTEMS = {
    "Android": "Android",
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Windows": "Windows",
    "CrOS": "Chrome OS",
    "Mac OS X": "macOS",
    "Linux": "Linux",
}
EVERY = 10 * 60  # seconds; how exactly "last used" is kept
SEEN = "mine_site.accounts.seen_at"


def browser_words(user_agent):
    """What a browser says of itself, for people: "Firefox, Android"."""
    browser = next((name for sign, name in BROWSERS.items() if sign in user_agent), "")
    system = next((name for sign, name in SYSTEMS.items() if sign in user_agent), "")
    return ", ".join(filter(None, [browser, system])) or _("an unknown browser")


class LastUsedMiddleware:
    """Notes now and then that a session of staff is in use; one write in ten minutes."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        if settings.SESSION_COOKIE_NAME in request.COOKIES and request.user.is_authenticated:
            note_use(request)
        return response


def note_use(request):
    now = time.time()
    if now - request.session.get(SEEN, 0) < EVERY:
        return
    request.session[SEEN] = now
    known = UserSession.objects.filter(session_key=request.session.session_key)
    if not known.update(last_seen_at=timezone.now()):
        UserSession.objects.create_from_request(request)


def live_sessions(user):
    """The user's sessions that still open something, the one used last first.

    Those that ended by themselves, or by a new password, leave a row behind until the next login.
    """
    listed = UserSession.objects.filter(user=user).order_by("-last_seen_at", "-pk")
    stored = Session.objects.filter(
        session_key__in=listed.values("session_key"), expire_date__gt=timezone.now()
    )
    present = user.get_session_auth_hash()
    live = {each.pk for each in stored if each.get_decoded().get(HASH_SESSION_KEY) == present}
    return [session for session in listed if session.session_key in live]


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def own_sessions(request):
    """The list; a POST ends one session (`session`) or all others (`others`)."""
    if request.method == "POST":
        return end(request)
    rows = [
        {"session": session, "browser": browser_words(session.user_agent)}
        for session in live_sessions(request.user)
    ]
    rows.sort(key=lambda row: not row["session"].is_current())
    return render(request, "usersessions/usersession_list.html", {"rows": rows})


def end(request):
    if "others" in request.POST:
        end_other_sessions(request, request.user)
        messages.success(request, _("Everywhere else you are logged out now."))
        return redirect("usersessions_list")
    key = request.POST.get("session", "")
    is_key = key.isdecimal() and len(key) < 19
    found = UserSession.objects.filter(user=request.user, pk=int(key) if is_key else 0)
    is_current = any(session.is_current() for session in found)
    end_sessions(request, list(found))
    if is_current:
        return redirect("account_login")
    messages.success(request, _("That session is ended."))
    return redirect("usersessions_list")
