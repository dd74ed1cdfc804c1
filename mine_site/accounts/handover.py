"""Handing countries over from one coordinator to the next, and which have none."""

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count, Prefetch, Q
from django.urls import reverse
from django.utils.text import get_text_list
from django.utils.translation import gettext as _

from centers.mail import absolute, send_mail
from centers.models import Coordinator, Country

REASON_LENGTH = 100  # what simple_history keeps of a reason


def log(record, *, by, message, name=None):
    """Write a line into the admin's own history of the record."""
    LogEntry.objects.create(
        user=by,
        content_type=ContentType.objects.get_for_model(record),
        object_id=str(record.pk),
        object_repr=str(name or record)[:200],
        action_flag=CHANGE,
        change_message=message,
    )


@transaction.atomic
def hand_over(*, countries, successor, by, giver=None, networks=()):
    """Give countries (and networks) to `successor`, and take them from `giver` if there is one.

    Both are `Coordinator` rows. What waits in a country (reports, overdue centers, stories)
    follows the country, and so goes with it. Raises a ValidationError, and changes nothing, if
    the giver does not have one of them any more, or the successor's account is closed.
    """
    rows = {
        row.pk: row
        for row in Coordinator.objects.select_for_update(of=("self",))
        .select_related("user")
        .filter(pk__in=[each.pk for each in (giver, successor) if each])
        .order_by("pk")
    }
    successor = rows[successor.pk]
    giver = rows[giver.pk] if giver else None
    if giver == successor:
        raise ValidationError(_("Choose somebody else: she looks after them already."))
    if not (successor.user.is_active and successor.user.is_staff):
        raise ValidationError(_("The account of %s is not active.") % successor)
    names = get_text_list([str(each) for each in (*countries, *networks)], _("and"))
    if giver:
        here = {*giver.countries.values_list("pk", flat=True)}
        also = {*giver.networks.values_list("pk", flat=True)}
        if {each.pk for each in countries} - here or {each.pk for each in networks} - also:
            raise ValidationError(
                _("%s does not look after all of this any more. Look at the page again.") % giver
            )
        message = _("Handed over %(names)s to %(successor)s.") % {
            "names": names,
            "successor": successor,
        }
        move(giver, "remove", countries, networks, by=by, reason=message)
        log(giver.user, by=by, message=message)
    message = (
        _("Took over %(names)s from %(giver)s.") % {"names": names, "giver": giver}
        if giver
        else _("Took over %s.") % names
    )
    move(successor, "add", countries, networks, by=by, reason=message)
    log(successor.user, by=by, message=message)
    for country in countries:
        log(
            country,
            by=by,
            message=_("%(giver)s handed over to %(successor)s.")
            % {"giver": giver or _("Nobody"), "successor": successor},
        )


def move(row, how, countries, networks, *, by, reason):
    """Add to, or remove from, what a coordinator looks after; the history says why, and by whom."""
    row._history_user = by
    row._change_reason = reason[:REASON_LENGTH]
    if countries:
        getattr(row.countries, how)(*countries)
    if networks:
        getattr(row.networks, how)(*networks)


def mail_handover(*, countries, successor, by, giver=None, networks=()):
    """Tell both by mail; returns those who could not be told."""
    untold = []
    for row in filter(None, (giver, successor)):
        sent = send_mail(
            "handover",
            to=row.user.email,
            language=row.language,
            context={
                "row": row,
                "is_successor": row == successor,
                "giver": giver,
                "successor": successor,
                "by": by.get_full_name() or by.get_username(),
                "countries": countries,
                "networks": networks,
                "url": absolute(reverse("admin:index"), language=row.language),
            },
        )
        if not sent:
            untold.append(row)
    return untold


def countries_with_coordinators():
    """Countries that have centers or coordinators, each with `active`, `closed` and `centers`.

    `active` and `closed` are the `Coordinator` rows whose accounts are open or closed; a country
    is vacant where `active` is empty. Leads look after everything and are not listed.
    """
    rows = Coordinator.objects.select_related("user").order_by("user__username")
    return (
        Country.objects.annotate(
            centers_here=Count(
                "centers", filter=Q(centers__merged_into__isnull=True), distinct=True
            )
        )
        .filter(Q(centers_here__gt=0) | Q(coordinators__isnull=False))
        .distinct()
        .order_by("code")
        .prefetch_related(
            Prefetch("coordinators", rows.filter(user__is_active=True), to_attr="active"),
            Prefetch("coordinators", rows.filter(user__is_active=False), to_attr="closed"),
        )
    )
