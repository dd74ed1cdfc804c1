"""Contact persons: found, confirmed, told what is held about them, erased; and the ledger."""

import json

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import OuterRef, Subquery
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, path, reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.text import capfirst
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST
from import_export.admin import ExportMixin

from centers import private_resources
from centers.admin.base import PartAdmin, RegisterCSV
from centers.admin.centers import PrivateMixin
from centers.admin.lists import BoundedPaginator, ChoiceFilter, WhoseFilter
from centers.asking.due import newest_by_mark
from centers.asking.links import address_mark
from centers.erasure import erase_contact
from centers.folding import forms as folded
from centers.mentions import centers_of, digits, held_about, mentions
from centers.models import Center, Contact, Erasure, YearlyQuestion
from centers.rights import rights_of

# More people at once would be more than anybody has looked at.
MAX_AT_ONCE = 200


class EraseForm(forms.Form):
    """Why she is erased, and which words that name her go with her."""

    reason = forms.ChoiceField(
        label=_("Why?"),
        widget=forms.RadioSelect,
        choices=Erasure.Reason.choices,
        initial=Erasure.Reason.ASKED,
    )

    def __init__(self, *args, found=(), **kwargs):
        super().__init__(*args, **kwargs)
        self.found = list(found)
        for mention in self.removable:
            self.fields[mention.token] = forms.BooleanField(
                label=_("Remove these words"), required=False, initial=mention.is_sure
            )

    @cached_property
    def removable(self):
        return [mention for mention in self.found if mention.can_be_removed]

    def rows(self):
        """(mention, its bound field or None, the address where it is changed) for the page."""
        return [
            (mention, self[mention.token], None)
            if mention.can_be_removed
            else (mention, None, page_of(mention.row))
            for mention in self.found
        ]

    def chosen(self):
        return [mention for mention in self.removable if self.cleaned_data[mention.token]]


class BulkEraseForm(forms.Form):
    reason = forms.ChoiceField(
        label=_("Why?"),
        widget=forms.RadioSelect,
        choices=Erasure.Reason.choices,
        initial=Erasure.Reason.EXPIRED,
    )


def page_of(row):
    """The address of the admin where the row is changed; None if it has none."""
    if row._meta.model_name == "photo":
        return reverse("admin:centers_center_photos", args=[row.center_id])
    try:
        return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])
    except NoReverseMatch:
        return None


def _unconfirmed(people, request):
    return people.unconfirmed(on=timezone.localdate())


class ConfirmedFilter(ChoiceFilter):
    """Who is proposed for erasure, as it is today."""

    title = _("confirmation")
    parameter_name = "confirmed"
    answers = [
        ("unconfirmed", _("not confirmed for three years"), _unconfirmed),
        ("never", _("never confirmed"), lambda people, request: people.never_confirmed()),
    ]


@admin.register(Contact)
class ContactAdmin(PrivateMixin, PartAdmin):
    """Persons: seen, changed and erased by those alone who look after their center."""

    list_display = ["name", "center", "role", "reached_by", "confirmation"]
    list_filter = [WhoseFilter, ConfirmedFilter]
    list_select_related = ["center"]
    search_fields = ["name"]
    search_help_text = _("A name, in any alphabet, or a part of a mail address or telephone.")
    autocomplete_fields = ["center"]
    ordering = ["name", "key"]
    actions = ["confirm_chosen", "erase_chosen"]
    fields = [
        "center", "name", "role", ("email", "phone"), "mail_comes_back", "language",
        "wants_no_mail", ("consent_on", "consent"), "confirmed_on",
    ]  # fmt: skip
    readonly_fields = ["mail_comes_back"]

    def has_module_permission(self, request):
        return self.has_view_permission(request)

    def has_delete_permission(self, request, obj=None):
        """She is erased, on a page of its own; nothing is merely deleted."""
        return False

    @admin.display(description=_("reached by"))
    def reached_by(self, contact):
        return ", ".join(filter(None, [contact.email, contact.phone]))

    @admin.display(description=_("last confirmed"))
    def confirmation(self, contact):
        last = contact.last_confirmed
        if last is None:
            return gettext("never")
        if contact.is_unconfirmed(on=timezone.localdate()):
            return gettext("%s, over three years ago") % last.in_words()
        return last.in_words()

    @admin.display(description=_("mail arrives"))
    def mail_comes_back(self, contact):
        """What the last yearly question to her address tells: it came back, or she stopped them."""
        mark = address_mark(contact.email)
        last = newest_by_mark([mark]).get(mark)
        if last is not None and last.state == YearlyQuestion.State.UNREACHABLE:
            return gettext("No: a mail of %s could not be delivered.") % last.asked_on.in_words()
        if last is not None and last.wants_no_more:
            return gettext("Whoever reads this address has stopped these mails.")
        return gettext("As far as we know, yes.") if contact.email else "–"

    def get_fields(self, request, obj=None):
        """Whether mail arrives is told of an address that is there."""
        fields = super().get_fields(request, obj)
        known = obj is not None and obj.email
        return fields if known else [each for each in fields if each != "mail_comes_back"]

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "email":
            field.help_text = _("If you change it, a link that went to the old one stops working.")
        return field

    def get_search_results(self, request, queryset, search_term):
        """By the beginnings of words of the name, in any spelling; by parts of mail and number.

        People are not in the search index, which everybody may ask. Nobody looks after so many
        that they could not be looked through.
        """
        terms = search_term.split()
        if not terms:
            return queryset, False
        found = [
            pk
            for pk, *texts in queryset.order_by().values_list("pk", "name", "email", "phone")
            if _fits(terms, *texts)
        ]
        return queryset.filter(pk__in=found), False

    def render_change_form(self, request, context, obj=None, **kwargs):
        if obj is not None:
            context["subtitle"] = obj.name
        return super().render_change_form(request, context, obj=obj, **kwargs)

    # --- Several at once -------------------------------------------------------------------

    @admin.action(description=_("Still right: mark as confirmed today"), permissions=["change"])
    def confirm_chosen(self, request, queryset):
        today = timezone.localdate()
        count = sum(contact.confirm(on=today) for contact in queryset)
        messages.success(
            request,
            ngettext(
                "%d contact person is marked as confirmed today.",
                "%d contact persons are marked as confirmed today.",
                count,
            )
            % count,
        )

    @admin.action(description=_("Erase …"), permissions=["change"])
    def erase_chosen(self, request, queryset):
        """Asks first; what is sent then goes through this action again."""
        people = list(queryset.select_related("center")[: MAX_AT_ONCE + 1])
        if len(people) > MAX_AT_ONCE:
            messages.error(request, gettext("At most %d at once. Nobody was erased.") % MAX_AT_ONCE)
            return None
        form = BulkEraseForm(request.POST if "erase" in request.POST else None)
        if form.is_valid():
            for contact in people:
                erase_contact(contact, reason=form.cleaned_data["reason"], by=request.user)
            messages.success(request, _erased(len(people)))
            return None
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "people": people,
            "form": form,
            "title": gettext("Erase contact persons"),
        }
        return TemplateResponse(request, "admin/centers/contact/erase_several.html", context)

    # --- One -------------------------------------------------------------------------------

    def get_urls(self):
        own = [
            path(
                f"<int:pk>/{route}/",
                self.admin_site.admin_view(methods(view)),
                name=f"centers_contact_{route}",
            )
            for route, view, methods in [
                ("confirm", self.confirm_view, require_POST),
                ("erase", self.erase_view, require_http_methods(["GET", "HEAD", "POST"])),
                ("held", self.held_view, require_http_methods(["GET", "HEAD", "POST"])),
            ]
        ]
        return own + super().get_urls()

    def delete_view(self, request, object_id, extra_context=None):
        if not self.has_change_permission(request):
            raise PermissionDenied
        contact = self.get_object(request, object_id)
        if contact is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        return redirect("admin:centers_contact_erase", contact.pk)

    def confirm_view(self, request, pk):
        contact = self._person(request, pk)
        contact.confirm(on=timezone.localdate())
        messages.success(request, gettext("Marked as confirmed today."))
        return redirect("admin:centers_contact_change", pk)

    def erase_view(self, request, pk):
        contact = self._person(request, pk)
        rights = rights_of(request.user)
        form = EraseForm(request.POST or None, found=mentions(contact, rights=rights))
        if contact.is_unconfirmed(on=timezone.localdate()):
            form.fields["reason"].initial = Erasure.Reason.EXPIRED
        if request.method == "POST" and form.is_valid():
            erase_contact(
                contact,
                reason=form.cleaned_data["reason"],
                by=request.user,
                remove=form.chosen(),
            )
            messages.success(request, _erased(1))
            return redirect("admin:centers_center_change", contact.center_id)
        context = {
            **self._context(request, contact),
            "form": form,
            "versions": Contact.history.filter(id=contact.pk).count(),
            "title": gettext("Erase %s") % contact.name,
        }
        return TemplateResponse(request, "admin/centers/contact/erase.html", context)

    def held_view(self, request, pk):
        """All that is held about the person, to be read (GET) or handed out to her (POST)."""
        contact = self._person(request, pk)
        rights = rights_of(request.user)
        held = held_about(contact, rights=rights)
        if request.method == "POST":
            as_json = request.POST.get("format") == "json"
            self.log_change(request, contact, gettext("Handed out what is held."))
            body = (
                json.dumps(held, ensure_ascii=False, indent=1)
                if as_json
                else render_to_string("admin/centers/contact/held.txt", {"held": held}, request)
            )
            name = f"held-{contact.pk}.{'json' if as_json else 'txt'}"
            kind = "application/json" if as_json else "text/plain; charset=utf-8"
            return HttpResponse(
                body,
                content_type=kind,
                headers={
                    "Content-Disposition": f'attachment; filename="{name}"',
                    "Cache-Control": "private, no-store",
                },
            )
        context = {
            **self._context(request, contact),
            "held": held,
            "possible": [
                mention for mention in mentions(contact, rights=rights) if not mention.is_sure
            ],
            "title": gettext("What we hold about %s") % contact.name,
        }
        return TemplateResponse(request, "admin/centers/contact/held.html", context)

    def _person(self, request, pk):
        contact = get_object_or_404(Contact.objects.select_related("center"), pk=pk)
        if not self.has_change_permission(request, contact):
            raise PermissionDenied
        return contact

    def _context(self, request, contact):
        _searched, of_others = centers_of(contact, rights=rights_of(request.user))
        return {
            **self.admin_site.each_context(request),
            "of_others": of_others,
            "opts": self.opts,
            "original": contact,
            "contact": contact,
        }


@admin.register(Erasure)
class ErasureAdmin(ExportMixin, admin.ModelAdmin):
    """The ledger, to be read; leads take a copy of it to where the backups are kept."""

    resource_classes = [private_resources.ErasureResource]
    export_formats = [RegisterCSV]
    list_display = ["erased_at", "kind", "center_name", "reason", "by"]
    list_filter = ["kind", "reason"]
    list_select_related = ["by"]
    fields = ["kind", "center_name", "reason", "erased_at", "by"]
    readonly_fields = fields
    list_per_page = 50
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    paginator = BoundedPaginator

    def changelist_view(self, request, extra_context=None):
        """The list is headed by what is in it."""
        title = capfirst(self.opts.verbose_name_plural)
        return super().changelist_view(request, {"title": title, **(extra_context or {})})

    def get_queryset(self, request):
        """The lines of her centers; every line for leads."""
        names = Center.objects.filter(public_id=OuterRef("center")).values("name")
        lines = super().get_queryset(request).annotate(name_of_center=Subquery(names[:1]))
        rights = rights_of(request.user)
        if rights.is_lead:
            return lines
        mine = rights.changeable(Center.objects.all())
        return lines.filter(center__in=mine.values("public_id"))

    @admin.display(description=_("center"))
    def center_name(self, line):
        return line.name_of_center or line.center

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def has_export_permission(self, request):
        return rights_of(request.user).is_lead


def _fits(terms, name, email, phone):
    words = folded(name)
    number = digits(phone)
    return all(
        any(
            form.startswith(beginning)
            for beginnings in folded(term)
            for beginning in beginnings
            for word in words
            for form in word
        )
        or term.lower() in email.lower()
        or (len(digits(term)) >= 3 and digits(term) in number)
        for term in terms
    )


def _erased(count):
    return ngettext("%d contact person is erased.", "%d contact persons are erased.", count) % count
