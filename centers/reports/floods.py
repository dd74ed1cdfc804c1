"""Reports that come in groups: of one connection in a day, about one center, in the same words."""

from dataclasses import dataclass

from django.db.models import Count, Max, Min

from centers.models import Report

SMALLEST = 5  # reports that make a group
MOST_SHOWN = 20  # groups of a kind, the largest first
# By which column reports of a kind of group are alike.
ALIKE = {"sender": "sender_mark", "words": "text", "center": "center"}


@dataclass(frozen=True)
class Group:
    """Open reports that are alike; `example` is the key of one of them, which stands for all."""

    kind: str  # of ALIKE
    count: int
    example: int
    first: object  # when the first one came
    last: object


def groups_of(reports):
    """The `Group`s of a queryset of reports: three queries.

    The largest first; those about one center last: in them each may have written for herself.
    """
    found = [
        Group(kind, row["count"], row["example"], row["first"], row["last"])
        for kind, column in ALIKE.items()
        for row in _large(reports, column).values("count", "example", "first", "last")[:MOST_SHOWN]
    ]
    return sorted(found, key=lambda group: (group.kind == "center", -group.count))


def alike(reports, kind, example):
    """Those of the reports that are alike the one with the key `example`; none if it is not there.

    One is picked out by an example, so that no mark of a connection stands in an address.
    """
    column = ALIKE[kind]
    value = reports.filter(pk=example).values_list(column, flat=True).first()
    return reports.filter(**{column: value}) if value else reports.none()


def alone(reports):
    """Those of the reports that belong to no group of one connection, or of the same words.

    Many may write about one center, and each for herself.
    """
    rows = reports
    for column in ("sender_mark", "text"):
        rows = rows.exclude(**{f"{column}__in": _large(reports, column).values(column)})
    return rows


def _large(reports, column):
    there = reports.filter(state__in=Report.OPEN, **{f"{column}__isnull": False})
    if column != "center":
        there = there.exclude(**{column: ""})
    return (
        there.order_by()
        .values(column)
        .annotate(
            count=Count("pk"),
            example=Min("pk"),
            first=Min("received_at"),
            last=Max("received_at"),
        )
        .filter(count__gte=SMALLEST)
        .order_by("-count", "example")
    )
