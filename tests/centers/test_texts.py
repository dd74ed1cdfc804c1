"""How texts of the register stand on a page: in paragraphs, with their language, unharmed."""

import pytest
from django.template import Context, Template
from django.utils import translation

from centers.models.base import TextInLanguage

TEXT = "Mothers' <b>money</b>\n\nA second paragraph"


@pytest.mark.parametrize("text", [TEXT, TextInLanguage(TEXT, "en")])
def test_longer_text_stands_in_paragraphs_and_harms_nothing(text):
    with translation.override("en"):
        page = Template("{{ text|paragraphs }}").render(Context({"text": text}))

    assert page == ("<p>Mothers&#x27; &lt;b&gt;money&lt;/b&gt;</p>\n\n<p>A second paragraph</p>")


def test_longer_text_in_another_language_is_marked_with_it():
    with translation.override("bg"):
        page = Template("{{ text|paragraphs }}").render(
            Context({"text": TextInLanguage("Money", "en")})
        )

    assert page == '<div lang="en"><p>Money</p></div>'


def test_no_text_is_no_paragraph():
    assert Template("{{ text|paragraphs }}").render(Context({"text": None})) == ""
