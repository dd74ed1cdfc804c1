"""What a statement on a center's status must be to go into its log, one or many at once.

`Center.record_status` is the door for one, `record_statuses` for many: the same checks, the same
rule for what has been said already, and the kept columns brought into agreement.
"""

from collections import defaultdict

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from centers import status_log
from centers.dates import PartialDate
from centers.models.many import update_many
from centers.models.status import (
    EXPLAINED,
    RECORDABLE,
    Cause,
    Recorder,
    StatusCause,
    StatusEntry,
)

# What makes two statements the same, beside their center and causes.
_SAID = (
    "status", "observed", "since", "according_to", "source_id", "source_page", "hint", "note",
    "via", "recorded_by_id",
)  # fmt: skip


def statement(
    center,
    status,
    *,
    observed,
    since=None,
    causes=(),
    according_to="",
    source=None,
    source_page="",
    hint="",
    note="",
    by,
    key=None,
    recorded_at=None,
):
    """(entry, links): an unsaved entry and its causes, as pairs of a cause and its weight.

    The arguments are those of `Center.record_status`. Raises `ValidationError`, by field, for a
    statement that makes no sense; whether the causes exist is asked by `causes_by_slug`.
    """
    recorder = Recorder.of(by)
    links = [cause if isinstance(cause, tuple) else (cause, "") for cause in causes]
    entry = StatusEntry(
        center=center,
        status=status,
        observed=_date(observed, "observed"),
        since=_date(since, "since"),
        according_to=according_to.strip(),
        source=source,
        source_page=source_page,
        hint=hint.strip(),
        note=note.strip(),
        via=recorder.via,
        recorded_by=recorder.user,
        recorded_at=recorded_at or timezone.now(),
        **({"key": key} if key else {}),
    )
    _check(entry, links)
    return entry, links


def _date(value, field):
    try:
        return PartialDate.of(value)
    except ValueError as error:
        raise ValidationError({field: str(error)}) from None


def _check(entry, links):
    """Refuse, by field, what cannot be meant."""
    errors = {}
    if entry.status not in dict(RECORDABLE):
        errors["status"] = _("“%s” is not a status that can be recorded.") % entry.status
    if entry.observed is None:
        errors["observed"] = _("Say when it was observed; a year is enough.")
    elif entry.observed.earliest > timezone.localdate():
        errors["observed"] = _("%s has not come yet.") % entry.observed.in_words()
    elif entry.since and entry.since.earliest > entry.observed.latest:
        errors["since"] = _("It cannot have begun after it was observed.")
    if entry.since and entry.since.earliest > timezone.localdate():
        errors["since"] = _("%s has not come yet.") % entry.since.in_words()
    if links and entry.status not in EXPLAINED:
        errors["causes"] = _("Causes go with low level, paused and closed.")
    if any(weight not in ("", *StatusCause.Weight.values) for _cause, weight in links):
        errors["causes"] = _("A cause is main or contributing, or its weight is not known.")
    if errors:
        raise ValidationError(errors)


def causes_by_slug(links, known=None):
    """{slug: weight}; refuses causes that are not there, and one cause twice.

    `known` are the slugs that there are, where they have been read already.
    """
    slugs = [getattr(cause, "pk", cause) for cause, _weight in links]
    if known is None:
        causes = Cause.objects.filter(pk__in=slugs)
        known = set(causes.values_list("pk", flat=True)) if slugs else set()
    if missing := [slug for slug in slugs if slug not in known]:
        raise ValidationError({"causes": _("There is no cause “%s”.") % missing[0]})
    if len(set(slugs)) < len(slugs):
        raise ValidationError({"causes": _("Name each cause once.")})
    return {slug: weight for slug, (_cause, weight) in zip(slugs, links, strict=True)}


def said(entry):
    """What the entry says and who recorded it, as a tuple that can be compared."""
    return tuple(getattr(entry, name) for name in _SAID)


def same_statement(entry, links):
    """The standing entry that says the same as `entry`, or None."""
    alike = StatusEntry.objects.standing().filter(
        center=entry.center, **{name: getattr(entry, name) for name in _SAID}
    )
    for candidate in alike.prefetch_related("cause_links"):
        if {link.cause_id: link.weight for link in candidate.named_causes} == links:
            return candidate
    return None


@transaction.atomic
def record_statuses(statements, *, by):
    """Record many statements at once: a fixed number of queries for some hundreds of them.

    `statements` are dicts with the `center`, the `status` and the other arguments of
    `Center.record_status`; a center may have several. Returns the entries, in the same order;
    where the very same thing was said already, the entry that is there. Raises
    `ValidationError` for the first one that makes no sense, and then records none.
    """
    made = [statement(**arguments, by=by) for arguments in statements]
    if not made:
        return []
    known = set(Cause.objects.values_list("pk", flat=True))
    made = [(entry, causes_by_slug(links, known)) for entry, links in made]
    model = StatusEntry._meta.get_field("center").related_model
    keys = sorted({entry.center_id for entry, _links in made})
    # Always in the same order, so that two imports at once wait for each other.
    locked = {
        center.pk: center
        for center in model.objects.select_for_update().filter(pk__in=keys).order_by("pk")
    }
    log, present = defaultdict(list), {}
    entries = StatusEntry.objects.standing().filter(center__in=keys)
    for entry in entries.order_by("pk").prefetch_related("cause_links"):
        log[entry.center_id].append(entry)
        links = {link.cause_id: link.weight for link in entry.named_causes}
        present.setdefault(_identity(entry, links), entry)
    new, causes, told = [], [], []
    for entry, links in made:
        identity = _identity(entry, links)
        if identity not in present:
            entry.clean_fields(exclude=["center", "source", "recorded_by"])
            present[identity] = entry
            log[entry.center_id].append(entry)
            new.append(entry)
            causes.append(links)
        told.append(present[identity])
    StatusEntry.objects.bulk_create(new)
    StatusCause.objects.bulk_create(
        StatusCause(entry=entry, cause_id=slug, weight=weight)
        for entry, links in zip(new, causes, strict=True)
        for slug, weight in sorted(links.items())
    )
    changed = [locked[pk] for pk in sorted({entry.center_id for entry in new})]
    for center in changed:
        for column, value in status_log.kept_columns(log[center.pk]).items():
            setattr(center, column, value)
    update_many(changed, model.KEPT_COLUMNS)
    return told


def _identity(entry, links):
    return (entry.center_id, said(entry), tuple(sorted(links.items())))
