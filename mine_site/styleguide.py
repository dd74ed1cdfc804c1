"""The living page of components: the very partials of the public pages, filled with samples."""

import datetime
from types import SimpleNamespace

from django.contrib.admin.views.decorators import staff_member_required
from django.core.paginator import Paginator
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from centers.charts.lines import line_chart
from centers.dates import PartialDate
from centers.models import Center, CenterName, Status
from projects.models import Project
from stories.models import Story


@require_safe
@staff_member_required(login_url="account_login")
def styleguide(request):
    centers = [_sample_center(status) for status in Status.values]
    return render(
        request,
        "styleguide.html",
        {
            "statuses": Status.values,
            "centers": centers,
            "profiles": [(center, _sample_profile(center)) for center in centers[:1]],
            "closed": _sample_center(Status.CLOSED),
            "closed_profile": _sample_profile(None),
            "project": _sample_project(),
            "story": Story(
                title=_("Sample"), slug="sample", body=_("A sample voice."), language="en",
                is_sample=True,
            ),
            "chart": _sample_chart(),
            "page": Paginator(range(30), 10).page(2),
            "found": SimpleNamespace(
                query="?sample=1",
                notes=[_("A sample of a note.")],
                chips=[SimpleNamespace(url="?", label=_("Sample filter"))],
                sorts=[("?", _("Name"), True), ("?", _("Town"), False)],
            ),
            "swatches": ["paper", "surface", "sunken", "glow", "accent", "ink"],
        },
    )  # fmt: skip


def _sample_center(status):
    """A center that is in no register: it is never saved, and every reader is told."""
    seen = PartialDate.parse("2025-05") if status != Status.UNKNOWN else None
    center = Center(
        pk=-1, name=_("Sample center"), slug="sample", country_id="DE", place=_("Sample town"),
        status=status, status_by=seen, confirmed_on=seen, phone="+49 30 000000",
        email="sample@example.org", website="https://www.example.org/", precision="exact",
        address=_("Sample street 1"), opening_hours=_("Mondays 9–12"),
    )  # fmt: skip
    center.shown_causes = []
    name = CenterName(center=center, value="Beispielzentrum", language="de", kind="native")
    center._prefetched_objects_cache = {"names": [name]}
    return center


def _sample_profile(center):
    neighbour = _sample_center(Status.ACTIVE)
    return SimpleNamespace(
        current=None, successors=[], witnesses=[_("a sample")], nearest=[(neighbour, 12)],
        route_url="https://www.openstreetmap.org/", ties={},
    )  # fmt: skip


def _sample_project():
    project = Project(slug="sample")
    project.shown_title, project.shown_subtitle = _("Sample project"), _("With a subtitle")
    project.shown_goal = ""
    project.shown_summary = _("What a project is about, in a few sentences.")
    return project


def _sample_chart():
    this_year = timezone.localdate().year
    rows = [
        (PartialDate.parse(f"{datetime.date(this_year - ago, 1, 1):%Y}"), value)
        for ago, value in [(4, 40), (3, 65), (1, 120), (0, 110)]
    ]
    return line_chart(_("Sample visitors"), rows)
