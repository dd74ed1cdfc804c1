"""Admin pages of centers and what belongs to them."""

from functools import partial
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.forms import CheckboxSelectMultiple
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.text import slugify
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from centers import phrases, resources
from centers.admin import merging
from centers.admin.asking import AskedFilter, ask_view, standing_in_words
from centers.admin.base import (
    ImportingAdmin,
    PartAdmin,
    PartInline,
    RightsMixin,
    StackedPartInline,
)
from centers.admin.imports import CenterNoteInline, ExternalIdentifierInline
from centers.admin.lists import (
    CountryFilter,
    FreshnessFilter,
    MissingFilter,
    WhoseFilter,
)
from centers.admin.photos import PhotosFilter, photos_view, withdraw_photo_view
from centers.admin.recording import (
    confirm_ticked,
    confirm_view,
    no_answer_view,
    record_status_view,
)
from centers.admin.status import StatusEntryInline
from centers.folding import light
from centers.models import (
    Affiliation,
    Center,
    CenterLink,
    CenterName,
    CenterText,
    Contact,
    ContactAttempt,
    SearchEntry,
    Snapshot,
)
from centers.rights import rights_of


class CenterNameInline(PartInline):
    model = CenterName


class CenterTextInline(PartInline):
    model = CenterText


class AffiliationInline(PartInline):
    model = Affiliation
    autocomplete_fields = ["organisation", "source"]


class SnapshotInline(StackedPartInline):
    model = Snapshot
    autocomplete_fields = ["source"]
    fieldsets = [
        (
            None,
            {
                "fields": [
                    "as_of",
                    ("core_group", "visitors", "children"),
                    ("premises", "premises_note"),
                    ("monthly_rent", "currency", "secure_until"),
                    "note",
                    ("source", "source_page"),
                ]
            },
        )
    ]


class CenterLinkInline(PartInline):
    model = CenterLink
    fk_name = "center"
    autocomplete_fields = ["other", "source"]


class ContactInline(PartInline):
    """Persons are shown to those alone who look after their center."""

    model = Contact
    fields = ["name", "role", "email", "phone", "language", "consent_on", "confirmed_on", "more"]
    readonly_fields = ["more"]
    # She is erased on a page of her own, where it is said what goes.
    can_delete = False

    @admin.display(description=_("more"))
    def more(self, contact):
        if contact.pk is None:
            return "–"
        return format_html(
            '<a href="{}">{}</a> · <a href="{}">{}</a>',
            reverse("admin:centers_contact_held", args=[contact.pk]),
            gettext("What we hold"),
            reverse("admin:centers_contact_erase", args=[contact.pk]),
            gettext("Erase"),
        )

    def has_view_permission(self, request, obj=None):
        return super().has_view_permission(request, obj) and self._within(request, obj)


@admin.register(Center)
class CenterAdmin(ImportingAdmin):
    resource_classes = [resources.CenterResource]
    tells_all_that_points_here = True
    list_display = ["name", "how_it_is", "where"]
    list_filter = [
        WhoseFilter,
        "status",
        FreshnessFilter,
        AskedFilter,
        MissingFilter,
        "is_disputed",
        PhotosFilter,
        ("country", CountryFilter),
    ]
    # Counts beside the filters would read the whole register.
    show_facets = admin.ShowFacets.NEVER
    actions = [confirm_ticked]
    list_select_related = ["country"]
    search_fields = ["name"]
    search_help_text = _("The beginning of any of its names or of its town, in any alphabet.")
    ordering = ["name", "slug"]
    autocomplete_fields = ["country", "source"]
    readonly_fields = ["public_id", "status_words", "last_confirmed", "yearly_question"]
    fieldsets = [
        (None, {"fields": ["name", "slug", "public_id", "status_words", "last_confirmed"]}),
        (
            _("Place"),
            {
                "fields": [
                    "country",
                    "place",
                    "address",
                    ("latitude", "longitude"),
                    "precision",
                ],
                "description": _(
                    "For town or district, enter the middle of it, not the house: the point is "
                    "rounded to about a kilometre before it is published. Withheld publishes "
                    "neither point nor town; then leave the town out of the page's address too."
                ),
            },
        ),
        (_("About"), {"fields": ["founded", "community", "languages", "offers"]}),
        (
            _("How the public reaches it"),
            {"fields": ["phone", "email", "website", "opening_hours"]},
        ),
        (_("Source of these facts"), {"fields": [("source", "source_page")]}),
    ]
    inlines = [
        StatusEntryInline,
        CenterNameInline,
        CenterTextInline,
        AffiliationInline,
        SnapshotInline,
        CenterLinkInline,
        ExternalIdentifierInline,
        CenterNoteInline,
        ContactInline,
    ]

    @admin.display(description=_("status"), ordering="status")
    def status_words(self, center):
        if center.pk is None:
            return "–"
        words = phrases.center_status(center)
        return f"{words} ({gettext('sources disagree')})" if center.is_disputed else words

    @admin.display(description=_("how it is"), ordering="confirmed_on_earliest")
    def how_it_is(self, center):
        """Status and last confirmation; the list is ordered by the latter."""
        return format_html(
            '{}. <span class="quiet">{}</span>',
            self.status_words(center),
            self.last_confirmed(center),
        )

    @admin.display(description=_("where"), ordering=["country", "place"])
    def where(self, center):
        return f"{center.place}, {center.country}" if center.place else str(center.country)

    @admin.display(description=_("last confirmed"))
    def last_confirmed(self, center):
        if center.pk is None:
            return gettext("Save the center first, then record how it is.")
        words = phrases.confirmation(center.confirmed_on, on=timezone.localdate())
        if center.attempts:
            tried = ngettext(
                "Tried once since, nobody answered.",
                "Tried %d times since, nobody answered.",
                center.attempts,
            )
            words += " " + (tried % center.attempts if "%d" in tried else tried)
        return words

    @admin.display(description=_("yearly question"))
    def yearly_question(self, center):
        return standing_in_words(center)

    def get_fieldsets(self, request, obj=None):
        """How it stands with the yearly question is seen by those who look after the center."""
        (title, first), *others = super().get_fieldsets(request, obj)
        if obj is not None and self.has_change_permission(request, obj):
            first = first | {"fields": [*first["fields"], "yearly_question"]}
        return [(title, first), *others]

    def get_queryset(self, request):
        centers = super().get_queryset(request).published().with_attempts()
        return rights_of(request.user).marked(centers)

    def _get_obj_does_not_exist_redirect(self, request, opts, object_id):
        """An old link to a center that was merged leads to the one that it is part of."""
        field = Center._meta.pk
        try:
            gone = Center.objects.select_related("merged_into").get(pk=field.to_python(object_id))
        except (Center.DoesNotExist, ValidationError):
            return super()._get_obj_does_not_exist_redirect(request, opts, object_id)
        messages.info(
            request,
            gettext("%(center)s was merged into %(other)s, which is this page.")
            % {"center": gone, "other": gone.merged_into},
        )
        return redirect("admin:centers_center_change", gone.merged_into_id)

    def get_list_display(self, request):
        """What takes one click is shown beside the centers of which she may record it."""
        columns = super().get_list_display(request)
        if not self.has_change_permission(request):
            return columns
        filters = urlencode({"_changelist_filters": request.GET.urlencode()})

        @admin.display(description=_("what happened?"))
        def record(center):
            if not center.is_mine:
                return ""
            return render_to_string(
                "admin/centers/center/_quick.html", {"center": center, "filters": filters}
            )

        return [*columns, record]

    def get_inlines(self, request, obj):
        """A center that is not there yet has no history to be read."""
        inlines = super().get_inlines(request, obj)
        return inlines if obj else [each for each in inlines if each is not StatusEntryInline]

    def get_readonly_fields(self, request, obj=None):
        """Moving a center to another country belongs to the leads."""
        fields = list(super().get_readonly_fields(request, obj))
        moves = obj is None or rights_of(request.user).is_lead
        return fields if moves else [*fields, "country"]

    def get_prepopulated_fields(self, request, obj=None):
        return {} if obj else {"slug": ["name"]}

    def save_model(self, request, obj, form, change):
        if change:  # a merge at the same moment is not undone: its record does that
            present = Center.objects.filter(pk=obj.pk).values_list("merged_into", flat=True)
            obj.merged_into_id = present.first()
        super().save_model(request, obj, form, change)
        moved = {"latitude", "longitude"} & set(form.changed_data)
        if change and "place" in form.changed_data and obj.latitude is not None and not moved:
            messages.warning(
                request, gettext("The town changed, but the point is still where it was before.")
            )
        town = slugify(light(obj.place))
        if obj.precision == Center.Precision.WITHHELD and town and town in obj.slug:
            messages.warning(request, gettext("The page's address still names the town."))

    def formfield_for_manytomany(self, db_field, request, **kwargs):
        if db_field.name == "offers":
            kwargs["widget"] = CheckboxSelectMultiple
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    # Further pages of the desk on centers: (path, view of the admin and the request, name).
    own_pages = [
        ("<int:pk>/record-status/", record_status_view, "record_status"),
        *merging.PAGES,
        ("<int:pk>/confirm/", confirm_view, "confirm"),
        ("<int:pk>/no-answer/", no_answer_view, "no_answer"),
        ("<int:pk>/ask/", ask_view, "ask"),
        ("<int:pk>/photos/", photos_view, "photos"),
        ("<int:pk>/photos/<int:photo>/withdraw/", withdraw_photo_view, "withdraw_photo"),
    ]

    def get_urls(self):
        own = [
            path(
                route,
                self.admin_site.admin_view(partial(view, self)),
                name=f"centers_center_{name}",
            )
            for route, view, name in self.own_pages
        ]
        return own + super().get_urls()


@admin.register(CenterName, CenterText, Affiliation, Snapshot, CenterLink)
class CenterPartAdmin(PartAdmin):
    autocomplete_fields = ["center"]
    part_of = (SearchEntry.Kind.CENTER, "center")


class PrivateMixin(RightsMixin):
    """Rows on persons: seen by those alone who look after the center, and by the leads."""

    def has_view_permission(self, request, obj=None):
        return super().has_view_permission(request, obj) and (
            obj is None or rights_of(request.user).may_change(obj)
        )

    def get_queryset(self, request):
        rows, rights = super().get_queryset(request), rights_of(request.user)
        if rights.is_lead:  # and what belongs to no center
            return rows
        centers = rights.changeable(Center.objects.all())
        return rows.filter(center__in=centers.values("pk"))


@admin.register(ContactAttempt)
class ContactAttemptAdmin(RightsMixin, admin.ModelAdmin):
    list_display = ["center", "tried_on", "means", "by", "is_mistaken"]
    list_filter = ["is_mistaken"]
    list_select_related = ["center", "by"]
    autocomplete_fields = ["center"]
    date_hierarchy = "tried_on"

    def save_model(self, request, obj, form, change):
        if not change:
            obj.by = request.user
        super().save_model(request, obj, form, change)
