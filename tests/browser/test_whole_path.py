"""A coordinator's whole way: log in, record, take back, import, import again, merge."""

import re

import pytest
from playwright.sync_api import expect

from centers.models import Center
from tests.browser.conftest import PASSWORD
from tests.lists import messy

pytestmark = [pytest.mark.browser, pytest.mark.django_db]

ROWS = 2000


def log_in(page):
    page.goto("/admin/")
    page.locator("#id_login").fill("anna")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Log in").click()
    expect(page).to_have_url(re.compile(r"/admin/$"))


def find(page, words):
    page.goto("/admin/")
    page.get_by_label("Find a center").fill(words)
    page.get_by_role("button", name="Find").click()


def import_list(page, path, *, encoding):
    """Import the file as a list of Slovak centers in 2024; returns what the result says."""
    page.goto("/admin/centers/spreadsheetimport/add/")
    page.get_by_label("File").set_input_files(path)
    page.get_by_label("Country").select_option("SK")
    page.get_by_role("button", name="Go on to the columns").click()
    expect(page.get_by_label("Encoding")).to_have_value(encoding)
    page.get_by_label("As of when is this list?").fill("2024")
    page.get_by_role("button", name="Check the rows").click()
    expect(page).to_have_url(re.compile("/preview/"), timeout=120_000)
    page.get_by_role("button", name=re.compile("^(Import|Finish): ")).click()
    expect(page).to_have_url(re.compile("/result/"), timeout=120_000)
    return " ".join(page.locator(".import-sum").inner_text().split())


def test_coordinator_records_a_closing_and_takes_it_back(visit, anna):
    page = visit(width=360)
    log_in(page)
    find(page, "матко")
    page.get_by_role("link", name="Record how Matko is").click()
    page.get_by_role("radio", name="closed: No longer exists.").check()
    page.get_by_label("Seen or told on").fill("5/2026")
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


def test_coordinator_records_with_the_keyboard_alone(visit, anna):
    page = visit(as_user=anna)
    center = Center.objects.get(slug="matko-detva")
    page.goto(f"/admin/centers/center/{center.pk}/record-status/")
    page.get_by_role("radio", name=re.compile("^initiative")).focus()
    for _press in range(3):  # low level, paused: the arrows choose
        page.keyboard.press("ArrowDown")
    for written in ("2015", "2016"):
        page.keyboard.press("Tab")
        page.keyboard.press("Control+A")
        page.keyboard.type(written)
    page.keyboard.press("Enter")

    expect(page.locator(".messagelist")).to_contain_text("Matko now says: Paused since 2015.")


@pytest.mark.long
def test_two_thousand_messy_rows_are_mended_imported_again_and_a_double_is_merged(
    visit, anna, tmp_path
):
    page = visit()
    log_in(page)
    before = Center.objects.count()
    refused = sum(index % 6 == 5 or index % 50 == 7 for index in range(ROWS))
    path = tmp_path / "zoznam.csv"
    path.write_bytes(messy(ROWS).encode("cp1250"))
    assert import_list(page, path, encoding="cp1250") == (
        f"{ROWS - refused} new + 0 changed + 0 unchanged + {refused} rejected "
        f"= {ROWS} rows in the file"
    )

    mended = messy(ROWS).replace("soon", "2005").replace("nonsense", "mended@example.org")
    path.write_bytes(mended.encode("utf-8-sig"))
    assert import_list(page, path, encoding="utf-8") == (
        f"{refused} new + 0 changed + {ROWS - refused} unchanged + 0 rejected "
        f"= {ROWS} rows in the file"
    )
    assert Center.objects.count() == before + ROWS

    keep = Center.objects.get(name="Materské centrum Žabka 1")
    double = Center.objects.get(name="Materské centrum Žabka 1999")
    old_address = double.get_absolute_url()
    page.goto(f"/admin/centers/center/{keep.pk}/find-double/")
    page.get_by_label(re.compile("any name of the other one")).fill("zabka 1999")
    page.get_by_role("button", name="Find").click()
    page.get_by_role("link", name="Compare Materské centrum Žabka 1999", exact=True).click()
    page.get_by_role("link", name=re.compile("^Keep the first one")).click()
    page.get_by_role("button", name="Merge").click()
    expect(page.locator(".messagelist")).to_contain_text("Merged.")

    visitor = visit(width=360)
    visitor.goto(old_address)
    expect(visitor).to_have_url(keep.get_absolute_url())
    expect(visitor.locator("h1")).to_have_text("Materské centrum Žabka 1")
