"""The whole way of a center's answer, in Bulgarian: asked by mail, opened by a scanner, told on a
phone, decided at the desk, read on the public page and on the receipt."""

import pytest
from django.core import mail
from django.core.cache import cache
from django.core.management import call_command

from centers.models import Center, Contact, Report, StatusEntry, YearlyQuestion

pytestmark = [pytest.mark.browser, pytest.mark.django_db]
FIRST_SCREEN = 640  # pixels of height


@pytest.fixture
def asked(register, live_server, settings):
    """A living center of Bulgaria, asked by mail; the others were heard of lately."""
    settings.SITE_URL = live_server.url
    settings.EMAIL_HOST = "mail.example.org"
    cache.clear()
    center = Center.objects.filter(country="BG").not_closed().order_by("pk").first()
    Contact.objects.create(center=center, name="Rada", email="rada@example.org", language="bg")
    call_command("send_confirmations", "--due", "--rate", "100000")
    return center


def link_in(message):
    return next(word for word in message.body.split() if "/confirm/" in word)


def test_center_closed_for_rent_is_told_decided_and_read(visit, asked, anna):
    anna.coordinator.language = "bg"
    anna.coordinator.save()
    [message] = [each for each in mail.outbox if each.to == ["rada@example.org"]]
    address = link_in(message)
    assert "/bg/confirm/" in address
    assert asked.name in message.subject
    rows = [StatusEntry.objects.count(), Report.objects.count()]

    # A mail scanner opens the link, more than once.
    phone = visit(width=360, java_script_enabled=False)
    for _time in range(2):
        assert phone.request.head(address).status == 200
        assert phone.request.get(address).status == 200
    assert [StatusEntry.objects.count(), Report.objects.count()] == rows
    assert YearlyQuestion.objects.get(center=asked).state == "open"

    # She says that it closed.
    assert phone.watch.problems(address) == []
    assert phone.watch.overflow() == 0
    assert phone.get_by_role("heading", level=1).inner_text() == asked.name
    last = phone.locator(".answer-choice").last.bounding_box()
    assert last["y"] + last["height"] < FIRST_SCREEN
    assert not phone.locator('[name="since"]').is_visible()
    phone.check('[value="closed"]')
    phone.fill('[name="since"]', "май 2026")
    phone.check('[name="causes"][value="rent"]')
    phone.locator("button.answer-send").first.click()
    phone.wait_for_url("**/bg/receipt/**")
    receipt = phone.url
    center_page = f"/bg{asked.get_absolute_url()}"
    phone.goto(center_page)
    assert "май 2026" not in phone.locator(".verdict").inner_text()

    # A coordinator finds it in her queue, and accepts.
    desk = visit(as_user=anna)
    desk.goto("/bg/admin/centers/report/")
    desk.locator("#result_list tbody th a").first.click()
    desk.locator('button[name="do"][value="accept"]').click()
    desk.locator(".told-outcome").wait_for()

    # Everybody reads it, with who says so; and her receipt says what came of it.
    phone.goto(center_page)
    assert "май 2026" in phone.locator(".verdict").inner_text()
    assert "Според самия център." in phone.locator(".timeline").inner_text()
    phone.goto(receipt)
    assert phone.locator("html").get_attribute("lang") == "bg"
    assert phone.locator(".receipt-parts .is-accepted").count() == 1
    entry = StatusEntry.objects.latest("recorded_at")
    assert (entry.status, entry.via, entry.recorded_by) == ("closed", "center", anna)
    # The outcome came by mail, in her language; the link is dead.
    outcome = mail.outbox[-1]
    assert outcome.to == ["rada@example.org"]
    assert receipt in outcome.body
    phone.goto(address)
    assert phone.locator(".answer").count() == 0
