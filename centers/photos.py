"""Photos on the way in: checked before they are decoded, and written anew.

What is stored is never the file that came: the picture is turned upright, pasted into a new one
without any of the old one's metadata (EXIF, GPS, comments), and saved as JPEG.
"""

import io
import secrets
import warnings

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.utils.translation import gettext_lazy as _
from PIL import Image, UnidentifiedImageError

MAX_BYTES = 12 * 1024 * 1024
MAX_PIXELS = 50_000_000
MAX_SIDE = 2400  # pixels of the longer side as stored
FORMATS = ["JPEG", "PNG", "WEBP"]


# How to turn a picture upright, by the orientation that its EXIF data give (tag 274).
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def cleaned_photo(upload):
    """The uploaded file as a new JPEG (`ContentFile` with a name of our own).

    Raises `ValidationError`, in plain words, for a file that is too large, that is no photo of
    an accepted format whatever its name says, or that cannot be read to its end.
    """
    if upload.size > MAX_BYTES:
        raise ValidationError(
            _("This file is larger than %d MB. A smaller version of the photo will do.")
            % (MAX_BYTES // 1024 // 1024)
        )
    upload.seek(0)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            picture = Image.open(io.BytesIO(upload.read()), formats=FORMATS)
            if picture.width * picture.height > MAX_PIXELS:
                raise ValidationError(_("This picture has too many pixels to be a photo."))
            picture.load()
            picture = _upright(picture)
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        raise ValidationError(_("This picture has too many pixels to be a photo.")) from None
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError):
        raise ValidationError(
            _("This file is not a photo that can be read. JPEG, PNG and WebP are accepted.")
        ) from None
    if picture.mode.startswith("I"):  # greys of sixteen bits
        picture = picture.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    picture.thumbnail((MAX_SIDE, MAX_SIDE))
    fresh = Image.new("RGB", picture.size, "white")
    alpha = (
        picture.convert("RGBA")
        if "A" in picture.getbands() or "transparency" in picture.info
        else None
    )
    fresh.paste((alpha or picture).convert("RGB"), mask=alpha.getchannel("A") if alpha else None)
    out = io.BytesIO()
    fresh.save(out, "JPEG", quality=85, optimize=True)
    return ContentFile(out.getvalue(), name=f"{secrets.token_hex(12)}.jpg")


def _upright(picture):
    """The picture turned as its camera was held; cameras that write nonsense are forgiven.

    Pillow's own `exif_transpose` writes the other EXIF data anew, and fails on odd ones.
    """
    try:
        turn = _TURNS.get(picture.getexif().get(274))
    except (SyntaxError, ValueError, TypeError, OSError):
        turn = None
    return picture if turn is None else picture.transpose(turn)
