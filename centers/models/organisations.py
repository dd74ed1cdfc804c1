"""Organisations: national networks, hosts, funders, authorities, evaluators."""

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from centers.dates import Dated, EarliestDayField, LatestDayField, PartialDateField
from centers.models.base import (
    FormerSlug,
    Keyed,
    LanguageField,
    Slugged,
    WebAddressField,
    in_language,
)
from centers.models.countries import Country, Sourced


class NameKind(models.TextChoices):
    NATIVE = "native", _("in its own language")
    ALIAS = "alias", _("other spelling")
    FORMER = "former", _("former name")


class OrganisationQuerySet(models.QuerySet):
    def with_texts(self, language=None):
        """Annotates `summary` and `activities` in the reader's language, else English."""
        texts = OrganisationText.objects.order_by()
        return self.annotate(
            summary=in_language(texts, "summary", of="organisation", language=language),
            activities=in_language(texts, "activities", of="organisation", language=language),
        )


class Organisation(Slugged, Keyed, Sourced):
    """A body that carries, funds, networks or studies Mother Centers; it may have no country."""

    class Kind(models.TextChoices):
        NETWORK = "network", _("network")
        NGO = "ngo", _("association")
        PUBLIC_AUTHORITY = "public_authority", _("public authority")
        FOUNDATION = "foundation", _("foundation")
        EVALUATOR = "evaluator", _("evaluator")

    name = models.CharField(_("name"), max_length=200)
    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    country = models.ForeignKey(
        Country,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="organisations",
        verbose_name=_("country"),
        help_text=_("Empty: not known."),
    )
    place = models.CharField(_("place"), max_length=120, blank=True)
    website = WebAddressField(_("website"), max_length=300, blank=True)

    objects = OrganisationQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        verbose_name = _("organisation")
        verbose_name_plural = _("organisations")
        ordering = ["name", "slug"]
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    kind__in=["network", "ngo", "public_authority", "foundation", "evaluator"]
                ),
                name="organisation_kind_known",
            ),
            models.CheckConstraint(condition=~Q(name=""), name="organisation_has_name"),
        ]

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return reverse("centers:organisation_detail", args=[self.slug])


class OrganisationFormerSlug(FormerSlug):
    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="former_slugs")

    class Meta(FormerSlug.Meta):
        verbose_name = _("former address")
        verbose_name_plural = _("former addresses")


class OrganisationName(Keyed):
    """Another name of an organisation."""

    organisation = models.ForeignKey(
        Organisation, models.CASCADE, related_name="names", verbose_name=_("organisation")
    )
    value = models.CharField(_("name"), max_length=200)
    language = LanguageField(_("language"), blank=True)
    kind = models.CharField(_("kind"), max_length=10, choices=NameKind)

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("other name")
        verbose_name_plural = _("other names")
        ordering = ["organisation", "kind", "value"]
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "value"], name="organisation_name_once"
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["native", "alias", "former"]),
                name="organisation_name_kind_known",
            ),
        ]

    def __str__(self):
        return self.value


class OrganisationText(Keyed, Sourced):
    """What an organisation is and does, in one language."""

    organisation = models.ForeignKey(
        Organisation, models.CASCADE, related_name="texts", verbose_name=_("organisation")
    )
    language = LanguageField(_("language"))
    summary = models.TextField(_("summary"), blank=True)
    activities = models.TextField(_("activities"), blank=True, help_text=_("One on each line."))

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("text")
        verbose_name_plural = _("texts")
        ordering = ["organisation", "language"]
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "language"], name="organisation_text_once_a_language"
            )
        ]

    def __str__(self):
        return self.summary[:80] or self.language


class Award(Dated, Keyed, Sourced):
    """An award that an organisation received."""

    organisation = models.ForeignKey(
        Organisation, models.CASCADE, related_name="awards", verbose_name=_("organisation")
    )
    name = models.CharField(_("name"), max_length=300)
    date = PartialDateField(_("date"), null=True, blank=True)
    date_earliest = EarliestDayField("date")
    date_latest = LatestDayField("date")

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("award")
        verbose_name_plural = _("awards")
        ordering = ["organisation", "date", "key"]

    def __str__(self):
        return self.name
