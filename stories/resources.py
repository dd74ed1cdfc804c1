"""How stories come in and go out; one that was withdrawn is passed over, with all that is of it."""

from centers.models import SearchEntry
from centers.private_resources import PassesOverErased
from centers.resources import resource_for
from stories.models import Story, StoryFormerSlug

_STORY = resource_for(
    Story, "key", "slug", "kind", "language", "title", "body", "shown_name", "center", "project",
    "told_on", "consent", "is_sample", "state",
    indexes=(SearchEntry.Kind.STORY,),
)  # fmt: skip


class StoryResource(PassesOverErased, _STORY):
    """Rows of Story."""


class StoryFormerSlugResource(PassesOverErased, resource_for(StoryFormerSlug, "value", "story")):
    """Rows of StoryFormerSlug."""

    part_of = ("story", Story)
