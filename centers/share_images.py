"""Pictures for shared links, 1200 by 630 pixels: a name and what is known, drawn with Pillow.

They show published facts alone, in the letters of the site's headings (Latin and Cyrillic).
"""

import hashlib
import io
from functools import cache
from pathlib import Path

from django.http import HttpResponse
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag
from PIL import Image, ImageDraw, ImageFont

from centers import phrases
from centers.models import Status, country_name

WIDTH, HEIGHT = 1200, 630
MARGIN = 84
FONT = Path(__file__).parent / "fonts" / "Literata-SemiBold.ttf"
# Change it when the drawing changes, so that kept pictures are fetched anew.
VERSION = "1"

PAPER, GLOW, INK, SOFT = "#fcf8f2", "#f9dfc2", "#2a211c", "#64564c"
WALL, ROOF, WINDOW = "#9c3a25", "#4d2015", "#ffd98a"
COLOURS = {
    Status.ACTIVE: "#1d6b45",
    Status.LOW_LEVEL: "#8a5a00",
    Status.PAUSED: "#5b4a9c",
    Status.INITIATIVE: "#1c6280",
}


@cache
def _font(size):
    return ImageFont.truetype(str(FONT), size)


def center_picture(center):
    """The arguments of `picture_response` for a center."""
    place = ", ".join(filter(None, [center.published_place, country_name(center.country_id)]))
    return {
        "title": center.name,
        "line": place,
        "said": phrases.center_status(center),
        "status": center.status,
    }


def picture_response(request, *, site, title, line="", said="", status=""):
    """The picture as an answer: for an hour from a cache, afterwards asked for by its ETag."""
    # A name in the reader's language comes lazily, and no pen writes the ends of lines.
    site, title, line, said = (" ".join(str(text).split()) for text in (site, title, line, said))
    words = "\0".join([VERSION, site, title, line, said, status])
    etag = quote_etag(hashlib.sha256(words.encode()).hexdigest()[:32])
    response = get_conditional_response(request, etag=etag)
    if response is None:
        data = draw(site=site, title=title, line=line, said=said, status=status)
        response = HttpResponse(data, content_type="image/png")
    response.headers["ETag"] = etag
    response.headers["Cache-Control"] = "public, max-age=3600"
    # A shared picture is shown by other sites: that is what it is for.
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


def draw(*, site, title, line="", said="", status=""):
    """The bytes of a PNG: the title as large as it fits in three lines, below it the others."""
    picture = Image.new("RGB", (WIDTH, HEIGHT), PAPER)
    pen = ImageDraw.Draw(picture)
    pen.rectangle((0, HEIGHT - 118, WIDTH, HEIGHT), fill=GLOW)
    _house(pen, MARGIN, 60)
    pen.text((MARGIN + 66, 84), _cut(site, _font(30), 900), font=_font(30), fill=SOFT, anchor="lm")
    font, rows = _fitting(title)
    y = 160
    for row in rows:
        pen.text((MARGIN, y), row, font=font, fill=INK, anchor="lt")
        y += round(font.size * 1.22)
    if line:
        pen.text((MARGIN, y + 14), _cut(line, _font(36), WIDTH - 2 * MARGIN), font=_font(36),
                 fill=SOFT, anchor="lt")  # fmt: skip
    x = MARGIN
    if status:
        _shape(pen, status, x, HEIGHT - 59 - 17)
        x += 54
    if said:
        room = WIDTH - MARGIN - x
        sizes = (36, 32, 28)
        font = next((_font(n) for n in sizes if _font(n).getlength(said) <= room), _font(28))
        pen.text((x, HEIGHT - 59), _cut(said, font, room), font=font, fill=ROOF, anchor="lm")
    buffer = io.BytesIO()
    picture.quantize(64).save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def _fitting(title):
    """(font, rows): the largest size in which the title fits in three rows, else cut short."""
    for size in (84, 72, 62, 54):
        rows = _wrapped(title, _font(size))
        if len(rows) <= (2 if size > 72 else 3):
            return _font(size), rows
    rows = rows[:3]
    rows[-1] = _cut(rows[-1] + " …", _font(size), WIDTH - 2 * MARGIN)
    return _font(size), rows


def _wrapped(text, font):
    """The text in rows that fit; a word that is too long for one is broken."""
    rows, row = [], ""
    for word in text.split():
        longer = f"{row} {word}".strip()
        if font.getlength(longer) <= WIDTH - 2 * MARGIN:
            row = longer
            continue
        if row:
            rows.append(row)
        row = ""
        for letter in word:
            if font.getlength(row + letter) > WIDTH - 2 * MARGIN:
                rows.append(row)
                row = ""
            row += letter
    return [*rows, row] if row else rows


def _cut(text, font, room):
    """The text, ended by “…” where it is longer than `room` pixels."""
    if font.getlength(text) <= room:
        return text
    while text and font.getlength(f"{text}…") > room:
        text = text[:-1]
    return f"{text.rstrip(' …')}…"


def _house(pen, x, y):
    """The house of the site's sign, 48 pixels wide."""
    pen.polygon([(x, y + 22), (x + 24, y), (x + 48, y + 22), (x + 48, y + 48), (x, y + 48)], WALL)
    pen.ellipse((x + 12, y + 17, x + 23, y + 28), PAPER)
    pen.ellipse((x + 27, y + 23, x + 36, y + 32), PAPER)
    pen.pieslice((x + 7, y + 30, x + 28, y + 66), 180, 360, PAPER)
    pen.pieslice((x + 24, y + 34, x + 41, y + 62), 180, 360, PAPER)


def _shape(pen, status, x, y):
    """The sign of a status, 34 pixels wide, as `includes/_status.html` draws it."""
    colour, box = COLOURS.get(status, "#6b5f57"), (x, y, x + 34, y + 34)
    if status == Status.ACTIVE:
        pen.ellipse(box, colour)
    elif status == Status.LOW_LEVEL:
        pen.ellipse(box, outline=colour, width=5)
        pen.pieslice(box, 0, 180, colour)
    elif status == Status.PAUSED:
        pen.rectangle((x + 2, y, x + 12, y + 34), colour)
        pen.rectangle((x + 21, y, x + 31, y + 34), colour)
    elif status == Status.CLOSED:
        pen.line((x + 2, y + 2, x + 32, y + 32), colour, 7)
        pen.line((x + 32, y + 2, x + 2, y + 32), colour, 7)
    elif status == Status.INITIATIVE:
        pen.line((x + 17, y, x + 17, y + 34), colour, 7)
        pen.line((x, y + 17, x + 34, y + 17), colour, 7)
    else:
        for start in range(0, 360, 60):
            pen.arc(box, start, start + 35, colour, 5)
