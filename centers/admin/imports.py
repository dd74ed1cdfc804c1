"""Pages of an import: choose the file, tell its columns, look at what would come of it, confirm."""

import codecs
import csv
import hashlib
import io
from functools import wraps
from urllib.parse import quote

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone, translation
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from centers import tables
from centers.admin.base import PartInline
from centers.admin.import_forms import ColumnsForm, ReadingForm, UploadForm
from centers.imports import applying, checking, columns, showing
from centers.models import CenterNote, ExternalIdentifier, ImportRow, SpreadsheetImport
from centers.rights import NONE, rights_of
from centers.spreadsheets import SpreadsheetError

State, Verdict = SpreadsheetImport.State, ImportRow.Verdict
_STEPS = {
    State.MAPPING: "columns",
    State.CHECKING: "check",
    State.READY: "preview",
    State.DONE: "result",
    State.ABANDONED: "result",
}
_MARK = "<!-- progress -->"
PER_PAGE = 25


@admin.register(SpreadsheetImport)
class SpreadsheetImportAdmin(admin.ModelAdmin):
    """Imports with their states; each leads to the step at which it is."""

    list_display = ["file_name", "state", "network", "country", "rows_told", "owner", "touched_at"]
    list_filter = ["state"]
    list_select_related = ["network", "country", "owner"]
    list_per_page = 50
    show_full_result_count = False
    actions = None

    def has_view_permission(self, request, obj=None):
        """Whoever looks after something may import; each sees her own, a lead all."""
        rights = rights_of(request.user)
        return rights != NONE and (obj is None or rights.is_lead or obj.owner == request.user)

    has_change_permission = has_view_permission

    def has_module_permission(self, request):
        return self.has_view_permission(request)

    def has_add_permission(self, request):
        return self.has_view_permission(request)

    def has_delete_permission(self, request, obj=None):
        return False

    def get_queryset(self, request):
        rights = rights_of(request.user)
        imports = super().get_queryset(request).defer("packed")
        return imports.visible_to(request.user, is_lead=rights.is_lead)

    @admin.display(description=_("rows"))
    def rows_told(self, spreadsheet):
        counts = spreadsheet.counts
        if not counts:
            return "–"
        told = showing.told_counts(counts)
        parts = {
            gettext("%d new"): told["new"],
            gettext("%d changed"): told["changed"],
            gettext("%d unchanged"): told["unchanged"],
            gettext("%d rejected"): told["rejected"],
        }
        return ", ".join(words % number for words, number in parts.items() if number) or "0"

    def changelist_view(self, request, extra_context=None):
        context = {"title": gettext("Imports of spreadsheets"), **(extra_context or {})}
        return super().changelist_view(request, context)

    def get_urls(self):
        views = [
            ("add/", self.upload_view, "add"),
            ("<int:pk>/change/", self.step_view, "change"),
            ("<int:pk>/columns/", self.columns_view, "columns"),
            ("<int:pk>/check/", self.check_view, "check"),
            ("<int:pk>/preview/", self.preview_view, "preview"),
            ("<int:pk>/apply/", self.apply_view, "apply"),
            ("<int:pk>/result/", self.result_view, "result"),
            ("<int:pk>/rejected.csv", self.rejected_view, "rejected"),
            ("<int:pk>/abandon/", self.abandon_view, "abandon"),
        ]
        own = [
            path(
                route,
                self.admin_site.admin_view(_METHODS[name](self._where_it_is(view))),
                name=f"centers_spreadsheetimport_{name}",
            )
            for route, view, name in views
        ]
        return own + [url for url in super().get_urls() if (url.name or "").endswith("changelist")]

    # --- Steps ---------------------------------------------------------------------------------

    def _address(self, spreadsheet, step=""):
        step = step or _STEPS[spreadsheet.state]
        return reverse(f"admin:centers_spreadsheetimport_{step}", args=[spreadsheet.pk])

    def _import(self, request, pk):
        spreadsheet = get_object_or_404(
            SpreadsheetImport.objects.select_related("network", "country", "owner"), pk=pk
        )
        if not self.has_change_permission(request, spreadsheet):
            raise PermissionDenied
        return spreadsheet

    def _where_it_is(self, view):
        """The view; whoever comes too late, from another window, is led to the present step."""

        @wraps(view)
        def led(request, **kwargs):
            try:
                return view(request, **kwargs)
            except checking.MovedOn:
                return redirect("admin:centers_spreadsheetimport_change", **kwargs)

        return led

    def _page(self, request, template, spreadsheet=None, **context):
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "spreadsheet": spreadsheet,
            **context,
        }
        return TemplateResponse(request, f"admin/centers/spreadsheetimport/{template}", context)

    def step_view(self, request, pk):
        """The page at which the import is."""
        return redirect(self._address(self._import(request, pk)))

    def upload_view(self, request):
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = UploadForm(
            request.POST or None, request.FILES or None, rights=rights_of(request.user)
        )
        if request.method == "POST" and form.is_valid():
            SpreadsheetImport.objects.forget_old(on=timezone.localdate())
            data = form.cleaned_data["file"]
            spreadsheet = SpreadsheetImport(
                owner=request.user,
                file_name=form.file_name,
                digest=hashlib.sha256(data).hexdigest(),
                network=form.cleaned_data["network"],
                country=form.cleaned_data["country"],
            )
            spreadsheet.file = data
            spreadsheet.save()
            return redirect(self._address(spreadsheet))
        return self._page(request, "upload.html", form=form, title=gettext("Import a spreadsheet"))

    def columns_view(self, request, pk):
        spreadsheet = self._import(request, pk)
        if not spreadsheet.is_unfinished:
            return redirect(self._address(spreadsheet))
        try:
            table = checking.read_table(spreadsheet)
        except SpreadsheetError as error:
            messages.error(request, f"{error} {gettext('Please choose the file again.')}")
            return redirect("admin:centers_spreadsheetimport_changelist")
        mapping = columns.guessed(table.headers, checking.remembered_mapping(spreadsheet))
        initial = {"observed": checking.remembered_date(spreadsheet, table.headers)}
        if spreadsheet.headers == table.headers:
            mapping, initial = spreadsheet.mapping, {"observed": spreadsheet.observed}
        reading = ReadingForm(
            request.POST if "read_again" in request.POST else None,
            table=table,
            initial={
                "encoding": table.encoding,
                "sheet": table.sheet,
                "header_line": table.header_line,
            },
        )
        form = ColumnsForm(
            request.POST if "check" in request.POST else None,
            headers=table.headers,
            mapping=mapping,
            has_network=spreadsheet.network_id is not None,
            initial=initial,
        )
        if reading.is_bound and reading.is_valid() and self._read_again(spreadsheet, reading):
            return redirect(self._address(spreadsheet, "columns"))
        if form.is_bound and form.is_valid():
            checking.begin(spreadsheet, table, form.mapping, form.cleaned_data["observed"])
            return self._check(request, spreadsheet)
        return self._page(
            request,
            "columns.html",
            spreadsheet,
            table=table,
            telling=showing.telling(table),
            reading=reading,
            form=form,
            columns=showing.examples(form.column_fields(), table),
            persons=[header for header, target in mapping.items() if target == columns.PERSON],
            title=gettext("What the columns of %s mean") % spreadsheet,
        )

    def _read_again(self, spreadsheet, reading):
        """Read the file as she chose; what cannot be read so is told at the field."""
        for name, value in reading.cleaned_data.items():
            setattr(spreadsheet, name, value)
        try:
            checking.read_table(spreadsheet)
        except SpreadsheetError as error:
            reading.add_error("encoding" if "encoding" in reading.fields else "sheet", str(error))
            return False
        checking.read_again(spreadsheet, reading.cleaned_data)
        return True

    def check_view(self, request, pk):
        """How far the check is; it goes on when it is told to."""
        spreadsheet = self._import(request, pk)
        if spreadsheet.state != State.CHECKING:
            return redirect(self._address(spreadsheet))
        if request.method == "POST":
            return self._check(request, spreadsheet)
        total = spreadsheet.rows.count()
        return self._page(
            request,
            "check.html",
            spreadsheet,
            done=total - spreadsheet.rows.filter(verdict="").count(),
            total=total,
            title=gettext("Check %s") % spreadsheet,
        )

    def preview_view(self, request, pk):
        spreadsheet = self._import(request, pk)
        if spreadsheet.state != State.READY:
            return redirect(self._address(spreadsheet))
        rights = rights_of(request.user)
        if request.method == "POST":
            if "all" in request.POST:
                checking.decide_all(spreadsheet, same=request.POST["all"] == "same")
                return self._check(request, spreadsheet)
            decisions = self._decisions(request, spreadsheet)
            checking.decide(spreadsheet, decisions, rights=rights)
            messages.success(
                request,
                ngettext("Decided on %d row.", "Decided on %d rows.", len(decisions))
                % len(decisions),
            )
            return redirect(self._address(spreadsheet) + "?show=suspect")
        return self._listing(request, spreadsheet, "preview.html", gettext("What would come of %s"))

    def _decisions(self, request, spreadsheet):
        """{row: decision} as posted, of those that can be meant."""
        posted = {
            name.removeprefix("decision_"): value
            for name, value in request.POST.items()
            if name.startswith("decision_") and value
        }
        keys = [key for key in posted if key.isascii() and key.isdecimal() and len(key) < 19]
        decisions = {}
        for row in spreadsheet.rows.filter(pk__in=keys[:1000], verdict=Verdict.SUSPECT):
            offered = {"another", *map(checking.decision_for, row.suspects)}
            if posted[str(row.pk)] in offered:
                decisions[row] = posted[str(row.pk)]
        return decisions

    def result_view(self, request, pk):
        spreadsheet = self._import(request, pk)
        if spreadsheet.is_unfinished:
            return redirect(self._address(spreadsheet))
        return self._listing(request, spreadsheet, "result.html", gettext("What came of %s"))

    def _listing(self, request, spreadsheet, template, title):
        """Rows of one verdict, a page at a time, below the figures."""
        counts = spreadsheet.counts
        first = next((name for name in showing.ORDER if counts.get(name)), Verdict.NEW)
        show = request.GET.get("show")
        show = show if show in counts else first
        paginator = Paginator(spreadsheet.rows.filter(verdict=show).order_by("line"), PER_PAGE)
        page = paginator.get_page(request.GET.get("page"))
        return self._page(
            request,
            template,
            spreadsheet,
            told=showing.told_counts(counts) if counts else None,
            verdicts=showing.verdicts(counts),
            show=show,
            page=page,
            rows=showing.shown_rows(spreadsheet, page.object_list),
            title=title % spreadsheet,
        )

    # --- What takes long: told while it goes on -------------------------------------------------

    def _check(self, request, spreadsheet):
        return self._told_while(
            request,
            spreadsheet,
            gettext("Checking the rows …"),
            lambda: checking.check(spreadsheet, rights=rights_of(request.user)),
        )

    def apply_view(self, request, pk):
        """Write all of it, in one transaction; whoever leaves the page early leaves nothing."""
        spreadsheet = self._import(request, pk)
        if spreadsheet.state != State.READY:
            return redirect(self._address(spreadsheet))
        rights = rights_of(request.user)

        def steps():
            try:
                yield from applying.apply(spreadsheet, by=request.user, rights=rights)
            except applying.RegisterChanged as change:
                yield format_html('<p class="errornote">{}</p>', showing.why_nothing_came(change))
                checking.check_anew(spreadsheet)
                yield from checking.check(spreadsheet, rights=rights)

        return self._told_while(request, spreadsheet, gettext("Importing …"), steps)

    def _told_while(self, request, spreadsheet, title, steps):
        """A page that is sent bit by bit while `steps()` goes on, and leads on when it is done.

        Works without JavaScript: each bit is one more line of the page.
        """
        context = self._page(request, "progress.html", spreadsheet, title=title).context_data
        page = render_to_string(
            "admin/centers/spreadsheetimport/progress.html", context, request=request
        )
        head, tail = page.split(_MARK)
        language = translation.get_language()

        def told():
            with translation.override(language):
                yield head
                try:
                    for step in steps():
                        yield step if isinstance(step, str) else showing.progress(*step)
                except checking.MovedOn:
                    spreadsheet.refresh_from_db()
                yield format_html(
                    '<meta http-equiv="refresh" content="1;url={}"><p><a href="{}">{}</a></p>',
                    *[self._address(spreadsheet)] * 2,
                    gettext("See what came of it"),
                )
                yield tail

        response = StreamingHttpResponse(told())
        response.headers["Cache-Control"] = "no-store"
        response.headers["X-Accel-Buffering"] = "no"  # a proxy should not wait for the end
        return response

    # --- The rest ------------------------------------------------------------------------------

    def rejected_view(self, request, pk):
        """The rejected rows as a file that opens in a spreadsheet program and can come back."""
        spreadsheet = self._import(request, pk)
        out = io.StringIO()
        writer = csv.writer(out, delimiter=spreadsheet.delimiter)
        writer.writerow([*map(tables.escaped, spreadsheet.headers), columns.REASON_HEADER])
        for row in spreadsheet.rows.filter(
            verdict__in=[Verdict.REJECTED, Verdict.SUSPECT]
        ).order_by("line"):
            if row.cells:
                reason = showing.reasons_in_words(row)
                writer.writerow([tables.escaped(cell) for cell in [*row.cells, reason]])
        response = HttpResponse(
            codecs.BOM_UTF8 + out.getvalue().encode(), content_type="text/csv; charset=utf-8"
        )
        name = spreadsheet.file_name.rpartition(".")[0] or spreadsheet.file_name
        safe = "".join(sign if sign.isalnum() or sign in "-_" else "-" for sign in name)
        response.headers["Content-Disposition"] = (
            f"attachment; filename=\"rejected.csv\"; filename*=UTF-8''{quote(safe)}-rejected.csv"
        )
        return response

    def abandon_view(self, request, pk):
        spreadsheet = self._import(request, pk)
        if spreadsheet.abandon():
            messages.success(
                request, gettext("Given up. Nothing was imported, and the file is not kept.")
            )
        return redirect("admin:centers_spreadsheetimport_changelist")


_BOTH = require_http_methods(["GET", "HEAD", "POST"])
_METHODS = {
    "add": _BOTH, "columns": _BOTH, "check": _BOTH, "preview": _BOTH, "change": require_safe,
    "result": require_safe, "rejected": require_safe, "apply": require_POST,
    "abandon": require_POST,
}  # fmt: skip


class ExternalIdentifierInline(PartInline):
    model = ExternalIdentifier
    autocomplete_fields = ["network"]
    show_change_link = False


class CenterNoteInline(PartInline):
    """What lists say in columns that the registry does not know: to be read, or removed."""

    model = CenterNote
    fields = readonly_fields = ["network", "told", "changed_at"]
    show_change_link = False

    @admin.display(description=_("what the list says"))
    def told(self, note):
        return format_html_join("", "<p><strong>{}</strong> {}</p>", sorted(note.cells.items()))

    def has_view_permission(self, request, obj=None):
        return super().has_view_permission(request, obj) and self._within(request, obj)

    def has_add_permission(self, request, obj=None):
        return False

    def has_change_permission(self, request, obj=None):
        return False
