"""What the map shows of a view: single centers, and clusters where many stand close together.

Clusters are made here, by one grouped query over a grid of the published points, and not in the
browser: a view is answered with a few hundred things at most, however many centers there are.
"""

import math
from collections import defaultdict
from dataclasses import dataclass

from django.db.models import Avg, Count, FloatField, Max, Min, Q, Window
from django.db.models.functions import Cast, Floor, RowNumber
from django.utils.translation import gettext as _

from centers import phrases
from centers.gazetteer import in_reader_script, town_for_reader, towns_in
from centers.models import Center, Status

MOST_ZOOM = 14
# Cells a tile of 256 pixels is cut into, each way: clusters stand at least 64 pixels apart.
CELLS_OF_A_TILE = 4
# At one point, as many are named as fit a bubble; and only at the fullest points of a view.
MOST_NAMED, MOST_STACKS = 20, 20
# More than this is shown by another round of clusters, coarser by half.
MOST_MARKS = 400
TOWNS_FROM_ZOOM, MOST_TOWNS = 4, 24
COVERS = 0.55  # of a cell, which is 64 pixels wide: marks nearer than that would cover each other


@dataclass(frozen=True)
class View:
    """A part of the world at a zoom: degrees, south < north; a west beyond east is not known."""

    west: float
    south: float
    east: float
    north: float
    zoom: int

    @classmethod
    def parse(cls, bbox, zoom):
        """The view written as `west,south,east,north` in degrees and a whole zoom from 0 on.

        What lies outside of the world is cut off. Raises `ValueError` with a sentence for a
        reader where it makes no sense.
        """
        try:
            west, south, east, north = (float(part) for part in bbox.split(","))
            level = int(zoom)
        except ValueError:
            raise ValueError(
                _("A part of the map is written as bbox=west,south,east,north&zoom=5, in degrees.")
            ) from None
        if not all(map(math.isfinite, (west, south, east, north))) or not 0 <= level <= 30:
            raise ValueError(_("This part of the map is not on the earth."))
        west, east = max(west, -180.0), min(east, 180.0)
        south, north = max(south, -90.0), min(north, 90.0)
        if west > east or south > north:
            raise ValueError(_("West and east, or south and north, of this view are exchanged."))
        return cls(west, south, east, north, min(level, MOST_ZOOM))

    @property
    def cell(self):
        """(width, height) of a cell of the grid in degrees, about square in the middle."""
        width = 360 / 2**self.zoom / CELLS_OF_A_TILE
        middle = math.radians(max(-80, min(80, (self.south + self.north) / 2)))
        return width, width * math.cos(middle)

    def contains(self):
        """The condition that a center's published point is in the view."""
        return Q(
            published_longitude__range=(self.west, self.east),
            published_latitude__range=(self.south, self.north),
        )


def marks(centers, view):
    """What to draw of the queryset of centers in the `View`; shapes as the file says.

    {"total": how many are in the view, "points": [one center each], "clusters": [several each],
    "towns": [the largest towns, for orientation, when one looks from near]}.
    """
    centers = Center.objects.filter(pk__in=centers.order_by().values("pk")).with_point()
    rows = _cells(centers.filter(view.contains()).order_by(), view)
    single = [row["one"] for row in rows if row["count"] == 1]
    # Centers at one and the same point never come apart, however near one looks.
    stacked = [row for row in rows if row["count"] > 1 and _is_one_point(row)][:MOST_STACKS]
    named, stacks = _named(centers, single, stacked)
    return {
        "towns": _towns(view),
        "total": sum(row["count"] for row in rows),
        "points": [_point(named[pk]) for pk in single],
        "clusters": [_cluster(row, stacks) for row in rows if row["count"] > 1],
    }


def _towns(view):
    """The largest towns of the view, as many as can be written without covering each other."""
    if view.zoom < TOWNS_FROM_ZOOM:
        return []
    width, height = view.cell
    kept = []
    # Not so near the edge that a name would be cut off.
    south, north = view.south + 0.3 * height, view.north - 0.2 * height
    west, east = view.west + 0.6 * width, view.east - 0.6 * width
    # West of east still: a box that is narrower than a name has none.
    if west > east or south > north:
        return []
    for town in towns_in(south, west, north, east, limit=4 * MOST_TOWNS):
        is_free = all(
            abs(town.longitude - other.longitude) > 1.6 * width
            or abs(town.latitude - other.latitude) > 0.4 * height
            for other in kept
        )
        if is_free:
            kept.append(town)
    return [
        {"name": in_reader_script(town), "lat": town.latitude, "lon": town.longitude}
        for town in kept[:MOST_TOWNS]
    ]


def _cells(centers, view):
    """The cells of the grid with centers in them; joined, where they would cover each other."""
    rows, width, height = _grouped(centers, view)
    for row in rows:
        for name in ("latitude", "longitude", "south", "north", "west", "east"):
            row[name] = float(row[name])
    return _joined(rows, COVERS * width, COVERS * height)


def _joined(rows, width, height):
    """The rows; each within `width` and `height` (degrees) of a larger one is added to that."""
    kept = []
    for row in sorted(rows, key=lambda row: (-row["count"], row["x"], row["y"])):
        near = (
            other
            for other in kept
            if abs(other["longitude"] - row["longitude"]) < width
            and abs(other["latitude"] - row["latitude"]) < height
        )
        other = next(near, None)
        if other is None:
            kept.append(row)
            continue
        both = other["count"] + row["count"]
        for name in ("latitude", "longitude"):
            other[name] = (other[name] * other["count"] + row[name] * row["count"]) / both
        for side, outer in (("south", min), ("west", min), ("north", max), ("east", max)):
            other[side] = outer(other[side], row[side])
        for name in ("count", *(f"is_{status}" for status in Status.values)):
            other[name] += row[name]
    return kept


def _grouped(centers, view):
    """(rows of a grouped query over the grid, width and height of its cells in degrees)."""
    width, height = view.cell
    while True:
        rows = list(
            centers.annotate(
                x=Floor(Cast("published_longitude", FloatField()) / width),
                y=Floor(Cast("published_latitude", FloatField()) / height),
            )
            .values("x", "y")
            .annotate(
                count=Count("pk"),
                one=Min("pk"),
                latitude=Avg("published_latitude"),
                longitude=Avg("published_longitude"),
                south=Min("published_latitude"),
                north=Max("published_latitude"),
                west=Min("published_longitude"),
                east=Max("published_longitude"),
                **{f"is_{s}": Count("pk", filter=Q(status=s)) for s in Status.values},
            )
            .order_by("x", "y")[: MOST_MARKS + 1]
        )
        if len(rows) <= MOST_MARKS:
            return rows, width, height
        width, height = width * 2, height * 2


def _is_one_point(row):
    return row["south"] == row["north"] and row["west"] == row["east"]


def _named(centers, single, stacked):
    """({pk: center} of the single ones, {point: the first centers there} of the shared points)."""
    wanted = Q(pk__in=single)
    for row in stacked:
        # Written with six decimals; as floating point numbers some are not quite equal.
        wanted |= Q(
            published_latitude__range=(row["south"] - 1e-7, row["south"] + 1e-7),
            published_longitude__range=(row["west"] - 1e-7, row["west"] + 1e-7),
        )
    turn = Window(
        RowNumber(),
        partition_by=["published_latitude", "published_longitude"],
        order_by=["name", "slug"],
    )
    rows = centers.filter(wanted).annotate(turn=turn).filter(turn__lte=MOST_NAMED).only(
        "public_id", "slug", "name", "place", "precision", "published_latitude",
        "published_longitude", "country", "status", "status_since", "status_after", "status_by",
    )  # fmt: skip
    named, stacks = {}, defaultdict(list)
    for center in rows.order_by("name", "slug"):
        named[center.pk] = center
        stacks[_rounded(*center.published_point)].append(center)
    return named, stacks


def _rounded(latitude, longitude):
    return round(float(latitude), 6), round(float(longitude), 6)


def _point(center):
    latitude, longitude = center.published_point
    return {
        "name": center.name,
        "url": center.get_absolute_url(),
        "status": center.status,
        "told": phrases.center_status(center),
        "place": town_for_reader(center.published_place, center.country_id),
        "precision": center.precision,
        "lat": float(latitude),
        "lon": float(longitude),
    }


def _cluster(row, stacks):
    cluster = {
        "count": row["count"],
        "lat": round(row["latitude"], 5),
        "lon": round(row["longitude"], 5),
        "bounds": [row[side] for side in ("west", "south", "east", "north")],
        "statuses": {s: row[f"is_{s}"] for s in Status.values if row[f"is_{s}"]},
    }
    here = stacks.get(_rounded(row["south"], row["west"])) if _is_one_point(row) else None
    if here:
        cluster["members"] = [_point(center) for center in here]
    return cluster
