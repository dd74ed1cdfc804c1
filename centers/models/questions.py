"""The yearly question to a center, and the mails that carry it: private."""

import datetime

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import TruncDate
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from centers.dates import PartialDate
from centers.models.base import LanguageField
from centers.models.center import Center
from centers.models.invitations import new_nonce
from centers.models.people import Contact
from centers.models.reports import Report
from centers.models.status import StatusEntry

# How long the link in a mail, or on a letter, can be used.
VALID_FOR = datetime.timedelta(days=90)
REMIND_AFTER = datetime.timedelta(days=21)
# How long an answer to the reminder is waited for, before a coordinator takes the telephone.
GRACE = datetime.timedelta(days=21)


def _day_of(moment):
    """The day of a moment as it is here, a `PartialDate`; None for None."""
    return moment and PartialDate.of(timezone.localdate(moment))


def _end_of(day):
    """The last moment of the day, here."""
    return timezone.make_aware(datetime.datetime.combine(day, datetime.time.max))


class YearlyQuestionQuerySet(models.QuerySet):
    def open(self):
        """Questions whose answer is still hoped for."""
        return self.filter(state=YearlyQuestion.State.OPEN)

    def with_told_since(self):
        """Annotates `told_since`: whether anybody has recorded since how the center is.

        By telephone, say. What was seen before the day of the question does not count, nor what
        was withdrawn.
        """
        told = StatusEntry.objects.standing().filter(
            center=OuterRef("center"),
            recorded_at__gt=OuterRef("asked_at"),
            observed_earliest__gte=OuterRef("asked_day"),
        )
        asked = self.annotate(asked_day=TruncDate("asked_at"))
        return asked.annotate(told_since=Exists(told.order_by()))

    def unanswered(self):
        """Open questions about which nobody has said anything either, on no other way.

        Whoever has answered, and then asks for another link, is waited for by nobody.
        """
        answered = YearlyQuestion.objects.filter(
            center=OuterRef("center"),
            state=YearlyQuestion.State.ANSWERED,
            asked_at__lt=OuterRef("asked_at"),
        )
        first = QuestionMail.objects.filter(question=OuterRef("pk"), kind=QuestionMail.Kind.FIRST)
        is_asked = Q(means=YearlyQuestion.Means.LETTER) | Exists(first.order_by())
        asked = self.open().filter(is_asked | ~Exists(answered.order_by()))
        return asked.with_told_since().filter(told_since=False)

    def overdue(self, *, on):
        """Unanswered questions that a coordinator should follow up on the day `on`.

        The reminder, or all of six weeks where there was none, as with a letter, went by without
        a word; and no mail went out in the last three weeks that may still be answered.
        """
        sent = QuestionMail.objects.filter(
            question=OuterRef("pk"), state=QuestionMail.State.SENT
        ).order_by()
        waited = _end_of(on) - GRACE
        reminded = sent.filter(kind=QuestionMail.Kind.REMINDER, sent_at__lte=waited)
        return self.unanswered().filter(
            Q(Exists(reminded)) | Q(asked_at__lte=waited - REMIND_AFTER),
            ~Exists(sent.filter(sent_at__gt=waited)),
        )

    def in_doubt(self):
        """Unanswered questions of which nobody knows whether a mail went out."""
        doubtful = QuestionMail.objects.filter(
            question=OuterRef("pk"), state=QuestionMail.State.DOUBT
        )
        return self.unanswered().filter(Exists(doubtful.order_by()))

    def undelivered(self):
        """Questions that did not reach the center, which was neither asked anew nor heard of."""
        newer = YearlyQuestion.objects.filter(
            center=OuterRef("center"), asked_at__gt=OuterRef("asked_at")
        )
        unreachable = self.filter(state=YearlyQuestion.State.UNREACHABLE)
        return unreachable.with_told_since().filter(~Exists(newer.order_by()), told_since=False)


class YearlyQuestion(models.Model):
    """We asked a center how it is: by a mail to one of its persons, or by a letter.

    A center has one open question at most. The link in it is signed (`centers.asking.links`), and
    dead once it was used, when it is old, and when the address that it went to is not the
    person's any more. No answer is never a status.
    """

    responsible = "center"
    is_private = True

    class Means(models.TextChoices):
        MAIL = "mail", _("mail")
        LETTER = "letter", _("letter")

    class State(models.TextChoices):
        OPEN = "open", _("no answer yet")
        ANSWERED = "answered", _("answered")
        UNREACHABLE = "unreachable", _("could not be delivered")
        ENDED = "ended", _("ended without an answer")

    center = models.ForeignKey(
        Center, models.CASCADE, related_name="questions", verbose_name=_("center")
    )
    # Nobody: it went to the center's own public address, or as a letter.
    contact = models.ForeignKey(
        Contact,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="questions",
        verbose_name=_("contact person"),
    )
    means = models.CharField(_("how"), max_length=10, choices=Means, default=Means.MAIL)
    language = LanguageField(_("language"), default="en")
    # Of the mail address, not to be read back (`centers.asking.links.address_mark`).
    address_mark = models.CharField(max_length=32, blank=True, default="", editable=False)
    # Whoever reads that address stopped these mails (`centers.asking.stopping`).
    wants_no_more = models.BooleanField(default=False, editable=False)
    state = models.CharField(_("state"), max_length=12, choices=State, default=State.OPEN)
    asked_at = models.DateTimeField(_("asked"), default=timezone.now, editable=False)
    nonce = models.CharField(max_length=40, default=new_nonce, editable=False)
    link_made_at = models.DateTimeField(_("link made"), default=timezone.now, editable=False)
    ended_at = models.DateTimeField(_("ended"), null=True, editable=False)
    report = models.OneToOneField(
        Report,
        models.SET_NULL,
        null=True,
        editable=False,
        related_name="question",
        verbose_name=_("answer"),
    )

    objects = YearlyQuestionQuerySet.as_manager()

    class Meta:
        verbose_name = _("yearly question")
        verbose_name_plural = _("yearly questions")
        ordering = ["-asked_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["center"], condition=Q(state="open"), name="question_one_open_a_center"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["open", "answered", "unreachable", "ended"]),
                name="question_state_known",
            ),
            models.CheckConstraint(
                condition=Q(state="open", ended_at__isnull=True)
                | (~Q(state="open") & Q(ended_at__isnull=False)),
                name="question_open_iff_not_ended",
            ),
        ]

    def __str__(self):
        return f"{self.center}, {self.asked_at:%Y-%m-%d}"

    @property
    def expires_at(self):
        """When its present link stops working."""
        return self.link_made_at + VALID_FOR

    @property
    def asked_on(self):
        return _day_of(self.asked_at)

    @property
    def ended_on(self):
        return _day_of(self.ended_at)

    @property
    def valid_until(self):
        """The last day on which its present link surely works."""
        return _day_of(self.expires_at - datetime.timedelta(days=1))


class QuestionMail(models.Model):
    """A mail that carries a yearly question: noted before it is sent, and again when it was taken.

    One that was noted and never taken is in doubt: the run that sent it was killed. It is sent
    anew by hand alone, and with the same Message-ID, so that a mail program shows both as one.
    """

    class Kind(models.TextChoices):
        FIRST = "first", _("the question")
        REMINDER = "reminder", _("the reminder")
        NEW_LINK = "new_link", _("a new link")

    class State(models.TextChoices):
        SENDING = "sending", _("being sent")
        SENT = "sent", _("sent")
        FAILED = "failed", _("not delivered")
        DOUBT = "doubt", _("in doubt")

    question = models.ForeignKey(
        YearlyQuestion, models.CASCADE, related_name="mails", verbose_name=_("yearly question")
    )
    kind = models.CharField(_("what"), max_length=10, choices=Kind)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.SENDING)
    message_id = models.CharField(max_length=120, unique=True, editable=False)
    begun_at = models.DateTimeField(_("begun"), default=timezone.now)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    # What the mail server said: a code such as 550 or 5.1.1, or the kind of the error; no address.
    failure = models.CharField(_("what went wrong"), max_length=100, blank=True, default="")

    class Meta:
        verbose_name = _("mail of a yearly question")
        verbose_name_plural = _("mails of yearly questions")
        ordering = ["question", "begun_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["question", "kind"],
                condition=Q(kind__in=["first", "reminder"]),
                name="question_mail_once_a_kind",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["sending", "sent", "failed", "doubt"]),
                name="question_mail_state_known",
            ),
        ]

    def __str__(self):
        return f"{self.get_kind_display()}, {self.begun_at:%Y-%m-%d}"

    @property
    def begun_on(self):
        return _day_of(self.begun_at)

    @property
    def sent_on(self):
        return _day_of(self.sent_at)
