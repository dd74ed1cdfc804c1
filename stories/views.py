"""Public pages of stories."""

from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from stories.filters import StoryFilter
from stories.models import Story, StoryFormerSlug
from stories.withdrawing import was_withdrawn


@require_safe
def story_list(request):
    found = StoryFilter(request.GET, on=timezone.localdate())
    return render(request, "stories/list.html", {"found": found, "page": found.page()})


@require_safe
def story_detail(request, slug):
    stories = Story.objects.published().select_related("center", "project").for_reader()
    story = stories.filter(slug=slug).first()
    if story is None:
        if was_withdrawn(slug):
            return render(request, "stories/withdrawn.html", status=410)
        former = get_object_or_404(
            StoryFormerSlug.objects.select_related("story"),
            value=slug,
            story__state=Story.State.PUBLISHED,
        )
        return redirect(former.story, permanent=True)
    return render(request, "stories/detail.html", {"story": story})
