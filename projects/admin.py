"""Admin pages of projects."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from centers.admin.base import ImportingAdmin, PartAdmin, PartInline, StackedPartInline
from centers.models import SearchEntry
from centers.rights import rights_of
from projects import resources
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
    ProjectText,
)


class ProjectTextInline(StackedPartInline):
    model = ProjectText
    classes = []


class ParticipationInline(PartInline):
    model = Participation
    autocomplete_fields = ["center", "organisation", "source"]


class FundingInline(PartInline):
    model = Funding
    autocomplete_fields = ["funder", "source"]


class EventInline(PartInline):
    model = Event
    autocomplete_fields = ["country", "source"]


class IndicatorInline(PartInline):
    model = Indicator


class EvaluationInline(StackedPartInline):
    model = Evaluation
    autocomplete_fields = ["evaluator", "source"]


class DocumentInline(PartInline):
    model = Document
    autocomplete_fields = ["source"]


class LessonInline(StackedPartInline):
    model = Lesson
    autocomplete_fields = ["center", "source"]
    filter_horizontal = ["causes"]


@admin.register(Project)
class ProjectAdmin(ImportingAdmin):
    resource_classes = [resources.ProjectResource]
    list_display = ["title", "kind", "start", "end"]
    list_filter = ["kind", "countries"]
    search_fields = ["slug"]
    autocomplete_fields = ["countries", "follows", "source"]
    inlines = [
        ProjectTextInline,
        ParticipationInline,
        FundingInline,
        EventInline,
        IndicatorInline,
        EvaluationInline,
        DocumentInline,
        LessonInline,
    ]

    @admin.display(description=_("title"))
    def title(self, project):
        return str(project)

    def has_add_permission(self, request):
        return super().has_add_permission(request) and rights_of(request.user).is_lead

    def get_readonly_fields(self, request, obj=None):
        """Which countries a project spans decides who may change it, so a lead decides it."""
        fields = list(super().get_readonly_fields(request, obj))
        return fields if rights_of(request.user).is_lead else [*fields, "countries", "follows"]

    def get_queryset(self, request):
        return super().get_queryset(request).with_texts()


@admin.register(ProjectText)
class ProjectTextAdmin(PartAdmin):
    part_of = (SearchEntry.Kind.PROJECT, "project")


@admin.register(Participation, Funding, Evaluation, Document, Lesson, Measurement)
class ProjectPartAdmin(PartAdmin):
    """Parts by which no project is found."""


class EventTextInline(PartInline):
    model = EventText
    classes = []


@admin.register(Event)
class EventAdmin(ImportingAdmin):
    resource_classes = [resources.EventResource]
    list_display = ["title", "start", "place", "is_online", "project"]
    list_filter = ["is_online", "project"]
    list_select_related = ["project"]
    search_fields = ["texts__title", "place"]
    autocomplete_fields = ["project", "country", "source"]
    inlines = [EventTextInline]

    @admin.display(description=_("title"))
    def title(self, event):
        return event.shown_title or event.key

    def get_queryset(self, request):
        return super().get_queryset(request).with_texts()


class IndicatorTextInline(PartInline):
    model = IndicatorText
    classes = []


class MeasurementInline(PartInline):
    model = Measurement
    classes = []
    autocomplete_fields = ["source"]


@admin.register(Indicator)
class IndicatorAdmin(ImportingAdmin):
    resource_classes = [resources.IndicatorResource]
    list_display = ["name", "project", "adds_up"]
    list_select_related = ["project"]
    search_fields = ["texts__name"]
    autocomplete_fields = ["project"]
    inlines = [IndicatorTextInline, MeasurementInline]

    @admin.display(description=_("name"))
    def name(self, indicator):
        return indicator.shown_name or indicator.key

    def get_queryset(self, request):
        return super().get_queryset(request).with_names()
