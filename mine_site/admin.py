"""Accounts of staff: a lead makes them and gives each her countries and networks."""

from functools import partial

import allauth.account.admin
import allauth.mfa.admin
import allauth.usersessions.admin  # noqa: F401 (they register what is then taken back)
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib import admin, messages
from django.contrib.auth import get_user_model
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group
from django.db.models import Exists, OuterRef
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.text import get_text_list
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from centers.models import Coordinator, Country
from centers.rights import rights_of
from mine_site.accounts import desk_pages
from mine_site.accounts.second_step import second_steps_of

User = get_user_model()
# Rights follow from countries and networks; there is nothing to group.
admin.site.unregister(Group)
admin.site.unregister(User)
# Secrets of the second step, and where somebody is logged in, are nobody else's business; mail
# addresses are kept on the account.
admin.site.unregister([Authenticator, UserSession, EmailAddress])


class CoordinatorInline(admin.StackedInline):
    model = Coordinator
    can_delete = False
    exclude = ["wants_digest"]  # hers to choose
    filter_horizontal = ["countries"]
    autocomplete_fields = ["networks"]

    def _is_lead(self, request, obj=None):
        return rights_of(request.user).is_lead

    has_view_permission = has_add_permission = has_change_permission = _is_lead


@admin.register(User)
class StaffAdmin(UserAdmin):
    """Accounts without Django's permissions: what a person may do stands under responsibility."""

    inlines = [CoordinatorInline]
    list_display = [
        "username",
        "first_name",
        "last_name",
        "email",
        "looks_after",
        "second_step",
        "is_active",
    ]
    list_filter = ["is_active", "coordinator__is_lead"]
    list_select_related = ["coordinator"]
    fieldsets = [
        (None, {"fields": ["username", "password"]}),
        (_("Person"), {"fields": ["first_name", "last_name", "email"]}),
        (_("Account"), {"fields": ["is_active", "last_login", "date_joined"]}),
    ]
    readonly_fields = ["last_login", "date_joined"]
    filter_horizontal = []

    # Further pages on accounts: (path, view of the admin and the request, name).
    own_pages = [
        ("invitations/", desk_pages.invitation_list, "invitations"),
        ("invitations/new/", desk_pages.invite, "invite"),
        ("invitations/<int:pk>/", desk_pages.invitation_page, "invitation"),
        ("countries/", desk_pages.country_list, "countries"),
        ("countries/<str:code>/hand-over/", desk_pages.hand_over_country, "hand_over_country"),
        ("<int:pk>/hand-over/", desk_pages.hand_over_from, "hand_over"),
        ("<int:pk>/second-step/", desk_pages.second_step, "second_step"),
    ]

    def get_urls(self):
        own = [
            path(
                route,
                self.admin_site.admin_view(partial(view, self)),
                name=f"auth_user_{name}",
            )
            for route, view, name in self.own_pages
        ]
        return own + super().get_urls()

    @admin.display(description=_("looks after"))
    def looks_after(self, user):
        if user.is_superuser:
            return _("everything (technical account)")
        row = getattr(user, "coordinator", None)
        if row is None:
            return "–"
        if row.is_lead:
            return _("everything (lead)")
        return ", ".join(str(each) for each in [*row.countries.all(), *row.networks.all()])

    @admin.display(description=_("second step"), boolean=True)
    def second_step(self, user):
        return user.has_second_step

    def get_queryset(self, request):
        """Technical accounts are shown to technical accounts alone."""
        users = (
            super()
            .get_queryset(request)
            .prefetch_related("coordinator__countries", "coordinator__networks")
            .annotate(has_second_step=Exists(second_steps_of(OuterRef("pk"))))
        )
        return users if request.user.is_superuser else users.filter(is_superuser=False)

    def get_inline_instances(self, request, obj=None):
        return [] if obj is None else super().get_inline_instances(request, obj)

    def has_delete_permission(self, request, obj=None):
        """An account is made inactive, so that what she recorded keeps its author."""
        return False

    def save_model(self, request, obj, form, change):
        # Everybody who has an account here works at the desk.
        obj.is_staff = True
        obj.email = obj.email.lower()  # as logins by mail are compared
        super().save_model(request, obj, form, change)
        # allauth keeps each address that was ever used; a former one must open nothing.
        EmailAddress.objects.filter(user=obj).exclude(email=obj.email).delete()

    def save_related(self, request, form, formsets, change):
        super().save_related(request, form, formsets, change)
        if "is_active" in form.changed_data and not form.instance.is_active:
            self.say_what_is_vacant(request, form.instance)

    def say_what_is_vacant(self, request, user):
        """An account was closed: nobody shall have to find out by chance what it leaves."""
        vacant = Country.objects.vacant().filter(coordinators__user=user)
        names = get_text_list([country.name for country in vacant], gettext("and"))
        if names:
            messages.warning(
                request,
                format_html(
                    '{} <a href="{}">{}</a>',
                    gettext("Nobody looks after %s now.") % names,
                    reverse("admin:auth_user_hand_over", args=[user.pk]),
                    gettext("Hand over"),
                ),
            )
