"""What belongs to the registry as a whole, and to none of its apps."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class RegisterSnapshot(models.Model):
    """The public register as it was on a day, kept for good so that it can be cited.

    What is stored has no way to reach anybody in it. It is never served as it is: today's rules
    of precision go over it first (`mine_site.register.dated`).
    """

    day = models.DateField(_("day"), unique=True)
    package = models.BinaryField(_("zip file"))
    rows = models.JSONField(_("number of rows by file"))

    class Meta:
        verbose_name = _("dated copy of the register")
        verbose_name_plural = _("dated copies of the register")
        ordering = ["-day"]

    def __str__(self):
        return self.day.isoformat()
