"""Staff accounts: nobody signs herself up; a lead coordinator makes the account."""

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.forms import LoginForm


class StaffAccountAdapter(DefaultAccountAdapter):
    """Closes allauth's sign-up, which is open otherwise."""

    def is_open_for_signup(self, request):
        return False


class StaffLoginForm(LoginForm):
    """Without allauth's link to a reset by mail: a lead coordinator sets a new password."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["password"].help_text = ""
