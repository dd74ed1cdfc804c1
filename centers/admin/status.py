"""The statements of the logs, withdrawing them, and the causes that they name."""

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from centers import phrases, resources
from centers.admin.base import CSVMixin, ImportingAdmin, PartInline
from centers.admin.lists import BoundedPaginator
from centers.models import (
    Cause,
    CauseText,
    Offer,
    OfferText,
    StatusCause,
    StatusEntry,
)
from centers.recording import figures_told_with, take_back
from centers.rights import rights_of


def with_named_causes(entries):
    """The statements with their causes, these with their names in the reader's language."""
    causes = Prefetch("cause", Cause.objects.with_names())
    return entries.prefetch_related(
        Prefetch("cause_links", StatusCause.objects.prefetch_related(causes))
    )


class WithdrawForm(forms.Form):
    reason = forms.CharField(
        label=_("Why is it withdrawn?"),
        max_length=300,
        help_text=_("Public. The statement stays to be read, with this reason."),
    )
    with_figures = forms.BooleanField(
        label=_("Take back the figures of the same date as well (people, premises, rent)"),
        required=False,
        initial=True,
    )

    def __init__(self, *args, figures, **kwargs):
        super().__init__(*args, **kwargs)
        if not figures:
            del self.fields["with_figures"]


class CauseTextInline(PartInline):
    model = CauseText
    classes = []
    extra = 1


@admin.register(Cause)
class CauseAdmin(ImportingAdmin):
    resource_classes = [resources.CauseResource]
    list_display = ["slug", "shown_name", "group"]
    list_filter = ["group"]
    search_fields = ["slug", "texts__name"]
    inlines = [CauseTextInline]

    @admin.display(description=_("name"))
    def shown_name(self, cause):
        return cause.shown_name

    def get_queryset(self, request):
        return super().get_queryset(request).with_names()

    def get_readonly_fields(self, request, obj=None):
        return ["slug"] if obj else []


class OfferTextInline(CauseTextInline):
    model = OfferText


@admin.register(Offer)
class OfferAdmin(CauseAdmin):
    resource_classes = [resources.OfferResource]
    list_display = ["slug", "shown_name"]
    list_filter = []
    inlines = [OfferTextInline]


@admin.register(StatusEntry)
class StatusEntryAdmin(CSVMixin, admin.ModelAdmin):
    """The log, read-only: recorded on the center's page, withdrawn here."""

    resource_classes = [resources.StatusEntryResource]
    list_display = ["center", "status", "since", "observed", "according_to", "via", "standing"]
    list_filter = ["status", "via", ("withdrawn_at", admin.EmptyFieldListFilter)]
    list_select_related = ["center"]
    search_fields = ["center__name", "according_to", "note"]
    readonly_fields = ["cause_list", "withdraw_link"]
    exclude = ["causes"]
    list_per_page = 50
    paginator = BoundedPaginator
    show_full_result_count = False

    @admin.display(description=_("stands"), boolean=True)
    def standing(self, entry):
        return not entry.is_withdrawn

    @admin.display(description=_("causes"))
    def cause_list(self, entry):
        links = entry.cause_links.select_related("cause")
        return "; ".join(
            f"{link.cause_id} ({link.get_weight_display()})" if link.weight else link.cause_id
            for link in links
        )

    @admin.display(description=_("mistaken?"))
    def withdraw_link(self, entry):
        if entry.is_withdrawn:
            return "–"
        url = reverse("admin:centers_statusentry_withdraw", args=[entry.pk])
        return format_html('<a href="{}">{}</a>', url, gettext("Withdraw this statement"))

    def get_readonly_fields(self, request, obj=None):
        fields = super().get_readonly_fields(request, obj)
        may = obj is not None and rights_of(request.user).may_change(obj)
        return fields if may else [field for field in fields if field != "withdraw_link"]

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def has_import_permission(self, request):
        return request.user.has_perm("centers.add_statusentry")

    def get_urls(self):
        view = self.admin_site.admin_view(self.withdraw_view)
        own = [path("<int:pk>/withdraw/", view, name="centers_statusentry_withdraw")]
        return own + super().get_urls()

    def withdraw_view(self, request, pk):
        entry = get_object_or_404(
            with_named_causes(StatusEntry.objects.select_related("center")), pk=pk
        )
        if not rights_of(request.user).may_change(entry):
            raise PermissionDenied
        figures = [] if entry.is_withdrawn else figures_told_with(entry)
        form = WithdrawForm(request.POST or None, figures=figures)
        if request.method == "POST" and form.is_valid():
            take_back(
                entry,
                form.cleaned_data["reason"],
                figures=figures if form.cleaned_data.get("with_figures") else [],
                by=request.user,
            )
            entry.center.refresh_from_db()
            self.log_change(request, entry.center, gettext("Withdrawn: %s.") % entry)
            messages.success(
                request,
                gettext("Withdrawn. %(center)s now says: %(status)s.")
                % {"center": entry.center, "status": phrases.center_status(entry.center)},
            )
            return redirect("admin:centers_center_change", entry.center_id)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": entry,
            "entry": entry,
            "form": form,
            "title": gettext("Withdraw “%s”") % entry,
        }
        return TemplateResponse(request, "admin/centers/statusentry/withdraw.html", context)


class StatusEntryInline(admin.TabularInline):
    """The log on the center's page: to be read; links lead to each statement."""

    model = StatusEntry
    fk_name = "center"
    extra = 0
    can_delete = False
    show_change_link = True
    fields = ["stands", "status", "since", "observed", "cause_list", "according_to", "note"]
    readonly_fields = fields
    ordering = ["-observed_earliest", "-recorded_at"]
    verbose_name_plural = _("status history")

    @admin.display(description=_("causes"))
    def cause_list(self, entry):
        return "; ".join(str(link.cause) for link in entry.named_causes)

    @admin.display(description=_("mistaken?"))
    def stands(self, entry):
        if entry.is_withdrawn:
            return gettext("withdrawn: %s") % entry.withdrawal_reason
        url = reverse("admin:centers_statusentry_withdraw", args=[entry.pk])
        return format_html('<a href="{}">{}</a>', url, gettext("Withdraw"))

    def get_queryset(self, request):
        return with_named_causes(super().get_queryset(request))

    def has_add_permission(self, request, obj=None):
        return False

    def has_change_permission(self, request, obj=None):
        return False
