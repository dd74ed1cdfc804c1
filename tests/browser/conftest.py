"""A real browser in front of the site: Debian's Chromium, driven by Playwright."""

import itertools
import os
import shutil
import time
from urllib.parse import urlsplit

import pytest
from django.contrib.auth import get_user_model
from django.core.cache import cache
from django.core.signals import request_finished, request_started
from django.db import transaction
from django.test import Client
from playwright.sync_api import sync_playwright

from centers import guard
from centers.models import Coordinator, Country

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE = 10_000  # milliseconds until a missing element is a failure
PASSWORD = "a long way home"


def chromium():
    """The path of Chromium, or None."""
    names = [os.environ.get("CHROMIUM"), "chromium", "chromium-browser", "google-chrome"]
    return next((path for name in names if name and (path := shutil.which(name))), None)


@pytest.fixture(scope="package")
def browser():
    path = chromium()
    if path is None:
        missing = pytest.fail if os.environ.get("REQUIRE_ALL") == "1" else pytest.skip
        missing("Chromium is not installed here (on Debian: apt install chromium).")
    with pytest.MonkeyPatch.context() as environment, sync_playwright() as playwright:
        # Playwright runs an event loop in this thread, in which Django would refuse to work.
        environment.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        chrome = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield chrome
        chrome.close()


class Watch:
    """Notes what goes wrong on a page without anybody seeing it."""

    def __init__(self, page, host):
        self.page, self.host, self.seen = page, host, []
        page.on("console", self.hear)
        page.on("pageerror", lambda error: self.seen.append(f"error: {error}"))
        page.on("request", self.follow)
        page.on("response", self.receive)

    def hear(self, message):
        # Violations of the content policy are told here as well.
        if message.type in ("error", "warning"):
            self.seen.append(f"{message.type}: {message.text}")

    def follow(self, request):
        parts = urlsplit(request.url)
        if parts.scheme != "data" and parts.netloc != self.host:
            self.seen.append(f"another host: {request.url}")

    def receive(self, response):
        if response.status >= 400:
            self.seen.append(f"{response.status}: {response.url}")

    def problems(self, address):
        """What goes wrong while the page at the address is opened."""
        self.seen = []
        self.page.goto(address)
        # Whatever was said while it was loading has been heard once this is answered.
        self.page.evaluate("document.fonts.ready.then(() => true)")
        return self.seen

    def overflow(self):
        """By how many pixels the page is wider than the window."""
        return self.page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )


@pytest.fixture(autouse=True)
def people_may_be_quick(monkeypatch):
    """A driven browser fills in a form faster than the guard believes of anybody."""
    monkeypatch.setattr(guard, "QUICKEST", 0)


@pytest.fixture
def register(transactional_db, _rows_of_the_register):
    """The real register, where the server's thread sees it; links are checked at the end."""
    with transaction.atomic():
        for model, rows in _rows_of_the_register.items():
            model._base_manager.bulk_create(rows)


class Answering:
    """How many requests the server is answering: a page that is closed may have asked for more.

    They read tables that are emptied after the test, which SQLite refuses meanwhile.
    """

    def __init__(self):
        self.begun, self.ended = itertools.count(), itertools.count()
        self.numbers = {"begun": 0, "ended": 0}

    def begin(self, **_kwargs):
        self.numbers["begun"] = next(self.begun) + 1

    def end(self, **_kwargs):
        self.numbers["ended"] = next(self.ended) + 1

    def wait_for_silence(self):
        deadline = time.monotonic() + PATIENCE / 1000
        while self.numbers["ended"] < self.numbers["begun"] and time.monotonic() < deadline:
            time.sleep(0.02)


@pytest.fixture
def answering():
    counted = Answering()
    request_started.connect(counted.begin)
    request_finished.connect(counted.end)
    yield counted
    request_started.disconnect(counted.begin)
    request_finished.disconnect(counted.end)


@pytest.fixture
def visit(browser, live_server, register, answering):
    """`visit(width=…, as_user=…)`: a new window of a visitor, watched, on the real register."""
    cache.clear()  # the throttle of the login
    contexts = []

    def visit(*, width=1280, as_user=None, **options):
        context = browser.new_context(
            base_url=live_server.url, viewport={"width": width, "height": 800}, **options
        )
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        if as_user:
            client = Client()
            client.force_login(as_user)
            context.add_cookies(
                [
                    {"name": name, "value": morsel.value, "url": live_server.url}
                    for name, morsel in client.cookies.items()
                ]
            )
        page = context.new_page()
        page.watch = Watch(page, urlsplit(live_server.url).netloc)
        return page

    yield visit
    for context in contexts:
        context.close()
    answering.wait_for_silence()


@pytest.fixture
def anna(register):
    """A coordinator who looks after centers and logs in with PASSWORD."""
    user = get_user_model().objects.create_user("anna", password=PASSWORD, is_staff=True)
    row = Coordinator.objects.create(user=user)
    row.countries.set(Country.objects.filter(code__in=["BG", "SK"]))
    return user
