"""Dates that are as precise as their source.

`2006`, `2015-05` and `2015-05-17` are three different facts. A `PartialDate` is one of them; it
is stored as that ISO 8601 text, which sorts, beside the earliest and the latest day that it can
mean, so that ranges filter by overlap. Unknown is `None`, never 1 January.
"""

import calendar
import datetime
import re
from dataclasses import dataclass
from functools import cache, cached_property

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_skeleton
from django import forms
from django.core.exceptions import FieldError, ValidationError
from django.db import models, router
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

FIRST_YEAR, LAST_YEAR = 1800, 2199
_ISO = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?", re.ASCII)


@dataclass(frozen=True)
class PartialDate:
    """A year, a month of a year, or a day.

    Equality is equality of the written fact: `2006` is not `2006-01`. There is no `<`, since
    2006 is neither before nor after May 2006; compare `earliest` and `latest`, or sort by
    `sort_key` (by the earliest day, and the less precise first).
    """

    year: int
    month: int | None = None
    day: int | None = None

    def __post_init__(self):
        if not FIRST_YEAR <= self.year <= LAST_YEAR:
            raise ValueError(f"{self.year} is not a year between {FIRST_YEAR} and {LAST_YEAR}.")
        if self.day is not None and self.month is None:
            raise ValueError("A day needs a month.")
        if self.month is not None and not 1 <= self.month <= 12:
            raise ValueError(f"{self.month} is not a month.")
        if self.day is not None:
            datetime.date(self.year, self.month, self.day)

    @classmethod
    def parse(cls, text):
        """The date written in `text` as 2015, 2015-05 or 2015-05-17.

        Raises `ValueError` for anything else, 2015-02-30 and 2015-5 included.
        """
        match = _ISO.fullmatch(text.strip())
        if match is None:
            raise ValueError(f"“{text}” is not a date: write 2015, 2015-05 or 2015-05-17.")
        try:
            return cls(*(int(part) if part else None for part in match.groups()))
        except ValueError:
            raise ValueError(f"“{text}” is not in the calendar.") from None

    @classmethod
    def of(cls, value):
        """`value` (text, a `datetime.date`, a `PartialDate` or None) as `PartialDate` or None."""
        if value is None or value == "":
            return None
        if isinstance(value, cls):
            return value
        if isinstance(value, datetime.date):
            return cls(value.year, value.month, value.day)
        return cls.parse(value)

    @cached_property
    def earliest(self):
        """The first day that this date can mean."""
        return datetime.date(self.year, self.month or 1, self.day or 1)

    @cached_property
    def latest(self):
        """The last day that this date can mean."""
        month = self.month or 12
        return datetime.date(self.year, month, self.day or calendar.monthrange(self.year, month)[1])

    @property
    def precision(self):
        """1 for a year, 2 for a month, 3 for a day."""
        return 1 + (self.month is not None) + (self.day is not None)

    @property
    def sort_key(self):
        return (self.earliest, self.precision)

    def overlaps(self, other):
        """Whether both can mean the same day."""
        return self.earliest <= other.latest and other.earliest <= self.latest

    def in_words(self, language=None, *, within=False):
        """The date as a reader of `language` (default: the active one) writes it: “May 2015”.

        `within` a sentence, a month takes the form that it has in a date, where the language
        tells the two apart: “květen 2015” alone, but “od května 2015” (CLDR calls them
        stand-alone and format).
        """
        locale = babel_locale(language or get_language())
        if self.day:
            return format_date(self.earliest, format="long", locale=locale)
        if self.month and within:
            pattern = locale.datetime_skeletons["yMMMM"].pattern.replace("L", "M")
            return format_date(self.earliest, pattern, locale=locale)
        if not self.month and locale.language == "hu":
            return str(self.year)  # “2015.”, as CLDR has it, is wrong before most words: “2015 óta”
        return format_skeleton("yMMMM" if self.month else "y", self.earliest, locale=locale)

    def __str__(self):
        """The ISO text: 2015, 2015-05 or 2015-05-17."""
        return "-".join(
            [f"{self.year:04}", *(f"{part:02}" for part in (self.month, self.day) if part)]
        )


@cache
def babel_locale(language):
    """Babel's locale for a language code of Django; English where Babel has none."""
    try:
        return Locale.parse(language or "en", sep="-")
    except (UnknownLocaleError, ValueError):
        return Locale("en")


class PartialDateFormField(forms.CharField):
    """Takes a date as people write it (`centers.written_dates`); empty is unknown.

    Where it can mean two days, the readings are told, and she is asked which one she means.
    """

    default_error_messages = {
        "invalid": _("“%(value)s” is not a date: write for example 2015, May 2015 or 2015-05-17."),
        "ambiguous": _("“%(value)s” can mean %(readings)s. Please write the one in brackets."),
    }

    def __init__(self, **kwargs):
        super().__init__(**{**kwargs, "max_length": 40, "empty_value": None})

    def to_python(self, value):
        from centers.written_dates import readings  # which makes its dates with this module

        value = super().to_python(value)
        if value is None or isinstance(value, PartialDate):
            return value
        try:
            found = readings(value)
        except ValueError:
            raise ValidationError(
                self.error_messages["invalid"], code="invalid", params={"value": value}
            ) from None
        if len(found) > 1:
            told = _(" or ").join(f"{date.in_words()} ({date})" for date in found)
            raise ValidationError(
                self.error_messages["ambiguous"],
                code="ambiguous",
                params={"value": value, "readings": told},
            )
        return found[0] if found else None

    def prepare_value(self, value):
        return "" if value is None else str(value)

    def has_changed(self, initial, data):
        return (str(initial) if initial else "") != (data or "").strip()

    def run_validators(self, value):
        """The length was bounded as text; a date has none."""


class PartialDateField(models.CharField):
    """Stores a `PartialDate` as its ISO text; NULL is unknown.

    Beside it stand an `EarliestDayField` and a `LatestDayField`, which follow it at each save.
    """

    description = "A date as precise as its source"

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **{**kwargs, "max_length": 10})

    def deconstruct(self):
        name, path, args, kwargs = super().deconstruct()
        del kwargs["max_length"]
        return name, path, args, kwargs

    def from_db_value(self, value, expression, connection):
        return PartialDate.of(value)

    def to_python(self, value):
        try:
            return PartialDate.of(value)
        except ValueError as error:
            raise ValidationError(str(error), code="invalid") from None

    def get_prep_value(self, value):
        return None if value is None or value == "" else str(PartialDate.of(value))

    def run_validators(self, value):
        super().run_validators("" if value is None else str(value))

    def value_to_string(self, obj):
        return str(self.value_from_object(obj) or "")

    def formfield(self, **kwargs):
        return models.Field.formfield(
            self, **{"form_class": PartialDateFormField, "max_length": 10, **kwargs}
        )


class _BoundField(models.DateField):
    bound = None

    def __init__(self, source, *args, **kwargs):
        self.source = source
        super().__init__(*args, **{**kwargs, "null": True, "editable": False})

    def deconstruct(self):
        name, path, args, kwargs = super().deconstruct()
        for implied in ("null", "editable"):
            kwargs.pop(implied, None)
        return name, path, [self.source, *args], kwargs

    def follow(self, instance):
        """Set the bound from its source, and return it; None where the source makes no sense."""
        try:
            value = PartialDate.of(getattr(instance, self.source))
        except ValueError:
            value = None
        bound = value and getattr(value, self.bound)
        setattr(instance, self.attname, bound)
        return bound

    def clean(self, value, model_instance):
        return self.follow(model_instance)

    def pre_save(self, instance, add):
        self.follow(instance)
        return super().pre_save(instance, add)


class Dated(models.Model):
    """A model whose constraints speak of the bounds of its partial dates.

    Forms do not show the bounds, and Django passes over constraints on fields that a form does
    not show; here they count as shown when their dates are.

    Django asks the database for each check by itself; here all are asked at once, and singly only
    if one does not hold, since a register that is loaded asks for each of its rows.
    """

    _holds = ()  # kinds of constraints that are known to hold

    class Meta:
        abstract = True

    def save(self, *args, **kwargs):
        """Saves the bounds of each date that is saved."""
        fields = kwargs.get("update_fields")
        if fields is not None:
            kwargs["update_fields"] = {
                *fields,
                *(
                    field.name
                    for field in self._meta.fields
                    if isinstance(field, _BoundField) and field.source in fields
                ),
            }
        super().save(*args, **kwargs)

    def validate_constraints(self, exclude=None):
        exclude = set(exclude or ())
        for field in self._meta.fields:
            if isinstance(field, _BoundField) and field.source not in exclude:
                field.follow(self)
                exclude.discard(field.name)
        self._holds = models.CheckConstraint if self._all_checks_hold(exclude) else ()
        try:
            super().validate_constraints(exclude=exclude)
        finally:
            del self._holds

    def get_constraints(self):
        return [
            (model, [each for each in constraints if not isinstance(each, self._holds)])
            for model, constraints in super().get_constraints()
        ]

    def _all_checks_hold(self, exclude):
        checks = [
            constraint.condition
            for _model, constraints in super().get_constraints()
            for constraint in constraints
            if isinstance(constraint, models.CheckConstraint)
        ]
        if not checks:
            return False
        against = self._get_field_expression_map(meta=self._meta, exclude=exclude)
        try:
            return models.Q(*checks).check(against, using=router.db_for_write(type(self)))
        except FieldError:  # a field is not shown: Django knows which checks to pass over
            return False


class EarliestDayField(_BoundField):
    """The first day that the `PartialDateField` named by `source` can mean; follows it."""

    bound = "earliest"


class LatestDayField(_BoundField):
    """The last day that the `PartialDateField` named by `source` can mean; follows it."""

    bound = "latest"
