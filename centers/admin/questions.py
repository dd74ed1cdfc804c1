"""The yearly questions to be read, and the letter to be printed."""

from django import forms
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, Max, OuterRef, Q
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone, translation
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from centers import search
from centers.admin.asking import whom
from centers.admin.centers import PrivateMixin
from centers.admin.lists import BoundedPaginator, ChoiceFilter, WhoseFilter
from centers.asking.letters import drawn_code, what_we_hold
from centers.asking.links import link_to
from centers.dates import PartialDate
from centers.models import QuestionMail, SearchEntry, YearlyQuestion


def _overdue(questions, request):
    return questions.overdue(on=timezone.localdate())


class NeedsFilter(ChoiceFilter):
    """Questions with which somebody should do something."""

    title = _("what is to be done")
    parameter_name = "needs"
    answers = [
        ("overdue", _("no answer after the reminder"), _overdue),
        ("doubt", _("a mail is in doubt"), lambda rows, request: rows.in_doubt()),
        ("undelivered", _("could not be delivered"), lambda rows, request: rows.undelivered()),
    ]


class QuestionMailInline(admin.TabularInline):
    """What was sent, to be read."""

    model = QuestionMail
    fields = readonly_fields = ["kind", "state", "begun_at", "sent_at", "failure"]
    extra = 0
    can_delete = False

    def has_view_permission(self, request, obj=None):
        return True  # as the question itself

    def has_add_permission(self, request, obj=None):
        return False

    def has_change_permission(self, request, obj=None):
        return False


class SenderForm(forms.Form):
    """Where the paper is sent back to: printed, and kept nowhere."""

    sender = forms.CharField(
        label=_("Your telephone and postal address, for the answer"),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off"}),
        help_text=_("Printed on this sheet and kept nowhere. Left empty, you can write by hand."),
        required=False,
    )


@admin.register(YearlyQuestion)
class YearlyQuestionAdmin(PrivateMixin, admin.ModelAdmin):
    """Which center was asked when, and what came of it; asking is done on the center's page."""

    list_display = ["center", "to_whom", "means", "language_name", "how_it_stands", "asked_on",
                    "reminded_on", "follow_up"]  # fmt: skip
    list_filter = [WhoseFilter, NeedsFilter, "state"]
    list_select_related = ["center", "contact"]
    search_fields = ["center__name"]
    search_help_text = _("The beginning of a name or town, or the reference on a letter.")
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    paginator = BoundedPaginator
    list_per_page = 50
    fields = readonly_fields = [
        "center_link", "to_whom", "means", "language_name", "how_it_stands", "asked_at",
        "link_made_at", "ended_at", "report",
    ]  # fmt: skip
    inlines = [QuestionMailInline]

    def changelist_view(self, request, extra_context=None):
        """The list is headed by what is in it."""
        title = capfirst(self.opts.verbose_name_plural)
        return super().changelist_view(request, {"title": title, **(extra_context or {})})

    def get_queryset(self, request):
        mails = QuestionMail.objects.filter(question=OuterRef("pk")).order_by()
        doubt = mails.filter(state=QuestionMail.State.DOUBT)
        reminders = Q(mails__kind=QuestionMail.Kind.REMINDER)
        questions = super().get_queryset(request).with_told_since()
        return questions.annotate(
            is_doubtful=Exists(doubt), reminded_at=Max("mails__sent_at", filter=reminders)
        )

    def get_search_results(self, request, queryset, search_term):
        """By the center's names in any spelling, or by its public identifier."""
        term = search_term.strip()
        if not term:
            return queryset, False
        by_name = Q(center__in=search.found(SearchEntry.Kind.CENTER, term))
        return queryset.filter(by_name | Q(center__public_id=term.lower())), False

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    @admin.display(description=_("whom"))
    def to_whom(self, question):
        return whom(question)

    @admin.display(description=_("what can be done"))
    def follow_up(self, question):
        """The way to act, beside what nobody has answered."""
        waits = (YearlyQuestion.State.OPEN, YearlyQuestion.State.UNREACHABLE)
        if question.state not in waits or question.told_since:
            return ""
        return format_html(
            '<a href="{}">{}</a>',
            reverse("admin:centers_center_ask", args=[question.center_id]),
            gettext("Follow up"),
        )

    @admin.display(description=_("center"))
    def center_link(self, question):
        return render_to_string(
            "admin/centers/yearlyquestion/_center.html", {"center": question.center}
        )

    @admin.display(description=_("language"), ordering="language")
    def language_name(self, question):
        return dict(settings.LANGUAGES).get(question.language, question.language)

    @admin.display(description=_("how it stands"), ordering="state")
    def how_it_stands(self, question):
        """The state, and what the state does not say: a mail in doubt, an answer on another way."""
        words = question.get_state_display()
        if question.state == YearlyQuestion.State.OPEN:
            if question.told_since:
                return gettext("recorded since by a coordinator")
            if question.is_doubtful:
                return gettext("%s; a mail is in doubt") % words
        return words

    @admin.display(description=_("asked"), ordering="asked_at")
    def asked_on(self, question):
        return question.asked_on.in_words()

    @admin.display(description=_("reminded"), ordering="reminded_at")
    def reminded_on(self, question):
        if question.reminded_at is None:
            return "–"
        return PartialDate.of(timezone.localdate(question.reminded_at)).in_words()

    def get_urls(self):
        view = require_http_methods(["GET", "HEAD", "POST"])(self.letter_view)
        letter = path(
            "<int:pk>/letter/",
            self.admin_site.admin_view(view),
            name="centers_yearlyquestion_letter",
        )
        return [letter, *super().get_urls()]

    def letter_view(self, request, pk):
        """The letter as it is printed. It is only shown: with her address (POST) or without."""
        question = get_object_or_404(self.model.objects.select_related("center__country"), pk=pk)
        if not self.has_view_permission(request, question):
            raise PermissionDenied
        if question.means != YearlyQuestion.Means.LETTER:
            raise Http404
        form = SenderForm(request.POST or None)
        sender = form.cleaned_data["sender"] if form.is_valid() else ""
        coordinator = getattr(request.user, "coordinator", None)
        link = link_to(question)
        with translation.override(question.language):
            letter = render_to_string(
                "admin/centers/yearlyquestion/_letter.html",
                {
                    "question": question,
                    "center": question.center,
                    "held": what_we_hold(question.center),
                    "link": link,
                    "code": drawn_code(link),
                    "asked_by": coordinator.public_name if coordinator else "",
                    "sender": [line.strip() for line in sender.splitlines() if line.strip()],
                    "SITE_NAME": settings.SITE_NAME,
                    "today": PartialDate.of(timezone.localdate()),
                },
            )
        context = {
            "question": question,
            "center": question.center,
            "form": form,
            "letter": letter,
            "is_dead": question.state != YearlyQuestion.State.OPEN
            or timezone.now() >= question.expires_at,
        }
        return TemplateResponse(request, "admin/centers/yearlyquestion/letter.html", context)
