"""Names fold, so that all their spellings fall together."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from centers.folding import forms, heavy, index_words, light


def finds(query, *texts):
    """Whether every word of the query begins a word of the texts, as the search does it."""
    words = index_words(*texts).split()
    return all(
        any(word.startswith(form) for form in term for word in words) for term in forms(query)
    )


SAME_NAMES = [
    ("Mütter", "Muetter", "Mutter", "MÜTTER", "mu\u0308tter"),
    ("Beočin", "Беочин", "Beochin", "Beocin", "BEOČIN"),
    ("Исперих", "Isperih", "Isperikh", "İsperıh", "ИСПЕРИХ"),
    ("Žilina", "Zilina", "Zhilina"),
    ("Szczecin", "Scecin"),
    ("Köln", "Koeln", "Koln"),
    ("Bydelsmødre", "Bydelsmoedre", "Bydelsmodre"),
    ("Țara", "Tara", "Ţara"),
    ("Đorđe", "Djordje", "Dorde", "Ђорђе"),
    ("Ćuprija", "Cuprija", "Ћуприја"),
    ("Ямбол", "Yambol", "Jambol"),
    ("Бойка", "Boyka", "Bojka", "Boika"),
    ("Търговище", "Targovishte"),
    ("Väter", "Vaeter", "Vater"),
    ("Tırgovişte", "Tirgoviste"),
    ("Straße", "Strasse"),
    ("Łódź", "Lodz"),
]


@pytest.mark.parametrize(
    ("query", "name"),
    [(one, other) for names in SAME_NAMES for one in names for other in names if one != other],
)
def test_every_spelling_finds_every_other(query, name):
    assert finds(query, name) is True


@pytest.mark.parametrize(
    ("query", "name", "expected"),
    [
        ("Müt", "Muetterzentrum", True),
        ("Mue", "Mütterzentrum", True),
        ("Беоч", "Beočin", True),
        ("Beoch", "Beočin", True),
        ("Испер", "Isperih", True),
        ("zentrum", "Mütterzentrum", False),
        ("Neu Vät", "Mütter-Väter-Zentrum Neuhausen", True),
        ("Neu Berlin", "Mütter-Väter-Zentrum Neuhausen", False),
        ("Mutter", "Matter", False),
        ("", "Isperih", True),
        ("Isperih", "", False),
    ],
)
def test_search_goes_by_beginnings_of_words(query, name, expected):
    assert finds(query, name) is expected


@given(st.text(st.characters(exclude_categories=[])))
def test_light_gives_plain_ascii_words_for_any_text(text):
    assert re.fullmatch(r"([a-z0-9]+( [a-z0-9]+)*)?", light(text)) is not None


@given(st.text())
def test_index_words_are_plain_sorted_and_each_once(text):
    words = index_words(text).split(" ") if index_words(text) else []

    assert [word for word in words if not re.fullmatch(r"[a-z0-9]+", word)] == []
    assert words == sorted(set(words))


@given(st.text())
def test_folding_a_folded_text_changes_nothing(text):
    assert light(light(text)) == light(text)


@given(st.from_regex(r"[a-z0-9]+", fullmatch=True))
def test_heavy_leaves_something_of_every_word(word):
    assert re.fullmatch(r"[a-z0-9]+", heavy(word)) is not None


@given(st.text())
def test_every_text_finds_itself(text):
    assert finds(text, text) is True


# The letters in which the network's centers write their names.
LETTERS = "".join(map(chr, [*range(0xC0, 0x180), *range(0x218, 0x21C), *range(0x400, 0x460)]))


@pytest.mark.parametrize(
    "changed", [str.upper, str.lower, lambda letter: unicodedata.normalize("NFD", letter)]
)
def test_every_letter_finds_itself_in_capitals_and_taken_apart(changed):
    names = [f"ma{letter}na" for letter in LETTERS if letter.isalpha()]

    assert len(names) > 250
    assert [name for name in names if not finds(changed(name), name)] == []
    assert [name for name in names if not finds(name, changed(name))] == []


@given(st.text(st.characters(categories=["L", "Nd", "Zs"]), min_size=1), st.data())
def test_every_beginning_of_a_word_finds_it(text, data):
    word = data.draw(st.sampled_from(text.split() or ["a"]))
    cut = data.draw(st.integers(1, len(word)))

    assert finds(word[:cut], text if text.split() else "a") is True


def test_index_words_take_missing_names():
    assert index_words(None, "", "Nest") == "nest"


def test_index_words_hold_both_forms():
    assert index_words("Mütterzentrum Köln") == "koln muterzentrum mutterzentrum"


def test_numbers_are_not_folded():
    assert forms("Žabka 1999")[1] == ("1999",)
    assert "19" not in index_words("Obec 1999").split()
