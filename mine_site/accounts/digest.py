"""The weekly mail: what waits for a coordinator who wants to be told."""

from dataclasses import dataclass
from datetime import timedelta

from django.urls import reverse
from django.utils import translation

from centers.mail import absolute, known_language, send_mail
from centers.models import Coordinator
from mine_site import desk


@dataclass(frozen=True)
class Outcome:
    """What came of one coordinator's mail: `sent`, `nothing waits`, `failed` or `would send`."""

    row: Coordinator
    what: str
    tasks: tuple = ()


def monday(day):
    """The first day of the week that the day is in."""
    return day - timedelta(days=day.weekday())


def due(on):
    """Coordinators who want the mail, can be reached, and have not had it in the week of `on`."""
    return (
        Coordinator.objects.filter(wants_digest=True, user__is_active=True, user__is_staff=True)
        .exclude(user__email="")
        .exclude(digest_week=monday(on))
        .select_related("user")
        .order_by("pk")
    )


def send_digests(on, *, dry_run=False):
    """Send each due mail; yields an `Outcome` for each, and goes on after a failure.

    Before a mail is sent, the week is noted, in a write of its own: two runs at once, or one that
    is stopped half-way and begun again, send nobody two. (Whoever's mail was under way when the
    run was killed may get none that week: rather that than two.) If the mail server refuses, the
    note is taken back, and the next run tries again.
    """
    week = monday(on)
    for row in list(due(on)):
        with translation.override(known_language(row.language)):
            tasks = tuple(task for task in desk.tasks_for(row.user, on=on) if task.count)
        if dry_run:
            yield Outcome(row, "would send" if tasks else "nothing waits", tasks)
            continue
        before = row.digest_week
        noted = Coordinator.objects.filter(pk=row.pk).exclude(digest_week=week)
        if not noted.update(digest_week=week):
            continue  # another run has just done it
        if not tasks:
            yield Outcome(row, "nothing waits")
        elif send(row, tasks):
            yield Outcome(row, "sent", tasks)
        else:
            Coordinator.objects.filter(pk=row.pk).update(digest_week=before)
            yield Outcome(row, "failed", tasks)


def send(row, tasks):
    own_url = absolute(reverse("my_account"), language=row.language)
    return send_mail(
        "digest",
        to=row.user.email,
        language=row.language,
        context={"row": row, "tasks": tasks, "own_url": own_url},
        headers={"List-Unsubscribe": f"<{own_url}>"},
    )
