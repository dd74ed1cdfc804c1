"""What people come for, from beginning to end."""

import re

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.django_db]


def names(page):
    return page.locator(".center-card h3").all_inner_texts()


def focused(page):
    """What has the focus, as tag and words."""
    return page.evaluate(
        "(({tagName, value, innerText}) => [tagName, innerText.trim() || value || ''])"
        "(document.activeElement)"
    )


def tab_to(page, wanted, *, most=150):
    """Press the tab key until the focus is on an element that the test `wanted` takes."""
    for _press in range(most):
        page.keyboard.press("Tab")
        if wanted(*focused(page)):
            return
    pytest.fail(f"{most} tabs did not lead there; the last was {focused(page)}.")


@pytest.mark.parametrize("width", [360, 1280])
def test_filters_work_without_javascript(visit, width):
    page = visit(width=width, java_script_enabled=False)
    page.goto("/centers/")
    for facet, choice in [(None, "closed 5"), ("Cause", "Rent could not be paid 2")]:
        if width == 360:
            page.get_by_text("Filter the list").click()
        if facet:
            page.locator(".facet summary").get_by_text(facet, exact=True).click()
        page.get_by_role("checkbox", name=choice, exact=True).check()
        page.get_by_role("button", name="Show").click()

    assert names(page) == ["Open Heart for Beocin", "Swallow"]
    expect(page).to_have_url(re.compile(r"status=closed&cause=rent"))
    page.get_by_role("link", name=re.compile("^Rent could not be paid")).click()
    assert len(names(page)) == 5


def test_search_works_without_javascript(visit):
    page = visit(java_script_enabled=False)
    page.goto("/")
    page.get_by_label("Find a center by its name or town").fill("Беочин")
    page.get_by_role("button", name="Find").click()

    expect(page.locator(".center-card h3")).to_have_text(["Open Heart for Beocin"])
    page.get_by_role("link", name="Open Heart for Beocin").click()
    expect(page.locator("h1")).to_have_text("Open Heart for Beocin")


def test_keyboard_alone_leads_to_a_profile(visit):
    page = visit()
    page.goto("/centers/")
    page.keyboard.press("Tab")
    assert focused(page) == ["A", "Skip to the content"]
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"

    tab_to(page, lambda tag, words: (tag, words) == ("INPUT", "SK"))
    page.keyboard.press("Space")
    tab_to(page, lambda tag, words: tag == "BUTTON" and words.startswith("Show"))
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("country=SK"))
    tab_to(page, lambda tag, words: (tag, words) == ("A", "Matko"))
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    page.keyboard.press("Enter")

    expect(page.locator("h1")).to_have_text("Matko")
    assert outline == "solid"
