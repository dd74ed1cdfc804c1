"""What the admin pages of all apps share."""

import tablib
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from import_export.admin import ImportExportMixin
from import_export.formats.base_formats import CSV
from simple_history.admin import SimpleHistoryAdmin

from centers import search, tables
from centers.admin.history import TimelineMixin
from centers.admin.lists import BoundedPaginator
from centers.models.base import Slugged
from centers.rights import ADDED_BY_ALL, rights_of


class RegisterCSV(CSV):
    """CSV as the register reads and writes it (`centers.tables`)."""

    def get_title(self):
        return "CSV"

    def is_binary(self):
        return True

    def get_read_mode(self):
        return "rb"

    def create_dataset(self, in_stream, **kwargs):
        if in_stream is None:
            raise tables.TableError(
                gettext("This file was imported already, or waited too long. Choose it again.")
            )
        headers, rows = tables.read(in_stream)
        return tablib.Dataset(*(cells for _line, cells in rows), headers=headers)

    def export_data(self, dataset, **kwargs):
        rows = [dataset[index] for index in range(len(dataset))]
        return tables.written(dataset.headers, rows)


class RightsMixin:
    """Asks the coordinator's rights (`centers.rights`) for each record, and each way to change it.

    A form that would leave a record outside of her rights (a center moved to another country, a
    name given to another's center) is refused as well. Nothing is deleted but by technical
    accounts: what was wrong is marked, withdrawn or merged.
    """

    # Whether whoever may change a record may delete it: to erase a person.
    can_delete = False

    def has_change_permission(self, request, obj=None):
        return super().has_change_permission(request, obj) and (
            obj is None or rights_of(request.user).may_change(obj)
        )

    def has_delete_permission(self, request, obj=None):
        may = self.can_delete or request.user.is_superuser
        return (
            may
            and super().has_delete_permission(request, obj)
            and (obj is None or rights_of(request.user).may_change(obj))
        )

    def get_form(self, request, obj=None, **kwargs):
        rights = rights_of(request.user)

        class WithinRights(super().get_form(request, obj, **kwargs)):
            def _post_clean(self):
                super()._post_clean()
                if told := self._changed_meanwhile():
                    self.add_error(None, told)
                new_for_all = obj is None and self._meta.model._meta.model_name in ADDED_BY_ALL
                if not self.errors and not new_for_all and not rights.may_change(self.instance):
                    self.add_error(None, _("This is outside of your countries and networks."))

            def _changed_meanwhile(self):
                """What to say when somebody saved the record after this form was opened."""
                seen, present = self.data.get("_seen_version"), latest_version(obj)
                if not seen or present is None or seen == str(present.history_id):
                    return ""
                return _(
                    "%s changed this record while you were writing, so nothing is saved yet. "
                    "Look at its history; what you save now counts."
                ) % (present.history_user or gettext("Somebody"))

        return WithinRights

    def render_change_form(self, request, context, *args, obj=None, **kwargs):
        """The form carries which version it shows, so that a later save is noticed."""
        version = latest_version(obj)
        context["seen_version"] = version and version.history_id
        return super().render_change_form(request, context, *args, obj=obj, **kwargs)


def latest_version(record):
    """The last row of the record's history, or None."""
    if record is None or not hasattr(type(record), "history"):
        return None
    return type(record).history.filter(**{record._meta.pk.attname: record.pk}).first()


class RegisterAdmin(TimelineMixin, RightsMixin, SimpleHistoryAdmin):
    """Curates one kind of record: history to put back from, folded search, no hard delete."""

    list_per_page = 50
    paginator = BoundedPaginator
    show_full_result_count = False

    def changelist_view(self, request, extra_context=None):
        """The list is headed by what is in it."""
        title = capfirst(self.opts.verbose_name_plural)
        return super().changelist_view(request, {"title": title, **(extra_context or {})})

    def has_delete_permission(self, request, obj=None):
        """Nobody's, technical accounts included: other rows and addresses hang on a record."""
        return self.can_delete and super().has_delete_permission(request, obj)

    def save_model(self, request, obj, form, change):
        if change and isinstance(obj, Slugged):
            obj.keep_former_slug()
        super().save_model(request, obj, form, change)

    def history_form_view(self, request, object_id, version_id, extra_context=None):
        """An old version, to be read by whoever may see the record as it is now.

        Nothing is saved here: with the old version came back what is not hers to change, such as
        the country. The history puts back, and asks for the rights to each field.
        """
        try:
            pk = self.opts.pk.to_python(unquote(object_id))
            int(version_id)
            present = get_object_or_404(self.model._base_manager, pk=pk)
        except (ValidationError, ValueError, OverflowError):
            raise Http404 from None
        if not self.has_view_or_change_permission(request, present):
            raise PermissionDenied
        if request.method == "POST":
            if not self.has_change_permission(request, present):
                raise PermissionDenied
            messages.info(
                request,
                gettext("Nothing was changed. Use “Put back as it was before” in this list."),
            )
            return redirect(self._history_url(present))
        return super().history_form_view(request, object_id, version_id, extra_context)

    def revert_disabled(self, request, obj=None):
        """The page of an old version has no button to save it."""
        return True

    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        self.reindex(form.instance)

    def reindex(self, obj):
        """Bring the search index into agreement after a change of the record and its parts."""
        if kind := search.kind_of(type(obj)):
            search.reindex(kind, [obj.pk])

    def get_search_results(self, request, queryset, search_term):
        """By the beginnings of words, whatever the spelling and alphabet."""
        kind = search.kind_of(self.model)
        if kind is None or not search_term.strip():
            return super().get_search_results(request, queryset, search_term)
        return queryset.filter(pk__in=search.found(kind, search_term)), False


class CSVMixin(ImportExportMixin):
    """Rows can be imported and exported as CSV, through the register's resources."""

    formats = import_formats = export_formats = [RegisterCSV]
    change_list_template = None
    import_export_change_list_template = "admin/import_export/change_list_import_export.html"
    skip_admin_log = False

    def has_import_permission(self, request):
        return self.has_add_permission(request) and self.has_change_permission(request)

    def has_export_permission(self, request):
        return self.has_view_permission(request)

    def get_import_data_kwargs(self, **kwargs):
        return super().get_import_data_kwargs(**kwargs) | {"rollback_on_validation_errors": True}

    def process_import(self, request, **kwargs):
        try:
            return super().process_import(request, **kwargs)
        except tables.TableError as error:
            messages.error(request, str(error))
        return redirect(f"admin:{self.opts.app_label}_{self.opts.model_name}_import")

    def process_result(self, result, request):
        """All of the file or nothing, even if the register changed since the preview."""
        if not (result.has_errors() or result.has_validation_errors()):
            return super().process_result(result, request)
        messages.error(
            request,
            gettext(
                "Nothing was imported: the register changed since the preview, and the file does "
                "not fit any more. Choose it again to see why."
            ),
        )
        return redirect(f"admin:{self.opts.app_label}_{self.opts.model_name}_import")

    def add_data_read_fail_error_to_form(self, form, e):
        if isinstance(e, tables.TableError):
            form.add_error("import_file", str(e))
        else:
            super().add_data_read_fail_error_to_form(form, e)

    def get_import_resource_kwargs(self, request, **kwargs):
        return super().get_import_resource_kwargs(request, **kwargs) | {"user": request.user}

    def get_export_queryset(self, request):
        """Rows that she is responsible for: an export holds what pages do not show."""
        queryset = super().get_export_queryset(request)
        rights = rights_of(request.user)
        if rights.is_lead:
            return queryset
        return queryset.filter(pk__in=[row.pk for row in queryset if rights.may_change(row)])


class ImportingAdmin(CSVMixin, RegisterAdmin):
    """A `RegisterAdmin` whose rows can be imported and exported as CSV."""


class RightsInlineMixin:
    """An inline follows the rights to the record on whose page it stands."""

    def has_add_permission(self, request, obj=None):
        return super().has_add_permission(request, obj) and self._within(request, obj)

    def has_change_permission(self, request, obj=None):
        return super().has_change_permission(request, obj) and self._within(request, obj)

    def has_delete_permission(self, request, obj=None):
        return super().has_delete_permission(request, obj) and self._within(request, obj)

    def _within(self, request, parent):
        return parent is None or rights_of(request.user).may_change(parent)


class StackedPartInline(RightsInlineMixin, admin.StackedInline):
    """Parts with many fields."""

    extra = 0
    show_change_link = True
    classes = ["collapse"]


class PartAdmin(RegisterAdmin):
    """A part of a record: reached from it and for its history, not listed on the first page.

    `part_of` names the kind of the record in the search index and the link to it, if the record
    is found by its parts.
    """

    part_of = None

    def has_module_permission(self, request):
        return False

    def save_model(self, request, obj, form, change):
        # A part may move from one record to another: both are found by other words then.
        former = type(obj)._base_manager.filter(pk=obj.pk).first()
        super().save_model(request, obj, form, change)
        if former is not None:
            self.reindex(former)

    def reindex(self, obj):
        if self.part_of:
            kind, link = self.part_of
            search.reindex(kind, [getattr(obj, f"{link}_id")])


class PartInline(RightsInlineMixin, admin.TabularInline):
    """Parts of a record on its page; a part that was wrong may be removed."""

    extra = 0
    show_change_link = True
    classes = ["collapse"]
