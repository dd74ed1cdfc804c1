"""The filters of the list of projects."""

from django.db.models import Case, CharField, Count, F, Q, Value, When
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from centers.facets import Facet, FacetedFilterSet, SortFilter, WordsFilter
from centers.models import Country, Organisation, SearchEntry
from centers.models.base import in_language
from projects.models import Funding, Project, ProjectText


class RunFacet(Facet):
    """Running, completed, not begun, or not known to be any, on the filter set's day."""

    RUNNING, COMPLETED, PLANNED, UNKNOWN = "running", "completed", "planned", "unknown"
    CHOICES = [
        (RUNNING, _("running")),
        (COMPLETED, _("completed")),
        (PLANNED, _("not begun yet")),
        (UNKNOWN, _("end not known")),
    ]

    def _with_run(self, queryset):
        return queryset.annotate(
            run=Case(
                When(end_latest__lt=self.parent.on, then=Value(self.COMPLETED)),
                When(end__isnull=True, then=Value(self.UNKNOWN)),
                When(start_earliest__gt=self.parent.on, then=Value(self.PLANNED)),
                default=Value(self.RUNNING),
                output_field=CharField(),
            )
        )

    def filter(self, queryset, values):
        return self._with_run(queryset).filter(run__in=values) if values else queryset

    def counts(self, queryset):
        return dict(self._with_run(queryset).order_by().values_list("run").annotate(Count("pk")))


class YearFacet(Facet):
    """Projects that ran in a year, as far as their dates tell; an unknown end adds nothing."""

    def filter(self, queryset, values):
        condition = Q()
        for year in values:
            condition |= Q(start_earliest__year__lte=year, end_latest__year__gte=year) | Q(
                start_earliest__year=year
            )
        return queryset.filter(condition)

    def counts(self, queryset):
        counts = {}
        for start, end in queryset.order_by().values_list("start_earliest", "end_latest"):
            if start:
                for year in range(start.year, (end or start).year + 1):
                    counts[str(year)] = counts.get(str(year), 0) + 1
        return counts


def with_funder(values):
    return Q(pk__in=Project.objects.filter(funding__funder__slug__in=values).values("pk"))


def with_country(values):
    return Q(pk__in=Project.objects.filter(countries__in=values).values("pk"))


SORTS = {
    "-start": (_("newest first"), [F("start_earliest").desc(nulls_last=True), "slug"]),
    "start": (_("oldest first"), [F("start_earliest").asc(nulls_last=True), "slug"]),
    "title": (_("title"), ["shown_title", "slug"]),
}


class ProjectFilter(FacetedFilterSet):
    """Filters of `/projects/` and its CSV."""

    q = WordsFilter(SearchEntry.Kind.PROJECT, label=_("Title"))
    run = RunFacet(label=_("Running or completed"))
    kind = Facet(column="kind", label=_("Kind"))
    country = Facet(column="countries", lookup=with_country, label=_("Country"))
    funder = Facet(column="funding__funder__slug", lookup=with_funder, label=_("Funder"))
    year = YearFacet(label=_("Year"))
    sort = SortFilter(SORTS)

    class Meta:
        model = Project
        fields = []

    def __init__(self, data=None, *, on, **kwargs):
        super().__init__(data, Project.objects.all(), on=on, **kwargs)

    @cached_property
    def spans(self):
        return list(Project.objects.order_by().values_list("start_earliest", "end_latest"))

    def facet_choices(self):
        years = {
            str(year)
            for start, end in self.spans
            if start
            for year in range(start.year, (end or start).year + 1)
        }
        countries = Country.objects.filter(projects__isnull=False).distinct()
        funders = Organisation.objects.filter(funding__isnull=False).distinct()
        return {
            "run": RunFacet.CHOICES,
            "kind": Project.Kind.choices,
            "country": sorted(
                ((country.code, country.name) for country in countries), key=lambda item: item[1]
            ),
            "funder": [(funder.slug, funder.name) for funder in funders],
            "year": [(year, year) for year in sorted(years, reverse=True)],
        }

    @cached_property
    def funding(self):
        """The funding of the found projects with known amounts, by currency, the largest first."""
        rows = Funding.objects.filter(project__in=self.qs.order_by().values("pk"))
        titles = ProjectText.objects.order_by()
        rows = rows.select_related("funder", "project").annotate(
            project_title=in_language(titles, "title", of="project", ref="project")
        )
        rows = list(rows.order_by("currency", F("amount").desc(nulls_last=True), "key"))
        self.unknown_amounts = sum(row.amount is None for row in rows)
        return [row for row in rows if row.amount is not None]

    def rows(self):
        return (
            self.qs.with_texts("title", "subtitle", "summary", "goal")
            .annotate(
                center_count=Count(
                    "participations__center",
                    filter=Q(participations__center__merged_into__isnull=True),
                    distinct=True,
                )
            )
            .order_by(*self.order)
            .prefetch_related("countries")
        )
