"""The coordinator's desk: what needs her today.

Only what somebody can do something about is a task, and only for whoever may do it.
"""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.db.models import Count, Q
from django.urls import reverse
from django.utils.translation import gettext as _

from centers.models import Center, Country, Report
from centers.rights import rights_of
from stories.models import Story


@dataclass(frozen=True)
class Task:
    """Something that waits: how many, where to find them, and why it matters."""

    slug: str
    label: str
    count: int
    url: str
    hint: str = ""


def tasks_for(user, *, on):
    """The `Task`s of a member of staff as of the day `on`, those with nothing to do included.

    The most urgent first: where help still helps, who waits for an answer, then upkeep. The
    number of queries is the same for every register.
    """
    rights = rights_of(user)
    whose = {} if rights.is_lead else {"whose": "mine"}
    tasks = [
        *_center_tasks(rights, on=on),
        _task(
            "reports",
            _("Reports from outside"),
            Report.objects.filter(
                state=Report.State.WAITING, center__in=rights.changeable(Center.objects.all())
            ).count(),
            "centers_report",
            _("Somebody told us something about a center and waits for an answer."),
            state__exact=Report.State.WAITING,
        ),
        _task(
            "stories",
            _("Stories waiting"),
            _stories(rights).count(),
            "stories_story",
            _("Drafts that nobody has published or declined yet."),
            **whose,
            state__exact=Story.State.DRAFT,
        ),
    ]
    if rights.is_lead:
        tasks.append(
            Task(
                "vacant",
                _("Countries without a coordinator"),
                Country.objects.vacant().count(),
                reverse("admin:auth_user_countries"),
                _("They have centers, and nobody looks after them."),
            )
        )
    order = ["low_level", "reports", "stories", "stale", "disputed", "unplaced", "vacant"]
    return sorted(tasks, key=lambda task: order.index(task.slug))


def _center_tasks(rights, *, on):
    centers = rights.changeable(Center.objects.published()).order_by()
    found = {
        "low_level": centers.filter(status="low_level"),
        "stale": centers.stale(on=on),
        "disputed": centers.filter(is_disputed=True),
        "unplaced": centers.unplaced(),
    }
    counts = centers.aggregate(
        **{slug: Count("pk", filter=Q(pk__in=rows.values("pk"))) for slug, rows in found.items()}
    )
    words = {
        "low_level": (
            _("Centers at a low level"),
            _("They are the ones that help can still save."),
            {"status__exact": "low_level"},
        ),
        "stale": (
            _("Centers to confirm"),
            _("Nobody has said for two years how they are."),
            {"freshness": "stale"},
        ),
        "disputed": (
            _("Sources disagree"),
            _("One source says one thing, another something else. Ask again."),
            {"is_disputed__exact": "1"},
        ),
        "unplaced": (
            _("Without town or coordinates"),
            _("They cannot be found on the map."),
            {"missing": "place"},
        ),
    }
    for slug, (label, hint, filters) in words.items():
        whose = {} if rights.is_lead else {"whose": "mine"}
        yield _task(slug, label, counts[slug], "centers_center", hint, **whose, **filters)


def _stories(rights):
    drafts = Story.objects.filter(state=Story.State.DRAFT)
    if rights.is_lead:
        return drafts
    return drafts.filter(center__in=rights.changeable(Center.objects.all()))


def _task(slug, label, count, admin_list, hint, **filters):
    url = reverse(f"admin:{admin_list}_changelist")
    return Task(slug, label, count, f"{url}?{urlencode(filters)}", hint)
