"""By which words projects are found."""

from centers.models import SearchEntry
from centers.search import register
from projects.models import Project


def _texts(project):
    return [text for row in project.texts.all() for text in (row.title, row.subtitle)]


register(SearchEntry.Kind.PROJECT, lambda: Project.objects.prefetch_related("texts"), _texts)
