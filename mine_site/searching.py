"""The whole-site search: centers, projects, organisations and stories at once."""

from django.utils.translation import gettext_lazy as _

from centers.models import Center, Organisation, SearchEntry
from projects.models import Project
from stories.models import Story

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
