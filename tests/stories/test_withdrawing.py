"""A story that is taken back is gone, everywhere and for ever."""

import datetime
import io
import re
import zipfile

import pytest
from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from centers import erasure, gallery, search
from centers.models import Erasure, Report, ReportPart, ReportStep
from mine_site.register import package, soundness
from mine_site.snapshots import take_snapshot
from stories.models import (
    Story,
    StoryPicture,
    StoryReport,
    StoryTranslation,
    Teller,
)
from stories.withdrawing import withdraw_story
from tests.addresses import public_addresses
from tests.centers.test_gallery import upload
from tests.centers.test_photos import encoded, picture

pytestmark = pytest.mark.django_db

# Begins every word that she has told; no other word of the register does.
MARK = "zyxwort"


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    return settings.MEDIA_ROOT


@pytest.fixture
def at_once(django_capture_on_commit_callbacks):
    """`with at_once():` what waits for the end of the transaction is done at the block's end."""
    return lambda: django_capture_on_commit_callbacks(execute=True)


@pytest.fixture
def told(center, coordinator):
    """A published story with everything that a story can have; each text holds the mark."""
    story = Story.objects.create(
        key="zyxwortkey", slug=f"{MARK}-slug", kind="voice", language="bg", state="published",
        title=f"{MARK} title", body=f"{MARK} body", shown_name=f"{MARK} name", center=center,
        video=f"https://example.org/{MARK}", consent=f"{MARK} agreed by letter", told_on="2026-05",
    )  # fmt: skip
    story.slug = f"{MARK}-second"
    story.keep_former_slug()
    story.save()
    StoryTranslation.objects.create(
        story=story, language="en", title=f"{MARK} in English", body=f"{MARK} text",
        translated_by=f"{MARK} translator",
    )  # fmt: skip
    now = timezone.now()
    Teller.objects.create(
        story=story, email=f"{MARK}@example.org", text_agreed_at=now, pictures_agreed_at=now
    )
    gallery.take_picture(
        upload(encoded(picture((600, 400)))),
        lambda made: StoryPicture.objects.create(
            story=story, alternative=f"{MARK} room", credit=f"{MARK} took it", approved_at=now,
            **made,
        ),
    )  # fmt: skip
    report = Report.objects.create(
        center=center, origin="teller", subject="story", text=f"{MARK} words",
        email=f"{MARK}@example.org", sender_mark="zyxwortzyxwort12", language="bg",
    )  # fmt: skip
    StoryReport.objects.create(report=report, story=story)
    ReportPart.objects.create(report=report, field="story_title", held=MARK, told={"x": MARK})
    ReportStep.objects.create(report=report, what="answered", text=f"{MARK} answer")
    for record in (story, story.translations.get(), story.pictures.get(), report):
        LogEntry.objects.create(
            user=coordinator, object_id=str(record.pk), object_repr=f"{MARK} logged",
            content_type=ContentType.objects.get_for_model(record), action_flag=2,
            change_message=f'[{{"added": {{"name": "translation", "object": "{MARK}"}}}}]',
        )  # fmt: skip
    search.reindex()
    return story


# --- Where the mark is ---------------------------------------------------------------------------


def tables():
    """The names of all tables of the database, those of the full-text index on SQLite too."""
    with connection.cursor() as cursor:
        return sorted(connection.introspection.table_names(cursor))


def made_columns():
    """{table: columns that the database makes of others}"""
    return {
        model._meta.db_table: made
        for model in apps.get_models(include_auto_created=True)
        if (made := {each.column for each in model._meta.concrete_fields if each.generated})
    }


def columns_of(table, made, cursor):
    if table not in made:
        return "*"
    described = connection.introspection.get_table_description(cursor, table)
    names = [each.name for each in described if each.name not in made[table]]
    return ", ".join(map(connection.ops.quote_name, names))


def rows_of_all_tables():
    """{table: (columns, rows)}, without columns that the database makes of others."""
    kept, made = {}, made_columns()
    with connection.cursor() as cursor:
        for table in tables():
            columns = columns_of(table, made, cursor)
            cursor.execute(f"SELECT {columns} FROM {connection.ops.quote_name(table)}")
            kept[table] = ([column[0] for column in cursor.description], cursor.fetchall())
    return kept


def as_text(cell):
    if isinstance(cell, bytes | memoryview):
        return bytes(cell).decode("latin-1")
    return str(cell)


def tables_with_mark():
    found = {
        table
        for table, (_columns, rows) in rows_of_all_tables().items()
        if any(MARK in as_text(cell).lower() for row in rows for cell in row)
    }
    if connection.vendor == "sqlite":
        # The whole file, also what is not used any more.
        image = connection.connection.serialize()
        if MARK.encode() in image.lower():
            found.add("file")
    return found


def content_of(answer):
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    if content[:4] == b"PK\3\4":
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            content += b"".join(archive.read(name) for name in archive.namelist())
    return content.decode("utf-8", "replace").lower()


def shown_on(client, addresses):
    """The addresses whose answer holds the mark, but where it only repeats what was asked for."""
    found = set()
    for address in dict.fromkeys(addresses):
        said = content_of(client.get(address))
        if MARK in address:
            said = re.sub(rf"{MARK}([- ](second|slug))?(?=[/&\"”<]| ·)", "", said)
        if MARK in said:
            found.add(address)
    return found


def files_with_mark(folder):
    return {
        str(path.name)
        for path in folder.rglob("*")
        if path.is_file() and MARK in (path.name + path.read_bytes().decode("latin-1")).lower()
    }


# Where it is shown; after its withdrawal every public address is looked at.
SHOWN = {
    "/", "/changes/", "/changes.atom", "/stories/", "/sitemap-stories.xml", f"/search/?q={MARK}",
    f"/stories/?q={MARK}", f"/stories/{MARK}-second/", f"/de/stories/{MARK}-second/",
    "/centers/isperih/",
}  # fmt: skip
ASKED = [*SHOWN, f"/stories/{MARK}-slug/"]


def where_it_is(client, folder, addresses=ASKED):
    """All places where something of the story is left."""
    package.export(folder)
    take_snapshot(on=timezone.localdate())
    there = default_storage.exists("photos")
    return {
        "tables": tables_with_mark(),
        "addresses": shown_on(client, addresses),
        "package": files_with_mark(folder),
        "media": set(default_storage.listdir("photos")[1]) if there else set(),
    }


NOWHERE = {"tables": set(), "addresses": set(), "package": set(), "media": set()}


# --- An older copy -------------------------------------------------------------------------------


class Copy:
    """A backup of database and media folder, and its restoring."""

    def __init__(self, media):
        self.media = media
        self.rows = rows_of_all_tables()
        self.files = {path: path.read_bytes() for path in media.rglob("*") if path.is_file()}

    def restore(self):
        quote = connection.ops.quote_name
        names = [name for name in self.rows if "_fts" not in name and name != "django_migrations"]
        with connection.cursor() as cursor:
            if connection.vendor == "sqlite":
                cursor.execute("PRAGMA defer_foreign_keys = ON")
            else:
                cursor.execute("SET CONSTRAINTS ALL DEFERRED")
            for name in names:
                cursor.execute(f"DELETE FROM {quote(name)}")
            for name in names:
                columns, rows = self.rows[name]
                places = ", ".join(["%s"] * len(columns))
                listed = ", ".join(map(quote, columns))
                into = f"INSERT INTO {quote(name)} ({listed}) VALUES ({places})"
                if rows:
                    cursor.executemany(into, rows)
        for path, data in self.files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)


def test_withdrawn_story_is_gone_everywhere_and_stays_gone_after_a_restore(
    client, told, media, tmp_path, at_once
):
    """A withdrawn story is gone from pages, feeds, search, exports, media folder and every stored
    copy at once, and stays gone after a restore of an older backup."""
    picture_row = told.pictures.get()
    before = where_it_is(client, tmp_path / "before")
    older = Copy(media)

    assert {"stories_story", "stories_historicalstory", "stories_storytranslation",
            "stories_teller", "stories_storypicture", "stories_storyformerslug",
            "centers_searchentry", "centers_report", "centers_reportpart", "centers_reportstep",
            "django_admin_log"} <= before["tables"]  # fmt: skip
    assert before["addresses"] == SHOWN
    assert {"stories.csv", "story_former_slugs.csv"} <= before["package"]
    assert before["media"] == {name.removeprefix("photos/") for name in picture_row.file_names}

    with at_once():
        withdraw_story(told, reason="asked", by=None)

    pages = [
        each
        for each in public_addresses()
        if not each.startswith(("/de/", "/accounts/", "/admin/")) and "?" not in each
    ]
    assert where_it_is(client, tmp_path / "after", [*ASKED, *pages]) == NOWHERE
    assert client.get(f"/stories/{MARK}-second/").status_code == 410
    assert client.get(picture_row.image.url).status_code == 410

    older.restore()
    assert Story.objects.get().title == f"{MARK} title"
    assert client.get(picture_row.image.url).status_code == 200
    with at_once():
        call_command("repeat_erasures", str(tmp_path / "after" / "erasures.csv"))

    assert where_it_is(client, tmp_path / "again") == NOWHERE
    assert client.get(f"/stories/{MARK}-second/").status_code == 410
    assert client.get(picture_row.image.url).status_code == 410
    assert list(soundness.erasures()) == []


def test_an_older_package_brings_no_withdrawn_story_back(told, tmp_path, at_once):
    package.export(tmp_path)
    with at_once():
        withdraw_story(told, reason="asked", by=None)

    for _time in range(2):
        outcome = package.load(tmp_path)
        assert outcome["stories"] == {"new": 0, "update": 0, "skip": 1}
        assert outcome["story_former_slugs"] == {"new": 0, "update": 0, "skip": 1}
    assert (Story.objects.count(), Story.history.count()) == (0, 0)


def test_a_package_with_the_ledger_withdraws_where_it_arrives(told, undone, tmp_path, at_once):
    with undone():
        withdraw_story(told, reason="asked", by=None)
        package.export(tmp_path)
    assert Story.objects.count() == 1

    with at_once():
        package.load(tmp_path)

    assert (Story.objects.count(), StoryPicture.objects.count()) == (0, 0)
    assert list(default_storage.listdir("photos")[1]) == []


def test_files_alone_that_an_older_folder_brings_back_are_deleted(told, media, at_once):
    [picture_row] = told.pictures.all()
    kept = {name: (media / name).read_bytes() for name in picture_row.file_names}
    with at_once():
        withdraw_story(told, reason="asked", by=None)
    for name, data in kept.items():
        (media / name).write_bytes(data)

    with at_once():
        erasure.repeat()

    assert list(default_storage.listdir("photos")[1]) == []


def test_old_versions_without_their_story_are_erased_again(told):
    versions = list(Story.history.all())
    withdraw_story(told, reason="asked", by=None)
    Story.history.bulk_create(versions)

    erasure.repeat()

    assert Story.history.count() == 0


def test_withdrawing_twice_is_withdrawing_once(told, coordinator):
    lines = {withdraw_story(told, reason="asked", by=None),
             withdraw_story(told, reason="other", by=coordinator)}  # fmt: skip

    [line] = lines
    assert (line.kind, line.reason, line.by) == ("story", "asked", None)
    assert Erasure.objects.filter(kind="story").count() == 1


def test_the_ledger_says_nothing_of_the_story(told, center):
    line = withdraw_story(told, reason="asked", by=None)

    values = Erasure.objects.filter(pk=line.pk).values_list("key", "kind", "center", "file")[0]
    assert values[1:3] == ("story", center.public_id)
    assert all(MARK not in str(value) for value in values)


def test_receipt_of_a_withdrawn_story_says_so_in_its_language(told):
    report = Report.objects.get()

    withdraw_story(told, reason="consent", by=None)

    report.refresh_from_db()
    assert (report.state, report.reason, report.text, report.email) == ("declined", "other", "", "")
    assert report.outcome
    assert [(each.what, each.text) for each in report.steps.all()] == [
        ("answered", ""), ("declined", "")
    ]  # fmt: skip


def test_an_address_that_another_story_has_now_is_its_own(client, told):
    withdraw_story(told, reason="asked", by=None)
    Story.objects.create(slug=f"{MARK}-second", title="Another", body="Told", language="en",
                         kind="story", state="published", is_sample=True)  # fmt: skip

    assert client.get(f"/stories/{MARK}-second/").status_code == 200


def test_all_picture_files_of_others_stay(told, center, at_once):
    other = gallery.add_photo(center, upload())

    with at_once():
        withdraw_story(told, reason="asked", by=None)

    assert {f"photos/{name}" for name in default_storage.listdir("photos")[1]} == set(
        other.file_names
    )


@pytest.mark.parametrize(
    ("state", "decided", "is_kept"),
    [("declined", 366, False), ("declined", 364, True), ("waiting", None, True)],
)
def test_declined_story_is_forgotten_a_year_later(center, state, decided, is_kept):
    story = Story.objects.create(
        slug="told", kind="voice", language="bg", title="Told", body="It was so.", center=center
    )
    ago = timezone.now() - datetime.timedelta(decided or 800)
    report = Report.objects.create(
        center=center, origin="teller", subject="story", state=state, received_at=ago,
        reason="not_ours" if decided else "", decided_at=ago if decided else None,
    )  # fmt: skip
    StoryReport.objects.create(report=report, story=story)
    entered_at_the_desk = Story.objects.create(
        slug="desk", kind="voice", language="bg", title="Desk", body="It was so."
    )

    call_command("forget_reports")

    left = set(Story.objects.values_list("slug", flat=True))
    assert left == {entered_at_the_desk.slug, *(["told"] if is_kept else [])}
