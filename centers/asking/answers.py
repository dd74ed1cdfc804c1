"""What a center answers to the yearly question, and what is done with it at once.

An answer becomes a report. A plain confirmation, that the center still is what the registry says,
is written into its log at once; everything else waits for a coordinator.
"""

from django import forms
from django.core.validators import MaxLengthValidator
from django.db import transaction
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from centers.asking.links import address_of
from centers.asking.stopping import stop
from centers.dates import PartialDateFormField
from centers.guard import GuardedForm
from centers.models import EXPLAINED, Cause, Center, Report, Status, YearlyQuestion
from centers.reports.deciding import apply_at_once
from centers.reports.parts import PARTS
from centers.reports.receiving import LONGEST_TEXT, receive
from centers.statement_fields import FIGURES, AsksWhichDay, FiguresForm, causes_in_order

NOT_US = "not_us"
ANSWERS = [
    (Status.ACTIVE, gettext_lazy("We are active"), gettext_lazy("Open and working.")),
    (
        Status.LOW_LEVEL,
        gettext_lazy("We are struggling"),
        gettext_lazy("Still there, at a low level. We get in touch with you."),
    ),
    (
        Status.PAUSED,
        gettext_lazy("We are pausing"),
        gettext_lazy("Stopped, and has not decided whether to close."),
    ),
    (Status.CLOSED, gettext_lazy("We have closed"), gettext_lazy("No longer exists.")),
    (
        NOT_US,
        gettext_lazy("This is not us"),
        gettext_lazy("I have nothing to do with this center."),
    ),
]
PREPARING = (
    Status.INITIATIVE,
    gettext_lazy("We are still preparing"),
    gettext_lazy("A group that wants to open a center."),
)
# How the public reaches it; the same names as the kinds of parts.
REACH = ["phone", "email", "website", "opening_hours"]
# What belongs to those answers alone that explain themselves.
OF_EXPLAINED = ["since", "since_meant", "causes"]


def _of_center(field):
    """The form's field for a column of the center.

    It travels with what the page showed, so that only what she changed is told: what a
    coordinator wrote meanwhile is not taken back by sending an older page.
    """
    return Center._meta.get_field(field).formfield(show_hidden_initial=True)


class AnswerForm(FiguresForm, AsksWhichDay, GuardedForm):
    """How the center is; all the rest is up to her.

    Whoever has the link has it from us, so that nobody is asked how long she took: a center that
    is fine is done in three seconds.
    """

    is_timed = False
    DATES = ("since",)

    status = forms.ChoiceField(
        label=gettext_lazy("How is your center?"),
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Please choose one of the answers.")},
    )
    since = PartialDateFormField(
        label=gettext_lazy("Since"),
        required=False,
        help_text=gettext_lazy(
            "When it began, if that is known: 2015, 5/2015, May 2015 or 17. 5. 2015."
        ),
    )
    causes = forms.MultipleChoiceField(
        label=gettext_lazy("Causes"), required=False, widget=forms.CheckboxSelectMultiple
    )
    contact_us = forms.BooleanField(label=gettext_lazy("Please contact us"), required=False)
    # The browser would cut a longer text without a word: only the server counts.
    text = forms.CharField(
        label=gettext_lazy("What else you want to tell us"),
        required=False,
        validators=[MaxLengthValidator(LONGEST_TEXT)],
        help_text=gettext_lazy("In any language. At most 5,000 letters."),
        widget=forms.Textarea(attrs={"rows": 5, "autocomplete": "off"}),
    )
    phone, email, website, opening_hours = map(_of_center, REACH)
    forget = forms.BooleanField(
        label=gettext_lazy("Please erase my name and my address"),
        required=False,
        help_text=gettext_lazy("The registry writes to you no more. The center stays in it."),
    )

    def __init__(self, question, *args, **kwargs):
        self.asked, self.center = question, question.center
        self.held_figures = PARTS["figures"].held(Report(center=self.center))
        initial = {name: getattr(self.center, name) for name in REACH}
        initial["currency"] = self.held_figures.get("currency", "")
        super().__init__(*args, initial=initial, **kwargs)
        self.fields["status"].choices = [(value, label) for value, label, _why in self.answers]
        self.fields["causes"].choices = [(cause.pk, str(cause)) for cause in self.all_causes]
        # Figures as people write them; a field of numbers drops what it cannot read.
        for name in ("core_group", "visitors", "children"):
            self.fields[name].widget = forms.TextInput(attrs={"inputmode": "numeric"})
        self.fields["monthly_rent"].localize = True
        self.fields["monthly_rent"].widget = forms.TextInput(attrs={"inputmode": "decimal"})
        if not question.contact_id:
            del self.fields["forget"]  # there is nobody to forget

    @cached_property
    def answers(self):
        """The choices, as (value, label, what it means)."""
        is_initiative = self.center.status == Status.INITIATIVE
        return [PREPARING, *ANSWERS] if is_initiative else ANSWERS

    @cached_property
    def all_causes(self):
        return causes_in_order()

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("status") not in EXPLAINED:
            # She chose another answer first, and what belongs to it is out of her sight.
            for name in OF_EXPLAINED:
                self.errors.pop(name, None)
            cleaned |= {"since": None, "causes": []}
        since = cleaned.get("since")
        if since and since.earliest > timezone.localdate():
            self.add_error("since", _("%s has not come yet.") % since.in_words())
        has_rent = cleaned.get("monthly_rent") is not None
        if has_rent and not cleaned.get("currency") and "currency" not in self.errors:
            self.add_error("currency", _("A rent needs its currency, such as EUR."))
        return cleaned

    # --- For the page ------------------------------------------------------------------------

    def choices(self):
        """The radio buttons, as (button, what it means)."""
        meanings = [meaning for _value, _label, meaning in self.answers]
        return zip(self["status"], meanings, strict=True)

    def cause_groups(self):
        """The boxes of the causes, as [(name of the group, boxes)]."""
        boxes = dict(zip([cause.pk for cause in self.all_causes], self["causes"], strict=True))
        groups = []
        for value, label in Cause.Group.choices:
            chosen = [boxes[cause.pk] for cause in self.all_causes if cause.group == value]
            groups += [(label, chosen)] if chosen else []
        return groups

    @property
    def since_question(self):
        return self.question("since")

    def reach_fields(self):
        return [self[name] for name in REACH]

    @property
    def has_reasons(self):
        return self._has_any("since", "since_meant", "causes")

    @property
    def has_words(self):
        return self._has_any("contact_us", "text")

    @property
    def has_figures(self):
        told = [name for name in FIGURES if name != "currency"]  # which the page proposes
        return self._has_any(*told) or "currency" in self.errors

    @property
    def has_reach(self):
        return self._has_any(*REACH)

    @property
    def has_forget(self):
        return self._has_any("forget")

    def _has_any(self, *names):
        """Whether one of the fields was filled in, changed or refused, so that it is shown."""
        if not self.is_bound:
            return False
        return any(name in self.errors or name in self.changed_data for name in names)

    # --- For the report ----------------------------------------------------------------------

    def told(self):
        """The parts of the report, by their field."""
        told = {}
        if self.cleaned_data["status"] == NOT_US:
            told["not_us"] = True
            if not self.asked.contact_id and address_of(self.asked):
                told["email"] = ""  # the center's own address leads to somebody else
        else:
            told["status"] = self._status_told()
            if figures := self._figures_told():
                told["figures"] = figures
            told |= {
                name: self.cleaned_data[name]
                for name in REACH
                if name in self.changed_data
                and self.cleaned_data[name] != getattr(self.center, name)
            }
        for name in ("contact_us", "forget"):
            if self.cleaned_data.get(name):
                told[name] = True
        return told

    def _status_told(self):
        return {
            "status": self.cleaned_data["status"],
            "observed": timezone.localdate().isoformat(),
            "since": str(self.cleaned_data["since"] or ""),
            "causes": [[slug, ""] for slug in self.cleaned_data["causes"]],
        }

    def _figures_told(self):
        figures = {
            name: value if isinstance(value, int) else str(value)
            for name in FIGURES
            if (value := self.cleaned_data[name]) not in (None, "")
        }
        if "monthly_rent" not in figures:
            figures.pop("currency", None)  # the page proposes the one that is held
        return figures and figures | {"as_of": timezone.localdate().isoformat()}

    @property
    def is_urgent(self):
        data = self.cleaned_data
        return data["status"] == Status.LOW_LEVEL or data["contact_us"]


def is_plain(told, center):
    """Whether the status that was told says no more than that it still is as we have it.

    Nobody has said anything yet: that it is active is as plain.
    """
    status = told.get("status")
    held = Status.ACTIVE if center.status == Status.UNKNOWN else center.status
    return bool(status) and status["status"] == held and not (status["since"] or status["causes"])


@transaction.atomic
def keep_answer(question, form):
    """Keep what a center answered, and close the question; returns the `Report`.

    `question` is locked, `form` valid. Raises `ValidationError`, and keeps nothing, where the
    center was merged into another one meanwhile, or its log refuses the statement.
    """
    center = question.center.locked()
    told = form.told()
    contact = question.contact
    report = receive(
        center,
        Report.Subject.YEARLY,
        told=told,
        origin=Report.Origin.CENTER,
        text=form.cleaned_data["text"],
        # Whoever is not the right person wants no further mail; her receipt says the same.
        email="" if "not_us" in told else address_of(question),
        language=get_language(),
        contact=contact,
        is_urgent=form.is_urgent,
    )
    question.state = YearlyQuestion.State.ANSWERED
    question.ended_at, question.report = timezone.now(), report
    question.save(update_fields=["state", "ended_at", "report"])
    if is_plain(told, center):
        report = apply_at_once(report, "status")
    if "not_us" in told or "forget" in told:
        stop(question)
        if contact:
            contact.stop_mail()  # also where we asked her by a letter
    return report
