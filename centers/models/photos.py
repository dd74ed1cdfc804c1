"""Photos of centers."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from centers.models.base import Keyed
from centers.models.center import Center


class Photo(Keyed):
    """A photo of a center; the file is made by `centers.photos.cleaned_photo`."""

    responsible = "center"

    center = models.ForeignKey(
        Center, models.CASCADE, related_name="photos", verbose_name=_("center")
    )
    image = models.ImageField(
        _("photo"), upload_to="photos", width_field="width", height_field="height"
    )
    width = models.PositiveIntegerField(_("width"), editable=False)
    height = models.PositiveIntegerField(_("height"), editable=False)
    alternative = models.CharField(
        _("text alternative"),
        max_length=300,
        help_text=_("What the photo shows, for those who cannot see it. No private names."),
    )
    credit = models.CharField(_("credit"), max_length=200, blank=True)
    consent = models.CharField(
        _("consent"),
        max_length=300,
        help_text=_("Who agreed that it may be shown, and when. Not published."),
    )
    is_sample = models.BooleanField(_("sample"), default=False)

    class Meta:
        verbose_name = _("photo")
        verbose_name_plural = _("photos")
        ordering = ["center", "key"]
        constraints = [
            models.CheckConstraint(condition=~Q(alternative=""), name="photo_has_text_alternative"),
            models.CheckConstraint(condition=~Q(consent=""), name="photo_has_consent"),
        ]

    def __str__(self):
        return self.alternative
