from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CentersConfig(AppConfig):
    name = "centers"
    verbose_name = _("Centers")

    def ready(self):
        from centers.reports import people  # noqa: F401, it makes its kinds of parts known
