"""Centers that may be recorded twice: the keys they are compared by, and what people decided."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from centers.models.center import Center


class MatchKey(models.Model):
    """What a center is compared by: two centers that share a key may be the same one.

    Written by `centers.duplicates.rekey` alone, for centers that were not merged into another.
    Where a key comes from (name, place, website) stands at its beginning.
    """

    center = models.ForeignKey(
        Center, models.CASCADE, related_name="match_keys", verbose_name=_("center")
    )
    key = models.CharField(_("key"), max_length=120)

    class Meta:
        verbose_name = _("match key")
        verbose_name_plural = _("match keys")
        constraints = [
            # In this order its index answers who shares a key.
            models.UniqueConstraint(fields=["key", "center"], name="match_key_once"),
        ]

    def __str__(self):
        return self.key


class NotDuplicate(models.Model):
    """Somebody looked at two centers that seemed the same, and they are not."""

    a = models.ForeignKey(Center, models.CASCADE, related_name="+", verbose_name=_("center"))
    b = models.ForeignKey(Center, models.CASCADE, related_name="+", verbose_name=_("other center"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("coordinator"),
    )
    at = models.DateTimeField(_("decided"), default=timezone.now)

    class Meta:
        verbose_name = _("two centers, not one")
        verbose_name_plural = _("two centers, not one")
        ordering = ["-at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["a", "b"], name="not_duplicate_once"),
            # One order for each pair, so that it cannot be remembered twice.
            models.CheckConstraint(condition=Q(a__lt=F("b")), name="not_duplicate_in_order"),
        ]

    def __str__(self):
        return f"{self.a} ≠ {self.b}"


class CenterMergeQuerySet(models.QuerySet):
    def standing(self):
        """Merges that were not undone."""
        return self.filter(undone_at__isnull=True)


class CenterMerge(models.Model):
    """The record of a merge: which center was merged into which, and what went where.

    Made and undone by `centers.merging` alone. `moved` holds what an undoing needs, by primary
    keys and without names of persons.
    """

    responsible = "kept"

    kept = models.ForeignKey(Center, models.PROTECT, related_name="+", verbose_name=_("stays"))
    merged = models.ForeignKey(
        Center, models.PROTECT, related_name="+", verbose_name=_("was merged into it")
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("merged by"),
    )
    at = models.DateTimeField(_("merged at"), default=timezone.now)
    moved = models.JSONField(_("what went where"), default=dict)
    undone_at = models.DateTimeField(_("undone at"), null=True, blank=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("undone by"),
    )

    objects = CenterMergeQuerySet.as_manager()

    class Meta:
        verbose_name = _("merge of two centers")
        verbose_name_plural = _("merges of centers")
        ordering = ["-at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["merged"],
                condition=Q(undone_at__isnull=True),
                name="center_merge_stands_once",
            ),
            models.CheckConstraint(
                condition=~Q(kept=F("merged")), name="center_merge_of_two_centers"
            ),
        ]

    def __str__(self):
        return gettext("%(merged)s, merged into %(kept)s") % {
            "merged": self.merged,
            "kept": self.kept,
        }

    @property
    def is_undone(self):
        return self.undone_at is not None
