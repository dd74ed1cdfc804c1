"""What a visitor writes to correct us, and what she adds to it later.

A report is about one subject. Beside her own words, some subjects have fields of their own; what is
filled in there becomes a part of the report, which a coordinator can take over as it is. Fields of
other subjects than the chosen one count for nothing.
"""

import re

from django import forms
from django.core.validators import MaxLengthValidator
from django.utils import timezone
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from centers import search
from centers.dates import PartialDateFormField
from centers.guard import GuardedForm
from centers.models import RECORDABLE, STATUS_EXPLANATIONS, Center, Report, SearchEntry
from centers.public_ids import is_public_id
from centers.reports.receiving import LONGEST_TEXT

Subject = Report.Subject
# What a visitor can be wrong or right about; the others are told by centers and in stories.
SUBJECTS = [
    Subject.STATUS,
    Subject.CONTACT,
    Subject.PLACE,
    Subject.NAME,
    Subject.DUPLICATE,
    Subject.REMOVE_ME,
    Subject.OTHER,
]
# The fields of each subject beside her own words.
FIELDS = {
    Subject.STATUS: ["status", "since"],
    Subject.CONTACT: ["phone", "email", "website", "opening_hours"],
    Subject.PLACE: ["place", "address"],
    Subject.NAME: ["name"],
    Subject.DUPLICATE: ["twin"],
}
TEXTS = [*FIELDS[Subject.CONTACT], *FIELDS[Subject.PLACE], *FIELDS[Subject.NAME]]
KEYBOARDS = {"phone": "tel", "email": "email", "website": "url"}


def public_value(center, field):
    """What the center's page says today: her fields begin with it, and nothing finer."""
    if field in FIELDS[Subject.PLACE]:
        return getattr(center, f"published_{field}")
    return getattr(center, field)


def words_field(**kwargs):
    """A long text; the browser would cut it without a word, so only the server counts."""
    return forms.CharField(
        **{
            "validators": [MaxLengthValidator(LONGEST_TEXT)],
            "help_text": gettext_lazy("In any language. At most 5,000 letters."),
            "widget": forms.Textarea(attrs={"rows": 6, "autocomplete": "off"}),
            **kwargs,
        }
    )


class ReportForm(GuardedForm):
    """What is wrong with what we hold on a center, or has changed."""

    subject = forms.ChoiceField(
        label=gettext_lazy("What it is about"),
        widget=forms.RadioSelect,
        choices=[(subject.value, subject.label) for subject in SUBJECTS],
        error_messages={"required": gettext_lazy("Please choose what it is about.")},
    )
    status = forms.ChoiceField(
        label=gettext_lazy("How is the center?"), required=False, widget=forms.RadioSelect
    )
    since = PartialDateFormField(
        label=gettext_lazy("Since"),
        required=False,
        help_text=gettext_lazy(
            "When it began, if that is known: 2015, 5/2015, May 2015 or 17. 5. 2015."
        ),
    )
    twin = forms.CharField(
        label=gettext_lazy("The other center"),
        required=False,
        max_length=300,
        help_text=gettext_lazy("Its name, or the address of its page here."),
    )
    text = words_field(label=gettext_lazy("In your own words"), required=False)
    answer_to = forms.EmailField(
        label=gettext_lazy("Your mail address"),
        required=False,
        max_length=254,
        help_text=gettext_lazy(
            "You may leave it empty. With it we can ask back and tell you what came of it; "
            "90 days after that it is forgotten."
        ),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )

    def __init__(self, center, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.center = center
        self.fields["status"].choices = [
            (value, format_html("{}: {}", capfirst(label), STATUS_EXPLANATIONS[value]))
            for value, label in RECORDABLE
        ]
        for name in TEXTS:
            field = Center._meta.get_field(name).formfield(required=False, help_text="")
            field.initial = public_value(center, name)
            field.widget = forms.TextInput(attrs={"inputmode": KEYBOARDS.get(name, "text")})
            field.widget.attrs |= {"maxlength": field.max_length, "autocomplete": "off"}
            self.fields[name] = field
        if not self.is_bound:
            self.fields["name"].initial = center.name

    def _clean_fields(self):
        """Only her own words and the fields of the chosen subject count."""
        super()._clean_fields()
        counts = FIELDS.get(self.cleaned_data.get("subject"), [])
        for name in (name for names in FIELDS.values() for name in names if name not in counts):
            self.errors.pop(name, None)
            self.cleaned_data.pop(name, None)

    def clean_since(self):
        since = self.cleaned_data["since"]
        if since and since.earliest > timezone.localdate():
            raise forms.ValidationError(_("%s has not come yet.") % since.in_words())
        return since

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("since") and not cleaned.get("status") and "status" not in self.errors:
            self.add_error("status", _("Please choose how it is now."))
        if not self.errors and not cleaned.get("text") and not self.told:
            self.add_error("text", _("Please write what you know, in a few words."))
        return cleaned

    @property
    def choices(self):
        """[(what of the radio buttons a template needs, the fields that belong to it)]."""
        return [
            (radio, [self[name] for name in FIELDS.get(radio.data["value"], [])])
            for radio in self["subject"]
        ]

    @property
    def told(self):
        """What the report would change: {field of a part: what was told}."""
        cleaned = self.cleaned_data
        told = {
            name: cleaned[name].strip()
            for name in TEXTS
            if name in cleaned and cleaned[name].strip() != public_value(self.center, name)
        }
        if not told.get("name", True):
            del told["name"]  # emptied: which name is meant, her words have to say
        if cleaned.get("status"):
            told["status"] = {
                "status": cleaned["status"],
                "since": str(cleaned.get("since") or ""),
                "observed": timezone.localdate().isoformat(),
                "causes": [],
                "note": "",
            }
        if words := cleaned.get("twin"):
            told["duplicate"] = {"words": words, "public_id": twin_of(self.center, words)}
        return told


def twin_of(center, words):
    """The public identifier of the one other center that the words name; "" if that is not sure.

    Words are the address of its page, its identifier, or a name that no other one has.
    """
    others = Center.objects.published().exclude(pk=center.pk)
    last = re.split(r"[?#]", words)[0].rstrip("/").rpartition("/")[2].strip().lower()
    if is_public_id(last):
        found = others.filter(public_id=last)
    elif "/" in words:
        found = others.filter(slug=last)
    else:
        found = others.filter(pk__in=search.found(SearchEntry.Kind.CENTER, words))
    found = list(found.values_list("public_id", flat=True)[:2])
    return found[0] if len(found) == 1 else ""


class AnswerForm(GuardedForm):
    """What she who reported writes on her receipt: an answer, or something more."""

    text = words_field(label=gettext_lazy("In your own words"))

    def __init__(self, report, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if report.state == Report.State.ASKED:
            self.fields["text"].label = _("Your answer")
