"""The site in its languages: complete catalogues, addresses, the offer, texts of the register."""

import io
import os
import re
import shutil
import subprocess
import sys
from gettext import GNUTranslations
from pathlib import Path

import pytest
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from django.conf import settings
from django.core.management import call_command
from django.urls import reverse
from django.utils import translation

from centers.dates import PartialDate
from centers.mail import absolute
from centers.models import CenterText, Status
from centers.phrases import status_in_words
from mine_site.languages import wished_language

LANGUAGES = [code for code, _name in settings.LANGUAGES if code != "en"]
LOCALE = Path(settings.LOCALE_PATHS[0])
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w*\}|</?\w+")
# What stands the same in two languages, and is no forgotten translation.
MOST_ALIKE = 0.06


def catalogue(language):
    with (LOCALE / language / "LC_MESSAGES" / "django.po").open("rb") as file:
        return read_po(file, locale=language)


def messages(language):
    return [message for message in catalogue(language) if message.id]


def forms(text):
    return list(text) if isinstance(text, (list, tuple)) else [text]


@pytest.mark.parametrize("language", LANGUAGES)
def test_catalogue_is_complete(language):
    missing = [m.id for m in messages(language) if not all(forms(m.string)) or not m.string]
    fuzzy = [m.id for m in messages(language) if m.fuzzy]

    assert missing == []
    assert fuzzy == []
    assert len(messages(language)) > 1000


@pytest.mark.parametrize("language", LANGUAGES)
def test_catalogue_keeps_placeholders(language):
    """A plural form may leave out the number that it names in a word; nothing else."""
    wrong = []
    for message in messages(language):
        allowed = [sorted(PLACEHOLDER.findall(text)) for text in forms(message.id)]
        for text in forms(message.string):
            found = sorted(PLACEHOLDER.findall(text))
            fewer = message.pluralizable and set(found) < set(allowed[-1])
            if found not in allowed and not fewer:
                wrong.append((message.id, text))

    assert wrong == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_catalogue_is_not_english(language):
    rows = messages(language)
    alike = [m.id for m in rows if m.id == m.string and len(forms(m.id)[0].split()) > 2]

    assert alike == []
    assert sum(m.id == m.string for m in rows) < MOST_ALIKE * len(rows)


def compiled(file):
    """{(message, number of its form): translation} of a compiled catalogue."""
    file.seek(0)
    rows = GNUTranslations(file)._catalog
    return {key: text for key, text in rows.items() if key}


@pytest.mark.parametrize("language", LANGUAGES)
def test_compiled_catalogue_is_that_of_its_source(language):
    anew = io.BytesIO()
    write_mo(anew, catalogue(language))
    with (LOCALE / language / "LC_MESSAGES" / "django.mo").open("rb") as file:
        there = compiled(file)

    assert there == compiled(anew)


def test_catalogues_hold_every_sentence_of_templates_and_code(tmp_path):
    if shutil.which("xgettext") is None:
        assert os.environ.get("REQUIRE_ALL") != "1", "GNU gettext is not installed here."
        pytest.skip("GNU gettext is not installed here (on Debian: apt install gettext).")
    files = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "-z"], check=True,
                           cwd=settings.BASE_DIR, capture_output=True, text=True)  # fmt: skip
    for name in filter(None, files.stdout.split("\0")):
        source = settings.BASE_DIR / name
        if source.suffix in (".py", ".html", ".txt", ".po") and source.exists():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, tmp_path / name)
    before = {code: {str(m.id) for m in messages(code)} for code in LANGUAGES}
    subprocess.run(
        [sys.executable, "manage.py", "makemessages"],
        cwd=tmp_path, check=True, capture_output=True,
        env={**os.environ, "SECRET_KEY": "x" * 50, "DATABASE_URL": "sqlite://:memory:",
             "DJANGO_SETTINGS_MODULE": "mine_site.settings"},
    )  # fmt: skip
    for code in LANGUAGES:
        with (tmp_path / f"locale/{code}/LC_MESSAGES/django.po").open("rb") as file:
            now = {str(m.id) for m in read_po(file, locale=code) if m.id}

        assert now - before[code] == set()
        assert before[code] - now == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_page_is_in_the_language_of_its_address(client, register, language):
    page = client.get(f"/{language}/centers/", headers={"Accept-Language": "en"})
    text = page.content.decode()

    with translation.override(language):
        label = str(Status.ACTIVE.label)
    assert f'<html lang="{language}"' in text
    assert label in text
    assert label != "active"
    assert re.search(rf'href="/{language}/centers/[a-z-]+/"', text)


def test_browsers_wish_is_offered_and_not_forced(client, register):
    page = client.get(
        "/centers/?country=BG", headers={"Accept-Language": "bg-BG,bg;q=0.9,en;q=0.5"}
    )
    text = page.content.decode()

    assert page.status_code == 200
    assert '<html lang="en"' in text
    offer = re.search(r'<p class="language-offer" lang="bg">.*?href="([^"]+)"', text, re.DOTALL)
    assert offer[1] == "http://testserver/bg/centers/?country=BG"
    assert (
        "language-offer" not in client.get("/", headers={"Accept-Language": "en"}).content.decode()
    )


@pytest.mark.parametrize(
    ("wish", "language"),
    [
        ("de-AT,en;q=0.5", "de"),
        ("sr,hu;q=0.8,en;q=0.7", "hu"),
        ("sr", None),
        ("", None),
        ("*", None),
        ("de;q=0,fr", None),
        ("de;q=0,cs;q=0.3", "cs"),
        (",;q=x,\x7f", None),
    ],
)
def test_wished_language_is_the_first_that_the_site_has(rf, wish, language):
    assert wished_language(rf.get("/", headers={"Accept-Language": wish})) == language


def test_switch_keeps_page_and_filters(client, register):
    text = client.get("/de/centers/?country=BG&status=all&page=1").content.decode()

    for prefix, code in [("/", "en"), ("/cs/", "cs"), ("/bg/", "bg")]:
        address = f"http://testserver{prefix}centers/?country=BG&amp;status=all&amp;page=1"
        assert f'<a href="{address}" lang="{code}" hreflang="{code}"' in text
    assert re.search(r'hreflang="de"[^>]* aria-current="true"', text)


def test_desk_speaks_the_language_of_its_address(client, coordinator):
    client.force_login(coordinator)
    with translation.override("bg"):
        address = reverse("admin:index")
    page = client.get(address).content.decode()

    assert address == "/bg/admin/"
    assert 'lang="bg"' in page
    assert 'hreflang="en"' in page


def test_text_in_another_language_is_marked(client, center):
    CenterText.objects.create(center=center, language="bg", summary="Място за майки")
    german = client.get("/de/centers/isperih/").content.decode()
    bulgarian = client.get("/bg/centers/isperih/").content.decode()

    assert '<span lang="bg">Място за майки</span>' in german
    assert "Bulgarisch</span>" in german
    assert "Място за майки" in bulgarian
    assert "language-mark" not in bulgarian


def test_text_is_english_where_the_readers_language_is_missing(client, center):
    for language, summary in [("bg", "Място за майки"), ("en", "A place for mothers")]:
        CenterText.objects.create(center=center, language=language, summary=summary)
    german = client.get("/de/centers/isperih/").content.decode()

    assert '<span lang="en">A place for mothers</span>' in german
    assert "Място" not in german


def test_mails_lead_to_pages_in_the_readers_language(settings):
    settings.SITE_URL = "https://registry.example.org"

    assert absolute("/admin/", language="bg") == "https://registry.example.org/bg/admin/"
    assert absolute("/admin/", language="sr") == "https://registry.example.org/admin/"
    assert absolute("/admin/") == "https://registry.example.org/admin/"


def test_month_within_a_sentence_has_its_form():
    may = PartialDate(2015, 5)

    assert may.in_words("cs") == "květen 2015"
    assert may.in_words("cs", within=True) == "května 2015"
    assert may.in_words("de", within=True) == "Mai 2015"
    assert may.in_words("hu", within=True) == may.in_words("hu")


@pytest.mark.parametrize("language", LANGUAGES)
def test_status_is_told_in_words_of_the_language(language):
    with translation.override("en"):
        english = status_in_words(
            "closed", since=None, after=PartialDate(2010), by=PartialDate(2016)
        )
    with translation.override(language):
        told = status_in_words("closed", since=None, after=PartialDate(2010), by=PartialDate(2016))

    assert told != english
    assert "2010" in told
    assert "2016" in told


def test_every_language_of_the_site_has_its_catalogue():
    assert sorted(each.name for each in LOCALE.iterdir()) == sorted(LANGUAGES)
    call_command("check")
