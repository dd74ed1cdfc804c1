"""What the head of a page tells machines."""

from urllib.parse import urlencode

from django import template
from django.conf import settings
from django.urls import reverse

from centers.knowledge import PARAMETER
from centers.models import Country
from mine_site.addresses import addresses_by_language, canonical_address, canonical_query

register = template.Library()


@register.inclusion_tag("includes/_head_machines.html", takes_context=True)
def head_for_machines(context):
    """Canonical address, the page in other languages, and the feed of changes.

    Empty where there is no request: nobody can say then which page it is.
    """
    request = context.get("request")
    if request is None:
        return {}
    query = canonical_query(context)
    alternates = addresses_by_language(request, query)
    country = context.get("country")
    feed = reverse("changes_feed")
    return {
        "canonical": canonical_address(request, query),
        "alternates": alternates if len(alternates) > 1 else [],
        "x_default": dict(alternates)[settings.LANGUAGE_CODE],
        "SITE_NAME": settings.SITE_NAME,
        "feed": request.build_absolute_uri(feed),
        "country": country if isinstance(country, Country) else None,
    }


@register.simple_tag(takes_context=True)
def citation_address(context, knowledge):
    """The whole address of the page that shows what is known on the day, in its own language."""
    pairs = [(name, value) for name, value in context.get("kept", ()) if name != PARAMETER]
    query = urlencode([*pairs, (PARAMETER, knowledge.date)])
    return canonical_address(context["request"], f"?{query}")
