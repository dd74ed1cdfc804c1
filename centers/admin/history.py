"""The page on who changed what, and the page on which a change is put back."""

from django.contrib import messages
from django.contrib.admin.utils import quote, unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db import IntegrityError
from django.http import Http404
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.decorators import method_decorator
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from centers import timeline
from centers.put_back import (
    ChangedMeanwhile,
    DoneAlready,
    plan,
    put_back,
    refused_in_words,
)
from centers.rights import rights_of
from centers.timeline import RowEvent

EVENTS_PER_PAGE = 30


class TimelineMixin:
    """The history of a record is one timeline over it and its parts, and can be put back."""

    # Whether all that points to the record is told, or its parts alone.
    tells_all_that_points_here = False

    def get_urls(self):
        view = self.admin_site.admin_view(self.put_back_view)
        name = f"{self.opts.app_label}_{self.opts.model_name}_put_back"
        route = "<str:object_id>/history/<slug:kind>/<int:version>/put-back/"
        return [path(route, view, name=name), *super().get_urls()]

    # --- The timeline ------------------------------------------------------------------------

    def history_view(self, request, object_id, extra_context=None):
        record = self._record_or_404(request, object_id)
        events = timeline.events_of(record, self._told_parts(request, record))
        choices = {
            "part": {event.kind: capfirst(_label(event)) for event in events},
            "by": {event.who_key: event.who_words for event in events},
        }
        chosen, unknown = {}, False
        for name, known in choices.items():
            wanted = request.GET.get(name, "")
            chosen[name] = wanted if wanted in known else ""
            unknown = unknown or wanted != chosen[name]
        shown = [
            event
            for event in events
            if chosen["part"] in ("", event.kind) and chosen["by"] in ("", event.who_key)
        ]
        page = Paginator(shown, EVENTS_PER_PAGE).get_page(request.GET.get("page"))
        page.object_list = list(page.object_list)
        timeline.describe(page.object_list)
        may = self._may(request, record)
        for event in page.object_list:
            self._offer(record, event, may=may)
        query = "".join(f"&{name}={value}" for name, value in chosen.items() if value)
        context = self._context(request, record) | {
            "title": gettext("Who changed what: %s") % record,
            "page": page,
            "total": len(events),
            "choices": {
                name: sorted(known.items(), key=lambda choice: choice[1].lower())
                for name, known in choices.items()
            },
            "chosen": chosen,
            "is_filtered": any(chosen.values()),
            "has_unknown_choice": unknown,
            "query": query,
            "merged_into": getattr(record, "merged_into", None),
        }
        return TemplateResponse(request, "admin/history/timeline.html", context)

    def _offer(self, record, event, *, may):
        """Give the event the ways on that she has."""
        if not isinstance(event, RowEvent):
            if event.link_changes and not may:
                event.link = ()
            return
        if self._decides(event.source):
            event.is_offered = may and event.can_be_put_back
            event.put_back_url = self._put_back_url(record, event)
        elif event.source.model in self.admin_site._registry:
            options = event.source.model._meta
            url = reverse(
                f"admin:{options.app_label}_{options.model_name}_history", args=[quote(event.pk)]
            )
            event.link = (url, gettext("Its own history"))

    # --- Putting back ------------------------------------------------------------------------

    @method_decorator(require_http_methods(["GET", "HEAD", "POST"]))
    def put_back_view(self, request, object_id, kind, version):
        """What would change, field by field; done by POST."""
        record = self._record_or_404(request, object_id)
        event = self._event_or_404(request, record, kind, version)
        if not self._may(request, record):
            raise PermissionDenied
        timeline.describe([event])
        fixed = self._fixed_fields(request, event)
        refused = []
        if request.method == "POST":
            try:
                put_back(
                    event,
                    record=record,
                    fields=request.POST.getlist("fields"),
                    fixed=fixed,
                    seen=request.POST.get("seen", ""),
                    by=request.user,
                )
            except DoneAlready:
                return self._done_already(request, record, event)
            except ChangedMeanwhile:
                refused = [gettext("It was changed meanwhile. This is how it is now: look again.")]
            except (ValidationError, IntegrityError) as error:
                refused = refused_in_words(error, event.source.model)
            else:
                # Not by its name: it may be a person, and would outlast her erasure there.
                self.log_change(request, record, gettext("Put back: %s.") % event.source.label)
                messages.success(
                    request,
                    gettext("%(part)s: put back as it was before %(when)s.")
                    % {"part": event.part, "when": event.when},
                )
                return redirect(self._history_url(record))
        try:
            planned = plan(event, fixed=fixed)
        except DoneAlready:
            return self._done_already(request, record, event)
        except ValidationError as error:
            planned, refused = None, refused or refused_in_words(error, event.source.model)
        ticked = request.POST.getlist("fields") if request.method == "POST" else None
        context = self._context(request, record) | {
            "title": gettext("Put back as it was before"),
            "event": event,
            "plan": planned,
            "refused": refused,
            "ticked": [
                step.name
                for step in (planned.steps if planned else ())
                if (not step.is_conflict if ticked is None else step.name in ticked)
            ],
        }
        return TemplateResponse(request, "admin/history/put_back.html", context)

    def _done_already(self, request, record, event):
        """Tell the second who asks that it is done, and by whom it was last changed."""
        last = next(
            (
                each
                for each in timeline.events_of(record, [event.source])
                if isinstance(each, RowEvent) and each.pk == event.pk
            ),
            event,
        )
        messages.info(
            request,
            gettext(
                "%(part)s is as it was before already. It was last changed by %(who)s, %(when)s."
            )
            % {"part": event.part, "who": last.who_words, "when": last.when},
        )
        return redirect(self._history_url(record))

    # --- What both need ----------------------------------------------------------------------

    def _record_or_404(self, request, object_id):
        """The record, as it was last if it is there no more; only for those who may see it."""
        try:
            pk = self.opts.pk.to_python(unquote(object_id))
            record = self.model._base_manager.filter(pk=pk).first()
            if record is None:
                rows = self.model.history.filter(**{self.opts.pk.attname: pk})
                record = rows.latest("history_date", "history_id").instance
        except (ValidationError, ValueError, OverflowError, self.model.history.model.DoesNotExist):
            raise Http404(gettext("There is no such record.")) from None
        if not self.has_view_or_change_permission(request, record):
            raise PermissionDenied
        return record

    def _event_or_404(self, request, record, kind, version):
        parts = [
            part
            for part in self._told_parts(request, record)
            if part.kind == kind and self._decides(part)
        ]
        for event in timeline.events_of(record, parts) if parts else ():
            if isinstance(event, RowEvent) and event.row.history_id == version:
                if event.before is None and not event.can_be_put_back and not event.is_as_before:
                    break
                return event
        raise Http404(gettext("There is no such change that could be put back here."))

    def _told_parts(self, request, record):
        """The kinds of parts of which she may know."""
        parts = timeline.parts_of(
            self.model,
            inlines=[inline.model for inline in self.inlines],
            everything=self.tells_all_that_points_here,
        )
        return [part for part in parts if self._sees(request, record, part)]

    def _sees(self, request, record, part):
        if not part.links:
            return True
        if getattr(part.model, "is_private", False):
            return rights_of(request.user).may_change(record)
        page = self.admin_site._registry.get(part.model)
        return page is None or page.has_view_permission(request)

    def _decides(self, part):
        """Whether the rights to the record decide on the part; else it has its own history."""
        return (
            not part.links
            or getattr(part.model, "responsible", None) in part.links
            or part.model in [inline.model for inline in self.inlines]
        )

    def _may(self, request, record):
        merged = getattr(record, "merged_into_id", None) is not None
        return not merged and self.has_change_permission(request, record)

    def _fixed_fields(self, request, event):
        """What is not hers to change on the part's own page is not hers to put back."""
        page = self.admin_site._registry.get(event.source.model)
        if page is None:
            return ()
        row = event.source.model._base_manager.filter(pk=event.pk).first()
        return tuple(page.get_readonly_fields(request, row)) if row is not None else ()

    def _history_url(self, record):
        return reverse(
            f"admin:{self.opts.app_label}_{self.opts.model_name}_history", args=[quote(record.pk)]
        )

    def _put_back_url(self, record, event):
        return reverse(
            f"admin:{self.opts.app_label}_{self.opts.model_name}_put_back",
            args=[quote(record.pk), event.kind, event.row.history_id],
        )

    def _context(self, request, record):
        return {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "record": record,
            "is_there": self.model._base_manager.filter(pk=record.pk).exists(),
            "history_url": self._history_url(record),
        }


def _label(event):
    return event.source.label if isinstance(event, RowEvent) else event.part
