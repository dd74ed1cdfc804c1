"""Writes many rows at once, where Django's own ways take a time that people notice.

`bulk_update` builds a condition for each row and field, and simple-history makes a model of each
row that it keeps; ten thousand rows of an import would block SQLite's other writers for long.
"""

from django.db import connection, transaction


@transaction.atomic
def update_many(records, fields):
    """Write the named fields of records that are there already: one prepared statement.

    Bounds of partial dates that stand among the fields follow their dates. Nothing else is
    written, and no history is kept.
    """
    if not records:
        return
    meta = records[0]._meta
    quote = connection.ops.quote_name
    fields = [meta.get_field(name) for name in fields]
    columns = ", ".join(f"{quote(field.column)} = %s" for field in fields)
    key = quote(meta.pk.column)
    with connection.cursor() as cursor:
        cursor.executemany(
            f"UPDATE {quote(meta.db_table)} SET {columns} WHERE {key} = %s",
            [
                [
                    *(
                        field.get_db_prep_save(field.pre_save(record, add=False), connection)
                        for field in fields
                    ),
                    record.pk,
                ]
                for record in records
            ],
        )


def keep_history(records, *, by, reason, at, update=False):
    """Keep the records in their history as they are in the database: one statement.

    `by` is a user, `reason` at most 100 letters, `at` a moment.
    """
    if not records:
        return
    meta, history = records[0]._meta, type(records[0]).history.model
    quote = connection.ops.quote_name
    columns = ", ".join(quote(field.column) for field in history.tracked_fields)
    own = ["history_date", "history_user_id", "history_change_reason", "history_type"]
    date = history._meta.get_field("history_date").get_db_prep_save(at, connection)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {quote(history._meta.db_table)} "
            f"({columns}, {', '.join(map(quote, own))}) "
            f"SELECT {columns}, %s, %s, %s, %s FROM {quote(meta.db_table)} "
            f"WHERE {quote(meta.pk.column)} IN ({', '.join(['%s'] * len(records))}) "
            f"ORDER BY {quote(meta.pk.column)}",
            [date, by and by.pk, reason, "~" if update else "+", *(row.pk for row in records)],
        )
