"""Forms of an import: the file, and what its columns mean."""

from django import forms
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from centers import encodings, spreadsheets
from centers.dates import PartialDateFormField
from centers.imports import columns
from centers.models import Country, Organisation


class UploadForm(forms.Form):
    """Which file, whose list it is, and in which country its centers are."""

    file = forms.FileField(
        label=_("File"),
        help_text=_("CSV, XLSX (Excel) or ODS (LibreOffice), up to 10,000 rows."),
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.tsv,.txt,.xlsx,.ods"}),
    )
    network = forms.ModelChoiceField(
        label=_("Whose list is it?"),
        queryset=Organisation.objects.none(),
        required=False,
        empty_label=_("No network's"),
        help_text=_(
            "The centers in it will be entered as members of this network. What you say about "
            "the columns is remembered for its next list."
        ),
    )
    country = forms.ModelChoiceField(
        label=_("Country"),
        queryset=Country.objects.all(),
        required=False,
        empty_label=_("The file says it in each row"),
        help_text=_("For rows that name no country."),
    )

    def __init__(self, *args, rights, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["network"].queryset = Organisation.objects.filter(
            Q(kind=Organisation.Kind.NETWORK) | Q(pk__in=rights.networks)
        )
        if len(rights.countries) == 1:
            self.fields["country"].initial = next(iter(rights.countries))
        if len(rights.networks) == 1:
            self.fields["network"].initial = next(iter(rights.networks))

    def clean_file(self):
        """The bytes of the file, if it is a table."""
        upload = self.cleaned_data["file"]
        if upload.size > spreadsheets.MAX_BYTES:
            raise forms.ValidationError(
                gettext("The file is larger than %d MB.") % (spreadsheets.MAX_BYTES // 1024 // 1024)
            )
        data = upload.read()
        try:
            table = spreadsheets.read(data, recognise=columns.is_known)
        except spreadsheets.SpreadsheetError as error:
            raise forms.ValidationError(str(error)) from None
        if not table.rows:
            raise forms.ValidationError(gettext("There are no rows below the header."))
        self.file_name = "".join(sign for sign in upload.name if sign.isprintable())[-150:]
        return data


class ReadingForm(forms.Form):
    """How the file is to be read, where the guess was wrong."""

    encoding = forms.ChoiceField(label=_("Encoding"), required=False)
    sheet = forms.ChoiceField(label=_("Sheet"), required=False)
    header_line = forms.IntegerField(
        label=_("Line with the names of the columns"), min_value=1, max_value=1_000_000
    )

    def __init__(self, *args, table, **kwargs):
        super().__init__(*args, **kwargs)
        if table.kind == "csv":
            choices = [*encodings.CHOICES]
            if table.encoding not in dict(choices):
                choices.append((table.encoding, table.encoding))
            self.fields["encoding"].choices = choices
            del self.fields["sheet"]
        else:
            self.fields["sheet"].choices = [(name, name) for name in table.sheets]
            del self.fields["encoding"]


class ColumnsForm(forms.Form):
    """What each column means; as of when the list is."""

    observed = PartialDateFormField(
        label=_("As of when is this list?"),
        required=False,
        help_text=_(
            "For statuses and figures in rows that give no date of their own: 2015, May 2015 or "
            "2015-05-17."
        ),
    )

    def __init__(self, *args, headers, mapping, has_network, **kwargs):
        super().__init__(*args, **kwargs)
        self.headers, self.has_network = headers, has_network
        for position, header in enumerate(headers):
            self.fields[f"column_{position}"] = forms.ChoiceField(
                label=header, choices=columns.TARGETS, initial=mapping[header]
            )

    def column_fields(self):
        return [self[f"column_{position}"] for position in range(len(self.headers))]

    @property
    def mapping(self):
        return {
            header: self.cleaned_data[f"column_{position}"]
            for position, header in enumerate(self.headers)
        }

    def clean(self):
        data = super().clean()
        names = {}  # target: the field that has it first
        for position, header in enumerate(self.headers):
            target = data.get(f"column_{position}")
            if target in names:
                self.add_error(
                    f"column_{position}",
                    gettext("“%(header)s” is the %(target)s already. Keep one of them as a note.")
                    % {"header": names[target], "target": columns.LABELS[target]},
                )
            elif target in columns.FACTS:
                names[target] = header
        if self.errors:
            return data
        if not {"name", "identifier", "public_id"} & names.keys():
            self.add_error(None, gettext("Say which column holds the name of the center."))
        if "identifier" in names and not self.has_network:
            self._refuse(
                names["identifier"],
                gettext("Numbers belong to a network, and you named none. Keep them as a note."),
            )
        for one, other in [("latitude", "longitude"), ("longitude", "latitude")]:
            if one in names and other not in names:
                self._refuse(names[one], gettext("Latitude and longitude go together."))
        for target in ("since", "causes", "according_to"):
            if target in names and "status" not in names:
                self._refuse(
                    names[target],
                    gettext("This belongs to a status: say which column holds the status."),
                )
        dated = {"status", *columns.FIGURE_TARGETS} & names.keys()
        if dated and "observed" not in names and not data.get("observed"):
            self.add_error(
                "observed", gettext("Say as of when the statuses and figures are; a year will do.")
            )
        return data

    def _refuse(self, header, reason):
        self.add_error(f"column_{self.headers.index(header)}", reason)
