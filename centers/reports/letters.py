"""Mails about reports: to whoever reported, and to those who look after the center.

Each in the reader's language. They are sent after what they tell of was written, and each is noted
as a step, with no address.
"""

from django.urls import reverse
from django.utils import timezone, translation

from centers.coordination import leads, recipients_for
from centers.mail import absolute, known_language, send_mail
from centers.models import Report, ReportStep, Status
from centers.reports.parts import PARTS
from centers.reports.receipts import Receipt
from centers.reports.receiving import step

MOST_AT_ONCE = 50  # mails that somebody at the desk waits for


def tell_reporter(report, what, *, words=""):
    """Tell whoever reported that it was `received`, that we ask back (`asked`), or the outcome
    (`decided`); `words` are the question. Returns whether the mail server took it.

    Where no mail is wanted (`wants_mail`) nothing is sent: her receipt says the same.
    """
    if not wants_mail(report, what):
        return False
    sent = send_mail(
        f"report_{what}",
        to=report.email,
        language=report.language,
        context={
            "report": report,
            "receipt": Receipt(report),
            "words": words,
            "url": absolute(
                reverse("centers:receipt", args=[report.reference]), language=report.language
            ),
        },
    )
    failed = ReportStep.What.MAIL_FAILED
    step(report, ReportStep.What.MAILED if sent else failed, text=what)
    return sent


def wants_mail(report, what):
    """Whether whoever reported has a mail of this: with an address, and not if it was no report.

    Somebody's address is easily written into a form; it is not told of what she never wrote.
    """
    not_meant = what == "decided" and report.reason == Report.Reason.NOT_MEANT
    unasked = what == "asked" and not _may_be_asked(report)
    return bool(report.email) and not (not_meant or unasked)


def _may_be_asked(report):
    """Whether questions may be mailed: she who told a story gives, or takes back, leave for it."""
    if report.origin != Report.Origin.TELLER:
        return True
    teller = getattr(Receipt(report).story, "teller", None)
    return teller is not None and teller.contact_agreed_at is not None


def tell_declined(reports):
    """Tell those whose reports were declined together, at most `MOST_AT_ONCE` of them.

    Returns how many should have been told and were not.
    """
    wanted = [report for report in reports if wants_mail(report, "decided")]
    return len(wanted) - sum(tell_reporter(report, "decided") for report in wanted[:MOST_AT_ONCE])


def failed_step(report):
    """The step that says that the last mail to whoever reported did not leave; None if it did."""
    mails = [ReportStep.What.MAILED, ReportStep.What.MAIL_FAILED]
    last = report.steps.filter(what__in=mails).exclude(text="").last()
    return last if last and last.what == ReportStep.What.MAIL_FAILED else None


def tell_coordinators(report):
    """Tell those who look after the center's country of an urgent report, each in her language.

    Vacant countries' go to the leads. Returns whether anybody was told; `tell_untold` tries again.
    """
    country = report.center and report.center.country
    recipients = recipients_for(country) if country else leads()
    url = reverse("admin:centers_report_change", args=[report.pk])
    sent = [
        send_mail(
            "report_urgent",
            to=each.user.email,
            language=each.language,
            context={
                "report": report,
                "url": absolute(url, language=each.language),
                **_urgent_words(report, language=each.language),
            },
        )
        for each in recipients
    ]
    told = any(sent)
    if told:
        Report.objects.filter(pk=report.pk).update(told_at=timezone.now())
    step(report, ReportStep.What.TOLD if told else ReportStep.What.MAIL_FAILED)
    return told


def _urgent_words(report, *, language):
    """What makes a report urgent, for its mail: whether it struggles, and what was told of it.

    Nothing else stands in the mail but the words that were written for those who read it: how to
    reach whom stands at the desk.
    """
    told = dict(report.parts.values_list("field", "told"))
    with translation.override(known_language(language)):
        words = [
            (PARTS[field].label, PARTS[field].in_words(told[field]))
            for field in ("status", "contact_us")
            if field in told
        ]
        return {
            "struggles": told.get("status", {}).get("status") == Status.LOW_LEVEL,
            "told": [(str(label), value) for label, value in words],
        }


def tell_untold():
    """Tell of urgent reports of which nobody could be told when they came; returns how many."""
    untold = Report.objects.undecided().filter(is_urgent=True, told_at__isnull=True)
    return sum(tell_coordinators(report) for report in untold.select_related("center__country"))
