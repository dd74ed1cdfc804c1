"""How allauth works here: nobody signs herself up; logins are throttled; few things are kept."""

import time
from urllib.parse import urlsplit

from allauth.account import app_settings
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.forms import LoginForm
from allauth.account.internal.flows.login import get_authentication_records
from allauth.core import context

from centers.mail import absolute, mail_is_configured, send_mail
from mine_site.accounts import throttle

# What stands in allauth's list of sessions where it would keep an address.
NO_ADDRESS = "0.0.0.0"


class StaffAccountAdapter(DefaultAccountAdapter):
    """Closes allauth's sign-up, which is open otherwise, and puts our throttle into its login."""

    def is_open_for_signup(self, request):
        return False

    def get_client_ip(self, request):
        """For throttles, a mark that stands for the address; for what is kept of staff, none."""
        if request.user.is_authenticated:
            return NO_ADDRESS
        return throttle.mark_of(super().get_client_ip(request))

    def pre_authenticate(self, request, **credentials):
        self._login_failed_rl_usage = throttle.begin_try(
            request,
            login=credentials.get("email") or credentials.get("username") or "",
            address=super().get_client_ip(request),
        )

    def post_login(self, request, user, **kwargs):
        response = super().post_login(request, user, **kwargs)
        throttle.remember_device(request, response, user)
        return response

    def is_reauthentication_required(self, *, app=""):
        """Whoever has logged in a moment ago is not asked for her password once more."""
        request = context.request
        times = [record["at"] for record in get_authentication_records(request, request.user)]
        newest = max(times, default=0)
        if time.time() - newest < app_settings.REAUTHENTICATION_TIMEOUT:
            return False
        return super().is_reauthentication_required(app=app)

    def get_reset_password_from_key_url(self, key):
        """Never from the request's host: whoever asks could name another one."""
        return absolute(urlsplit(super().get_reset_password_from_key_url(key)).path)

    def send_password_reset_mail(self, user, email, context):
        row = getattr(user, "coordinator", None)
        send_mail(
            "password_reset",
            to=email,
            language=row.language if row else "en",
            context={"user": user, "url": context["password_reset_url"]},
        )


class StaffLoginForm(LoginForm):
    """Without allauth's link to a reset by mail: the page says what to do."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["password"].help_text = ""
        self.mail_is_configured = mail_is_configured()
