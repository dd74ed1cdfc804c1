"""A center answers the yearly question on an old phone: in Bulgarian, narrow, without scripts."""

import pytest
from django.core import mail
from django.core.cache import cache
from django.utils import timezone

from centers.asking import links
from centers.models import Center, Contact, Report, YearlyQuestion
from tests.browser.test_pages import barriers

pytestmark = [pytest.mark.browser, pytest.mark.django_db]


@pytest.fixture
def question(register, live_server, settings):
    """An open question to a person of a living center, in Bulgarian."""
    settings.SITE_URL = live_server.url
    settings.EMAIL_HOST = "mail.example.org"
    cache.clear()
    center = Center.objects.filter(country="BG").not_closed().order_by("pk").first()
    rada = Contact.objects.create(center=center, name="Rada", email="rada@example.org")
    return YearlyQuestion.objects.create(
        center=center, contact=rada, language="bg", address_mark=links.address_mark(rada.email)
    )


def send(page):
    page.locator("button.answer-send").first.click()


def test_center_that_is_fine_needs_one_tap_and_sending(visit, question):
    page = visit(width=360, java_script_enabled=False)
    page.goto(links.link_to(question))

    page.locator(".answer-choice").first.click()
    send(page)
    page.wait_for_url("**/bg/receipt/**")

    assert Report.objects.get().parts.get().told["status"] == "active"


def test_what_is_wrong_is_found_and_what_is_written_is_kept(visit, question):
    page = visit(width=360, java_script_enabled=False)
    page.goto(links.link_to(question))

    page.check('[value="low_level"]')
    page.fill('[name="text"]', "Наемът се удвои.")
    page.locator("details", has=page.locator('[name="core_group"]')).locator("summary").click()
    page.fill('[name="core_group"]', "много")
    page.fill('[name="since"]', "5/3/2026")
    send(page)

    summary = page.get_by_role("alert")
    assert summary.evaluate("element => element === document.activeElement")
    summary.locator('a[href="#id_core_group"]').click()
    field = page.locator('[name="core_group"]')
    assert field.evaluate("element => element === document.activeElement")
    assert page.locator('[name="text"]').input_value() == "Наемът се удвои."
    field.fill("7")
    if page.locator('[name="since_meant"]').count():
        page.locator('[name="since_meant"]').first.check()
    send(page)
    page.wait_for_url("**/bg/receipt/**")

    assert Report.objects.get().is_urgent


def test_dead_link_sends_a_new_one_that_opens(visit, question):
    page = visit(width=360, java_script_enabled=False)
    old = links.link_to(question)
    YearlyQuestion.objects.update(state="ended", ended_at=timezone.now())
    page.goto(old)

    page.locator("main form button").click()
    page.get_by_role("status").wait_for()

    [message] = mail.outbox
    new = next(word for word in message.body.split() if "/bg/confirm/" in word)
    page.goto(new)
    assert page.locator(".answer-choice").count() == 5


@pytest.mark.appearance
@pytest.mark.parametrize(("width", "scheme"), [(320, "light"), (1280, "dark")])
def test_page_and_its_errors_keep_nobody_out(visit, question, width, scheme):
    page = visit(width=width, color_scheme=scheme)
    page.goto(links.link_to(question))
    found = [barriers(page), page.watch.overflow()]
    page.check('[value="closed"]')
    page.evaluate("document.querySelectorAll('.answer-fold').forEach(fold => fold.open = true)")
    page.fill('[name="since"]', "someday")
    page.fill('[name="monthly_rent"]', "100")
    page.fill('[name="currency"]', "")
    send(page)
    page.get_by_role("alert").wait_for()

    assert [*found, barriers(page), page.watch.overflow()] == [[], 0, [], 0]
