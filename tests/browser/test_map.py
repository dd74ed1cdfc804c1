"""The map in a browser: agrees with the list, is used by keyboard, and waits until it is seen."""

import re
from urllib.parse import urlsplit

import brotli
import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings

from centers import search
from centers.models import Center
from tests.browser.test_appearance import STANDARDS

pytestmark = [pytest.mark.browser, pytest.mark.appearance, pytest.mark.django_db]

MOST_BYTES = 90 * 1024
MARKS = ".map-alive .map-mark, .map-alive .map-cluster"
# What a map is made of, beside the page.
PARTS = ["/static/js/map.js", "/static/vendor/leaflet/leaflet.js",
         "/static/vendor/leaflet/leaflet.css", "/static/map/land.json"]  # fmt: skip


def opened(page, address):
    """Opens the page and waits until its map shows what is in the view."""
    with page.expect_response(lambda answer: is_of_a_view(answer.url)):
        page.goto(address)
    page.locator(MARKS).first.wait_for()
    return page


def is_of_a_view(address):
    return "/map.json" in address and "zoom=0" not in address


def shown(page):
    """How many centers the marks on the map stand for."""
    return page.evaluate(
        """(marks) => [...document.querySelectorAll(marks)].reduce(
            (sum, mark) => sum + Number(mark.matches(".map-cluster") ? mark.textContent : 1), 0)""",
        MARKS,
    )


def focused(page):
    return page.evaluate(
        "document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent"
    )


@pytest.mark.parametrize(("width", "view"), [(1280, ""), (360, "&view=map")])
def test_filter_map_and_list_agree(visit, width, view):
    page = visit(width=width)
    for query in ("country=BG&status=all", "country=SK"):
        opened(page, f"/centers/?{query}{view}")
        expected = Center.objects.published().filter(country=query[8:10])
        if "status" not in query:
            expected = expected.not_closed()
        found = int(re.search(r"\d+", page.locator(".found-count").inner_text())[0])

        assert found == page.locator(".center-card").count() == expected.count()
        assert shown(page) == expected.with_point().count()
    assert page.watch.seen == []


def test_map_follows_the_filter_form_on_a_phone(visit):
    page = opened(visit(width=360), "/centers/?view=map")
    page.get_by_text("Filter the list").click()
    page.get_by_role("checkbox", name="Bulgaria").check()
    with page.expect_response(lambda answer: is_of_a_view(answer.url)):
        page.get_by_role("button", name="Show results").click()
    page.locator(MARKS).first.wait_for()
    expected = Center.objects.published().not_closed().with_point().filter(country="BG")

    assert "view=map" in page.url
    assert shown(page) == expected.count()
    page.get_by_role("navigation", name="View").get_by_role("link", name="List").click()
    assert "country=BG" in page.url
    assert "view=map" not in page.url


def test_bubble_is_opened_and_closed_by_keyboard(visit):
    page = opened(visit(), "/centers/?country=SI&status=all")
    mark = page.locator(".map-mark")
    name = mark.get_attribute("aria-label")
    page.locator(".map-skip").focus()
    for _turn in range(6):
        page.keyboard.press("Tab")
        if focused(page) == name:
            break
    page.keyboard.press("Enter")
    bubble = page.locator(".leaflet-popup")
    bubble.wait_for()

    assert name.startswith("Family Center Mala ulica, ")
    assert focused(page) == "Family Center Mala ulica"
    assert "Ljubljana" in bubble.inner_text()
    page.keyboard.press("Escape")
    bubble.wait_for(state="detached")
    assert focused(page) == name
    page.keyboard.press("Space")
    bubble.wait_for()
    page.keyboard.press("Enter")
    page.get_by_role("heading", level=1, name="Family Center Mala ulica").wait_for()


def test_cluster_leads_nearer_and_keeps_the_focus_on_the_map(visit):
    page = opened(visit(reduced_motion="reduce"), "/centers/?status=all")
    before, address = shown(page), page.url
    page.locator(".map-cluster").first.focus()
    with page.expect_response(lambda answer: is_of_a_view(answer.url)):
        page.keyboard.press("Enter")
    page.wait_for_function("document.activeElement !== document.body")

    assert 0 < shown(page) < before
    assert page.evaluate("document.activeElement.closest('.map-frame') !== null")
    # The address is that of the list: moving the map is no new page.
    assert page.url == address


def test_arrows_move_the_map_and_a_link_leads_past_it(visit):
    page = opened(visit(reduced_motion="reduce"), "/centers/")
    pane = page.locator(".map-alive .leaflet-map-pane")
    before = pane.get_attribute("style")
    page.locator(".map-alive").focus()
    page.keyboard.press("ArrowRight")

    assert pane.get_attribute("style") != before
    # Who wishes for less motion sees the map elsewhere, and not moving there.
    assert page.locator(".leaflet-pan-anim").count() == 0
    page.locator(".map-skip").focus()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "after-map"


def test_towns_stand_under_no_mark(visit):
    page = opened(visit(), "/centers/?status=all")
    page.locator(".map-town span").first.wait_for()
    names, marks = (
        page.evaluate(
            """(selector) => [...document.querySelectorAll(selector)].map((element) => {
                 const { left, top, right, bottom } = element.getBoundingClientRect();
                 return [left, top, right, bottom];
               })""",
            selector,
        )
        for selector in (".map-town span", MARKS)
    )
    covered = [
        (name, mark)
        for name in names
        for mark in marks
        if mark[0] + 1 < name[2] and name[0] + 1 < mark[2]
        if mark[1] + 1 < name[3] and name[1] + 1 < mark[3]
    ]

    assert len(names) > 5
    assert covered == []


def test_centers_of_one_town_are_listed_in_a_bubble(visit):
    one = Center.objects.get(slug="carmen-razgrad")
    for number in range(24):
        Center.objects.create(
            name=f"Another {number:02}", slug=f"another-{number}", country=one.country,
            place=one.place, latitude=one.latitude, longitude=one.longitude,
            precision=one.precision,
        )  # fmt: skip
    search.reindex()
    page = opened(visit(), "/centers/?q=another")
    page.locator(".map-cluster").click()
    links = page.locator(".map-popup a")

    assert links.count() == 21
    assert links.last.inner_text() == "The others are in the list."
    links.last.click()
    assert page.url.endswith("/centers/?q=another")


@pytest.mark.parametrize(
    ("width", "scheme", "query"),
    [(320, "light", "?view=map&status=all"), (1280, "dark", "?status=all")],
)
def test_living_map_has_no_barriers(visit, width, scheme, query):
    page = opened(visit(width=width, color_scheme=scheme), f"/de/centers/{query}")
    page.locator(".map-mark").first.focus()
    page.keyboard.press("Enter")
    page.locator(".map-popup").wait_for()
    page.wait_for_timeout(400)  # it fades in
    found = Axe().run(page, options={"runOnly": STANDARDS}).response["violations"]

    assert [(rule["id"], rule["nodes"][0]["html"][:160]) for rule in found] == []
    assert page.watch.overflow() == 0
    assert page.watch.seen == []


def test_map_without_javascript_leads_to_countries(visit):
    page = visit(width=320, java_script_enabled=False)
    page.goto("/centers/?view=map&status=all")
    drawing = page.locator(".map-drawn")
    placed = Center.objects.published().with_point()
    boxes = [circle.bounding_box() for circle in drawing.locator("circle").all()]

    assert len(boxes) == placed.order_by().values("country").distinct().count()
    # A finger needs 24 pixels.
    assert min(min(box["width"], box["height"]) for box in boxes) >= 24
    bulgaria = Center.objects.published().filter(country="BG").count()
    drawing.get_by_role("link", name=f"Bulgaria: {bulgaria}").click()
    page.get_by_role("heading", level=1, name="Bulgaria").wait_for()


def test_map_waits_on_a_phone_until_it_is_seen(visit):
    page = visit(width=360)
    asked = []
    page.on("request", lambda request: asked.append(urlsplit(request.url).path))
    page.goto("/centers/", wait_until="networkidle")
    page.goto("/", wait_until="networkidle")

    assert "/static/js/site.js" in asked
    assert not any("map" in path or "leaflet" in path for path in asked)
    page.locator(".map-frame").scroll_into_view_if_needed()
    page.locator(MARKS).first.wait_for()
    assert set(PARTS) <= set(asked)
    assert shown(page) == Center.objects.published().not_closed().with_point().count()
    assert page.watch.seen == []


def test_map_takes_no_more_room_alive_than_drawn(visit):
    page = visit(width=360)
    page.goto("/centers/?view=map")
    before = page.locator(".map-frame").bounding_box()
    page.locator(MARKS).first.wait_for()

    assert page.locator(".map-frame").bounding_box() == before


def test_map_that_cannot_be_loaded_leaves_the_drawing_and_says_so(visit):
    page = visit(width=360)
    page.route("**/map/land*.json", lambda route: route.abort())
    page.goto("/centers/?view=map")
    page.get_by_text("The map could not be loaded. The list says the same.").wait_for()

    assert page.locator(".map-drawn").is_visible()


def test_map_weighs_no_more_than_promised():
    """Code, styles and outlines, as compressed as they are served."""
    sizes = {
        path: len(brotli.compress((settings.BASE_DIR / path.lstrip("/")).read_bytes()))
        for path in PARTS
    }

    assert sum(sizes.values()) <= MOST_BYTES, sizes
