"""What changed in the register, as everybody may know it.

Statements on how a center is, also those taken back; new centers, and those that turned out to be
the same as another; stories and projects. Never who recorded it, and nothing of what stands beside
a statement: what else is public stands on the center's page.

A center or project is new when this register first had it: of one that was loaded from a package
that is the day of loading. A story is new when it was first published here; samples are no news.
"""

import datetime
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.db.models import CharField, F, Min, Q, Value
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from centers import phrases
from centers.alphabet import alphabetical
from centers.countries_asked import CountriesAsked
from centers.dates import PartialDate
from centers.models import Center, CenterMerge, Country, StatusEntry, country_name
from projects.models import Project
from stories.models import Story


@dataclass(frozen=True)
class Change:
    """One change: what it is about, with its page, and a sentence on what happened.

    `key` is permanent: the same change keeps it when the center is renamed, and a statement that
    is withdrawn keeps that of the statement. `status` is that of a statement.
    """

    key: str
    at: datetime.datetime
    first_at: datetime.datetime
    name: str
    url: str
    place: str
    what: str
    language: str = ""
    status: str = ""


class News(CountriesAsked):
    """The changes of a register, of some countries if asked, newest first, in pages."""

    page_size = 40

    @cached_property
    def choices(self):
        """[(code, name)] of the countries with centers or projects, by name."""
        there = Q(centers__isnull=False) | Q(projects__isnull=False)
        codes = Country.objects.filter(there).order_by().values_list("code", flat=True).distinct()
        names = ((code, country_name(code)) for code in codes)
        return sorted(names, key=lambda row: alphabetical(row[1]))

    @property
    def shown_countries(self):
        """The countries that were asked for, by name."""
        names = dict(self.choices)
        return [names[code] for code in self.countries]

    @cached_property
    def paginator(self):
        return Paginator(_Changes(self.countries), self.page_size)

    @property
    def days(self):
        """[(day in words, [changes of one record, …])] of the page, records in a row as one."""
        days = groupby(self.page, key=lambda change: timezone.localdate(change.at))
        return [
            (
                PartialDate.of(day).in_words(),
                [list(rows) for _name, rows in groupby(changes, key=attrgetter("name", "url"))],
            )
            for day, changes in days
        ]

    @cached_property
    def latest(self):
        """The first page of the changes, for the feed."""
        return list(self.paginator.page(1))


class _Changes:
    """All changes as a sequence that a paginator can count and slice."""

    def __init__(self, countries):
        self.rows = _union(countries)

    def count(self):
        return self.rows.count()

    def __len__(self):
        return self.count()

    def __getitem__(self, part):
        rows = list(self.rows.order_by("-at", "kind", "number")[part])
        told = {
            kind: tell([number for each, number, _at in rows if each == kind])
            for kind, tell in _TELLERS.items()
        }
        # What was removed between the two queries is left out.
        return [told[kind][number](at) for kind, number, at in rows if number in told[kind]]


def _union(countries):
    """(kind, number, at) of all changes of the countries, or of all of them; one query."""

    def part(kind, queryset, number, at, **where):
        if countries:
            queryset = queryset.filter(**where)
        return (
            queryset.order_by()
            .values(number=F(number))
            .annotate(at=at, kind=Value(kind, CharField()))
            .values_list("kind", "number", "at")
        )

    centers = Center.objects.filter(country__in=countries) if countries else Center.objects
    centers = centers.filter(merged_into__isnull=True)
    stories = Story.objects.published().filter(is_sample=False)
    projects = Project.objects.all()
    if countries:
        stories = stories.filter(center__country__in=countries)
        projects = projects.filter(countries__in=countries)

    def first(model, rows, **where):
        return model.history.model._base_manager.filter(id__in=rows.values("pk"), **where)

    return part(
        "statement",
        StatusEntry.objects.filter(center__merged_into__isnull=True),
        "pk",
        Coalesce("withdrawn_at", "recorded_at"),
        center__country__in=countries,
    ).union(
        part("center", first(Center, centers, history_type="+"), "id", Min("history_date")),
        part(
            "merge",
            CenterMerge.objects.standing().filter(merged__merged_into__isnull=False),
            "pk",
            F("at"),
            kept__country__in=countries,
        ),
        part("story", first(Story, stories, state="published"), "id", Min("history_date")),
        part("project", first(Project, projects, history_type="+"), "id", Min("history_date")),
        all=True,
    )


def _place(center):
    """“Isperih, Bulgaria”, as precisely as may be said."""
    return ", ".join(filter(None, [center.published_place, country_name(center.country_id)]))


def _statements(pks):
    rows = StatusEntry.objects.select_related("center").filter(pk__in=pks)

    def told(entry, at):
        words = phrases.statement_withdrawn if entry.is_withdrawn else phrases.statement
        center = entry.center
        return Change(
            key=f"statement:{entry.key}",
            at=at,
            first_at=entry.recorded_at,
            name=center.name,
            url=center.get_absolute_url(),
            place=_place(center),
            what=words(entry),
            status="" if entry.is_withdrawn else entry.status,
        )

    return _by_number(rows, told)


def _centers(pks):
    def told(center, at):
        what = _("New in the register.")
        return _change_of(f"center:{center.public_id}", center, at, _place(center), what)

    return _by_number(Center.objects.filter(pk__in=pks), told)


def _merges(pks):
    rows = CenterMerge.objects.select_related("merged__merged_into").filter(pk__in=pks)

    def told(merge, at):
        stays = merge.merged.merged_into
        return Change(
            key=f"merge:{merge.merged.public_id}",
            at=at,
            first_at=at,
            name=merge.merged.name,
            url=stays.get_absolute_url(),
            place=_place(stays),
            what=phrases.merged_into(stays),
        )

    return _by_number(rows, told)


def _stories(pks):
    rows = Story.objects.select_related("center").filter(pk__in=pks)

    def told(story, at):
        is_voice = story.kind == Story.Kind.VOICE
        what = _("A new voice of a woman.") if is_voice else _("A new story.")
        place = story.center.name if story.center else ""
        return _change_of(f"story:{story.key}", story, at, place, what, story.language)

    return _by_number(rows, told)


def _projects(pks):
    rows = Project.objects.with_texts("title").prefetch_related("countries")

    def told(project, at):
        names = (country.name for country in project.countries.all())
        place = ", ".join(sorted(names, key=alphabetical))
        language = getattr(project.shown_title, "language", "")
        what = _("A new project.")
        return _change_of(f"project:{project.key}", project, at, place, what, language)

    return _by_number(rows.filter(pk__in=pks), told)


def _change_of(key, record, at, place, what, language=""):
    url = record.get_absolute_url()
    return Change(key, at, at, str(record), url, place, what, language=language)


def _by_number(rows, told):
    """{primary key: function of the moment that gives the change}"""
    return {row.pk: lambda at, row=row: told(row, at) for row in rows}


_TELLERS = {
    "statement": _statements,
    "center": _centers,
    "merge": _merges,
    "story": _stories,
    "project": _projects,
}


def feed_url(countries):
    """The address of the feed of these countries, or of all."""
    query = urlencode([("country", code) for code in countries])
    return reverse("changes_feed") + (f"?{query}" if query else "")
