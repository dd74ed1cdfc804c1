"""The addresses of the site; those of the apps are in the apps."""

from django.conf.urls.i18n import i18n_patterns
from django.contrib import admin
from django.urls import include, path, re_path
from django.views.generic import RedirectView

from centers import views as center_views
from mine_site import errors, feeds, open_data, sitemaps, snapshots, views
from mine_site.accounts.invited import accept_invitation
from mine_site.accounts.own_account import my_account
from mine_site.accounts.password_reset import password_reset_urls
from mine_site.accounts.second_step import SetUpView
from mine_site.accounts.sessions import own_sessions
from mine_site.contact import country_contact, country_contact_sent
from mine_site.styleguide import styleguide

# Pages: in English as they stand here, in other languages under a prefix.
pages = [
    path("", views.home, name="home"),
    path("", include("centers.urls")),
    path("", include("projects.urls")),
    path("", include("stories.urls")),
    path("card.png", views.site_card, name="site_card"),
    path("styleguide/", styleguide, name="styleguide"),
    path("search/", views.search, name="search"),
    path("search/suggest.json", views.suggest, name="suggest"),
    path("changes/", feeds.changes, name="changes"),
    path("changes.atom", feeds.changes_feed, name="changes_feed"),
    path("countries/<slug:code>/contact/", country_contact, name="country_contact"),
    path("countries/<slug:code>/contact/sent/", country_contact_sent, name="country_contact_sent"),
    path("data/", open_data.data, name="data"),
    path("data/<slug:day>/", snapshots.snapshot_page, name="snapshot"),
    path("about/", views.about, name="about"),
    path("accessibility/", views.accessibility, name="accessibility"),
    path("privacy/", views.privacy, name="privacy"),
    # Passwords are changed in one place, which is throttled.
    path("admin/password_change/", RedirectView.as_view(pattern_name="account_change_password")),
    path("admin/", admin.site.urls),
    path("accounts/me/", my_account, name="my_account"),
    path("accounts/sessions/", own_sessions, name="usersessions_list"),
    path("accounts/2fa/totp/activate/", SetUpView.as_view(), name="mfa_activate_totp"),
    path("accounts/invitation/<str:token>/", accept_invitation, name="invitation_accept"),
    *password_reset_urls,
    # Mail addresses are kept by lead coordinators; nobody signs up or in through others.
    re_path(
        r"^accounts/(?:password/(?!change/)|email|confirm-email|login/code|social|3rdparty)",
        errors.page_not_found,
    ),
    path("accounts/", include("allauth.urls")),
]

urlpatterns = [
    *i18n_patterns(*pages, prefix_default_language=False),
    path("data/register.zip", open_data.register_zip, name="register_zip"),
    path("data/<slug:day>.zip", snapshots.snapshot_zip, name="snapshot_zip"),
    path("healthz", views.healthz, name="healthz"),
    path("robots.txt", views.robots),
    path(".well-known/security.txt", views.security),
    path("sitemap.xml", sitemaps.sitemap_index, name="sitemap"),
    path("sitemap-<slug:section>.xml", sitemaps.sitemap_section, name="sitemap_section"),
    # Photos alone: their files are made by the registry and carry names of its own.
    re_path(
        r"^media/(?P<path>photos/[0-9a-f]+(?:-[0-9]+)?\.(?:jpg|webp|avif))$",
        center_views.photo_file,
    ),
]

handler400 = "mine_site.errors.bad_request"
handler404 = "mine_site.errors.page_not_found"
handler500 = "mine_site.errors.server_error"
