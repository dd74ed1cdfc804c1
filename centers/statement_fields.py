"""Fields with which people tell how a center is, at the desk and on the pages of the outside."""

from django import forms
from django.utils.translation import gettext_lazy as _

from centers import written_dates
from centers.dates import PartialDate
from centers.models import Cause, Snapshot

FIGURES = ["core_group", "visitors", "children", "premises", "monthly_rent", "currency"]


def _figure(label, **kwargs):
    return forms.IntegerField(label=label, required=False, min_value=0, max_value=99_999, **kwargs)


def causes_in_order():
    """All causes with their names, by group; in a group by name, “unknown” last."""
    groups = Cause.Group.values
    return sorted(
        Cause.objects.with_names(),
        key=lambda cause: (groups.index(cause.group), cause.pk == "unknown", str(cause)),
    )


class FiguresForm(forms.Form):
    """What is so at a center: people, premises, rent. Nothing of it is asked for."""

    core_group = _figure(_("Core group"), help_text=_("Women who carry the center."))
    visitors = _figure(_("Visitors"))
    children = _figure(_("Children"))
    premises = forms.ChoiceField(
        label=_("Premises"),
        required=False,
        choices=[("", _("not known")), *Snapshot.Premises.choices],
    )
    monthly_rent = forms.DecimalField(
        label=_("Monthly rent"), required=False, min_value=0, max_digits=10, decimal_places=2
    )
    currency = forms.RegexField(
        "^[A-Za-z]{3}$",
        label=_("Currency"),
        required=False,
        help_text=_("Three letters, such as EUR."),
        error_messages={"invalid": _("Three letters, such as EUR.")},
    )

    def clean_currency(self):
        return self.cleaned_data["currency"].upper()

    def figure_fields(self):
        return [self[name] for name in FIGURES]

    @property
    def has_figures(self):
        """Whether a figure was given or refused, so that the form shows them."""
        return any(field.value() not in (None, "") for field in self.figure_fields())


class AsksWhichDay(forms.Form):
    """A form whose fields named in `DATES` are dates as people write them.

    One that can mean two days is asked back: the form then has a field `<name>_meant` more, with
    the readings to choose from.
    """

    DATES = ()

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.is_bound:
            for name in self.DATES:
                self._ask_back(name)

    def _ask_back(self, name):
        """Add the question which day was meant, where the text can mean two."""
        text = str(self.data.get(self.add_prefix(name)) or "")
        try:
            found = written_dates.readings(text)
        except ValueError:
            return
        if len(found) > 1:
            self.fields[f"{name}_meant"] = forms.ChoiceField(
                label=_("Which one do you mean by “%s”?") % text,
                widget=forms.RadioSelect,
                choices=[(str(date), date.in_words()) for date in found],
                error_messages={"required": _("Please choose the day that you mean.")},
            )

    def _clean_fields(self):
        """Takes the day that was chosen in place of the text that can mean two."""
        super()._clean_fields()
        for name in self.DATES:
            if chosen := self.cleaned_data.get(f"{name}_meant"):
                self.errors.pop(name, None)
                self.cleaned_data[name] = PartialDate.parse(chosen)
            elif f"{name}_meant" in self.fields:
                self.errors.pop(name, None)  # asked beside the choice

    def question(self, name):
        """The bound field that asks which day was meant, or None."""
        return self[f"{name}_meant"] if f"{name}_meant" in self.fields else None
