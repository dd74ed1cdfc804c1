"""Lists with facets: filters as a plain GET form, each choice with the count behind it.

A `FacetedFilterSet` is a django-filter `FilterSet` whose choices know how many records they
would show: the count beside a choice is that of the list with this choice in its facet and all
other filters as they are. Values that make no sense are set aside, and said (`notes`).
"""

from dataclasses import dataclass
from urllib.parse import urlencode

import django_filters
from django import forms
from django.core.paginator import Paginator
from django.db.models import Count
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from centers import search


class ForgivingMultipleChoiceField(forms.MultipleChoiceField):
    """Keeps the values that are choices and sets the others aside in `ignored`."""

    widget = forms.CheckboxSelectMultiple

    def clean(self, value):
        values = list(dict.fromkeys(value or []))
        known = {key for key, _label in self.choices}
        self.ignored = [each for each in values if each and each not in known]
        return [each for each in values if each in known]


class Facet(django_filters.Filter):
    """A filter with choices, several at once; `choices` are set by the filter set.

    `lookup(values)` gives the condition as a `Q`; `counts(queryset)` gives {value: count} over a
    queryset in which this facet plays no part.
    """

    field_class = ForgivingMultipleChoiceField

    def __init__(self, *, column=None, lookup=None, counts=None, **kwargs):
        super().__init__(required=False, **kwargs)
        self.column, self.lookup, self._counts = column, lookup, counts

    def filter(self, queryset, values):
        if not values:
            return queryset
        if self.lookup:
            return queryset.filter(self.lookup(values))
        return queryset.filter(**{f"{self.column}__in": values})

    def counts(self, queryset):
        """{value: count}, by one grouped query."""
        if self._counts:
            return self._counts(queryset)
        rows = queryset.order_by().values_list(self.column).annotate(Count("pk", distinct=True))
        return {str(value): count for value, count in rows if value not in (None, "")}


class SortFilter(django_filters.Filter):
    """Holds the order that was asked for: a key of `orders`, {key: (label, order_by)}.

    The first one is the default. The order itself is made by the filter set's `rows`.
    """

    field_class = forms.ChoiceField

    def __init__(self, orders):
        super().__init__(
            label=gettext_lazy("Order"),
            choices=[(key, label) for key, (label, _order) in orders.items()],
        )
        self.orders = orders

    def filter(self, queryset, value):
        return queryset


class ViewFilter(django_filters.ChoiceFilter):
    """Holds how the list is looked at; it chooses no rows."""

    def filter(self, queryset, value):
        return queryset


class WordsFilter(django_filters.CharFilter):
    """Finds records of one kind by the beginnings of words in all their names."""

    def __init__(self, kind, **kwargs):
        super().__init__(max_length=200, **kwargs)
        self.kind = kind

    def filter(self, queryset, value):
        return queryset.filter(pk__in=search.found(self.kind, value)) if value else queryset


class CountedPaginator(Paginator):
    """A paginator that is told how many records there are, and need not ask."""

    def __init__(self, *args, count, **kwargs):
        super().__init__(*args, **kwargs)
        self.count = count


@dataclass(frozen=True)
class Choice:
    """A choice of a facet as shown: its value, its name, how many it would show, if chosen."""

    value: str
    label: str
    count: int
    is_chosen: bool


@dataclass(frozen=True)
class Chip:
    """An active filter, and the address of the list without it."""

    label: str
    url: str


class FacetedFilterSet(django_filters.FilterSet):
    """Base of the lists' filters. Subclasses declare `Facet` filters and give their choices."""

    page_size = 24
    LOOKS = frozenset({"sort", "view"})  # what changes how the rows look, and not which they are
    depends = {}  # {filter: the names that mean nothing without it}
    SHOWN_FIRST = ()  # names of filters, in the order of the form; the others follow

    def __init__(self, data=None, queryset=None, *, on, **kwargs):
        self.on = on
        super().__init__(data=data if data is not None else {}, queryset=queryset, **kwargs)
        order = dict.fromkeys([*self.SHOWN_FIRST, *self.filters])
        self.filters = {name: self.filters[name] for name in order}
        for name, choices in self.facet_choices().items():
            self.filters[name].extra["choices"] = choices

    def facet_choices(self):
        """{facet: [(value, label), …]}"""
        raise NotImplementedError

    @cached_property
    def values(self):
        """{filter: value} of what was asked and makes sense."""
        self.form.is_valid()
        cleaned = dict(self.form.cleaned_data)
        for name in self.form.errors:
            cleaned[name] = None
        return cleaned

    @cached_property
    def notes(self):
        """Sentences on values that were set aside."""
        self.form.is_valid()
        notes = []
        for name, field in self.form.fields.items():
            ignored = getattr(field, "ignored", [])
            if name in self.form.errors:
                ignored = [self.data.get(name, "")]
            notes += [
                _("“%(value)s” is not a choice under “%(filter)s” and was ignored.")
                % {"value": value[:60], "filter": field.label}
                for value in ignored
            ]
        page = self.data.get("page") or "1"
        if not (page.isdecimal() and page.isascii() and 0 < int(page[:9]) <= self.page_count):
            notes.append(_("There is no page “%s” here.") % page[:60])
        return notes

    @property
    def facets(self):
        return {name: each for name, each in self.filters.items() if isinstance(each, Facet)}

    def filtered(self, *, without=None):
        """The records that were asked for; `without` leaves one filter aside."""
        queryset = self.queryset.all()
        for name, each in self.filters.items():
            if name != without:
                queryset = each.filter(queryset, self.values.get(name))
        return queryset

    @cached_property
    def qs(self):
        return self.filtered()

    @cached_property
    def counts(self):
        """{facet: {value: count}}"""
        return {
            name: facet.counts(self.filtered(without=name)) for name, facet in self.facets.items()
        }

    @cached_property
    def total(self):
        """How many records are found."""
        return self.filtered().count()

    @property
    def page_count(self):
        return max(1, -(-self.total // self.page_size))

    def shown_facets(self):
        """[(name, label, choices, whether one is chosen)], choices that show nothing left out."""
        shown = []
        for name, facet in self.facets.items():
            chosen = self.values.get(name) or []
            choices = [
                Choice(value, label, self.counts[name].get(value, 0), value in chosen)
                for value, label in facet.extra["choices"]
                if self.counts[name].get(value) or value in chosen
            ]
            shown.append((name, facet.label, choices, bool(chosen)))
        return shown

    # --- Addresses ---------------------------------------------------------------------------

    def pairs(self, *, without=()):
        """What is asked as (name, value) pairs; `without` are pairs, or names, to leave out."""
        pairs = []
        for name, value in self.values.items():
            for each in value if isinstance(value, list) else [value]:
                pair = (name, "" if each is None else str(each))
                if pair[1] and name not in without and pair not in without:
                    pairs.append(pair)
        return pairs

    def query(self, *, without=(), **more):
        """The query string of the same list, changed; begins with “?”."""
        pairs = self.pairs(without=without) + [(name, str(value)) for name, value in more.items()]
        return "?" + urlencode(pairs)

    def chips(self):
        """The active filters, each with the address that removes it."""
        chips = []
        for name, value in self.pairs(without=self.LOOKS):
            field = self.form.fields[name]
            label = dict(getattr(field, "choices", ())).get(value, value)
            if not isinstance(self.filters[name], Facet):
                label = f"{field.label}: {label}"
            without = {(name, value), *self.depends.get(name, ())}
            chips.append(Chip(str(label), self.query(without=without)))
        return chips

    def page(self):
        """The page of the list that was asked for, of records as `rows()` gives them."""
        paginator = CountedPaginator(self.rows(), self.page_size, count=self.total)
        return paginator.get_page(self.data.get("page"))

    def sorts(self):
        """[(address, label, whether it is the present one)] of the orders."""
        return [
            (self.query(without={"sort"}, sort=key), label, key == self.order_key)
            for key, (label, _order) in self.orders.items()
        ]

    @property
    def orders(self):
        """{key: (label, order_by)} of the orders that can be asked for."""
        return self.filters["sort"].orders

    @property
    def order_key(self):
        """The key of the order that was asked for, or of the first."""
        return self.values.get("sort") or next(iter(self.orders))

    @property
    def order(self):
        """The arguments of `order_by` for the order that was asked for."""
        return self.orders[self.order_key][1]

    def rows(self):
        """The found records in order, with what a row of the list shows."""
        return self.qs
