"""Pages that span the apps: home, search, about and statements, health, robots."""

from django.conf import settings
from django.db import connection
from django.db.models import Count
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from centers.dates import PartialDate
from centers.drawn_map import MapPanel
from centers.models import (
    STATUS_EXPLANATIONS,
    Center,
    Claim,
    Freshness,
    Organisation,
    Status,
    StatusEntry,
)
from centers.share_images import picture_response
from mine_site.searching import found_everywhere, meant_instead, suggested, suggested_towns
from projects.models import Project
from stories.models import Story

# When the site was last looked at with the tools that the accessibility statement names.
TESTED = PartialDate(2026, 11)


@require_safe
def home(request):
    today = timezone.localdate()
    centers = Center.objects.published().order_by()
    by_status = dict(centers.values_list("status").annotate(Count("pk")))
    by_freshness = dict(
        centers.not_closed().with_freshness(on=today).values_list("freshness").annotate(Count("pk"))
    )
    return render(
        request,
        "home.html",
        {
            "statuses": _counted(Status.choices, by_status),
            "freshness": _counted(Freshness.choices, by_freshness),
            "total": sum(by_status.values()),
            "map": MapPanel(centers.not_closed()),
            "country_count": centers.values("country").distinct().count(),
            "claims": Claim.objects.filter(country__isnull=True).select_related("source"),
            "latest": StatusEntry.objects.standing()
            .filter(center__merged_into__isnull=True)
            .select_related("center")
            .order_by("-recorded_at", "-observed_earliest", "key")[:6],
            "projects": Project.objects.with_texts("title", "subtitle", "summary", "goal")[:4],
            "voices": Story.objects.published().for_reader().filter(kind=Story.Kind.VOICE)[:3],
        },
    )


def _counted(choices, counts):
    """[(value, label, count)] of the choices that are there at all."""
    return [(value, label, counts[value]) for value, label in choices if counts.get(value)]


@require_safe
def site_card(request):
    """The picture that is shown where a page without a picture of its own is shared."""
    return picture_response(
        request,
        site=settings.SITE_NAME,
        title=_("Where mothers meet, help each other and become active"),
        said=_("Where Mother Centers are, how they fare, and what became of them."),
    )


@require_safe
def search(request):
    query = _query(request)
    groups = found_everywhere(query)
    meant = [] if groups or not query else meant_instead(query)
    return render(request, "search.html", {"query": query, "groups": groups, "suggestions": meant})


def _query(request):
    return request.GET.get("q", "").replace("\x00", "").strip()[:200]


@require_safe
def suggest(request):
    """What begins as it was typed, for the fields that suggest while somebody types.

    `kind=town` gives towns alone.
    """
    towns_alone = request.GET.get("kind") == "town"
    suggestions = (suggested_towns if towns_alone else suggested)(_query(request))
    said = ngettext("%(count)d suggestion", "%(count)d suggestions", len(suggestions))
    return JsonResponse({"suggestions": suggestions, "said": said % {"count": len(suggestions)}})


@require_safe
def about(request):
    return render(
        request,
        "about.html",
        {
            "network": _network(),
            "claims": Claim.objects.filter(country__isnull=True).select_related("source"),
            "statuses": STATUS_EXPLANATIONS.items(),
        },
    )


@never_cache
@require_safe
def healthz(request):
    """Alive, and the database answers; for machines that watch."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return HttpResponse("ok\n", content_type="text/plain")


# What readers of a whole site need not fetch. The lists stay open, page by page and by one filter;
# their combinations and orders show the same rows over and over.
ROBOTS = """User-agent: *
Disallow: /admin/
Disallow: /*/admin/
Disallow: /accounts/
Disallow: /*/accounts/
Disallow: /search/
Disallow: /*/search/
Disallow: /*?*sort=
Disallow: /*?*&
Allow: /*?&page=

Sitemap: {sitemap}
"""


@require_safe
def robots(request):
    body = ROBOTS.format(sitemap=request.build_absolute_uri(reverse("sitemap")))
    return HttpResponse(body, content_type="text/plain; charset=utf-8")


@require_safe
def security(request):
    """Where holes are reported (RFC 9116); not there unless somebody reads it."""
    if not settings.SECURITY_CONTACT:
        raise Http404
    lines = [
        f"Contact: {settings.SECURITY_CONTACT}",
        f"Expires: {timezone.localdate().year + 1}-12-31T23:59:59Z",
        "Preferred-Languages: " + ", ".join(code for code, _name in settings.LANGUAGES),
        f"Canonical: {request.build_absolute_uri(request.path)}",
    ]
    return HttpResponse("\n".join([*lines, ""]), content_type="text/plain; charset=utf-8")


@require_safe
def accessibility(request):
    """What was done so that everybody can use the site, what is still missing, how to tell us."""
    return render(request, "accessibility.html", {"network": _network(), "tested": TESTED})


@require_safe
def privacy(request):
    """What is kept of visitors and of the women in the register."""
    return render(request, "privacy.html", {"network": _network()})


def _network():
    return Organisation.objects.with_texts().filter(key="mine").first()
