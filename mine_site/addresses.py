"""The whole addresses of a page: the one that counts, and the same page in each language.

A list has many addresses that show the same rows: in another order, with filters that make no
sense, with parameters that nobody asked for. The canonical one keeps what chooses the rows.
"""

from urllib.parse import urlencode

from django.conf import settings
from django.urls import translate_url

# Not kept: the order of the rows, and where the reader is, which is nobody's business.
ORDERS = {"sort", "near", "within"}


def canonical_query(context):
    """What chooses the rows of a page, as a query string; empty, or beginning with “?”.

    `context` is the template's: `found` (a filter set: anything with `pairs`) and `page` of a
    list, `query` of the search.
    """
    found, page = context.get("found"), context.get("page")
    pairs = list(found.pairs(without=ORDERS)) if hasattr(found, "pairs") else []
    if isinstance(query := context.get("query"), str) and query:
        pairs.append(("q", query))
    if getattr(page, "number", 1) > 1:
        pairs.append(("page", str(page.number)))
    return "?" + urlencode(pairs) if pairs else ""


def canonical_address(request, query=""):
    """The whole address of the page in its own language; `query` in place of what was asked."""
    return request.build_absolute_uri(request.path) + query


def addresses_by_language(request, query=None):
    """[(code, whole address)] of the present page in each language of the site.

    The query string is the one that was asked for, or `query`.
    """
    here = request.build_absolute_uri() if query is None else canonical_address(request, query)
    return [(code, translate_url(here, code)) for code, _name in settings.LANGUAGES]
