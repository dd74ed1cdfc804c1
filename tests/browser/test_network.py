"""Families of centers in a browser: words stay in the drawing, and everybody can use it."""

import pytest

from centers.models import Center, CenterLink
from tests.browser.test_pages import barriers

pytestmark = [pytest.mark.browser, pytest.mark.appearance, pytest.mark.django_db]

# How far the words of the drawings stand out of them, in pixels; how many words were measured.
OUTSIDE = """() => {
  const words = [...document.querySelectorAll(".family-drawing text")];
  const over = (each) => each.getBoundingClientRect().right
    - each.ownerSVGElement.getBoundingClientRect().right;
  return [words.length, Math.max(...words.map(over))];
}"""


@pytest.fixture
def family(register):
    """A family of forty that is deep, has several helpers, a circle, and names too long to draw."""
    country = Center.objects.first().country
    names = [
        "Mother Center Wörth am Main WWWWWWWWWW",
        "Център за майки „Щастливи майки“",
        "mm" * 40,
    ]
    centers = [
        Center.objects.create(
            name=f"{names[n % 3]} {n}", slug=f"of-a-family-{n}", country=country, place="Ж" * 50
        )
        for n in range(40)
    ]
    pairs = {(n // 2, n) for n in range(1, 20)} | {(n - 1, n) for n in range(20, 40)}
    pairs |= {(3, 30), (5, 30), (1, 12), (39, 2)}
    kinds = CenterLink.Kind.values
    for n, (first, then) in enumerate(sorted(pairs)):
        one, other = (first, then) if n % 3 == 0 else (then, first)
        CenterLink.objects.create(center=centers[one], kind=kinds[n % 3], other=centers[other])


@pytest.mark.parametrize(("width", "scheme"), [(320, "light"), (1280, "dark")])
def test_family_is_read_on_any_screen_and_by_anybody(visit, family, width, scheme):
    page = visit(width=width, color_scheme=scheme)

    assert page.watch.problems("/bg/network/?country=XX") == []

    number, outside = page.evaluate(OUTSIDE)

    assert number == 80
    assert outside <= 0
    for words in page.locator(".family-words:visible summary:visible").all():
        words.click()
    assert page.watch.overflow() == 0
    assert barriers(page) == []
    page.locator(".family-node").nth(1).focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/bg/centers/of-a-family-*/")
