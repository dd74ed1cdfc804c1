"""Merges two records of one center into one, and takes a merge back.

Whatever points to a center moves (`merge_plan.links_to_centers`), of every app, without this
module knowing it: names, texts, the log, participations, stories, photos, contact persons, links,
former addresses, and centers that were merged into the one that goes. A row that would stand
twice at the center that stays remains with the one that goes, which is kept, with its address,
for ever.
"""

from collections import Counter, defaultdict

from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from centers import search
from centers.merge_plan import (
    Plan,
    columns_of,
    fact_label,
    fact_names,
    fits,
    label_of,
    name_of,
)
from centers.models import (
    Center,
    CenterMerge,
    CenterName,
    NameKind,
    NotDuplicate,
    SearchEntry,
)


def may_merge(rights, one, other):
    """Whether she may merge the two, or take such a merge back.

    Two countries' centers are merged by leads alone; else she must be allowed to change both.
    """
    if rights.is_lead:
        return True
    return (
        one.country_id == other.country_id and rights.may_change(one) and rights.may_change(other)
    )


def may_undo(rights, merge):
    """Whether she may take the merge back. What made a center hers may have moved with it."""
    if rights.is_lead:
        return True
    return merge.kept.country_id == merge.merged.country_id and rights.may_change(merge.kept)


# --- Doing it --------------------------------------------------------------------------------


def _locked(*pks):
    """The centers, locked in one order for everybody."""
    rows = Center.objects.select_for_update().filter(pk__in=pks).order_by("pk")
    return {center.pk: center for center in rows}


@transaction.atomic
def merge_centers(*, keep, merge, by, take=None, expected=None):
    """Merge the center `merge` into `keep`; returns the `CenterMerge`.

    `take` names the facts (`fact_names`) that `keep` takes from `merge`; by default those on
    which it says nothing itself. `expected` is the `fingerprint` of the plan that she was shown.
    Raises `ValidationError` when either was merged meanwhile, when they are one, or when
    something changed since she looked; then nothing is done. Whether `by` may do it is for the
    caller to ask (`may_merge`).
    """
    if keep.pk == merge.pk:
        raise ValidationError(_("A center cannot be merged into itself."))
    locked = _locked(keep.pk, merge.pk)
    keep, merge = locked[keep.pk], locked[merge.pk]
    for center in (merge, keep):
        if center.merged_into_id is not None:
            raise ValidationError(
                _("%(center)s was merged into %(other)s already.")
                % {"center": center, "other": center.merged_into}
            )
    plan = Plan(keep=keep, merge=merge)
    if expected not in (None, plan.fingerprint):
        raise ValidationError(
            _("Something changed at one of the two since this page was opened. Look again."),
            code="changed",
        )
    taken = plan.proposed if take is None else set(take) & {fact.name for fact in plan.facts}
    reason = _("Merged: %(merged)s into %(kept)s") % {"merged": merge.slug, "kept": keep.slug}
    moved = {
        "rows": {
            name_of(group.link): [row.pk for row in group.moving]
            for group in plan.groups
            if group.moving
        },
        "stayed": {
            name_of(group.link): [row.pk for row in group.staying]
            for group in plan.groups
            if group.staying
        },
        "aliases": [],
        "different": [],
        "facts": {},
    }
    aliases = plan.aliases(taken)
    for group in plan.groups:
        _point(group.link, group.moving, keep, reason)
    for value in aliases:
        alias = CenterName(center=keep, value=value, kind=NameKind.ALIAS)
        _save_with_reason(alias, reason)
        moved["aliases"].append(alias.pk)
    moved["different"] = _inherit_decisions(keep, merge)
    moved["facts"] = _take(keep, merge, sorted(taken), reason)
    merge.merged_into = keep
    _save_with_reason(merge, reason, fields=["merged_into"])
    record = CenterMerge.objects.create(kept=keep, merged=merge, by=by, moved=moved)
    _agree(keep, merge)
    return record


def _point(link, rows, center, reason):
    """Let the rows point to the center, with a line in the history of those that have one."""
    model = link.model
    if not hasattr(model, "history"):
        model._base_manager.filter(pk__in=[row.pk for row in rows]).update(
            **{link.attname: center.pk}
        )
        return
    for row in rows:
        setattr(row, link.name, center)
        _save_with_reason(row, reason, fields=[link.name])


def _save_with_reason(row, reason, fields=None):
    row._change_reason = reason[:100]
    row.save(**({"update_fields": fields} if fields else {}))


def _inherit_decisions(keep, merge):
    """What is not the same as `merge` is not the same as `keep`; returns the new decisions' keys.

    What was said of these two stays as it is: nobody is asked while they are one, and after an
    undoing it holds again.
    """
    added = []
    for decision in NotDuplicate.objects.filter(Q(a=merge) | Q(b=merge)):
        other = decision.b_id if decision.a_id == merge.pk else decision.a_id
        if other == keep.pk:
            continue
        a, b = sorted((other, keep.pk))
        row, is_new = NotDuplicate.objects.get_or_create(
            a_id=a, b_id=b, defaults={"by_id": decision.by_id, "at": decision.at}
        )
        if is_new:
            added.append(row.pk)
    return added


def _text(column, value):
    """A value of a column of `Center` as text that JSON keeps; None stays None."""
    return None if value is None else str(Center._meta.get_field(column).get_prep_value(value))


def _take(keep, merge, names, reason):
    """Give `keep` the facts of `merge`; returns {column: [before, after]} of what changed."""
    changed = {}
    for column in (column for name in names for column in columns_of(name)):
        attname = Center._meta.get_field(column).attname
        before, after = getattr(keep, attname), getattr(merge, attname)
        if before != after:
            changed[column] = [_text(column, before), _text(column, after)]
            setattr(keep, attname, after)
    if changed:
        _save_with_reason(keep, reason)
    return changed


def _agree(*centers):
    """Bring what is derived into agreement with what has moved."""
    for center in Center.objects.filter(pk__in=[center.pk for center in centers]):
        center.keep_status()
    search.reindex(SearchEntry.Kind.CENTER, [center.pk for center in centers])


# --- Taking it back --------------------------------------------------------------------------


def obstacle(merge):
    """Why the merge cannot be undone now, in words; "" when it can."""
    if merge.is_undone:
        return _("This merge was undone already.")
    if merge.kept.merged_into_id is not None:
        return _(
            "%(kept)s was merged into %(other)s since. First undo that merge, then this one."
        ) % {"kept": merge.kept, "other": merge.kept.merged_into}
    if merge.merged.merged_into_id != merge.kept_id:
        return _("%s is not merged into this center any more.") % merge.merged
    return ""


@transaction.atomic
def undo_merge(merge, *, by):
    """Take a merge back: all that it moved returns, unless it was changed since.

    Returns sentences on what did not return. Raises `ValidationError` when it was undone already,
    or when the center that stayed was merged on (that merge is to be undone first).
    """
    locked = _locked(merge.kept_id, merge.merged_id)
    merge = CenterMerge.objects.select_for_update(of=("self",)).get(pk=merge.pk)
    kept, merged = locked[merge.kept_id], locked[merge.merged_id]
    merge.kept, merge.merged = kept, merged
    if why := obstacle(merge):
        raise ValidationError(why)
    reason = _("Merge undone: %(merged)s out of %(kept)s") % {
        "merged": merged.slug,
        "kept": kept.slug,
    }
    told = _return_facts(kept, merge.moved.get("facts", {}), reason)
    told += _return_aliases(kept, merge.moved.get("aliases", []))
    NotDuplicate.objects.filter(pk__in=merge.moved.get("different", [])).delete()
    for name, pks in merge.moved.get("rows", {}).items():
        told += _return_rows(name, pks, kept, merged, reason)
    merged.merged_into = None
    _save_with_reason(merged, reason, fields=["merged_into"])
    merge.undone_at, merge.undone_by = timezone.now(), by
    merge.moved = {**merge.moved, "not_returned": told}
    merge.save(update_fields=["undone_at", "undone_by", "moved"])
    _agree(kept, merged)
    return told


def _return_facts(kept, changed, reason):
    """Give the facts back that the merge changed; those that belong together all, or none."""
    told, returned = [], False
    first = {column: name for name in fact_names() for column in columns_of(name)}
    groups = defaultdict(dict)
    for column, values in changed.items():
        groups[first.get(column, column)][column] = values
    for name, columns in groups.items():
        fields = {column: Center._meta.get_field(column) for column in columns}
        if any(
            _text(column, getattr(kept, fields[column].attname)) != after
            for column, (_before, after) in columns.items()
        ):
            told.append(
                _("%(fact)s was changed since and stays as it is now.") % {"fact": fact_label(name)}
            )
            continue
        for column, (before, _after) in columns.items():
            field = fields[column]
            target = field.target_field if field.is_relation else field
            setattr(kept, field.attname, None if before is None else target.to_python(before))
        returned = True
    if returned:
        _save_with_reason(kept, reason)
    return told


def _return_aliases(kept, pks):
    """Remove the names that the merge added, unless somebody worked on them since."""
    told = []
    for alias in CenterName.objects.filter(pk__in=pks, center=kept):
        if alias.history.count() == 1:
            alias.delete()
        else:
            told.append(_("The name “%s” was changed since and stays.") % alias.value)
    return told


def _return_rows(name, pks, kept, merged, reason):
    label, _dot, link_name = name.rpartition(".")
    try:
        link = apps.get_model(label)._meta.get_field(link_name)
    except LookupError:  # of a part of the registry that is gone
        return [
            _("%(number)d rows of %(name)s cannot return.") % {"number": len(pks), "name": name}
        ]
    found = link.model._base_manager.in_bulk(pks)
    why, returning = Counter(), []
    for pk in pks:
        row = found.get(pk)
        if row is None:
            why["gone"] += 1
        elif getattr(row, link.attname) != kept.pk:
            why["elsewhere"] += 1
        elif not fits(row, link, merged):
            why["twice"] += 1
        else:
            returning.append(row)
    _point(link, returning, merged, reason)
    return [
        f"{capfirst(label_of(link, number))}: {_not_returned(reason_why, number)}"
        for reason_why, number in sorted(why.items())
    ]


def _not_returned(why, number):
    words = {
        "gone": ngettext(
            "%d was removed since and does not return.",
            "%d were removed since and do not return.",
            number,
        ),
        "elsewhere": ngettext(
            "%d was moved on since and stays where it is.",
            "%d were moved on since and stay where they are.",
            number,
        ),
        "twice": ngettext(
            "%d is there again already, so this one stays.",
            "%d are there again already, so these stay.",
            number,
        ),
    }
    return words[why] % number


# --- Told afterwards -------------------------------------------------------------------------


def in_words(merge):
    """What the record says: {"moved", "stayed", "facts", "aliases", "not_returned"}, in words."""
    moved = merge.moved
    return {
        "moved": _counted(moved.get("rows", {})),
        "stayed": _counted(moved.get("stayed", {})),
        "facts": [
            (capfirst(str(Center._meta.get_field(column).verbose_name)), before, after)
            for column, (before, after) in moved.get("facts", {}).items()
        ],
        "aliases": len(moved.get("aliases", ())),
        "not_returned": moved.get("not_returned", []),
    }


def _counted(rows):
    """[(label, number)] of rows in a record."""
    counted = []
    for name, pks in rows.items():
        label, _dot, link_name = name.rpartition(".")
        try:
            link = apps.get_model(label)._meta.get_field(link_name)
        except LookupError:
            counted.append((name, len(pks)))
        else:
            counted.append((capfirst(label_of(link, len(pks))), len(pks)))
    return counted
