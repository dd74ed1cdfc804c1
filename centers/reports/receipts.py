"""What a receipt tells whoever has its reference: where the report stands, in plain words."""

import re
from dataclasses import dataclass

from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from centers.dates import PartialDate
from centers.models import Report, ReportPart, ReportStep
from centers.reports.parts import PARTS

Origin, State, What = Report.Origin, Report.State, ReportStep.What

# What was done that she may know; who did it is the desk's own.
SHOWN = [What.RECEIVED, What.APPLIED, What.TOLD, What.ASKED, What.ANSWERED]
DECIDED = [What.ACCEPTED, What.DECLINED]
THANKS = {
    Origin.VISITOR: gettext_lazy("Thank you for telling us"),
    Origin.CENTER: gettext_lazy("Thank you for answering"),
    Origin.TELLER: gettext_lazy("Thank you for your story"),
}
OUTCOMES = {
    State.PARTLY: gettext_lazy("A part of it was taken over."),
    State.DECLINED: gettext_lazy("We have looked at it, and the registry stays as it is."),
}
OUTCOMES_OF_STORIES = {
    State.ACCEPTED: gettext_lazy("Your story was accepted."),
    State.DECLINED: gettext_lazy("We have read your story, and it is not published."),
}


def find_report(reference):
    """The report of a reference as it was typed: with dashes or without, in any case; or None."""
    key = reference.replace("-", "").lower()
    return Report.objects.select_related("center__merged_into").filter(key=key).first()


def is_reference(text):
    """Whether the text can stand in the address of a receipt."""
    return re.fullmatch(r"[-a-zA-Z0-9]{1,40}", text) is not None


@dataclass(frozen=True)
class Line:
    """A part or a step of a report, as the receipt shows it."""

    label: str
    on: PartialDate | None = None
    state: str = ""


class Receipt:
    """A report as it is told to whoever has the reference: none of what she told us herself."""

    def __init__(self, report):
        self.report = report

    @property
    def center(self):
        """The center as it is public today, or None."""
        center = self.report.center
        return (center.merged_into or center) if center else None

    @property
    def thanks(self):
        return THANKS[self.report.origin]

    @cached_property
    def story(self):
        """The story that the report is about; None if it is about none, or it was withdrawn."""
        if self.report.origin != Origin.TELLER:
            return None
        about = getattr(self.report, "about_story", None)  # a relation of the app above
        return about and about.story

    @property
    def is_withdrawn(self):
        return self.report.origin == Origin.TELLER and self.story is None

    @cached_property
    def received_on(self):
        return _day(self.report.received_at)

    @cached_property
    def target_on(self):
        return PartialDate.of(self.report.target_on)

    @property
    def state(self):
        """Where the report stands, as a sentence."""
        report = self.report
        if self.is_withdrawn:
            return _("Your story is withdrawn")
        if report.state == State.ASKED:
            return _("We have a question for you.")
        if report.state == State.WAITING:
            day = self.target_on.in_words()
            if timezone.localdate() > report.target_on:
                return _("We wanted to look at it by %s and are late. It is not forgotten.") % day
            return _("A coordinator looks at it by %s.") % day
        stories = OUTCOMES_OF_STORIES if report.origin == Origin.TELLER else {}
        if words := stories.get(report.state) or OUTCOMES.get(report.state):
            return str(words)
        if any(part.state == ReportPart.State.ACCEPTED for part in self._parts):
            return _("The registry says so now.")
        return _("It is done.")

    @property
    def reason(self):
        """Why nothing was changed, in the reader's language; "" if her own words say it."""
        report = self.report
        if report.reason == Report.Reason.OTHER and report.outcome:
            return ""
        return report.get_reason_display()

    @cached_property
    def question(self):
        """What we asked back last, while we wait for the answer; else ""."""
        if self.report.state != State.ASKED:
            return ""
        asked = [step.text for step in self._steps if step.what == What.ASKED]
        return asked[-1] if asked else ""

    @cached_property
    def _parts(self):
        return list(self.report.parts.all())

    @cached_property
    def _steps(self):
        return list(self.report.steps.all())

    @property
    def parts(self):
        """What it would change, and what became of each: no values, which may be private."""
        return [
            Line(str(PARTS[part.field].label), state=part.state)
            for part in self._parts
            if part.field in PARTS
        ]

    @property
    def is_applied_at_once(self):
        """Whether something of it stands in the registry that no coordinator had to decide."""
        return any(step.what == What.APPLIED for step in self._steps)

    @property
    def waits(self):
        """Whether something of it waits for a coordinator."""
        return self.report.is_open

    @property
    def steps(self):
        """What was done with it, and when."""
        shown = [
            Line(step.get_what_display(), on=_day(step.at))
            for step in self._steps
            if step.what in SHOWN
        ]
        if self.report.decided_at and any(step.what in DECIDED for step in self._steps):
            shown.append(Line(self.report.get_state_display(), on=_day(self.report.decided_at)))
        return shown


def _day(moment):
    return PartialDate.of(timezone.localtime(moment).date())
