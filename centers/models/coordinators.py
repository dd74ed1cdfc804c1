"""Who looks after which centers."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from centers.models.base import LanguageField
from centers.models.countries import Country
from centers.models.organisations import Organisation


class Coordinator(models.Model):
    """What a member of staff is responsible for: countries, networks, or, as a lead, everything.

    What she may change follows from this row alone (`centers.rights`); Django's permissions and
    groups are not used for coordinators.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="coordinator",
        verbose_name=_("account"),
    )
    is_lead = models.BooleanField(
        _("lead coordinator"),
        default=False,
        help_text=_("May change everything, and gives others their countries."),
    )
    countries = models.ManyToManyField(
        Country,
        blank=True,
        related_name="coordinators",
        verbose_name=_("countries"),
        help_text=_("She may change the centers in these countries."),
    )
    networks = models.ManyToManyField(
        Organisation,
        blank=True,
        related_name="coordinators",
        verbose_name=_("networks"),
        help_text=_("She may also change the centers that belong to these, wherever they are."),
    )
    public_name = models.CharField(
        _("public name"),
        max_length=120,
        blank=True,
        help_text=_("Shown on her countries' pages. Empty: no name is shown."),
    )
    language = LanguageField(_("language"), default="en")
    wants_digest = models.BooleanField(
        _("weekly mail"),
        default=False,
        help_text=_("Once a week, a mail says what waits in her countries."),
    )
    digest_week = models.DateField(
        _("week of the last mail"), null=True, blank=True, editable=False
    )  # its Monday; keeps a second run of the command from sending twice

    history = HistoricalRecords(m2m_fields=[countries, networks], excluded_fields=["digest_week"])

    class Meta:
        verbose_name = _("responsibility")
        verbose_name_plural = _("responsibility")
        ordering = ["user"]

    def __str__(self):
        return self.public_name or str(self.user)
