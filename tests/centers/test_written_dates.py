"""Dates as coordinators type them, in their own languages."""

import pytest
from django.core.exceptions import ValidationError
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from centers.dates import PartialDate, PartialDateFormField
from centers.written_dates import MONTH_LANGUAGES, readings

DATES = st.builds(
    lambda day, precision: PartialDate(*(day.year, day.month, day.day)[:precision]),
    st.dates(
        min_value=PartialDate(1800).earliest,
        max_value=PartialDate(2199).latest,
    ),
    st.integers(1, 3),
)


@pytest.mark.parametrize(
    ("language", "text", "date"),
    [
        ("de", "2015", "2015"),
        ("de", "5/2015", "2015-05"),
        ("de", "05.2015", "2015-05"),
        ("de", "2015-5", "2015-05"),
        ("de", "Mai 2015", "2015-05"),
        ("de", "Mär 2015", "2015-03"),
        ("de", "17. Mai 2015", "2015-05-17"),
        ("de", "5.3.2015", "2015-03-05"),
        ("en", "May 17, 2015", "2015-05-17"),
        ("en", "sept 2015", "2015-09"),
        ("en", "17/5/2015", "2015-05-17"),
        ("bg", "май 2015 г.", "2015-05"),
        ("bg", "17 май 2015", "2015-05-17"),
        ("bg", "5.3.2015", "2015-03-05"),
        ("cs", "květen 2015", "2015-05"),
        ("cs", "červen 2015", "2015-06"),
        ("cs", "července 2015", "2015-07"),
        ("sk", "máj 2015", "2015-05"),
        ("hu", "2015. május 17.", "2015-05-17"),
        ("hu", "2015. 5. 17.", "2015-05-17"),
        # Somebody types in another language than the one her pages are in.
        ("en", "Mai 2015", "2015-05"),
        ("en", "май 2015", "2015-05"),
    ],
)
def test_readings_understand_what_people_write(language, text, date):
    assert readings(text, language) == [PartialDate.parse(date)]


@pytest.mark.parametrize(
    "text",
    ["5/15", "ju 2015", "foo 2015", "2015 2016", "31.2.2015", "13/2015", "May", "17 May",
     "1/2/3/2015", "May June 2015", "٢٠١٥", "-2015", "2015-", "20150517"],
)  # fmt: skip
def test_readings_refuse_what_is_no_date_or_not_whole(text):
    with pytest.raises(ValueError, match="is not a date: write for example"):
        readings(text, "en")


def test_readings_of_nothing_are_none():
    assert readings("  ", "de") == []


def test_readings_give_both_where_the_day_may_come_first_or_second():
    found = readings("5/3/2015", "en")

    assert found == [PartialDate(2015, 3, 5), PartialDate(2015, 5, 3)]


@given(DATES, st.sampled_from(["en", "de", "cs", "sk", "hu", "bg"]))
def test_readings_understand_how_the_pages_write_dates(date, language):
    assert readings(date.in_words(language), language) == [date]


@given(DATES, st.sampled_from(MONTH_LANGUAGES))
def test_readings_understand_how_dates_are_kept(date, language):
    assert readings(str(date), language) == [date]


@given(st.text(max_size=40), st.sampled_from(MONTH_LANGUAGES))
def test_readings_give_dates_or_refuse(text, language):
    try:
        found = readings(text, language)
    except ValueError:
        return
    assert all(isinstance(date, PartialDate) for date in found)
    assert bool(found) == bool(text.strip())


def test_form_field_takes_dates_in_the_language_of_the_page():
    with translation.override("de"):
        assert PartialDateFormField().clean("Mai 2015") == PartialDate(2015, 5)


def test_form_field_asks_which_of_two_days_is_meant():
    with translation.override("en"), pytest.raises(ValidationError) as refusal:
        PartialDateFormField().clean("5/3/2015")

    assert refusal.value.messages == [
        "“5/3/2015” can mean March 5, 2015 (2015-03-05) or May 3, 2015 (2015-05-03). "
        "Please write the one in brackets."
    ]
