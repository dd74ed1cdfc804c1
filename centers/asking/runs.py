"""A run of the yearly question: reminders, and the centers that are due, at a bounded rate."""

import time
from collections import Counter
from dataclasses import dataclass, field
from functools import partial

from django.utils import timezone

from centers.asking.delivery import Fate, Post
from centers.asking.due import due, recipients_of, settled, to_remind
from centers.asking.sending import begin_if_due, begin_reminder, mark_stopped, send
from centers.models import YearlyQuestion

# So many mails in a row that the mail server did not want from us: it is not at work today.
PATIENCE = 10
# So many mails in doubt in one run: a human looks before there are more of them.
DOUBTS = 3


@dataclass
class Plan:
    """What is to be sent at a moment: questions to remind of, and due centers that have an address.

    `without_address` is the number of due centers that can only be asked on paper or by telephone.
    """

    reminders: list
    centers: list
    without_address: int


@dataclass
class Run:
    """What a run did: mails by their `Fate`, and why it ended before its end, if it did.

    `stopped` are mails of an earlier run that was stopped half-way, `settled` questions that were
    answered in another way.
    """

    stopped: int = 0
    settled: int = 0
    fates: Counter = field(default_factory=Counter)
    gave_up: str = ""

    @property
    def took_nothing(self):
        """Whether there was something to send, and the mail server took none of it."""
        return bool(self.fates) and not self.fates[Fate.TAKEN]


def plan(*, at):
    """The `Plan` as it stands at the moment `at`; nothing is changed."""
    centers = list(due(timezone.localdate(at)))
    recipients = recipients_of(centers)
    reachable = [center for center in centers if recipients[center.pk]]
    return Plan(list(to_remind(at=at)), reachable, len(centers) - len(reachable))


def tidy(*, at):
    """What comes before sending: mails of a run that was stopped are in doubt, and questions that
    were answered in another way end. Returns both numbers, as a `Run`."""
    answered = YearlyQuestion.objects.open().filter(
        pk__in=list(settled(at=at).values_list("pk", flat=True))
    )
    return Run(
        stopped=mark_stopped(at=at),
        settled=answered.update(state=YearlyQuestion.State.ENDED, ended_at=at),
    )


def run(*, rate, limit=None, now=timezone.now, sleep=time.sleep):
    """Send what is due, at most `rate` mails a minute and `limit` in all; returns the `Run`.

    Whatever it did is noted at once: a run can be stopped, and another one goes on. What another
    run has sent meanwhile is left out.
    """
    done, planned = tidy(at=now()), plan(at=now())
    begins = [partial(begin_reminder, question) for question in planned.reminders]
    begins += [partial(begin_if_due, center) for center in planned.centers]
    in_a_row, began = 0, None
    with Post() as post:
        for begin in begins:
            if done.fates.total() == limit:
                break
            if began is not None:
                sleep(max(0, began + 60 / rate - time.monotonic()))
            begun = begin(at=now())
            if begun is None:
                continue
            began = time.monotonic()
            delivery = send(begun, post)
            done.fates[delivery.fate] += 1
            in_a_row = in_a_row + 1 if delivery.is_of_us else 0
            if in_a_row == PATIENCE:
                done.gave_up = f"the mail server refused {PATIENCE} mails in a row"
            elif done.fates[Fate.DOUBT] == DOUBTS:
                done.gave_up = f"{DOUBTS} mails are in doubt"
            if done.gave_up:
                break
    return done
