"""Keeps the search index: who is found by which names, and by what centers are compared.

Each app says for its own models which texts a record is found by (`register`); whoever changes
one calls `reindex`. `check_register` proves that index and register agree.
"""

from django.db import connection, transaction

from centers import duplicates
from centers.folding import index_words
from centers.models import Center, Organisation, SearchEntry, country_name

# In which languages a center is found by the name of its country.
COUNTRY_LANGUAGES = ("en", "de", "cs", "sk", "hu", "bg")
_TEXTS = {}
_FOLLOWERS = {}


def register(kind, queryset, texts, *, follows=()):
    """Say that records of `queryset()` are found as `kind` by the words of `texts(record)`.

    `follows` are pairs of another kind and the link to it: these records are found by its words
    as well, and are indexed anew with it.
    """
    _TEXTS[kind] = (queryset, texts)
    for other, link in follows:
        _FOLLOWERS.setdefault(other, []).append((kind, link))


def kind_of(model):
    """The kind under which records of the model are found, or None."""
    for kind, (queryset, _texts) in _TEXTS.items():
        if queryset().model is model:
            return kind
    return None


def expected_words(kind, pks=None):
    """{pk: words} as the index of `kind` should hold them; `pks` limits to some records."""
    queryset, texts = _TEXTS[kind]
    rows = queryset() if pks is None else queryset().filter(pk__in=pks)
    return {row.pk: index_words(*texts(row)) for row in rows}


def texts_of(kind, pk):
    """The texts by whose words one record is found, as they are written; none if it is gone."""
    queryset, texts = _TEXTS[kind]
    return [text for row in queryset().filter(pk=pk) for text in texts(row)]


@transaction.atomic
def reindex(kind=None, pks=None):
    """Bring the index into agreement: all of it, one kind, or the records with the keys `pks`."""
    if kind is None:
        for each in _TEXTS:
            reindex(each)
        return
    entries = SearchEntry.objects.of_kind(kind)
    if pks is not None:
        pks = list(pks)
        entries = entries.filter(object_id__in=pks)
    expected = expected_words(kind, pks)
    present = {}
    for entry in entries:
        present[entry.object_id] = entry
    stale = [entry.pk for pk, entry in present.items() if pk not in expected]
    changed = []
    for pk, entry in present.items():
        if pk in expected and entry.words != expected[pk]:
            entry.words = expected[pk]
            changed.append(entry)
    SearchEntry.objects.filter(pk__in=stale).delete()
    SearchEntry.objects.bulk_update(changed, ["words"], batch_size=500)
    SearchEntry.objects.bulk_create(
        [
            SearchEntry(kind=kind, object_id=pk, words=words)
            for pk, words in expected.items()
            if pk not in present
        ],
        batch_size=500,
    )
    if kind == SearchEntry.Kind.CENTER:
        duplicates.rekey(pks)
    for follower, link in _FOLLOWERS.get(kind, ()):
        queryset, _texts = _TEXTS[follower]
        related = queryset() if pks is None else queryset().filter(**{f"{link}__in": pks})
        reindex(follower, list(related.values_list("pk", flat=True)))


def forget_words():
    """Take words that no entry holds any more out of the full-text index itself, as far as the
    database keeps them there: SQLite does until it tidies up."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO centers_searchentry_fts (centers_searchentry_fts) VALUES ('optimize')"
            )


def disagreements():
    """Sentences on where the index is not what the register says; empty when all agrees."""
    found = []
    for kind in _TEXTS:
        expected = expected_words(kind)
        entries = SearchEntry.objects.of_kind(kind).values_list("object_id", "words")
        present = dict(entries)
        for pk in sorted(expected.keys() | present.keys()):
            if expected.get(pk) != present.get(pk):
                found.append(f"search: {kind} {pk} is not found by what it is called now")
    return found


def found(kind, query):
    """A subquery: the primary keys of the records of `kind` that the query finds."""
    return SearchEntry.objects.of_kind(kind).matching(query).values("object_id")


def _organisation_texts(organisation):
    return [
        organisation.name,
        organisation.place,
        *(name.value for name in organisation.names.all()),
    ]


def _center_texts(center):
    texts = [center.name, center.published_place, center.published_address]
    texts += [name.value for name in center.names.all()]
    texts += [country_name(center.country_id, language) for language in COUNTRY_LANGUAGES]
    for affiliation in center.affiliations.all():
        organisation = affiliation.organisation
        # Not its town: a center is no nearer to it for that.
        texts += [organisation.name, *(name.value for name in organisation.names.all())]
    return texts


register(
    SearchEntry.Kind.ORGANISATION,
    lambda: Organisation.objects.prefetch_related("names"),
    _organisation_texts,
)
register(
    SearchEntry.Kind.CENTER,
    lambda: Center.objects.published().prefetch_related(
        "names", "affiliations__organisation__names"
    ),
    _center_texts,
    follows=[(SearchEntry.Kind.ORGANISATION, "affiliations__organisation")],
)
