"""Who is invited to look after which centers, and has not said yes yet."""

import secrets
from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from centers.models.base import LanguageField
from centers.models.coordinators import Coordinator
from centers.models.countries import Country
from centers.models.organisations import Organisation

# How long the link in the mail can be used.
VALID_FOR = timedelta(days=7)


def new_nonce():
    """What makes one link differ from the one sent before it; 32 signs."""
    return secrets.token_urlsafe(24)


class Invitation(models.Model):
    """A person asked by a lead to look after countries or networks.

    It gives no rights and there is no account before she accepts (`mine_site.accounts.invitations`
    has the door). Withdrawing it deletes the row, because it holds her name and address.
    """

    name = models.CharField(_("name"), max_length=120)
    email = models.EmailField(_("mail address"))
    language = LanguageField(_("language"), default="en")
    is_lead = models.BooleanField(
        _("lead coordinator"),
        default=False,
        help_text=_("May change everything, and gives others their countries."),
    )
    countries = models.ManyToManyField(
        Country, blank=True, related_name="+", verbose_name=_("countries")
    )
    networks = models.ManyToManyField(
        Organisation, blank=True, related_name="+", verbose_name=_("networks")
    )
    takes_over_from = models.ForeignKey(
        Coordinator,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("takes over from"),
        help_text=_("Who gives these countries to her when she accepts."),
    )
    invited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("invited by"),
    )
    invited_at = models.DateTimeField(_("invited"), default=timezone.now, editable=False)
    nonce = models.CharField(max_length=40, default=new_nonce, editable=False)
    link_made_at = models.DateTimeField(_("link made"), default=timezone.now, editable=False)
    mailed_at = models.DateTimeField(_("mail sent"), null=True, editable=False)
    accepted_at = models.DateTimeField(_("accepted"), null=True, editable=False)
    accepted_by = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        editable=False,
        related_name="invitation",
        verbose_name=_("account"),
    )

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        ordering = ["-invited_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                Lower("email"),
                condition=models.Q(accepted_at__isnull=True),
                name="invitation_waits_once_per_address",
                violation_error_message=_(
                    "This address has been invited already, and the invitation waits."
                ),
            )
        ]

    def __str__(self):
        return self.name

    @property
    def expires_at(self):
        """When the present link stops working."""
        return self.link_made_at + VALID_FOR

    def is_expired(self, at=None):
        return (at or timezone.now()) >= self.expires_at
