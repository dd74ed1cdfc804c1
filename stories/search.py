"""By which words stories are found."""

from centers.models import SearchEntry
from centers.search import register
from stories.models import Story


def _texts(story):
    return [
        story.title,
        story.body,
        story.shown_name,
        *(text for each in story.translations.all() for text in (each.title, each.body)),
        *([story.center.name, story.center.published_place] if story.center else []),
    ]


register(
    SearchEntry.Kind.STORY,
    lambda: Story.objects.published().select_related("center").prefetch_related("translations"),
    _texts,
    follows=[(SearchEntry.Kind.CENTER, "center")],
)
