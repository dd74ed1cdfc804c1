"""The page "My account": what she looks after, and what she settles for herself."""

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from centers.mail import mail_is_configured
from centers.models import Coordinator
from mine_site.accounts.languages import language_choices
from mine_site.accounts.second_step import has_second_step, must_have_second_step


class OwnAccountForm(forms.ModelForm):
    """What a coordinator may change of her own row; her rights are not among it."""

    class Meta:
        model = Coordinator
        fields = ["public_name", "language", "wants_digest"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        language = self.fields["language"]
        language.widget = forms.Select(choices=language_choices(self.instance.language))
        language.help_text = _("Of the mails to you, as far as they are translated.")
        self.fields["public_name"].help_text = _(
            "Shown on the pages of your countries. Leave it empty to show no name."
        )
        self.fields["wants_digest"].label = _("Write to me once a week what waits for me")
        self.fields["wants_digest"].help_text = (
            ""
            if self.instance.user.email
            else _("There is no mail address on your account. A lead coordinator can add one.")
        )


def lead_coordinators():
    """Active leads, by name."""
    return (
        Coordinator.objects.filter(is_lead=True, user__is_active=True)
        .select_related("user")
        .order_by("user__username")
    )


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def my_account(request):
    row = (
        Coordinator.objects.filter(user=request.user)
        .prefetch_related("countries", "networks")
        .select_related("user")
        .first()
    )
    form = OwnAccountForm(request.POST or None, instance=row) if row else None
    if request.method == "POST" and form and form.is_valid():
        form.save()
        messages.success(request, _("Saved."))
        return redirect("my_account")
    return render(
        request,
        "account/my_account.html",
        {
            "form": form,
            "row": row,
            "leads": lead_coordinators(),
            "has_second_step": has_second_step(request.user),
            "must_have_second_step": must_have_second_step(request.user),
            "mail_is_configured": mail_is_configured(),
        },
    )
