"""Asking by mail: each mail is noted before it is sent, so that nobody gets it twice.

In one short transaction the center is locked, it is looked again whether all still holds, and the
mail is noted as being sent. Then it goes out, and then it is noted what became of it. Whatever
stops the program in between leaves one mail in doubt, which a human sends again. Nothing here may
be called inside a transaction: the note must be in the database before the mail is on its way.
"""

import datetime
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from centers.asking.delivery import Fate, Post
from centers.asking.due import (
    Recipient,
    asked_lately,
    due,
    language_for,
    newest_by_mark,
    recipients_of,
    to_remind,
)
from centers.asking.links import address_mark, address_of
from centers.asking.mails import write
from centers.asking.undelivered import note_undelivered
from centers.dates import PartialDate
from centers.mail import known_language, mail_is_configured
from centers.models import Center, QuestionMail, YearlyQuestion
from centers.models.invitations import new_nonce

# A mail that has been "being sent" for so long is not any more: the program was stopped.
STOPPED_AFTER = datetime.timedelta(minutes=10)
NEW_LINK_EVERY = datetime.timedelta(days=1)

Kind, MailState, State = QuestionMail.Kind, QuestionMail.State, YearlyQuestion.State


@dataclass
class Begun:
    """A mail that is noted as being sent; `take_back()` undoes the note if it surely was not."""

    mail: QuestionMail
    message: EmailMessage
    take_back: Callable


# --- By hand, and for the pages --------------------------------------------------------------


def ask(center, *, contact, language=None, anew=False, at=None):
    """Ask the center now: the `contact`, or with None its own public address.

    Returns the `QuestionMail`: sent, or failed, or in doubt. Raises `ValidationError` in plain
    words if it was asked lately or the address is known as unreachable or stopped these mails
    (`anew` asks all the same, and an open question ends), if she wants no mail, or if the mail
    server takes nothing now; then nothing has changed.
    """
    at = at or timezone.now()
    _require_mail_server()
    with transaction.atomic(durable=True):
        locked = center.locked()
        recipient = _by_hand(locked, contact, language)
        if not anew:
            _refuse_twice(locked, recipient, at=at)
        begun = _begin_question(locked, recipient, kind=Kind.FIRST, at=at)
    return _send_or_refuse(begun)


def remind(question, *, at=None):
    """Send the one reminder, if it is still due; returns its `QuestionMail`, or None."""
    at = at or timezone.now()
    _require_mail_server()
    begun = begin_reminder(question, at=at)
    return begun and _send_or_refuse(begun)


def send_again(mail, *, at=None):
    """Send a mail that is in doubt or failed once more: the same one, with the same Message-ID.

    Returns it. Raises `ValidationError` in plain words if it makes no sense to send it again, or
    if the mail server takes nothing now.
    """
    at = at or timezone.now()
    _require_mail_server()
    with transaction.atomic(durable=True):
        mail.question.center.locked()
        begun = _begin_again(mail, at=at)
    return _send_or_refuse(begun)


def renew(question, *, at=None):
    """Send a new link to the address that is on record now; the old one is dead.

    For whoever finds a dead link. If the question has ended, or the address is another one by now,
    a new one is opened, and an open one of hers ends. Returns the `QuestionMail`; None if nothing
    was sent: there is no address, the center was merged, somebody else of it was asked since, one
    was sent within a day, or the mail server takes nothing. A page must say the same in all these
    cases.
    """
    at = at or timezone.now()
    if not mail_is_configured():
        return None
    with transaction.atomic(durable=True):
        begun = _begin_new_link(question, at=at)
    if begun is None:
        return None
    with Post() as post:
        delivery = send(begun, post)
    return None if delivery.fate == Fate.LATER else _as_it_is(begun.mail)


# --- The first half: noted as being sent -----------------------------------------------------


def begin_if_due(center, *, at):
    """Note the first mail to a center, if it is due and can be asked by mail; `Begun` or None."""
    with transaction.atomic(durable=True):
        locked = Center.objects.select_for_update().get(pk=center.pk)
        if not due(timezone.localdate(at)).filter(pk=locked.pk).exists():
            return None  # another run, or somebody, was faster
        recipient = recipients_of([locked])[locked.pk]
        return recipient and _begin_question(locked, recipient, kind=Kind.FIRST, at=at)


def begin_reminder(question, *, at):
    """Note the reminder, if it is still due and the address still the person's; or None."""
    with transaction.atomic(durable=True):
        Center.objects.select_for_update().get(pk=question.center_id)
        rows = to_remind(at=at).filter(pk=question.pk).select_related("center", "contact")
        question = rows.first()
        if question is None:
            return None
        address = address_of(question)
        if question.contact and question.contact.wants_no_mail:
            return None
        if not address or address_mark(address) != question.address_mark:
            return None
        before = {"link_made_at": question.link_made_at}
        question.link_made_at = at
        question.save(update_fields=["link_made_at"])
        mail = _note(question, Kind.REMINDER, at=at)
        undo = partial(_take_back_mail, mail.pk, question.pk, before)
        return Begun(mail, write(question, mail, to=address), undo)


def _begin_question(center, recipient, *, kind, at):
    """Note a new question and its mail; an open question of the center ends."""
    open_ones = YearlyQuestion.objects.open().filter(center=center)
    replaced = list(open_ones.values_list("pk", flat=True))
    open_ones.update(state=State.ENDED, ended_at=at)
    question = YearlyQuestion.objects.create(
        center=center,
        contact=recipient.contact,
        language=recipient.language,
        address_mark=recipient.mark,
        asked_at=at,
        link_made_at=at,
    )
    mail = _note(question, kind, at=at)
    undo = partial(_take_back_question, question.pk, center.pk, replaced)
    return Begun(mail, write(question, mail, to=recipient.email), undo)


def _begin_again(mail, *, at):
    mail = QuestionMail.objects.select_related("question__center", "question__contact").get(
        pk=mail.pk
    )
    question, address = mail.question, address_of(mail.question)
    was_stopped = mail.state == MailState.SENDING and mail.begun_at <= at - STOPPED_AFTER
    if not (was_stopped or mail.state in (MailState.DOUBT, MailState.FAILED)):
        raise ValidationError(_("This mail is not in doubt, so it is not sent again."))
    others = YearlyQuestion.objects.open().filter(center=question.center).exclude(pk=question.pk)
    may_wait = question.state in (State.OPEN, State.UNREACHABLE) and not others.exists()
    if not may_wait:
        raise ValidationError(_("This question has ended. Please ask anew."))
    if not address or address_mark(address) != question.address_mark:
        raise ValidationError(_("The mail address is another one by now. Please ask anew."))
    _require_willing(question.contact)
    before = {name: getattr(question, name) for name in ("state", "ended_at", "link_made_at")}
    mail_before = {"state": mail.state, "failure": mail.failure, "begun_at": mail.begun_at}
    question.state, question.ended_at, question.link_made_at = State.OPEN, None, at
    question.save(update_fields=list(before))
    mail.state, mail.failure, mail.begun_at = MailState.SENDING, "", at
    mail.save(update_fields=list(mail_before))
    undo = partial(_restore, mail.pk, mail_before, question.pk, before)
    return Begun(mail, write(question, mail, to=address), undo)


def _begin_new_link(question, *, at):
    center = Center.objects.select_for_update().get(pk=question.center_id)
    question = YearlyQuestion.objects.select_related("center", "contact").get(pk=question.pk)
    lately = QuestionMail.objects.filter(kind=Kind.NEW_LINK, begun_at__gt=at - NEW_LINK_EVERY)
    recipient = _on_record(question)
    if center.merged_into_id or recipient is None:
        return None
    if lately.filter(question__center=center).exists():
        return None
    current = YearlyQuestion.objects.open().filter(center=center).select_related("center").first()
    goes_there = current is not None and (
        (current.contact_id, current.address_mark)
        == (recipient.contact and recipient.contact.pk, recipient.mark)
    )
    by_mail = current is not None and current.means == YearlyQuestion.Means.MAIL
    if by_mail and not goes_there and current.contact_id != question.contact_id:
        return None  # somebody else of the center was asked since, and her link stays
    if not goes_there:
        return _begin_question(center, recipient, kind=Kind.NEW_LINK, at=at)
    before = {"nonce": current.nonce, "link_made_at": current.link_made_at}
    current.nonce, current.link_made_at = new_nonce(), at
    current.save(update_fields=list(before))
    mail = _note(current, Kind.NEW_LINK, at=at)
    undo = partial(_take_back_mail, mail.pk, current.pk, before)
    return Begun(mail, write(current, mail, to=recipient.email), undo)


def _note(question, kind, *, at):
    message_id = f"<{secrets.token_hex(16)}@{urlsplit(settings.SITE_URL).hostname[:80]}>"
    return question.mails.create(kind=kind, begun_at=at, message_id=message_id)


# --- The second half: sent, and noted what became of it --------------------------------------


def send(begun, post):
    """Send the mail by the `Post`, and note what became of it; returns its `Delivery`."""
    delivery = post.deliver(begun.message)
    at = timezone.now()
    rows = QuestionMail.objects.filter(
        pk=begun.mail.pk, state__in=[MailState.SENDING, MailState.DOUBT]
    )
    if delivery.fate == Fate.TAKEN:
        rows.update(state=MailState.SENT, sent_at=at, failure="")
    elif delivery.fate == Fate.REFUSED:
        note_undelivered(begun.mail, failure=delivery.said, at=at)
    elif delivery.fate == Fate.DOUBT:
        rows.update(state=MailState.DOUBT, failure=delivery.said)
    else:
        begun.take_back()
    return delivery


def mark_stopped(*, at=None):
    """Mark mails whose sending was stopped half-way as in doubt; returns how many there were."""
    latest = (at or timezone.now()) - STOPPED_AFTER
    rows = QuestionMail.objects.filter(state=MailState.SENDING, begun_at__lte=latest)
    return rows.update(state=MailState.DOUBT, failure="stopped")


@transaction.atomic
def _take_back_question(pk, center_pk, replaced):
    """The question never went out: it goes, and the one that ended for it is open again."""
    Center.objects.select_for_update().get(pk=center_pk)
    YearlyQuestion.objects.filter(pk=pk).delete()
    if not YearlyQuestion.objects.open().filter(center=center_pk).exists():
        ended = YearlyQuestion.objects.filter(pk__in=replaced, state=State.ENDED)
        ended.update(state=State.OPEN, ended_at=None)


@transaction.atomic
def _take_back_mail(pk, question_pk, before):
    QuestionMail.objects.filter(pk=pk).delete()
    YearlyQuestion.objects.filter(pk=question_pk).update(**before)


@transaction.atomic
def _restore(pk, mail_before, question_pk, before):
    QuestionMail.objects.filter(pk=pk).update(**mail_before)
    YearlyQuestion.objects.open().filter(pk=question_pk).update(**before)


def _send_or_refuse(begun):
    with Post() as post:
        delivery = send(begun, post)
    if delivery.fate == Fate.LATER:
        raise ValidationError(
            _("The mail server does not take mails just now. Nothing was sent; try again later.")
        )
    return _as_it_is(begun.mail)


def _as_it_is(mail):
    return QuestionMail.objects.select_related("question").get(pk=mail.pk)


# --- What stands against it ------------------------------------------------------------------


def _require_mail_server():
    if not mail_is_configured():
        raise ValidationError(_("There is no mail server, so nothing was sent."))


def _require_willing(person):
    if person is not None and person.wants_no_mail:
        raise ValidationError(_("She wants no mail. You can telephone, or send a letter."))


def _by_hand(center, contact, language):
    _require_willing(contact)
    email = contact.email if contact else center.email
    if not email:
        raise ValidationError(_("There is no mail address to write to."))
    known = known_language(language) if language else language_for(center, contact)
    return Recipient(contact, email, known)


def _refuse_twice(center, recipient, *, at):
    last = newest_by_mark([recipient.mark]).get(recipient.mark)
    if last and last.state == State.UNREACHABLE:
        raise ValidationError(_("A mail to this address could not be delivered."))
    if last and last.wants_no_more:
        raise ValidationError(_("Whoever reads this address has stopped these mails."))
    on = timezone.localdate(at)
    before = asked_lately(on=on).filter(center=center).first()
    before = before or YearlyQuestion.objects.open().filter(center=center).first()
    if before:
        day = PartialDate.of(timezone.localdate(before.asked_at)).in_words()
        raise ValidationError(_("This center was asked already: %(day)s.") % {"day": day})


def _on_record(question):
    """Whom a new link goes to: whom the question went to, else whom the center would be asked by.

    She who asks for it herself gets it, also if she wants no other mails.
    """
    center, person = question.center, question.contact
    if person and person.email:
        return Recipient(person, person.email, question.language)
    if center.email and address_mark(center.email) == question.address_mark:
        return Recipient(None, center.email, question.language)
    return recipients_of([center])[center.pk]
