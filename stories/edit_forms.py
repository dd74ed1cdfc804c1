"""The forms with which a woman changes her story, or asks for her link."""

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from centers.guard import GuardedForm
from stories.editing import room_for_pictures, words_of
from stories.forms import LONGEST_ALTERNATIVE, PicturesForm, StoryForm
from stories.models import Story
from stories.telling import title_of


class EditForm(StoryForm, PicturesForm):
    """Her words, what her pictures show, which of them go, and new ones."""

    language = None  # she told it in one; a translation is added by a coordinator
    agrees_pictures = forms.BooleanField(
        label=_("I agree that my pictures are published here, and so does everybody in them"),
        required=False,
    )

    def __init__(self, *args, teller, **kwargs):
        self.teller, self.story = teller, teller.story
        words = words_of(self.story)
        words["text"] = words.pop("body")
        super().__init__(*args, initial=words, room=room_for_pictures(self.story), **kwargs)
        if teller.pictures_agreed_at or not self.places:
            del self.fields["agrees_pictures"]
        self.pictures = list(self.story.pictures.all())
        for picture in self.pictures:
            self.fields[f"shows_{picture.key}"] = forms.CharField(
                label=gettext("What does it show?"),
                required=False,
                max_length=LONGEST_ALTERNATIVE,
                initial=picture.alternative,
                widget=forms.TextInput(attrs={"autocomplete": "off"}),
            )
            self.fields[f"remove_{picture.key}"] = forms.BooleanField(
                label=gettext("Delete this picture for good"), required=False, label_suffix=""
            )

    @property
    def told_kind(self):
        return self.story.kind

    @property
    def present_pictures(self):
        """(picture, field of what it shows, field to delete it) of those that are there."""
        return [
            (picture, self[f"shows_{picture.key}"], self[f"remove_{picture.key}"])
            for picture in self.pictures
        ]

    def clean(self):
        cleaned = super().clean()
        if cleaned["pictures"] and cleaned.get("agrees_pictures") is False:
            self.add_error(
                "agrees_pictures",
                gettext("Please agree that your pictures are published, or leave them out."),
            )
        return cleaned

    @property
    def words(self):
        """{field of `Story`: what she wrote}"""
        cleaned = self.cleaned_data
        words = {name: cleaned[name] for name in ("title", "shown_name", "video")}
        words["body"] = cleaned["text"]
        if self.story.kind == Story.Kind.VOICE:
            words["title"] = words["title"] or title_of(words["body"])
        return words

    @property
    def removed(self):
        """The pictures that she wants to be deleted, also where other fields have errors."""
        return [
            picture
            for picture in self.pictures
            if self.data.get(self.add_prefix(f"remove_{picture.key}"))
        ]


class LinkForm(GuardedForm):
    email = forms.EmailField(
        label=_("Your mail address"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
