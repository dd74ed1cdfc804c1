"""Pages of the admin on accounts, for leads: invitations, handing over, the second step.

Each takes the admin of accounts and the request; `StaffAdmin` gives them their addresses.
"""

from functools import wraps

from django.contrib import messages
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils.text import get_text_list
from django.utils.translation import gettext as _

from centers.alphabet import alphabetical
from centers.mail import mail_is_configured, send_mail
from centers.models import Coordinator, Country, Invitation
from centers.rights import rights_of
from mine_site.accounts import invitations
from mine_site.accounts.forms import HandoverForm, InvitationForm, name_of_choice
from mine_site.accounts.handover import (
    countries_with_coordinators,
    hand_over,
    log,
    mail_handover,
)
from mine_site.accounts.second_step import has_second_step, reset_second_step

HISTORY_SHOWN = 20


def for_leads(*methods):
    """The page is for leads and technical accounts alone, and answers to these methods."""

    def decorate(view):
        @wraps(view)
        def guarded(admin, request, *args, **kwargs):
            if not rights_of(request.user).is_lead:
                raise PermissionDenied
            if request.method not in methods:
                return HttpResponseNotAllowed(methods)
            return view(admin, request, *args, **kwargs)

        return guarded

    return decorate


READ = ("GET", "HEAD")
READ_OR_CHANGE = (*READ, "POST")


def page(admin, request, template, title, **context):
    context = {
        **admin.admin_site.each_context(request),
        "opts": admin.opts,
        "title": title,
        "mail_is_configured": mail_is_configured(),
        **context,
    }
    return TemplateResponse(request, f"admin/auth/user/{template}.html", context)


# --- Invitations -----------------------------------------------------------------------------


@for_leads(*READ)
def invitation_list(admin, request):
    rows = Invitation.objects.select_related("invited_by", "accepted_by").prefetch_related(
        "countries", "networks"
    )
    return page(
        admin,
        request,
        "invitations",
        _("Invitations"),
        waiting=rows.filter(accepted_at__isnull=True),
        accepted=rows.filter(accepted_at__isnull=False).order_by("-accepted_at")[:HISTORY_SHOWN],
    )


@for_leads(*READ_OR_CHANGE)
def invite(admin, request):
    initial = {
        "countries": request.GET.getlist("country"),
        "takes_over_from": number_or_none(request.GET.get("from")),
        "language": "en",
    }
    form = InvitationForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            invitation = invitations.invite(by=request.user, **form.cleaned_data)
        except ValidationError as error:  # somebody else invited her a moment ago
            form.add_error(None, error)
        else:
            send(request, invitation)
            return redirect("admin:auth_user_invitation", invitation.pk)
    return page(admin, request, "invite", _("Invite somebody"), form=form)


@for_leads(*READ_OR_CHANGE)
def invitation_page(admin, request, pk):
    """The link, for handing it over by other means; a POST makes a new one or withdraws it."""
    invitation = get_object_or_404(Invitation, pk=pk, accepted_at__isnull=True)
    if request.method == "POST":
        try:
            return change_invitation(request, invitation)
        except Invitation.DoesNotExist:  # accepted or withdrawn a moment ago
            messages.warning(request, _("This invitation does not wait any more."))
            return redirect("admin:auth_user_invitations")
    return page(
        admin,
        request,
        "invitation",
        _("Invitation for %s") % invitation.name,
        invitation=invitation,
        may_stand=invitations.may_stand(invitation),
        link=invitations.link_to(invitation),
    )


def change_invitation(request, invitation):
    if "withdraw" in request.POST:
        invitations.withdraw(invitation, by=request.user)
        messages.success(request, _("The invitation is withdrawn; its link does not work now."))
        return redirect("admin:auth_user_invitations")
    invitation = invitations.renew(invitation, by=request.user)
    messages.success(request, _("There is a new link. The one before does not work any more."))
    send(request, invitation)
    return redirect("admin:auth_user_invitation", invitation.pk)


def send(request, invitation):
    if invitations.mail_invitation(invitation):
        messages.success(request, _("The mail to %s is on its way.") % invitation.email)
    elif mail_is_configured():
        messages.warning(
            request,
            _("The mail to %s could not be sent. Give her the link below by other means.")
            % invitation.email,
        )


# --- Handing over ----------------------------------------------------------------------------


@for_leads(*READ)
def country_list(admin, request):
    countries = sorted(
        countries_with_coordinators(), key=lambda country: alphabetical(country.name)
    )
    return page(
        admin,
        request,
        "countries",
        _("Who looks after which country"),
        vacant=[each for each in countries if not each.active],
        looked_after=[each for each in countries if each.active],
    )


@for_leads(*READ_OR_CHANGE)
def hand_over_country(admin, request, code):
    # Only letters reach the database: PostgreSQL fails on some other signs.
    country = get_object_or_404(Country, pk=code if code.isalpha() else "")
    form = HandoverForm(request.POST or None, country=country)
    if request.method == "POST" and form.is_valid() and handed_over(request, form):
        return redirect("admin:auth_user_countries")
    lines = LogEntry.objects.filter(
        content_type=ContentType.objects.get_for_model(Country), object_id=country.pk
    ).select_related("user")
    return page(
        admin,
        request,
        "hand_over",
        _("Hand over %s") % country.name,
        form=form,
        country=country,
        # Lines of the admin's own history that are in words; Django's are coded.
        lines=lines.exclude(change_message="").exclude(change_message__startswith="[")[
            :HISTORY_SHOWN
        ],
    )


@for_leads(*READ_OR_CHANGE)
def hand_over_from(admin, request, pk):
    account = account_or_404(admin, request, pk)
    giver = Coordinator.objects.filter(user=account).first()
    if giver is None or not (giver.countries.exists() or giver.networks.exists()):
        messages.info(request, _("%s looks after no country and no network.") % account)
        return redirect("admin:auth_user_change", account.pk)
    form = HandoverForm(request.POST or None, giver=giver)
    if request.method == "POST" and form.is_valid() and handed_over(request, form):
        return redirect("admin:auth_user_change", account.pk)
    title = _("Hand over from %s") % name_of_choice(giver)
    return page(admin, request, "hand_over", title, form=form, account=account, giver=giver)


def handed_over(request, form):
    """Do what the form says, tell both, and say so; False if it could not be done."""
    what = form.what()
    try:
        hand_over(**what, by=request.user)
    except ValidationError as error:
        form.add_error(None, error)
        return False
    names = [str(each) for each in (*what["countries"], *what["networks"])]
    messages.success(
        request,
        _("%(names)s: %(successor)s looks after it from now on.")
        % {"names": get_text_list(names, _("and")), "successor": what["successor"]},
    )
    untold = mail_handover(**what, by=request.user)
    if untold:
        messages.warning(
            request,
            _("No mail went to %s. Tell them yourself.")
            % get_text_list([name_of_choice(row) for row in untold], _("and")),
        )
    return True


# --- The second step -------------------------------------------------------------------------


@for_leads(*READ_OR_CHANGE)
def second_step(admin, request, pk):
    """Whether she has a second step; a POST takes it away, for whoever has lost her telephone."""
    account = account_or_404(admin, request, pk)
    if account == request.user:
        return redirect("mfa_index")
    if request.method == "POST":
        reset_second_step(account)
        log(account, by=request.user, message=_("Took the second step away and ended sessions."))
        row = Coordinator.objects.filter(user=account).first()
        send_mail(
            "second_step",
            to=account.email,
            language=row.language if row else "en",
            context={"user": account, "by": invitations.name_of(request.user)},
        )
        messages.success(
            request,
            _("The second step of %s is taken away, and she is logged out everywhere.") % account,
        )
        return redirect("admin:auth_user_change", account.pk)
    return page(
        admin,
        request,
        "second_step",
        _("Second step of %s") % account,
        account=account,
        has_second_step=has_second_step(account),
    )


def account_or_404(admin, request, pk):
    """The account, as far as the reader may see it: technical ones are for technical ones."""
    account = admin.get_queryset(request).filter(pk=pk).first()
    if account is None:
        raise Http404
    return account


def number_or_none(text):
    return int(text) if text and text.isdecimal() and len(text) < 19 else None
