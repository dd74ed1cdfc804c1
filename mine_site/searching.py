"""The whole-site search: centers, projects, organisations and stories at once."""

from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from centers import folding, gazetteer
from centers.models import Center, Organisation, SearchEntry, country_name
from centers.nearby import origin_of, town_called
from centers.suggestions import towns_meant, words_meant
from projects.models import Project
from stories.models import Story

FEWEST_LETTERS = 2  # from which on something is suggested
MOST_SUGGESTED = 5  # of centers, and of towns
MOST = 20  # shown of each kind; the lists show all

_KINDS = {
    SearchEntry.Kind.CENTER: lambda: Center.objects.published().prefetch_related("names"),
    SearchEntry.Kind.PROJECT: lambda: Project.objects.with_texts("title", "subtitle"),
    SearchEntry.Kind.ORGANISATION: lambda: Organisation.objects.prefetch_related("names"),
    SearchEntry.Kind.STORY: lambda: Story.objects.published(),
}

HEADINGS = {
    SearchEntry.Kind.CENTER: _("Centers"),
    SearchEntry.Kind.PROJECT: _("Projects"),
    SearchEntry.Kind.ORGANISATION: _("Networks and partners"),
    SearchEntry.Kind.STORY: _("Stories and voices"),
}


def meant_instead(query):
    """[(text, address)] of what may have been meant by a query that finds nothing."""
    towns = [town_called(query)] if town_called(query) else towns_meant(query)
    return [
        (text, f"{reverse('search')}?{urlencode({'q': text})}") for text in words_meant(query)
    ] + [
        (
            gettext("centers near %(place)s") % {"place": town.whereabouts},
            f"{reverse('centers:list')}?{urlencode({'near': town.text})}",
        )
        for town in towns
    ]


def suggested(beginning):
    """What begins as it was typed: [{"text", "detail", "url"}] of centers and of towns."""
    if len(folding.light(beginning)) < FEWEST_LETTERS:
        return []
    found = SearchEntry.objects.of_kind(SearchEntry.Kind.CENTER).matching(beginning)
    centers = (
        Center.objects.published()
        .not_closed()
        .filter(pk__in=found.values("object_id"))
        .order_by("name", "slug")[:MOST_SUGGESTED]
    )
    suggestions = [
        {
            "text": center.name,
            "detail": ", ".join(
                filter(None, [center.published_place, country_name(center.country_id)])
            ),
            "url": center.get_absolute_url(),
        }
        for center in centers
    ]
    return suggestions + suggested_towns(beginning)


def suggested_towns(beginning):
    """[{"text", "detail", "url"}] of towns that begin so; the address lists what is near."""
    if len(folding.light(beginning)) < FEWEST_LETTERS:
        return []
    lightly = folding.light(beginning)
    places = gazetteer.places_named(beginning, limit=4 * MOST_SUGGESTED)
    # Those first that are spelled as it was typed, and do not only sound so.
    places.sort(key=lambda place: not folding.light(place.spelling).startswith(lightly))
    origins = [
        origin_of(place.spelling, country=place.country) for place in places[:MOST_SUGGESTED]
    ]
    return [
        {
            "text": town.text,
            "detail": gettext("centers near %(place)s") % {"place": town.whereabouts},
            "url": f"{reverse('centers:list')}?{urlencode({'near': town.text})}",
        }
        for town in {origin.text: origin for origin in origins if origin}.values()
    ]


def found_everywhere(query):
    """[(kind, heading, records, how many in all)] of what the query finds, `MOST` of each kind."""
    keys = {kind: [] for kind in _KINDS}
    for kind, pk in SearchEntry.objects.matching(query).values_list("kind", "object_id"):
        keys[SearchEntry.Kind(kind)].append(pk)
    return [
        (kind.value, HEADINGS[kind], list(_KINDS[kind]().filter(pk__in=pks)[:MOST]), len(pks))
        for kind, pks in keys.items()
        if pks
    ]


def records_of(ranked):
    """[(kind, record)] for [(kind, primary key)], in the same order; one query for each kind."""
    wanted = {}
    for kind, pk in ranked:
        wanted.setdefault(kind, []).append(pk)
    there = {
        kind: {row.pk: row for row in _rows(kind).filter(pk__in=pks)}
        for kind, pks in wanted.items()
    }
    return [(kind, there[kind][pk]) for kind, pk in ranked if pk in there[kind]]


def records_named(kind, slug):
    """Up to three public records of the kind whose address begins so."""
    return list(_rows(kind).filter(slug__startswith=slug).order_by("slug")[:3])


def _rows(kind):
    """Public records of the kind, without their other names."""
    return _KINDS[SearchEntry.Kind(kind)]().prefetch_related(None)
