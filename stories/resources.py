"""How stories come in and go out."""

from centers.models import SearchEntry
from centers.resources import resource_for
from stories.models import Story, StoryFormerSlug

StoryResource = resource_for(
    Story, "key", "slug", "kind", "language", "title", "body", "shown_name", "center", "project",
    "told_on", "consent", "is_sample", "state",
    indexes=(SearchEntry.Kind.STORY,),
)  # fmt: skip
StoryFormerSlugResource = resource_for(StoryFormerSlug, "value", "story")
