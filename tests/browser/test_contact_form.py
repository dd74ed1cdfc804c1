"""The contact form on a phone: what is wrong is found, what is written is kept."""

import pytest
from django.core import mail

from tests.browser.test_pages import barriers

pytestmark = [pytest.mark.browser, pytest.mark.appearance, pytest.mark.django_db]


def test_message_is_sent_from_a_phone_without_scripts(visit, anna, settings):
    settings.EMAIL_HOST = "mail.example.org"
    anna.email = "anna@network.example"
    anna.save()
    page = visit(width=360, java_script_enabled=False)
    page.goto("/countries/bg/contact/")

    page.get_by_label("Your message").fill("Is there a center near Ruse?")
    page.get_by_label("Your mail address").fill("rada")
    page.get_by_role("button", name="Send the message").click()

    summary = page.get_by_role("alert")
    assert summary.evaluate("element => element === document.activeElement")
    assert page.watch.overflow() == 0
    summary.get_by_role("link").click()
    address = page.get_by_label("Your mail address")
    assert address.evaluate("element => element === document.activeElement")
    assert page.get_by_label("Your message").input_value() == "Is there a center near Ruse?"

    address.fill("rada@example.org")
    page.get_by_role("button", name="Send the message").click()
    page.get_by_role("heading", name="Your message is on its way").wait_for()
    page.reload()

    assert [message.to for message in mail.outbox] == [["anna@network.example"]]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_form_with_errors_keeps_nobody_out(visit, anna, settings, scheme):
    settings.EMAIL_HOST = "mail.example.org"
    anna.email = "anna@network.example"
    anna.save()
    page = visit(width=360, color_scheme=scheme)
    page.goto("/countries/bg/contact/")
    page.get_by_role("button", name="Send the message").click()
    page.get_by_role("alert").wait_for()

    assert barriers(page) == []
    assert page.watch.overflow() == 0
