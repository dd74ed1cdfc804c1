"""A story that is taken back: nothing of it stays but a line of the ledger without a word of it."""

import hashlib

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from centers import search
from centers.gallery import withdraw_picture
from centers.mail import known_language
from centers.models import Erasure, Report, ReportStep, SearchEntry
from centers.models.erasures import ledger_key
from stories.models import (
    Story,
    StoryPicture,
    StoryReport,
    StoryTranslation,
    Teller,
    lock_reports_of,
)


@transaction.atomic
def withdraw_story(story, *, reason, by):
    """Delete the story with all that belongs to it, at once and for ever.

    With it go its text and translations, pictures and their files, old versions, former addresses,
    she who told it, and its words in reports, in the search index and in the admin's log. `reason`
    is one of `Erasure.Reason`; `by` is None when she did it herself. Returns the line of the
    ledger, also when somebody else was faster.
    """
    lock_reports_of(story.pk)
    locked = (
        Story.objects.select_for_update(of=["self"])
        .select_related("center")
        .filter(pk=story.pk)
        .first()
    )
    if locked is None:
        return Erasure.objects.covering(story).first()
    line, _new = Erasure.objects.get_or_create(
        key=ledger_key(locked),
        defaults={
            "kind": Erasure.Kind.STORY,
            "center": locked.center.public_id if locked.center else "",
            "file": address_mark(locked.slug),
            "reason": reason,
            "by": by,
        },
    )
    pk = locked.pk
    _forget_in_log(locked)
    for picture in locked.pictures.all():
        withdraw_picture(picture, reason=reason, by=by)
    _empty_reports(locked, reason)
    locked.delete()
    Story.history.filter(id=pk).delete()
    search.reindex(SearchEntry.Kind.STORY, [pk])
    search.forget_words()
    return line


def forget_declined(before):
    """Delete stories told through the form that were declined, all of them before the moment.

    Nobody has published them, and none of their reports waits. Returns how many there were.
    """
    told = Story.objects.filter(state=Story.State.DRAFT, reports__isnull=False)
    late = StoryReport.objects.exclude(report__decided_at__lt=before)
    old = told.exclude(pk__in=late.values("story")).distinct()
    return len([withdraw_story(story, reason=Erasure.Reason.OTHER, by=None) for story in old])


def address_mark(slug):
    """What the ledger keeps of a story's address, which may hold its title: SHA-256."""
    return hashlib.sha256(f"stories/{slug}".encode()).hexdigest()


def was_withdrawn(slug):
    """Whether a story had this address when it was withdrawn."""
    return Erasure.objects.filter(kind=Erasure.Kind.STORY, file=address_mark(slug)).exists()


def _empty_reports(story, reason):
    """Take the words and her address out of what was reported of the story.

    The rows stay, emptied, so that the receipt can say what became of it.
    """
    now = timezone.now()
    for report in Report.objects.filter(about_story__story=story):
        report.parts.all().delete()
        report.steps.update(text="")
        if report.is_open:
            report.state, report.decided_at = Report.State.DECLINED, now
            report.reason = Report.Reason.OTHER
            report.steps.create(what=ReportStep.What.DECLINED, at=now)
        with override(known_language(report.language)):
            report.outcome = (
                _("The story was withdrawn, as you asked. Nothing of it is kept.")
                if reason == Erasure.Reason.ASKED
                else _("The story was withdrawn. Nothing of it is kept.")
            )
        report.text = report.email = report.sender_mark = ""
        report.save()


def _forget_in_log(story):
    """Take the title and all other words out of the admin's log on the story and its parts."""
    rows = {
        Story: [story.pk],
        StoryTranslation: story.translations.values_list("pk", flat=True),
        StoryPicture: story.pictures.values_list("pk", flat=True),
        Teller: Teller.objects.filter(story=story).values_list("pk", flat=True),
        StoryReport: story.reports.values_list("pk", flat=True),
        Report: story.reports.values_list("report", flat=True),
    }
    for model, pks in rows.items():
        LogEntry.objects.filter(
            content_type=ContentType.objects.get_for_model(model),
            object_id__in=[str(pk) for pk in pks],
        ).update(object_repr=str(model._meta.verbose_name), change_message="")
