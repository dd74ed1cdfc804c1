"""What centers offer."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from centers.models.base import Keyed, LanguageField, in_language


class OfferQuerySet(models.QuerySet):
    def with_names(self, language=None):
        return self.annotate(
            shown_name=in_language(
                OfferText.objects.order_by(), "name", of="offer", language=language
            )
        )


class Offer(models.Model):
    """Something that centers offer, such as a second-hand shop or help with school."""

    slug = models.SlugField(_("key"), max_length=50, primary_key=True)

    objects = OfferQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        verbose_name = _("offer")
        verbose_name_plural = _("offers")
        ordering = ["slug"]

    def __str__(self):
        return getattr(self, "shown_name", None) or self.slug


class OfferText(Keyed):
    """The name of an offer in one language."""

    offer = models.ForeignKey(Offer, models.CASCADE, related_name="texts", verbose_name=_("offer"))
    language = LanguageField(_("language"))
    name = models.CharField(_("name"), max_length=120)

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("name")
        verbose_name_plural = _("names")
        ordering = ["offer", "language"]
        constraints = [
            models.UniqueConstraint(fields=["offer", "language"], name="offer_text_once_a_language")
        ]

    def __str__(self):
        return self.name
