"""The forms with which a woman tells her story."""

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from centers.alphabet import alphabetical
from centers.guard import GuardedForm
from centers.models.base import language_name
from centers.photos import fresh_picture
from stories.models import Story
from stories.telling import MAX_PICTURES

LONGEST_STORY, LONGEST_VOICE = 20_000, 300  # letters
LONGEST_ALTERNATIVE = 300
# In which stories may be told: those of the site, and others that are spoken in the centers.
LANGUAGES = (
    "ar", "bg", "bs", "cs", "de", "en", "es", "fa", "fr", "hr", "hu", "it", "ka", "kk", "mk", "nl",
    "pl", "pt", "ro", "rom", "ru", "rw", "sk", "sl", "sq", "sr", "sr-Latn", "sw", "tr", "uk",
)  # fmt: skip
ACCEPTED = "image/jpeg,image/png,image/webp"


def language_choices():
    """[(code, name)]: the reader's own first, then by their names in her language."""
    names = [(code, language_name(code)) for code in LANGUAGES]
    own = (get_language() or "en").split("-")[0]
    return sorted(names, key=lambda each: (each[0] != own, alphabetical(each[1])))


class StoryForm(GuardedForm):
    """The words of a story."""

    language = forms.ChoiceField(label=_("Language of your words"), choices=language_choices)
    title = forms.CharField(
        label=_("Title"), required=False, max_length=200, help_text=_("A voice needs none.")
    )
    # The browser would cut a longer text without a word: only the server counts.
    text = forms.CharField(
        label=_("Your words"),
        help_text=_(
            "A story may have 20,000 letters, a voice 300. Please name nobody who does not want "
            "to be named."
        ),
        widget=forms.Textarea(attrs={"rows": 12, "autocomplete": "off"}),
    )
    video = forms.CharField(
        label=_("A video of it elsewhere"),
        required=False,
        max_length=300,
        help_text=_("Its address, beginning with https. We show a link to it, if you have one."),
        widget=forms.URLInput(attrs={"inputmode": "url", "autocomplete": "off"}),
    )
    shown_name = forms.CharField(
        label=_("Name to be shown"),
        required=False,
        max_length=120,
        help_text=_("As you want to be called, such as a first name. Empty: you are not named."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def clean_title(self):
        return " ".join(self.cleaned_data["title"].split())

    def clean_shown_name(self):
        return " ".join(self.cleaned_data["shown_name"].split())

    def clean_text(self):
        lines = self.cleaned_data["text"].replace("\r\n", "\n").replace("\r", "\n")
        return lines.strip()

    def clean_video(self):
        video = self.cleaned_data["video"]
        if video and "://" not in video:
            video = f"https://{video}"
        if video:
            try:
                URLValidator(schemes=["https"])(video)
                Story._meta.get_field("video").run_validators(video)  # how long it may be
            except ValidationError:
                raise ValidationError(
                    _("This is no address of a video that we can link: it begins with https.")
                ) from None
        return video

    @property
    def told_kind(self):
        """Whether it is a story or a voice."""
        return self.cleaned_data.get("kind")

    def clean(self):
        cleaned = super().clean()
        text, kind = cleaned.get("text"), self.told_kind
        if kind == Story.Kind.STORY and "title" in cleaned and not cleaned["title"]:
            self.add_error("title", gettext("Please give your story a title."))
        longest = LONGEST_VOICE if kind == Story.Kind.VOICE else LONGEST_STORY
        if text and len(text) > longest:
            self.add_error(
                "text",
                gettext("These are %(present)d letters, and %(most)d are the most.")
                % {"present": len(text), "most": longest},
            )
        return cleaned


class PicturesForm(GuardedForm):
    """Pictures that come with a story, each in a place of its own with what it shows.

    `cleaned_data["pictures"]` is [(upload, alternative, shows_children)]. `room` is for how many
    there is room.
    """

    def __init__(self, *args, room=MAX_PICTURES, **kwargs):
        super().__init__(*args, **kwargs)
        self.places = range(1, room + 1)
        for number in self.places:
            self.fields[f"picture_{number}"] = forms.FileField(
                label=gettext("Picture %d") % number,
                required=False,
                allow_empty_file=True,  # it gets a sentence of ours
                # The name is not kept.
                widget=forms.FileInput(attrs={"accept": ACCEPTED}),
            )
            self.fields[f"alternative_{number}"] = forms.CharField(
                label=gettext("What does it show?"),
                required=False,
                max_length=LONGEST_ALTERNATIVE,
                help_text=gettext("For women who cannot see it. No private names."),
                widget=forms.TextInput(attrs={"autocomplete": "off"}),
            )
            self.fields[f"children_{number}"] = forms.BooleanField(
                label=gettext("Children can be recognised in it"),
                required=False,
                help_text=gettext(
                    "Then their parents have to agree in writing. A coordinator asks for that "
                    "before the picture is shown."
                ),
            )

    @property
    def picture_rows(self):
        """The fields of each picture together."""
        return [
            [self[f"{name}_{number}"] for name in ("picture", "alternative", "children")]
            for number in self.places
        ]

    @property
    def lost_pictures(self):
        """Whether pictures were sent; where the form is shown again, no browser keeps them."""
        return any(self.files.get(f"picture_{each}") for each in self.places)

    @property
    def has_more_pictures(self):
        """Whether anything but the first picture has something written about it, or an error."""
        return self.is_bound and any(
            field.errors or field.data for row in self.picture_rows[1:] for field in row
        )

    def clean(self):
        cleaned = super().clean()
        cleaned["pictures"] = []
        for number in self.places:
            upload = cleaned.get(f"picture_{number}")
            if not upload:
                continue
            try:
                fresh_picture(upload)
            except ValidationError as error:
                self.add_error(f"picture_{number}", error)
                continue
            words = " ".join(cleaned.get(f"alternative_{number}", "").split())
            cleaned["pictures"].append((upload, words, cleaned.get(f"children_{number}", False)))
        return cleaned


class TellForm(StoryForm, PicturesForm):
    """A story or a voice that is told for the first time."""

    kind = forms.ChoiceField(
        label=_("What do you want to tell?"),
        widget=forms.RadioSelect,
        initial=Story.Kind.STORY,
        choices=[
            (Story.Kind.STORY, _("A story")),
            (Story.Kind.VOICE, _("One sentence or two: a voice")),
        ],
    )
    center = forms.CharField(
        label=_("Your center"),
        required=False,
        max_length=200,
        help_text=_("Its name or its town. You may leave it empty."),
        widget=forms.TextInput(attrs={"list": "centers", "autocomplete": "off"}),
    )
    email = forms.EmailField(
        label=_("Your mail address"),
        required=False,
        max_length=254,
        help_text=_(
            "We send you a link with which you change or withdraw your story. Without it, write "
            "to us with your reference. Never shown."
        ),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    agrees_text = forms.BooleanField(
        label=_("I agree that my words are published here"),
        error_messages={"required": _("Without your leave we cannot keep your words.")},
    )
    agrees_pictures = forms.BooleanField(
        label=_("I agree that my pictures are published here, and so does everybody in them"),
        required=False,
    )
    may_contact = forms.BooleanField(
        label=_("You may write to me if there is a question"), required=False
    )
    is_over_16 = forms.BooleanField(
        label=_("I am over 16"),
        error_messages={
            "required": _("Stories are told here by women over 16. Ask one to tell it with you.")
        },
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        pictures = [field.name for row in self.picture_rows for field in row]
        # As they stand on the page, so that what is wrong is told in this order.
        before = ["kind", "title", "text", "language", "center", "shown_name"]
        after = ["video", "email", "may_contact", "agrees_text", "agrees_pictures", "is_over_16"]
        self.order_fields([*before, *pictures, *after])

    def clean(self):
        cleaned = super().clean()
        if self.lost_pictures and not cleaned.get("agrees_pictures"):
            self.add_error(
                "agrees_pictures",
                gettext("Please agree that your pictures are published, or leave them out."),
            )
        if cleaned.get("may_contact") and "email" in cleaned and not cleaned["email"]:
            self.add_error("email", gettext("To write to you we need your mail address."))
        return cleaned
