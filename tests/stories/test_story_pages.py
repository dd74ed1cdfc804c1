"""What a reader sees of a story: pictures, a link to a video, a translation beside the original."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from centers import gallery
from stories.models import Story, StoryPicture, StoryTranslation
from tests.centers.test_gallery import upload
from tests.centers.test_photos import encoded, picture

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def own_media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def tell(make):
    """`tell(slug, **values)`: a published story, told in Bulgarian unless `values` differ."""

    def tell(slug="staya", **values):
        told = {"language": "bg", "title": "Нашата стая", "body": "Имахме стая.", "video": "",
                "kind": "story", "state": "published", "consent": "by letter"}  # fmt: skip
        return make(Story, slug=slug, **told | values)

    return tell


def translated(story, language="en", **values):
    told = {"title": "Our room", "body": "We had a room.", "translated_by": "Ana"} | values
    return StoryTranslation.objects.create(story=story, language=language, **told)


def pictured(story, **values):
    shown = {"alternative": "A table", "approved_at": timezone.now()}
    return gallery.take_picture(
        upload(encoded(picture((70, 40)))),
        lambda made: StoryPicture.objects.create(story=story, **made | shown | values),
    )


def page_of(client, story, prefix=""):
    return client.get(prefix + story.get_absolute_url()).content.decode()


def test_reader_of_another_language_sees_the_translation_first_and_the_original_below(client, tell):
    story = tell()
    translated(story)

    page = page_of(client, story)

    assert '<h1 lang="en">Our room</h1>' in page
    assert "<title>Our room" in page
    assert "Translated from: Bulgarian (Ana)</span>" in page
    assert page.index("We had a room.</p>") < page.index("Имахме стая.</p>")
    assert '<div class="story-body" lang="bg"><p>Имахме стая.</p></div>' in page
    assert "<details><summary lang" not in page


def test_a_long_original_is_folded(client, tell):
    story = tell(body="Имахме стая. " * 200)
    translated(story)

    assert '<details><summary lang="bg">Нашата стая</summary>' in page_of(client, story)


@pytest.mark.parametrize(("prefix", "language"), [("/bg", "en"), ("", "de"), ("/de", "en")])
def test_without_a_translation_into_hers_she_reads_the_original_alone(
    client, tell, prefix, language
):
    story = tell()
    translated(story, language)

    page = page_of(client, story, prefix)

    assert '<h1 lang="bg">Нашата стая</h1>' in page
    assert "Our room" not in page
    assert 'id="original"' not in page


def test_translation_of_a_translator_who_is_not_named_names_nobody(client, tell):
    story = tell()
    translated(story, translated_by="")

    assert "()" not in page_of(client, story)


def test_list_shows_translated_titles_and_the_first_picture_alone(client, tell):
    story = tell()
    translated(story)
    first, second = pictured(story, position=1), pictured(story, position=2)
    hidden = pictured(tell("other"), approved_at=None)

    page = client.get("/stories/").content.decode()

    assert f'<a href="{story.get_absolute_url()}" lang="en">Our room</a>' in page
    assert f'src="{first.small_url}" alt="A table"' in page
    assert second.small_url not in page
    assert hidden.small_url not in page


def test_story_shows_its_public_pictures_in_their_order(client, tell):
    story = tell()
    second, first = pictured(story, position=2), pictured(story, position=1)
    unseen = pictured(story, position=3, approved_at=None, shows_children=True)
    untold = pictured(story, position=4, alternative="")

    page = page_of(client, story)

    assert page.index(first.middle_url) < page.index(second.middle_url)
    assert page.count("<picture>") == 2
    assert unseen.stem not in page
    assert untold.stem not in page


def test_video_is_a_link_and_nothing_of_it_is_loaded(client, tell):
    story = tell(video="https://video.example/1?a=1&b=2")

    page = page_of(client, story)

    assert (
        '<a href="https://video.example/1?a=1&amp;b=2" rel="nofollow ugc noopener external">'
        "See the video on video.example</a>"
    ) in page
    assert "<iframe" not in page
    assert page.count("video.example/1") == 1


def test_she_who_is_not_named_is_not_spoken_of(client, tell):
    named, unnamed = tell("named", shown_name="Рада"), tell("unnamed", shown_name="")

    assert "Рада." in page_of(client, named)
    assert "Рада" not in page_of(client, unnamed)


def test_voices_on_the_start_page_are_translated(client, tell):
    translated(tell(kind="voice"))

    page = client.get("/").content.decode()

    assert '<blockquote lang="en"><p>We had a room.</p></blockquote>' in page


def test_every_way_to_a_story_leads_to_the_form(client, tell, center):
    story = tell()

    for address, told in (
        ("/stories/", 'href="/stories/tell/"'),
        ("/stories/?q=zyx", 'href="/stories/tell/"'),
        (story.get_absolute_url(), 'href="/stories/tell/"'),
        (center.get_absolute_url(), f'href="/stories/tell/?center={center.public_id}"'),
    ):
        assert told in client.get(address).content.decode()


@pytest.mark.parametrize("address", ["/stories/", "/"])
def test_list_asks_as_much_for_thirty_stories_as_for_one(client, tell, address):
    def asked():
        with CaptureQueriesContext(
            connection,
        ) as queries:
            client.get(address)
        return len(queries)

    story = tell(kind="voice")
    translated(story)
    pictured(story)
    asked()
    one = asked()
    for number in range(11):
        other = tell(f"other-{number}", kind="voice")
        translated(other)
        StoryPicture.objects.create(
            story=other, image="photos/abab.jpg", width=1, height=1, widths="1",
            alternative="A", approved_at=timezone.now(),
        )  # fmt: skip

    assert asked() == one
