"""The addresses of the site; those of the apps are in the apps."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path, re_path
from django.views.decorators.http import require_safe
from django.views.static import serve

from mine_site import views

urlpatterns = [
    path("", views.home, name="home"),
    path("", include("centers.urls")),
    path("", include("projects.urls")),
    path("", include("stories.urls")),
    path("search/", views.search, name="search"),
    path("about/", views.about, name="about"),
    path("healthz", views.healthz, name="healthz"),
    path("robots.txt", views.robots),
    path("admin/", admin.site.urls),
    # Accounts are made, and passwords set anew, by lead coordinators; nothing is sent by mail.
    re_path(r"^accounts/(?:password|email|confirm-email|social|3rdparty)", views.page_not_found),
    path("accounts/", include("allauth.urls")),
    # Photos alone: their files are made by the registry and carry names of its own.
    re_path(
        r"^media/(?P<path>photos/[0-9a-f]+\.jpg)$",
        require_safe(serve),
        {"document_root": settings.MEDIA_ROOT},
    ),
]

handler404 = "mine_site.views.page_not_found"
handler500 = "mine_site.views.server_error"
