"""Names in the order of the reader's alphabet."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from centers.alphabet import alphabetical


@pytest.mark.parametrize(
    ("language", "ordered"),
    [
        ("de", "Ägypten Albanien Österreich Polen Zypern"),
        ("cs", "Albánie Bulharsko Cypr Česko Dánsko Holandsko Chorvatsko Řecko Slovensko"),
        ("sk", "Cyprus Česko Dánsko Holandsko Chorvátsko India Slovensko Španielsko Taliansko"),
        ("hu", "Ciprus Csehország Görögország Gyár Olaszország Örményország Svájc Szerbia"),
        ("bg", "Албания Босна България Германия Унгария Чехия"),
        ("en", "Bosnia Côte Cotedivoire Zimbabwe"),
    ],
)  # fmt: skip
def test_alphabetical_orders_as_the_language_does(language, ordered):
    names = ordered.split()
    mixed = random.Random(1).sample(names, len(names))

    assert sorted(mixed, key=lambda name: alphabetical(name, language)) == names


@given(st.text(max_size=20), st.text(max_size=20), st.sampled_from(["en", "cs", "hu", "bg"]))
def test_alphabetical_tells_different_names_apart(one, other, language):
    assert (alphabetical(one, language) == alphabetical(other, language)) == (one == other)
