"""Which centers are asked on a day how they are, whom of each, and in which language."""

import calendar
import datetime
from collections import defaultdict
from dataclasses import dataclass

from babel.languages import get_official_languages
from django.conf import settings
from django.db.models import Exists, OuterRef
from django.utils import timezone

from centers.asking.links import address_mark
from centers.models import Center, Contact, QuestionMail, YearlyQuestion
from centers.models.questions import REMIND_AFTER, VALID_FOR

# Eleven, so that a center that is asked each year is not asked later each year.
MONTHS_BETWEEN = 11

State = YearlyQuestion.State


def quiet_since(on):
    """The first of the days before the day `on` on which a confirmation still counts."""
    year, month = divmod(on.year * 12 + on.month - 1 - MONTHS_BETWEEN, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return datetime.date(year, month + 1, min(on.day, last))


def _begin_of(day):
    return timezone.make_aware(datetime.datetime.combine(day, datetime.time.min))


def asked_lately(*, on):
    """Questions because of which no other is asked: those of the last eleven months.

    One that could not be delivered is none: the next person of the center may be asked.
    """
    lately = YearlyQuestion.objects.filter(asked_at__gte=_begin_of(quiet_since(on)))
    return lately.exclude(state=State.UNREACHABLE)


def due(on):
    """Centers to be asked on the day `on`: not closed, not confirmed and not asked lately.

    The unknown belong here. A question that stayed open for longer ends when the next is asked.
    """
    lately = asked_lately(on=on).filter(center=OuterRef("pk")).order_by()
    return (
        Center.objects.published()
        .not_closed()
        .exclude(confirmed_on_earliest__gte=quiet_since(on))
        .exclude(Exists(lately))
        .order_by("pk")
    )


def due_by_letter(on):
    """Centers that are due and have no mail address to write to: a letter, or the telephone."""
    people = Contact.objects.filter(center=OuterRef("pk"), wants_no_mail=False).exclude(email="")
    return due(on).filter(email="").exclude(Exists(people.order_by()))


# --- Whom -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Recipient:
    """Whom a question goes to: a person of the center, or nobody and its own public address."""

    contact: Contact | None
    email: str
    language: str

    @property
    def mark(self):
        return address_mark(self.email)


def newest_by_mark(marks):
    """{mark of an address: the newest question that went there}, for those that had one."""
    rows = YearlyQuestion.objects.filter(address_mark__in=set(marks) - {""})
    return {question.address_mark: question for question in rows.order_by("asked_at", "pk")}


def recipients_of(centers):
    """{pk of a center: its `Recipient`, or None where there is no mail address to write to}.

    The person confirmed last, of those who want mail and whose address was not found unreachable;
    else the center's own address. Two queries for all.
    """
    centers = list(centers)
    people = defaultdict(list)
    for person in Contact.objects.filter(center__in=centers).exclude(email="").order_by("key"):
        people[person.center_id].append(person)
    addresses = [person.email for persons in people.values() for person in persons]
    addresses += [center.email for center in centers]
    newest = newest_by_mark(map(address_mark, addresses))

    def can_be_asked(email):
        last = newest.get(address_mark(email))
        return last is None or not (last.state == State.UNREACHABLE or last.wants_no_more)

    return {center.pk: _recipient_of(center, people[center.pk], can_be_asked) for center in centers}


def _recipient_of(center, people, can_be_asked):
    stopped = {address_mark(person.email) for person in people if person.wants_no_mail}
    willing = [
        person
        for person in people
        if can_be_asked(person.email) and address_mark(person.email) not in stopped
    ]
    if willing:
        chosen = max(willing, key=_confirmed)  # of equal ones the first: the oldest key
        return Recipient(chosen, chosen.email, language_for(center, chosen))
    email = center.email
    if email and can_be_asked(email) and address_mark(email) not in stopped:
        return Recipient(None, email, language_for(center))
    return None


def _confirmed(person):
    last = person.last_confirmed
    return (last is not None, last.sort_key if last else ())


def language_for(center, contact=None):
    """The language of the site in which to write: hers, else one that is spoken at the center, else
    an official one of its country, else English.
    """
    codes = [contact.language if contact else "", *center.languages.replace(",", " ").split()]
    # The larger ones first, as CLDR has them.
    codes += get_official_languages(center.country_id, de_facto=True)
    site = dict(settings.LANGUAGES)
    bases = (code.replace("_", "-").split("-")[0].lower() for code in codes)
    return next((base for base in bases if base in site), "en")


# --- Again ----------------------------------------------------------------------------------


def settled(*, at):
    """Open questions that need no reminder any more: somebody told otherwise how the center is."""
    old = YearlyQuestion.objects.open().filter(asked_at__lte=at - REMIND_AFTER)
    return old.with_told_since().filter(told_since=True)


def to_remind(*, at):
    """Questions by mail that have waited three weeks, and whose link can still be used."""
    sent = QuestionMail.objects.filter(question=OuterRef("pk")).order_by()
    waiting = YearlyQuestion.objects.unanswered().filter(
        Exists(sent.filter(state=QuestionMail.State.SENT)),
        ~Exists(sent.filter(kind=QuestionMail.Kind.REMINDER)),
        means=YearlyQuestion.Means.MAIL,
        wants_no_more=False,
        link_made_at__lte=at - REMIND_AFTER,
        link_made_at__gt=at - VALID_FOR,
        center__merged_into__isnull=True,
    )
    return waiting.order_by("pk")
