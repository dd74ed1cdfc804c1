"""The filters of the list of centers."""

import django_filters
from django.db.models import Case, Count, Exists, F, OuterRef, Q, Value, When
from django.db.models import CharField as TextColumn
from django.db.models.functions import Cast, Coalesce
from django.forms import ChoiceField, IntegerField
from django.utils.functional import cached_property
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from centers.alphabet import alphabetical
from centers.distance import distance_km, nearest, only_within, remoteness
from centers.facets import Facet, FacetedFilterSet, SortFilter, ViewFilter, WordsFilter
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
from centers.nearby import MAX_LETTERS, origin_of, town_called
from centers.suggestions import towns_meant, words_meant

ALL = "all"
NEAREST_SHOWN = 5  # when a town without a center was typed


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
    "distance": (_("nearest first"), []),  # from where: see CenterFilter.order
}

KILOMETRES = [
    ("10", _("10 km")), ("25", _("25 km")), ("50", _("50 km")), ("100", _("100 km")),
]  # fmt: skip


class NearFilter(django_filters.CharFilter):
    """Holds the town or position that distances are counted from; leaves nobody out."""

    def filter(self, queryset, value):
        return queryset


class WithinFilter(django_filters.Filter):
    """Centers whose published point is at most so many kilometres from the filter set's origin."""

    field_class = ChoiceField

    def filter(self, queryset, value):
        if not value:
            return queryset
        return only_within(queryset, self.parent.origin.point, int(value))


class CenterFacets(FacetedFilterSet):
    """The filters that choose centers by what does not change with time, for lists and figures."""

    country = Facet(column="country", label=_("Country"))
    cause = Facet(lookup=with_cause, counts=count_causes, label=_("Cause"))
    network = Facet(
        column="affiliations__organisation__slug", lookup=with_network, label=_("Network or host")
    )
    project = Facet(column="participations__project__slug", lookup=with_project, label=_("Project"))
    premises = PremisesFacet(label=_("Premises"))
    founded_from = YearFilter(
        lookup_expr="gte", label=_("Founded from"), min_value=1800, max_value=2199
    )
    founded_to = YearFilter(
        lookup_expr="lte", label=_("Founded to"), min_value=1800, max_value=2199
    )

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
        return choices | {"premises": Snapshot.Premises.choices}


class CenterFilter(CenterFacets):
    """Filters of `/centers/` and its CSV, JSON and GeoJSON."""

    q = WordsFilter(SearchEntry.Kind.CENTER, label=_("Name or town"))
    near = NearFilter(max_length=MAX_LETTERS, label=_("Near"))
    within = WithinFilter(label=_("Within"), choices=KILOMETRES)
    status = StatusFacet(column="status", label=_("Status"))
    freshness = FreshnessFacet(label=_("Last confirmed"))
    sort = SortFilter(SORTS)
    view = ViewFilter(choices=[("map", _("Map"))], label=_("View"))

    depends = {"near": ("within", ("sort", "distance"))}
    SHOWN_FIRST = (
        "q", "near", "within", "country", "status", "cause", "network", "project", "premises",
        "freshness",
    )  # fmt: skip

    class Meta(CenterFacets.Meta):
        pass

    def facet_choices(self):
        choices = super().facet_choices()
        choices["status"] = [*Status.choices, (ALL, _("all, including closed"))]
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

    # --- Near a town -------------------------------------------------------------------------

    @cached_property
    def values(self):
        """What was asked and makes sense; a distance makes none without a place to count from."""
        values = super().values
        countries = values["country"] or [None]
        self.origin = origin_of(
            values["near"], country=countries[0] if len(countries) == 1 else None
        )
        if self.origin is None:
            self.misplaced = values["near"]
            values = values | {"near": "", "within": ""}
            values["sort"] = "" if values["sort"] == "distance" else values["sort"]
        return values

    misplaced = ""  # what was given as a town and is none that is known

    @cached_property
    def notes(self):
        notes = super().notes
        if self.values["near"]:
            return notes
        if self.misplaced:
            text = gettext("No town called “%(town)s” is known here, so distances are not shown.")
            return [text % {"town": self.misplaced}, *notes]
        if self.form.cleaned_data.get("within"):
            return [gettext("To see what is within a distance, say near which town."), *notes]
        return notes

    @property
    def near_text(self):
        """What stands in the field: as it was typed, whether it is understood or not."""
        return self.values["near"] or self.misplaced

    @property
    def orders(self):
        orders = dict(super().orders)
        nearest_first = orders.pop("distance")
        return {"distance": nearest_first} | orders if self.values["near"] else orders

    @cached_property
    def nearest_beyond(self):
        """[(center, kilometres)] of the nearest one, when none is within the distance."""
        if not self.values["within"] or self.total:
            return []
        return nearest(self.filtered(without="within"), self.origin.point, limit=1)

    @cached_property
    def suggestions(self):
        """[(text, address)] of what may have been meant; empty when something was understood."""
        if self.misplaced:
            return self._links(towns_meant(self.misplaced), {"near"})
        if not self.words_find_nothing or self.near_the_town:
            return []
        words = self.values["q"]
        meant = words_meant(words, kind=SearchEntry.Kind.CENTER)
        towns = self._links(towns_meant(words), {"q", "sort"})
        return [(text, self.query(without={"q"}, q=text)) for text in meant] + [
            (gettext("near %(place)s") % {"place": place}, address) for place, address in towns
        ]

    def _links(self, origins, without):
        """[(name, address)] of the same list near other towns."""
        return [(town.whereabouts, self.query(without=without, near=town.text)) for town in origins]

    @property
    def namesakes(self):
        """[(name, address)] of the other places that are called as the one looked from."""
        origin = self.origin or self.called_so
        return self._links(origin.namesakes, {"near"} if self.origin else {"q", "sort"})

    @property
    def any_distance(self):
        return self.query(without={"within"})

    @property
    def by_distance(self):
        """The address of all centers by distance from the town that was typed as words."""
        return self.query(without={"q", "sort"}, near=self.called_so.text)

    @cached_property
    def called_so(self):
        """The town that the words of `q` name, as an `Origin`; or None."""
        return None if self.values["near"] else town_called(self.values["q"])

    @cached_property
    def words_find_nothing(self):
        """Whether words were asked for that no center is found by, whatever the other filters."""
        if not self.values["q"] or self.total:
            return False
        return not self.filters["q"].filter(self.queryset.all(), self.values["q"]).exists()

    @cached_property
    def near_the_town(self):
        """[center] nearest to the town that was typed where no center is called so."""
        if not self.words_find_nothing or self.called_so is None:
            return []
        living = self.filtered(without="q").living().prefetch_related("names")
        rows = nearest(living, self.called_so.point, limit=NEAREST_SHOWN)
        for center, kilometres in rows:
            center.kilometres = kilometres
        centers = [center for center, _kilometres in rows]
        name_present_causes(centers)
        return centers

    @property
    def as_list(self):
        return self.query(without={"view"})

    @property
    def as_map(self):
        """The address of the same centers on the map; it keeps every filter."""
        return self.query(without={"view"}, view="map")

    @property
    def order(self):
        """Countries are ordered by their names in the reader's language."""
        if self.order_key == "distance":
            return [remoteness(self.origin.point).asc(nulls_last=True), "name", "slug"]
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
        if self.values["near"]:
            for center in page:
                point = center.published_point
                center.kilometres = point and distance_km(self.origin.point, point)
        return page
