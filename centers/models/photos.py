"""Photos of centers, and what every picture of the register has."""

from pathlib import PurePosixPath

from django.core import signing
from django.core.files.storage import default_storage
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from centers.models.base import Keyed
from centers.models.center import Center

# The endings of a photo's renditions, the smallest files first, and what each is served as.
FORMATS = {"avif": "image/avif", "webp": "image/webp", "jpg": "image/jpeg"}
LAST_PLACE = 999
# Of addresses by which somebody sees a picture that is not published.
LENT_SALT = "centers.photos.lent"
LENT_FOR = 24 * 60 * 60  # seconds


class Picture(models.Model):
    """A picture with files of our own making (`centers.gallery`), whatever it is a picture of."""

    image = models.ImageField(
        _("photo"), upload_to="photos", width_field="width", height_field="height"
    )
    width = models.PositiveIntegerField(_("width"), editable=False)
    height = models.PositiveIntegerField(_("height"), editable=False)
    # Of the renditions beside the file, in pixels, with blanks between; each in all `FORMATS`.
    widths = models.CharField(max_length=40, blank=True, default="", db_default="", editable=False)
    # SHA-256 of the file, by which the same photo is known when it is sent twice.
    digest = models.CharField(max_length=64, blank=True, default="", db_default="", editable=False)
    alternative = models.CharField(
        _("text alternative"),
        max_length=300,
        blank=True,
        help_text=_("What the photo shows, for those who cannot see it. No private names."),
    )
    credit = models.CharField(
        _("credit"),
        max_length=200,
        blank=True,
        help_text=_("Who took it, as she wants to be named. Published beside the photo."),
    )

    class Meta:
        abstract = True

    def __str__(self):
        return self.alternative or str(_("photo without a text alternative"))

    @property
    def stem(self):
        """The part of its files' names that they share: photos/… without width and ending."""
        return str(PurePosixPath(self.image.name).with_suffix(""))

    @property
    def rendition_widths(self):
        """The widths of its renditions in pixels, the smallest first; none were made yet: []."""
        return [int(width) for width in self.widths.split()]

    @property
    def rendition_names(self):
        """The names of its renditions in the storage."""
        return [
            rendition_name(self.stem, width, ending)
            for width in self.rendition_widths
            for ending in FORMATS
        ]

    @property
    def file_names(self):
        """The names of all its files in the storage."""
        return [self.image.name, *self.rendition_names]

    @property
    def sources(self):
        """[(content type, srcset)] for a `<picture>`, the smallest files first."""
        return [
            (kind, ", ".join(f"{self.url_of(width, ending)} {width}w" for width in widths))
            for ending, kind in FORMATS.items()
            if (widths := self.rendition_widths)
        ]

    @property
    def small_url(self):
        """The address of its smallest JPEG, for lists and old telephones."""
        widths = self.rendition_widths
        return self.url_of(widths[0], "jpg") if widths else self.image.url

    @property
    def middle_url(self):
        """The address of a JPEG of middling size, for browsers that choose none."""
        widths = self.rendition_widths
        return self.url_of(widths[len(widths) // 2], "jpg") if widths else self.image.url

    @property
    def lent_url(self):
        """The address of its smallest JPEG, for a page that only its giver can open.

        Whoever has it sees the picture for a day, also before it is published.
        """
        return f"{self.small_url}?lent={signing.TimestampSigner(salt=LENT_SALT).sign(self.stem)}"

    def is_lent(self, leave):
        """Whether `leave`, the last part of a `lent_url`, is of this picture, and not too old."""
        try:
            signed = signing.TimestampSigner(salt=LENT_SALT).unsign(leave, max_age=LENT_FOR)
        except signing.BadSignature:
            return False
        return signed == self.stem

    @property
    def of_center(self):
        """The center that it belongs to, however far up; None for one that belongs to none."""
        record = self
        while record is not None and not isinstance(record, Center):
            record = getattr(record, record.responsible)
        return record

    def url_of(self, width, ending):
        return default_storage.url(rendition_name(self.stem, width, ending))


class PhotoQuerySet(models.QuerySet):
    def published(self):
        """Photos that everybody may see: what they show is told, and somebody has agreed."""
        return self.exclude(alternative="").exclude(consent="")

    def drafts(self):
        """Photos that wait for their text alternative or for the consent."""
        return self.filter(Q(alternative="") | Q(consent=""))


class Photo(Picture, Keyed):
    """A photo of a center.

    Without text alternative or consent it is a draft: shown to those alone who look after the
    center. When the consent is withdrawn, row and files go, and an `Erasure` stays.
    """

    responsible = "center"

    center = models.ForeignKey(
        Center, models.CASCADE, related_name="photos", verbose_name=_("center")
    )
    consent = models.CharField(
        _("consent"),
        max_length=300,
        blank=True,
        help_text=_("Who agreed that it may be shown, and when. Not published."),
    )
    position = models.PositiveSmallIntegerField(
        _("place in the order"),
        default=0,
        db_default=0,
        validators=[MaxValueValidator(LAST_PLACE)],
        help_text=_("Small numbers come first."),
    )
    is_sample = models.BooleanField(_("sample"), default=False)

    objects = PhotoQuerySet.as_manager()

    class Meta:
        verbose_name = _("photo")
        verbose_name_plural = _("photos")
        ordering = ["center", "position", "key"]

    @property
    def is_published(self):
        return bool(self.alternative and self.consent)


def rendition_name(stem, width, ending):
    return f"{stem}-{width}.{ending}"
