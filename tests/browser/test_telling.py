"""A woman tells her story on a telephone, on a line that breaks."""

import pytest
from playwright.sync_api import Error, expect

from stories.models import Story, StoryPicture
from tests.browser.test_pages import barriers
from tests.browser.test_photos import file
from tests.centers.test_photos import encoded, picture

pytestmark = [pytest.mark.browser, pytest.mark.appearance, pytest.mark.django_db]

WORDS = "We had a room, and it was warm."


@pytest.fixture(autouse=True)
def own_media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def kept(page):
    return page.evaluate("localStorage.getItem('draft-story')")


def write(page, text=WORDS):
    page.get_by_label("Title").fill("Our room")
    page.get_by_label("Your words", exact=False).first.fill(text)
    page.wait_for_function("text => localStorage.getItem('draft-story')?.includes(text)", arg=text)


def test_story_survives_a_lost_line_and_is_sent_with_a_picture(visit):
    page = visit(width=360)
    page.goto("/stories/tell/")
    page.get_by_text("your words are kept on this device").wait_for()
    write(page)
    page.get_by_label("Your mail address").fill("rada@example.org")

    page.context.set_offline(True)
    with pytest.raises(Error):
        page.reload()
    page.context.set_offline(False)
    page.goto("/stories/tell/")

    offer = page.get_by_role("region", name="Words kept on this device")
    expect(offer).to_contain_text("We kept what you wrote on")
    assert (barriers(page), page.watch.overflow()) == ([], 0)
    page.get_by_role("button", name="Go on with it").click()
    expect(page.get_by_label("Title")).to_have_value("Our room")
    assert page.get_by_label("Your mail address").input_value() == ""
    assert "rada@" not in kept(page)
    expect(offer).to_be_hidden()

    page.locator("#id_picture_1").set_input_files(file("room.jpg", encoded(picture((1200, 800)))))
    page.get_by_label("I agree that my words").check()
    page.get_by_label("I agree that my pictures").check()
    page.get_by_role("button", name="Send your story").click()
    expect(page.get_by_role("alert")).to_contain_text("women over 16")
    expect(page.get_by_text("Your pictures have to be chosen once more")).to_be_visible()
    assert (barriers(page), page.watch.overflow()) == ([], 0)
    page.locator("#id_picture_1").set_input_files(file("room.jpg", encoded(picture((1200, 800)))))
    page.get_by_label("I am over 16").check()
    page.get_by_role("button", name="Send your story").dblclick()
    page.wait_for_url("**/receipt/**")
    page.wait_for_function("localStorage.getItem('draft-story') === null")

    assert (Story.objects.filter(title="Our room").count(), StoryPicture.objects.count()) == (1, 1)
    page.goto("/stories/tell/")
    page.get_by_text("your words are kept on this device").wait_for()
    expect(page.get_by_role("button", name="Go on with it")).to_be_hidden()


def test_words_on_a_shared_device_can_be_forgotten(visit):
    page = visit(width=360)
    page.goto("/stories/tell/")
    write(page)

    page.get_by_role("button", name="Forget it").click()
    page.get_by_label("Title").fill("Our room again")
    page.goto("/stories/")
    assert kept(page) is None

    page.goto("/stories/tell/")
    write(page)
    page.goto("/stories/tell/")
    page.get_by_role("button", name="Forget it").first.click()
    expect(page.get_by_role("button", name="Go on with it")).to_be_hidden()
    assert kept(page) is None


def test_story_is_told_without_scripts(visit):
    page = visit(width=360, java_script_enabled=False)
    page.goto("/stories/tell/?center=4agnjphy")

    assert page.get_by_text("kept on this device").is_hidden()
    assert "Provadia" in page.get_by_label("Your center").input_value()
    page.get_by_label("One sentence or two").check()
    page.get_by_label("Your words", exact=False).first.fill(WORDS)
    page.get_by_label("I agree that my words").check()
    page.get_by_label("I am over 16").check()
    page.get_by_role("button", name="Send your story").click()
    page.wait_for_url("**/receipt/**")

    assert Story.objects.get(title=WORDS).center.slug == "hope-for-provadia"
