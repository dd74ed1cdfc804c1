"""Projects, who took part, what they cost, did, reached and taught."""

from projects.models.evidence import (
    Document,
    Evaluation,
    Event,
    EventText,
    Funding,
    Indicator,
    IndicatorText,
    Lesson,
    Measurement,
)
from projects.models.project import Participation, Project, ProjectFormerSlug, ProjectText

__all__ = [
    "Document",
    "Evaluation",
    "Event",
    "EventText",
    "Funding",
    "Indicator",
    "IndicatorText",
    "Lesson",
    "Measurement",
    "Participation",
    "Project",
    "ProjectFormerSlug",
    "ProjectText",
]
