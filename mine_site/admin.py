"""Accounts of staff: a lead makes them and gives each her countries and networks."""

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group
from django.utils.translation import gettext_lazy as _

from centers.models import Coordinator
from centers.rights import rights_of

User = get_user_model()
# Rights follow from countries and networks; there is nothing to group.
admin.site.unregister(Group)
admin.site.unregister(User)


class CoordinatorInline(admin.StackedInline):
    model = Coordinator
    can_delete = False
    filter_horizontal = ["countries"]
    autocomplete_fields = ["networks"]

    def _is_lead(self, request, obj=None):
        return rights_of(request.user).is_lead

    has_view_permission = has_add_permission = has_change_permission = _is_lead


@admin.register(User)
class StaffAdmin(UserAdmin):
    """Accounts without Django's permissions: what a person may do stands under responsibility."""

    inlines = [CoordinatorInline]
    list_display = ["username", "first_name", "last_name", "email", "looks_after", "is_active"]
    list_filter = ["is_active", "coordinator__is_lead"]
    list_select_related = ["coordinator"]
    fieldsets = [
        (None, {"fields": ["username", "password"]}),
        (_("Person"), {"fields": ["first_name", "last_name", "email"]}),
        (_("Account"), {"fields": ["is_active", "last_login", "date_joined"]}),
    ]
    readonly_fields = ["last_login", "date_joined"]
    filter_horizontal = []

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

    def get_queryset(self, request):
        """Technical accounts are shown to technical accounts alone."""
        users = (
            super()
            .get_queryset(request)
            .prefetch_related("coordinator__countries", "coordinator__networks")
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
        super().save_model(request, obj, form, change)
