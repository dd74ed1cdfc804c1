"""The second step at the login: a code from an app on the telephone, or from paper.

Everybody may have it. Leads must, because they can change everything; so must technical accounts
where the registry is served to the world (HTTPS). Before it is set up, nothing of the admin opens
for them, and on all other pages they are visitors.
"""

from urllib.parse import urlencode

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.views import ActivateTOTPView
from allauth.usersessions.internal.flows.sessions import end_other_sessions
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from centers.rights import rights_of

# The pages of one's own account stay open: what they show and change is her own.
OWN_PAGES = ("account_", "mfa_", "usersessions_", "my_account", "invitation_")


def must_have_second_step(user):
    if not settings.SECOND_STEP_REQUIRED or not user.is_authenticated:
        return False
    if user.is_superuser:
        return settings.HTTPS
    return rights_of(user).is_lead


def second_steps_of(user):
    """The app of the account, if it is set up; codes on paper alone are none."""
    return Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP)


def has_second_step(user):
    return second_steps_of(user).exists()


@transaction.atomic
def reset_second_step(user):
    """For whoever has lost telephone and paper: next time her password lets her in.

    All of her sessions end, because the telephone may be in other hands.
    """
    Authenticator.objects.filter(user=user).delete()
    for session in UserSession.objects.filter(user=user):
        session.end()


class SecondStepMiddleware:
    """Leads whoever must have a second step, and has none, to the page that sets it up."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs):
        # Without a session there is nobody to ask for, and pages stay alike for all visitors.
        if settings.SESSION_COOKIE_NAME not in request.COOKIES:
            return None
        match = request.resolver_match
        in_admin = match.app_names[:1] == ["admin"]
        if in_admin and match.url_name in ("login", "logout"):
            return None
        if not in_admin and (match.url_name or "").startswith(OWN_PAGES):
            return None
        if not must_have_second_step(request.user) or has_second_step(request.user):
            return None
        if in_admin:
            query = urlencode({"next": request.get_full_path()} if request.method == "GET" else {})
            return HttpResponseRedirect(f"{reverse('mfa_activate_totp')}?{query}".rstrip("?"))
        request.user = AnonymousUser()
        return None


class SetUpView(ActivateTOTPView):
    """Setting the second step up ends the sessions that were begun without it."""

    def get_form(self, form_class=None):
        form = super().get_form(form_class)
        code = form.fields["code"]
        code.label = _("The six digits that the app shows")
        code.max_length = 12
        code.widget.attrs |= {"inputmode": "numeric", "placeholder": ""}
        return form

    def get_context_data(self, **kwargs):
        return super().get_context_data(**kwargs) | {
            "is_required": must_have_second_step(self.request.user)
        }

    def form_valid(self, form):
        response = super().form_valid(form)
        end_other_sessions(self.request, self.request.user)
        return response
