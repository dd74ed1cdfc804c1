"""The printed letter: one sheet, whatever it says and in whatever language, and good on a phone."""

import re

import pytest
from playwright.sync_api import expect

from centers.models import Center
from tests.browser.test_pages import barriers

pytestmark = [pytest.mark.browser, pytest.mark.alike, pytest.mark.django_db]

LONG = {
    "name": "Самоорганизиран майчин център за взаимна помощ и среща на поколенията " * 2,
    "place": "Свети Константин и Елена при Белослав",
    "address": "Улица на строителите и на техните внуци 125, вход Б, етаж 7 " * 2,
    "phone": "+359 2 555 12 34, +359 2 555 12 35, +359 2 555 12 36",
    "email": "a-rather-long-name-of-a-mail-address@a-rather-long-name.example.org",
    "website": "https://example.org/" + "a-page-far-down/" * 8,
    "opening_hours": "Понеделник до петък от 9 до 12 и от 14 до 18, събота по уговорка. " * 3,
}


def sheets(page):
    return len(re.findall(rb"/Type\s*/Page\b", page.pdf(prefer_css_page_size=True)))


@pytest.mark.parametrize("told", [{}, LONG], ids=["short", "long"])
def test_letter_is_one_sheet_and_fits_a_phone(visit, anna, told):
    center = Center.objects.get(slug="hope-for-provadia")
    Center.objects.filter(pk=center.pk).update(**told)
    page = visit(width=360, as_user=anna)
    page.goto(f"/admin/centers/center/{center.pk}/ask/")
    assert (barriers(page), page.watch.overflow()) == ([], 0)
    page.watch.seen = []  # what the look for barriers itself leaves behind
    page.get_by_label("Language of the letter").select_option("bg")
    page.get_by_role("button", name="Print a letter").click()
    page.get_by_label("Your telephone and postal address").fill("Street 1\n1000 Town\n+359 555")
    page.get_by_role("button", name="Put it on the letter").click()

    expect(page.get_by_role("article").get_by_text("+359 555")).to_be_visible()
    expect(page.get_by_role("button", name="Print", exact=True)).to_be_visible()
    assert (page.watch.seen, page.watch.overflow(), sheets(page)) == ([], 0, 1)
    assert barriers(page) == []
