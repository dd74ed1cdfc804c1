"""A map that needs no JavaScript: countries as circles on a drawing of Europe.

The drawing (`static/map/land.svg`) and the circles share one projection: Web Mercator, cut to the
frame in which most centers of the network are. Countries outside of it stand below as links.
"""

import math
from dataclasses import dataclass

from django.db.models import Avg, Count
from django.utils.functional import cached_property

from centers.alphabet import alphabetical
from centers.models import Center, Country

FRAME = (-11.0, 34.5, 41.0, 61.0)  # west, south, east, north, in degrees
WIDTH = 360  # so that a circle is as large on a telephone as it is drawn


def _mercator(latitude):
    """The height of a latitude in Web Mercator, in the unit of degrees of longitude."""
    return math.degrees(math.asinh(math.tan(math.radians(latitude))))


_SCALE = WIDTH / (FRAME[2] - FRAME[0])
HEIGHT = round(_SCALE * (_mercator(FRAME[3]) - _mercator(FRAME[1])))
# The target of a finger is 24 pixels, on a screen 320 wide too; circles keep off each other.
LEAST_RADIUS, MOST_RADIUS, GAP = 16, 24, 1.5


def project(longitude, latitude):
    """(x, y) in the drawing, of degrees."""
    return (
        (longitude - FRAME[0]) * _SCALE,
        (_mercator(FRAME[3]) - _mercator(latitude)) * _SCALE,
    )


@dataclass
class CountryMark:
    """A country with the number of centers in it; `x`, `y` and `radius` where it is drawn."""

    country: Country
    count: int
    x: float | None = None
    y: float | None = None
    radius: float = LEAST_RADIUS

    @property
    def is_drawn(self):
        return self.x is not None

    @property
    def baseline(self):
        """Where the number stands, in the middle of the circle."""
        return round(self.y + 4, 1)


@dataclass
class MapPanel:
    """A map as a page shows it: which centers, and with which words of the address they are found.

    `query` is the query string of the list that shows the same centers.
    """

    centers: object
    query: str = "?"

    NAMED = 12  # of those that cannot be shown, with a link to the others

    @cached_property
    def countries(self):
        return country_marks(self.centers)

    @property
    def drawn(self):
        return [mark for mark in self.countries if mark.is_drawn]

    @cached_property
    def unplaced(self):
        """The first of the centers that are on no map: where they are is not known, or withheld."""
        rows = self.centers.filter(published_latitude__isnull=True)
        return list(rows.order_by("name", "slug")[: self.NAMED])

    @cached_property
    def unplaced_count(self):
        return self.centers.filter(published_latitude__isnull=True).order_by().count()

    width, height = WIDTH, HEIGHT


def country_marks(centers):
    """A `CountryMark` for each country of the queryset of centers, in the reader's alphabet."""
    rows = (
        Center.objects.filter(pk__in=centers.order_by().values("pk"))
        .order_by()
        .values_list("country")
        .annotate(Count("pk"), Avg("published_longitude"), Avg("published_latitude"))
    )
    marks = []
    for code, count, longitude, latitude in rows:
        mark = CountryMark(Country(code=code), count)
        if longitude is not None:
            x, y = project(float(longitude), float(latitude))
            if 0 <= x <= WIDTH and 0 <= y <= HEIGHT:
                mark.x, mark.y = x, y
                mark.radius = round(min(MOST_RADIUS, LEAST_RADIUS + 2 * math.log2(count)), 1)
        marks.append(mark)
    marks.sort(key=lambda mark: alphabetical(mark.country.name))
    keep_apart([mark for mark in marks if mark.is_drawn])
    return marks


def keep_apart(marks, *, rounds=200):
    """Push circles that cover each other apart, a little each round, and keep them inside."""
    for _round in range(rounds):
        moved = False
        for index, one in enumerate(marks):
            for other in marks[index + 1 :]:
                dx, dy = other.x - one.x, other.y - one.y
                apart = math.hypot(dx, dy)
                lacking = one.radius + other.radius + GAP - apart
                if lacking <= 0:
                    continue
                moved = True
                # At the very same place, one goes west and one east.
                ux, uy = (dx / apart, dy / apart) if apart else (1.0, 0.0)
                one.x, one.y = one.x - ux * lacking / 2, one.y - uy * lacking / 2
                other.x, other.y = other.x + ux * lacking / 2, other.y + uy * lacking / 2
        for mark in marks:
            mark.x = min(max(mark.x, mark.radius), WIDTH - mark.radius)
            mark.y = min(max(mark.y, mark.radius), HEIGHT - mark.radius)
        if not moved:
            break
    for mark in marks:
        mark.x, mark.y = round(mark.x, 1), round(mark.y, 1)
