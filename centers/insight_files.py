"""The figures of the page of insights as tables, for its CSV files: (headers, rows) each."""

from centers.statistics.closings import WEIGHTS
from centers.statistics.over_time import STATUSES

_SURVIVAL = [
    "group", "centers", "days", "years", "share_lowest", "share_highest", "low_95", "high_95",
    "at_risk_least", "at_risk_most",
]  # fmt: skip


def years(insights):
    """Centers by status at the end of each year; `unknown` where the log tells nothing."""
    rows = [
        [year, *(counts.get(status, 0) for status in STATUSES)]
        for year, counts in insights.figures.years.rows
    ]
    return ["year", *(str(status) for status in STATUSES)], rows


def causes(insights):
    """Closings by the causes that they name; a closing may name several."""
    groups = dict(insights.cause_group_keys)
    rows = [
        [slug, groups[slug], *(weights.get(weight, 0) for weight in WEIGHTS), total]
        for slug, weights, total in insights.figures.closings.by_cause
    ]
    unexplained = insights.figures.closings.unexplained
    return (
        ["cause", "group", "main", "contributing", "weight_not_known", "closings"],
        [*rows, ["not_recorded", "", "", "", "", unexplained]],
    )


def survival(insights):
    """Every step of the curve of all centers (`group` empty) and of each group."""
    figures = insights.figures
    rows = []
    for key, number, curve in [("", figures.lives, figures.survival), *figures.groups]:
        for step in curve.steps if curve else ():
            shares = [step.lowest.share, step.highest.share, step.lowest.low, step.highest.high]
            rows.append(
                [key, number, step.days, f"{step.years:.4f}", *map(_share, shares), *step.at_risk]
            )
    return _SURVIVAL, rows


def confirmed(insights):
    """Centers by country and last confirmation, beside the largest number that is claimed.

    Where somebody claims that there are centers, and not how many, only the claimant is told.
    """
    headers = ["country", "confirmed", "due", "overdue", "never", "closed", "claimed", "claimant"]
    rows = []
    for row in insights.countries:
        numbers = [claim for claim in row.claims if claim.centers]
        largest = max(numbers, key=lambda claim: claim.centers, default=None)
        claimants = dict.fromkeys(claim.claimant for claim in row.claims)
        claimed = [largest.centers, largest.claimant] if largest else ["", "; ".join(claimants)]
        rows.append([row.code, *row.cells, *claimed])
    return headers, rows


def _share(share):
    return "" if share is None else f"{share:.6f}"


FILES = {"years": years, "causes": causes, "survival": survival, "confirmed": confirmed}
