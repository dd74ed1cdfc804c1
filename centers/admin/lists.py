"""What the admin's lists are filtered and paged by."""

from django.contrib import admin
from django.core.paginator import Paginator
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from centers.models import Center, Country, Freshness
from centers.rights import rights_of

MOST_COUNTED = 2_000


class BoundedPaginator(Paginator):
    """Counts no further than `MOST_COUNTED` rows: nobody turns to page 41, and a count of all
    rows takes as long as the register is large. Words and filters find what lies beyond.
    """

    @cached_property
    def count(self):
        return self.object_list.order_by().values("pk")[:MOST_COUNTED].count()

    @property
    def is_cut(self):
        """Whether there may be more rows than it counted."""
        return self.count == MOST_COUNTED


class ChoiceFilter(admin.SimpleListFilter):
    """A filter by a few named questions; each is a queryset method of its own."""

    answers = ()  # (value, label, function of queryset and request)

    def lookups(self, request, model_admin):
        return [(value, label) for value, label, _function in self.answers]

    def queryset(self, request, queryset):
        for value, _label, function in self.answers:
            if value == self.value():
                return function(queryset, request)
        return queryset


def _hers(rows, request):
    rights = rights_of(request.user)
    if rows.model is Center:
        return rights.changeable(rows)
    return rows.filter(center__in=rights.changeable(Center.objects.all()))


class WhoseFilter(ChoiceFilter):
    """The centers that she may change, or what belongs to them; or all."""

    title = _("whose centers")
    parameter_name = "whose"
    answers = [("mine", _("mine"), _hers)]


class FreshnessFilter(admin.SimpleListFilter):
    title = _("last confirmed")
    parameter_name = "freshness"

    def lookups(self, request, model_admin):
        return [("stale", _("overdue, or never")), *Freshness.choices]

    def queryset(self, request, queryset):
        on = timezone.localdate()
        if self.value() == "stale":
            return queryset.stale(on=on)
        if self.value() in Freshness.values:
            return queryset.with_freshness(on=on).filter(freshness=self.value())
        return queryset


class MissingFilter(ChoiceFilter):
    title = _("what is missing")
    parameter_name = "missing"
    answers = [
        ("place", _("town or coordinates"), lambda rows, request: rows.unplaced()),
        ("town", _("town"), lambda rows, request: rows.filter(place="")),
        ("point", _("coordinates"), lambda rows, request: rows.filter(latitude__isnull=True)),
        ("status", _("status"), lambda rows, request: rows.filter(status="unknown")),
    ]


class CountryFilter(admin.RelatedFieldListFilter):
    """The countries that have centers, by their names in the reader's language."""

    def field_choices(self, field, request, model_admin):
        centers = Center.objects.filter(country=OuterRef("pk"))
        countries = Country.objects.filter(Exists(centers))
        return sorted(
            ((country.pk, country.name) for country in countries), key=lambda pair: pair[1]
        )
