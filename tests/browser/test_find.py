"""A mother on a phone finds the centers near her town: without JavaScript, with it, by position."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from centers import search
from tests.browser.test_pages import STANDARDS

pytestmark = [pytest.mark.browser, pytest.mark.appearance, pytest.mark.django_db]

PHONE = 360


@pytest.fixture(autouse=True)
def _indexed(register):
    search.reindex()


def barriers(page):
    found = Axe().run(page, options={"runOnly": STANDARDS}).response["violations"]
    return [(rule["id"], rule["nodes"][0]["html"][:200]) for rule in found]


def cards(page):
    return page.locator(".center-card h3").all_text_contents()


def overflow(page):
    return page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )


@pytest.mark.parametrize("javascript", [True, False])
def test_small_town_without_a_center_leads_to_the_nearest(visit, javascript):
    page = visit(width=PHONE, java_script_enabled=javascript)
    page.goto("/")
    page.locator("#hero-q").fill("Търговище")
    page.locator("#hero-q").press("Enter")

    page.get_by_text("No center is called “Търговище”").wait_for()
    assert cards(page)[:2] == ["Carmen", "Mother Center Isperih"]
    assert "about 31 km" in page.locator(".center-card").first.inner_text()
    if javascript:
        assert overflow(page) == 0
        assert barriers(page) == []
    page.get_by_role("link", name="All centers, the nearest first").click()
    assert cards(page)[:2] == ["Carmen", "Mother Center Isperih"]


def test_position_is_used_when_it_may_be(visit):
    page = visit(
        width=PHONE,
        permissions=["geolocation"],
        geolocation={"latitude": 43.725512, "longitude": 26.83339},
    )
    page.goto("/centers/")
    page.get_by_text("Filter the list").click()
    page.get_by_role("button", name="Use my position").click()

    page.wait_for_url("**/centers/?*near=43.73%2C26.83*")
    assert cards(page)[0] == "Mother Center Isperih"
    assert page.get_by_text("Distances are counted from 43.73, 26.83 (near Isperih).").is_visible()
    assert page.evaluate("localStorage.length + sessionStorage.length") == 0
    assert page.context.cookies() == []


def test_refused_position_is_said_beside_the_field(visit):
    page = visit(width=PHONE)
    page.goto("/")
    page.get_by_role("button", name="Use my position").click()

    message = page.get_by_text("Your browser may not tell your position. Type a town instead.")
    message.wait_for()
    field = page.locator("#hero-q")
    assert message.get_attribute("id") in field.get_attribute("aria-describedby").split()
    assert page.url.endswith("/")
    assert barriers(page) == []


def test_suggestions_work_by_keyboard(visit):
    page = visit(width=PHONE)
    page.goto("/")
    field = page.get_by_role("combobox", name="Find a center by its name or town")
    field.press_sequentially("Isper")
    page.get_by_role("option").first.wait_for()

    assert overflow(page) == 0
    assert field.get_attribute("aria-expanded") == "true"
    field.press("ArrowDown")
    chosen = page.get_by_role("option", selected=True)
    assert field.get_attribute("aria-activedescendant") == chosen.get_attribute("id")
    assert barriers(page) == []
    field.press("Escape")
    assert page.get_by_role("option").count() == 0
    assert field.get_attribute("aria-expanded") == "false"
    field.press_sequentially("ih")
    page.get_by_role("option").first.wait_for()
    field.press("ArrowDown")
    field.press("Enter")

    page.get_by_role("heading", name="Mother Center Isperih").wait_for()
    assert page.watch.seen == []
