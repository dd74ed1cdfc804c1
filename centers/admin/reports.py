"""The queue: what the outside told us and what waits for an answer, listed and declined by many."""

from urllib.parse import urlencode

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import F, Q
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.text import Truncator, capfirst
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from centers import search
from centers.admin.centers import PrivateMixin
from centers.admin.deciding import decide_view
from centers.admin.lists import BoundedPaginator, ChoiceFilter
from centers.models import Country, Report, SearchEntry
from centers.models.base import KEY_ALPHABET
from centers.reports import floods, letters
from centers.reports.deciding import MOST_AT_ONCE, decline_many
from centers.rights import rights_of
from centers.timeline import moment_in_words

SHOWN_BEFORE_DECLINING = 20  # reports


class StateFilter(admin.SimpleListFilter):
    """Without a choice, what waits for a coordinator."""

    title = _("state")
    parameter_name = "state"

    def lookups(self, request, model_admin):
        return [
            ("asked", Report.State.ASKED.label),
            ("open", _("not decided yet")),
            ("decided", _("decided")),
            ("all", _("all")),
        ]

    def choices(self, changelist):
        waiting, *others = super().choices(changelist)
        return [waiting | {"display": Report.State.WAITING.label}, *others]

    def queryset(self, request, queryset):
        wanted = {
            "asked": Q(state=Report.State.ASKED),
            "open": Q(state__in=Report.OPEN),
            "decided": ~Q(state__in=Report.OPEN),
            "all": Q(),
        }
        return queryset.filter(wanted.get(self.value(), Q(state=Report.State.WAITING)))


class WhoseReportsFilter(ChoiceFilter):
    """For leads, who see everything; to all others those of their centers alone are shown."""

    title = _("whose centers")
    parameter_name = "whose"
    answers = [
        (
            "mine",
            _("mine"),
            lambda rows, request: rows.filter(center__country__coordinators__user=request.user),
        ),
        (
            "vacant",
            _("nobody's"),
            lambda rows, request: rows.filter(
                Q(center=None) | Q(center__country__in=Country.objects.vacant().values("pk"))
            ),
        ),
    ]

    def lookups(self, request, model_admin):
        is_lead = rights_of(request.user).is_lead
        return super().lookups(request, model_admin) if is_lead else []


class TakenOnFilter(ChoiceFilter):
    title = _("taken on by")
    parameter_name = "taken"
    answers = [
        ("me", _("me"), lambda rows, request: rows.filter(assigned_to=request.user)),
        ("nobody", _("nobody"), lambda rows, request: rows.filter(assigned_to=None)),
    ]


class GroupsFilter(admin.SimpleListFilter):
    """Those that are alike one of them (“sender-17”), or those that stand alone."""

    title = _("groups")
    parameter_name = "like"

    def lookups(self, request, model_admin):
        value = self.used_parameters.get(self.parameter_name)
        chosen = [(value, _("the chosen group"))] if self._chosen() else []
        return [("none", _("those that are in no group")), *chosen]

    def _chosen(self):
        kind, _dash, example = (self.value() or "").partition("-")
        known = kind in floods.ALIKE and example.isascii() and example.isdecimal()
        return (kind, int(example)) if known and len(example) < 19 else None

    def queryset(self, request, queryset):
        if self.value() == "none":
            return floods.alone(queryset)
        if chosen := self._chosen():
            return floods.alike(queryset, *chosen)
        return queryset


class DeclineManyForm(forms.Form):
    """Why; asked once for all of them."""

    reason = forms.ChoiceField(
        label=_("Why?"), widget=forms.RadioSelect, choices=Report.Reason.choices
    )
    outcome = forms.CharField(
        label=_("In your words"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=Report._meta.get_field("outcome").help_text,
    )
    # What came after the page was opened is not declined unseen.
    until = forms.IntegerField(widget=forms.HiddenInput, max_value=2**63 - 1)

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("reason") == Report.Reason.OTHER and not cleaned.get("outcome"):
            self.add_error("outcome", _("Say why the report is declined."))
        return cleaned


@admin.register(Report)
class ReportAdmin(PrivateMixin, admin.ModelAdmin):
    """Read and decided by those alone who look after the center; without a center, by the leads."""

    list_display = ["what", "told_by", "where", "waits", "how_far"]
    list_filter = [
        StateFilter,
        WhoseReportsFilter,
        TakenOnFilter,
        "is_urgent",
        "origin",
        "subject",
        GroupsFilter,
    ]
    list_select_related = ["center__country", "assigned_to"]
    list_per_page = 50
    paginator = BoundedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    ordering = ["-is_urgent", F("received_at").asc(), "key"]
    search_fields = ["key"]
    search_help_text = _(
        "A reference, with or without dashes, or the beginning of a center's name."
    )
    actions = ["decline_chosen"]

    @admin.display(description=_("about"), ordering="subject")
    def what(self, report):
        return render_to_string("admin/centers/report/_what.html", {"report": report})

    @admin.display(description=_("who told it"), ordering="origin")
    def told_by(self, report):
        return render_to_string("admin/centers/report/_origin.html", {"report": report})

    @admin.display(description=_("center"), ordering="center__name")
    def where(self, report):
        return f"{report.center}, {report.center.country}" if report.center_id else "–"

    @admin.display(description=_("received"), ordering="received_at")
    def waits(self, report):
        return render_to_string(
            "admin/centers/report/_waits.html", {"report": report, **waiting_time(report)}
        )

    @admin.display(description=_("state"), ordering="state")
    def how_far(self, report):
        return render_to_string("admin/centers/report/_how_far.html", {"report": report})

    def has_add_permission(self, request):
        return False

    def get_search_results(self, request, queryset, search_term):
        """By the beginning of the reference, or of a word of the center's names."""
        if not search_term.strip():
            return queryset, False
        centers = search.found(SearchEntry.Kind.CENTER, search_term)
        wanted = Q(center__in=centers)
        key = "".join(search_term.split()).replace("-", "").lower()
        if key and set(key) <= set(KEY_ALPHABET):
            wanted |= Q(key__startswith=key)
        return queryset.filter(wanted), False

    def changelist_view(self, request, extra_context=None):
        groups = floods.groups_of(self.get_queryset(request))
        context = {
            "title": capfirst(self.opts.verbose_name_plural),
            "largest_group": groups[0] if groups else None,
        }
        return super().changelist_view(request, context | (extra_context or {}))

    def change_view(self, request, object_id, form_url="", extra_context=None):
        return decide_view(self, request, object_id)

    def get_urls(self):
        view = self.admin_site.admin_view(self.groups_view)
        return [path("groups/", view, name="centers_report_groups"), *super().get_urls()]

    # --- Many at once ----------------------------------------------------------------------

    def groups_view(self, request):
        """What is alike, to be looked at together and declined together."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        reports = self.get_queryset(request)
        groups = floods.groups_of(reports)
        examples = reports.select_related("center").in_bulk({group.example for group in groups})
        page = reverse("admin:centers_report_changelist")
        rows = [
            {
                "words": group_in_words(group, examples[group.example]),
                # About a center everybody has words of her own.
                "text": ""
                if group.kind == "center"
                else Truncator(examples[group.example].text).chars(160),
                "group": group,
                "url": f"{page}?"
                + urlencode({"state": "open", "like": f"{group.kind}-{group.example}"}),
            }
            for group in groups
        ]
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "rows": rows,
            "alone": page + "?like=none",
            "title": gettext("Reports that come in groups"),
        }
        return TemplateResponse(request, "admin/centers/report/groups.html", context)

    @admin.action(description=_("Decline …"), permissions=["change"])
    def decline_chosen(self, request, queryset):
        """Asks why first; what is sent then goes through this action again."""
        reports = queryset.filter(state__in=Report.OPEN)
        form = DeclineManyForm(request.POST if "until" in request.POST else None)
        if form.is_valid():
            cleaned = form.cleaned_data
            closed = decline_many(
                reports.filter(pk__lte=cleaned["until"]),
                cleaned["reason"],
                outcome=cleaned["outcome"],
                by=request.user,
            )
            self._tell_of_declined(request, closed)
            return None
        count = reports.count()
        if not count:
            messages.info(request, gettext("None of them is open any more."))
            return None
        form.fields["until"].initial = reports.order_by("-pk").values_list("pk", flat=True).first()
        shown = reports.select_related("center").order_by("-is_urgent", "received_at", "pk")
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "form": form,
            "count": min(count, MOST_AT_ONCE),
            "left": max(0, count - MOST_AT_ONCE),
            "shown": shown[:SHOWN_BEFORE_DECLINING],
            "not_shown": max(0, min(count, MOST_AT_ONCE) - SHOWN_BEFORE_DECLINING),
            "chosen": request.POST.getlist(admin.helpers.ACTION_CHECKBOX_NAME),
            "select_across": request.POST.get("select_across", "0"),
            "title": gettext("Decline reports"),
        }
        return TemplateResponse(request, "admin/centers/report/decline_many.html", context)

    def _tell_of_declined(self, request, closed):
        untold = letters.tell_declined(closed)
        count = len(closed)
        said = ngettext("%d report is declined.", "%d reports are declined.", count) % count
        messages.success(request, said)
        if untold:
            said = ngettext(
                "%d of those who reported had no mail: she reads it on her receipt.",
                "%d of those who reported had no mail: they read it on their receipts.",
                untold,
            )
            messages.warning(request, said % untold)


def waiting_time(report):
    """{"days" since it was received, "is_late": whether the day promised has passed}."""
    today = timezone.localdate()
    return {
        "days": (today - timezone.localdate(report.received_at)).days,
        "is_late": report.is_open and report.target_on < today,
    }


def group_in_words(group, example):
    """“42 reports from one connection, November 24, 2026”."""
    words = {
        "sender": ngettext(
            "%(count)s report from one connection, %(when)s",
            "%(count)s reports from one connection, %(when)s",
            group.count,
        ),
        "words": ngettext(
            "%(count)s report in the same words",
            "%(count)s reports in the same words",
            group.count,
        ),
        "center": ngettext(
            "%(count)s report about %(center)s", "%(count)s reports about %(center)s", group.count
        ),
    }
    return words[group.kind] % {
        "count": group.count,
        "when": moment_in_words(timezone.localdate(group.first)),
        "center": example.center or "–",
    }
