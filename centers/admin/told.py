"""How a center's history tells of what has no history rows: log, merges, attempts, erasures."""

from django.db.models import Prefetch
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext, pgettext

from centers import phrases
from centers.models import (
    Cause,
    Center,
    CenterMerge,
    Erasure,
    QuestionMail,
    Report,
    ReportPart,
    StatusCause,
    StatusEntry,
    YearlyQuestion,
)
from centers.reports.parts import PARTS
from centers.timeline import AN_IMPORT, THE_CENTER, THE_REGISTRY, UNKNOWN, Event, told_by

_WHO = {
    StatusEntry.Via.STAFF: UNKNOWN,  # an account that is gone
    StatusEntry.Via.IMPORT: AN_IMPORT,
    StatusEntry.Via.CENTER: THE_CENTER,
}


@told_by(Center)
def statements(center):
    """Statements on the status: recorded, withdrawn, their note removed."""
    links = StatusCause.objects.select_related(None).prefetch_related(
        Prefetch("cause", Cause.objects.with_names())
    )
    entries = center.status_entries.select_related(
        "source", "recorded_by", "withdrawn_by"
    ).prefetch_related(Prefetch("cause_links", links))
    for entry in entries:
        kind = {"kind": "statusentry", "part": gettext("Status")}
        withdraw = ()
        if not entry.is_withdrawn:
            url = reverse("admin:centers_statusentry_withdraw", args=[entry.pk])
            withdraw = (url, gettext("Withdraw this statement"))
        yield Event(
            **kind,
            at=entry.recorded_at,
            did=gettext("recorded"),
            content=statement_in_words(entry),
            user=entry.recorded_by,
            who=_WHO[entry.via],
            link=withdraw,
            link_changes=True,
        )
        if entry.is_withdrawn:
            yield Event(
                **kind,
                at=entry.withdrawn_at,
                did=gettext("withdrawn"),
                content=gettext("%(statement)s; because: %(reason)s")
                % {"statement": str(entry), "reason": entry.withdrawal_reason},
                user=entry.withdrawn_by,
            )
        if entry.note_redacted_at:
            yield Event(
                **kind,
                at=entry.note_redacted_at,
                did=gettext("note removed to protect a person"),
                content=str(entry),
            )


@told_by(Center)
def merges(center):
    """Centers that were merged into it, and merges that were undone."""
    for merge in CenterMerge.objects.filter(kept=center).select_related(
        "merged", "by", "undone_by"
    ):
        url = reverse("admin:centers_centermerge_change", args=[merge.pk])
        told = {
            "kind": "centermerge",
            "part": gettext("Merge"),
            "content": str(merge.merged),
            "link": (url, gettext("What went where")),
        }
        yield Event(**told, at=merge.at, did=gettext("merged into it"), user=merge.by)
        if merge.is_undone:
            yield Event(**told, at=merge.undone_at, did=gettext("undone"), user=merge.undone_by)


@told_by(Center)
def attempts(center):
    """Attempts to reach it that nobody answered."""
    for attempt in center.contact_attempts.select_related("by"):
        did = gettext("nobody answered")
        if attempt.is_mistaken:
            did = gettext("nobody answered (entered by mistake)")
        yield Event(
            at=attempt.tried_on,
            kind="contactattempt",
            part=gettext("Attempt to reach it"),
            did=did,
            content=attempt.means,
            user=attempt.by,
        )


@told_by(Center)
def erasures(center):
    """Persons and photos that were erased; who they were is not known any more."""
    for line in Erasure.objects.filter(center=center.public_id).select_related("by"):
        yield Event(
            at=line.erased_at,
            kind="erasure",
            part=str(capfirst(line.get_kind_display())),
            did=gettext("erased"),
            content=line.get_reason_display(),
            user=line.by,
        )


@told_by(Center)
def reports(center):
    """What the outside told and somebody decided: about what, and how; not in whose words.

    What was not meant seriously is left out: a thousand of those would hide all else.
    """
    decided = center.reports.exclude(state__in=Report.OPEN).exclude(reason=Report.Reason.NOT_MEANT)
    for report in decided.select_related("decided_by").prefetch_related("parts"):
        url = reverse("admin:centers_report_change", args=[report.pk])
        accepted = [
            str(PARTS[part.field].label)
            for part in report.parts.all()
            if part.state == ReportPart.State.ACCEPTED and part.field in PARTS
        ]
        about = str(report.get_subject_display())
        if accepted:
            about = gettext("%(report)s; taken over: %(parts)s") % {
                "report": about,
                "parts": ", ".join(accepted),
            }
        yield Event(
            at=report.decided_at or report.received_at,
            kind="report",
            part=str(capfirst(Report._meta.verbose_name)),
            did=str(report.get_state_display()),
            content=about,
            user=report.decided_by,
            who=UNKNOWN if report.decided_by_id or not accepted else THE_CENTER,
            link=(url, gettext("The report")),
            link_changes=True,
        )


@told_by(Center)
def yearly_questions(center):
    """That it was asked how it is, reminded, and what came of it; never whom, or where."""
    for question in center.questions.prefetch_related("mails"):
        told = {
            "kind": "yearlyquestion",
            "part": gettext("Yearly question"),
            "who": THE_REGISTRY,
        }
        yield Event(
            **told, at=question.asked_at, did=gettext("asked"), content=question.get_means_display()
        )
        for mail in question.mails.all():
            if mail.kind == QuestionMail.Kind.REMINDER and mail.sent_at:
                yield Event(**told, at=mail.sent_at, did=gettext("reminded"))
        if question.state == YearlyQuestion.State.ANSWERED:
            yield Event(**told | {"who": THE_CENTER}, at=question.ended_at, did=gettext("answered"))
        elif question.state == YearlyQuestion.State.UNREACHABLE:
            yield Event(**told, at=question.ended_at, did=gettext("could not be delivered"))


def statement_in_words(entry):
    """“closed since May 2015, seen or told in 2016; because of rent (main cause)”."""
    since = f" {gettext('since %s') % entry.since.in_words()}" if entry.since else ""
    told = [
        pgettext("a statement", "%(status)s%(since)s, seen or told %(when)s")
        % {
            "status": entry.get_status_display(),
            "since": since,
            "when": phrases.when(entry.observed),
        }
    ]
    if causes := [
        f"{link.cause} ({link.get_weight_display()})" if link.weight else str(link.cause)
        for link in entry.named_causes
    ]:
        told.append(gettext("because of %s") % ", ".join(causes))
    if entry.according_to:
        told.append(gettext("according to %s") % entry.according_to)
    if entry.source:
        told.append(gettext("source: %s") % entry.source)
    if entry.note:
        told.append(gettext("note: %s") % entry.note)
    return "; ".join(told)
