"""A report is decided by a coordinator: as a whole or by its parts, with words for whoever told it.

Everything here is written whole or not at all. Whoever decides comes to the report as it is now: if
somebody else was faster, `DecidedMeanwhile` says so, and nothing is written.
"""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from centers.models import Report, ReportPart, ReportStep
from centers.reports.parts import PARTS
from centers.reports.receiving import step

MOST_AT_ONCE = 1000  # reports that are declined together


class DecidedMeanwhile(ValidationError):
    """Somebody else has closed the report since the page was opened."""

    def __init__(self):
        super().__init__(_("Somebody else has decided this report meanwhile."), code="decided")


def _open(report):
    """The report as it is now; others wait until the transaction ends."""
    locked = (
        Report.objects.select_for_update(of=["self"]).select_related("center").get(pk=report.pk)
    )
    if not locked.is_open:
        raise DecidedMeanwhile
    return locked


@transaction.atomic
def accept(report, fields=None, *, by, outcome="", ticks=()):
    """Write what the report told into the register, and close it; returns it as it is now.

    `fields` are the parts that are accepted, by their field; None accepts all that wait. The others
    are declined. `ticks` are those for which `by` confirms what has to be confirmed first
    (`Part.to_confirm`); of all that wait, those without it are declined. Without any part,
    accepting says that somebody has done what was asked. Raises
    `ValidationError` where parts cannot be written, by their fields, or none of several was chosen.
    """
    report = _open(report)
    waiting = list(report.parts.filter(state=ReportPart.State.WAITING))
    open_to = {part.field: _to_confirm(report, part) for part in waiting}
    unconfirmed = {field for field, words in open_to.items() if words and field not in ticks}
    chosen = open_to.keys() - unconfirmed if fields is None else set(fields)
    if waiting and not chosen & {part.field for part in waiting}:
        raise ValidationError(
            _("Choose at least one thing that is right, or decline the report."), code="none"
        )
    problems = {
        field: _("Say first: %s") % open_to[field] for field in sorted(chosen & unconfirmed)
    }
    for part in waiting:
        part.state = ReportPart.State.DECLINED
        if part.field in chosen:
            problems |= _problems_of_applying(report, part, by=by)
            part.state = ReportPart.State.ACCEPTED
        part.save(update_fields=["state"])
    if problems:
        raise ValidationError(problems)
    is_whole = not report.parts.filter(state=ReportPart.State.DECLINED).exists()
    return _close(
        report,
        Report.State.ACCEPTED if is_whole else Report.State.PARTLY,
        ReportStep.What.ACCEPTED,
        outcome=outcome,
        by=by,
    )


def _to_confirm(report, part):
    """What has to be confirmed before the part is accepted, in words, or ""."""
    ask = PARTS[part.field].to_confirm
    return str(ask(report, part.told)) if ask else ""


def _problems_of_applying(report, part, *, by):
    """Write the part into the register; {field of the part: why it cannot be}, or {}."""
    try:
        with transaction.atomic():
            PARTS[part.field].apply(report, part.told, by=by)
    except ValidationError as error:
        return {part.field: error.messages}
    return {}


@transaction.atomic
def decline(report, reason, *, by, outcome=""):
    """Close the report without following it; returns it. `reason` is one of `Report.Reason`.

    A part that was applied already, as a plain confirmation, stays. Another reason than the usual
    ones needs words.
    """
    report = _open(report)
    _want_reason(reason, outcome)
    report.reason = reason
    report.parts.filter(state=ReportPart.State.WAITING).update(state=ReportPart.State.DECLINED)
    applied = report.parts.filter(state=ReportPart.State.ACCEPTED).exists()
    return _close(
        report,
        Report.State.PARTLY if applied else Report.State.DECLINED,
        ReportStep.What.DECLINED,
        outcome=outcome,
        by=by,
    )


@transaction.atomic
def decline_many(reports, reason, *, by, outcome=""):
    """Close many reports without following them, as `decline` does; returns those it closed.

    `reports` is a queryset; of it, the `MOST_AT_ONCE` oldest that are open. What somebody else
    decided meanwhile is passed over.
    """
    _want_reason(reason, outcome)
    # Those of its own query first: PostgreSQL locks no rows of a query that groups or joins.
    oldest = reports.filter(state__in=Report.OPEN).order_by("received_at", "pk")
    chosen = list(oldest.values_list("pk", flat=True)[:MOST_AT_ONCE])
    locked = Report.objects.select_for_update(of=["self"]).order_by("pk")
    closed = list(locked.filter(pk__in=chosen, state__in=Report.OPEN))
    pks = [report.pk for report in closed]
    parts = ReportPart.objects.filter(report__in=pks)
    parts.filter(state=ReportPart.State.WAITING).update(state=ReportPart.State.DECLINED)
    applied = set(parts.filter(state=ReportPart.State.ACCEPTED).values_list("report", flat=True))
    for report in closed:
        partly = report.pk in applied
        report.state = Report.State.PARTLY if partly else Report.State.DECLINED
        report.reason, report.outcome = reason, outcome.strip()
        report.decided_at, report.decided_by = timezone.now(), by
    Report.objects.bulk_update(
        closed, ["state", "reason", "outcome", "decided_at", "decided_by"], batch_size=100
    )
    ReportStep.objects.bulk_create(
        ReportStep(report=report, what=ReportStep.What.DECLINED, text=report.outcome, by=by)
        for report in closed
    )
    return closed


def _want_reason(reason, outcome):
    if reason not in Report.Reason.values:
        raise ValidationError({"reason": _("Say why the report is declined.")})
    if reason == Report.Reason.OTHER and not outcome.strip():
        raise ValidationError({"outcome": _("Say why the report is declined.")})


def _close(report, state, what, *, outcome, by):
    report.state, report.outcome = state, outcome.strip()
    report.decided_at, report.decided_by = timezone.now(), by
    report.save(update_fields=["state", "reason", "outcome", "decided_at", "decided_by"])
    step(report, what, text=report.outcome, by=by)
    return report


@transaction.atomic
def ask_back(report, question, *, by):
    """Ask whoever reported; the report waits for her, on her receipt. Returns the report."""
    report = _open(report)
    question = question.strip()
    if not question:
        raise ValidationError({"question": _("Write what you want to know.")})
    report.state = Report.State.ASKED
    report.save(update_fields=["state"])
    step(report, ReportStep.What.ASKED, text=question, by=by)
    return report


@transaction.atomic
def answer(report, text):
    """She who reported answers, or adds something; the report waits for a coordinator again."""
    report = _open(report)
    report.state = Report.State.WAITING
    report.save(update_fields=["state"])
    step(report, ReportStep.What.ANSWERED, text=text.strip())
    return report


@transaction.atomic
def assign(report, user, *, by):
    """`user` takes the report on; None: nobody in particular. Returns the report."""
    report = _open(report)
    if report.assigned_to != user:
        report.assigned_to = user
        report.save(update_fields=["assigned_to"])
        step(report, ReportStep.What.ASSIGNED, text=user.get_username() if user else "", by=by)
    return report


@transaction.atomic
def apply_at_once(report, field):
    """Apply a part without a coordinator: a center's plain confirmation of what is held.

    The report is closed when nothing else of it waits: no part, no words, and nobody in need.
    Returns it.
    """
    report = _open(report)
    part = report.parts.get(field=field, state=ReportPart.State.WAITING)
    PARTS[field].apply(report, part.told, by=None)
    part.state = ReportPart.State.ACCEPTED
    part.save(update_fields=["state"])
    step(report, ReportStep.What.APPLIED, text=field)
    waits = report.text or report.is_urgent
    if not waits and not report.parts.filter(state=ReportPart.State.WAITING).exists():
        report.state, report.decided_at = Report.State.ACCEPTED, timezone.now()
        report.save(update_fields=["state", "decided_at"])
    return report
