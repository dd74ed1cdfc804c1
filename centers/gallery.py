"""Pictures and their files: taken in, given renditions, and withdrawn; photos of centers first.

Whatever is a picture (`models.photos.Picture`), also in apps above, has its files in one folder.
"""

import hashlib
import logging
import re
import secrets
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

from django.apps import apps
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
from centers.models.photos import LAST_PLACE, Picture, rendition_name

FOLDER = "photos"
# More would make neither the public page nor the coordinators' better.
MAX_PHOTOS = 60
# A file that no picture names may belong to one that is being taken in just now.
STRAY_AFTER = timedelta(hours=1)

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Fresh:
    """A picture that is ready to be kept."""

    values: dict  # of the fields that every `Picture` has: image, width, height, widths, digest
    files: dict  # {name in the storage: bytes}


def picture_models():
    """The models whose rows are pictures, in all apps."""
    return [model for model in apps.get_models() if issubclass(model, Picture)]


def picture_of(stem):
    """The picture whose files' names begin so, whatever it is a picture of; None if there is none.

    `stem` is what `Picture.stem` says.
    """
    rows = (model.objects.filter(image=f"{stem}.jpg").first() for model in picture_models())
    return next((row for row in rows if row is not None), None)


def fresh(upload):
    """The uploaded file made anew, with its renditions, as a `Fresh`; nothing is written yet.

    Raises `ValidationError`, in plain words, for a file that is no photo that can be taken.
    """
    picture = photos.fresh_picture(upload)
    kept = photos.as_jpeg(picture)
    stem = f"{FOLDER}/{secrets.token_hex(12)}"
    files = {f"{stem}.jpg": kept}
    widths = []
    for width, ending, data in photos.renditions(picture):
        files[rendition_name(stem, width, ending)] = data
        widths.append(width)
    values = {
        "image": f"{stem}.jpg",
        "width": picture.width,
        "height": picture.height,
        "widths": _in_words(widths),
        "digest": hashlib.sha256(kept).hexdigest(),
    }
    return Fresh(values, files)


@contextmanager
def keeping(*pictures):
    """A transaction that writes rows for fresh pictures; their files are written at its end.

    Whatever goes wrong in it, neither a row nor a file is left behind.
    """
    files = {name: data for each in pictures for name, data in each.files.items()}
    with _or_none_of(files), transaction.atomic():
        yield
        for name, data in files.items():
            default_storage.save(name, ContentFile(data))


def take_picture(upload, make):
    """Take an uploaded file in: the files and the row that `make(values)` writes, or neither.

    `values` are of the fields that every picture has (`Fresh`). Returns what `make` returns.
    Raises `ValidationError` as `fresh` does.
    """
    picture = fresh(upload)
    with keeping(picture):
        return make(picture.values)


def add_photo(center, upload):
    """Take an uploaded file in as a draft of the center, with its renditions; returns the photo.

    Raises `ValidationError`, in plain words, for a file that is no photo that can be taken, and
    for one that the center has already. Whatever goes wrong, no file is left behind.
    """

    def make(values):
        # Two people at once, or one who clicks twice: the second waits here for the first.
        locked = center.locked()
        if locked.photos.filter(digest=values["digest"]).exists():
            raise ValidationError(_("This photo is here already."))
        if locked.photos.count() >= MAX_PHOTOS:
            raise ValidationError(
                _("A center can have %d photos. Withdraw one to make room.") % MAX_PHOTOS
            )
        last = locked.photos.aggregate(last=Max("position"))["last"]
        position = min((last or 0) + 1, LAST_PLACE)
        return Photo.objects.create(center=locked, position=position, **values)

    return take_picture(upload, make)


def make_renditions(photo):
    """Write the renditions of a picture that lacks some, from the file that is kept.

    Raises `OSError` when that file is missing or cannot be read.
    """
    with default_storage.open(photo.image.name) as file:
        picture = Image.open(file, formats=["JPEG"]).convert("RGB")
    files, widths = {}, []
    for width, ending, data in photos.renditions(picture):
        files[rendition_name(photo.stem, width, ending)] = data
        widths.append(width)
    rows = type(photo).objects.filter(pk=photo.pk)
    with _or_none_of(files), transaction.atomic():
        locked = rows.select_for_update().first()
        if locked is None:  # withdrawn meanwhile
            return
        remove_files(locked.rendition_names)
        for name, data in files.items():
            default_storage.save(name, ContentFile(data))
        rows.update(widths=_in_words(widths))


@transaction.atomic
def withdraw_picture(picture, *, reason, by):
    """Take a picture back: its row and all its files go, a line without any name stays.

    `reason` is one of `Erasure.Reason`. The files go when the database has taken it. Returns the
    line of the ledger, also when somebody else was faster.
    """
    locked = type(picture).objects.select_for_update().filter(pk=picture.pk).first()
    if locked is None:
        return Erasure.objects.covering(picture).first()
    center = locked.of_center
    line, _new = Erasure.objects.get_or_create(
        key=ledger_key(locked),
        defaults={
            "kind": Erasure.Kind.PHOTO,
            "center": center.public_id if center else "",
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


def remove_withdrawn_files():
    """Delete the files of pictures that the ledger says were withdrawn, where they are back."""
    stems = set(Erasure.objects.filter(kind=Erasure.Kind.PHOTO).values_list("file", flat=True))
    if stems:
        remove_files(name for name in _stored() if re.split(r"[-.]", name)[0] in stems)


def missing_files():
    """Yields (picture, name) for each file that should be there and is not; "" for renditions that
    were never made."""
    present = _stored()
    for photo in _pictures("key"):
        if photo.image.name not in present and not default_storage.exists(photo.image.name):
            yield photo, photo.image.name
        elif not photo.widths:
            yield photo, ""
        for name in photo.rendition_names:
            if name not in present:
                yield photo, name


def stray_files(*, now=None):
    """The names of files in the folder that no picture names, but for those of the last hour."""
    known = {name for photo in _pictures() for name in photo.file_names}
    before = (now or datetime.now(UTC)) - STRAY_AFTER
    return [
        name
        for name in sorted(_stored() - known)
        if default_storage.get_modified_time(name) < before
    ]


def repair():
    """Make the renditions that are missing, and delete the files that no picture names."""
    for photo in dict.fromkeys(photo for photo, _name in missing_files()):
        if default_storage.exists(photo.image.name):
            try:
                make_renditions(photo)
            except OSError as error:
                logger.error("The photo file %s cannot be read: %s", photo.image.name, error)
    remove_files(stray_files())


def _stored():
    """The names of all files in the folder of pictures."""
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


def _pictures(*order):
    for model in picture_models():
        yield from model.objects.order_by(*order)


def _in_words(widths):
    return " ".join(str(width) for width in sorted(set(widths)))
