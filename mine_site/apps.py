from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MineSiteConfig(AppConfig):
    name = "mine_site"
    verbose_name = _("Registry")

    def ready(self):
        from mine_site import checks

        checks.register()
