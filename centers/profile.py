"""All that a center's page tells, read with a fixed number of queries."""

from collections import defaultdict
from dataclasses import dataclass
from urllib.parse import urlencode

from django.db.models import CharField, Value
from django.db.models.functions import Cast, Left
from django.utils.functional import cached_property
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from centers import status_log
from centers.alphabet import alphabetical
from centers.charts.lines import line_chart
from centers.dates import PartialDate
from centers.distance import nearest
from centers.locator import locator
from centers.models import Cause, Center, CenterLink, Freshness, StatusCause

SUCCESSOR = CenterLink.Kind.SUCCESSOR_OF


def nearest_living(center, *, limit=3):
    """[(center, kilometres)] of the living centers nearest to the published point."""
    if center.published_point is None:
        return []
    others = Center.objects.published().living().exclude(pk=center.pk)
    return nearest(others, center.published_point, limit=limit)


@dataclass(frozen=True)
class Tie:
    """Something that belongs to a center or that it belongs to, as one line of text."""

    kind: str
    label: str
    slug: str
    began: PartialDate | None
    ended: PartialDate | None
    language: str
    text: str


def _text(expression):
    return Cast(expression, CharField())


def ties(center):
    """{group: [Tie, …]} of names, offers, affiliations, projects, stories and other centers.

    One query for all of them: a union of rows of the same shape.
    """
    me = Center.objects.filter(pk=center.pk).order_by()
    nothing = Value("", CharField())
    languages = [get_language() or "en", "en"]

    def part(group, queryset, kind, label, slug=nothing, began=nothing, ended=nothing,
             language=nothing, text=nothing):  # fmt: skip
        columns = (kind, label, slug, began, ended, language, text)
        return queryset.order_by().values_list(
            Value(group, CharField()), *(_text(column) for column in columns)
        )

    def rank(language):
        return (languages.index(language) if language in languages else len(languages), language)

    organisation = "affiliations__organisation"
    union = part(
        "names", center.names.all(), "kind", "value", language="language"
    ).union(
        part(
            "offers",
            me.filter(offers__texts__isnull=False),
            "offers__slug",
            "offers__texts__name",
            language="offers__texts__language",
        ),
        part(
            "affiliations",
            me.filter(affiliations__isnull=False),
            "affiliations__role",
            f"{organisation}__name",
            f"{organisation}__slug",
            "affiliations__began",
            "affiliations__ended",
            text="affiliations__source__title",
        ),
        part(
            "projects",
            me.filter(participations__project__texts__isnull=False),
            "participations__role",
            "participations__project__texts__title",
            "participations__project__slug",
            "participations__project__start",
            "participations__project__end",
            "participations__project__texts__language",
        ),
        part(
            "stories",
            me.filter(stories__state="published"),
            "stories__kind",
            "stories__title",
            "stories__slug",
            language="stories__language",
            text=Left("stories__body", 300),
        ),
        part(
            "links",
            center.links.filter(other__merged_into__isnull=True),
            "kind",
            "other__name",
            "other__slug",
        ),
        part(
            "links_from_others",
            center.links_from_others.filter(center__merged_into__isnull=True),
            "kind",
            "center__name",
            "center__slug",
        ),
    )  # fmt: skip
    grouped = defaultdict(dict)
    for group, kind, label, slug, began, ended, language, text in union:
        tie = Tie(
            kind, label, slug, PartialDate.of(began), PartialDate.of(ended), language, text or ""
        )
        # The same offer or project in two languages is one tie: in the reader's, else English.
        translated = group in ("offers", "projects")
        key = (kind, slug) if translated else (kind, slug, label)
        grouped[group].setdefault(key, []).append(tie)
    return {
        group: sorted(
            (min(rows, key=lambda tie: rank(tie.language)) for rows in named.values()),
            key=lambda tie: (tie.kind, alphabetical(tie.label)),
        )
        for group, named in grouped.items()
    }


class CenterProfile:
    """A center with its history, figures, ties and neighbours, for its page."""

    def __init__(self, center, *, on):
        self.center = center
        self.on = on

    @cached_property
    def entries(self):
        """The log with its causes, withdrawn entries too, in the order of what it says."""
        causes = Cause.objects.with_names()
        rows = list(
            self.center.status_entries.select_related("source").order_by("observed_earliest")
        )
        links = defaultdict(list)
        for link in StatusCause.objects.filter(entry__center=self.center):
            links[link.entry_id].append(link)
        names = {cause.pk: cause for cause in causes} if links else {}
        for entry in rows:
            for link in links[entry.pk]:
                link.cause = names[link.cause_id]
            entry._prefetched_objects_cache = {"cause_links": links[entry.pk]}
        return sorted(rows, key=status_log.order_key)

    @property
    def is_to_be_asked(self):
        """Whether nobody has said for a year how it is, so that readers are asked."""
        fresh = Freshness.CONFIRMED
        return not self.center.is_closed and self.center.freshness_on(self.on) != fresh

    @property
    def standing(self):
        return [entry for entry in self.entries if not entry.is_withdrawn]

    @property
    def withdrawn(self):
        return [entry for entry in self.entries if entry.is_withdrawn]

    @cached_property
    def periods(self):
        """The periods of its life, the current one first."""
        return status_log.periods(self.standing)[::-1]

    @property
    def current(self):
        return self.periods[0] if self.periods else None

    @cached_property
    def contradictions(self):
        return status_log.contradictions(self.standing)

    @cached_property
    def snapshots(self):
        return list(self.center.snapshots.select_related("source"))

    @property
    def figures(self):
        """Snapshots that count somebody, latest first."""
        return [
            snapshot
            for snapshot in self.snapshots
            if {snapshot.core_group, snapshot.visitors, snapshot.children} != {None}
        ]

    @property
    def witnesses(self):
        """Who says how it is now, each once, the latest first."""
        entries = self.current.entries[::-1] if self.current else ()
        return list(dict.fromkeys(entry.according_to for entry in entries if entry.according_to))

    @property
    def successors(self):
        """What came after it: centers that call themselves its successor."""
        return [tie for tie in self.ties.get("links_from_others", ()) if tie.kind == SUCCESSOR]

    @property
    def route_url(self):
        """Where a map shows the way, only for a place that may be published exactly."""
        if not self.center.published_address:
            return ""
        if self.center.published_point:
            where = {"to": "{},{}".format(*self.center.published_point)}
            return f"https://www.openstreetmap.org/directions?{urlencode(where)}"
        where = {"query": f"{self.center.published_address}, {self.center.published_place}"}
        return f"https://www.openstreetmap.org/search?{urlencode(where)}"

    @cached_property
    def locator(self):
        return locator(self.center)

    @cached_property
    def charts(self):
        """Lines of the figures that were counted at two dates or more."""
        kinds = [
            ("visitors", _("Visitors")),
            ("children", _("Children")),
            ("core_group", _("Core group")),
        ]
        charts = [
            line_chart(label, [(row.as_of, getattr(row, kind)) for row in self.figures], number=n)
            for n, (kind, label) in enumerate(kinds, start=1)
        ]
        return [chart for chart in charts if chart]

    @property
    def premises(self):
        """Snapshots that say something on the rooms, latest first."""
        return [row for row in self.snapshots if row.premises or row.premises_note]

    @cached_property
    def ties(self):
        return ties(self.center)

    @cached_property
    def photos(self):
        return list(self.center.photos.published())

    @cached_property
    def nearest(self):
        return nearest_living(self.center)

    @property
    def sources(self):
        """The documents that this page rests on, each once."""
        rows = [self.center, *self.entries, *self.snapshots]
        return list(dict.fromkeys(row.source for row in rows if row.source))
