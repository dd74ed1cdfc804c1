"""Photos on the way in: checked before they are decoded, and written anew."""

import contextlib
import io
import struct
import zlib
from types import SimpleNamespace

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw
from PIL.PngImagePlugin import PngInfo

from centers.photos import MAX_BYTES, MAX_SIDE, as_jpeg, fresh_picture, renditions

RED, BLUE = (220, 30, 30), (30, 30, 220)
ORIENTATION, GPS = 0x0112, 0x8825
EPS = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\nshowpage\n%%EOF\n"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><script>1</script></svg>'


def picture(size=(60, 40)):
    """Red, with a blue corner at the top left."""
    image = Image.new("RGB", size, RED)
    ImageDraw.Draw(image).rectangle((0, 0, size[0] // 4, size[1] // 4), fill=BLUE)
    return image


def encoded(image, kind="JPEG", **options):
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def cleaned(data, name="photo.jpg"):
    """The file that is kept of an uploaded one."""
    return io.BytesIO(as_jpeg(fresh_picture(SimpleUploadedFile(name, data))))


def opened(file):
    image = Image.open(io.BytesIO(file.read()))
    image.load()
    return image


def exif(orientation=1):
    data = Image.Exif()
    data[ORIENTATION] = orientation
    data[0x010E] = "Anna at home"
    data[GPS] = {1: "N", 2: (48.0, 9.0, 21.0), 3: "E", 4: (11.0, 32.0, 10.0)}
    return data


def is_near(color, expected):
    return all(abs(one - other) < 30 for one, other in zip(color, expected, strict=True))


def test_cleaned_photo_loses_all_that_the_file_says_besides_the_picture():
    comment = b"<script>alert(1)</script>"
    before = encoded(
        picture(), exif=exif(), comment=comment, icc_profile=b"profile", xmp=b"<x>Anna</x>"
    )
    assert (b"Anna at home" in before, comment in before, b"<x>Anna" in before) == (True,) * 3

    after = cleaned(before).read()

    assert [each for each in (b"Anna", comment, b"Exif", b"profile") if each in after] == []
    image = Image.open(io.BytesIO(after))
    assert (dict(image.getexif()), image.format) == ({}, "JPEG")
    assert set(image.info) - {"jfif", "jfif_version", "jfif_unit", "jfif_density", "dpi"} == set()


def test_cleaned_photo_loses_the_texts_of_a_png():
    text = PngInfo()
    text.add_text("Comment", "Anna at home")
    text.add_itxt("XML:com.adobe.xmp", "<x>Anna</x>")

    after = cleaned(encoded(picture(), "PNG", pnginfo=text, exif=exif())).read()

    assert b"Anna" not in after


# Where the blue corner is in the stored file, so that it is at the top left when looked at.
@pytest.mark.parametrize(
    ("orientation", "turned"),
    [
        (1, None),
        (2, Image.Transpose.FLIP_LEFT_RIGHT),
        (3, Image.Transpose.ROTATE_180),
        (4, Image.Transpose.FLIP_TOP_BOTTOM),
        (5, Image.Transpose.TRANSPOSE),
        (6, Image.Transpose.ROTATE_90),
        (7, Image.Transpose.TRANSVERSE),
        (8, Image.Transpose.ROTATE_270),
    ],
)
def test_cleaned_photo_is_upright_as_it_was_shown(orientation, turned):
    stored = picture() if turned is None else picture().transpose(turned)

    image = opened(cleaned(encoded(stored, exif=exif(orientation), quality=95)))

    assert image.size == (60, 40)
    assert is_near(image.getpixel((3, 3)), BLUE)
    assert is_near(image.getpixel((55, 35)), RED)


def sloppy_exif(tag, kind):
    """EXIF that turns the picture, and gives another tag a type that it cannot have."""
    entries = sorted([(ORIENTATION, 3, 1, 6), (tag, kind, 1, 0)])
    rows = b"".join(struct.pack("<HHII", *entry) for entry in entries)
    return b"Exif\0\0II*\0\x08\0\0\0" + struct.pack("<H", 2) + rows + bytes(4)


# As text: the resolution; as fractions and floating numbers: the description.
@pytest.mark.parametrize(("tag", "kind"), [(0x011A, 2), (0x010E, 5), (0x010E, 11)])
def test_cleaned_photo_takes_photos_of_careless_cameras(tag, kind):
    stored = picture().transpose(Image.Transpose.ROTATE_90)

    image = opened(cleaned(encoded(stored, exif=sloppy_exif(tag, kind), quality=95)))

    assert image.size == (60, 40)
    assert is_near(image.getpixel((3, 3)), BLUE)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_cleaned_photo_takes_the_formats_of_photos_under_any_name(kind):
    file = cleaned(encoded(picture(), kind), name="C:\\Anna at home.GIF")

    image = opened(file)
    assert (image.format, image.mode, image.size) == ("JPEG", "RGB", (60, 40))
    assert is_near(image.getpixel((55, 35)), RED)


def test_cleaned_photo_takes_pictures_of_telephones():
    data = encoded(picture(), "MPO", save_all=True, append_images=[picture()])

    assert opened(cleaned(data)).size == (60, 40)


@pytest.mark.parametrize("tail", [b"PK\x03\x04 a zip", b"<script>alert(1)</script>", SVG])
def test_cleaned_photo_keeps_the_pixels_alone_of_a_file_that_is_two(tail):
    after = cleaned(encoded(picture()) + tail)

    data = after.read()
    assert (tail in data, data[-2:]) == (False, b"\xff\xd9")
    assert is_near(opened(io.BytesIO(data)).getpixel((55, 35)), RED)


def test_cleaned_photo_makes_large_pictures_smaller():
    image = opened(cleaned(encoded(picture((5000, 100)))))

    assert image.size == (MAX_SIDE, 48)


def test_cleaned_photo_leaves_small_pictures_as_large_as_they_are():
    assert opened(cleaned(encoded(picture((1, 1))))).size == (1, 1)


@pytest.mark.parametrize("mode", ["RGBA", "LA", "PA"])
def test_cleaned_photo_shows_what_is_transparent_on_white(mode):
    image = Image.new("RGBA", (20, 20), (0, 0, 0, 0))
    ImageDraw.Draw(image).rectangle((0, 0, 9, 19), fill=(0, 0, 0, 255))
    if mode == "PA":
        data = encoded(image.convert("P"), "PNG", transparency=image.convert("P").getpixel((15, 5)))
    else:
        data = encoded(image.convert(mode), "PNG")

    result = opened(cleaned(data))

    assert is_near(result.getpixel((15, 10)), (255, 255, 255))
    if mode != "PA":
        assert is_near(result.getpixel((4, 10)), (0, 0, 0))


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
@pytest.mark.parametrize("side", [20, MAX_SIDE + 1])
def test_cleaned_photo_takes_every_kind_of_png(mode, side):
    size = (side, 20)
    white = Image.new("L", size, 255)
    image = Image.new(mode, size, 65535) if mode == "I;16" else white.convert(mode)

    result = opened(cleaned(encoded(image, "PNG"), name="photo.png"))

    assert result.mode == "RGB"
    assert is_near(result.getpixel((5, 5)), (255, 255, 255))


def test_cleaned_photo_keeps_the_greys_of_sixteen_bits():
    image = Image.new("I;16", (20, 20), 65535 // 2)

    result = opened(cleaned(encoded(image, "PNG")))

    assert is_near(result.getpixel((5, 5)), (128, 128, 128))


@pytest.mark.parametrize("mode", ["CMYK", "L", "YCbCr"])
def test_cleaned_photo_takes_every_kind_of_jpeg(mode):
    result = opened(cleaned(encoded(Image.new("L", (20, 20), 255).convert(mode))))

    assert (result.mode, result.size) == ("RGB", (20, 20))


def png_that_claims(width, height):
    """A few bytes that say they are a picture of that size."""

    def chunk(kind, data):
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
        + chunk(b"IDAT", zlib.compress(b"\0" * 1000))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("side", [7_100, 12_300, 30_000])
def test_cleaned_photo_refuses_a_bomb_before_it_is_decoded(side, monkeypatch):
    monkeypatch.setattr(Image.Image, "load", lambda image: pytest.fail("it was decoded"))

    with pytest.raises(ValidationError, match="too many pixels"):
        cleaned(png_that_claims(side, side))


def animated(kind):
    return encoded(picture(), kind, save_all=True, append_images=[picture((60, 40)).rotate(180)])


HEIC = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(40)
NO_PHOTO = "not a photo that can be read. JPEG, PNG and WebP are accepted"
BROKEN_OFF = "cannot be read to its end"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        pytest.param(b"", "This file is empty", id="empty"),
        pytest.param(b"Dear coordinator", NO_PHOTO, id="text"),
        pytest.param(EPS, NO_PHOTO, id="EPS"),
        pytest.param(SVG, "a drawing .SVG., not a photo. Save it as PNG", id="SVG"),
        pytest.param(
            b"\xef\xbb\xbf<?xml version='1.0'?>\n<!-- by hand -->\n" + SVG,
            "drawing",
            id="SVG in XML",
        ),
        pytest.param(HEIC, "as iPhones keep it .HEIC.. Send it to yourself by mail", id="HEIC"),
        pytest.param(b"%PDF-1.7\n", NO_PHOTO, id="PDF"),
        pytest.param(b"\xff\xd8\xff\xe0", BROKEN_OFF, id="only the beginning"),
        pytest.param(png_that_claims(60, 40), BROKEN_OFF, id="PNG without its rows"),
        pytest.param(encoded(picture(), "GIF"), "moving picture", id="GIF"),
        pytest.param(b"GIF89a/*" + SVG + b"*/=1", "moving picture", id="GIF and script"),
        pytest.param(animated("WEBP"), "moving picture", id="moving WebP"),
        pytest.param(animated("PNG"), "moving picture", id="moving PNG"),
        pytest.param(encoded(picture(), "BMP"), NO_PHOTO, id="BMP"),
        pytest.param(encoded(picture(), "TIFF"), NO_PHOTO, id="TIFF"),
        pytest.param(encoded(picture(), "AVIF"), NO_PHOTO, id="AVIF"),
        *(
            pytest.param(encoded(picture((300, 300)), kind)[:-200], BROKEN_OFF, id=f"half a {kind}")
            for kind in ("JPEG", "PNG", "WEBP")
        ),
    ],
)
def test_cleaned_photo_says_why_it_refuses_whatever_the_name(data, reason):
    with pytest.raises(ValidationError, match=reason):
        cleaned(data, name="photo.jpg")


def test_cleaned_photo_refuses_30_megabytes_unread():
    upload = SimpleNamespace(
        size=30 * 1024 * 1024, seek=lambda place: None, read=lambda: pytest.fail("it was read")
    )

    with pytest.raises(ValidationError, match="larger than 12 MB"):
        fresh_picture(upload)


def test_cleaned_photo_takes_a_file_just_small_enough():
    data = encoded(picture())

    assert opened(cleaned(data + b"\0" * (MAX_BYTES - len(data)))).size == (60, 40)


@pytest.mark.filterwarnings("ignore")  # Pillow's, of what is wrong with the file
@settings(suppress_health_check=[HealthCheck.too_slow])
@given(
    kind=st.sampled_from(["JPEG", "PNG", "WEBP"]),
    changes=st.lists(
        st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=8
    ),
)
def test_cleaned_photo_takes_damaged_files_or_refuses_them(kind, changes):
    data = bytearray(encoded(picture(), kind, exif=exif(6)))
    for place, value in changes:
        data[int(place * len(data))] = value

    with contextlib.suppress(ValidationError):
        assert opened(cleaned(bytes(data))).mode == "RGB"


# --- Renditions ------------------------------------------------------------------------------


def made(size):
    """{(width, ending): the decoded rendition} of a picture of that size, and their bytes."""
    file = SimpleUploadedFile("photo.jpg", encoded(picture(size), exif=exif(), comment=b"Anna"))
    return {
        (width, ending): (opened(io.BytesIO(data)), data)
        for width, ending, data in renditions(fresh_picture(file))
    }


@pytest.mark.parametrize(
    ("size", "widths"),
    [
        ((3000, 1500), {480: 240, 960: 480, 1600: 800}),
        ((1000, 2000), {480: 960, 960: 1920, 1000: 2000}),
        ((500, 50), {480: 48, 500: 50}),
        ((480, 480), {480: 480}),
        ((1, 1), {1: 1}),
        ((2400, 1), {480: 1, 960: 1, 1600: 1}),
    ],
)
def test_renditions_have_three_widths_and_are_never_larger_than_the_photo(size, widths):
    found = {(width, picture.size) for (width, _ending), (picture, _data) in made(size).items()}

    assert found == {(width, (width, height)) for width, height in widths.items()}


def test_renditions_are_written_in_three_formats_and_tell_nothing_but_the_picture():
    found = made((600, 400))

    formats = {ending: picture.format for (_width, ending), (picture, _data) in found.items()}
    assert formats == {"avif": "AVIF", "webp": "WEBP", "jpg": "JPEG"}
    for picture, data in found.values():
        assert [word for word in (b"Anna", b"Exif", b"comment") if word in data] == []
        assert dict(picture.getexif()) == {}
        assert is_near(picture.getpixel((picture.width - 5, picture.height - 5)), RED)
        assert is_near(picture.getpixel((5, 5)), BLUE)
