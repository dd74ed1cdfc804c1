"""Whether the register is sound: what is derived from it, its files and its addresses."""

from django.apps import apps

from centers import duplicates, erasure, gallery, search, status_log
from centers.dates import EarliestDayField, LatestDayField, PartialDate
from centers.models import (
    Center,
    CenterFormerSlug,
    Organisation,
    OrganisationFormerSlug,
)
from centers.models.search import index_is_whole
from centers.public_ids import is_public_id
from projects.models import Indicator, Measurement, Project, ProjectFormerSlug
from stories.models import Story, StoryFormerSlug

BOUNDS = (EarliestDayField, LatestDayField)
APPS = ("centers", "projects", "stories")
ADDRESSES = [
    (Center, CenterFormerSlug),
    (Organisation, OrganisationFormerSlug),
    (Project, ProjectFormerSlug),
    (Story, StoryFormerSlug),
]


def repair():
    """Bring what is derived into agreement: bounds of dates, kept columns, index, match keys.

    Photos get the renditions that they lack, files that no photo names are deleted, and whoever
    the ledger names is erased again.
    """
    erasure.repeat()
    for model in _models():
        fields = [field for field in model._meta.fields if isinstance(field, BOUNDS)]
        for row in model._default_manager.all() if fields else ():
            wrong = {
                field.attname: right
                for field in fields
                if getattr(row, field.attname) != (right := field.follow(row))
            }
            if wrong:
                model._default_manager.filter(pk=row.pk).update(**wrong)
    for center in Center.objects.all():
        center.keep_status()
    gallery.repair()
    search.reindex()  # the match keys as well


def _models():
    """The models of the register, without those that keep its history."""
    for label in APPS:
        for model in apps.get_app_config(label).get_models():
            if not model.__name__.startswith("Historical"):
                yield model


def problems():
    """Sentences on what is wrong, one a problem; none for a sound register."""
    yield from kept_columns()
    yield from bounds_of_dates()
    yield from addresses()
    yield from files()
    yield from erasures()
    yield from totals()
    if not index_is_whole():
        yield "search: the index of the database has lost its triggers"
    yield from search.disagreements()
    yield from duplicates.disagreements()


def kept_columns():
    """The log and the columns of Center that repeat what follows from it."""
    for center in Center.objects.prefetch_related("status_entries"):
        for column, expected in status_log.kept_columns(center.standing_entries()).items():
            kept = getattr(center, column)
            if kept != expected:
                yield f"center {center.public_id}: {column} is {kept}, but its log says {expected}"
        if not is_public_id(center.public_id):
            yield f"center {center.public_id}: the identifier's check character does not fit"


def bounds_of_dates():
    """Each partial date and the earliest and latest day beside it."""
    for model in _models():
        for field in model._meta.fields:
            if not isinstance(field, BOUNDS):
                continue
            for pk, text, bound in model._default_manager.order_by().values_list(
                "pk", field.source, field.name
            ):
                date = PartialDate.of(text)
                if bound != (date and getattr(date, field.bound)):
                    yield f"{model._meta.label} {pk}: {field.name} {bound} does not fit {date}"


def addresses():
    """No former address is the present one of another record; merges end at a living page."""
    for model, former in ADDRESSES:
        taken = set(model.objects.values_list("slug", flat=True))
        for slug in former.objects.filter(value__in=taken).values_list("value", flat=True):
            yield f"{model._meta.label}: “{slug}” is a present and a former address"
    for center in Center.objects.filter(merged_into__merged_into__isnull=False):
        yield f"center {center.public_id}: it was merged into one that was merged itself"


def files():
    """The files of every photo, renditions too, and no others beside them."""
    for photo, name in gallery.missing_files():
        if name:
            yield f"photo {photo.key}: its file {name} is missing"
        else:
            yield f"photo {photo.key}: its renditions were never made"
    for name in gallery.stray_files():
        yield f"files: no photo has the file {name}"


def erasures():
    """Nobody is there who stands in the ledger of erasures."""
    for row in erasure.returned():
        yield f"{row._meta.label} {row.pk}: it was erased, and is there again"


def totals():
    """Totals that sources state, and the sums of the figures beside them."""
    for indicator in Indicator.objects.filter(adds_up=True, stated_total__isnull=False):
        actual = indicator.measurements.filter(kind=Measurement.Kind.ACTUAL)
        added = sum(actual.values_list("value", flat=True))
        if added != indicator.stated_total:
            yield f"indicator {indicator.key}: {added:f} added, {indicator.stated_total:f} stated"
