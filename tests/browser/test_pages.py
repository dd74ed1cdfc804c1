"""Pages of the desk in a browser: nothing fails unseen, nothing is wider than the window.

Those of the public are in test_appearance.py.
"""

import pytest
from axe_playwright_python.sync_playwright import Axe

from centers.models import Center

pytestmark = [pytest.mark.browser, pytest.mark.appearance, pytest.mark.django_db]

DESK = [
    "/admin/",
    "/admin/centers/center/",
    "/admin/centers/center/add/",
    "/admin/centers/center/{pk}/change/",
    "/admin/centers/center/{pk}/history/",
    "/admin/centers/center/{pk}/history/center/{version}/put-back/",
    "/admin/centers/center/{pk}/record-status/",
    "/admin/centers/center/import/",
    "/admin/centers/center/export/",
    "/admin/centers/statusentry/",
    "/admin/centers/statusentry/{entry}/withdraw/",
    "/admin/centers/center/{pk}/photos/",
    "/admin/centers/contact/",
    "/admin/centers/erasure/",
    "/admin/projects/project/",
    "/admin/stories/story/",
]
# The parts of the standards that a machine can judge.
STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


def barriers(page):
    """What keeps people out, as [(rule, the first place)], judged by axe."""
    page.wait_for_timeout(200)  # boxes are named a moment after they are made
    found = Axe().run(page, options={"runOnly": STANDARDS}).response["violations"]
    return [(rule["id"], rule["nodes"][0]["html"][:200]) for rule in found]


@pytest.fixture
def desk(register):
    """The addresses of `DESK`, of a center with a word that is wider than a phone."""
    center = Center.objects.get(slug="hope-for-provadia")
    center.opening_hours = "open-whenever-somebody-is-there-" * 9
    center.save()
    keys = {
        "pk": center.pk,
        "entry": center.status_entries.first().pk,
        "version": center.history.latest().pk,
    }
    return [address.format(**keys) for address in DESK]


@pytest.mark.parametrize("width", [360, 1280])
def test_pages_of_the_desk_are_sound(visit, anna, desk, width):
    page = visit(width=width, as_user=anna)
    problems, wider = {}, {}
    for address in desk:
        if seen := page.watch.problems(address):
            problems[address] = seen
        if pixels := page.watch.overflow():
            wider[address] = pixels
        assert page.locator("#user-tools").count() == 1

    assert problems == {}
    assert wider == {}


@pytest.mark.parametrize(("width", "scheme"), [(360, "light"), (1280, "dark")])
def test_pages_of_the_desk_have_no_barriers(visit, anna, desk, width, scheme):
    page = visit(width=width, as_user=anna, color_scheme=scheme)
    found = {}
    for address in desk:
        page.goto(address)
        if seen := barriers(page):
            found[address] = seen

    assert found == {}


def test_page_that_is_not_there_fits_the_window(visit):
    page = visit(width=360)
    page.goto("/centers/" + "a-very-long-name-without-end-" * 6)

    assert page.locator("h1").inner_text() == "This page is not here"
    assert page.watch.overflow() == 0


def test_watch_sees_what_is_wrong(visit):
    """The watch itself: an inline script, another host and a missing file do not escape it."""
    page = visit()
    body = (
        '<link rel="icon" href="data:,"><script>document.title = "inline"</script>'
        '<img src="http://example.org/x.png"><img src="/missing.png"><pre>' + "wide " * 500
    )
    page.route("**/about/", lambda route: route.fulfill(
        body=body, content_type="text/html",
        headers={"Content-Security-Policy": "script-src 'self'"},
    ))  # fmt: skip
    page.route("http://example.org/**", lambda route: route.abort())
    seen = " ".join(page.watch.problems("/about/"))

    assert page.title() != "inline"
    for told in ("Content Security Policy", "another host: http://example.org/x.png", "404: "):
        assert told in seen
    assert page.watch.overflow() > 0
