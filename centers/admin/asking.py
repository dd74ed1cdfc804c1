"""Asking a center how it is, by hand: what stands on its page, and the page where one acts."""

from dataclasses import dataclass, field

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from centers.admin.lists import ChoiceFilter
from centers.admin.recording import center_of
from centers.asking import sending
from centers.asking.due import due_by_letter, language_for, newest_by_mark
from centers.asking.letters import write_letter
from centers.asking.links import address_mark, address_of
from centers.models import Contact, QuestionMail, YearlyQuestion

# Beside the numbers of contact persons: the center's own public address.
OWN_ADDRESS = "center"
State, Means = YearlyQuestion.State, YearlyQuestion.Means


@dataclass
class Standing:
    """How it stands with the yearly question to a center, on the day `on`."""

    question: YearlyQuestion | None = None
    is_overdue: bool = False
    mails: list = field(default_factory=list)

    @property
    def is_waiting(self):
        return self.question is not None and self.question.state == State.OPEN

    @property
    def is_letter(self):
        return self.question is not None and self.question.means == Means.LETTER

    @property
    def reminded_on(self):
        reminders = (mail for mail in self.mails if mail.kind == QuestionMail.Kind.REMINDER)
        return next((mail.sent_on for mail in reminders if mail.sent_at), None)

    @property
    def doubtful(self):
        """The mails that may be sent again by hand: in doubt, stopped half-way, or failed."""
        if self.question is None or self.question.state not in (State.OPEN, State.UNREACHABLE):
            return []
        failed = [mail for mail in self.mails if mail.state == QuestionMail.State.FAILED]
        return [mail for mail in self.mails if mail in failed or _is_in_doubt(mail)]

    @property
    def is_in_doubt(self):
        return any(_is_in_doubt(mail) for mail in self.doubtful)

    @property
    def has_moved(self):
        """Whether the address is not the same any more, so that the link leads nowhere."""
        question = self.question
        return self.is_waiting and question.address_mark != address_mark(address_of(question))


def _is_in_doubt(mail):
    """Whether nobody knows if it went out: also before the next run of the command marks it so."""
    stopped_at = timezone.now() - sending.STOPPED_AFTER
    was_stopped = mail.state == QuestionMail.State.SENDING and mail.begun_at <= stopped_at
    return was_stopped or mail.state == QuestionMail.State.DOUBT


def standing_of(center, *, on):
    """The `Standing` of a center by its last question, as it is on the day `on`."""
    questions = YearlyQuestion.objects.filter(center=center).with_told_since()
    question = questions.select_related("center", "contact", "report").first()
    if question is None:
        return Standing()
    is_overdue = YearlyQuestion.objects.overdue(on=on).filter(pk=question.pk).exists()
    return Standing(question, is_overdue, list(question.mails.order_by("begun_at", "pk")))


def standing_in_words(center):
    """The line on the center's page of the desk: asked, answered, and the way to act."""
    context = {"standing": standing_of(center, on=timezone.localdate()), "center": center}
    return render_to_string("admin/centers/yearlyquestion/_line.html", context)


def whom(question):
    """To whom the question went, in words; her name, for those who may see her."""
    if question.means == Means.LETTER:
        return gettext("the center itself")
    person = question.contact
    if person is not None and person.center_id == question.center_id:
        return person.name
    if person is None and question.address_mark == address_mark(question.center.email):
        return gettext("the center's own address")
    return gettext("an address that is not there any more")


class AskForm(forms.Form):
    """Whom to write to: a person who can be reached by mail, or the center's own address."""

    whom = forms.ChoiceField(
        label=_("Whom do you want to ask?"),
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose whom the mail goes to.")},
    )
    anew = forms.BooleanField(label=_("Ask all the same"), required=False)
    # The last question when the page was opened: pressed twice, it is asked once.
    seen = forms.CharField(required=False, widget=forms.HiddenInput, max_length=20)

    is_refused = False

    def __init__(self, *args, center, **kwargs):
        super().__init__(*args, **kwargs)
        self.center = center
        emails = [person.email for person in self.people] + [center.email]
        self.newest = newest_by_mark(address_mark(email) for email in emails)
        choices = [
            (str(person.pk), self._in_words(person.name, person.email))
            for person in self.people
            if person.email and not self._wants_no_mail(person)
        ]
        if center.email and not self._has_stopped(center.email):
            own = gettext("the center's own address")
            choices.append((OWN_ADDRESS, self._in_words(own, center.email)))
        self.fields["whom"].choices = choices
        if choices:
            self.fields["whom"].initial = choices[0][0]

    @cached_property
    def people(self):
        return list(Contact.objects.filter(center=self.center).order_by("name", "key"))

    def _has_stopped(self, email):
        last = self.newest.get(address_mark(email))
        return last is not None and last.wants_no_more

    def _wants_no_mail(self, person):
        return person.wants_no_mail or self._has_stopped(person.email)

    def _in_words(self, name, email):
        last = self.newest.get(address_mark(email))
        if last is not None and last.state == State.UNREACHABLE:
            return gettext("%(name)s, %(email)s (a mail could not be delivered there)") % {
                "name": name,
                "email": email,
            }
        return f"{name}, {email}"

    @property
    def has_anybody(self):
        return bool(self.fields["whom"].choices)

    @property
    def left_alone(self):
        """The persons who want no mail."""
        return [person for person in self.people if self._wants_no_mail(person)]

    def means_it(self, standing):
        """Whether she saw that a question waits, or why she should not ask, and asks anew."""
        last = standing.question
        saw_it = last is not None and self.cleaned_data["seen"] == str(last.pk)
        return saw_it and (standing.is_waiting or self.cleaned_data["anew"])

    def refuse(self, error, last):
        """Say why nothing was sent, and offer to ask all the same, of what is there now."""
        self.data = self.data.copy()
        self.data["seen"] = last
        self.is_refused = True
        self.add_error(None, error)

    def contact(self):
        """The chosen person; None for the center's own address."""
        chosen = self.cleaned_data["whom"]
        return next((each for each in self.people if str(each.pk) == chosen), None)


class LetterForm(forms.Form):
    language = forms.ChoiceField(label=_("Language of the letter"), choices=settings.LANGUAGES)


def ask_view(model_admin, request, pk):
    """How it stands with the question to one center (GET), and what can be done about it (POST)."""
    center = center_of(model_admin, request, pk)
    standing = standing_of(center, on=timezone.localdate())
    does = request.POST.get("do", "") if request.method == "POST" else ""
    last = str(standing.question.pk) if standing.question else ""
    ask_form = AskForm(
        request.POST if does == "mail" else None, center=center, initial={"seen": last}
    )
    reader = ask_form.people[0] if ask_form.people else None
    letter_form = LetterForm(
        request.POST if does == "letter" else None,
        initial={"language": language_for(center, reader)},
    )
    try:
        answer = _done(model_admin, request, center, standing, does, ask_form, letter_form)
    except ValidationError as error:
        answer = None
        if does == "mail":
            ask_form.refuse(error, last)
        else:
            messages.error(request, " ".join(error.messages))
    if answer is not None:
        return answer
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "original": center,
        "center": center,
        "standing": standing,
        "may_be_sent_a_link": may_be_sent_a_link(standing, ask_form),
        "whom": whom(standing.question) if standing.question else "",
        "ask_form": ask_form,
        "letter_form": letter_form,
        "title": gettext("Ask how %s is") % center,
    }
    return TemplateResponse(request, "admin/centers/yearlyquestion/ask.html", context)


def may_be_sent_a_link(standing, ask_form):
    """Whether the question waits for an answer by mail, of somebody who still wants mails."""
    if not standing.is_waiting or standing.is_letter or standing.question.wants_no_more:
        return False
    person = standing.question.contact
    return person is None or person not in ask_form.left_alone


def _done(model_admin, request, center, standing, does, ask_form, letter_form):
    """Do what was pressed; where it leads then, or None to show the page again."""
    if does == "mail" and ask_form.is_valid():
        anew = ask_form.means_it(standing)
        mail = sending.ask(center, contact=ask_form.contact(), anew=anew)
    elif does == "renew" and may_be_sent_a_link(standing, ask_form):
        mail = sending.renew(standing.question)
        if mail is None:
            raise ValidationError(
                gettext("Nothing was sent: a link went out within the last day, or cannot go out.")
            )
    elif does == "again":
        chosen = request.POST.get("mail")
        doubtful = next((each for each in standing.doubtful if str(each.pk) == chosen), None)
        if doubtful is None:
            messages.warning(request, gettext("There is nothing to send again any more."))
            return redirect("admin:centers_center_ask", center.pk)
        mail = sending.send_again(doubtful)
    elif does == "letter" and letter_form.is_valid():
        question = write_letter(center, language=letter_form.cleaned_data["language"])
        model_admin.log_change(request, center, gettext("Asked by letter how it is."))
        return redirect("admin:centers_yearlyquestion_letter", question.pk)
    else:
        return None
    if mail.state == QuestionMail.State.SENT:
        model_admin.log_change(request, center, gettext("Asked by mail how it is."))
        messages.success(request, gettext("The mail is on its way."))
    else:
        messages.error(request, gettext("The mail could not be sent. Below it says why."))
    return redirect("admin:centers_center_ask", center.pk)


def _of(questions):
    return lambda centers, request: centers.filter(pk__in=questions().values("center"))


class AskedFilter(ChoiceFilter):
    """Centers by how it stands with the yearly question. No answer is never a status."""

    title = _("yearly question")
    parameter_name = "asked"
    answers = [
        ("unanswered", _("asked, no answer yet"), _of(YearlyQuestion.objects.unanswered)),
        (
            "overdue",
            _("no answer after the reminder"),
            _of(lambda: YearlyQuestion.objects.overdue(on=timezone.localdate())),
        ),
        ("undelivered", _("could not be delivered"), _of(YearlyQuestion.objects.undelivered)),
        (
            "by_letter",
            _("due, without a mail address"),
            lambda centers, request: centers.filter(
                pk__in=due_by_letter(timezone.localdate()).order_by().values("pk")
            ),
        ),
    ]
