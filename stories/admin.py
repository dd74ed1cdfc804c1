"""Admin pages of stories."""

from django.contrib import admin

from centers.admin.base import ImportingAdmin
from centers.admin.lists import WhoseFilter
from stories import resources
from stories.models import Story


@admin.register(Story)
class StoryAdmin(ImportingAdmin):
    resource_classes = [resources.StoryResource]
    list_display = ["title", "kind", "language", "center", "state", "is_sample"]
    list_filter = [WhoseFilter, "state", "kind", "language", "is_sample"]
    list_select_related = ["center"]
    search_fields = ["title"]
    autocomplete_fields = ["center", "project"]

    def get_prepopulated_fields(self, request, obj=None):
        return {} if obj else {"slug": ["title"]}
