"""The photos of a center and their files: taken in, given renditions, and withdrawn."""

import hashlib
import logging
import secrets
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _
from PIL import Image

from centers import photos
from centers.models import Erasure, Photo
from centers.models.erasures import ledger_key
from centers.models.photos import LAST_PLACE, rendition_name

FOLDER = "photos"
# More would make neither the public page nor the coordinators' better.
MAX_PHOTOS = 60
# A file that no photo names may belong to one that is being taken in just now.
STRAY_AFTER = timedelta(hours=1)

logger = logging.getLogger(__name__)


def add_photo(center, upload):
    """Take an uploaded file in as a draft of the center, with its renditions; returns the photo.

    Raises `ValidationError`, in plain words, for a file that is no photo that can be taken, and
    for one that the center has already. Whatever goes wrong, no file is left behind.
    """
    picture = photos.fresh_picture(upload)
    kept = photos.as_jpeg(picture)
    digest = hashlib.sha256(kept).hexdigest()
    stem = f"{FOLDER}/{secrets.token_hex(12)}"
    files = {f"{stem}.jpg": kept}
    widths = []
    for width, ending, data in photos.renditions(picture):
        files[rendition_name(stem, width, ending)] = data
        widths.append(width)
    with _or_none_of(files), transaction.atomic():
        # Two people at once, or one who clicks twice: the second waits here for the first.
        locked = center.locked()
        if locked.photos.filter(digest=digest).exists():
            raise ValidationError(_("This photo is here already."))
        if locked.photos.count() >= MAX_PHOTOS:
            raise ValidationError(
                _("A center can have %d photos. Withdraw one to make room.") % MAX_PHOTOS
            )
        _write(files)
        last = locked.photos.aggregate(last=Max("position"))["last"]
        return Photo.objects.create(
            center=locked,
            image=f"{stem}.jpg",
            width=picture.width,
            height=picture.height,
            widths=_in_words(widths),
            digest=digest,
            position=min((last or 0) + 1, LAST_PLACE),
        )


def make_renditions(photo):
    """Write the renditions of a photo that lacks some, from the file that is kept.

    Raises `OSError` when that file is missing or cannot be read.
    """
    with default_storage.open(photo.image.name) as file:
        picture = Image.open(file, formats=["JPEG"]).convert("RGB")
    files, widths = {}, []
    for width, ending, data in photos.renditions(picture):
        files[rendition_name(photo.stem, width, ending)] = data
        widths.append(width)
    with _or_none_of(files), transaction.atomic():
        locked = Photo.objects.select_for_update().filter(pk=photo.pk).first()
        if locked is None:  # withdrawn meanwhile
            return
        remove_files(locked.rendition_names)
        _write(files)
        Photo.objects.filter(pk=photo.pk).update(widths=_in_words(widths))


@transaction.atomic
def withdraw_photo(photo, *, reason, by):
    """Take a photo back: its row and all its files go, a line without any name stays.

    `reason` is one of `Erasure.Reason`. The files go when the database has taken it. Returns the
    line of the ledger, also when somebody else was faster.
    """
    locked = Photo.objects.select_for_update().select_related("center").filter(pk=photo.pk).first()
    if locked is None:
        return Erasure.objects.covering(photo).first()
    line, _new = Erasure.objects.get_or_create(
        key=ledger_key(locked),
        defaults={
            "kind": Erasure.Kind.PHOTO,
            "center": locked.center.public_id,
            "file": locked.stem,
            "reason": reason,
            "by": by,
        },
    )
    names = locked.file_names
    locked.delete()
    transaction.on_commit(partial(remove_files, names))
    return line


def remove_files(names):
    """Delete the files; one that cannot be deleted is logged, and found by `check_register`."""
    for name in names:
        try:
            default_storage.delete(name)
        except OSError as error:
            logger.error("The photo file %s could not be deleted: %s", name, error.strerror)


def missing_files():
    """Yields (photo, name) for each file that should be there and is not; "" for renditions that
    were never made."""
    present = _stored()
    for photo in Photo.objects.order_by("key"):
        if photo.image.name not in present and not default_storage.exists(photo.image.name):
            yield photo, photo.image.name
        elif not photo.widths:
            yield photo, ""
        for name in photo.rendition_names:
            if name not in present:
                yield photo, name


def stray_files(*, now=None):
    """The names of files in the folder that no photo names, but for those of the last hour."""
    known = {name for photo in Photo.objects.order_by() for name in photo.file_names}
    before = (now or datetime.now(UTC)) - STRAY_AFTER
    return [
        name
        for name in sorted(_stored() - known)
        if default_storage.get_modified_time(name) < before
    ]


def repair():
    """Make the renditions that are missing, and delete the files that no photo names."""
    for photo in dict.fromkeys(photo for photo, _name in missing_files()):
        if default_storage.exists(photo.image.name):
            try:
                make_renditions(photo)
            except OSError as error:
                logger.error("The photo file %s cannot be read: %s", photo.image.name, error)
    remove_files(stray_files())


def _stored():
    """The names of all files in the folder of photos."""
    try:
        return {f"{FOLDER}/{name}" for name in default_storage.listdir(FOLDER)[1]}
    except FileNotFoundError:
        return set()


@contextmanager
def _or_none_of(names):
    """None of the files is left when the block, or the commit at its end, fails."""
    try:
        yield
    except BaseException:
        remove_files(names)
        raise


def _write(files):
    for name, data in files.items():
        default_storage.save(name, ContentFile(data))


def _in_words(widths):
    return " ".join(str(width) for width in sorted(set(widths)))
