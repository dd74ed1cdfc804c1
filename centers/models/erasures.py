"""The ledger of what was erased, so that it stays erased."""

import hashlib
import re

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from centers.models.base import KEY_ALPHABET

_OUR_KEY = re.compile(rf"[{KEY_ALPHABET}]{{12}}\Z")


class ErasureQuerySet(models.QuerySet):
    def covering(self, row):
        """The lines of the ledger, none or one, that say that this row was erased."""
        return self.filter(key=ledger_key(row))


class Erasure(models.Model):
    """A line of the ledger: a person, a photo or a story was erased, when, by whom, and why.

    It tells nothing of the person. It is repeated (`centers.erasure.repeat`) when an older copy
    of the register was restored or loaded, and travels with the register. The center is named by
    its public identifier, so that a line can be kept where the center is not known.
    """

    class Kind(models.TextChoices):
        CONTACT = "contact", _("contact person")
        PHOTO = "photo", _("photo")
        STORY = "story", _("story")

    class Reason(models.TextChoices):
        ASKED = "asked", _("she asked for it")
        CONSENT = "consent", _("the consent was withdrawn, or was never given")
        EXPIRED = "expired", _("not confirmed for three years")
        MISTAKE = "mistake", _("it was recorded by mistake")
        OTHER = "other", _("another reason")

    key = models.CharField(_("key"), max_length=80, unique=True, editable=False)
    kind = models.CharField(_("what"), max_length=10, choices=Kind)
    center = models.CharField(_("center"), max_length=8, blank=True)
    # Of a photo: what its files' names had in common, so that their addresses answer 410.
    file = models.CharField(max_length=80, blank=True, default="", db_index=True, editable=False)
    reason = models.CharField(_("why"), max_length=10, choices=Reason)
    erased_at = models.DateTimeField(_("when"), default=timezone.now)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name=_("by whom"),
    )

    objects = ErasureQuerySet.as_manager()

    class Meta:
        verbose_name = _("erasure")
        verbose_name_plural = _("erasures")
        ordering = ["-erased_at", "key"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["contact", "photo", "story"]), name="erasure_kind_known"
            ),
            models.CheckConstraint(
                condition=Q(reason__in=["asked", "consent", "expired", "mistake", "other"]),
                name="erasure_reason_known",
            ),
        ]

    def __str__(self):
        return f"{self.get_kind_display()}, {self.erased_at:%Y-%m-%d}"


def ledger_key(row):
    """What stands in the ledger for a row that is or was erased.

    Its kind and permanent key, also for an old version of it. A key that people chose may hold a
    name, and is hashed (SHA-256).
    """
    model = getattr(row, "instance_type", None) or row._meta.model
    return ledger_key_of(model, row.key)


def ledger_key_of(model, key):
    """`ledger_key` for the row of the model that has this permanent key."""
    if not _OUR_KEY.match(key):
        key = hashlib.sha256(key.encode()).hexdigest()
    return f"{model._meta.model_name}-{key}"
