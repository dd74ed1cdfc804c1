"""Admin pages of stories."""

from functools import partial

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from centers.admin.base import ImportingAdmin, StackedPartInline
from centers.admin.lists import WhoseFilter
from centers.admin.photos import WithdrawPhotoForm, read_and_sent
from centers.models import Erasure
from centers.rights import rights_of
from centers.timeline import moment_in_words
from stories import resources
from stories.editing import remove_picture
from stories.models import Story, StoryPicture, StoryTranslation
from stories.withdrawing import withdraw_story


class StoryTranslationInline(StackedPartInline):
    """A translation is shown as soon as it is saved."""

    model = StoryTranslation
    show_change_link = False


class PictureForm(forms.ModelForm):
    """A picture that a coordinator lets through, and what has to be checked before."""

    is_approved = forms.BooleanField(label=_("Everybody may see it"), required=False)
    parents_agreed = forms.BooleanField(
        label=_("I have checked that the parents of the children agreed, in writing."),
        required=False,
    )

    class Meta:
        model = StoryPicture
        fields = ["alternative", "credit", "position", "shows_children"]
        widgets = {"alternative": forms.Textarea(attrs={"rows": 2})}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.initial["is_approved"] = self.instance.approved_at is not None
        self.initial["parents_agreed"] = self.instance.children_checked_at is not None

    def clean(self):
        cleaned, row, now = super().clean(), self.instance, timezone.now()
        wants_leave = cleaned.get("is_approved") and cleaned.get("shows_children")
        if wants_leave and not cleaned.get("parents_agreed"):
            self.add_error(
                "parents_agreed",
                gettext("Say first that the leave of the children's parents was checked."),
            )
        row.approved_at = (row.approved_at or now) if cleaned.get("is_approved") else None
        agreed = cleaned.get("parents_agreed")
        row.children_checked_at = (row.children_checked_at or now) if agreed else None
        return cleaned


class StoryPictureInline(StackedPartInline):
    """Pictures come through the form; here they are described, let through, and deleted."""

    model = StoryPicture
    form = PictureForm
    show_change_link = False
    readonly_fields = ["preview"]
    fields = [
        "preview", "alternative", "credit", "position",
        "shows_children", "parents_agreed", "is_approved",
    ]  # fmt: skip

    def has_add_permission(self, request, obj=None):
        return False

    @admin.display(description=_("picture"))
    def preview(self, picture):
        return format_html(
            '<div class="photo-shown"><img src="{}" alt="{}" width="{}" height="{}"></div>',
            picture.small_url,
            picture.alternative,
            picture.width,
            picture.height,
        )


@admin.register(Story)
class StoryAdmin(ImportingAdmin):
    resource_classes = [resources.StoryResource]
    list_display = ["title", "kind", "language", "center", "state", "is_sample"]
    list_filter = [WhoseFilter, "state", "kind", "language", "is_sample"]
    list_select_related = ["center"]
    search_fields = ["title"]
    autocomplete_fields = ["center", "project"]
    inlines = [StoryTranslationInline, StoryPictureInline]

    def get_prepopulated_fields(self, request, obj=None):
        return {} if obj else {"slug": ["title"]}

    def get_readonly_fields(self, request, obj=None):
        """What she agreed to; how she is reached is for those alone who look after the story."""
        if obj is None:
            return []
        is_hers = rights_of(request.user).may_change(obj)
        return ["leave", "reached_by", "reported"] if is_hers else ["leave"]

    @admin.display(description=_("what she agreed to"))
    def leave(self, story):
        teller = getattr(story, "teller", None)
        if teller is None:
            return "–"
        moments = {
            "text_agreed_at": teller.text_agreed_at,
            "pictures_agreed_at": teller.pictures_agreed_at,
            "contact_agreed_at": teller.contact_agreed_at,
        }
        return "; ".join(
            f"{teller._meta.get_field(name).verbose_name}: "
            f"{moment_in_words(timezone.localdate(at)) if at else gettext('no')}"
            for name, at in moments.items()
        )

    @admin.display(description=_("mail address"))
    def reached_by(self, story):
        teller = getattr(story, "teller", None)
        if teller is None or not teller.email:
            return "–"
        if teller.contact_agreed_at:
            return teller.email
        return gettext("%s (for her link alone: she does not want to be written to)") % teller.email

    @admin.display(description=_("report from outside"))
    def reported(self, story):
        row = story.reports.select_related("report").order_by("-report__received_at").first()
        if row is None:
            return "–"
        url = reverse("admin:centers_report_change", args=[row.report_id])
        return format_html(
            '<a href="{}">{}</a>, {}', url, row.report.reference, row.report.get_state_display()
        )

    def save_formset(self, request, form, formset, change):
        """A picture that is deleted goes with its files, and is never brought back."""
        if formset.model is not StoryPicture:
            return super().save_formset(request, form, formset, change)
        formset.save(commit=False)
        for picture in formset.deleted_objects:
            remove_picture(picture, by=request.user, reason=Erasure.Reason.CONSENT)
        for picture, _fields in formset.changed_objects:
            if picture.children_checked_at is None:
                picture.children_checked_by = None
            elif picture.children_checked_by is None:
                picture.children_checked_by = request.user
            picture.save()
        return None

    def get_urls(self):
        withdraw = self.admin_site.admin_view(partial(withdraw_view, self))
        return [
            path("<int:pk>/withdraw/", withdraw, name="stories_story_withdraw"),
            *super().get_urls(),
        ]


@read_and_sent
def withdraw_view(model_admin, request, pk):
    """Asks before a story is withdrawn for ever, because she wrote or called; and withdraws it."""
    story = Story.objects.filter(pk=pk).first()
    if story is None:
        messages.info(request, gettext("This story is not here any more."))
        return redirect("admin:stories_story_changelist")
    if not model_admin.has_change_permission(request, story):
        raise PermissionDenied
    form = WithdrawPhotoForm(request.POST or None, initial={"reason": Erasure.Reason.ASKED})
    if request.method == "POST" and form.is_valid():
        withdraw_story(story, reason=form.cleaned_data["reason"], by=request.user)
        messages.success(request, gettext("Withdrawn. Nothing of the story is kept."))
        return redirect("admin:stories_story_changelist")
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "original": story,
        "story": story,
        "form": form,
        "title": gettext("Withdraw the story"),
    }
    return TemplateResponse(request, "admin/stories/story/withdraw.html", context)
