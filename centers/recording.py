"""What a coordinator records in one go: how a center is, and what was so there at that time."""

from django.db import transaction

from centers.models import Snapshot


@transaction.atomic
def record_what_happened(center, status, *, observed, figures=None, by, **statement):
    """Record a statement on the center's status, and the figures told with it, as of that date.

    `figures` are fields of `Snapshot` by name ({"core_group": 7, "premises": "rented"}); what is
    not known is None or "". `statement` is passed on to `Center.record_status`.

    Returns (entry, snapshot or None). The same told again returns what is there. Raises
    `ValidationError`, by field, and records nothing at all, if one part makes no sense.
    """
    entry = center.record_status(status, observed=observed, by=by, **statement)
    told = {name: value for name, value in (figures or {}).items() if value not in (None, "")}
    if not told:
        return entry, None
    values = told | {
        "as_of": observed,
        "source": statement.get("source"),
        "source_page": statement.get("source_page", ""),
    }
    snapshot = center.snapshots.filter(**values).first()
    if snapshot is None:
        snapshot = Snapshot(center=center, **values)
        snapshot.full_clean(exclude=["center"])
        snapshot.save()
    return entry, snapshot


def figures_told_with(entry):
    """The snapshots that were recorded together with the statement: of its date and source."""
    return list(
        entry.center.snapshots.filter(
            as_of=entry.observed, source=entry.source, source_page=entry.source_page
        )
    )


@transaction.atomic
def take_back(entry, reason, *, figures=(), by):
    """Withdraw a statement, and remove the `figures` told with it; their history stays."""
    entry.withdraw(reason, by=by)
    for snapshot in figures:
        snapshot._change_reason = reason[:100]
        snapshot.delete()


def record_figures(center, figures, *, as_of, note=""):
    """Record what was so at the center on a date, without a word on its status; the snapshot.

    `figures` are fields of `Snapshot` by name. The same told again returns what is there. Raises
    `ValidationError`, by field, for what cannot be.
    """
    values = figures | {"as_of": as_of, "note": note}
    snapshot = Snapshot(center=center, **values)
    snapshot.full_clean(exclude=["center"])
    same = {name: getattr(snapshot, name) for name in values}
    there = center.snapshots.filter(**same).first()
    if there is not None:
        return there
    snapshot.save()
    return snapshot
