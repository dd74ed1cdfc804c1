"""Writing to whoever looks after a country, without seeing her address.

The message goes out as a mail and is kept nowhere: not in the database, not in a session, not in a
log. Two marks stay for an hour, neither of which can be read back: one of the address of the
connection, which slows down whoever sends many, and one of the message, so that the same one
pressed twice is sent once.
"""

from django import forms
from django.core.cache import cache
from django.core.validators import MaxLengthValidator
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from centers.coordination import coordination_of, recipients_for
from centers.guard import GuardedForm, address_of, count
from centers.mail import mail_is_configured, send_mail
from centers.models import Country, Organisation

MARKS_LAST = 60 * 60  # seconds
# Messages that are let through: from one address, and to one country from all addresses.
BOUNDS = {"contact_from_address": "5/h/key", "contact_to_country": "60/h/key"}
LONGEST_MESSAGE = 5000


class ContactForm(GuardedForm):
    """What somebody writes to the coordinators of a country."""

    name = forms.CharField(
        label=gettext_lazy("Your name"),
        required=False,
        max_length=100,
        help_text=gettext_lazy("As you want to be called. You may leave it empty."),
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    email = forms.EmailField(
        label=gettext_lazy("Your mail address"),
        max_length=254,
        help_text=gettext_lazy("So that she can answer you."),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    # The browser would cut a longer text without a word: only the server counts.
    message = forms.CharField(
        label=gettext_lazy("Your message"),
        validators=[MaxLengthValidator(LONGEST_MESSAGE)],
        help_text=gettext_lazy("In any language. At most 5,000 letters."),
        widget=forms.Textarea(attrs={"rows": 8, "autocomplete": "off"}),
    )

    def clean_name(self):
        return " ".join(self.cleaned_data["name"].split())


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def country_contact(request, code):
    """The form; what is sent is answered by a redirect, so that reloading sends nothing."""
    if code != code.lower():
        return redirect("country_contact", code.lower(), permanent=True)
    country = get_object_or_404(Country, code=code.upper())
    recipients = recipients_for(country) if mail_is_configured() else []
    form, status = None, 200
    if recipients:
        form = ContactForm(request.POST if request.method == "POST" else None)
        if form.is_bound and form.is_valid():
            problem, status = hand_over(request, country, recipients, form.cleaned_data)
            if not problem:
                return redirect("country_contact_sent", code)
            form.add_error(None, problem)
    context = {
        "country": country,
        "coordination": coordination_of(country),
        "form": form,
        "network": Organisation.objects.filter(key="mine").first(),
    }
    response = render(request, "contact.html", context, status=status)
    if status == 429:
        response.headers["Retry-After"] = str(MARKS_LAST)
    return response


@require_safe
def country_contact_sent(request, code):
    country = get_object_or_404(Country, code=code.upper())
    return render(request, "contact_sent.html", {"country": country})


def hand_over(request, country, recipients, values):
    """Send the message once to each recipient; (what went wrong or "", the status of the page)."""
    text = "\0".join([country.code, values["name"], values["email"], values["message"]])
    mark = "contact-" + salted_hmac("mine_site.contact", text).hexdigest()[:32]
    if cache.get(mark):
        return "", 200
    keys = {"contact_from_address": address_of(request), "contact_to_country": country.code}
    counted = count(request, BOUNDS, keys)
    if counted is None:
        return _(
            "Too many messages came from your connection, or to this country, within an hour. "
            "Your text is still here: please try again later."
        ), 429
    if not cache.add(mark, "sent", MARKS_LAST):  # the same, sent at the same moment
        counted.rollback()
        return "", 200
    taken = [mail_to(each, country, values) for each in recipients]
    if not any(taken):
        cache.delete(mark)
        counted.rollback()
        return _(
            "The message could not be sent just now; nobody has got it. "
            "Your text is still here: please try again in a few minutes."
        ), 503
    return "", 200


def mail_to(coordinator, country, values):
    """Send the message to one coordinator, in her language; she alone sees her address."""
    return send_mail(
        "contact",
        to=coordinator.user.email,
        language=coordinator.language,
        headers={"Reply-To": values["email"]},
        context={
            "code": country.code,
            "looks_after_it": coordinator.countries.filter(pk=country.pk).exists(),
            **values,
        },
    )
