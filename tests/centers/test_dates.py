"""Dates as precise as their source."""

import contextlib
import datetime

import pytest
from django import forms
from django.core import serializers
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from centers.dates import (
    FIRST_YEAR,
    LAST_YEAR,
    PartialDate,
    PartialDateFormField,
)
from centers.models import Center, Source

YEARS = st.integers(FIRST_YEAR, LAST_YEAR)
DATES = st.one_of(
    st.builds(PartialDate, YEARS),
    st.builds(PartialDate, YEARS, st.integers(1, 12)),
    st.dates(datetime.date(FIRST_YEAR, 1, 1), datetime.date(LAST_YEAR, 12, 31)).map(PartialDate.of),
)
NONSENSE = [
    "",
    "2015-02-30",
    "2015-02-29",
    "2015-5",
    "2015-05-1",
    "2015-13",
    "2015-00",
    "2015-05-00",
    "٢٠١٥",
    "20150517",
    "2015-0517",
    "17.5.2015",
    "5/2015",
    "May 2015",
    "2015-05-17T00:00",
    "2015.0",
    "0000",
    "1799",
    "2200",
    "-2015",
    "2015-",
]


def day(text):
    return datetime.date.fromisoformat(text)


@given(DATES)
def test_parse_reads_what_str_writes(date):
    assert PartialDate.parse(str(date)) == date


@pytest.mark.parametrize("text", NONSENSE)
def test_parse_refuses_nonsense(text):
    with pytest.raises(ValueError, match=f"“{text}” is not"):
        PartialDate.parse(text)


@given(st.text())
def test_parse_takes_iso_or_refuses(text):
    try:
        date = PartialDate.parse(text)
    except ValueError:
        return
    assert str(date) == text.strip()


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ((2015, 13), "13 is not a month"),
        ((2015, None, 3), "A day needs a month"),
        ((2015, 2, 30), "day"),
        ((1799,), "1799 is not a year"),
    ],
)
def test_partial_date_refuses_what_no_calendar_has(arguments, reason):
    with pytest.raises(ValueError, match=reason):
        PartialDate(*arguments)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        ("", None),
        (" 2015-05 ", PartialDate(2015, 5)),
        (datetime.date(2015, 5, 17), PartialDate(2015, 5, 17)),
        (PartialDate(2015), PartialDate(2015)),
    ],
)
def test_of_takes_text_days_and_nothing(value, expected):
    assert PartialDate.of(value) == expected


@pytest.mark.parametrize(
    ("text", "earliest", "latest", "precision"),
    [
        ("2015", "2015-01-01", "2015-12-31", 1),
        ("2015-05", "2015-05-01", "2015-05-31", 2),
        ("2015-02", "2015-02-01", "2015-02-28", 2),
        ("2016-02", "2016-02-01", "2016-02-29", 2),
        ("2015-05-17", "2015-05-17", "2015-05-17", 3),
    ],
)
def test_bounds_are_first_and_last_day(text, earliest, latest, precision):
    date = PartialDate.parse(text)

    assert (date.earliest, date.latest, date.precision) == (day(earliest), day(latest), precision)


@given(DATES)
def test_earliest_is_not_after_latest(date):
    assert date.earliest <= date.latest


@given(DATES, DATES)
def test_text_sorts_by_earliest_day_and_less_precise_first(one, other):
    assert (str(one) < str(other)) == (one.sort_key < other.sort_key)


@given(DATES, DATES)
def test_dates_are_equal_only_as_the_same_fact(one, other):
    assert (one == other) == (str(one) == str(other))


def test_a_year_is_not_its_first_month():
    assert PartialDate(2006) != PartialDate(2006, 1)


def test_dates_of_different_precision_have_no_order():
    with pytest.raises(TypeError):
        PartialDate(2006) < PartialDate(2006, 5)  # noqa: B015


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("2015", "2015", True),
        ("2015", "2015-12-31", True),
        ("2015", "2016", False),
        ("2015-05", "2015-05-17", True),
        ("2015-05", "2015-06", False),
        ("2015-05-31", "2015-06", False),
    ],
)
def test_overlaps_when_both_can_mean_the_same_day(one, other, expected):
    one, other = PartialDate.parse(one), PartialDate.parse(other)

    assert (one.overlaps(other), other.overlaps(one)) == (expected, expected)


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("2015", "en", "2015"),
        ("2015-05", "en", "May 2015"),
        ("2015-05-17", "en", "May 17, 2015"),
        ("2015", "de", "2015"),
        ("2015-05", "de", "Mai 2015"),
        ("2015-05-17", "de", "17. Mai 2015"),
        ("2015", "bg", "2015 г."),
        ("2015-05", "bg", "май 2015 г."),
        ("2015-05-17", "bg", "17 май 2015 г."),
        ("2015-05", "sr-latn", "maj 2015."),
        ("2015-05", "tlh", "May 2015"),
    ],
)
def test_in_words_reads_well_in_the_language(text, language, expected):
    words = PartialDate.parse(text).in_words(language)

    # CLDR sets narrow no-break spaces in some languages, and changes its mind from time to time.
    assert words.replace("\u202f", " ").replace("\u00a0", " ") == expected


def test_in_words_speaks_the_active_language():
    with translation.override("de"):
        assert PartialDate(2015, 5).in_words() == "Mai 2015"


@pytest.mark.django_db
@pytest.mark.parametrize("text", ["2006", "2015-05", "2015-05-17"])
def test_field_keeps_the_date_as_precise_as_it_was(text):
    source = Source.objects.create(slug="review", title="Review", date=text)

    source.refresh_from_db()

    assert source.date == PartialDate.parse(text)


@pytest.mark.django_db
def test_field_keeps_unknown_as_unknown():
    source = Source.objects.create(slug="review", title="Review", date=None)

    source.refresh_from_db()

    assert (source.date, source.date_earliest, source.date_latest) == (None, None, None)


@pytest.mark.django_db
def test_field_orders_by_earliest_day():
    for text in ["2016", "2015-05-17", "2015", "2015-05", "2015-12"]:
        Source.objects.create(slug=f"s{text}", title=text, date=text)

    dates = Source.objects.order_by("date").values_list("date", flat=True)

    assert [str(date) for date in dates] == ["2015", "2015-05", "2015-05-17", "2015-12", "2016"]


@pytest.mark.django_db
def test_field_refuses_to_look_for_nonsense():
    with pytest.raises(ValueError, match="is not a date"):
        Source.objects.filter(date="2015-5").exists()


def stored_bounds():
    return Source.objects.values_list("date_earliest", "date_latest").get()


@pytest.mark.django_db
def test_bounds_follow_at_create():
    Source.objects.create(slug="review", title="Review", date="2015-05")

    assert stored_bounds() == (day("2015-05-01"), day("2015-05-31"))


@pytest.mark.django_db
def test_bounds_follow_at_bulk_create():
    Source.objects.bulk_create([Source(slug="review", title="Review", date="2015")])

    assert stored_bounds() == (day("2015-01-01"), day("2015-12-31"))


@pytest.mark.django_db
@pytest.mark.parametrize("options", [{}, {"update_fields": ["date"]}])
def test_bounds_follow_at_every_save(options):
    source = Source.objects.create(slug="review", title="Review", date="2015")

    source.date = PartialDate(2016, 3)
    source.save(**options)

    assert stored_bounds() == (day("2016-03-01"), day("2016-03-31"))


@pytest.mark.django_db
def test_bounds_follow_at_update_or_create():
    Source.objects.create(slug="review", title="Review", date="2015")

    Source.objects.update_or_create(slug="review", defaults={"date": "2017"})

    assert stored_bounds() == (day("2017-01-01"), day("2017-12-31"))


@pytest.mark.django_db
def test_bounds_go_when_the_date_goes():
    source = Source.objects.create(slug="review", title="Review", date="2015")

    source.date = None
    source.save()

    assert stored_bounds() == (None, None)


@pytest.mark.parametrize("text", NONSENSE[1:])
def test_model_refuses_nonsense_by_field(text):
    with pytest.raises(ValidationError) as refusal:
        Source(slug="review", title="Review", date=text).clean_fields()

    assert list(refusal.value.error_dict) == ["date"]


@pytest.mark.django_db
def test_field_survives_serialization():
    Source.objects.create(slug="a", title="A", date="2015-05")
    Source.objects.create(slug="b", title="B", date=None)
    text = serializers.serialize("json", Source.objects.all())
    Source.objects.all().delete()

    for row in serializers.deserialize("json", text):
        row.save()

    dates = dict(Source.objects.values_list("slug", "date"))
    assert dates == {"a": PartialDate(2015, 5), "b": None}


SourceForm = forms.modelform_factory(Source, fields=["slug", "title", "date"])
# What people may write in a form, although it is not how dates are kept.
WRITTEN = {"2015-5", "2015-05-1", "17.5.2015", "5/2015", "May 2015"}


@pytest.mark.parametrize("text", [text for text in NONSENSE[1:] if text not in WRITTEN])
def test_form_field_refuses_nonsense_and_says_what_to_write(text):
    with pytest.raises(ValidationError) as refusal:
        PartialDateFormField().clean(text)

    assert refusal.value.messages == [
        f"“{text}” is not a date: write for example 2015, May 2015 or 2015-05-17."
    ]


@pytest.mark.django_db
def test_form_shows_a_refused_date_at_its_field():
    form = SourceForm({"slug": "review", "title": "Review", "date": "2015-13"})

    assert list(form.errors) == ["date"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("text", "expected"), [("", None), ("  ", None), (" 2015-05 ", PartialDate(2015, 5))]
)
def test_form_takes_dates_and_nothing(text, expected):
    form = SourceForm({"slug": "review", "title": "Review", "date": text})

    assert form.errors == {}
    assert form.save().date == expected


def test_form_shows_again_what_was_typed():
    form = SourceForm({"slug": "review", "title": "Review", "date": "2015-5"})

    assert form["date"].value() == "2015-5"


def test_form_shows_the_iso_text():
    form = SourceForm(instance=Source(date=PartialDate(2015, 5)))

    assert 'value="2015-05"' in str(form["date"])


@pytest.mark.parametrize(
    ("initial", "data", "expected"),
    [
        (None, "", False),
        (None, "2015", True),
        (PartialDate(2015), "2015", False),
        (PartialDate(2015), " 2015 ", False),
        (PartialDate(2015), "2015-01", True),
        (PartialDate(2015), "", True),
    ],
)
def test_form_field_knows_whether_it_changed(initial, data, expected):
    assert PartialDateFormField(required=False).has_changed(initial, data) is expected


def test_form_field_asks_for_a_date_that_is_required():
    with pytest.raises(ValidationError, match="This field is required"):
        PartialDateFormField().clean("")


@pytest.mark.django_db
def test_checks_are_asked_at_once_and_singly_only_if_one_does_not_hold(make, bulgaria):
    center = make(Center, country=bulgaria, name="Carmen", slug="carmen")

    def asked():
        with CaptureQueriesContext(connection) as queries, contextlib.suppress(ValidationError):
            center.validate_constraints()
        return sum("COALESCE" in query["sql"] for query in queries)

    assert asked() == 1
    center.latitude = 0
    center.longitude = 0
    assert asked() > 5
    with pytest.raises(ValidationError, match="0, 0 is a point in the ocean"):
        center.validate_constraints()
