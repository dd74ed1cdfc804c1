"""Photos on the way in: checked before they are decoded, and written anew.

What is stored is never the file that came: the picture is turned upright, pasted into a new one
without any of the old one's metadata (EXIF, GPS, comments), and saved as JPEG.
"""

import io
import re
import warnings

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from PIL import Image, UnidentifiedImageError

MAX_BYTES = 12 * 1024 * 1024
MAX_PIXELS = 50_000_000
MAX_SIDE = 2400  # pixels of the longer side as stored
FORMATS = ["JPEG", "PNG", "WEBP"]
# Of the renditions, in pixels; smaller pictures stay as wide as they are.
WIDTHS = [480, 960, 1600]
# By ending: Pillow's name of the format, and how it is written. A quick AVIF is still small.
_WRITTEN = {
    "avif": ("AVIF", {"quality": 55, "speed": 8}),
    "webp": ("WEBP", {"quality": 75, "method": 3}),
    "jpg": ("JPEG", {"quality": 80, "optimize": True, "progressive": True}),
}

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

_TOO_MANY_PIXELS = _(
    "This picture has too many pixels: over 50 million. A smaller version of the photo will do."
)
_MOVING = _("This is a moving picture. Save one picture of it as JPEG or PNG, and send that.")
_DRAWING = _("This is a drawing (SVG), not a photo. Save it as PNG, and send that.")
_HEIC = _(
    "This is a photo as iPhones keep it (HEIC). Send it to yourself by mail, which makes it a "
    "JPEG, or choose Settings › Camera › Formats › Most Compatible before you take the next."
)
_OTHER = _("This file is not a photo that can be read. JPEG, PNG and WebP are accepted.")
_TRUNCATED = _("This photo cannot be read to its end. Perhaps the file is damaged: send it anew.")
_EMPTY = _("This file is empty.")


def fresh_picture(upload):
    """The uploaded file as a picture in memory, upright, RGB, at most `MAX_SIDE` on a side.

    Raises `ValidationError`, in plain words, for a file that is too large, that is no photo of
    an accepted format whatever its name says, or that cannot be read to its end.
    """
    if upload.size > MAX_BYTES:
        raise ValidationError(
            _("This file is larger than %d MB. A smaller version of the photo will do.")
            % (MAX_BYTES // 1024 // 1024)
        )
    upload.seek(0)
    data = upload.read()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            picture = Image.open(io.BytesIO(data), formats=FORMATS)
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        raise ValidationError(_TOO_MANY_PIXELS) from None
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError):
        raise ValidationError(_reason_for(data)) from None
    if picture.width * picture.height > MAX_PIXELS:
        raise ValidationError(_TOO_MANY_PIXELS)
    # Telephones put a small picture behind the large one (MPO); that does not move.
    if picture.format != "MPO" and getattr(picture, "is_animated", False):
        raise ValidationError(_MOVING)
    try:
        # A large JPEG is decoded at a half or less: all that is stored, with less memory.
        picture.draft(picture.mode, (MAX_SIDE, MAX_SIDE))
        picture.load()
        picture = _upright(picture)
    except (OSError, SyntaxError, ValueError):
        raise ValidationError(_TRUNCATED) from None
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
    return fresh


def as_jpeg(picture):
    """The bytes of the file that is kept, from which renditions can be made again."""
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=85, optimize=True)
    return out.getvalue()


def renditions(picture):
    """Yields (width in pixels, ending, bytes) of each rendition; never wider than the picture."""
    for width in sorted({min(width, picture.width) for width in WIDTHS}):
        height = max(1, round(picture.height * width / picture.width))
        smaller = picture.resize((width, height), Image.Resampling.LANCZOS, reducing_gap=3.0)
        for ending, (name, options) in _WRITTEN.items():
            out = io.BytesIO()
            smaller.save(out, name, **options)
            yield width, ending, out.getvalue()


def _reason_for(data):
    """Why these bytes are no photo, with what to do about it where we know."""
    if not data:
        return _EMPTY
    if data[4:8] == b"ftyp" and data[8:12] in {b"heic", b"heix", b"hevc", b"mif1", b"msf1"}:
        return _HEIC
    if data.startswith((b"GIF87a", b"GIF89a")):
        return _MOVING
    if re.search(rb"<svg[\s>]|<!DOCTYPE svg", data[:4096], re.I):
        return _DRAWING
    if data.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")) or data[8:12] == b"WEBP":
        return _TRUNCATED
    return _OTHER


def _upright(picture):
    """The picture turned as its camera was held; cameras that write nonsense are forgiven.

    Pillow's own `exif_transpose` writes the other EXIF data anew, and fails on odd ones.
    """
    try:
        turn = _TURNS.get(picture.getexif().get(274))
    except (SyntaxError, ValueError, TypeError, OSError):
        turn = None
    return picture if turn is None else picture.transpose(turn)
