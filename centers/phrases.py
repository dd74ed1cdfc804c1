"""What the registry knows, put in sentences: one place for all pages and files."""

from django.utils.translation import gettext as _

from centers.models.center import Freshness, freshness_of
from centers.models.status import Status


def when(date):
    """“in 2015”, “in May 2015”, “on May 17, 2015”."""
    if date.day:
        return _("on %(day)s") % {"day": date.in_words()}
    if date.month:
        return _("in %(month)s") % {"month": date.in_words()}
    return _("in %(year)s") % {"year": date.in_words()}


def status_in_words(status, *, since, after, by):
    """“Paused since May 2015”, “Closed between 2006 and 2016”, “Active, as seen in 2022”.

    `since`, `after` and `by` are `PartialDate` or None, as in `status_log.Period`.
    """
    label = Status(status).label.capitalize()
    if status == Status.UNKNOWN:
        return _("Unknown: nobody has recorded how it is")
    if since is not None:
        return _("%(status)s since %(date)s") % {
            "status": label,
            "date": since.in_words(within=True),
        }
    if after is not None and str(after) != str(by):
        words = {"status": label, "after": after.in_words(), "by": by.in_words()}
        if status == Status.CLOSED:
            return _("%(status)s between %(after)s and %(by)s") % words
        return _("%(status)s since some time between %(after)s and %(by)s") % words
    words = {"status": label, "by": by.in_words(), "when": when(by)}
    if after is not None:
        return _("%(status)s since %(date)s") % {
            "status": label,
            "date": by.in_words(within=True),
        }
    if status == Status.CLOSED:
        return _("%(status)s %(when)s or before") % words
    return _("%(status)s, as seen %(when)s") % words


def center_status(center):
    """The center's current status in words, from its kept columns."""
    return status_in_words(
        center.status,
        since=center.status_since,
        after=center.status_after,
        by=center.status_by,
    )


def period_status(period):
    """The status of a period in words."""
    return status_in_words(period.status, since=period.since, after=period.after, by=period.by)


def confirmation(confirmed_on, *, on):
    """“Confirmed in May 2026.” or “Nobody has confirmed it since 2006.”"""
    freshness = freshness_of(confirmed_on, on=on)
    if freshness == Freshness.NEVER:
        return _("Nobody has ever confirmed it.")
    if freshness == Freshness.OVERDUE:
        return _("Nobody has confirmed it since %s.") % confirmed_on.in_words(within=True)
    return _("Last confirmed: %s.") % confirmed_on.in_words()


def statement(entry):
    """What one statement of the log says: “Closed since May 2015”, “Active, as seen in 2022”."""
    return status_in_words(entry.status, since=entry.since, after=None, by=entry.observed)


def statement_withdrawn(entry):
    """“Taken back: “Closed since May 2015”.”"""
    # Translators: a statement that was a mistake; for example “Closed since May 2015”.
    return _("Taken back: “%(statement)s”.") % {"statement": statement(entry)}


def merged_into(center):
    """What is said of a center that was recorded twice; `center` is the one that stays."""
    return _("It is the same center as “%(center)s”, and is told of there.") % {
        "center": center.name
    }
