"""Why centers closed: how many closings name which cause, as main or contributing one."""

from collections import Counter, defaultdict
from dataclasses import dataclass

from centers.statistics.lives import first_closing, since_opened

MAIN, CONTRIBUTING, WEIGHT_UNKNOWN = "main", "contributing", ""
WEIGHTS = (MAIN, CONTRIBUTING, WEIGHT_UNKNOWN)


@dataclass(frozen=True)
class Closings:
    """`number` of centers that closed, with what is told of the reasons.

    `causes`: {slug: {weight: number of closings}}; `groups`: {group: number of closings that name
    a cause of it}; `unexplained`: closings for which nobody named a cause. A closing may name
    several causes, so that the numbers do not add up to that of the closings.
    """

    number: int
    causes: dict
    groups: dict
    unexplained: int

    @property
    def by_cause(self):
        """[(slug, {weight: number}, total)], the most frequent first."""
        rows = [(slug, weights, sum(weights.values())) for slug, weights in self.causes.items()]
        return sorted(rows, key=lambda row: (-row[2], row[0]))


def closings_of(periods, causes):
    """The `Closings` of {primary key: periods}; of each center the first one.

    `causes` is {key of a statement: [(slug, weight, group), …]}.
    """
    named, groups, number, unexplained = defaultdict(Counter), Counter(), 0, 0
    for told in map(since_opened, periods.values()):
        place = first_closing(told)
        if place is None:
            continue
        number += 1
        weights, touched = {}, set()
        for entry in told[place].entries:
            for slug, weight, group in causes.get(entry.key, ()):
                touched.add(group)
                known = weights.get(slug, weight)
                weights[slug] = min(known, weight, key=WEIGHTS.index)
        unexplained += not weights
        for slug, weight in weights.items():
            named[slug][weight] += 1
        groups.update(touched)
    causes = {slug: dict(counts) for slug, counts in named.items()}
    return Closings(number, causes, dict(groups), unexplained)
