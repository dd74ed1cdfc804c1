"""The records of merges: what was merged into what, what went where, and undoing it."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.shortcuts import get_object_or_404, redirect
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from centers import merging
from centers.admin.base import RightsMixin
from centers.admin.merging import desk_page
from centers.models import CenterMerge
from centers.rights import rights_of


class UndoneFilter(admin.SimpleListFilter):
    title = _("whether it stands")
    parameter_name = "undone"

    def lookups(self, request, model_admin):
        return [("no", _("stands")), ("yes", _("undone"))]

    def queryset(self, request, queryset):
        if self.value() in ("no", "yes"):
            return queryset.filter(undone_at__isnull=self.value() == "no")
        return queryset


@admin.register(CenterMerge)
class CenterMergeAdmin(RightsMixin, admin.ModelAdmin):
    """What was merged into what, and what went where; read-only, and undone here."""

    list_display = ["merged", "kept", "by", "at", "undone_at"]
    list_filter = [UndoneFilter]
    list_select_related = ["merged", "kept", "by"]
    list_per_page = 50
    show_full_result_count = False
    change_form_template = "admin/centers/centermerge/change_form.html"
    fields = readonly_fields = [
        "merged_center",
        "kept_center",
        "by",
        "at",
        "undone_by",
        "undone_at",
    ]

    @admin.display(description=_("was merged into it"))
    def merged_center(self, merge):
        return self._linked(merge.merged)

    @admin.display(description=_("stays"))
    def kept_center(self, merge):
        return self._linked(merge.kept)

    def _linked(self, center):
        """The center with its address; with a link to its page here, if it has one."""
        if center.merged_into_id is not None:
            return format_html("{} ({})", center, center.get_absolute_url())
        url = reverse("admin:centers_center_change", args=[center.pk])
        return format_html('<a href="{}">{}</a> ({})', url, center, center.get_absolute_url())

    def changelist_view(self, request, extra_context=None):
        context = {"title": capfirst(self.opts.verbose_name_plural)}
        return super().changelist_view(request, context | (extra_context or {}))

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def get_urls(self):
        view = self.admin_site.admin_view(self.undo_view)
        return [path("<int:pk>/undo/", view, name="centers_centermerge_undo"), *super().get_urls()]

    def change_view(self, request, object_id, form_url="", extra_context=None):
        merge = self.get_object(request, object_id)
        context = dict(extra_context or {})
        if merge is not None:
            context |= {
                "merge": merge,
                "told": merging.in_words(merge),
                "may_undo": not merge.is_undone
                and merging.may_undo(rights_of(request.user), merge),
                "title": str(merge),
                "subtitle": None,
            }
        return super().change_view(request, object_id, form_url, context)

    def undo_view(self, request, pk):
        """Asks whether to undo the merge, and does it."""
        merge = get_object_or_404(
            CenterMerge.objects.select_related("kept__merged_into", "merged__merged_into"), pk=pk
        )
        if not merging.may_undo(rights_of(request.user), merge):
            raise PermissionDenied
        why_not = merging.obstacle(merge)
        if request.method == "POST" and not why_not:
            try:
                told = merging.undo_merge(merge, by=request.user)
            except ValidationError as error:
                messages.warning(request, " ".join(error.messages))
                return redirect("admin:centers_centermerge_change", pk)
            for center in (merge.kept, merge.merged):
                self.log_change(request, center, gettext("Undone: %s.") % merge)
            messages.success(
                request,
                format_html(
                    gettext(
                        'Undone. <a href="{}">{}</a> and <a href="{}">{}</a> are two centers again.'
                    ),
                    reverse("admin:centers_center_change", args=[merge.kept_id]),
                    merge.kept,
                    reverse("admin:centers_center_change", args=[merge.merged_id]),
                    merge.merged,
                ),
            )
            for sentence in told:
                messages.warning(request, sentence)
            return redirect("admin:centers_centermerge_change", pk)
        return desk_page(
            self,
            request,
            "centermerge/undo",
            gettext("Undo this merge"),
            merge=merge,
            why_not=why_not,
            told=merging.in_words(merge),
        )
