"""The handbook: its pictures are there, its links lead somewhere, and its words are the desk's."""

import re
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parent.parent
HANDBOOK = (PROJECT / "docs" / "handbook.md").read_text()
PICTURES = {path.name for path in (PROJECT / "docs" / "handbook").glob("*.png")}


def test_handbook_shows_every_picture_and_no_other():
    shown = re.findall(r"handbook/([\w-]+\.png)", HANDBOOK)

    assert set(shown) == PICTURES
    assert len(shown) == len(PICTURES) > 10


def test_pictures_of_the_handbook_have_words():
    alternatives = re.findall(r"!\[([^\]]*)\]", HANDBOOK) + re.findall(r'alt="([^"]*)"', HANDBOOK)

    assert len(alternatives) == len(PICTURES)
    assert [words for words in alternatives if len(words) < 15] == []


def test_links_within_the_handbook_lead_to_its_headings():
    headings = {
        re.sub(r"[^\w -]", "", heading).strip().lower().replace(" ", "-")
        for heading in re.findall(r"^## (.+)$", HANDBOOK, re.M)
    }

    assert set(re.findall(r"\]\(#([\w-]+)\)", HANDBOOK)) == headings


def strings_of_the_desk():
    """All the words that templates and code can show."""
    files = [*(PROJECT / "templates").rglob("*.html")]
    for app in ("centers", "projects", "stories", "mine_site"):
        files += (PROJECT / app).rglob("*.py")
    return " ".join(" ".join(path.read_text().split()) for path in files)


@pytest.mark.parametrize(
    "words",
    ["Still so", "No answer", "Withdraw this statement", "Possible doubles", "Find its double",
     "These are different", "These are the same", "Undo this merge", "Import a spreadsheet",
     "Read it again so", "Put back as it was before", "Still right today", "What we hold",
     "Where I am logged in", "Second step", "My account", "For coordinators",
     "Confirm: nothing changed at the ticked ones", "That was too often",
     "This is outside of your countries and networks.", "Ask how it is", "Send it again", "Take on",
     "Hand on", "Accept what is ticked", "Ask back", "I have done what was asked",
     "Look at the groups", "Show those that are in no group"],
)  # fmt: skip
def test_handbook_calls_things_as_the_desk_does(words):
    assert words in " ".join(HANDBOOK.split())
    assert words in strings_of_the_desk()
