"""How long an answer may be kept, and by whom; and the short answer to who has it already.

A page for everybody may be handed out again for a minute by what stands between; a browser keeps
it and asks each time with its ETag, and is answered with 304 where nothing changed. So whoever logs
in and changes something sees it at once. The ETag is of the content, not of a date: freshness moves
with the calendar, and a page changes when a network is renamed. What is for one person alone is
kept by nobody. An answer that says itself how it may be kept is left as it is,
unless a cookie goes with it that somebody else would be handed as well.
"""

import re

from django.conf import settings
from django.utils.cache import get_conditional_response, patch_vary_headers, set_response_etag
from django.utils.http import parse_http_date_safe

FOR_EVERYBODY = "public, max-age=0, s-maxage=60"
# Pages with the words of women who may take them back at any moment: what stands between asks each
# time whether they are still there.
WITH_STORIES = "public, no-cache"
# Kept by the reader's own browser, which asks each time whether it is still so.
FOR_ONE = "private, no-cache"
FOR_NOBODY = "private, no-store"

# The parameter of lists that may hold a reader's position.
WHERE_SHE_IS = "near"
_LANGUAGE = r"^/(?:[a-z]{2,3}(?:-[a-z]+)?/)?"
_OF_STAFF = re.compile(rf"{_LANGUAGE}(?:admin|accounts)/")
_OF_STORIES = re.compile(rf"{_LANGUAGE}(?:stories/|search/|$)")


class CachingMiddleware:
    """Adds `Cache-Control`, `Vary` and `ETag`, answers 304; outside of what sets cookies."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        name_what_it_varies_on(response)
        if _OF_STAFF.match(request.path_info):
            response.headers["Cache-Control"] = FOR_NOBODY
        elif not response.has_header("Cache-Control") or hands_out_a_cookie(response):
            response.headers["Cache-Control"] = how_to_keep(request, response)
        return unchanged(request, response)


def name_what_it_varies_on(response):
    """Pages offer the language that the browser wishes, whatever their address; files do not."""
    if response.headers.get("Content-Type", "").startswith("text/html"):
        patch_vary_headers(response, ["Accept-Language"])
    elif response.headers.get("Vary") == "Accept-Language":
        del response.headers["Vary"]


def hands_out_a_cookie(response):
    """Whether everybody might keep an answer with a cookie, such as a picture and a session."""
    return bool(response.cookies) and "public" in response.headers["Cache-Control"]


def how_to_keep(request, response):
    """The `Cache-Control` of an answer outside of the desk and the accounts."""
    if request.method not in ("GET", "HEAD") or WHERE_SHE_IS in request.GET:
        return FOR_NOBODY
    is_hers = (
        settings.SESSION_COOKIE_NAME in request.COOKIES
        or response.cookies
        or "cookie" in response.headers.get("Vary", "").lower()
    )
    if is_hers or response.status_code != 200:
        return FOR_ONE
    return WITH_STORIES if _OF_STORIES.match(request.path_info) else FOR_EVERYBODY


def unchanged(request, response):
    """The answer with its ETag, or a 304 without content where the reader has it already."""
    if (
        request.method not in ("GET", "HEAD")
        or response.status_code != 200
        or response.streaming
        or "no-store" in response.headers["Cache-Control"]
    ):
        return response
    if not response.has_header("ETag"):
        set_response_etag(response)
    last_modified = response.headers.get("Last-Modified")
    return get_conditional_response(
        request,
        etag=response.headers["ETag"],
        last_modified=last_modified and parse_http_date_safe(last_modified),
        response=response,
    )
