"""Forms of the pages on accounts: inviting, accepting, handing over."""

from django import forms
from django.contrib.auth import get_user_model, password_validation
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

from centers.folding import light
from centers.models import Coordinator, Country, Invitation, Organisation
from mine_site.accounts.invitations import check_address_is_free
from mine_site.accounts.languages import language_choices

User = get_user_model()


class CountriesField(forms.ModelMultipleChoiceField):
    """Countries as boxes to tick, by name in the reader's language."""

    widget = forms.CheckboxSelectMultiple

    def __init__(self, queryset=None, **kwargs):
        kwargs = {"label": _("Countries"), "required": False, **kwargs}
        super().__init__(Country.objects.all() if queryset is None else queryset, **kwargs)

    def clean(self, value):
        # Codes are text, and PostgreSQL fails on a nul in text.
        return super().clean([str(each).replace("\x00", "?") for each in value or []])

    def sort(self):
        """Put the boxes in the order of the names; called when the form is shown."""
        countries = sorted(self.queryset, key=lambda country: light(country.name))
        self.choices = [(country.pk, country.name) for country in countries]


def name_of_choice(row):
    """How a coordinator is called where one is chosen: by person and login."""
    full = row.user.get_full_name()
    login = row.user.get_username()
    return f"{full} ({login})" if full else login


class CoordinatorField(forms.ModelChoiceField):
    def label_from_instance(self, row):
        return name_of_choice(row)


def networks():
    return Organisation.objects.filter(kind=Organisation.Kind.NETWORK).order_by("name")


class InvitationForm(forms.ModelForm):
    """Whom a lead invites, and what she is to look after."""

    countries = CountriesField()

    class Meta:
        model = Invitation
        fields = [
            "name",
            "email",
            "language",
            "countries",
            "networks",
            "takes_over_from",
            "is_lead",
        ]
        field_classes = {"takes_over_from": CoordinatorField}
        widgets = {"networks": forms.CheckboxSelectMultiple}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["countries"].sort()
        self.fields["language"].widget = forms.Select(choices=language_choices())
        self.fields["language"].help_text = _("Of the mail, as far as it is translated.")
        self.fields["networks"].queryset = networks()
        self.fields["networks"].help_text = ""
        self.fields["takes_over_from"].queryset = (
            Coordinator.objects.filter(countries__isnull=False)
            .select_related("user")
            .distinct()
            .order_by("user__username")
        )
        self.fields["takes_over_from"].empty_label = _("nobody")
        for name in ("name", "email"):
            self.fields[name].widget.attrs["autocomplete"] = "off"

    def clean_email(self):
        email = self.cleaned_data["email"].lower()  # as logins by mail are compared
        check_address_is_free(email)
        return email

    def clean(self):
        values = super().clean()
        chosen = values.get("countries") or values.get("networks") or values.get("is_lead")
        if not self.errors and not chosen:
            raise ValidationError(
                _("Choose what she is to look after: a country, a network, or everything as lead.")
            )
        return values


class AcceptForm(forms.Form):
    """What the invited person chooses herself: a name to log in with, and a password."""

    username = forms.CharField(
        label=_("Name to log in with"),
        max_length=150,
        validators=[
            # No @: nobody shall be able to call herself by somebody else's mail address.
            RegexValidator(
                r"^[\w.+-]+\Z", _("Letters, digits, and the signs . + - _ make up this name.")
            )
        ],
        help_text=_("Letters, digits, and the signs . + - _"),
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none"}),
    )
    password1 = forms.CharField(
        label=_("Password"),
        max_length=200,
        strip=False,
        help_text=_("At least ten signs; several words are easier to remember than odd signs."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    password2 = forms.CharField(
        label=_("The same password again"),
        max_length=200,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, *args, invitation, **kwargs):
        self.invitation = invitation
        super().__init__(*args, **kwargs)

    def clean_username(self):
        username = self.cleaned_data["username"]
        if User.objects.filter(username__iexact=username).exists():
            raise ValidationError(_("Somebody else has this name already."))
        return username

    def clean(self):
        values = super().clean()
        first, second = values.get("password1"), values.get("password2")
        if first and second and first != second:
            self.add_error("password2", _("The two passwords are not the same."))
        elif first:
            person = User(
                username=values.get("username", ""),
                first_name=self.invitation.name,
                email=self.invitation.email,
            )
            try:
                password_validation.validate_password(first, person)
            except ValidationError as error:
                self.add_error("password1", error)
        return values


class HandoverForm(forms.Form):
    """What is handed over, by whom, and to whom. `country` or `giver` is fixed by the page."""

    giver = CoordinatorField(
        Coordinator.objects.none(), label=_("From"), required=False, widget=forms.RadioSelect
    )
    countries = CountriesField(Country.objects.none(), label=_("What"))
    networks = forms.ModelMultipleChoiceField(
        Organisation.objects.none(),
        label=_("Networks"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    successor = CoordinatorField(
        Coordinator.objects.none(),
        label=_("To"),
        help_text=_("She looks after it from the moment you press the button."),
    )

    def __init__(self, *args, country=None, giver=None, **kwargs):
        super().__init__(*args, **kwargs)
        self.country, self.fixed_giver = country, giver
        rows = Coordinator.objects.select_related("user").order_by("user__username")
        self.fields["successor"].queryset = rows.filter(
            user__is_active=True, user__is_staff=True
        ).exclude(pk=giver.pk if giver else None)
        if country:
            del self.fields["countries"], self.fields["networks"]
            here = rows.filter(countries=country)
            self.fields["giver"].queryset = here
            self.fields["giver"].required = here.exists()
            self.fields["giver"].empty_label = None
            if here.count() == 1:
                self.fields["giver"].initial = here.get()
            if not here:
                del self.fields["giver"]
        else:
            del self.fields["giver"]
            for name, rows in (("countries", giver.countries), ("networks", giver.networks)):
                self.fields[name].queryset = rows.all()
                self.fields[name].initial = [row.pk for row in rows.all()]
            self.fields["countries"].sort()
            if not giver.networks.exists():
                del self.fields["networks"]

    def clean(self):
        values = super().clean()
        if (
            not self.errors
            and not self.country
            and not (values.get("countries") or values.get("networks"))
        ):
            raise ValidationError(_("Tick at least one."))
        return values

    def what(self):
        """The arguments for `hand_over`."""
        values = self.cleaned_data
        return {
            "countries": [self.country] if self.country else [*values["countries"]],
            "networks": [*values.get("networks", [])],
            "giver": self.fixed_giver or values.get("giver"),
            "successor": values["successor"],
        }
