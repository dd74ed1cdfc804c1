"""The admin as the coordinators' desk: its first page, and its rooms in the order of use."""

from allauth.account.decorators import secure_admin_login
from django.conf import settings
from django.contrib.admin import AdminSite
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _

from mine_site.desk import tasks_for

# What is used every day comes first. A kind of record that is not named here stands last.
ROOMS = [
    (
        _("Centers"),
        [
            "centers.center",
            "centers.contact",
            "centers.yearlyquestion",
            "centers.spreadsheetimport",
            "centers.report",
            "centers.statusentry",
            "centers.contactattempt",
            "centers.centermerge",
            "centers.erasure",
        ],
    ),
    (_("Stories"), ["stories.story"]),
    (_("Projects"), ["projects.project", "projects.event", "projects.indicator"]),
    (_("Network"), ["centers.country", "centers.organisation", "centers.claim", "centers.source"]),
    (_("Words"), ["centers.cause", "centers.offer"]),
    (_("Accounts"), ["auth.user"]),
]


class DeskSite(AdminSite):
    """The admin site; staff log in through allauth, which throttles, and nowhere else."""

    site_title = site_header = settings.SITE_NAME
    index_title = _("Your desk")
    # Lists need the room; the desk is one click away.
    enable_nav_sidebar = False

    @method_decorator(secure_admin_login)
    def login(self, request, extra_context=None):
        return super().login(request, extra_context)

    def index(self, request, extra_context=None):
        tasks = tasks_for(request.user, on=timezone.localdate())
        return super().index(
            request,
            {
                "waiting": [task for task in tasks if task.count],
                "done": [task for task in tasks if not task.count],
                **(extra_context or {}),
            },
        )

    def get_app_list(self, request, app_label=None):
        """By rooms, for the first page and the side; by apps on an app's own page."""
        apps = super().get_app_list(request, app_label)
        if app_label is not None:
            return apps
        left = {
            f"{app['app_label']}.{model['object_name'].lower()}": (app, model)
            for app in apps
            for model in app["models"]
        }
        rooms = []
        for name, labels in [*ROOMS, (_("More"), list(left))]:
            found = [left.pop(label) for label in labels if label in left]
            if found:
                first, _model = found[0]
                rooms.append({**first, "name": name, "models": [model for _app, model in found]})
        return rooms
