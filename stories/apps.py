from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class StoriesConfig(AppConfig):
    name = "stories"
    verbose_name = _("Stories")

    def ready(self):
        from centers import erasure
        from centers.models import Erasure

        # These say by which words its records are found, and what reports may change of them.
        from stories import report_parts, search  # noqa: F401
        from stories.models import Story
        from stories.withdrawing import withdraw_story

        erasure.register(Story, Erasure.Kind.STORY, withdraw_story)
