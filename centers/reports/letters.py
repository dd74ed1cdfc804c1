"""Mails about reports: to whoever reported, and to those who look after the center.

Each in the reader's language. They are sent after what they tell of was written, and each is noted
as a step, with no address.
"""

from django.urls import reverse
from django.utils import timezone

from centers.coordination import leads, recipients_for
from centers.mail import absolute, send_mail
from centers.models import Report, ReportStep
from centers.reports.receipts import Receipt
from centers.reports.receiving import step


def tell_reporter(report, what, *, words=""):
    """Tell whoever reported that it was `received`, that we ask back (`asked`), or the outcome
    (`decided`); `words` are the question. Returns whether the mail server took it.

    Without an address nothing is sent: her receipt says the same.
    """
    if not report.email:
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
            context={"report": report, "url": absolute(url, language=each.language)},
        )
        for each in recipients
    ]
    told = any(sent)
    if told:
        Report.objects.filter(pk=report.pk).update(told_at=timezone.now())
    step(report, ReportStep.What.TOLD if told else ReportStep.What.MAIL_FAILED)
    return told


def tell_untold():
    """Tell of urgent reports of which nobody could be told when they came; returns how many."""
    untold = Report.objects.undecided().filter(is_urgent=True, told_at__isnull=True)
    return sum(tell_coordinators(report) for report in untold.select_related("center__country"))
