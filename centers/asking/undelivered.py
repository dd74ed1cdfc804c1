"""A mail could not be delivered: then its address is unreachable, and the center is as it was."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from centers.models import ContactAttempt, QuestionMail, YearlyQuestion


@transaction.atomic
def note_undelivered(mail, *, failure, at):
    """Note that the mail was refused for good, or came back; returns whether that was news.

    An open question ends as unreachable, so that the next person of the center can be asked; one
    that was answered stays answered. The attempt stands with the center's others: never a status.
    `failure` is a code such as 550 or 5.1.1, and no address.
    """
    states = QuestionMail.State
    rows = QuestionMail.objects.filter(pk=mail.pk).exclude(state=states.FAILED)
    if not rows.update(state=states.FAILED, failure=failure[:100]):
        return False
    state = YearlyQuestion.State
    ended = YearlyQuestion.objects.open().filter(pk=mail.question_id)
    if ended.update(state=state.UNREACHABLE, ended_at=at):
        ContactAttempt.objects.create(
            center_id=mail.question.center_id,
            tried_on=timezone.localdate(at),
            means=_("mail, not delivered"),
        )
    return True
