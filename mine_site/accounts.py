"""Staff accounts: nobody signs herself up; a lead coordinator makes the account."""

from allauth.account.adapter import DefaultAccountAdapter


class StaffAccountAdapter(DefaultAccountAdapter):
    """Closes allauth's sign-up, which is open otherwise."""

    def is_open_for_signup(self, request):
        return False
