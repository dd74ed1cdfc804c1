from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class StoriesConfig(AppConfig):
    name = "stories"
    verbose_name = _("Stories")

    def ready(self):
        from centers import erasure
        from centers.models import Erasure
        from stories import search  # noqa: F401  says by which words its records are found
        from stories.models import Story
        from stories.withdrawing import withdraw_story

        erasure.register(Story, Erasure.Kind.STORY, withdraw_story)
