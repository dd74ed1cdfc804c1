"""The page on which a report is read beside the register, and decided."""

from django import forms
from django.contrib import messages
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Q
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from centers.models import Report, ReportStep
from centers.reports import deciding, letters
from centers.reports.comparing import rows_of

MOST_OTHERS = 10  # open reports about the same center that are named


def _words(label, help_text=""):
    return forms.CharField(
        label=label,
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=help_text,
    )


class DecidingForm(forms.Form):
    """What is done with a report; `carry_out(by)` does it and returns what to say."""

    def __init__(self, *args, report, **kwargs):
        super().__init__(*args, **kwargs)
        self.report = report

    @property
    def written(self):
        """The words that she has written, so that they are not lost."""
        fields = ("outcome", "question")
        return "".join(self.cleaned_data.get(name) or "" for name in fields)


class AcceptForm(DecidingForm):
    outcome = _words(_("Words for whoever reported"), Report._meta.get_field("outcome").help_text)

    @property
    def chosen(self):
        """The parts that are ticked; None where there is none to tick."""
        return self.data.getlist("part") if self.is_bound else None

    @property
    def confirmed(self):
        """The parts for which she confirms what has to be confirmed first."""
        return self.data.getlist("confirmed") if self.is_bound else []

    def carry_out(self, by):
        deciding.accept(
            self.report,
            self.chosen,
            by=by,
            outcome=self.cleaned_data["outcome"],
            ticks=self.confirmed,
        )
        return gettext("Accepted. Thank you.")


class AskForm(DecidingForm):
    question = _words(_("What do you want to know?"))

    def carry_out(self, by):
        deciding.ask_back(self.report, self.cleaned_data["question"], by=by)
        return gettext("Your question is on her receipt.")


class DeclineForm(DecidingForm):
    reason = forms.ChoiceField(
        label=_("Why?"), widget=forms.RadioSelect, choices=Report.Reason.choices
    )
    outcome = _words(_("In your words"), Report._meta.get_field("outcome").help_text)

    def carry_out(self, by):
        cleaned = self.cleaned_data
        deciding.decline(self.report, cleaned["reason"], by=by, outcome=cleaned["outcome"])
        return gettext("Declined. The registry stays as it is.")


class PersonField(forms.ModelChoiceField):
    def label_from_instance(self, user):
        return user.get_full_name() or user.get_username()


class AssignForm(DecidingForm):
    user = PersonField(
        label=_("Who takes it on?"),
        queryset=None,
        required=False,
        empty_label=_("nobody in particular"),
    )

    def __init__(self, *args, report, **kwargs):
        super().__init__(*args, report=report, **kwargs)
        self.fields["user"].queryset = who_may_decide(report)
        self.initial.setdefault("user", report.assigned_to_id)

    def carry_out(self, by):
        user = self.cleaned_data["user"]
        deciding.assign(self.report, user, by=by)
        if user == by:
            return gettext("You have taken it on.")
        return gettext("Noted who takes it on.")


FORMS = {"accept": AcceptForm, "ask": AskForm, "decline": DeclineForm, "assign": AssignForm}
# What whoever reported is told of.
TOLD = {"accept": "decided", "decline": "decided", "ask": "asked"}
# Steps whose words are for people; those of others are ours.
WORDED = [
    ReportStep.What.ASSIGNED,
    ReportStep.What.ASKED,
    ReportStep.What.ANSWERED,
    ReportStep.What.ACCEPTED,
    ReportStep.What.DECLINED,
]


def who_may_decide(report):
    """The accounts of those who look after the report's center, and of the leads."""
    people = get_user_model().objects.filter(is_active=True, is_staff=True)
    responsible = Q(coordinator__is_lead=True)
    if report.center_id:
        center = report.center
        networks = center.affiliations.values("organisation")
        responsible |= Q(
            pk__in=people.filter(coordinator__countries=center.country_id).values("pk")
        ) | Q(pk__in=people.filter(coordinator__networks__in=networks).values("pk"))
    return people.filter(responsible).order_by("username")


def decide_view(page, request, object_id):
    """Shows the report (GET), and does what was chosen (POST: `do` is one of FORMS and more)."""
    report = page.get_object(request, object_id)
    if report is None:
        return page._get_obj_does_not_exist_redirect(request, page.opts, object_id)
    if not page.has_change_permission(request, report):
        raise PermissionDenied
    do = request.POST.get("do", "") if request.method == "POST" else ""
    told, errors = {"shows_address": do == "address"}, {}
    if do == "mail":
        _mail_again(request, report)
        return redirect("admin:centers_report_change", report.pk)
    forms = {
        name: form(request.POST if name == do else None, prefix=name, report=report)
        for name, form in FORMS.items()
    }
    if do in TOLD and _answered_since(report, request.POST.get("seen", "")):
        messages.warning(
            request, gettext("She has answered meanwhile, so nothing is decided yet. Look again.")
        )
    elif do in forms and forms[do].is_valid():
        address = report.email
        try:
            said = forms[do].carry_out(request.user)
        except deciding.DecidedMeanwhile as error:
            messages.warning(request, error.messages[0])
            told["unsent"] = forms[do].written
        except ValidationError as error:
            errors = _sorted_errors(forms[do], error)
        else:
            messages.success(request, said)
            report.refresh_from_db()
            # Who asked to be erased is written to a last time, from what was read before.
            report.email = address
            if do in TOLD:
                _tell(request, report, TOLD[do])
            return redirect("admin:centers_report_change", report.pk)
    report = page.get_object(request, object_id)
    return TemplateResponse(
        request,
        "admin/centers/report/decide.html",
        _context(page, request, report, forms, errors=errors) | told | {"do": do},
    )


def _answered_since(report, seen):
    """Whether whoever reported has added something since the page with `seen` was opened."""
    is_number = seen.isascii() and seen.isdecimal() and len(seen) < 19
    return is_number and _last_answer(report) > int(seen)


def _last_answer(report):
    answers = report.steps.filter(what=ReportStep.What.ANSWERED).order_by("-pk")
    return answers.values_list("pk", flat=True).first() or 0


def _sorted_errors(form, error):
    """Errors of the form's own fields go there; those of parts are returned, by their fields."""
    if not hasattr(error, "error_dict"):
        form.add_error(None, error)
        return {}
    own = {name: found for name, found in error.error_dict.items() if name in form.fields}
    if own:
        form.add_error(None, ValidationError(own))
    return {name: found for name, found in error.message_dict.items() if name not in form.fields}


def _tell(request, report, what):
    """Tell whoever reported, and the coordinator if that did not work."""
    words = _question(report) if what == "asked" else ""
    if letters.wants_mail(report, what) and not letters.tell_reporter(report, what, words=words):
        messages.warning(
            request,
            gettext("The mail to whoever reported could not be sent. You can try again here."),
        )


def _mail_again(request, report):
    step = letters.failed_step(report)
    if step is None:
        messages.info(request, gettext("There is no mail to be sent again."))
        return
    if letters.tell_reporter(report, step.text, words=_question(report)):
        messages.success(request, gettext("The mail is sent."))
    else:
        messages.warning(
            request, gettext("It could not be sent this time either. Try again later.")
        )


def _question(report):
    asked = report.steps.filter(what=ReportStep.What.ASKED).last()
    return asked.text if asked else ""


def _context(page, request, report, forms, errors):
    rows = rows_of(report, errors)
    chosen = forms["accept"].chosen
    waiting = [row.part.field for row in rows if row.is_waiting]
    return {
        **page.admin_site.each_context(request),
        "opts": page.opts,
        "report": report,
        "original": report,
        "title": str(report) if report.center_id else capfirst(str(report)),
        "seen": _last_answer(report),
        "rows": rows,
        "asks_by_mail": letters.wants_mail(report, "asked"),
        "has_changed": report.is_open and any(row.is_changed for row in rows),
        "waits_for_parts": bool(waiting),
        "ticked": waiting if chosen is None else chosen,
        "confirmed": forms["accept"].confirmed,
        "has_errors": bool(errors),
        "forms": forms,
        "desks": desks_for(report),
        "worded": WORDED,
        "steps": report.steps.select_related("by"),
        "mail_failed": letters.failed_step(report) is not None,
        "others": _others(report)[:MOST_OTHERS],
        "next": _next(page, request, report),
        "is_late": report.is_open and report.target_on < timezone.localdate(),
    }


def _others(report):
    if report.center_id is None:
        return Report.objects.none()
    return report.center.reports.undecided().exclude(pk=report.pk)


def _next(page, request, report):
    """The one that waits longest of the others; None if nothing waits."""
    waiting = page.get_queryset(request).waiting().exclude(pk=report.pk)
    return waiting.order_by("-is_urgent", "received_at", "key").first()


def desks_for(report):
    """[(words, address)] of the pages where a person does what the report asks for."""
    if report.center_id is None:
        return []
    pk = report.center_id
    change = (gettext("Change the center's record"), "center_change", pk)
    record = (gettext("Record status"), "center_record_status", pk)
    desks = {
        Report.Subject.STATUS: [record],
        Report.Subject.YEARLY: [record, change],
        Report.Subject.DUPLICATE: [(gettext("Find its double"), "center_find_double", pk)],
        Report.Subject.REMOVE_ME: [change],
    }.get(report.subject, [change])
    if report.contact_id and report.subject in (Report.Subject.REMOVE_ME, Report.Subject.YEARLY):
        desks.append((gettext("Erase the contact person"), "contact_erase", report.contact_id))
    return [(words, reverse(f"admin:centers_{name}", args=[key])) for words, name, key in desks]
