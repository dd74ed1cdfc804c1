"""How long answers may be kept; that readers get no cookie; 304 for what they have already."""

import datetime
import re

import pytest
from django.http import HttpResponse
from django.middleware.csrf import CsrfViewMiddleware, get_token
from django.test import RequestFactory
from django.utils import timezone

from centers.models import BY_IMPORT
from mine_site.caching import CachingMiddleware
from tests.mine_site.test_pages import public_addresses as public_addresses

pytestmark = pytest.mark.django_db
FOR_EVERYBODY = "public, max-age=0, s-maxage=60"
WITH_STORIES = "public, no-cache"
FOR_ONE_ALONE = "^/(stories/edit|confirm|receipt)/"


@pytest.fixture
def plain(client, public_addresses):
    """{address: its answer} of all that is only read: not moved, no picture, no form to send."""
    answers = {each: client.get(each) for each in [*public_addresses, "/bg/centers/", "/cs/"]}
    plain = {
        each: answer
        for each, answer in answers.items()
        if answer.status_code == 200
        and not answer.headers["Content-Type"].startswith("image/")
        and b"csrfmiddlewaretoken" not in answer.content
        and not re.search(FOR_ONE_ALONE, each)
    }
    assert len(plain) > 20
    return plain


def test_public_pages_set_no_cookie_and_vary_on_none(plain):
    assert {each: list(answer.cookies) for each, answer in plain.items() if answer.cookies} == {}
    assert [each for each, answer in plain.items() if "Cookie" in answer.get("Vary", "")] == []


def test_pages_behind_a_link_of_ones_own_are_kept_by_nobody(client, public_addresses):
    own = [each for each in public_addresses if re.search(FOR_ONE_ALONE, each)]

    answers = {each: client.get(each) for each in own}

    assert len(answers) > 5
    kept = {each: answer.headers["Cache-Control"] for each, answer in answers.items()}
    assert {each: how for each, how in kept.items() if "no-store" not in how} == {}
    assert {each: how for each, how in kept.items() if "public" in how} == {}


def test_public_pages_may_be_handed_out_again_for_a_minute(plain):
    kept = {each: answer.headers["Cache-Control"] for each, answer in plain.items()}
    health = kept.pop("/healthz")

    assert "no-store" in health
    with_stories = {each for each in kept if re.match(r"/(cs/)?(stories/.*|search/.*)?$", each)}
    assert {"/", "/search/", "/stories/"} <= with_stories
    assert {kept.pop(each) for each in with_stories} == {WITH_STORIES}
    assert {each: how for each, how in kept.items() if how != FOR_EVERYBODY} == {}


def test_public_pages_answer_304_to_their_own_etag(client, plain):
    del plain["/healthz"]
    for address, answer in plain.items():
        etag = answer.headers["ETag"]
        again = client.get(address, headers={"If-None-Match": etag})
        weak = client.get(address, headers={"If-None-Match": f'"x", W/{etag}'})
        head = client.head(address)

        assert (again.status_code, again.content, weak.status_code) == (304, b"", 304), address
        assert (again.headers["ETag"], head.headers["ETag"]) == (etag, etag), address
        assert again.headers["Cache-Control"] == answer.headers["Cache-Control"]
        assert "Content-Security-Policy" in again.headers
        assert client.get(address, headers={"If-None-Match": '"other"'}).status_code == 200


def test_pages_vary_on_the_language_that_is_offered_and_files_on_nothing(client, center):
    """Apart from compression, which changes how an answer is sent and not what it says."""

    def varies_on(address):
        named = client.get(address).headers.get("Vary", "")
        return {each.strip() for each in named.split(",")} - {"", "Accept-Encoding"}

    assert varies_on("/bg/centers/") == {"Accept-Language"}
    assert varies_on("/") == {"Accept-Language"}
    for file in (
        "/centers.csv",
        "/centers.json",
        "/centers.geojson",
        "/robots.txt",
        "/sitemap.xml",
    ):
        assert varies_on(file) == set()


def test_etag_moves_with_what_the_page_says(client, center):
    before = client.get("/centers/isperih/").headers["ETag"]
    center.record_status("active", observed="2016", by=BY_IMPORT)
    after = client.get("/centers/isperih/", headers={"If-None-Match": before})

    assert after.status_code == 200
    assert after.headers["ETag"] != before


def test_etag_moves_with_the_calendar(client, center, monkeypatch):
    """A page that calls a center fresh must not be taken for unchanged a year later."""
    today = timezone.localdate()
    center.record_status("active", observed=today.isoformat(), by=BY_IMPORT)
    before = client.get("/centers/isperih/")
    later = today + datetime.timedelta(900)
    monkeypatch.setattr(timezone, "localdate", lambda *args: later)
    after = client.get("/centers/isperih/", headers={"If-None-Match": before.headers["ETag"]})

    assert "Last-Modified" not in before.headers
    assert after.status_code == 200


@pytest.mark.parametrize(
    "address",
    ["/admin/", "/bg/admin/", "/admin/login/", "/accounts/login/", "/de/accounts/login/",
     "/accounts/me/", "/admin/nowhere/"],
)  # fmt: skip
def test_desk_and_accounts_are_kept_by_nobody(client, address):
    answer = client.get(address)

    assert answer.headers["Cache-Control"] == "private, no-store"
    assert "ETag" not in answer.headers


def test_desk_of_somebody_logged_in_is_kept_by_nobody(admin_client):
    answer = admin_client.get("/admin/")

    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "private, no-store"


def test_page_with_a_form_to_send_is_kept_by_its_reader_alone():
    request = RequestFactory().get("/about/")

    def form(request):
        get_token(request)
        return HttpResponse("a form")

    answer = CachingMiddleware(CsrfViewMiddleware(form))(request)

    assert answer.cookies
    assert answer.headers["Cache-Control"] == "private, no-cache"


def test_pages_for_somebody_logged_in_are_kept_by_her_browser_alone(admin_client, center):
    answer = admin_client.get("/centers/isperih/")
    again = admin_client.get("/centers/isperih/", headers={"If-None-Match": answer["ETag"]})

    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert again.status_code == 304


def test_what_is_not_there_or_moved_is_asked_for_each_time(client, center):
    missing, moved = client.get("/nowhere/"), client.get(f"/id/{center.public_id}/")

    assert (missing.status_code, moved.status_code) == (404, 302)
    assert missing.headers["Cache-Control"] == moved.headers["Cache-Control"] == "private, no-cache"


def test_page_that_was_merged_keeps_its_own_rule(client, center):
    center.former_slugs.create(value="isperich")

    assert client.get("/centers/isperich/").headers["Cache-Control"] == "max-age=3600"


def test_list_that_may_hold_a_position_is_kept_by_nobody(client, center):
    answer = client.get("/centers/?near=43.53,26.52&country=BG")
    links = re.findall(r'<link [^>]*href="([^"]+)"', answer.content.decode())

    assert answer.headers["Cache-Control"] == "private, no-store"
    assert "http://testserver/centers/?country=BG" in links
    assert not any("43.53" in each for each in links)


def test_refused_methods_are_kept_by_nobody(client):
    assert client.post("/about/").headers["Cache-Control"] == "private, no-store"


def test_picture_with_the_cookie_of_a_session_is_kept_by_one_alone(client, coordinator):
    client.force_login(coordinator)

    answer = client.get("/card.png")

    assert list(answer.cookies) == ["session"]
    assert answer.headers["Cache-Control"] == "private, no-cache"
