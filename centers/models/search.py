"""The search index: one row for each thing that can be found by name."""

from django.db import connections, models
from django.utils.translation import gettext_lazy as _

from centers import folding

MAX_TERMS = 8  # words of a query that are looked at


class WordsBegin(models.Lookup):
    """`words__begin="folded query"`: every term is the beginning of a word in the column.

    The query is a list of tuples of forms (`folding.forms`). Both databases answer from an
    index: FTS5 on SQLite (`centers_searchentry_fts`, kept by triggers), a GIN index on
    PostgreSQL. Words and terms are folded to [a-z0-9] before, so that neither database's own
    idea of words plays a part.
    """

    lookup_name = "begin"
    prepare_rhs = False

    def as_sqlite(self, compiler, connection):
        terms = " AND ".join(
            "(" + " OR ".join(f'"{form}"*' for form in term) + ")" for term in self.rhs
        )
        table = self.lhs.alias
        sql = (
            f'"{table}"."id" IN (SELECT rowid FROM centers_searchentry_fts '
            "WHERE centers_searchentry_fts MATCH %s)"
        )
        return sql, [terms]

    def as_postgresql(self, compiler, connection):
        lhs, params = self.process_lhs(compiler, connection)
        terms = " & ".join(
            "(" + " | ".join(f"'{form}':*" for form in term) + ")" for term in self.rhs
        )
        return f"array_to_tsvector(string_to_array({lhs}, ' ')) @@ %s::tsquery", [*params, terms]

    def as_sql(self, compiler, connection):
        raise NotImplementedError(f"No search index on {connection.vendor}.")


class WordsField(models.TextField):
    """Folded words with blanks between (`folding.index_words`)."""


WordsField.register_lookup(WordsBegin)


class SearchEntryQuerySet(models.QuerySet):
    def matching(self, query):
        """Entries in which every word of the query begins a word; none for an empty query."""
        terms = folding.forms(query)[:MAX_TERMS]
        return self.filter(words__begin=terms) if terms else self.none()

    def of_kind(self, kind):
        return self.filter(kind=kind)


class SearchEntry(models.Model):
    """The folded names by which a record is found; written by `centers.search` alone."""

    class Kind(models.TextChoices):
        CENTER = "center", _("center")
        ORGANISATION = "organisation", _("organisation")
        PROJECT = "project", _("project")
        STORY = "story", _("story")

    kind = models.CharField(max_length=12, choices=Kind)
    object_id = models.BigIntegerField()
    words = WordsField()

    objects = SearchEntryQuerySet.as_manager()

    class Meta:
        verbose_name = _("search entry")
        verbose_name_plural = _("search entries")
        constraints = [
            models.UniqueConstraint(fields=["kind", "object_id"], name="search_entry_once")
        ]

    def __str__(self):
        return f"{self.kind} {self.object_id}"


def index_is_whole(using="default"):
    """Whether the full-text index of SQLite is there with its triggers (PostgreSQL: always)."""
    connection = connections[using]
    if connection.vendor != "sqlite":
        return True
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM sqlite_master WHERE name LIKE 'centers_searchentry_%'"
            " AND type = 'trigger'"
        )
        return cursor.fetchone()[0] == 3
