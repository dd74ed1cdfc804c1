"""The logs of many centers at once, as they were known on a day."""

from collections import defaultdict

from centers.models import StatusCause, StatusEntry
from centers.models.status import Statement


def logs_of(centers, *, known_on=None):
    """{primary key: [Statement, …]} of a queryset of centers; one query.

    With a day, what was recorded later does not count, and what was withdrawn later does. A center
    without statements is not there.
    """
    logs = defaultdict(list)
    entries = StatusEntry.objects.known_on(known_on)
    entries = entries.filter(center__in=centers.order_by().values("pk"))
    for center, *statement in entries.order_by().values_list(
        "center", "key", "status", "since", "observed", "according_to", "note"
    ):
        logs[center].append(Statement(*statement))
    return logs


def causes_of(centers, *, known_on=None):
    """{key of a statement: [(slug of the cause, weight, its group), …]} of the centers."""
    causes = defaultdict(list)
    links = StatusCause.objects.filter(
        entry__in=StatusEntry.objects.known_on(known_on)
        .filter(center__in=centers.order_by().values("pk"))
        .order_by()
        .values("pk")
    )
    rows = links.order_by().values_list("entry__key", "cause", "weight", "cause__group")
    for key, *named in rows:
        causes[key].append(tuple(named))
    return causes
