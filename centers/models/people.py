"""Persons of a center, and attempts to reach it: private, on no public page and in no export."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from centers.dates import Dated, EarliestDayField, LatestDayField, PartialDate, PartialDateField
from centers.models.base import Keyed, LanguageField
from centers.models.center import Center

# A person who has not confirmed for so long that she may be kept is proposed for erasure.
KEPT_YEARS = 3


def kept_since(*, on):
    """The first day whose confirmations still count on the day `on`."""
    try:
        return on.replace(year=on.year - KEPT_YEARS)
    except ValueError:  # the 29th of February
        return on.replace(year=on.year - KEPT_YEARS, day=28)


class ContactQuerySet(models.QuerySet):
    def unconfirmed(self, *, on):
        """Persons who on the day `on` have neither agreed nor confirmed for three years.

        Dates that are not precise count from their earliest day, unknown ones not at all.
        """
        return self.exclude(confirmed_on_earliest__gte=kept_since(on=on)).exclude(
            consent_on_earliest__gte=kept_since(on=on)
        )

    def never_confirmed(self):
        """Persons of whom nobody knows when they agreed or confirmed."""
        return self.filter(confirmed_on__isnull=True, consent_on__isnull=True)

    def delete(self):
        """Erases each person with her history."""
        return sum(contact.delete()[0] for contact in self), {}


class Contact(Dated, Keyed):
    """A person whom coordinators may reach about a center. Private.

    Deleting one erases her: the rows of her history go as well. `centers.erasure.erase_contact`
    does so on request, and keeps the ledger. As text she is not named: texts end in logs.
    """

    responsible = "center"
    # Her changes are told to those alone who look after her center.
    is_private = True

    center = models.ForeignKey(
        Center, models.PROTECT, related_name="contacts", verbose_name=_("center")
    )
    name = models.CharField(_("name"), max_length=200)
    role = models.CharField(_("role"), max_length=120, blank=True)
    email = models.EmailField(_("mail address"), blank=True)
    phone = models.CharField(_("telephone"), max_length=60, blank=True)
    language = LanguageField(_("language"), blank=True)
    consent_on = PartialDateField(
        _("agreed on"), null=True, blank=True, help_text=_("When she agreed to be kept here.")
    )
    consent_on_earliest = EarliestDayField("consent_on")
    consent_on_latest = LatestDayField("consent_on")
    consent = models.CharField(
        _("how she agreed"),
        max_length=200,
        blank=True,
        default="",
        db_default="",
        help_text=_("By mail, on the telephone, on paper …"),
    )
    confirmed_on = PartialDateField(
        _("last confirmed"),
        null=True,
        blank=True,
        help_text=_("When she last said that this is right and may be kept."),
    )
    confirmed_on_earliest = EarliestDayField("confirmed_on")
    confirmed_on_latest = LatestDayField("confirmed_on")
    wants_no_mail = models.BooleanField(
        _("wants no mail"),
        default=False,
        db_default=False,
        help_text=_("The yearly question is not sent to her. A coordinator may still telephone."),
    )

    objects = ContactQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        verbose_name = _("contact person")
        verbose_name_plural = _("contact persons")
        ordering = ["center", "name", "key"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(email="", phone=""),
                name="contact_can_be_reached",
                violation_error_message=_("Give a mail address or a telephone number."),
            )
        ]

    def __str__(self):
        return gettext("no. %s") % (self.pk or "–")

    def save(self, *args, **kwargs):
        """Saves her, if she is still there: whoever was erased meanwhile is not written anew."""
        if not (self._state.adding or args or kwargs):
            kwargs["force_update"] = True
        super().save(*args, **kwargs)

    def clean(self):
        super().clean()
        for name in ("consent_on", "confirmed_on"):
            date = getattr(self, name)
            if date is not None and date.earliest > timezone.localdate():
                raise ValidationError({name: _("This day is still to come.")})

    @property
    def last_confirmed(self):
        """When she last agreed or confirmed (a `PartialDate`); None if nobody knows."""
        dates = [date for date in (self.consent_on, self.confirmed_on) if date is not None]
        return max(dates, key=lambda date: date.sort_key, default=None)

    def is_unconfirmed(self, *, on):
        """Whether she is proposed for erasure on the day `on`; as `unconfirmed` says it."""
        last = self.last_confirmed
        return last is None or last.earliest < kept_since(on=on)

    def confirm(self, *, on):
        """She said that all is still right and may be kept, on the day `on`.

        Returns whether that was news; it is none for somebody who was erased meanwhile.
        """
        with transaction.atomic():
            locked = Contact.objects.select_for_update().filter(pk=self.pk).first()
            if locked is None or (locked.confirmed_on and locked.confirmed_on.earliest >= on):
                return False
            locked.confirmed_on = PartialDate.of(on)
            locked.save(update_fields=["confirmed_on"])
        self.refresh_from_db(fields=["confirmed_on", "confirmed_on_earliest"])
        return True

    def stop_mail(self):
        """She wants no mail from us any more; returns whether that was news."""
        with transaction.atomic():
            locked = Contact.objects.select_for_update().filter(pk=self.pk).first()
            if locked is None or locked.wants_no_mail:
                return False
            locked.wants_no_mail = True
            locked.save(update_fields=["wants_no_mail"])
        self.refresh_from_db(fields=["wants_no_mail"])
        return True

    def delete(self, *args, **kwargs):
        pk = self.pk
        deleted = super().delete(*args, **kwargs)
        Contact.history.filter(id=pk).delete()
        return deleted


class ContactAttemptQuerySet(models.QuerySet):
    def standing(self):
        """Attempts that were not marked as entered by mistake."""
        return self.filter(is_mistaken=False)


class ContactAttempt(Keyed):
    """Somebody tried to reach a center, and nobody answered. Never a status.

    One that was entered by mistake is marked, not deleted.
    """

    responsible = "center"

    center = models.ForeignKey(
        Center, models.CASCADE, related_name="contact_attempts", verbose_name=_("center")
    )
    tried_on = models.DateField(_("tried on"), default=timezone.localdate)
    means = models.CharField(_("how"), max_length=120, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("coordinator"),
    )
    is_mistaken = models.BooleanField(
        _("entered by mistake"),
        default=False,
        help_text=_("It stays to be read, and counts no more."),
    )

    objects = ContactAttemptQuerySet.as_manager()

    class Meta:
        verbose_name = _("attempt to reach a center")
        verbose_name_plural = _("attempts to reach centers")
        ordering = ["-tried_on", "key"]

    def __str__(self):
        return f"{self.center}, {self.tried_on}"
