"""What a center's page tells machines, in the words of schema.org; published facts alone."""

import json

from django.urls import reverse
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _

from centers.models import country_name

# Inside <script> nothing is markup but what could end it.
_ESCAPES = {ord(sign): f"\\u{ord(sign):04X}" for sign in "<>&\u2028\u2029"}


def center_data(center, profile, *, absolute):
    """The center as a dict of JSON-LD; `absolute` makes a full address of a path.

    A center is an organisation (https://schema.org/NGO) with a place. A date is given only where
    the register has it; a closed center has its date of closing only if a source says since when.
    """
    address = typed(
        "PostalAddress",
        streetAddress=center.published_address,
        addressLocality=center.published_place,
        addressCountry=center.country_id,
    )
    point = center.published_point and typed(
        "GeoCoordinates",
        latitude=float(center.published_point[0]),
        longitude=float(center.published_point[1]),
    )
    names = [tie.label for tie in profile.ties.get("names", ())]
    members = [
        typed("Organization", name=tie.label)
        for tie in profile.ties.get("affiliations", ())
        if tie.kind == "member"
    ]
    data = typed(
        "NGO",
        name=center.name,
        alternateName=names,
        description=getattr(center, "summary", None),
        identifier=center.public_id,
        url=absolute(center.get_absolute_url()),
        sameAs=center.website,
        telephone=center.phone,
        email=center.email,
        foundingDate=center.founded and str(center.founded),
        dissolutionDate=str(center.status_since)
        if center.is_closed and center.status_since
        else None,
        knowsLanguage=center.languages.split(),
        makesOffer=[typed("Offer", name=tie.label) for tie in profile.ties.get("offers", ())],
        memberOf=members,
        image=[absolute(photo.middle_url) for photo in profile.photos if photo.rendition_widths],
        location=typed(
            "Place",
            name=", ".join(filter(None, [center.published_place, country_name(center.country_id)])),
            address=address,
            geo=point,
        ),
    )
    trail = [
        (_("Centers"), absolute(reverse("centers:list"))),
        (center.name, absolute(center.get_absolute_url())),
    ]
    crumbs = typed(
        "BreadcrumbList",
        itemListElement=[
            typed("ListItem", position=number, name=name, item=address)
            for number, (name, address) in enumerate(trail, start=1)
        ],
    )
    return {"@context": "https://schema.org", "@graph": [data, crumbs]}


def typed(kind, **facts):
    """A node of JSON-LD without the facts that are not known."""
    known = {name: fact for name, fact in facts.items() if fact not in (None, "", [])}
    return {"@type": kind, **known}


def as_script(data):
    """The data as the text of <script type="application/ld+json">, which nothing in it can end."""
    return mark_safe(json.dumps(data, ensure_ascii=False).translate(_ESCAPES))
