"""A visitor changes the language, and is offered hers."""

import re

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.appearance, pytest.mark.django_db]


def names(page):
    return page.locator(".center-card h3").all_inner_texts()


@pytest.mark.parametrize("javascript", [True, False])
def test_switch_to_bulgarian_keeps_the_filters(visit, javascript):
    page = visit(width=360, java_script_enabled=javascript)
    page.goto("/centers/?country=RS&status=closed&sort=founded")
    found = names(page)
    page.get_by_role("link", name="Български").click()

    expect(page).to_have_url(re.compile(r"/bg/centers/\?country=RS&status=closed&sort=founded$"))
    expect(page.locator("html")).to_have_attribute("lang", "bg")
    assert len(found) > 0
    assert names(page) == found
    # From here on every link stays in Bulgarian.
    page.locator(".center-card h3 a").first.click()
    expect(page).to_have_url(re.compile(r"/bg/centers/[a-z-]+/$"))
    page.get_by_role("link", name="English", exact=True).click()
    expect(page).to_have_url(re.compile(r"[0-9]/centers/[a-z-]+/$"))


def test_browsers_language_is_offered_in_its_own_words(visit):
    page = visit(width=360, locale="bg-BG")
    page.goto("/projects/?country=BG")
    offer = page.locator(".language-offer a")

    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.locator(".language-offer")).to_have_attribute("lang", "bg")
    offer.click()
    expect(page).to_have_url(re.compile(r"/bg/projects/\?country=BG$"))
    expect(offer).to_have_count(0)
