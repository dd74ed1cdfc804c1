"""What the outside tells us about a center, and what became of it: private until it is decided."""

import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from centers.models.base import Keyed, LanguageField
from centers.models.center import Center
from centers.models.people import Contact

# Whoever reports is told by when somebody will have looked.
TARGET_DAYS = 14


class ReportQuerySet(models.QuerySet):
    def waiting(self):
        """Reports that wait for a coordinator, not for whoever reported."""
        return self.filter(state=Report.State.WAITING)

    def undecided(self):
        """Reports that are not closed yet, also those that were asked back."""
        return self.filter(state__in=Report.OPEN)


class Report(Keyed):
    """What somebody outside told us, waiting for a coordinator: an item of the queue.

    A visitor's correction, a center's answer to the yearly question, or a story that was told. What
    it would change stands in its parts (`ReportPart`), what was done with it in its steps
    (`ReportStep`). It is received, decided and answered through `centers.reports`. A report without
    a center belongs to the leads. Its key is the reference on the receipt.
    """

    responsible = "center"
    # Its changes are told to those alone who look after the center.
    is_private = True

    class Origin(models.TextChoices):
        VISITOR = "visitor", _("a visitor")
        CENTER = "center", _("the center itself")
        TELLER = "teller", _("she who tells a story")

    class Subject(models.TextChoices):
        STATUS = "status", _("whether it is open")
        PLACE = "place", _("where it is")
        CONTACT = "contact", _("how to reach it")
        NAME = "name", _("its name")
        DUPLICATE = "duplicate", _("it is there twice")
        REMOVE_ME = "remove_me", _("please remove me")
        OTHER = "other", _("something else")
        YEARLY = "yearly", _("answer to the yearly question")
        STORY = "story", _("a story")

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        ASKED = "asked", _("asked back")
        ACCEPTED = "accepted", _("accepted")
        PARTLY = "partly", _("partly accepted")
        DECLINED = "declined", _("declined")

    class Reason(models.TextChoices):
        """Why a report changed nothing; told to whoever reported, in her language."""

        ALREADY_SO = "already_so", _("The registry says so already.")
        NOT_CONFIRMED = "not_confirmed", _("We asked, and nobody could confirm it.")
        TOLD_BEFORE = "told_before", _("Somebody else told us before, and we are looking into it.")
        UNCLEAR = "unclear", _("We could not find out what is meant.")
        NOT_OURS = "not_ours", _("This is not about what the registry records.")
        NOT_MEANT = "not_meant", _("It does not seem to be meant seriously.")
        OTHER = "other", _("Another reason")

    OPEN = [State.WAITING, State.ASKED]

    center = models.ForeignKey(
        Center,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="reports",
        verbose_name=_("center"),
    )
    origin = models.CharField(
        _("who told it"),
        max_length=10,
        choices=Origin,
        default=Origin.VISITOR,
        db_default="visitor",
    )
    subject = models.CharField(_("about"), max_length=12, choices=Subject)
    text = models.TextField(_("what was told"), blank=True)
    email = models.EmailField(_("mail address"), blank=True, default="", db_default="")
    language = LanguageField(_("language"), default="en", db_default="en")
    # Of the connection, by which many from one place are seen (`centers.guard.sender_mark`).
    sender_mark = models.CharField(
        max_length=16, blank=True, default="", db_default="", editable=False
    )
    contact = models.ForeignKey(
        Contact,
        models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="reports",
        verbose_name=_("contact person"),
    )
    is_urgent = models.BooleanField(
        _("urgent"),
        default=False,
        db_default=False,
        help_text=_("It struggles, or asks to be contacted."),
    )
    # When the coordinators had the mail about an urgent one.
    told_at = models.DateTimeField(null=True, blank=True, editable=False)
    assigned_to = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("taken on by"),
    )
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.WAITING)
    reason = models.CharField(
        _("why"), max_length=15, choices=Reason, blank=True, default="", db_default=""
    )
    outcome = models.TextField(
        _("what came of it"),
        blank=True,
        help_text=_("Read by whoever reported. In plain words; no private names."),
    )
    received_at = models.DateTimeField(_("received"), default=timezone.now, editable=False)
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True, editable=False)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name=_("decided by"),
    )

    objects = ReportQuerySet.as_manager()

    class Meta:
        verbose_name = _("report from outside")
        verbose_name_plural = _("reports from outside")
        ordering = ["received_at", "key"]
        indexes = [models.Index(fields=["state", "received_at"])]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["waiting", "asked", "accepted", "partly", "declined"]),
                name="report_state_known",
            ),
            models.CheckConstraint(
                condition=Q(origin__in=["visitor", "center", "teller"]), name="report_origin_known"
            ),
            models.CheckConstraint(
                condition=~Q(state="declined", outcome="", reason=""),
                name="report_declined_with_reason",
                violation_error_message=_("Say why the report is declined."),
            ),
        ]

    def __str__(self):
        about = self.get_subject_display()
        return f"{self.center}: {about}" if self.center_id else str(about)

    def get_absolute_url(self):
        """Its receipt, which whoever has the reference may read."""
        return reverse("centers:receipt", args=[self.reference])

    @property
    def reference(self):
        """The key as it is read out and typed: in groups of four."""
        return "-".join(self.key[start : start + 4] for start in range(0, len(self.key), 4))

    @property
    def is_open(self):
        return self.state in self.OPEN

    @property
    def target_on(self):
        """The day by which whoever reported was told that somebody will have looked."""
        return timezone.localdate(self.received_at) + datetime.timedelta(TARGET_DAYS)


class ReportPart(models.Model):
    """One thing that a report would change: what we held when it was told, and what was told.

    `field` names a kind of part that is known to `centers.reports.parts`, which says how values of
    `held` and `told` (JSON) are shown and applied.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        ACCEPTED = "accepted", _("accepted")
        DECLINED = "declined", _("declined")

    report = models.ForeignKey(
        Report, models.CASCADE, related_name="parts", verbose_name=_("report")
    )
    field = models.CharField(_("what"), max_length=30)
    held = models.JSONField(_("what we held"), null=True)
    told = models.JSONField(_("what was told"), null=True)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.WAITING)

    class Meta:
        verbose_name = _("part of a report")
        verbose_name_plural = _("parts of reports")
        ordering = ["report", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["report", "field"], name="report_part_once"),
            models.CheckConstraint(
                condition=Q(state__in=["waiting", "accepted", "declined"]),
                name="report_part_state_known",
            ),
        ]

    def __str__(self):
        return self.field


class ReportStep(models.Model):
    """Something that was done with a report: when, by whom, and with which words. Private."""

    class What(models.TextChoices):
        RECEIVED = "received", _("received")
        APPLIED = "applied", _("applied at once, as a plain confirmation")
        TOLD = "told", _("mail to the coordinators")
        ASSIGNED = "assigned", _("taken on")
        ASKED = "asked", _("asked back")
        ANSWERED = "answered", _("answered")
        ACCEPTED = "accepted", _("accepted")
        DECLINED = "declined", _("declined")
        MAILED = "mailed", _("mail to whoever reported")
        MAIL_FAILED = "mail_failed", _("a mail could not be sent")

    report = models.ForeignKey(
        Report, models.CASCADE, related_name="steps", verbose_name=_("report")
    )
    what = models.CharField(_("what"), max_length=12, choices=What)
    text = models.TextField(_("words"), blank=True)
    at = models.DateTimeField(_("when"), default=timezone.now)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("by whom"),
    )

    class Meta:
        verbose_name = _("step")
        verbose_name_plural = _("steps")
        ordering = ["report", "at", "pk"]

    def __str__(self):
        return self.get_what_display()
