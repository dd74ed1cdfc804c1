"""The full-text index beside the search entries: FTS5 on SQLite, GIN on PostgreSQL."""

from django.db import migrations

_FORGET = (
    "INSERT INTO centers_searchentry_fts (centers_searchentry_fts, rowid, words) "
    "VALUES ('delete', old.id, old.words);"
)
_LEARN = "INSERT INTO centers_searchentry_fts (rowid, words) VALUES (new.id, new.words);"
SQLITE_INDEX = [
    "CREATE VIRTUAL TABLE centers_searchentry_fts USING fts5("
    "words, content='centers_searchentry', content_rowid='id', detail='none', prefix='2 3 4')",
    "CREATE TRIGGER centers_searchentry_insert AFTER INSERT ON centers_searchentry "
    f"BEGIN {_LEARN} END",
    "CREATE TRIGGER centers_searchentry_delete AFTER DELETE ON centers_searchentry "
    f"BEGIN {_FORGET} END",
    "CREATE TRIGGER centers_searchentry_update AFTER UPDATE ON centers_searchentry "
    f"BEGIN {_FORGET} {_LEARN} END",
]


def create_index(apps, schema_editor):
    """Create the full-text index of the migration's database."""
    if schema_editor.connection.vendor == "sqlite":
        for statement in SQLITE_INDEX:
            schema_editor.execute(statement)
    else:
        schema_editor.execute(
            "CREATE INDEX centers_searchentry_words ON centers_searchentry "
            "USING gin (array_to_tsvector(string_to_array(words, ' ')))"
        )


def drop_index(apps, schema_editor):
    if schema_editor.connection.vendor == "sqlite":
        for event in ("insert", "update", "delete"):
            schema_editor.execute(f"DROP TRIGGER centers_searchentry_{event}")
        schema_editor.execute("DROP TABLE centers_searchentry_fts")
    else:
        schema_editor.execute("DROP INDEX centers_searchentry_words")


class Migration(migrations.Migration):
    dependencies = [("centers", "0001_initial")]

    operations = [migrations.RunPython(create_index, drop_index)]
