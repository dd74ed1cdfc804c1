"""How rows on projects come in and go out."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from centers.models import SearchEntry
from centers.resources import RegisterResource, resource_for
from projects.models import (
    Document,
    Evaluation,
    Event,
    EventText,
    Funding,
    Indicator,
    IndicatorText,
    Lesson,
    Measurement,
    Participation,
    Project,
    ProjectFormerSlug,
    ProjectText,
)

_SOURCE = ("source", "source_page")
_PROJECT = SearchEntry.Kind.PROJECT

ProjectResource = resource_for(
    Project, "key", "slug", "kind", "start", "end", "countries", "is_regular_service", "website",
    *_SOURCE,
    indexes=(_PROJECT,),
)  # fmt: skip
ProjectTextResource = resource_for(
    ProjectText, "key", "project", "language", "title", "subtitle", "summary", "goal", "approach",
    "results", "who_benefits", "resources",
    indexes=(_PROJECT,),
)  # fmt: skip
ProjectFormerSlugResource = resource_for(ProjectFormerSlug, "value", "project")
ParticipationResource = resource_for(
    Participation, "key", "project", "center", "organisation", "role", "began", "ended", *_SOURCE
)
FundingResource = resource_for(
    Funding, "key", "project", "funder", "programme", "amount", "currency", "began", "ended",
    "note", *_SOURCE
)  # fmt: skip
EventResource = resource_for(
    Event, "key", "project", "start", "end", "is_online", "place", "country", "recording_url",
    *_SOURCE
)  # fmt: skip
EventTextResource = resource_for(EventText, "key", "event", "language", "title", "note")
IndicatorResource = resource_for(Indicator, "key", "project", "adds_up", "stated_total")
IndicatorTextResource = resource_for(IndicatorText, "key", "indicator", "language", "name", "unit")
MeasurementResource = resource_for(
    Measurement, "key", "indicator", "kind", "period", "value", *_SOURCE
)
EvaluationResource = resource_for(
    Evaluation, "key", "project", "kind", "date", "is_date_inferred", "evaluator", "language",
    "method", "findings", "recommendations", "pages", *_SOURCE
)  # fmt: skip
DocumentResource = resource_for(
    Document, "key", "project", "title", "language", "url", "date", *_SOURCE
)
LessonResource = resource_for(
    Lesson, "key", "project", "language", "text", "themes", "causes", "center", *_SOURCE
)


class ProjectSequenceResource(RegisterResource):
    """Which project followed which: a second look at projects that are already there."""

    class Meta(RegisterResource.Meta):
        model = Project
        fields = ("key", "follows")

    def get_queryset(self):
        return super().get_queryset().filter(follows__isnull=False)

    def get_instance(self, instance_loader, row):
        return Project.objects.filter(key=row["key"]).first()

    def init_instance(self, row=None):
        raise ValidationError({"key": _("This project is not in projects.csv.")})
