"""How far one point on the globe is from another, in Python and in the database."""

import math

from django.db.models import F, FloatField, Q, Value
from django.db.models.functions import Cast, Cos

EARTH_RADIUS_KM = 6371.0088  # mean radius after IUGG
_RADIAN = math.pi / 180


def distance_km(one, other):
    """Great-circle distance of two (latitude, longitude) in degrees, by the haversine formula."""
    (lat1, lon1), (lat2, lon2) = (map(math.radians, map(float, point)) for point in (one, other))
    half = (
        math.sin((lat2 - lat1) / 2) ** 2
        + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    )
    return 2 * EARTH_RADIUS_KM * math.asin(math.sqrt(min(half, 1)))


def _radians(column):
    return Cast(F(column), FloatField()) * Value(_RADIAN)


def remoteness(point):
    """An expression that grows with a center's distance from the point; null without a point.

    It is the haversine of the angle between them, from the published point alone.
    """
    latitude, longitude = (float(degrees) * _RADIAN for degrees in point)
    north = Value(1.0) - Cos(_radians("published_latitude") - Value(latitude))
    east = Value(1.0) - Cos(_radians("published_longitude") - Value(longitude))
    narrowing = Value(math.cos(latitude)) * Cos(_radians("published_latitude"))
    return (north + narrowing * east) / Value(2.0)


def only_within(centers, point, kilometres):
    """The centers of a queryset whose published points are at most so far from the point.

    A box of degrees comes first, so that few distances are to be reckoned.
    """
    latitude, longitude = map(float, point)
    angle = kilometres / EARTH_RADIUS_KM
    degrees = math.degrees(angle) + 0.001
    box = Q(
        published_latitude__gte=round(latitude - degrees, 6),
        published_latitude__lte=round(latitude + degrees, 6),
    )
    widening = math.sin(angle) / max(math.cos(latitude * _RADIAN), 1e-9)
    if widening < 1:
        across = math.degrees(math.asin(widening)) + 0.001
        west, east = round(longitude - across, 6), round(longitude + across, 6)
        if west >= -180 and east <= 180:  # no box goes across the 180th meridian
            box &= Q(published_longitude__gte=west, published_longitude__lte=east)
    return (
        centers.filter(box)
        .alias(remoteness=remoteness(point))
        .filter(remoteness__lte=math.sin(angle / 2) ** 2)
    )


def nearest(centers, point, *, limit):
    """[(center, kilometres)] of those with a published point that are nearest to the point."""
    rows = centers.with_point().order_by(remoteness(point), "slug")[:limit]
    return [(row, distance_km(point, row.published_point)) for row in rows]
