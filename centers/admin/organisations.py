"""Admin pages of countries, sources, claims and organisations."""

from django.contrib import admin

from centers import resources
from centers.admin.base import ImportingAdmin, PartAdmin, PartInline
from centers.models import (
    Award,
    Claim,
    Country,
    Organisation,
    OrganisationName,
    OrganisationText,
    SearchEntry,
    Source,
)


@admin.register(Country)
class CountryAdmin(ImportingAdmin):
    resource_classes = [resources.CountryResource]
    list_display = ["code", "name", "region"]
    list_filter = ["region"]
    search_fields = ["code"]

    def get_search_results(self, request, queryset, search_term):
        """By code, or by the beginning of the name in the reader's language."""
        term = search_term.strip().lower()
        codes = [
            country.code
            for country in Country.objects.all()
            if country.code.lower() == term
            or any(word.startswith(term) for word in country.name.lower().split())
        ]
        return (queryset.filter(code__in=codes) if term else queryset), False

    def get_readonly_fields(self, request, obj=None):
        return ["code"] if obj else []


@admin.register(Source)
class SourceAdmin(ImportingAdmin):
    resource_classes = [resources.SourceResource]
    list_display = ["title", "author", "date", "slug"]
    search_fields = ["title", "author", "slug"]
    prepopulated_fields = {"slug": ["title"]}


@admin.register(Claim)
class ClaimAdmin(ImportingAdmin):
    resource_classes = [resources.ClaimResource]
    list_display = ["statement", "country", "claimant", "centers", "as_of"]
    list_filter = ["claimant"]
    list_select_related = ["country"]
    search_fields = ["statement", "claimant"]
    autocomplete_fields = ["country", "source"]


class OrganisationNameInline(PartInline):
    model = OrganisationName


class OrganisationTextInline(PartInline):
    model = OrganisationText
    autocomplete_fields = ["source"]


class AwardInline(PartInline):
    model = Award
    autocomplete_fields = ["source"]


@admin.register(Organisation)
class OrganisationAdmin(ImportingAdmin):
    resource_classes = [resources.OrganisationResource]
    list_display = ["name", "kind", "place", "country"]
    list_filter = ["kind", "country"]
    list_select_related = ["country"]
    search_fields = ["name"]
    prepopulated_fields = {"slug": ["name"]}
    autocomplete_fields = ["country", "source"]
    inlines = [OrganisationNameInline, OrganisationTextInline, AwardInline]

    def get_prepopulated_fields(self, request, obj=None):
        return {} if obj else super().get_prepopulated_fields(request, obj)


@admin.register(OrganisationName, OrganisationText, Award)
class OrganisationPartAdmin(PartAdmin):
    autocomplete_fields = ["organisation"]
    part_of = (SearchEntry.Kind.ORGANISATION, "organisation")
