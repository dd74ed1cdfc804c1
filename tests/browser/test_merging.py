"""A coordinator merges two records of one center on her phone, and takes it back."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from centers import search
from centers.models import BY_IMPORT, Center, CenterMerge

pytestmark = [pytest.mark.browser, pytest.mark.alike, pytest.mark.django_db]


@pytest.fixture
def double(register):
    """A second record of a center of the register, as an import may bring it."""
    center = Center.objects.get(slug="matko-detva")
    double = Center.objects.create(
        name="Materské centrum Matko, o. z.",
        slug="mc-matko",
        country=center.country,
        place=center.place,
        phone="+421 1",
    )
    double.record_status("closed", observed="2020", by=BY_IMPORT)
    search.reindex("center", [double.pk])
    return double


def barriers(page):
    return [each["id"] for each in Axe().run(page).response["violations"]]


@pytest.mark.parametrize("javascript", [True, False])
def test_coordinator_merges_a_double_and_takes_it_back(visit, anna, double, javascript):
    page = visit(width=360, as_user=anna, java_script_enabled=javascript)
    visitor = visit(width=360)
    page.goto("/admin/centers/center/")
    page.get_by_role("link", name="Possible doubles").click()
    page.get_by_role("link", name="Compare Matko").click()
    expect(page.get_by_text("They share: the same name")).to_be_visible()
    page.get_by_role("link", name="Keep the first one, Matko").click()
    expect(page.get_by_label("Public telephone: +421 1")).to_be_checked()
    page.get_by_role("button", name="Merge").click()
    expect(page.locator(".messagelist")).to_contain_text("Merged.")

    visitor.goto("/centers/mc-matko/")
    expect(visitor).to_have_url("/centers/matko-detva/")
    expect(visitor.locator(".verdict")).to_contain_text("Closed")

    page.get_by_role("link", name="See what went where, or undo it").click()
    page.get_by_role("link", name="Undo this merge").click()
    page.get_by_role("button", name="Undo the merge").click()
    expect(page.locator(".messagelist")).to_contain_text("are two centers again")
    fresh = visit(width=360)
    fresh.goto("/centers/mc-matko/")
    expect(fresh.locator("h1")).to_have_text("Materské centrum Matko, o. z.")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_on_doubles_fit_a_phone_and_bar_nobody(visit, anna, double, scheme):
    center = Center.objects.get(slug="matko-detva")
    merge = CenterMerge.objects.create(kept=center, merged=double)
    page = visit(width=360, as_user=anna, color_scheme=scheme)
    found = {}
    for address in (
        "/admin/centers/center/duplicates/",
        f"/admin/centers/center/{center.pk}/compare/{double.pk}/",
        f"/admin/centers/center/{center.pk}/merge/{double.pk}/",
        f"/admin/centers/center/{center.pk}/find-double/?q=matko",
        f"/admin/centers/centermerge/{merge.pk}/undo/",
    ):
        seen = page.watch.problems(address)
        if told := [*seen, *barriers(page), *([page.watch.overflow()] * page.watch.overflow())]:
            found[address] = told

    assert found == {}
