"""A report beside the register: what was told, what is held now, and what was held then."""

from dataclasses import dataclass, field

from centers.models import Center, ReportPart
from centers.reports.parts import PARTS, Part


@dataclass
class Row:
    """A part of a report as people read it: in words, "" for nothing."""

    part: ReportPart
    kind: Part
    label: str
    now: str
    then: str
    told: str
    # The values themselves, for kinds that are shown by a template of their own.
    now_value: object = None
    then_value: object = None
    changed_by: str = ""
    elsewhere: str = ""
    to_confirm: str = ""
    errors: list = field(default_factory=list)

    @property
    def is_changed(self):
        """Whether the register has changed since it was told."""
        return self.now != self.then

    @property
    def is_as_told(self):
        """Whether the register says so already."""
        return self.now == self.told

    @property
    def is_waiting(self):
        return self.part.state == ReportPart.State.WAITING


def rows_of(report, errors=None):
    """The `Row`s of a report; `errors` are why parts cannot be written, by their fields."""
    return [
        _row(report, part, PARTS[part.field], (errors or {}).get(part.field, []))
        for part in report.parts.all()
        if part.field in PARTS
    ]


def _row(report, part, kind, errors):
    now_value = kind.held(report)
    row = Row(
        part=part,
        kind=kind,
        label=str(kind.label),
        now=_in_words(kind, now_value),
        then=_in_words(kind, part.held),
        told=_in_words(kind, part.told),
        now_value=now_value,
        then_value=part.held,
        elsewhere=kind.elsewhere(report) if kind.elsewhere else "",
        to_confirm=kind.to_confirm(report, part.told) if kind.to_confirm else "",
        errors=errors,
    )
    if row.is_changed:
        row.changed_by = _changed_by(report, part.field)
    return row


def _in_words(kind, value):
    return "" if value in (None, "", {}, []) else str(kind.in_words(value))


def _changed_by(report, name):
    """Who changed it last since it was told, as far as it is known: a name, or ""."""
    center, since = report.center, report.received_at
    if center is None:
        return ""
    if name == "status":
        entry = center.status_entries.filter(recorded_at__gt=since).order_by("recorded_at").last()
        return _named(entry and entry.recorded_by)
    if name == "figures":
        snapshots = center.snapshots.model.history.filter(center=center, history_date__gt=since)
        version = snapshots.order_by("history_date").last()
        return _named(version and version.history_user)
    if name not in {each.name for each in Center._meta.fields}:
        return ""
    user, after = None, None
    for version in center.history.select_related("history_user").order_by("-history_date"):
        if after is not None and getattr(version, name) != getattr(after, name):
            return _named(user)
        if version.history_date <= since:
            break
        user, after = version.history_user, version
    return ""


def _named(user):
    return user.get_full_name() or user.get_username() if user else ""
