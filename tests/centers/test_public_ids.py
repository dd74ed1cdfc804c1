"""Permanent public identifiers."""

import itertools

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from centers.public_ids import (
    ALPHABET,
    check_character,
    is_public_id,
    new_public_id,
    validate_public_id,
)

IDS = st.text(ALPHABET, min_size=7, max_size=7).map(lambda body: body + check_character(body))


@given(IDS)
def test_is_public_id_takes_every_body_with_its_check_character(public_id):
    assert is_public_id(public_id) is True


@given(IDS, st.integers(0, 7), st.sampled_from(ALPHABET))
def test_is_public_id_notices_every_single_wrong_character(public_id, position, wrong):
    mistyped = public_id[:position] + wrong + public_id[position + 1 :]

    assert is_public_id(mistyped) is (mistyped == public_id)


@given(IDS, st.sampled_from(list(itertools.combinations(range(8), 2))))
def test_is_public_id_notices_every_swap_of_two_characters(public_id, positions):
    one, other = positions
    swapped = list(public_id)
    swapped[one], swapped[other] = swapped[other], swapped[one]

    assert is_public_id("".join(swapped)) is ("".join(swapped) == public_id)


@given(st.text())
def test_is_public_id_never_raises(text):
    assert is_public_id(text) in (True, False)


# From the register: computed by hand once, valid for ever.
@pytest.mark.parametrize("public_id", ["7ad37d7m", "5kdc5w4j", "8954cd3k"])
def test_is_public_id_takes_those_of_the_register(public_id):
    assert is_public_id(public_id) is True


@pytest.mark.parametrize(
    "text", ["", "7ad37d7", "7ad37d7mm", "7AD37D7M", "7ad37d7m ", "7ad37d70", "7ad37d7٣", "é" * 8]
)
def test_validate_public_id_refuses_in_plain_words(text):
    with pytest.raises(ValidationError, match="is mistyped"):
        validate_public_id(text)


def test_validate_public_id_takes_a_right_one():
    assert validate_public_id("7ad37d7m") is None


def test_new_public_id_is_right_and_another_each_time():
    made = [new_public_id() for _ in range(1000)]

    assert [public_id for public_id in made if not is_public_id(public_id)] == []
    assert len(set(made)) == 1000


def test_alphabet_has_no_signs_that_are_taken_for_each_other():
    assert len(set(ALPHABET)) == 31
    assert set("0o1il") & set(ALPHABET) == set()
