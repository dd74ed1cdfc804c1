"""A coordinator's way with photos and with a contact person, on a telephone."""

import re

import pytest
from playwright.sync_api import expect

from centers.models import Center, Contact
from tests.browser.test_pages import barriers
from tests.centers.test_photos import SVG, encoded, picture

pytestmark = [pytest.mark.browser, pytest.mark.alike, pytest.mark.django_db]


def file(name, data, kind="image/jpeg"):
    return {"name": name, "mimeType": kind, "buffer": data}


def test_coordinator_sends_photos_describes_one_and_withdraws_it(visit, anna, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    center = Center.objects.get(slug="hope-for-provadia")
    page = visit(width=360, as_user=anna)
    page.goto(f"/admin/centers/center/{center.pk}/change/")
    page.get_by_role("link", name="Photos").click()
    page.get_by_label("Choose one or several").set_input_files(
        [
            file("door.jpg", encoded(picture((1200, 800)))),
            file("logo.svg", SVG, "image/svg+xml"),
            file("room.jpg", encoded(picture((800, 1200)))),
        ]
    )
    page.get_by_role("button", name="Add", exact=True).click()

    expect(page.get_by_text("This is a drawing (SVG), not a photo.")).to_be_visible()
    expect(page.get_by_text("2 photos are not public yet.")).to_be_visible()
    assert (barriers(page), page.watch.overflow()) == ([], 0)
    page.get_by_label("Text alternative").first.fill("The door with the blue corner")
    page.get_by_label("Consent").first.fill("The group, May 2026")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Photo 1: public")).to_be_visible()

    public = visit(width=360)
    public.goto(center.get_absolute_url())
    photo = public.get_by_alt_text("The door with the blue corner")
    photo.scroll_into_view_if_needed()
    public.wait_for_function("document.querySelector('picture img').currentSrc != ''")
    assert photo.evaluate("image => image.currentSrc").endswith("-480.avif")
    assert (public.locator("picture").count(), public.watch.seen) == (1, [])

    page.get_by_role("link", name="Withdraw photo 1").click()
    assert (barriers(page), page.watch.overflow()) == ([], 0)
    page.get_by_role("button", name="Withdraw the photo").click()
    expect(page.get_by_text("Withdrawn. The photo and all its smaller versions")).to_be_visible()
    public.reload()
    assert public.locator("picture").count() == 0
    assert len(list((tmp_path / "photos").iterdir())) == 1 + 2 * 3


def test_coordinator_confirms_and_erases_a_contact_person(visit, anna):
    center = Center.objects.get(slug="hope-for-provadia")
    Contact.objects.create(
        center=center, name="Marker of a person", email="marker@example.org", consent_on="2015"
    )
    page = visit(width=360, as_user=anna)
    page.goto("/admin/centers/contact/?confirmed=unconfirmed")
    page.get_by_role("link", name="Marker of a person").click()
    page.get_by_role("button", name="Still right today").click()
    expect(page.get_by_text("Marked as confirmed today.")).to_be_visible()
    assert (barriers(page), page.watch.overflow()) == ([], 0)

    page.get_by_role("link", name="What we hold").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download for her, as text").click()
    assert "marker@example.org" in download.value.path().read_text()
    assert (barriers(page), page.watch.overflow()) == ([], 0)

    page.go_back()
    page.get_by_role("link", name="Erase").click()
    assert (barriers(page), page.watch.overflow()) == ([], 0)
    page.get_by_role("button", name="Erase her").click()
    expect(page.get_by_text("1 contact person is erased.")).to_be_visible()
    expect(page).to_have_url(re.compile(rf"/admin/centers/center/{center.pk}/change/$"))
    assert Contact.objects.count() == 0
