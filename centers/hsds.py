"""Centers in the words of HSDS 3.1, the data specification of directories of social services.

Each center is an organization with one service at one location, as the compiled schema of
`service` nests them. docs/hsds.md says which field comes from what, and what is left out; only
what is public goes in.
"""

import json
import re
import uuid

from django.db.models import Prefetch
from django.http import HttpResponse
from django.utils.encoding import iri_to_uri
from django.utils.text import capfirst

from centers.models import STATUS_EXPLANATIONS, Freshness, Offer, Status
from centers.models.base import language_name

VERSION = "3.1"
LICENCE = "https://creativecommons.org/licenses/by/4.0/"
REGISTRY = "Mother Center Registry"
# Never to be changed: other registers know our centers by identifiers made from it.
NAMESPACE = uuid.UUID("85129d89-81e1-5337-9459-fff8595ae812")

# HSDS has four words and asks for one of them. An initiative offers nothing yet; of an unknown
# center nothing may be promised. Neither is called active or defunct; `attributes` say our word.
STATUSES = {
    Status.ACTIVE: "active",
    Status.LOW_LEVEL: "active",
    Status.PAUSED: "temporarily closed",
    Status.CLOSED: "defunct",
    Status.INITIATIVE: "inactive",
    Status.UNKNOWN: "inactive",
}
_LANGUAGE = re.compile(r"[a-z]{2,3}")


def identifier(table, public_id, *more):
    """The UUID of a row of an HSDS table: the same for the same center, for ever."""
    return str(uuid.uuid5(NAMESPACE, "/".join([table, public_id, *more])))


def services(centers, *, on, absolute):
    """A dict after the HSDS schema `service` for each center of the queryset with its texts."""
    centers = centers.prefetch_related("names", Prefetch("offers", Offer.objects.with_names()))
    for center in centers:
        yield service(center, on=on, absolute=absolute)


def service(center, *, on, absolute):
    """One center with its organization and location, as it is known on the day `on`.

    `absolute` makes a full address of a path.
    """
    key = center.public_id
    service_id, organization_id = identifier("service", key), identifier("organization", key)
    address = absolute(center.permanent_path)
    website = iri_to_uri(center.website)
    names = "; ".join(sorted({row.value for row in center.names.all()}))
    described = center.description or center.summary or ""
    return _known(
        id=service_id,
        organization_id=organization_id,
        name=center.name,
        alternate_name=names,
        description=described,
        url=website,
        additional_urls=[
            {"id": identifier("url", key), "label": REGISTRY, "url": address,
             "service_id": service_id}
        ],
        email=center.email,
        status=STATUSES[center.status],
        alert=_alert(center, on),
        assured_date=_day(center.confirmed_on),
        phones=_phones(center, service_id),
        schedules=_schedules(center, service_id),
        languages=_languages(center, service_id),
        organization=_known(
            id=organization_id,
            name=center.name,
            alternate_name=names,
            description=described,
            email=center.email,
            website=website,
            year_incorporated=center.founded and center.founded.year,
            uri=address,
            organization_identifiers=[
                {"id": identifier("organization_identifier", key), "identifier_type": REGISTRY,
                 "identifier": key, "organization_id": organization_id}
            ],
        ) | {"description": described},
        service_at_locations=[
            {"id": identifier("service_at_location", key), "service_id": service_id,
             "location_id": identifier("location", key),
             "location": _location(center, organization_id)}
        ],
        attributes=_attributes(center, service_id),
    )  # fmt: skip


def _alert(center, on):
    """What tempers the word for its status: that nobody knows, or has not said so for long."""
    if center.status == Status.UNKNOWN:
        return str(STATUS_EXPLANATIONS[center.status])
    if not center.is_closed and center.freshness_on(on) == Freshness.OVERDUE:
        return capfirst(str(Freshness.OVERDUE.label))
    return ""


def _location(center, organization_id):
    """The published place and point. What the schema demands and we do not hold is empty text."""
    key = center.public_id
    location_id = identifier("location", key)
    latitude, longitude = center.published_point or (None, None)
    return _known(
        id=location_id,
        location_type="physical",
        organization_id=organization_id,
        latitude=None if latitude is None else float(latitude),
        longitude=None if longitude is None else float(longitude),
        addresses=[
            {
                "id": identifier("address", key),
                "location_id": location_id,
                "address_1": center.published_address,
                "city": center.published_place,
                "state_province": "",
                "postal_code": "",
                "country": center.country_id,
                "address_type": "physical",
            }
        ],
        attributes=[_attribute(center, "location", location_id, "precision", center.precision)],
    )


def _phones(center, service_id):
    if not center.phone:
        return []
    key = center.public_id
    return [{"id": identifier("phone", key), "service_id": service_id, "number": center.phone}]


def _schedules(center, service_id):
    """Opening hours are written freely: they are handed on as they are, and never taken apart."""
    if not center.opening_hours:
        return []
    return [
        {
            "id": identifier("schedule", center.public_id),
            "service_id": service_id,
            "description": center.opening_hours,
        }
    ]


def _languages(center, service_id):
    return [
        {
            "id": identifier("language", center.public_id, code),
            "service_id": service_id,
            "name": language_name(code),
            "code": code,
        }
        for code in dict.fromkeys(center.languages.split())
        if _LANGUAGE.fullmatch(code)
    ]


def _attributes(center, service_id):
    """What HSDS has no field for, in the register's own words; dates as precise as known."""
    facts = {
        "status": center.status,
        "status_since": center.status_since,
        "status_after": center.status_after,
        "status_by": center.status_by,
        "last_confirmed": center.confirmed_on,
        "sources_disagree": "yes" if center.is_disputed else None,
        "founded": center.founded,
        "community": center.community,
    }
    told = [
        _attribute(center, "service", service_id, name, str(value))
        for name, value in facts.items()
        if value not in (None, "")
    ]
    offers = sorted(center.offers.all(), key=lambda offer: offer.slug)
    return told + [
        _attribute(center, "service", service_id, "offer", offer.slug) | {"label": str(offer)}
        for offer in offers
    ]


def _attribute(center, entity, row, name, value):
    more = [value] if name == "offer" else []
    return {
        "id": identifier("attribute", center.public_id, name, *more),
        "link_id": row,
        "link_entity": entity,
        "link_type": name,
        "value": value,
    }


def _day(date):
    """The ISO text of a date that is known to the day; else None."""
    return str(date) if date is not None and date.day else None


def _known(**facts):
    return {name: fact for name, fact in facts.items() if fact not in (None, "", [])}


def as_page(rows):
    """All services as the one page of an HSDS API's answer, with version and licence."""
    rows = list(rows)
    page = {
        "version": VERSION,
        "license": LICENCE,
        "total_items": len(rows),
        "total_pages": 1,
        "page_number": 1,
        "size": len(rows),
        "first_page": True,
        "last_page": True,
        "empty": not rows,
        "contents": rows,
    }
    return HttpResponse(
        json.dumps(page, ensure_ascii=False),
        content_type="application/json",
        headers={"Content-Disposition": 'inline; filename="hsds.json"'},
    )
