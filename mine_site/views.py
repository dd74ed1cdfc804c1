"""Pages that span the apps: home, search, about, health, errors."""

from django.conf import settings
from django.db import connection
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from centers import folding
from centers.models import (
    STATUS_EXPLANATIONS,
    Center,
    Claim,
    Freshness,
    Organisation,
    Status,
    StatusEntry,
)
from centers.models.search import MAX_TERMS
from centers.share_images import picture_response
from mine_site.searching import found_everywhere
from projects.models import Project
from stories.models import Story


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
            "country_count": centers.values("country").distinct().count(),
            "claims": Claim.objects.filter(country__isnull=True).select_related("source"),
            "latest": StatusEntry.objects.standing()
            .filter(center__merged_into__isnull=True)
            .select_related("center")
            .order_by("-recorded_at", "-observed_earliest", "key")[:6],
            "projects": Project.objects.with_texts("title", "subtitle", "summary", "goal")[:4],
            "voices": Story.objects.published().filter(kind=Story.Kind.VOICE)[:3],
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
    query = request.GET.get("q", "").replace("\x00", "").strip()[:200]
    return render(request, "search.html", {"query": query, "groups": found_everywhere(query)})


@require_safe
def about(request):
    network = Organisation.objects.with_texts().filter(key="mine").first()
    return render(
        request,
        "about.html",
        {
            "network": network,
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


@require_safe
def robots(request):
    body = "User-agent: *\nDisallow: /admin/\nDisallow: /accounts/\n"
    return HttpResponse(body, content_type="text/plain")


def page_not_found(request, exception=None):
    """Proposes to search for the last words of the address that led nowhere."""
    last_part = request.path.rstrip("/").rpartition("/")[2]
    guess = " ".join(folding.light(last_part).split()[:MAX_TERMS])
    return render(request, "404.html", {"guess": guess}, status=404)


def server_error(request):
    """Says nothing internal; rendered without context, so that it cannot fail as well."""
    return render(request, "500.html", status=500)
