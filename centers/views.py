"""Public pages of centers, countries and organisations."""

import re

from django.conf import settings
from django.core.files.storage import default_storage
from django.db.models import Case, When
from django.http import Http404, HttpResponse, HttpResponsePermanentRedirect, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.cache import get_conditional_response, patch_cache_control
from django.utils.http import quote_etag
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from centers import hsds, tables
from centers.country_page import MOST, CountryPage, country_picture
from centers.directory import countries_by_region, organisations_by_kind, projects_of
from centers.drawn_map import MapPanel
from centers.exports import FORMATS, center_rows
from centers.family_page import COLUMNS, FamilyPage
from centers.filters import ALL, CenterFilter
from centers.gallery import picture_of
from centers.insight_files import FILES
from centers.insights import Insights
from centers.mapping import View, marks
from centers.models import (
    LIVING,
    Center,
    CenterFormerSlug,
    Country,
    Erasure,
    Organisation,
    OrganisationFormerSlug,
    Status,
)
from centers.models.photos import FORMATS as PHOTO_FORMATS
from centers.profile import CenterProfile
from centers.public_ids import is_public_id
from centers.rights import rights_of
from centers.share_images import center_picture, picture_response
from centers.structured_data import as_script, center_data


@require_safe
def center_list(request):
    found = CenterFilter(request.GET, on=timezone.localdate())
    context = {"found": found, "page": found.page(), "map": MapPanel(found.qs, found.query())}
    return render(request, "centers/list.html", context)


@require_safe
def center_map(request):
    """What the map shows of a view: the same search as the list, as JSON (`centers.mapping`)."""
    found = CenterFilter(request.GET, on=timezone.localdate())
    try:
        view = View.parse(request.GET.get("bbox", ""), request.GET.get("zoom", ""))
    except ValueError as error:
        return JsonResponse({"error": str(error)}, status=400)
    if found.notes:
        return JsonResponse({"error": " ".join(found.notes)}, status=400)
    return JsonResponse(marks(found.qs, view))


@require_safe
def center_export(request, extension):
    """The same search as a file; values that make no sense are refused, not passed over."""
    found = CenterFilter(request.GET, on=timezone.localdate())
    if found.notes:
        return _refused(found)
    rows = center_rows(found.rows(), on=timezone.localdate(), absolute=request.build_absolute_uri)
    return FORMATS[extension](rows)


@require_safe
def center_services(request):
    """The same search in the words of HSDS; where no status is asked for, with the closed."""
    asked = request.GET.copy()
    asked.setdefault("status", ALL)
    found = CenterFilter(asked, on=timezone.localdate())
    if found.notes:
        return _refused(found)
    rows = hsds.services(found.rows(), on=found.on, absolute=request.build_absolute_uri)
    return hsds.as_page(rows)


def _refused(found):
    return HttpResponse(
        "\n".join(found.notes), status=400, content_type="text/plain; charset=utf-8"
    )


@require_safe
def center_detail(request, slug):
    center = Center.objects.select_related("source", "merged_into").with_texts().filter(slug=slug)
    center = center.first()
    if center is None:
        former = get_object_or_404(
            CenterFormerSlug.objects.select_related("center__merged_into"), value=slug
        )
        return _moved(former.center.merged_into or former.center)
    if center.merged_into:
        return _moved(center.merged_into)
    profile = CenterProfile(center, on=timezone.localdate())
    data = center_data(center, profile, absolute=request.build_absolute_uri)
    return render(
        request,
        "centers/detail.html",
        {"center": center, "profile": profile, "structured_data": as_script(data)},
    )


@require_safe
def center_card(request, slug):
    """The picture that is shown where the center's page is shared."""
    center = get_object_or_404(Center.objects.published(), slug=slug)
    return picture_response(request, site=settings.SITE_NAME, **center_picture(center))


def _moved(center):
    """Redirects to where a center's page is now, for search engines too.

    A browser may keep that for an hour and no longer: a merge can be undone, and a center can
    get back an address that it had before.
    """
    answer = redirect(center, permanent=True)
    patch_cache_control(answer, max_age=3600)
    return answer


@require_safe
def center_permanent(request, public_id):
    """The address that never changes: redirects to where the center's page is now."""
    public_id = public_id.lower()
    center = Center.objects.select_related("merged_into").filter(public_id=public_id).first()
    if center is None:
        return no_such_center(request, public_id)
    # Not permanent: the slug may change again.
    return redirect(center.merged_into or center)


def no_such_center(request, public_id):
    """Says of an identifier that leads nowhere whether it is mistyped."""
    if is_public_id(public_id):
        reason = _("There is no center with the identifier “%s”.") % public_id
    else:
        reason = _("The identifier “%s” is mistyped: its check character does not fit.")
        reason %= public_id[:40]
    return render(request, "404.html", {"reason": reason}, status=404)


@require_safe
def country_list(request):
    return render(request, "centers/country_list.html", {"regions": countries_by_region()})


@require_safe
def country_detail(request, code):
    if code != code.lower():
        return HttpResponsePermanentRedirect(
            request.path.removesuffix(f"{code}/") + f"{code.lower()}/"
        )
    country = get_object_or_404(Country, code=code.upper())
    found = CountryPage(country, on=timezone.localdate())
    context = {"country": country, "found": found, "map": found.map}
    return render(request, "centers/country_detail.html", context)


@require_safe
def country_card(request, code):
    """The picture that is shown where the country's page is shared."""
    country = get_object_or_404(Country, code=code.upper())
    return picture_response(request, site=settings.SITE_NAME, **country_picture(country))


@require_safe
def insights(request):
    """Figures over the centers: how they fare, why they closed, how long they last."""
    page = Insights(request.GET)
    context = {"insights": page, "found": page.found, "knowledge": page.knowledge}
    return render(request, "centers/insights.html", context)


@require_safe
def insights_file(request, figure):
    """One figure as CSV; values that make no sense are refused, not passed over."""
    page = Insights(request.GET)
    if page.notes:
        return HttpResponse(
            "\n".join(page.notes), status=400, content_type="text/plain; charset=utf-8"
        )
    headers, rows = FILES[figure](page)
    return HttpResponse(
        tables.written(headers, rows),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'inline; filename="{figure}.csv"'},
    )


@require_safe
def organisation_list(request):
    return render(request, "centers/organisation_list.html", {"groups": organisations_by_kind()})


@require_safe
def organisation_detail(request, slug):
    organisation = (
        Organisation.objects.select_related("source").with_texts().filter(slug=slug).first()
    )
    if organisation is None:
        former = get_object_or_404(
            OrganisationFormerSlug.objects.select_related("organisation"), value=slug
        )
        return redirect(former.organisation, permanent=True)
    affiliations = organisation.affiliations.filter(center__merged_into__isnull=True)
    # The living come first: of a large network, the list shows the others.
    nearness = Case(
        When(center__status__in=LIVING, then=0),
        When(center__status=Status.CLOSED, then=2),
        default=1,
    )
    affiliations = affiliations.select_related("center").order_by(nearness, "center__name", "role")
    shown = list(affiliations[: MOST + 1])
    return render(
        request,
        "centers/organisation_detail.html",
        {
            "organisation": organisation,
            "affiliations": shown[:MOST],
            "more": len(shown) > MOST,
            "awards": organisation.awards.select_related("source"),
            "projects": projects_of(organisation),
        },
    )


@require_safe
def network(request):
    """Who helped whom to start, drawn as families, with the list; `country` limits it."""
    found = FamilyPage(request.GET)
    return render(request, "centers/network.html", {"found": found, "page": found.page})


@require_safe
def network_export(request):
    """The same ties as CSV; values that make no sense are refused, not passed over."""
    found = FamilyPage(request.GET)
    if found.notes:
        return HttpResponse(
            "\n".join(found.notes), status=400, content_type="text/plain; charset=utf-8"
        )
    return HttpResponse(
        tables.written(COLUMNS, found.rows),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'inline; filename="network.csv"'},
    )


# A photo's file never changes: a reader's own browser may keep it. Nothing between may, so that a
# withdrawn photo is gone for everybody who has not seen it.
KEEP_FOR_A_YEAR = "private, max-age=31536000, immutable"


@require_safe
def photo_file(request, path):
    """A file of a picture: published ones for everybody, drafts for those who may change them, and
    for whoever was lent one (`Picture.lent_url`).

    One that was withdrawn answers 410.
    """
    stem, ending = re.fullmatch(r"(photos/[0-9a-f]+)(?:-[0-9]+)?\.([a-z]+)", path).groups()
    photo = picture_of(stem)
    if photo is None and Erasure.objects.filter(kind=Erasure.Kind.PHOTO, file=stem).exists():
        return HttpResponse(
            _("This photo was withdrawn."), status=410, content_type="text/plain; charset=utf-8"
        )
    if photo is None or path not in photo.file_names:
        raise Http404
    if not (
        photo.is_published
        or photo.is_lent(request.GET.get("lent", ""))
        or rights_of(request.user).may_change(photo)
    ):
        raise Http404
    etag = quote_etag(path)
    response = get_conditional_response(request, etag=etag)
    if response is None:
        try:
            with default_storage.open(path) as file:
                response = HttpResponse(file.read(), content_type=PHOTO_FORMATS[ending])
        except FileNotFoundError:
            raise Http404 from None
    response.headers["ETag"] = etag
    response.headers["Cache-Control"] = (
        KEEP_FOR_A_YEAR if photo.is_published else "private, no-store"
    )
    return response
