"""All that a project's page tells, read with a fixed number of queries."""

from collections import defaultdict
from dataclasses import dataclass

from django.db.models import CharField, Prefetch, Q, Value
from django.db.models.functions import Cast
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from centers.alphabet import alphabetical
from centers.charts.series import series
from centers.models import Cause, Country
from centers.models.base import in_language
from projects.models import IndicatorText, Measurement, Participation, Project
from projects.outcomes import Outcomes

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

    @cached_property
    def chart(self):
        """The actual figures of several periods as a drawing, with baselines and targets."""
        kinds = Measurement.Kind
        actual = [(row.period.in_words(), row) for row in self.of_kind(kinds.ACTUAL) if row.period]
        periods = {name for name, _row in actual}
        levels, targets = [], {}
        for row in [*self.of_kind(kinds.BASELINE), *self.of_kind(kinds.TARGET)]:
            period = row.period.in_words() if row.period else ""
            if row.kind == kinds.TARGET and period in periods:
                targets[period] = row.value
            else:
                levels.append((f"{row.get_kind_display()} {period}".strip(), row.value))
        rows = [(name, row.value) for name, row in actual]
        return series(self.name, rows, levels=levels, targets=targets)

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

    def __init__(self, project, relatives=(), *, knowledge):
        self.project = project
        self.knowledge = knowledge
        self.follows = next((row for row in relatives if row.pk == project.follows_id), None)
        self.followed_by = [row for row in relatives if row.follows_id == project.pk]

    @classmethod
    def find(cls, slug, *, knowledge):
        """The dossier of the project with the slug, as known on a day (`Knowledge`); or None."""
        family = list(
            Project.objects.filter(Q(slug=slug) | Q(follows__slug=slug) | Q(followed_by__slug=slug))
            .with_texts(*TEXTS)
            .select_related("source")
            .distinct()
        )
        project = next((row for row in family if row.slug == slug), None)
        return project and cls(
            project, [row for row in family if row is not project], knowledge=knowledge
        )

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
        return sorted(
            rows, key=lambda row: (order.index(row.role), alphabetical(row.participant.name))
        )

    @property
    def centers(self):
        """The participating centers, each once, whatever its roles."""
        return [row.center for row in self.participations if row.center]

    @cached_property
    def outcomes(self):
        return Outcomes(self.project, self.centers, self.evaluations, knowledge=self.knowledge)

    @cached_property
    def funding(self):
        """By currency, in each the unknown amounts last; those without a currency at the end."""
        rows = list(self.project.funding.select_related("funder", "source"))
        return sorted(rows, key=lambda row: (not row.currency, row.currency, row.amount is None))

    @property
    def currencies(self):
        """The currencies of the amounts that are known."""
        return list(dict.fromkeys(row.currency for row in self.funding if row.amount is not None))

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
    def is_told(self):
        """[(what funders ask for, whether this page tells it)]: how complete the page is."""
        project = self.project
        return [
            (_("start and end"), bool(project.start and project.end)),
            (_("whether it is part of a regular service"), project.is_regular_service is not None),
            (_("issue and goals"), bool(project.shown_goal)),
            (_("how it works"), bool(project.shown_approach)),
            (_("results"), self.has_results),
            (_("evaluation"), bool(self.evaluations)),
            (_("who benefits"), bool(project.shown_who_benefits)),
            (
                _("all amounts of the funding"),
                bool(self.funding) and all(row.amount is not None for row in self.funding),
            ),
            (_("lessons"), bool(self.lessons)),
            (_("participants"), bool(self.participations)),
            (_("events"), bool(self.events)),
            (_("documents"), bool(self.documents)),
        ]

    @property
    def missing(self):
        """What funders ask for and this page does not tell."""
        return [name for name, is_told in self.is_told if not is_told]

    @property
    def told_count(self):
        return len(self.is_told) - len(self.missing)

    @property
    def documents(self):
        return [row for row in self.attached if row.kind == "document"]

    @property
    def stories(self):
        return [row for row in self.attached if row.kind == "story"]
