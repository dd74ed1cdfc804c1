"""What the page of insights tells: figures over the centers that are asked for, and their files."""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.db.models import F
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from centers.alphabet import alphabetical
from centers.charts.columns import column_chart
from centers.charts.curve import curve
from centers.facets import ViewFilter
from centers.filters import CenterFacets
from centers.knowledge import PARAMETER, Knowledge
from centers.models import Cause, Claim, Freshness, Snapshot, Status, country_name
from centers.statistics.closings import WEIGHTS
from centers.statistics.figures import SIZES, By, figures_of
from centers.statistics.lives import LeftOut
from centers.statistics.survival import FEW, FEWEST
from centers.versions import once_a_change


class InsightFilter(CenterFacets):
    """Which centers the figures are about, and by what their survival is compared."""

    by = ViewFilter(choices=By.choices, label=_("Compare by"))

    LOOKS = frozenset({"by"})

    class Meta(CenterFacets.Meta):
        pass

    def __init__(self, data=None, *, knowledge):
        super().__init__(data, on=knowledge.on)
        self.known_on = knowledge.day

    def query(self, **changes):
        """The query string of the same figures, changed; of the same day."""
        if self.known_on:
            changes.setdefault(PARAMETER, self.known_on)
        return super().query(**changes)


@dataclass(frozen=True)
class Group:
    """A group of centers whose survival is compared; `curve` is None where there are too few."""

    name: str
    number: int
    curve: object


@dataclass(frozen=True)
class CountryCount:
    """How many centers of a country somebody confirmed, and what is claimed about it."""

    code: str
    counts: dict
    claims: list
    is_whole: bool = True

    @property
    def name(self):
        return country_name(self.code)

    @property
    def cells(self):
        """The numbers in the order of `Freshness`, and the closed ones behind."""
        return [self.counts.get(kind, 0) for kind in [*Freshness.values, str(Status.CLOSED)]]

    @property
    def labelled(self):
        """[(what is known, number)] in the order of `Insights.freshness`."""
        labels = [*Freshness.labels, Status.CLOSED.label]
        return list(zip(labels, self.cells, strict=True))

    @property
    def only_claimed(self):
        """How many of the largest number that is claimed are not in the register as open.

        None where no number is claimed, or where not all centers of the country are counted.
        """
        most = max((claim.centers for claim in self.claims if claim.centers), default=None)
        if most is None or not self.is_whole:
            return None
        return max(most - sum(self.cells[:-1]), 0)


class Insights:
    """The figures of the centers that a query string asks for; few queries, whatever it asks."""

    FEW, FEWEST = FEW, FEWEST

    def __init__(self, query):
        self.today = timezone.localdate()
        self.knowledge = Knowledge.asked(query, today=self.today)
        self.found = InsightFilter(query, knowledge=self.knowledge)

    @property
    def notes(self):
        return [*self.found.notes, *self.knowledge.notes]

    @property
    def kept(self):
        """What is asked, as (name, value) pairs for a form that asks for another day."""
        return self.found.pairs()

    @property
    def query(self):
        """The query string of the same figures, for their files."""
        return self.found.query()

    @property
    def query_of_today(self):
        return "?" + urlencode(self.found.pairs())

    @property
    def is_of_whole_countries(self):
        """Whether the figures are of all that is known today of the countries they are about."""
        asked = {name for name, _value in self.found.pairs(without={"by"})}
        return self.knowledge.day is None and asked <= {"country"}

    @cached_property
    def by(self):
        return self.found.values["by"] or By.COUNTRY

    @property
    def by_name(self):
        return By(self.by).label

    @cached_property
    def figures(self):
        """The `Figures`, computed once a change of the register."""
        return once_a_change(
            "insights",
            lambda: figures_of(
                self.found.qs, by=self.by, on=self.knowledge.on, known_on=self.knowledge.day
            ),
            asked=self.found.pairs(without={"by"}),
            by=str(self.by),
            on=self.knowledge.on,
            known_on=self.knowledge.day,
        )

    # --- How many there are -------------------------------------------------------------------

    @property
    def freshness(self):
        """[(what is known, number)] over all countries, the closed ones last."""
        labels = [*Freshness.choices, (str(Status.CLOSED), Status.CLOSED.label)]
        counts = self.figures.confirmations.values()
        return [(label, sum(row.get(kind, 0) for row in counts)) for kind, label in labels]

    @cached_property
    def claims(self):
        """Every claim on a number of centers; those on the whole network have no country."""
        claims = Claim.objects.select_related("source")
        return list(claims.order_by(F("as_of").desc(nulls_last=True), "key"))

    @property
    def network_claims(self):
        return [claim for claim in self.claims if claim.country_id is None]

    @cached_property
    def countries(self):
        """The `CountryCount`s, in the alphabet; with filters, of the centers that are found."""
        claims = {}
        for claim in self.claims:
            claims.setdefault(claim.country_id, []).append(claim)
        codes = set(self.figures.confirmations)
        if not self.found.pairs(without={"by"}):
            codes |= {code for code in claims if code}
        rows = [
            CountryCount(
                code,
                self.figures.confirmations.get(code, {}),
                claims.get(code, []),
                self.is_of_whole_countries,
            )
            for code in codes
        ]
        return sorted(rows, key=lambda row: alphabetical(row.name))

    # --- Over time, and why -------------------------------------------------------------------

    @cached_property
    def chart(self):
        return column_chart(self.figures.years)

    @cached_property
    def causes(self):
        """[(name, label of the group, [number by weight], total, share of the most frequent)]"""
        names = {cause.pk: cause for cause in self._causes}
        rows = self.figures.closings.by_cause
        most = rows[0][2] if rows else 1
        return [
            (
                str(names[slug]),
                names[slug].get_group_display(),
                [weights.get(weight, 0) for weight in WEIGHTS],
                total,
                round(100 * total / most),
            )
            for slug, weights, total in rows
        ]

    @cached_property
    def _causes(self):
        return list(Cause.objects.with_names())

    @property
    def cause_group_keys(self):
        """[(slug of a cause, key of its group)]"""
        return [(cause.slug, cause.group) for cause in self._causes]

    @property
    def cause_groups(self):
        """[(label of the group, number of closings that name a cause of it)], most first."""
        groups = self.figures.closings.groups
        labels = dict(Cause.Group.choices)
        rows = [(labels[group], number) for group, number in groups.items()]
        return sorted(rows, key=lambda row: (-row[1], row[0]))

    # --- How long they last -------------------------------------------------------------------

    @cached_property
    def curve(self):
        return self.figures.survival and curve(self.figures.survival)

    @property
    def left_out(self):
        """[(reason, number)] of the centers that have no life which could be counted."""
        counts = self.figures.left_out
        return [(label, counts[reason]) for reason, label in LeftOut.choices if reason in counts]

    @cached_property
    def groups(self):
        """The `Group`s with a curve, all with the same axis of years."""
        known = [survival for _key, _number, survival in self.figures.groups if survival]
        until = max((survival.steps[-1].years for survival in known), default=None)
        return [
            Group(self._group_name(key), number, survival and curve(survival, until=until))
            for key, number, survival in self.figures.groups
        ]

    @property
    def drawn_groups(self):
        return [group for group in self.groups if group.curve]

    @property
    def small_groups(self):
        return [group for group in self.groups if not group.curve]

    def _group_name(self, key):
        if self.by == By.COUNTRY:
            return country_name(key)
        if self.by == By.PROJECT:
            return self.found.labels["project"].get(key, key)
        if self.by == By.PREMISES:
            return str(dict(Snapshot.Premises.choices)[key])
        least, most = next((least, most) for name, least, most in SIZES if name == key)
        if most is None:
            return gettext("%(least)d women and more") % {"least": least}
        return gettext("%(least)d to %(most)d women") % {"least": least, "most": most}
