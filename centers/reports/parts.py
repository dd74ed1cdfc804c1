"""The kinds of things that a report may change, and how each is shown and applied.

Apps above this one register kinds of their own, when they are ready (`register`).
"""

from collections.abc import Callable
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.text import capfirst
from django.utils.translation import gettext, pgettext
from django.utils.translation import gettext_lazy as _

from centers import search
from centers.dates import PartialDate
from centers.models import (
    Cause,
    Center,
    Recorder,
    Report,
    SearchEntry,
    Snapshot,
    Status,
    StatusEntry,
)
from centers.models.status import name_present_causes
from centers.recording import record_figures

FIGURES = ["core_group", "visitors", "children", "premises", "monthly_rent", "currency"]


@dataclass(frozen=True)
class Part:
    """A kind of thing that a report may change; values are what JSON can hold.

    `held(report)` is what the register says now, `in_words(value)` the same for people ("" for
    nothing), `apply(report, told, by=user)` writes it: it raises `ValidationError`, in plain
    words, where it cannot. `to_confirm(report, told)` is what whoever accepts it has to confirm
    first, in words; "" for nothing. `elsewhere(report)` is the address of the desk where a person
    has to do it by hand; then `apply` writes nothing. `template` shows a value that is more than a
    line of words: it is given `value` and the `report`.
    """

    field: str
    label: str
    held: Callable
    in_words: Callable
    apply: Callable
    elsewhere: Callable | None = None
    template: str = ""
    to_confirm: Callable | None = None


class _Parts(dict):
    """The kinds by their fields; `kind:key` is one of several things of that kind in a report."""

    def __missing__(self, field):
        kind, colon, _key = field.partition(":")
        if not colon:
            raise KeyError(field)
        return self[kind]

    def __contains__(self, field):
        return super().__contains__(field.partition(":")[0])


PARTS = _Parts()


def register(part):
    """Make a kind of part known."""
    PARTS[part.field] = part


# --- The status -------------------------------------------------------------------------------


def _held_status(report):
    center = report.center
    name_present_causes([center])
    return {
        "status": center.status,
        "since": str(center.status_since or ""),
        "causes": [[slug, ""] for slug, _name in center.shown_causes],
    }


def status_in_words(value):
    """“closed since May 2015; because of rent”, from {"status", "since", "causes", "note"}."""
    if not value:
        return ""
    words = str(Status(value["status"]).label)
    if since := value.get("since"):
        words = gettext("%(status)s since %(when)s") % {
            "status": words,
            "when": PartialDate.parse(since).in_words(),
        }
    if slugs := [slug for slug, _weight in value.get("causes") or ()]:
        names = {cause.pk: str(cause) for cause in Cause.objects.with_names().filter(pk__in=slugs)}
        told = ", ".join(names.get(slug, slug) for slug in slugs)
        words += "; " + gettext("because of %s") % told
    if note := value.get("note"):
        words += "; " + gettext("note: %s") % note
    return words


def recorder_of(report, by):
    """Who says what the report tells: the center itself, or a coordinator who believes it."""
    if report.origin == Report.Origin.CENTER:
        return Recorder(StatusEntry.Via.CENTER, by)
    return Recorder(StatusEntry.Via.STAFF, by)


def according_to(report):
    """The source of what is written, where it is not the center itself."""
    if report.origin == Report.Origin.CENTER:
        return ""
    return pgettext("according to", "a visitor of this site")


def _record_status(report, told, *, by):
    report.center.record_status(
        told["status"],
        observed=told["observed"],
        since=told.get("since") or None,
        causes=[tuple(pair) for pair in told.get("causes") or ()],
        according_to=according_to(report),
        note=told.get("note", ""),
        by=recorder_of(report, by),
    )


register(Part("status", _("status"), _held_status, status_in_words, _record_status))


# --- Figures ----------------------------------------------------------------------------------


def _held_figures(report):
    held = {}
    for snapshot in report.center.snapshots.order_by("as_of_earliest", "key"):
        for name in FIGURES:
            if (value := getattr(snapshot, name)) not in (None, ""):
                held[name] = value if isinstance(value, int) else str(value)
    return held


def figures_in_words(value):
    """“Core group: 7; Premises: rented”, from fields of `Snapshot` by name."""
    told = []
    for name in FIGURES:
        if (given := (value or {}).get(name)) in (None, ""):
            continue
        field = Snapshot._meta.get_field(name)
        if field.choices:
            given = dict(field.choices).get(given, given)
        elif isinstance(given, int):
            given = number_format(given)
        told.append(f"{capfirst(field.verbose_name)}: {given}")
    return "; ".join(told)


def _record_figures(report, told, *, by):
    figures = {name: told[name] for name in FIGURES if told.get(name) not in (None, "")}
    record_figures(
        report.center,
        figures,
        as_of=told["as_of"],
        note=according_to(report) or pgettext("according to", "the center itself"),
    )


register(Part("figures", _("figures"), _held_figures, figures_in_words, _record_figures))


# --- Fields of the center that are one text -----------------------------------------------------


def _register_text(field):
    def apply(report, told, *, by):
        center = report.center.locked()
        setattr(center, field, told)
        try:
            center.clean_fields(exclude={each.name for each in Center._meta.fields} - {field})
        except ValidationError as error:
            raise ValidationError(error.message_dict[field]) from None
        center._history_user = by
        center._change_reason = gettext("Report %s") % report.reference
        center.save()
        if field in ("name", "place"):
            search.reindex(SearchEntry.Kind.CENTER, [center.pk])

    register(
        Part(
            field,
            Center._meta.get_field(field).verbose_name,
            lambda report: getattr(report.center, field),
            lambda value: str(value or ""),
            apply,
        )
    )


for _field in ("name", "place", "address", "phone", "email", "website", "opening_hours"):
    _register_text(_field)


# --- A center that is there twice ---------------------------------------------------------------


def twin_in_words(value):
    """The other center, from {"words": as it was told, "public_id": if we know which is meant}."""
    value = value or {}
    center = Center.objects.filter(public_id=value.get("public_id") or "").first()
    return f"{center} ({center.public_id})" if center else value.get("words", "")


def _compare_twins(report):
    """Where the two are compared and merged; if it is not known which is meant, its own page."""
    told = report.parts.filter(field="duplicate").values_list("told", flat=True).first() or {}
    twin = Center.objects.published().filter(public_id=told.get("public_id") or "").first()
    if twin and twin.pk != report.center_id:
        return reverse("admin:centers_center_compare", args=[report.center_id, twin.pk])
    return reverse("admin:centers_center_change", args=[report.center_id])


register(
    Part(
        "duplicate",
        _("the same center"),
        lambda report: None,
        twin_in_words,
        lambda report, told, *, by: None,
        _compare_twins,
    )
)
