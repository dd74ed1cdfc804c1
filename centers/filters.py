"""The filters of the list of centers."""

import django_filters
from django.db.models import Case, Count, Exists, F, OuterRef, Q, Value, When
from django.db.models import CharField as TextColumn
from django.db.models.functions import Cast, Coalesce
from django.forms import IntegerField
from django.utils.functional import cached_property
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from centers.alphabet import alphabetical
from centers.facets import Facet, FacetedFilterSet, SortFilter, WordsFilter
from centers.models import (
    Affiliation,
    Cause,
    CauseText,
    Center,
    Country,
    Freshness,
    SearchEntry,
    Snapshot,
    Status,
    StatusCause,
    country_name,
)
from centers.models.status import name_present_causes

ALL = "all"


class StatusFacet(Facet):
    """Leaves out the closed unless a status, or all, is asked for.

    Who looks for a center by its name wants to learn what became of it: when the words find
    closed centers alone, these are shown.
    """

    def filter(self, queryset, values):
        if not values:
            return queryset if self.parent.only_closed_found else queryset.not_closed()
        return queryset if ALL in values else queryset.filter(status__in=values)


def with_cause(values):
    return Q(
        Exists(
            StatusCause.objects.filter(
                entry__center=OuterRef("pk"), entry__withdrawn_at__isnull=True, cause__in=values
            )
        )
    )


def count_causes(queryset):
    rows = (
        StatusCause.objects.filter(
            entry__withdrawn_at__isnull=True, entry__center__in=queryset.order_by().values("pk")
        )
        .order_by()
        .values_list("cause")
        .annotate(Count("entry__center", distinct=True))
    )
    return dict(rows)


def with_network(values):
    return Q(
        Exists(Affiliation.objects.filter(center=OuterRef("pk"), organisation__slug__in=values))
    )


def with_project(values):
    """Through the reverse relation: this app does not know the model of projects."""
    return Q(pk__in=Center.objects.filter(participations__project__slug__in=values).values("pk"))


class PremisesFacet(Facet):
    """By the premises that the latest snapshot which names them tells."""

    def filter(self, queryset, values):
        return queryset.with_premises().filter(premises__in=values) if values else queryset

    def counts(self, queryset):
        rows = queryset.with_premises().order_by().values_list("premises").annotate(Count("pk"))
        return {value: count for value, count in rows if value}


class FreshnessFacet(Facet):
    """By how long ago somebody last said how the center is, as of the filter set's day."""

    def filter(self, queryset, values):
        if not values:
            return queryset
        return queryset.with_freshness(on=self.parent.on).filter(freshness__in=values)

    def counts(self, queryset):
        fresh = queryset.with_freshness(on=self.parent.on).order_by()
        return dict(fresh.values_list("freshness").annotate(Count("pk")))


class YearFilter(django_filters.Filter):
    """Centers whose founding can have been in or after (before) a year; unknown is left out."""

    field_class = IntegerField

    def filter(self, queryset, value):
        if value is None:
            return queryset
        if self.lookup_expr == "gte":
            return queryset.filter(founded_latest__year__gte=value)
        return queryset.filter(founded_earliest__year__lte=value)


# Withheld and unknown towns come last, and tell nothing.
PUBLISHED_TOWN = Case(
    When(precision=Center.Precision.WITHHELD, then=None),
    When(place="", then=None),
    default=F("place"),
).asc(nulls_last=True)

SORTS = {
    "name": (_("name"), ["name", "slug"]),
    "place": (_("town"), [PUBLISHED_TOWN, "name", "slug"]),
    "country": (_("country"), ["country", "name", "slug"]),  # by name: see CenterFilter.order
    "founded": (_("oldest first"), [F("founded_earliest").asc(nulls_last=True), "name", "slug"]),
    "-founded": (_("newest first"), [F("founded_earliest").desc(nulls_last=True), "name", "slug"]),
    "confirmed": (
        _("longest unconfirmed"),
        [F("confirmed_on_earliest").asc(nulls_first=True), "name", "slug"],
    ),
    "-confirmed": (
        _("recently confirmed"),
        [F("confirmed_on_earliest").desc(nulls_last=True), "name", "slug"],
    ),
}


class CenterFilter(FacetedFilterSet):
    """Filters of `/centers/` and its CSV, JSON and GeoJSON."""

    q = WordsFilter(SearchEntry.Kind.CENTER, label=_("Name or town"))
    country = Facet(column="country", label=_("Country"))
    status = StatusFacet(column="status", label=_("Status"))
    cause = Facet(lookup=with_cause, counts=count_causes, label=_("Cause"))
    network = Facet(
        column="affiliations__organisation__slug", lookup=with_network, label=_("Network or host")
    )
    project = Facet(column="participations__project__slug", lookup=with_project, label=_("Project"))
    premises = PremisesFacet(label=_("Premises"))
    freshness = FreshnessFacet(label=_("Last confirmed"))
    founded_from = YearFilter(
        lookup_expr="gte", label=_("Founded from"), min_value=1800, max_value=2199
    )
    founded_to = YearFilter(
        lookup_expr="lte", label=_("Founded to"), min_value=1800, max_value=2199
    )
    sort = SortFilter(SORTS)

    class Meta:
        model = Center
        fields = []

    def __init__(self, data=None, *, on, **kwargs):
        super().__init__(data, Center.objects.published(), on=on, **kwargs)

    @cached_property
    def labels(self):
        """{facet: {value: label}} of what staff enter: countries, causes, networks, projects."""

        def text(expression):
            return Cast(expression, TextColumn())

        def rows(queryset, facet, value, label, language):
            return queryset.order_by().values_list(
                Value(facet, TextColumn()), text(value), text(label), text(language)
            )

        nothing = Value("", TextColumn())
        project = "participations__project"
        union = rows(
            Country.objects.filter(centers__isnull=False), "country", "code", nothing, nothing
        ).union(
            rows(Cause.objects.all(), "cause", "slug", nothing, nothing),
            rows(CauseText.objects.all(), "cause", "cause", "name", "language"),
            rows(
                Affiliation.objects.all(),
                "network",
                "organisation__slug",
                "organisation__name",
                Value("en", TextColumn()),
            ),
            rows(
                Center.objects.published().filter(participations__isnull=False),
                "project",
                f"{project}__slug",
                Coalesce(f"{project}__texts__title", nothing),
                Coalesce(f"{project}__texts__language", nothing),
            ),
        )
        preferred = [get_language() or "en", "en"]
        labels = {"country": {}, "cause": {}, "network": {}, "project": {}}
        ranks = {}
        for facet, value, label, language in union:
            # The reader's language, else English, else any, else the key itself.
            rank = (preferred.index(language) if language in preferred else 2, not label)
            if rank < ranks.get((facet, value), (3, True)):
                ranks[facet, value] = rank
                labels[facet][value] = label or value
        labels["country"] = {code: country_name(code) for code in labels["country"]}
        return labels

    def facet_choices(self):
        choices = {
            name: sorted(labels.items(), key=lambda item: alphabetical(item[1]))
            for name, labels in self.labels.items()
        }
        choices["status"] = [*Status.choices, (ALL, _("all, including closed"))]
        choices["premises"] = Snapshot.Premises.choices
        choices["freshness"] = Freshness.choices
        return choices

    @cached_property
    def status_counts(self):
        """{status: count} of what the other filters find."""
        return self.filters["status"].counts(self.filtered(without="status"))

    @cached_property
    def only_closed_found(self):
        """Whether words were asked for, no status, and the words find closed centers alone.

        The words alone decide, so that no other filter changes what is counted.
        """
        if not self.values["q"] or self.values["status"]:
            return False
        found = self.filters["q"].filter(self.queryset.all(), self.values["q"])
        statuses = set(found.order_by().values_list("status", flat=True).distinct())
        return statuses == {Status.CLOSED}

    @cached_property
    def counts(self):
        counts = {
            name: facet.counts(self.filtered(without=name))
            for name, facet in self.facets.items()
            if name != "status"
        }
        everything = sum(self.status_counts.values())
        return counts | {"status": self.status_counts | {ALL: everything}}

    @cached_property
    def total(self):
        """From the counts by status, which are there already."""
        asked = self.values["status"]
        if ALL in asked:
            return sum(self.status_counts.values())
        shown = asked or [status for status in self.status_counts if status != Status.CLOSED]
        if self.only_closed_found:
            shown = [Status.CLOSED]
        return sum(self.status_counts.get(status, 0) for status in shown)

    @property
    def hidden_closed(self):
        """How many closed centers the search found and the default leaves out."""
        if self.values["status"] or self.only_closed_found:
            return 0
        return self.status_counts.get(Status.CLOSED, 0)

    @property
    def order(self):
        """Countries are ordered by their names in the reader's language."""
        if self.values.get("sort") != "country":
            return super().order
        codes = [code for code, _name in self.filters["country"].extra["choices"]]
        rank = Case(
            *(When(country=code, then=position) for position, code in enumerate(codes)),
            default=len(codes),
        )
        return [rank, "name", "slug"]

    def rows(self):
        return self.qs.with_texts().order_by(*self.order).prefetch_related("names")

    def page(self):
        """The page; each center also has `shown_causes`: those of its present period."""
        page = super().page()
        name_present_causes(page)
        return page
