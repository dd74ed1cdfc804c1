"""Pages that show some countries alone if they are asked for: which, and what makes no sense."""

from urllib.parse import urlencode

from django import forms
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from centers.facets import Choice, ForgivingMultipleChoiceField


class _Form(forms.Form):
    country = ForgivingMultipleChoiceField(label=gettext_lazy("Country"), required=False)


class CountriesAsked:
    """A page of which `country` asks for countries, in pages.

    Subclasses have `choices`, [(code, name)] of the countries that can be asked for, and a
    `paginator`. Values that make no sense are set aside, and said (`notes`).
    """

    def __init__(self, data):
        self.data = data
        self.form = _Form(data)
        self.form.fields["country"].choices = self.choices
        self.form.is_valid()
        self.countries = self.form.cleaned_data.get("country", [])

    @property
    def shown_choices(self):
        return [Choice(code, name, 0, code in self.countries) for code, name in self.choices]

    @property
    def notes(self):
        """Sentences on what was asked and makes no sense."""
        field = self.form.fields["country"]
        notes = [
            _("“%(value)s” is not a choice under “%(filter)s” and was ignored.")
            % {"value": value[:60], "filter": field.label}
            for value in getattr(field, "ignored", [])
        ]
        page = self.data.get("page") or "1"
        last = self.paginator.num_pages
        if not (page.isdecimal() and page.isascii() and 0 < int(page[:9]) <= last):
            notes.append(_("There is no page “%s” here.") % page[:60])
        return notes

    def pairs(self, *, without=()):
        """What is asked as (name, value) pairs."""
        return [] if "country" in without else [("country", each) for each in self.countries]

    @property
    def query(self):
        return "?" + urlencode(self.pairs())

    @cached_property
    def page(self):
        return self.paginator.get_page(self.data.get("page"))
