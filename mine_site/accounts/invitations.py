"""Inviting somebody by a signed link: made, made anew, withdrawn, accepted."""

from django.contrib.auth import get_user_model
from django.core import signing
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from centers.mail import absolute, send_mail
from centers.models import Coordinator, Invitation
from centers.models.invitations import VALID_FOR, new_nonce
from centers.rights import rights_of
from mine_site.accounts.handover import hand_over, log

SALT = "mine_site.accounts.invitations"
User = get_user_model()


def link_to(invitation):
    """The address that the invited person opens; it changes with every new link."""
    token = signing.Signer(salt=SALT).sign_object([invitation.pk, invitation.nonce])
    return absolute(reverse("invitation_accept", args=[token]), language=invitation.language)


def open_invitation(token, *, for_update=False):
    """The invitation that the link belongs to; None if it is used, replaced, late or forged."""
    try:
        pk, nonce = signing.Signer(salt=SALT).unsign_object(token)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    rows = Invitation.objects.filter(pk=pk, nonce=nonce, accepted_at__isnull=True)
    if for_update:
        rows = rows.select_for_update()
    invitation = rows.first()
    if invitation is None or invitation.is_expired() or not may_stand(invitation):
        return None
    return invitation


def may_stand(invitation):
    """Whether whoever invited is still a lead: an account that was closed opens no others."""
    return invitation.invited_by is not None and rights_of(invitation.invited_by).is_lead


@transaction.atomic
def invite(*, by, countries=(), networks=(), **values):
    """Make an invitation; the mail is another step (`mail_invitation`)."""
    invitation = Invitation(invited_by=by, **values)
    invitation.full_clean(exclude=["networks", "countries"])
    try:
        with transaction.atomic():
            invitation.save()
    except IntegrityError:  # somebody else invited her a moment ago
        invitation.full_clean(exclude=["networks", "countries"])
        raise
    invitation.countries.set(countries)
    invitation.networks.set(networks)
    log(invitation, by=by, message=_("Invited."), name=_("invitation"))
    return invitation


@transaction.atomic
def renew(invitation, *, by):
    """Make a new link, which lasts from now; the old one is dead, and so is the old inviter's."""
    invitation = Invitation.objects.select_for_update().get(
        pk=invitation.pk, accepted_at__isnull=True
    )
    invitation.nonce, invitation.link_made_at = new_nonce(), timezone.now()
    invitation.mailed_at, invitation.invited_by = None, by
    invitation.save(update_fields=["nonce", "link_made_at", "mailed_at", "invited_by"])
    log(invitation, by=by, message=_("Made a new link."), name=_("invitation"))
    return invitation


@transaction.atomic
def withdraw(invitation, *, by):
    """Take an invitation back: its link is dead, and name and address are forgotten."""
    invitation = Invitation.objects.select_for_update().get(
        pk=invitation.pk, accepted_at__isnull=True
    )
    log(invitation, by=by, message=_("Withdrew an invitation."), name=_("invitation"))
    invitation.delete()


def mail_invitation(invitation):
    """Send the present link to the invited person; returns whether the mail server took it."""
    sent = send_mail(
        "invitation",
        to=invitation.email,
        language=invitation.language,
        context={
            "invitation": invitation,
            "inviter": name_of(invitation.invited_by),
            "countries": [*invitation.countries.all()],
            "networks": [*invitation.networks.all()],
            "url": link_to(invitation),
            "days": VALID_FOR.days,
        },
    )
    if sent:
        Invitation.objects.filter(pk=invitation.pk).update(mailed_at=timezone.now())
    return sent


def name_of(user):
    """How an account is called in a mail."""
    return user.get_full_name() or user.get_username()


def check_address_is_free(email):
    """Raises a ValidationError if an account has the address: one could not tell them apart."""
    if User.objects.filter(email__iexact=email).exists():
        raise ValidationError(
            _("There is an account with this address already."), code="address_taken"
        )


def taken_over(invitation):
    """The countries that somebody gives to the invited person when she accepts."""
    if invitation.takes_over_from is None:
        return []
    given = invitation.takes_over_from.countries.values("pk")
    return [*invitation.countries.filter(pk__in=given)]


@transaction.atomic
def accept(token, *, username, password):
    """Make the account that the invitation promises, with its rights; returns it.

    Returns None if the link is dead by now. Raises a ValidationError if the address or the name
    was taken in between. What she takes over is handed over in the same moment.
    """
    invitation = open_invitation(token, for_update=True)
    if invitation is None:
        return None
    check_address_is_free(invitation.email)
    taken_name = _("Somebody else has this name already.")
    if User.objects.filter(username__iexact=username).exists():
        raise ValidationError({"username": taken_name})
    try:
        with transaction.atomic():
            user = User.objects.create_user(
                username,
                invitation.email.lower(),
                password,
                first_name=invitation.name,
                is_staff=True,
            )
    except IntegrityError:  # taken a moment ago
        raise ValidationError({"username": taken_name}) from None
    row = Coordinator(user=user, is_lead=invitation.is_lead, language=invitation.language)
    row._history_user = invitation.invited_by
    row._change_reason = _("Accepted an invitation.")
    row.save()
    countries, networks = [*invitation.countries.all()], [*invitation.networks.all()]
    taken = taken_over(invitation)
    if taken:
        hand_over(
            countries=taken,
            giver=invitation.takes_over_from,
            successor=row,
            by=invitation.invited_by,
        )
    row.countries.add(*countries)
    row.networks.add(*networks)
    invitation.accepted_at, invitation.accepted_by = timezone.now(), user
    invitation.save(update_fields=["accepted_at", "accepted_by"])
    log(user, by=user, message=_("Accepted an invitation."))
    return user
