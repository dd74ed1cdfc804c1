"""The coordinator's desk: what needs her today.

Only what somebody can do something about is a task, and only for whoever may do it.
"""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.db.models import Count, Q
from django.urls import reverse
from django.utils.translation import gettext as _

from centers.asking.due import due_by_letter
from centers.duplicates import pairs_waiting
from centers.models import (
    Center,
    Contact,
    Country,
    Photo,
    Report,
    SpreadsheetImport,
    YearlyQuestion,
)
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
    hers = rights.changeable(Center.objects.published())
    centers = _center_tasks(hers, whose, on=on)
    questions = _question_tasks(hers, on=on)
    tasks = [
        _task(
            "urgent",
            _("Urgent: centers that ask for help"),
            Report.objects.undecided().filter(is_urgent=True, center__in=hers).count(),
            "centers_report",
            _("They are struggling, or ask to be contacted. Call them today."),
            state="open",
            is_urgent__exact=1,
        ),
        centers["low_level"],
        _task(
            "reports",
            _("Reports from outside"),
            _reports(rights, hers).count(),
            "centers_report",
            _("Somebody told us something about a center and waits for an answer."),
        ),
        _task(
            "stories",
            _("Stories waiting"),
            _stories(rights, hers).count(),
            "stories_story",
            _("Drafts that nobody has published or declined yet."),
            **whose,
            state__exact=Story.State.DRAFT,
        ),
        questions["overdue"],
        questions["undelivered"],
        questions["doubt"],
        centers["by_letter"],
        centers["stale"],
        centers["disputed"],
        _task(
            "imports",
            _("Imports to finish"),
            SpreadsheetImport.objects.visible_to(user, is_lead=rights.is_lead).unfinished().count(),
            "centers_spreadsheetimport",
            _("A spreadsheet was chosen, and nothing of it is in the registry yet."),
        ),
        Task(
            "doubles",
            _("Possible doubles"),
            pairs_waiting(rights),
            reverse("admin:centers_center_duplicates"),
            _("Two records may be of one center. Merge them, or say that they are different."),
        ),
        _task(
            "photos",
            _("Centers with photos to finish"),
            hers.filter(photos__in=Photo.objects.drafts()).distinct().count(),
            "centers_center",
            _("They are not shown before somebody says what they show, and who agreed."),
            **whose,
            photos="drafts",
        ),
        centers["unplaced"],
        _task(
            "contacts",
            _("Contact persons to ask again"),
            Contact.objects.unconfirmed(on=on)
            .filter(center__in=rights.changeable(Center.objects.all()))
            .count(),
            "centers_contact",
            _("Nobody has confirmed them for three years: ask, or erase them."),
            confirmed="unconfirmed",
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
    return tasks


def _center_tasks(hers, whose, *, on):
    """{slug: task} of what is asked of the centers themselves, by one query."""
    centers = hers.order_by()
    found = {
        "low_level": centers.filter(status="low_level"),
        "stale": centers.stale(on=on),
        "disputed": centers.filter(is_disputed=True),
        "unplaced": centers.unplaced(),
        "by_letter": due_by_letter(on).order_by(),
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
        "by_letter": (
            _("No mail address: print a letter"),
            _("They are to be asked how they are, and there is nobody to write a mail to."),
            {"asked": "by_letter"},
        ),
    }
    return {
        slug: _task(slug, label, counts[slug], "centers_center", hint, **whose, **filters)
        for slug, (label, hint, filters) in words.items()
    }


def _question_tasks(hers, *, on):
    """{slug: task} of the yearly questions that somebody should follow up, by one query."""
    questions = YearlyQuestion.objects
    found = {
        "overdue": questions.overdue(on=on),
        "undelivered": questions.undelivered(),
        "doubt": questions.in_doubt(),
    }
    counts = YearlyQuestion.objects.filter(center__in=hers).aggregate(
        **{slug: Count("pk", filter=Q(pk__in=rows.values("pk"))) for slug, rows in found.items()}
    )
    words = {
        "overdue": (
            _("No answer to the yearly question"),
            _("They were asked weeks ago. Silent is not closed: please telephone."),
        ),
        "undelivered": (
            _("Yearly question not delivered"),
            _("The mail came back. Find another address, or telephone."),
        ),
        "doubt": (
            _("Mails in doubt"),
            _("Nobody knows whether they went out. Look, and send them again."),
        ),
    }
    return {
        slug: _task(slug, label, counts[slug], "centers_yearlyquestion", hint, needs=slug)
        for slug, (label, hint) in words.items()
    }


def _reports(rights, hers):
    """What the queue shows her: to leads also what belongs to no center."""
    waiting = Report.objects.waiting()
    return waiting if rights.is_lead else waiting.filter(center__in=hers)


def _stories(rights, hers):
    drafts = Story.objects.filter(state=Story.State.DRAFT)
    return drafts if rights.is_lead else drafts.filter(center__in=hers)


def _task(slug, label, count, admin_list, hint, **filters):
    url = reverse(f"admin:{admin_list}_changelist")
    query = f"?{urlencode(filters)}" if filters else ""
    return Task(slug, label, count, url + query, hint)
