from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps
from django.utils.translation import gettext_lazy as _


class MineSiteConfig(AppConfig):
    name = "mine_site"
    verbose_name = _("Registry")
    default = True

    def ready(self):
        from mine_site import checks

        checks.register()


class DeskConfig(admin_apps.AdminConfig):
    """Django's admin, with the coordinators' desk as its site."""

    default = False
    default_site = "mine_site.admin_site.DeskSite"
