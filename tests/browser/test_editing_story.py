"""A woman changes her story on a telephone through the link in her mail, and withdraws it."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from playwright.sync_api import expect

from centers import gallery
from stories.links import token_of
from stories.models import Story, StoryPicture
from stories.telling import GivenPicture, tell_story
from tests.browser.test_pages import barriers
from tests.browser.test_photos import file
from tests.centers.test_photos import encoded, picture

pytestmark = [pytest.mark.browser, pytest.mark.appearance, pytest.mark.django_db]


@pytest.fixture(autouse=True)
def own_media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def test_story_is_changed_and_withdrawn_on_a_telephone(visit, tmp_path):
    given = SimpleUploadedFile("room.jpg", encoded(picture((600, 400))))
    report = tell_story(
        kind="story", language="bg", title="Място за нас", text="Имаме стая.", shown_name="Рада",
        email="rada@example.org", pictures=[GivenPicture(gallery.fresh(given), "Стая")],
    )  # fmt: skip
    story = report.about_story.story
    page = visit(width=360)
    page.goto(reverse("stories:edit", args=[token_of(story.teller)]))

    expect(page.get_by_text("It waits for a coordinator.")).to_be_visible()
    shown = page.get_by_alt_text("Стая")
    shown.scroll_into_view_if_needed()
    assert shown.evaluate("image => image.decode().then(() => image.naturalWidth)") == 480
    assert (barriers(page), page.watch.overflow()) == ([], 0)

    page.get_by_label("Your words").first.fill("Имаме две стаи.")
    page.get_by_text("More pictures").click()
    new = file("two.jpg", encoded(picture((800, 500))))
    page.locator("#id_picture_1").set_input_files(new)
    page.get_by_label("Delete this picture for good").check()
    page.get_by_role("button", name="Save").click()

    expect(page.get_by_role("status")).to_contain_text("A coordinator reads it")
    story.refresh_from_db()
    assert story.body == "Имаме две стаи."
    assert [row.width for row in StoryPicture.objects.all()] == [800]
    assert (barriers(page), page.watch.overflow(), page.watch.seen) == ([], 0, [])

    page.get_by_role("link", name="Withdraw your story").click()
    assert Story.objects.filter(pk=story.pk).exists()
    assert (barriers(page), page.watch.overflow()) == ([], 0)
    page.get_by_role("button", name="Withdraw it for ever").click()
    expect(page.get_by_role("heading", name="Your story is withdrawn")).to_be_visible()
    assert not Story.objects.filter(pk=story.pk).exists()

    page.go_back()
    page.go_back()
    page.reload()
    expect(page.get_by_role("heading", name="This link does not work")).to_be_visible()
    assert (barriers(page), page.watch.overflow()) == ([], 0)
