"""What changed in the register: as a page, and as an Atom feed."""

import datetime
import re
from xml.etree import ElementTree

import pytest
from django.http import QueryDict
from django.utils import timezone, translation

from centers.merging import merge_centers
from centers.models import BY_IMPORT, Center, Contact, Country, StatusEntry
from mine_site.news import News
from projects.models import Project
from stories.models import Story
from tests.mine_site.test_pages import words_of

pytestmark = pytest.mark.django_db
ATOM = "{http://www.w3.org/2005/Atom}"


def feed_of(client, address="/changes.atom"):
    return ElementTree.fromstring(client.get(address).content)


def entries_of(client, address="/changes.atom"):
    """{permanent id: (title, link)} of the feed, in its order."""
    return {
        entry.findtext(f"{ATOM}id"): (
            entry.findtext(f"{ATOM}title"),
            entry.find(f"{ATOM}link").get("href"),
        )
        for entry in feed_of(client, address).iter(f"{ATOM}entry")
    }


@pytest.fixture
def beocin():
    serbia = Country.objects.create(code="RS")
    return Center.objects.create(name="Open Heart", slug="beocin", country=serbia, place="Beočin")


def test_changes_tell_a_statement_by_the_day_it_was_recorded(client, center):
    at = datetime.datetime(2025, 3, 9, 12, tzinfo=datetime.UTC)
    center.record_status("closed", observed="2016", since="2015-05", by=BY_IMPORT, recorded_at=at)
    page = words_of(client.get("/changes/"))

    assert (
        "March 9, 2025 Mother Center Isperih Isperih, Bulgaria closed Closed since May 2015" in page
    )


def test_changes_tell_a_withdrawn_statement_as_taken_back_under_its_id(client, center):
    entry = center.record_status("closed", observed="2016", by=BY_IMPORT)
    [before] = [key for key in entries_of(client) if "statement" in key]
    entry.withdraw("It was another center.", by=BY_IMPORT)
    told = entries_of(client)

    assert told[before][0] == "Mother Center Isperih: Taken back: “Closed in 2016 or before”."
    assert "Taken back: “Closed in 2016 or before”." in words_of(client.get("/changes/"))
    assert len(told) == 2  # the other one is the new center


def test_changes_tell_new_centers_projects_and_stories_first_published(client, center, make):
    project = Project.objects.create(slug="pilot", kind="pilot")
    project.countries.set([center.country])
    story = make(Story, slug="s", title="Anna’s day", center=center, consent="yes", kind="story")
    before = entries_of(client)
    story.state = "published"
    story.save()
    told = {key.rpartition(":")[2]: row for key, row in entries_of(client).items()}

    assert len(before) == 2
    assert told[center.public_id] == (
        "Mother Center Isperih: New in the register.",
        "http://testserver/centers/isperih/",
    )
    assert told[project.key] == ("pilot: A new project.", "http://testserver/projects/pilot/")
    assert told[story.key] == ("Anna’s day: A new story.", "http://testserver/stories/s/")


@pytest.mark.parametrize(
    "hidden", [{"state": "draft"}, {"state": "withdrawn"}, {"is_sample": True}]
)
def test_changes_tell_no_story_that_is_not_public_or_made_up(client, center, make, hidden):
    values = {"state": "published", "consent": "yes", "center": center} | hidden
    make(Story, title="Not for everybody", **values)

    assert "Not for everybody" not in client.get("/changes/").content.decode()
    assert "Not for everybody" not in client.get("/changes.atom").content.decode()


def test_changes_lead_from_a_merged_center_to_the_one_that_stays(client, center, coordinator):
    other = Center.objects.create(name="MC Isperich", slug="isperich", country=center.country)
    coordinator.is_superuser = True
    merge_centers(keep=center, merge=other, by=coordinator)
    told = entries_of(client)

    assert [row for key, row in told.items() if ":merge:" in key] == [
        (
            "MC Isperich: It is the same center as “Mother Center Isperih”, and is told of there.",
            "http://testserver/centers/isperih/",
        )
    ]
    assert not any(other.public_id in key for key in told if ":center:" in key)


def test_changes_say_nothing_of_who_recorded_and_of_what_is_private(client, center, coordinator):
    coordinator.first_name, coordinator.last_name = "Very", "Private"
    coordinator.save()
    Contact.objects.create(center=center, name="Secret Person", email="secret@example.org")
    center.record_status(
        "paused", observed="2016", hint="Secret hint", note="Secret note", by=coordinator
    )
    center.status_entries.get().withdraw("Secret reason", by=coordinator)
    told = client.get("/changes/").content + client.get("/changes.atom").content

    assert b"Taken back" in told
    for word in (b"Secret", b"secret@", b"Very", b"coordinator@", b">coordinator<"):
        assert word not in told


def test_changes_of_a_withheld_place_do_not_tell_the_town(client, center):
    center.precision = "withheld"
    center.save()

    assert "Isperih, Bulgaria" not in words_of(client.get("/changes/"))
    assert ">Bulgaria<" in client.get("/changes/").content.decode()


def test_changes_of_a_country_leave_the_others_out(client, center, beocin):
    one = words_of(client.get("/changes/?country=RS"))
    both = words_of(client.get("/changes/?country=RS&country=BG"))

    assert ("Open Heart" in one, "Mother Center Isperih" in one) == (True, False)
    assert ("Open Heart" in both, "Mother Center Isperih" in both) == (True, True)
    assert [title for title, _url in entries_of(client, "/changes.atom?country=BG").values()] == [
        "Mother Center Isperih: New in the register."
    ]


@pytest.mark.parametrize("query", ["country=XX", "page=0", "page=99", "page=x", "country=%00"])
def test_changes_note_what_makes_no_sense_and_the_feed_refuses_it(client, center, query):
    page, feed = client.get(f"/changes/?{query}"), client.get(f"/changes.atom?{query}")

    assert page.status_code == 200
    assert 'class="note' in page.content.decode()
    assert "Mother Center Isperih" in page.content.decode()
    assert feed.status_code == 400
    assert feed.headers["Content-Type"] == "text/plain; charset=utf-8"


def test_changes_come_in_pages_that_tell_each_change_once(client, center):
    for year in range(1930, 2020):
        center.record_status("active", observed=str(year), by=BY_IMPORT)
    pages = [client.get(f"/changes/?page={number}") for number in (1, 2, 3)]
    keys = [change.key for page in pages for change in page.context["page"]]

    assert len(keys) == len(set(keys)) == 91
    assert [len(page.context["page"]) for page in pages] == [40, 40, 11]
    assert "(page 2)" in re.search("<title>.*</title>", pages[1].content.decode(), re.S)[0]


def test_feed_is_atom_with_language_author_and_absolute_addresses(client, center):
    feed = feed_of(client, "/bg/changes.atom?country=BG")
    links = {link.get("rel"): link.get("href") for link in feed.findall(f"{ATOM}link")}

    assert feed.tag == f"{ATOM}feed"
    assert feed.get("{http://www.w3.org/XML/1998/namespace}lang") == "bg"
    assert feed.findtext(f"{ATOM}author/{ATOM}name") == "Регистър на майчините центрове"
    assert links == {
        "alternate": "http://testserver/bg/changes/?country=BG",
        "self": "http://testserver/bg/changes.atom?country=BG",
    }
    [entry] = feed.iter(f"{ATOM}entry")
    assert entry.find(f"{ATOM}link").get("href") == "http://testserver/bg/centers/isperih/"
    for moment in (feed, entry):
        updated = datetime.datetime.fromisoformat(moment.findtext(f"{ATOM}updated"))
        assert abs(timezone.now() - updated) < datetime.timedelta(minutes=5)


def test_feed_keeps_its_ids_when_names_addresses_and_languages_change(client, center):
    center.record_status("active", observed="2016", by=BY_IMPORT)
    before = entries_of(client)
    center.keep_former_slug()
    center.name, center.slug = "Another name", "another-name"
    center.save()
    after = entries_of(client, "/de/changes.atom")

    assert list(after) == list(before)
    assert all(key.startswith("tag:127.0.0.1,2026:") for key in after)
    assert {url for _title, url in after.values()} == {"http://testserver/de/centers/another-name/"}


def test_feed_of_an_empty_register_does_not_say_that_it_just_changed(client):
    answer = client.get("/changes.atom")

    assert ElementTree.fromstring(answer.content).findall(f"{ATOM}entry") == []
    assert "Last-Modified" not in answer.headers
    assert "Nothing has changed yet." in words_of(client.get("/changes/"))


def test_feed_says_when_it_last_changed(client, center):
    at = datetime.datetime(2199, 3, 9, 12, tzinfo=datetime.UTC)
    entry = center.record_status("active", observed="2016", by=BY_IMPORT)
    StatusEntry.objects.filter(pk=entry.pk).update(recorded_at=at)
    answer = client.get("/changes.atom")

    assert answer.headers["Last-Modified"] == "Sat, 09 Mar 2199 12:00:00 GMT"


def test_pages_name_the_feed_and_countries_their_own(client, center):
    page = client.get("/de/countries/bg/").content.decode()
    feeds = re.findall(
        r'<link rel="alternate" type="application/atom\+xml"[^>]* href="([^"]+)"', page
    )

    assert feeds == [
        "http://testserver/de/changes.atom",
        "http://testserver/de/changes.atom?country=BG",
    ]


def test_feed_holds_names_with_signs_that_no_xml_may_hold(client, center):
    Center.objects.filter(pk=center.pk).update(name="Mother\x0bCenter", place="Isperih\x1f")

    titles = [entry.findtext(f"{ATOM}title") for entry in feed_of(client).iter(f"{ATOM}entry")]

    assert titles
    assert all(title.startswith("Mother Center: ") for title in titles)


def test_countries_of_the_changes_are_in_the_readers_alphabet(db):
    for code in ("AT", "CH", "DE"):
        country = Country.objects.create(code=code)
        Center.objects.create(name=code, slug=code.lower(), country=country)
    with translation.override("de"):
        names = [name for _code, name in News(QueryDict()).choices]

    assert names == ["Deutschland", "Österreich", "Schweiz"]
