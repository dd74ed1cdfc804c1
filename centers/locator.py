"""Where a center is, as a small drawing: coasts and large towns around its published point.

Everything is drawn on the server and stands in the page, so that no further file is fetched.
Borders are not drawn: some are disputed.
"""

import json
import math
from dataclasses import dataclass
from functools import lru_cache, partial

from django.conf import settings
from django.utils.functional import cached_property

from centers.gazetteer import towns_in

WIDTH, HEIGHT = 320, 200
KILOMETRES = 1100  # from left to right: far enough that most places see a coast
KILOMETRES_OF_A_DEGREE = 111.2  # of latitude
MOST_TOWNS = 7
LETTER, LINE = 6.2, 13  # the room that a letter, and a line, of a town's name takes
BEYOND = 6  # land is cut off so far outside of the frame, where its edge is not seen


@dataclass(frozen=True)
class Town:
    """A town's name; `x`, `y` of its dot, and whether the name stands to the left of it."""

    name: str
    x: float
    y: float
    is_left: bool

    @property
    def name_x(self):
        return round(self.x - 5 if self.is_left else self.x + 5, 1)

    @property
    def baseline(self):
        return round(self.y + 4, 1)

    @property
    def box(self):
        """(left, top, right, bottom) of dot and name."""
        long = 8 + LETTER * len(self.name)
        left = self.x + 3 - long if self.is_left else self.x - 3
        return left, self.y - LINE / 2, left + long, self.y + LINE / 2


@dataclass(frozen=True)
class Locator:
    """The drawing around a point in degrees, which stands in its middle."""

    latitude: float
    longitude: float

    width, height, x, y = WIDTH, HEIGHT, WIDTH / 2, HEIGHT / 2

    @property
    def scale(self):
        """(units of the drawing in a degree of longitude, in one of latitude)"""
        unit = WIDTH / KILOMETRES * KILOMETRES_OF_A_DEGREE
        # At a pole a degree of longitude is nothing.
        return unit * max(0.1, math.cos(math.radians(self.latitude))), unit

    def project(self, longitude, latitude):
        east, north = self.scale
        return self.x + (longitude - self.longitude) * east, (
            self.y - (latitude - self.latitude) * north
        )

    @property
    def bounds(self):
        """(south, west, north, east) in degrees."""
        east, north = self.scale
        return (
            self.latitude - self.y / north,
            self.longitude - self.x / east,
            self.latitude + self.y / north,
            self.longitude + self.x / east,
        )

    @cached_property
    def land(self):
        """The land as the `d` of an SVG path; a ring within another one is a lake."""
        south, west, north, east = self.bounds
        parts = []
        for (left, bottom, right, top), ring in _rings():
            if left > east or right < west or bottom > north or top < south:
                continue
            line = [self.project(x / 100, y / 100) for x, y in ring]
            parts.append(_path(clipped(line, -BEYOND, -BEYOND, WIDTH + BEYOND, HEIGHT + BEYOND)))
        return "".join(parts)

    @cached_property
    def towns(self):
        """[Town] of the largest ones whose names cover neither each other nor the center."""
        south, west, north, east = self.bounds
        taken = [(self.x - 12, self.y - 12, self.x + 12, self.y + 12)]
        kept = []
        for place in towns_in(south, west, north, east, limit=40):
            x, y = self.project(place.longitude, place.latitude)
            town = Town(place.name, round(x, 1), round(y, 1), is_left=x > WIDTH / 2)
            left, top, right, bottom = town.box
            is_inside = left > 4 and top > 4 and right < WIDTH - 4 and bottom < HEIGHT - 4
            if is_inside and not any(_meet(town.box, box) for box in taken):
                taken.append(town.box)
                kept.append(town)
        return kept[:MOST_TOWNS]


def locator(center):
    """The `Locator` of a center's published point, or None."""
    if center.published_point is None:
        return None
    return _drawn(*map(float, center.published_point))


@lru_cache(maxsize=500)
def _drawn(latitude, longitude):
    """Kept, since towns are searched for some hundredths of a second."""
    return Locator(latitude, longitude)


@lru_cache(maxsize=1)
def _rings():
    """[((west, south, east, north), [(x, y), …])] of `land.json`, in hundredths of a degree."""
    rings = []
    path = settings.BASE_DIR / "static" / "map" / "land.json"
    for steps in json.loads(path.read_text())["land"]:
        x = y = 0
        ring = []
        for dx, dy in zip(steps[::2], steps[1::2], strict=True):
            x, y = x + dx, y + dy
            ring.append((x, y))
        xs, ys = zip(*ring, strict=True)
        rings.append(((min(xs) / 100, min(ys) / 100, max(xs) / 100, max(ys) / 100), ring))
    return rings


def clipped(ring, left, top, right, bottom):
    """The part of a closed ring of (x, y) inside of a box, after Sutherland and Hodgman."""
    for axis, limit, sign in ((0, left, 1), (0, right, -1), (1, top, 1), (1, bottom, -1)):
        inside = partial(_is_inside, axis=axis, limit=limit, sign=sign)
        kept, before = [], ring[-1] if ring else None
        for point in ring:
            if inside(point) != inside(before):
                part = (limit - before[axis]) / (point[axis] - before[axis])
                kept.append(tuple(b + part * (p - b) for b, p in zip(before, point, strict=True)))
            if inside(point):
                kept.append(point)
            before = point
        ring = kept
    return ring


def _is_inside(point, *, axis, limit, sign):
    return sign * (point[axis] - limit) >= 0


def _path(ring):
    """The ring as part of an SVG path, without points that cannot be told apart."""
    points = []
    for x, y in ring:
        point = round(x, 1), round(y, 1)
        if not points or math.hypot(point[0] - points[-1][0], point[1] - points[-1][1]) >= 1:
            points.append(point)
    if len(points) < 3:
        return ""
    return "M" + "L".join(f"{x:g} {y:g}" for x, y in points) + "z"


def _meet(one, other):
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
