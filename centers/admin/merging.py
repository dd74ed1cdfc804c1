"""Possible doubles: the list of pairs, two centers two centers side by side, and merging them."""

from dataclasses import dataclass
from functools import wraps

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db.models import Exists, OuterRef, Q
from django.http import Http404, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from centers import duplicates, merge_plan, merging, search
from centers.models import (
    Affiliation,
    Center,
    CenterLink,
    CenterName,
    CenterText,
    Country,
    NotDuplicate,
    SearchEntry,
    Snapshot,
    StatusEntry,
)
from centers.rights import rights_of

PER_PAGE = 25
# How many centers a search for a double shows, and how many letters of it are looked at.
MAX_FOUND, MAX_QUERY = 30, 200
REASONS = {
    duplicates.NAME: _("the same name"),
    duplicates.PLACE: _("the same town or point, and the same core of the name"),
    duplicates.WEBSITE: _("the same website"),
}
LIKELY, ELSEWHERE, DECIDED = "likely", "elsewhere", "decided"
LISTS = {
    LIKELY: _("likely the same"),
    ELSEWHERE: _("the same name in another town"),
    DECIDED: _("remembered as different"),
}
# Parts that are shown to all staff; others, such as persons, to those who look after both centers.
_SHOWN_TO_ALL = (
    Affiliation,
    Center.offers.through,
    CenterLink,
    CenterName,
    CenterText,
    Snapshot,
    StatusEntry,
)


def desk_page(model_admin, request, template, title, **context):
    """A page on centers in the frame of the admin."""
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": Center._meta,
        "title": title,
        **context,
    }
    return TemplateResponse(request, f"admin/centers/{template}.html", context)


def _two(model_admin, request, pk, other):
    """Both centers; 404 where one is not there or was merged, 403 for whoever sees no centers."""
    if not model_admin.has_view_permission(request):
        raise PermissionDenied
    centers = [
        get_object_or_404(
            Center.objects.select_related("country", "source", "merged_into"), pk=each
        )
        for each in (pk, other)
    ]
    if pk == other:
        raise Http404
    for center in centers:
        if center.merged_into:
            messages.info(
                request,
                gettext("%(center)s was merged into %(other)s already.")
                % {"center": center, "other": center.merged_into},
            )
            raise _AlreadyMerged
    return centers


class _AlreadyMerged(Exception):
    """One of two centers was merged meanwhile; a message says so."""


def _for_two(view):
    """A page on two centers leads back to the list when one of them was merged meanwhile."""

    @wraps(view)
    def wrapped(model_admin, request, pk, other):
        try:
            centers = _two(model_admin, request, pk, other)
        except _AlreadyMerged:
            return redirect("admin:centers_center_duplicates")
        return view(model_admin, request, *centers)

    return wrapped


def reasons_in_words(reasons):
    return [REASONS[reason] for reason in duplicates.REASONS if reason in reasons]


def _answers(*methods):
    """A page that answers to these methods alone; GET stands for HEAD as well."""

    def decorate(view):
        @wraps(view)
        def wrapped(model_admin, request, *args, **kwargs):
            method = "GET" if request.method == "HEAD" else request.method
            if method not in methods:
                return HttpResponseNotAllowed(methods)
            return view(model_admin, request, *args, **kwargs)

        return wrapped

    return decorate


# --- The list ----------------------------------------------------------------------------------


@_answers("GET")
def duplicates_view(model_admin, request):
    """Pairs that may be one center, or those that somebody has decided on."""
    if not model_admin.has_view_permission(request):
        raise PermissionDenied
    rights = rights_of(request.user)
    countries = sorted(
        Country.objects.filter(Exists(Center.objects.published().filter(country=OuterRef("pk")))),
        key=lambda country: country.name,
    )
    wanted = request.GET.get("country", "").upper()
    country = wanted if wanted in {each.pk for each in countries} else ""
    shown = request.GET.get("show", LIKELY)
    notes = []
    if wanted and not country:
        notes.append(gettext("There is no center in the country “%s”.") % wanted[:20])
    if shown not in LISTS:
        notes.append(gettext("There is no list “%s”.") % shown[:20])
        shown = LIKELY
    if shown == DECIDED:
        rows = _decided(rights, country)
    else:
        rows = duplicates.OpenPairs(rights, country=country, elsewhere=shown == ELSEWHERE)
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    return desk_page(
        model_admin,
        request,
        "center/duplicates",
        gettext("Possible doubles"),
        page=page,
        pairs=[_listed(row) for row in page],
        lists=LISTS.items(),
        shown=shown,
        countries=countries,
        country=country,
        notes=notes,
    )


def _decided(rights, country):
    rows = NotDuplicate.objects.select_related("a__country", "b__country", "by").filter(
        a__merged_into__isnull=True, b__merged_into__isnull=True
    )
    if country:
        rows = rows.filter(Q(a__country=country) | Q(b__country=country))
    if not rights.is_lead:
        hers = rights.changeable(Center.objects.order_by()).values("pk")
        rows = rows.filter(Q(a__in=hers) | Q(b__in=hers))
    return rows


def _listed(row):
    if isinstance(row, NotDuplicate):
        return {"a": row.a, "b": row.b, "decision": row}
    return {"a": row.a, "b": row.b, "reasons": reasons_in_words(row.reasons)}


# --- Side by side --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Line:
    """One thing that two centers may agree on, as the page of comparison shows it."""

    label: str
    a: list
    b: list

    @property
    def mark(self):
        """Whether they agree: "same", "differs", or "one" where one alone says something."""
        if not self.a or not self.b:
            return "one"
        return "same" if self.a == self.b else "differs"


def _lines(a, b, rights):
    """What the two say, fact by fact and part by part."""
    for fact in merge_plan.facts(a, b):
        yield Line(
            fact.label,
            [fact.kept_in_words] if fact.kept_in_words else [],
            [fact.merged_in_words] if fact.merged_in_words else [],
        )
    looks_after = rights.may_change(a) and rights.may_change(b)
    for link in merge_plan.links_to_centers():
        if link.model in _SHOWN_TO_ALL or looks_after:
            yield Line(
                merge_plan.Group(link).label,
                *(
                    [merge_plan.shown(link, row) for row in merge_plan.rows_of(link, center)]
                    for center in (a, b)
                ),
            )


@_answers("GET")
@_for_two
def compare_view(model_admin, request, a, b):
    """Two centers side by side, with what may be decided on them."""
    rights = rights_of(request.user)
    [found] = duplicates.suspects([duplicates.texts_of(a)], also_elsewhere=True)
    one, other = sorted((a.pk, b.pk))
    decision = NotDuplicate.objects.select_related("by").filter(a=one, b=other).first()
    return desk_page(
        model_admin,
        request,
        "center/compare",
        gettext("The same center?"),
        a=a,
        b=b,
        lines=[line for line in _lines(a, b, rights) if line.a or line.b],
        reasons=reasons_in_words(found.get(b.pk, ())),
        decision=decision,
        may_merge=merging.may_merge(rights, a, b),
        may_decide=rights.may_change(a) or rights.may_change(b),
        is_abroad=a.country_id != b.country_id,
    )


@_answers("POST")
@_for_two
def different_view(model_admin, request, a, b):
    """Remember that the two are not the same."""
    rights = rights_of(request.user)
    if not (rights.may_change(a) or rights.may_change(b)):
        raise PermissionDenied
    duplicates.remember_different(a, b, by=request.user)
    for center, other in ((a, b), (b, a)):
        model_admin.log_change(request, center, gettext("Not the same as %s.") % other)
    messages.success(
        request,
        format_html(
            gettext(
                "Remembered: {} and {} are two centers. They are not shown as doubles any more. "
                '<a href="{}">Look at them again or take this back</a>'
            ),
            a,
            b,
            reverse("admin:centers_center_compare", args=[a.pk, b.pk]),
        ),
    )
    return redirect("admin:centers_center_duplicates")


@_answers("POST")
def reconsider_view(model_admin, request, pk):
    """Forget that two centers are different."""
    decision = get_object_or_404(NotDuplicate.objects.select_related("a", "b"), pk=pk)
    rights = rights_of(request.user)
    if not (rights.may_change(decision.a) or rights.may_change(decision.b)):
        raise PermissionDenied
    decision.delete()
    messages.success(
        request,
        gettext("Taken back. %(a)s and %(b)s may be the same again.")
        % {"a": decision.a, "b": decision.b},
    )
    return redirect("admin:centers_center_compare", decision.a_id, decision.b_id)


# --- Merging -------------------------------------------------------------------------------------


class MergeForm(forms.Form):
    """Which facts the center that stays takes from the one that goes."""

    seen = forms.CharField(widget=forms.HiddenInput, max_length=64)

    def __init__(self, *args, plan, **kwargs):
        super().__init__(*args, **kwargs)
        self.plan = plan
        for fact in plan.open_facts:
            name = f"take_{fact.name}"
            if fact.is_new:
                self.fields[name] = forms.BooleanField(
                    label=fact.label, required=False, initial=True
                )
            else:
                self.fields[name] = forms.ChoiceField(
                    label=fact.label,
                    choices=[
                        ("kept", fact.kept_in_words or gettext("(empty)")),
                        ("merged", fact.merged_in_words),
                    ],
                    initial="merged" if fact.is_taken else "kept",
                    widget=forms.RadioSelect,
                    error_messages={"required": _("Choose one of the two.")},
                )

    def new_facts(self):
        """(fact, bound field) of the facts that the center that stays does not have."""
        return [(f, self[f"take_{f.name}"]) for f in self.plan.open_facts if f.is_new]

    def differing_facts(self):
        return [(f, self[f"take_{f.name}"]) for f in self.plan.open_facts if not f.is_new]

    def taken(self):
        """The names of the facts that are taken."""
        return {
            fact.name
            for fact in self.plan.open_facts
            if self.cleaned_data[f"take_{fact.name}"] in (True, "merged")
        }


@_answers("GET", "POST")
@_for_two
def merge_view(model_admin, request, keep, merge):
    """What a merge would do, and the merge when it is confirmed."""
    rights = rights_of(request.user)
    if not merging.may_merge(rights, keep, merge):
        raise PermissionDenied
    plan = merge_plan.Plan(keep=keep, merge=merge)
    form = MergeForm(request.POST or None, plan=plan, initial={"seen": plan.fingerprint})
    if request.method == "POST" and form.is_valid():
        try:
            record = merging.merge_centers(
                keep=keep,
                merge=merge,
                by=request.user,
                take=form.taken(),
                expected=form.cleaned_data["seen"],
            )
        except ValidationError as error:
            messages.warning(request, " ".join(error.messages))
            return redirect("admin:centers_center_merge", keep.pk, merge.pk)
        for center in (keep, merge):
            model_admin.log_change(request, center, gettext("Merged: %s.") % record)
        messages.success(
            request,
            format_html(
                gettext(
                    'Merged. {} is now part of <a href="{}">{}</a>, and its address leads there. '
                    '<a href="{}">See what went where, or undo it</a>'
                ),
                merge,
                reverse("admin:centers_center_change", args=[keep.pk]),
                keep,
                reverse("admin:centers_centermerge_change", args=[record.pk]),
            ),
        )
        return redirect("admin:centers_center_duplicates")
    return desk_page(
        model_admin,
        request,
        "center/merge",
        gettext("Merge %(merged)s into %(kept)s") % {"merged": merge, "kept": keep},
        keep=keep,
        merge=merge,
        plan=plan,
        form=form,
        aliases=plan.aliases(plan.proposed),
        moving=[group for group in plan.groups if group.moving],
        facts_alike=[f for f in plan.facts if f.kept == f.merged and f.kept_in_words],
    )


@_answers("GET")
def find_double_view(model_admin, request, pk):
    """Chooses by hand the other record of a center: by any of its names, in any spelling."""
    center = get_object_or_404(Center.objects.published().select_related("country"), pk=pk)
    if not model_admin.has_change_permission(request, center):
        raise PermissionDenied
    query = request.GET.get("q", "").replace("\0", "").strip()[:MAX_QUERY]
    others = Center.objects.published().exclude(pk=pk).select_related("country")
    why = {}
    if query:
        found = others.filter(pk__in=search.found(SearchEntry.Kind.CENTER, query))
    else:
        [why] = duplicates.suspects([duplicates.texts_of(center)], also_elsewhere=True)
        found = others.filter(pk__in=list(why))
    rows = list(found.order_by("name", "slug")[: MAX_FOUND + 1])
    return desk_page(
        model_admin,
        request,
        "center/find_double",
        gettext("Find the double of %s") % center,
        center=center,
        query=query,
        found=[(row, reasons_in_words(why.get(row.pk, ()))) for row in rows[:MAX_FOUND]],
        has_more=len(rows) > MAX_FOUND,
    )


# For `CenterAdmin.own_pages`.
PAGES = [
    ("duplicates/", duplicates_view, "duplicates"),
    ("different/<int:pk>/take-back/", reconsider_view, "reconsider"),
    ("<int:pk>/find-double/", find_double_view, "find_double"),
    ("<int:pk>/compare/<int:other>/", compare_view, "compare"),
    ("<int:pk>/different/<int:other>/", different_view, "different"),
    ("<int:pk>/merge/<int:other>/", merge_view, "merge"),
]
