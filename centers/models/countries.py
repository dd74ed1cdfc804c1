"""Countries, what is claimed about them, and the sources of facts."""

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from centers.dates import Dated, EarliestDayField, LatestDayField, PartialDateField, babel_locale
from centers.models.base import Keyed, WebAddressField, related_model


def country_name(code, language=None):
    """The name of the country with the ISO 3166-1 code (also XK), from CLDR; else the code."""
    return babel_locale(language or get_language()).territories.get(code, code)


class CountryQuerySet(models.QuerySet):
    def vacant(self):
        """Countries with centers that no coordinator looks after (leads look after all)."""
        centers = related_model(Country, "centers").filter(country=models.OuterRef("pk"))
        return self.filter(models.Exists(centers.published())).exclude(
            coordinators__user__is_active=True
        )


class Country(models.Model):
    """A country that has, had, or is said to have Mother Centers."""

    class Region(models.TextChoices):
        AFRICA = "africa", _("Africa")
        AMERICAS = "americas", _("Americas")
        ASIA = "asia", _("Asia")
        CENTRAL_EUROPE = "central-europe", _("Central Europe")
        EASTERN_EUROPE = "eastern-europe", _("Eastern Europe")
        NORTHERN_EUROPE = "northern-europe", _("Northern Europe")
        SOUTH_EASTERN_EUROPE = "south-eastern-europe", _("South-Eastern Europe")
        SOUTHERN_EUROPE = "southern-europe", _("Southern Europe")
        WESTERN_EUROPE = "western-europe", _("Western Europe")

    code = models.CharField(
        _("code"),
        max_length=2,
        primary_key=True,
        help_text=_("Two capital letters after ISO 3166-1, such as BG; Kosovo is XK."),
    )
    region = models.CharField(_("region"), max_length=30, choices=Region, blank=True)

    objects = CountryQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        verbose_name = _("country")
        verbose_name_plural = _("countries")
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                condition=Q(code__regex=r"^[A-Z][A-Z]$"),
                name="country_code_is_two_capitals",
                violation_error_message=_("A country's code is two capital letters."),
            )
        ]

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return reverse("centers:country_detail", args=[self.code.lower()])

    def clean(self):
        if self.code and self.code not in babel_locale("en").territories:
            raise ValidationError({"code": _("“%s” is no country code.") % self.code})

    @cached_property
    def name(self):
        """The country's name in the active language, from CLDR."""
        return country_name(self.code)


class Source(Dated):
    """A document that facts come from; a fact points to it, with a page where there is one."""

    slug = models.SlugField(_("key"), max_length=80, unique=True)
    title = models.CharField(_("title"), max_length=300)
    author = models.CharField(_("author"), max_length=200, blank=True)
    date = PartialDateField(_("date"), null=True, blank=True)
    date_earliest = EarliestDayField("date")
    date_latest = LatestDayField("date")
    url = WebAddressField(_("address"), max_length=500, blank=True)
    note = models.TextField(_("note"), blank=True)

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("source")
        verbose_name_plural = _("sources")
        ordering = ["slug"]

    def __str__(self):
        return self.title


class Sourced(models.Model):
    """A fact with its source, and the page in it."""

    source = models.ForeignKey(
        Source, models.PROTECT, null=True, blank=True, verbose_name=_("source"), related_name="+"
    )
    source_page = models.CharField(_("page"), max_length=60, blank=True)

    class Meta:
        abstract = True


class Claim(Dated, Keyed, Sourced):
    """What somebody says about the number of centers in a country, or in the whole network.

    A claim is not a count: the registry shows it beside what it knows itself. A claim without a
    number says only that there are centers.
    """

    country = models.ForeignKey(
        Country,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="claims",
        verbose_name=_("country"),
        help_text=_("Empty: the whole network."),
    )
    claimant = models.CharField(_("who says so"), max_length=200)
    statement = models.CharField(_("what is said"), max_length=300)
    centers = models.PositiveIntegerField(_("number of centers"), null=True, blank=True)
    countries = models.PositiveIntegerField(_("number of countries"), null=True, blank=True)
    as_of = PartialDateField(_("as of"), null=True, blank=True)
    as_of_earliest = EarliestDayField("as_of")
    as_of_latest = LatestDayField("as_of")

    history = HistoricalRecords()

    class Meta:
        verbose_name = pgettext_lazy("what is said about a country", "claim")
        verbose_name_plural = pgettext_lazy("what is said about a country", "claims")
        ordering = ["country", "key"]
        constraints = [
            models.CheckConstraint(
                condition=Q(countries__isnull=True) | Q(country__isnull=True),
                name="claim_countries_only_for_network",
                violation_error_message=_(
                    "A number of countries can only be claimed for the whole network."
                ),
            )
        ]

    def __str__(self):
        return self.statement
