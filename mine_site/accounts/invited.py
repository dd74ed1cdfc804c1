"""The page that an invited person opens from her mail."""

from allauth.core import ratelimit
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from mine_site.accounts.forms import AcceptForm
from mine_site.accounts.handover import mail_handover
from mine_site.accounts.invitations import accept, open_invitation, taken_over


@sensitive_post_parameters("password1", "password2")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def accept_invitation(request, token):
    """Opening the link changes nothing; the form makes the account."""
    too_often = ratelimit.consume_or_429(request, action="invitation")
    if too_often:
        return too_often
    invitation = open_invitation(token)
    if invitation is None:
        return render(request, "account/invitation_gone.html", status=410)
    form = AcceptForm(request.POST or None, invitation=invitation)
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        taken = taken_over(invitation)
        try:
            user = accept(token, username=values["username"], password=values["password1"])
        except ValidationError as error:
            form.add_error(None, error)
        else:
            if user is None:
                return render(request, "account/invitation_gone.html", status=410)
            if taken:
                mail_handover(
                    countries=taken,
                    giver=invitation.takes_over_from,
                    successor=user.coordinator,
                    by=invitation.invited_by,
                )
            messages.success(
                request, _("Your account is ready. Log in with what you have just chosen.")
            )
            return redirect("account_login")
    return render(request, "account/invitation.html", {"form": form, "invitation": invitation})
