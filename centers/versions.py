"""Which state the register is in, so that what is computed from it is computed once a change.

Every change of what the register publishes leaves a trace that is cheap to look up: a history
row, a statement, a former address. `register_version` puts the newest of all traces into one
text; two equal texts mean that nothing changed between them.
"""

import hashlib

from django.apps import apps
from django.core.cache import caches
from django.db import connection

from centers.models import StatusEntry

DAY = 24 * 60 * 60
# Kept by programs for themselves, or of persons alone: no figure and no data follows from it.
_NOT_PUBLISHED = {
    "Contact", "ContactAttempt", "Coordinator", "ImportRow", "Invitation", "MatchKey",
    "NotDuplicate", "Photo", "QuestionMail", "Report", "ReportPart", "ReportStep", "SearchEntry",
    "SpreadsheetImport", "YearlyQuestion",
}  # fmt: skip


def _traces():
    """[(table, expressions)]: what changes in a table whenever its rows do."""
    for label in ("centers", "projects", "stories"):
        for model in apps.get_app_config(label).get_models():
            if model._meta.object_name in _NOT_PUBLISHED or hasattr(model, "instance_type"):
                continue
            if hasattr(model, "history"):
                # Changes and deletions write a row each; of two at once, the one with the higher
                # number may be there first, so that the rows are counted too.
                history = model.history.model
                newest = f"MAX({history._meta.pk.column})"
                yield history._meta.db_table, [newest, "COUNT(*)", "0"]
            else:
                yield model._meta.db_table, [f"MAX({_quoted(model._meta.pk)})", "COUNT(*)", "0"]
    # A statement is withdrawn, or its note is redacted, in its row.
    yield (
        StatusEntry._meta.db_table,
        ["COUNT(withdrawn_at)", "COUNT(note_redacted_at)", "0"],
    )


def _quoted(field):
    return connection.ops.quote_name(field.column)


def register_version():
    """A short text that is another one after every change of the register; one query."""
    union = " UNION ALL ".join(
        f"SELECT '{table}' AS name, {', '.join(columns)} FROM {connection.ops.quote_name(table)}"
        for table, columns in _traces()
    )
    with connection.cursor() as cursor:
        cursor.execute(union)
        traces = sorted(repr(tuple(row)) for row in cursor.fetchall())
    return hashlib.sha256(repr(traces).encode()).hexdigest()[:20]


def once_a_change(name, compute, **what):
    """`compute()`, remembered until the register changes; `what` tells variants apart.

    The answer must be something that can be pickled, in no language, and hang on nothing but
    the register and `what`. Whoever asks meanwhile may compute it as well; nobody waits. What is
    old is overwritten and not kept beside the new: some of it is large.
    """
    version = register_version()
    digest = hashlib.sha256(repr(sorted(what.items())).encode()).hexdigest()[:32]
    key = f"figures:{name}:{digest}"
    kept = caches["figures"].get(key)
    if kept is None or kept[0] != version:
        kept = (version, compute())
        caches["figures"].set(key, kept, timeout=DAY)
    return kept[1]
