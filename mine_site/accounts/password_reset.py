"""A forgotten password is set anew by mail where the registry can send mails; else it is not."""

from functools import wraps

from allauth.account import views
from django.urls import path, re_path

from centers.mail import mail_is_configured
from mine_site.errors import page_not_found


def by_mail(view):
    """The page is there only where mails can be sent."""

    @wraps(view)
    def guarded(request, *args, **kwargs):
        if not mail_is_configured():
            return page_not_found(request)
        return view(request, *args, **kwargs)

    return guarded


password_reset_urls = [
    path("accounts/password/reset/", by_mail(views.password_reset), name="account_reset_password"),
    path(
        "accounts/password/reset/done/",
        by_mail(views.password_reset_done),
        name="account_reset_password_done",
    ),
    path(
        "accounts/password/reset/key/done/",
        by_mail(views.password_reset_from_key_done),
        name="account_reset_password_from_key_done",
    ),
    re_path(
        r"^accounts/password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        by_mail(views.password_reset_from_key),
        name="account_reset_password_from_key",
    ),
]
