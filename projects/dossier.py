"""All that a project's page tells, read with a fixed number of queries."""

from collections import defaultdict
from dataclasses import dataclass

from django.db.models import CharField, Prefetch, Q, Value
from django.db.models.functions import Cast
from django.utils.functional import cached_property

from centers.alphabet import alphabetical
from centers.models import Cause, Country, Status
from centers.models.base import in_language
from centers.models.status import name_present_causes
from projects.models import IndicatorText, Measurement, Participation, Project

TEXTS = (
    "title", "subtitle", "summary", "goal", "approach", "results", "who_benefits", "resources",
)  # fmt: skip


@dataclass
class IndicatorFigures:
    """An indicator with its figures: baseline, targets and what was reached, by period."""

    name: str
    unit: str
    adds_up: bool
    stated_total: object
    measurements: list

    def of_kind(self, kind):
        return [row for row in self.measurements if row.kind == kind]

    @property
    def total(self):
        """The sum of what was reached, where periods may be added and there are several."""
        actual = self.of_kind(Measurement.Kind.ACTUAL)
        return sum(row.value for row in actual) if self.adds_up and len(actual) > 1 else None


@dataclass(frozen=True)
class Attached:
    """A document, a story, a title in another language or a country of the project."""

    kind: str
    title: str
    address: str
    language: str


class ProjectDossier:
    """A project with everything that belongs to it, for its page."""

    def __init__(self, project, relatives=()):
        self.project = project
        self.follows = next((row for row in relatives if row.pk == project.follows_id), None)
        self.followed_by = [row for row in relatives if row.follows_id == project.pk]

    @classmethod
    def find(cls, slug):
        """The dossier of the project with the slug, or None."""
        family = list(
            Project.objects.filter(Q(slug=slug) | Q(follows__slug=slug) | Q(followed_by__slug=slug))
            .with_texts(*TEXTS)
            .select_related("source")
            .distinct()
        )
        project = next((row for row in family if row.slug == slug), None)
        return project and cls(project, [row for row in family if row is not project])

    @property
    def countries(self):
        codes = [row.address for row in self.attached if row.kind == "country"]
        return sorted(
            (Country(code=code) for code in codes), key=lambda country: alphabetical(country.name)
        )

    @property
    def other_titles(self):
        """The project's titles in other languages than the one shown."""
        return [
            row
            for row in self.attached
            if row.kind == "title" and row.title != self.project.shown_title
        ]

    @cached_property
    def participations(self):
        rows = self.project.participations.exclude(center__merged_into__isnull=False)
        rows = rows.select_related("center", "organisation")
        order = Participation.Role.values
        rows = sorted(
            rows, key=lambda row: (order.index(row.role), alphabetical(row.participant.name))
        )
        name_present_causes([row.center for row in rows if row.center])
        return rows

    @property
    def partners(self):
        """Participations of organisations, leads first."""
        return [row for row in self.participations if row.organisation]

    @property
    def centers(self):
        """The participating centers, each once, whatever its roles."""
        return list(dict.fromkeys(row.center for row in self.participations if row.center))

    @property
    def outcome(self):
        """[(label of the status, how many participating centers have it)]"""
        statuses = [center.status for center in self.centers]
        return [
            (label, statuses.count(status))
            for status, label in Status.choices
            if status in statuses
        ]

    @cached_property
    def funding(self):
        return list(self.project.funding.select_related("funder", "source"))

    @cached_property
    def events(self):
        return list(self.project.events.with_texts().select_related("source"))

    @cached_property
    def indicators(self):
        texts = IndicatorText.objects.order_by()
        rows = (
            Measurement.objects.filter(indicator__project=self.project)
            .select_related("indicator", "source")
            .annotate(
                **{
                    f"shown_{field}": in_language(texts, field, of="indicator", ref="indicator")
                    for field in ("name", "unit")
                }
            )
        )
        grouped = defaultdict(list)
        for row in rows:
            grouped[row.indicator].append(row)
        return [
            IndicatorFigures(
                name=figures[0].shown_name or indicator.key,
                unit=figures[0].shown_unit or "",
                adds_up=indicator.adds_up,
                stated_total=indicator.stated_total,
                measurements=figures,
            )
            for indicator, figures in grouped.items()
        ]

    @property
    def has_results(self):
        """Whether anything that was reached is recorded, and not aims alone."""
        return bool(self.project.shown_results) or any(
            figures.of_kind(Measurement.Kind.ACTUAL) for figures in self.indicators
        )

    @cached_property
    def evaluations(self):
        return list(self.project.evaluations.select_related("evaluator", "source"))

    @cached_property
    def lessons(self):
        named = Prefetch("causes", Cause.objects.with_names())
        return list(self.project.lessons.select_related("center").prefetch_related(named))

    @cached_property
    def attached(self):
        """One query for them all: a union of rows of the same shape."""

        def text(expression):
            return Cast(expression, CharField())

        nothing = Value("", CharField())
        me = Project.objects.filter(pk=self.project.pk).order_by()

        documents = self.project.documents.order_by().values_list(
            Value("document", CharField()), text("title"), text("url"), text("language")
        )
        stories = me.filter(stories__state="published").values_list(
            Value("story", CharField()),
            text("stories__title"),
            text("stories__slug"),
            text("stories__language"),
        )
        titles = me.filter(texts__isnull=False).values_list(
            Value("title", CharField()), text("texts__title"), nothing, text("texts__language")
        )
        countries = me.filter(countries__isnull=False).values_list(
            Value("country", CharField()), nothing, text("countries"), nothing
        )
        return [Attached(*row) for row in documents.union(stories, titles, countries)]

    @property
    def documents(self):
        return [row for row in self.attached if row.kind == "document"]

    @property
    def stories(self):
        return [row for row in self.attached if row.kind == "story"]
