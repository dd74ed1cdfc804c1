"""Public pages of stories and voices."""

import html
import re

import pytest
from django.http import QueryDict

from centers import search
from centers.models import Center, Country
from stories.filters import StoryFilter
from stories.models import Story
from tests.forms import change as change_record

pytestmark = pytest.mark.django_db


@pytest.fixture
def tell(db):
    """`tell(slug, **values)`: a story that is told, published unless `values` say otherwise."""

    def tell(slug, **values):
        told = {"kind": "story", "language": "en", "state": "published", "title": slug.title(),
                "body": "Once there was a room.", "consent": "by mail, 2020"}  # fmt: skip
        return Story.objects.create(slug=slug, **told | values)

    return tell


def asked(query):
    """The list that the query string asks for."""
    return StoryFilter(QueryDict(query.removeprefix("?")), on=None)


def slugs(query):
    return [story.slug for story in asked(query).rows()]


# --- What the real register's pages must show ------------------------------------------------


def test_every_sample_says_that_it_was_made_up(client, register):
    stories = list(Story.objects.all())
    listed = client.get("/stories/").content.decode()

    assert len(stories) == 7
    for story in stories:
        page = html.unescape(client.get(story.get_absolute_url()).content.decode())
        assert "This is a sample: it was made up to show what a story looks like." in page
        assert story.body.split("\n")[0] in page
    assert listed.count('<span class="flag">sample, made up</span>') == 7


def test_text_is_marked_with_its_language(client, register):
    page = client.get("/stories/homework-and-songs/").content.decode()
    listed = client.get("/stories/").content.decode()

    assert '<h1 lang="bg">Уроци и песни</h1>' in page
    assert '<div class="story-body" lang="bg"><p>Тук помагаме' in page
    assert '<a href="/stories/an-hour-to-breathe/" lang="de">Eine Stunde Ruhe</a>' in listed
    assert "Voice · German" in listed


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("language=de", ["an-hour-to-breathe"]),
        ("language=bg&kind=voice", ["homework-and-songs"]),
        ("kind=story", ["down-on-the-carpet", "someone-to-talk-to", "the-big-window"]),
        ("q=уроци", ["homework-and-songs"]),
        ("q=uroci", ["homework-and-songs"]),
        ("q=teapot", ["a-spirit-too"]),
        ("q=nothing", []),
    ],
)
def test_list_finds_what_is_in_the_register(register, query, found):
    assert slugs(query) == found


# --- Who may read what -----------------------------------------------------------------------


@pytest.mark.parametrize("state", ["draft", "withdrawn"])
def test_story_that_is_not_published_is_nowhere(client, center, tell, state):
    story = tell("secret", state=state, center=center, kind="voice")
    story.former_slugs.create(value="former-secret")
    search.reindex()

    for address in ("/stories/secret/", "/stories/former-secret/"):
        assert client.get(address).status_code == 404
    for address in ("/", "/stories/", "/search/?q=secret", center.get_absolute_url()):
        assert "/stories/secret/" not in client.get(address).content.decode()
    assert asked("").total == 0


def test_withdrawn_story_leaves_the_search_at_once(client, admin_client, tell):
    story = tell("secret")
    search.reindex()
    change_record(admin_client, story, state="withdrawn")

    assert story.state == "withdrawn"
    assert client.get("/search/?q=secret").context["groups"] == []


def test_story_names_its_author_as_she_wants(client, tell, center):
    tell("named", shown_name="Ana from Detva", told_on="2020-05", center=center)
    tell("unnamed")
    named, unnamed = (
        client.get(f"/stories/{slug}/").content.decode() for slug in ("named", "unnamed")
    )

    assert "Ana from Detva." in named
    assert "Told in May 2020." in named
    assert '<a href="/centers/isperih/">Mother Center Isperih</a>' in named
    assert "by mail, 2020" not in named + unnamed
    assert "sample" not in named + unnamed


def test_story_keeps_its_former_address(client, tell):
    tell("told").former_slugs.create(value="tale")
    answer = client.get("/stories/tale/")

    assert (answer.status_code, answer.headers["Location"]) == (301, "/stories/told/")


def test_story_is_shown_as_text(client, tell):
    tell("markup", kind="voice", title="<b>Bold</b>", body="<script>alert(1)</script>\n\nA & B")
    page = client.get("/stories/markup/").content.decode()

    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<p>A &amp; B</p>" in page
    for address in ("/stories/markup/", "/stories/", "/"):
        page = client.get(address).content.decode()
        assert "alert(1)" in page
        assert "<script>" not in page
        assert "<b>" not in page


def test_story_leads_to_where_a_merged_center_went(client, tell, center):
    double = Center.objects.create(
        name="Double", slug="double", country=center.country, merged_into=center
    )
    tell("told", center=double)
    page = client.get("/stories/told/").content.decode()
    [address] = re.findall(r'"(/centers/[a-z]+/)"', page)

    assert client.get(address, follow=True).context["center"] == center


# --- The search agrees with the centers ------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "word"),
    [({"name": "Lighthouse"}, "lantern"), ({"precision": "withheld"}, "isperih")],
)
def test_story_is_no_longer_found_by_what_its_center_gave_up(
    client, admin_client, tell, center, change, word
):
    """A center's name or place changes in the admin: its stories go with it."""
    Center.objects.filter(pk=center.pk).update(name="Lantern")
    tell("told", center=center)
    search.reindex()
    assert slugs(f"q={word}") == ["told"]
    saved = change_record(admin_client, center, **change)

    assert saved.status_code == 302
    assert slugs(f"q={word}") == []
    assert search.disagreements() == []


# --- The list --------------------------------------------------------------------------------


@pytest.fixture
def several(tell, center):
    """Fourteen stories in three languages, of two countries and of none."""
    slovak = Center.objects.create(
        name="Matko", slug="matko", country=Country.objects.create(code="SK")
    )
    for number in range(14):
        tell(
            f"s-{number:02}",
            kind=["story", "voice"][number % 2],
            language=["en", "de", "bg"][number % 3],
            center=[center, slovak, None][number % 4 % 3],
            told_on=[None, "2019", "2020-05"][number % 5 % 3],
        )
    search.reindex()


@pytest.mark.parametrize(
    "query",
    ["", "kind=voice", "language=en&language=de&country=BG", "q=room&kind=voice&country=SK"],
)
def test_count_beside_a_choice_is_what_it_shows_when_chosen(several, query):
    found = asked(query)

    assert found.notes == []
    assert found.total == len(found.rows()) > 0
    for name, facet in found.facets.items():
        for value, _label in facet.extra["choices"]:
            alone = asked(found.query(without={name}, **{name: value}))
            assert found.counts[name].get(value, 0) == alone.total == len(alone.rows())


def test_story_told_lately_comes_first_and_the_undated_last(several):
    dates = [str(story.told_on or "") for story in asked("").rows()]

    assert dates == sorted(dates, reverse=True)
    assert (dates[0], dates[-1]) == ("2020-05", "")


def test_second_page_has_its_number_in_the_title(client, several):
    page = client.get("/stories/?page=2")
    title = re.search("<title>(.*)</title>", page.content.decode(), re.S)[1]

    assert " ".join(title.split()) == "Stories and voices (page 2) · Mother Center Registry"
    assert len(page.context["page"]) == 2


def test_wrong_value_is_left_out_with_a_note(client, several):
    page = client.get("/stories/?language=xx&kind=voice")
    notes = re.findall(r'<p class="note" role="status">([^<]+)</p>', page.content.decode())

    assert notes == ["“xx” is not a choice under “Language” and was ignored."]
    assert page.context["found"].total == 7
