"""Public pages of projects."""

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from centers import tables
from centers.knowledge import Knowledge
from centers.share_images import picture_response
from projects import iati
from projects.dossier import ProjectDossier
from projects.filters import ProjectFilter
from projects.models import Project, ProjectFormerSlug

CSV_COLUMNS = [
    "slug", "title", "kind", "start", "end", "iati_status", "countries", "centers", "url",
]  # fmt: skip


@require_safe
def project_list(request):
    found = ProjectFilter(request.GET, on=timezone.localdate())
    return render(request, "projects/list.html", {"found": found, "page": found.page()})


@require_safe
def project_export(request):
    """The same search as CSV."""
    found = ProjectFilter(request.GET, on=timezone.localdate())
    if found.notes:
        return _refused(found)
    rows = [
        [
            project.slug,
            project.shown_title,
            project.kind,
            project.start,
            project.end,
            iati.activity_status(project, on=found.on),
            "; ".join(sorted(country.code for country in project.countries.all())),
            project.center_count,
            request.build_absolute_uri(project.get_absolute_url()),
        ]
        for project in found.rows()
    ]
    return HttpResponse(
        tables.written(CSV_COLUMNS, rows),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'inline; filename="projects.csv"'},
    )


@require_safe
def project_activities(request):
    """The same search as JSON, in the words of IATI."""
    found = ProjectFilter(request.GET, on=timezone.localdate())
    if found.notes:
        return _refused(found)
    return iati.as_file(
        iati.activities(found.rows(), on=found.on, absolute=request.build_absolute_uri)
    )


def _refused(found):
    return HttpResponse(
        "\n".join(found.notes), status=400, content_type="text/plain; charset=utf-8"
    )


@require_safe
def project_card(request, slug):
    """The picture that is shown where the project's page is shared."""
    projects = Project.objects.with_texts("title", "subtitle")
    project = get_object_or_404(projects, slug=slug)
    return picture_response(
        request,
        site=settings.SITE_NAME,
        title=project.shown_title,
        line=project.shown_subtitle or "",
        said=project.get_kind_display().capitalize(),
    )


@require_safe
def project_detail(request, slug):
    knowledge = Knowledge.asked(request.GET, today=timezone.localdate())
    dossier = ProjectDossier.find(slug, knowledge=knowledge)
    if dossier is None:
        former = get_object_or_404(ProjectFormerSlug.objects.select_related("project"), value=slug)
        return redirect(former.project, permanent=True)
    context = {"project": dossier.project, "dossier": dossier, "knowledge": knowledge}
    return render(request, "projects/detail.html", context)
