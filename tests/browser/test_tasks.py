"""What people come for, from beginning to end."""

import re

import pytest
from playwright.sync_api import expect

from centers.models import Center
from tests.browser.conftest import PASSWORD

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

    assert names(page) == ["Open Heart for Beocin"]
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


def test_coordinator_records_a_closing_and_takes_it_back(visit, anna):
    page = visit(width=360)
    page.goto("/admin/")
    page.locator("#id_login").fill("anna")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Log in").click()
    expect(page).to_have_url(re.compile(r"/admin/$"))

    center = Center.objects.get(slug="matko-detva")
    page.goto(f"/admin/centers/center/{center.pk}/change/")
    page.get_by_role("link", name="Record status").click()
    page.get_by_role("radio", name="closed: No longer exists.").check()
    page.get_by_label("Seen or told on").fill("2026-05")
    page.get_by_label("According to").fill("the mayor's office")
    page.get_by_role("radio", name="Rent could not be paid: main").check()
    page.get_by_role("radio", name="Members emigrated: contributing").check()
    page.get_by_role("button", name="Record").click()
    expect(page.locator(".messagelist")).to_contain_text(
        "Recorded. Matko now says: Closed between 2006 and May 2026."
    )

    visitor = visit(width=360)
    visitor.goto("/centers/matko-detva/")
    expect(visitor.locator(".verdict")).to_contain_text(
        "Why it closed: Rent could not be paid (main cause); Members emigrated (contributing cause)"
    )
    expect(visitor.locator(".timeline")).to_contain_text("According to: the mayor's office.")

    entry = center.status_entries.get(status="closed")
    page.goto(f"/admin/centers/statusentry/{entry.pk}/change/")
    page.get_by_role("link", name="Withdraw this statement").click()
    page.get_by_label("Why is it withdrawn?").fill("It was the center of another town.")
    page.get_by_role("button", name="Withdraw").click()
    expect(page.locator(".messagelist")).to_contain_text(
        "Withdrawn. Matko now says: Active since 2006."
    )
    visitor.reload()
    expect(visitor.locator(".verdict")).to_contain_text("Active since 2006.")
    visitor.get_by_text("Statements that were withdrawn").click()
    expect(visitor.get_by_text("Withdrawn: It was the center of another town.")).to_be_visible()
