"""What is answered when something is wrong: in plain words, with a way on, and nothing internal."""

import logging
import secrets

from django.contrib import admin
from django.http import HttpResponse
from django.shortcuts import render
from django.template import loader
from django.utils.translation import gettext as _

from centers import folding
from centers.models.base import KEY_ALPHABET
from centers.models.search import MAX_TERMS
from mine_site.lost import proposals

logger = logging.getLogger(__name__)


def page_not_found(request, exception=None):
    """Proposes what may have been meant, and to search for the last words of the address."""
    match = request.resolver_match
    if match and match.app_names[:1] == ["admin"] and request.user.is_staff:
        return render(
            request, "admin/nothing_there.html", admin.site.each_context(request), status=404
        )
    last_part = request.path.rstrip("/").rpartition("/")[2]
    guess = " ".join(folding.light(last_part).split()[:MAX_TERMS])
    context = {"guess": guess, "proposals": proposals(request.path_info)}
    return render(request, "404.html", context, status=404)


def bad_request(request, exception=None):
    """Without context: what was sent may be what makes the page fail."""
    return HttpResponse(plain_page("400.html", {}), status=400)


def server_error(request):
    """Says nothing internal, and a reference by which an operator finds the traceback in the log.

    Rendered without the request: neither database nor session are asked, so that it cannot fail
    as well.
    """
    request.error_reference = new_reference()
    body = plain_page("500.html", {"reference": request.error_reference})
    return HttpResponse(body, status=500, headers={"Cache-Control": "no-store"})


def new_reference():
    """Eight random signs that can be read out on the telephone; they say nothing of the reader."""
    signs = "".join(secrets.choice(KEY_ALPHABET) for _place in range(8))
    return f"{signs[:4]}-{signs[4:]}"


def plain_page(template, context):
    """The template in the active language, without a request.

    Where even that fails (style sheets that nobody collected, addresses that cannot be read), bare
    words: whatever is broken must not break the page that says so.
    """
    try:
        return loader.get_template(template).render(context)
    except Exception:
        logger.exception("The page %s could not be made", template)
        words = _("Something went wrong here. Please try again in a few minutes.")
        return f"<!doctype html><title>{words}</title><p>{words} {context.get('reference', '')}"
