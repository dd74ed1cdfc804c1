"""The page of a center's photos: sent several at once, described, withdrawn."""

import re
from functools import partial, wraps

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils.html import format_html
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from centers.admin.lists import ChoiceFilter
from centers.gallery import add_photo, withdraw_picture
from centers.models import Erasure, Photo

# At once, so that a slow line and a small server come to an end.
MAX_FILES = 10
MAX_TOGETHER = 60 * 1024 * 1024


def read_and_sent(view):
    """A page of the admin that is read and sent; it answers to no other method."""

    @wraps(view)
    def guarded(model_admin, request, *args, **kwargs):
        answer = require_http_methods(["GET", "HEAD", "POST"])(partial(view, model_admin))
        return answer(request, *args, **kwargs)

    return guarded


class PhotoWordsForm(forms.ModelForm):
    """What is told of a photo. The form knows what was shown when it was opened."""

    class Meta:
        model = Photo
        fields = ["alternative", "consent", "credit", "position"]
        widgets = {
            "alternative": forms.Textarea(attrs={"rows": 2}),
            "consent": forms.TextInput,
            "credit": forms.TextInput,
            "position": forms.NumberInput(attrs={"min": 0, "max": 999}),
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.show_hidden_initial = True

    def clean_alternative(self):
        return " ".join(self.cleaned_data["alternative"].split())

    def add_conflicts(self, stored):
        """An error at each field that somebody else has changed since the page was opened."""
        for name in self.changed_data:
            shown = self.data.get(self.add_initial_prefix(name))
            now = getattr(stored, name)
            if shown in (None, str(now)) or self.cleaned_data.get(name) == now:
                continue
            self.add_error(
                name,
                gettext("Somebody wrote “%s” here meanwhile. Save again if yours is right.") % now,
            )
            # Saved again, it is compared with what is told now.
            self.data = self.data.copy()
            self.data[self.add_initial_prefix(name)] = str(now)


class WithdrawPhotoForm(forms.Form):
    reason = forms.ChoiceField(
        label=_("Why?"),
        widget=forms.RadioSelect,
        choices=[
            choice for choice in Erasure.Reason.choices if choice[0] != Erasure.Reason.EXPIRED
        ],
        initial=Erasure.Reason.CONSENT,
    )


@read_and_sent
def photos_view(model_admin, request, pk):
    """A center's photos: new ones are taken in, and the words of those that are there are saved."""
    center = _changeable_center(model_admin, request, pk)
    rows = list(center.photos.all())
    photo_forms = [_words_form(request, photo) for photo in rows]
    if request.method == "POST":
        taken = _take(model_admin, request, center)
        gone = _tell_of_withdrawn(request, rows)
        if _save_words(model_admin, request, center, photo_forms):
            changed = any(form.is_bound and form.changed_data for form in photo_forms)
            if not (request.FILES or gone or changed):
                messages.info(request, gettext("Nothing was changed."))
            return redirect("admin:centers_center_photos", center.pk)
        if taken:
            there = {photo.pk for photo in rows}
            photo_forms += [
                _words_form(request, photo) for photo in center.photos.exclude(pk__in=there)
            ]
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "original": center,
        "center": center,
        "photo_forms": photo_forms,
        "drafts": sum(not form.instance.is_published for form in photo_forms),
        "has_errors": any(form.is_bound and form.errors for form in photo_forms),
        "max_files": MAX_FILES,
        "max_megabytes": MAX_TOGETHER // 1024 // 1024,
        "title": gettext("Photos of %s") % center,
    }
    return TemplateResponse(request, "admin/centers/center/photos.html", context)


@read_and_sent
def withdraw_photo_view(model_admin, request, pk, photo):
    """Asks before a photo is withdrawn, and withdraws it."""
    center = _changeable_center(model_admin, request, pk)
    row = center.photos.filter(pk=photo).first()
    if row is None:
        messages.info(request, gettext("This photo is not here any more."))
        return redirect("admin:centers_center_photos", center.pk)
    form = WithdrawPhotoForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        withdraw_picture(row, reason=form.cleaned_data["reason"], by=request.user)
        model_admin.log_change(request, center, gettext("Withdrew a photo."))
        messages.success(
            request,
            gettext("Withdrawn. The photo and all its smaller versions are deleted."),
        )
        return redirect("admin:centers_center_photos", center.pk)
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "original": center,
        "center": center,
        "photo": row,
        "form": form,
        "title": gettext("Withdraw a photo of %s") % center,
    }
    return TemplateResponse(request, "admin/centers/center/withdraw_photo.html", context)


def _with(photos):
    """A function of centers and the request: those that have such photos."""
    return lambda centers, request: centers.filter(pk__in=photos().order_by().values("center"))


class PhotosFilter(ChoiceFilter):
    """Centers whose photos wait for words or consent."""

    title = _("photos")
    parameter_name = "photos"
    answers = [
        ("drafts", _("wait for text or consent"), _with(Photo.objects.drafts)),
        ("public", _("public"), _with(Photo.objects.published)),
    ]


def _changeable_center(model_admin, request, pk):
    center = get_object_or_404(model_admin.get_queryset(request), pk=pk)
    if not model_admin.has_change_permission(request, center):
        raise PermissionDenied
    return center


def _words_form(request, photo):
    """The form of a photo; bound if it was sent."""
    prefix = f"photo-{photo.pk}"
    sent = request.method == "POST" and f"{prefix}-alternative" in request.POST
    return PhotoWordsForm(request.POST if sent else None, instance=photo, prefix=prefix)


def _take(model_admin, request, center):
    """Take the files in one by one, and say what became of each; returns how many were taken."""
    files = request.FILES.getlist("files")
    if len(files) > MAX_FILES:
        messages.error(
            request,
            gettext("These are %(many)d files. None was taken: choose at most %(most)d at once.")
            % {"many": len(files), "most": MAX_FILES},
        )
        return 0
    if sum(file.size for file in files) > MAX_TOGETHER:
        messages.error(
            request,
            gettext("Together these files are larger than %d MB. None was taken: choose fewer.")
            % (MAX_TOGETHER // 1024 // 1024),
        )
        return 0
    taken = 0
    for file in files:
        try:
            add_photo(center, file)
        except ValidationError as refusal:
            messages.error(
                request,
                format_html("“{}”: {}", _short(file.name), " ".join(refusal.messages)),
            )
        else:
            taken += 1
    if taken:
        told = ngettext("%d photo added.", "%d photos added.", taken) % taken
        model_admin.log_change(request, center, told)
        then = ngettext(
            "Say what it shows and who agreed; then it becomes public.",
            "Say what they show and who agreed; then they become public.",
            taken,
        )
        messages.success(request, f"{told} {then}")
    return taken


def _short(name):
    """A file's name, not longer than a line."""
    name = name.replace("\0", "")
    return name if len(name) <= 60 else f"{name[:40]}…{name[-15:]}"


def _tell_of_withdrawn(request, rows):
    """Say for how many photos words came that were withdrawn meanwhile; returns how many."""
    sent = {
        found[1] for key in request.POST if (found := re.fullmatch(r"photo-(\d+)-alternative", key))
    }
    if gone := len(sent - {str(photo.pk) for photo in rows}):
        messages.warning(
            request,
            ngettext(
                "%d photo is not here any more: it was withdrawn meanwhile.",
                "%d photos are not here any more: they were withdrawn meanwhile.",
                gone,
            )
            % gone,
        )
    return gone


@transaction.atomic
def _save_words(model_admin, request, center, photo_forms):
    """Save what was changed of the photos' words, all of it or nothing; whether it was."""
    sent = [form for form in photo_forms if form.is_bound]
    stored = {
        photo.pk: photo
        for photo in Photo.objects.select_for_update().filter(center=center).order_by("pk")
    }
    for form in sent:
        if form.is_valid() and form.instance.pk in stored:
            form.add_conflicts(stored[form.instance.pk])
    if any(form.errors for form in sent):
        return False
    changed = [form for form in sent if form.changed_data and form.instance.pk in stored]
    for form in changed:
        values = {name: form.cleaned_data[name] for name in form.changed_data}
        Photo.objects.filter(pk=form.instance.pk).update(**values)
    if changed:
        told = ngettext(
            "Saved what is told of %d photo.", "Saved what is told of %d photos.", len(changed)
        ) % len(changed)
        model_admin.log_change(request, center, told)
        messages.success(request, told)
    return True
