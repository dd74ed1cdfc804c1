"""She who told a story changes it, through the link in her mail.

What protects her happens at once: her name goes, a picture goes, a leave is taken back. What would
make new words or pictures public waits for a coordinator, and until then what was accepted stays as
it is. Of a story that nobody has published yet, everything is changed at once: it waits anyway.
"""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from centers.gallery import keeping, withdraw_picture
from centers.models import Erasure, Report, ReportPart, ReportStep
from centers.reports.receiving import add_parts, receive, step
from stories.models import Story, StoryPicture, StoryReport, lock_reports_of
from stories.publishing import change_story
from stories.report_parts import WORDS
from stories.telling import MAX_PICTURES, add_pictures, parts_of_a_new_story

KINDS = {field: kind for kind, field in WORDS.items()}


def open_report(story):
    """The report by which the story, or a change of it, waits for a coordinator; or None."""
    reports = Report.objects.undecided().filter(about_story__story=story)
    return reports.order_by("-received_at", "-pk").first()


def waiting_changes(story):
    """{kind of part: what was told} of what waits for a coordinator."""
    report = open_report(story)
    waiting = report.parts.filter(state=ReportPart.State.WAITING) if report else ()
    return {part.field: part.told for part in waiting}


def words_of(story):
    """Title, text and the rest as she sees them: with her changes that wait."""
    waiting = waiting_changes(story)
    return {field: waiting.get(kind, getattr(story, field)) for field, kind in KINDS.items()}


@transaction.atomic
def change_words(teller, words):
    """Take her words, {field: text} for some of `KINDS`; those that are as before change nothing.

    Returns whether any of it waits for a coordinator.
    """
    lock_reports_of(teller.story_id)
    story = Story.objects.select_for_update().get(pk=teller.story_id)
    if story.shown_name and words.get("shown_name") == "":
        story = take_name_back(story)
    changed = {field: words[field] for field in words if getattr(story, field) != words[field]}
    if story.state == Story.State.DRAFT:
        if changed:
            change_story(story, changed, by=None, reason=_("changed by she who told it"))
        return _wait(teller, story, parts_of_a_new_story(story) if changed else {})
    as_before = [KINDS[field] for field in words if field not in changed]
    _take_back_parts(story, as_before)
    return _wait(teller, story, {KINDS[field]: value for field, value in changed.items()})


def take_name_back(story):
    """Name her no more, at once: neither in public nor in old versions nor in reports."""
    story = change_story(story, {"shown_name": ""}, by=None, reason=_("changed by she who told it"))
    Story.history.filter(id=story.pk).update(shown_name="")
    ReportPart.objects.filter(report__about_story__story=story, field="story_name").delete()
    _close_if_empty(story)
    return story


@transaction.atomic
def change_alternative(teller, picture, alternative):
    """Take what she says of a picture; returns whether it waits for a coordinator now."""
    kind = f"story_alternative:{picture.key}"
    lock_reports_of(picture.story_id)
    if picture.approved_at is None or picture.story.state == Story.State.DRAFT:
        changed = StoryPicture.objects.filter(pk=picture.pk).exclude(alternative=alternative)
        if changed.update(alternative=alternative):
            _say_it_is_new(open_report(picture.story))
        return False
    if picture.alternative == alternative:
        _take_back_parts(picture.story, [kind])
        return False
    told = {"picture": picture.key, "alternative": alternative}
    return _wait(teller, picture.story, {kind: told})


def give_pictures(teller, pictures):
    """Take new pictures (`telling.GivenPicture`); they wait for a coordinator.

    There must be room for them (`room_for_pictures`).
    """
    with keeping(*(picture.fresh for picture in pictures)):
        lock_reports_of(teller.story_id)
        story = Story.objects.select_for_update().get(pk=teller.story_id)
        last = max((picture.position for picture in story.pictures.all()), default=0)
        rows = add_pictures(story, pictures[: room_for_pictures(story)], after=last)
        if teller.pictures_agreed_at is None:
            teller.pictures_agreed_at = timezone.now()
            teller.save(update_fields=["pictures_agreed_at"])
        parts = {f"story_picture:{row.key}": {"picture": row.key} for row in rows}
        if story.state == Story.State.DRAFT:
            parts = parts_of_a_new_story(story)
        _wait(teller, story, parts)


def room_for_pictures(story):
    return max(0, MAX_PICTURES - story.pictures.count())


@transaction.atomic
def remove_picture(picture, *, by=None, reason=Erasure.Reason.ASKED):
    """Delete a picture of a story and its files, at once and for ever."""
    story = picture.story
    lock_reports_of(story.pk)
    kinds = [f"story_picture:{picture.key}", f"story_alternative:{picture.key}"]
    ReportPart.objects.filter(report__about_story__story=story, field__in=kinds).delete()
    withdraw_picture(picture, reason=reason, by=by)
    _close_if_empty(story)


@transaction.atomic
def take_back_pictures(teller):
    """She agrees no more that her pictures are published: all of them go."""
    for picture in teller.story.pictures.all():
        remove_picture(picture, reason=Erasure.Reason.CONSENT)
    teller.pictures_agreed_at = None
    teller.save(update_fields=["pictures_agreed_at"])


def take_back_contact(teller):
    """She wants to be written to no more; her address stays for her link alone."""
    teller.contact_agreed_at = None
    teller.save(update_fields=["contact_agreed_at"])


def _wait(teller, story, parts):
    """Let these parts wait for a coordinator, in the story's open report or in a new one."""
    if not parts:
        return False
    report = open_report(story)
    _say_it_is_new(report)
    if report is None:
        report = receive(
            story.center,
            Report.Subject.STORY,
            origin=Report.Origin.TELLER,
            email=teller.email,
            language=teller.language,
        )
        StoryReport.objects.create(report=report, story=story)
    present = dict(report.parts.values_list("field", "told"))
    told = {field: value for field, value in parts.items() if present.get(field) != value}
    report.parts.filter(field__in=told).delete()
    add_parts(report, told)
    if report.state == Report.State.ASKED:
        Report.objects.filter(pk=report.pk).update(state=Report.State.WAITING)
    return True


def _say_it_is_new(report):
    """Note that she has changed what waits: who has read it before decides on nothing unread."""
    if report is not None:
        step(report, ReportStep.What.ANSWERED)


def _take_back_parts(story, fields):
    """What is as it was before does not wait any more."""
    if report := open_report(story):
        if report.parts.filter(field__in=fields, state=ReportPart.State.WAITING).delete()[0]:
            _say_it_is_new(report)
        _close_if_empty(story)


def _close_if_empty(story):
    """A change of which nothing is left leaves the queue."""
    report = open_report(story)
    if report and story.state != Story.State.DRAFT and not report.parts.exists():
        report.delete()
