"""A correction from a phone without scripts: chosen, told, put right, and read on its receipt."""

import pytest

from centers.models import Report
from centers.reports import deciding
from tests.browser.test_pages import barriers

pytestmark = [pytest.mark.browser, pytest.mark.appearance, pytest.mark.django_db]

HOPE = "/centers/hope-for-provadia/"


def test_correction_is_sent_from_a_phone_without_scripts(visit):
    page = visit(width=360, java_script_enabled=False)
    page.goto(HOPE)
    page.get_by_role("link", name="Tell us", exact=True).click()
    telephone = page.get_by_label("Public telephone")
    assert not telephone.is_visible()

    page.get_by_role("radio", name="How to reach it", exact=True).check()
    assert telephone.is_visible()
    page.get_by_role("radio", name="Whether it is open", exact=True).check()
    assert not telephone.is_visible()
    page.get_by_label("Active: Open and working.").check()
    page.get_by_label("Since").fill("nonsense")
    page.get_by_label("In your own words").fill("Я отвори отново.")
    page.get_by_role("button", name="Send").click()

    summary = page.get_by_role("alert")
    assert summary.evaluate("element => element === document.activeElement")
    summary.get_by_role("link").click()
    since = page.get_by_label("Since")
    assert since.evaluate("element => element === document.activeElement")
    assert page.get_by_label("In your own words").input_value() == "Я отвори отново."
    assert page.watch.overflow() == 0

    since.fill("May 2026")
    page.get_by_role("button", name="Send").click()
    page.get_by_role("heading", name="Thank you for telling us").wait_for()

    report = Report.objects.get()
    assert page.get_by_text(report.reference).first.is_visible()
    assert page.watch.overflow() == 0
    assert report.parts.get().told["since"] == "2026-05"
    page.reload()
    assert Report.objects.count() == 1


@pytest.mark.parametrize(("width", "scheme"), [(360, "light"), (320, "dark")])
def test_form_with_errors_and_receipt_keep_nobody_out(visit, anna, width, scheme):
    page = visit(width=width, color_scheme=scheme)
    page.goto(HOPE)
    page.get_by_role("link", name="Tell us", exact=True).click()
    page.get_by_role("radio", name="Whether it is open", exact=True).check()
    page.get_by_label("Since").fill("May 2026")
    page.get_by_role("button", name="Send").click()
    page.get_by_role("alert").wait_for()
    assert barriers(page) == []
    assert page.watch.overflow() == 0

    page.get_by_label("Closed: No longer exists.").check()
    page.get_by_role("button", name="Send").click()
    page.get_by_role("heading", name="Thank you for telling us").wait_for()
    deciding.ask_back(Report.objects.get(), "Who says so?", by=anna)
    page.reload()
    page.get_by_role("button", name="Send").click()
    page.get_by_role("alert").wait_for()
    assert barriers(page) == []
    assert page.watch.overflow() == 0
