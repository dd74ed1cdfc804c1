"""Every kind of public page as it looks: barriers, width, weight; in languages and both schemes."""

from urllib.parse import urlsplit

import brotli
import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser.kinds import KINDS

pytestmark = [pytest.mark.browser, pytest.mark.appearance, pytest.mark.django_db]

# A phone at its narrowest, which is also a screen of 1280 at a zoom of 400 %.
NARROW, WIDE = 320, 1280
STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
FIRST_VIEWS = ["/", "/centers/", "/centers/mother-father-center-neuhausen-munich/"]
MOST_BYTES, MOST_REQUESTS = 60 * 1024, 6


# Each language, width and scheme with every change; the others belong to `make verify`.
@pytest.mark.parametrize(
    ("language", "width", "scheme"),
    [
        ("de", NARROW, "light"),
        ("bg", WIDE, "dark"),
        pytest.param("de", WIDE, "light", marks=pytest.mark.long),
        pytest.param("bg", NARROW, "dark", marks=pytest.mark.long),
    ],
)
def test_pages_have_no_barriers(visit, language, width, scheme):
    page = visit(width=width, color_scheme=scheme, reduced_motion="reduce")
    axe, found = Axe(), {}
    for address in KINDS:
        seen = list(page.watch.problems(f"/{language}{address}"))
        if pixels := page.watch.overflow():
            seen.append(f"{pixels} pixels too wide")
        violations = axe.run(page, options={"runOnly": STANDARDS}).response["violations"]
        seen += [f"{row['id']}: {row['nodes'][0]['html'][:160]}" for row in violations]
        if seen:
            found[address] = seen

    assert found == {}


@pytest.mark.parametrize(("width", "scheme"), [(NARROW, "dark"), (WIDE, "light")])
def test_pages_that_are_not_there_have_no_barriers(visit, width, scheme):
    page = visit(width=width, color_scheme=scheme)
    found = {}
    for address in ("/de/centers/hope-for-provadja/", "/bg/id/aaaaaaaa/", "/bg/confirm/x/"):
        page.goto(address)
        violations = Axe().run(page, options={"runOnly": STANDARDS}).response["violations"]
        found[address] = [(row["id"], row["nodes"][0]["html"][:160]) for row in violations]
        assert page.watch.overflow() == 0

    assert found == {address: [] for address in found}


@pytest.mark.parametrize(
    ("language", "address"),
    [*(("/bg", address) for address in FIRST_VIEWS), ("", "/centers/"), ("/cs", "/centers/")],
)
def test_first_view_is_light(visit, language, address):
    """On a phone, without pictures: as compressed as a good server sends it."""
    page = visit(width=360)
    answers = []
    page.on("response", lambda answer: answers.append(answer))
    page.goto(language + address, wait_until="networkidle")
    page.wait_for_timeout(300)
    sizes = {}
    for answer in answers:
        path = urlsplit(answer.url).path
        if answer.request.resource_type != "image":
            body = answer.body()
            # Fonts are compressed already.
            sizes[path] = len(body if path.endswith(".woff2") else brotli.compress(body, quality=5))

    assert sum(sizes.values()) <= MOST_BYTES, sizes
    assert len(answers) <= MOST_REQUESTS, [answer.url for answer in answers]
