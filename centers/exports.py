"""The same search as CSV, JSON and GeoJSON: the same rows, the same columns."""

import json

from django.http import HttpResponse

from centers import tables
from centers.models.status import name_present_causes

COLUMNS = [
    "public_id", "name", "native_name", "status", "status_since", "status_after", "status_by",
    "causes", "last_confirmed", "freshness", "sources_disagree", "country", "town", "address",
    "latitude", "longitude", "precision", "founded", "community", "networks", "projects",
    "telephone", "mail", "website", "opening_hours", "url",
]  # fmt: skip


def center_rows(centers, *, on, absolute):
    """A dict of `COLUMNS` for each center of the queryset; `absolute` completes addresses.

    Only what is public goes in: the published point, the address where it may be shown.
    """
    centers = list(
        centers.prefetch_related("names", "affiliations__organisation", "participations__project")
    )
    name_present_causes(centers)
    for center in centers:
        latitude, longitude = center.published_point or (None, None)
        yield {
            "public_id": center.public_id,
            "name": center.name,
            "native_name": next((n.value for n in center.names.all() if n.kind == "native"), ""),
            "status": center.status,
            "status_since": _iso(center.status_since),
            "status_after": _iso(center.status_after),
            "status_by": _iso(center.status_by),
            "causes": sorted(slug for slug, _name in center.shown_causes),
            "last_confirmed": _iso(center.confirmed_on),
            "freshness": str(center.freshness_on(on)),
            "sources_disagree": center.is_disputed,
            "country": center.country_id,
            "town": center.published_place,
            "address": center.published_address,
            "latitude": None if latitude is None else float(latitude),
            "longitude": None if longitude is None else float(longitude),
            "precision": center.precision,
            "founded": _iso(center.founded),
            "community": center.community,
            "networks": sorted({row.organisation.name for row in center.affiliations.all()}),
            "projects": sorted({row.project.slug for row in center.participations.all()}),
            "telephone": center.phone,
            "mail": center.email,
            "website": center.website,
            "opening_hours": center.opening_hours,
            "url": absolute(center.permanent_path),
        }


def _iso(date):
    return None if date is None else str(date)


def as_csv(rows):
    """CSV with formulas escaped; lists joined by “; ”, yes and no for truth."""
    table = [[_cell(row[column]) for column in COLUMNS] for row in rows]
    return _download(tables.written(COLUMNS, table), "text/csv; charset=utf-8", "centers.csv")


def _cell(value):
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return "; ".join(value)
    return value


def as_json(rows):
    body = json.dumps({"centers": list(rows)}, ensure_ascii=False, indent=1)
    return _download(body.encode(), "application/json", "centers.json")


def as_geojson(rows):
    """GeoJSON (RFC 7946): longitude first; centers without a point have a null geometry."""
    features = []
    for row in rows:
        properties = {key: row[key] for key in COLUMNS if key not in ("latitude", "longitude")}
        point = None
        if row["latitude"] is not None:
            point = {"type": "Point", "coordinates": [row["longitude"], row["latitude"]]}
        features.append(
            {"type": "Feature", "id": row["public_id"], "geometry": point, "properties": properties}
        )
    body = json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False)
    return _download(body.encode(), "application/geo+json", "centers.geojson")


def _download(body, content_type, name):
    headers = {"Content-Disposition": f'inline; filename="{name}"'}
    return HttpResponse(body, content_type=content_type, headers=headers)


FORMATS = {"csv": as_csv, "json": as_json, "geojson": as_geojson}
