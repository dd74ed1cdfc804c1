"""Recording what happened at a center: the short form, and what takes one click."""

from urllib.parse import parse_qsl, urlencode

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from centers import phrases
from centers.dates import PartialDateFormField
from centers.models import (
    RECORDABLE,
    STATUS_EXPLANATIONS,
    Center,
    Recorder,
    Source,
    StatusCause,
    StatusEntry,
)
from centers.recording import record_what_happened
from centers.rights import rights_of
from centers.statement_fields import FIGURES, AsksWhichDay, FiguresForm, causes_in_order

MOST_AT_ONCE = 200  # centers that are confirmed with one click

_WEIGHTS = [
    ("none", _("not said")),
    ("unknown", _("yes")),
    (StatusCause.Weight.MAIN, _("main")),
    (StatusCause.Weight.CONTRIBUTING, _("contributing")),
]
_BY_STAFF, _BY_CENTER = StatusEntry.Via.STAFF, StatusEntry.Via.CENTER


class RecordStatusForm(FiguresForm, AsksWhichDay):
    """The short form: what is so, since when, why, who says so, and figures if they are known."""

    DATES = ["observed", "since"]

    # The last statement when the form was opened: somebody else may record one meanwhile.
    seen = forms.CharField(required=False, widget=forms.HiddenInput, max_length=20)
    status = forms.ChoiceField(
        label=_("How is the center?"), widget=forms.RadioSelect, choices=RECORDABLE
    )
    since = PartialDateFormField(
        label=_("Since"),
        required=False,
        help_text=_("When it began, if that is known: 2015, 5/2015, May 2015 or 17. 5. 2015."),
    )
    observed = PartialDateFormField(
        label=_("Seen or told on"),
        help_text=_("When this was so, as far as known: 2015, May 2015 or 2015-05-17."),
    )
    heard = forms.ChoiceField(
        label=_("How do you know?"),
        widget=forms.RadioSelect,
        required=False,
        choices=[
            (_BY_STAFF, _("I saw it, or somebody else told me.")),
            (_BY_CENTER, _("The center told me itself: by telephone, by mail, on a visit.")),
        ],
    )
    according_to = forms.CharField(
        label=_("According to"),
        max_length=200,
        required=False,
        help_text=_("Who says so: the center, its host, the mayor's office … No private names."),
    )
    source = forms.ModelChoiceField(
        label=_("Document"), queryset=Source.objects.all(), required=False
    )
    source_page = forms.CharField(label=_("Page"), max_length=60, required=False)
    note = forms.CharField(
        label=_("Note"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Public. No private names."),
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["status"].choices = [
            (value, format_html("{}: {}", label, STATUS_EXPLANATIONS[value]))
            for value, label in RECORDABLE
        ]
        for cause in self.causes:
            self.fields[f"cause_{cause.pk}"] = forms.ChoiceField(
                label=str(cause),
                choices=_WEIGHTS,
                widget=forms.RadioSelect,
                initial="none",
                required=False,
            )

    @cached_property
    def causes(self):
        return causes_in_order()

    @property
    def observed_question(self):
        return self.question("observed")

    @property
    def since_question(self):
        return self.question("since")

    def cause_fields(self):
        """The bound fields of the causes, for the table of the form."""
        return [self[f"cause_{cause.pk}"] for cause in self.causes]

    def further_fields(self):
        return [self[name] for name in ("source", "source_page", "note")]

    @property
    def has_further(self):
        return any(field.value() not in (None, "") for field in self.further_fields())

    def statement(self):
        """The arguments of `record_what_happened`, but for the status and `by`."""
        data = self.cleaned_data
        causes = [
            (cause, "" if weight == "unknown" else weight)
            for cause in self.causes
            if (weight := data.get(f"cause_{cause.pk}") or "none") != "none"
        ]
        names = ("observed", "since", "according_to", "source", "source_page", "note")
        return {name: data[name] for name in names} | {
            "causes": causes,
            "figures": {name: data[name] for name in FIGURES},
        }

    def recorder(self, user):
        """Who records it: she herself, or she on the center's behalf."""
        by_center = self.cleaned_data["heard"] == _BY_CENTER
        return Recorder(_BY_CENTER if by_center else _BY_STAFF, user)

    def add_errors_of(self, error):
        """Put the door's refusals beside the fields that they speak of."""
        for name, messages_ in error.message_dict.items():
            self.add_error(name if name in self.fields else None, messages_)


def center_of(model_admin, request, pk):
    """The center of the page, for whoever may change it; 404 or 403 for others."""
    # Whoever began before a merge says it of the center that the other one is part of now.
    merged_into = model_admin.model.objects.filter(pk=pk).values_list("merged_into", flat=True)
    center = get_object_or_404(model_admin.get_queryset(request), pk=merged_into.first() or pk)
    if not model_admin.has_change_permission(request, center):
        raise PermissionDenied
    return center


def list_address(request):
    """The list of centers as she had it, from the filters that the address carries."""
    filters = request.GET.get("_changelist_filters", "")
    query = urlencode([pair for pair in parse_qsl(filters) if "\x00" not in "".join(pair)])
    return reverse("admin:centers_center_changelist") + (f"?{query}" if query else "")


def way_back(request, center):
    """Where she came from: the list as she had it, else the page of the center."""
    if "_changelist_filters" in request.GET:
        return list_address(request)
    came_from = request.META.get("HTTP_REFERER", "")
    if url_has_allowed_host_and_scheme(came_from, {request.get_host()}, request.is_secure()):
        return came_from
    return reverse("admin:centers_center_change", args=[center.pk])


def record_status_view(model_admin, request, pk):
    """The page of the short form, for one center."""
    center = center_of(model_admin, request, pk)
    from_list = "_changelist_filters" in request.GET
    last = center.status_entries.order_by("-pk").first()
    seen = str(last.pk) if last else ""
    # She comes from the yearly question, which the center answered on the telephone.
    heard = _BY_CENTER if request.GET.get("heard") == _BY_CENTER else _BY_STAFF
    form = RecordStatusForm(
        request.POST or None,
        initial={"observed": timezone.localdate().isoformat(), "heard": heard, "seen": seen},
    )
    if request.method == "POST" and form.is_valid() and _is_news(form, last, request.user):
        form.data = form.data.copy()
        form.data["seen"] = seen
        form.add_error(
            None,
            gettext(
                "While you were writing, somebody else recorded: %s. "
                "If yours is right all the same, record it now."
            )
            % last,
        )
    elif request.method == "POST" and form.is_valid():
        try:
            entry, _snapshot = record_what_happened(
                center,
                form.cleaned_data["status"],
                by=form.recorder(request.user),
                **form.statement(),
            )
        except ValidationError as error:
            form.add_errors_of(error)
            center.refresh_from_db(fields=center.KEPT_COLUMNS)  # nothing was recorded
        else:
            model_admin.log_change(request, center, gettext("Recorded: %s.") % entry)
            _tell(request, gettext("Recorded."), center, entry)
            if from_list:
                return redirect(list_address(request))
            return redirect("admin:centers_center_change", center.pk)
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "original": center,
        "center": center,
        "form": form,
        "back": list_address(request)
        if from_list
        else reverse("admin:centers_center_change", args=[center.pk]),
        "title": gettext("Record how %s is") % center,
    }
    return TemplateResponse(request, "admin/centers/center/record_status.html", context)


def _is_news(form, last, user):
    """Whether somebody else recorded a statement after the form was opened."""
    seen = form.cleaned_data["seen"]
    return (
        "seen" in form.data
        and last is not None
        and seen != str(last.pk)
        and (last.recorded_by_id != user.pk)
    )


def _tell(request, done, center, entry):
    """Say what was done, what the center says now, and the way to take it back."""
    messages.success(
        request,
        format_html(
            '{} {} <a href="{}">{}</a> · <a href="{}">{}</a>',
            done,
            gettext("%(center)s now says: %(status)s.")
            % {"center": center, "status": phrases.center_status(center)},
            center.get_absolute_url(),
            gettext("See its public page"),
            reverse("admin:centers_statusentry_withdraw", args=[entry.pk]),
            gettext("Withdraw this statement"),
        ),
    )


def confirm_view(model_admin, request, pk):
    """One click: it still is as it was seen; `seen` in the address says how that was."""
    center = center_of(model_admin, request, pk)
    if request.method != "POST":
        return redirect("admin:centers_center_change", center.pk)
    try:
        entry = center.confirm_status(
            seen=request.GET.get("seen", ""), on=timezone.localdate(), by=request.user
        )
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        model_admin.log_change(request, center, gettext("Recorded: %s.") % entry)
        _tell(request, gettext("Confirmed as of today."), center, entry)
    return redirect(way_back(request, center))


def no_answer_view(model_admin, request, pk):
    """One click: she tried to reach the center, and nobody answered. Never a status."""
    center = center_of(model_admin, request, pk)
    if request.method != "POST":
        return redirect("admin:centers_center_change", center.pk)
    try:
        center.note_no_answer(on=timezone.localdate(), by=request.user)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(
            request,
            gettext(
                "Noted: you tried to reach %(center)s today, and nobody answered. "
                "Its status stays: %(status)s."
            )
            % {"center": center, "status": phrases.center_status(center)},
        )
    return redirect(way_back(request, center))


def confirm_ticked(model_admin, request, centers):
    """The action of the list: nothing changed at the ticked centers. Each gets an entry."""
    rows = list(centers.order_by("pk")[: MOST_AT_ONCE + 1])
    if len(rows) > MOST_AT_ONCE:
        messages.error(
            request,
            gettext("At most %d centers are confirmed at once. Nothing was recorded.")
            % MOST_AT_ONCE,
        )
        return
    mine = set(rights_of(request.user).changeable(Center.objects.all()).filter(
        pk__in=[center.pk for center in rows]
    ).values_list("pk", flat=True))  # fmt: skip
    confirmed, refused = 0, []
    for center in rows:
        # What she saw stands beside each tick; without it, what is there now counts.
        seen = request.POST.get(f"seen-{center.pk}", center.status)
        if center.pk not in mine:
            refused.append(gettext("%s is outside of your countries and networks.") % center)
            continue
        try:
            entry = center.confirm_status(seen=seen, on=timezone.localdate(), by=request.user)
        except ValidationError as error:
            refused += error.messages
        else:
            confirmed += 1
            model_admin.log_change(request, center, gettext("Recorded: %s.") % entry)
    if confirmed:
        messages.success(
            request,
            ngettext(
                "Confirmed as of today: %d center.", "Confirmed as of today: %d centers.", confirmed
            )
            % confirmed,
        )
    for reason in refused[:10]:
        messages.warning(request, reason)
    if len(refused) > 10:
        more = len(refused) - 10
        messages.warning(
            request, ngettext("And %d more like these.", "And %d more like these.", more) % more
        )


confirm_ticked.short_description = _("Confirm: nothing changed at the ticked ones")
confirm_ticked.allowed_permissions = ["change"]
