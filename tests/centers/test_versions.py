"""What is computed from the register is computed once a change, and never shown when it is old."""

import pytest
from django.core.cache import caches

from centers.merging import merge_centers
from centers.models import BY_IMPORT, Cause, Center, Snapshot
from centers.versions import once_a_change, register_version
from projects.models import Project, ProjectText

pytestmark = pytest.mark.django_db


@pytest.fixture
def center(make, bulgaria):
    return make(Center, country=bulgaria, name="Carmen", slug="carmen")


def test_version_is_the_same_while_nothing_changes(center):
    assert register_version() == register_version()


def test_version_is_one_query(center, django_assert_num_queries):
    with django_assert_num_queries(1):
        register_version()


@pytest.mark.parametrize(
    "change",
    ["statement", "withdrawal", "redaction", "name", "cause", "snapshot", "removal", "project"],
)
def test_version_changes_with_the_register(center, make, staff, change):
    entry = center.record_status("active", observed="2016", note="Anna", by=BY_IMPORT)
    snapshot = make(Snapshot, center=center, visitors=3)
    before = register_version()

    if change == "statement":
        center.record_status("active", observed="2017", by=BY_IMPORT)
    elif change == "withdrawal":
        entry.withdraw("A mistake.", by=staff("lead"))
    elif change == "redaction":
        entry.redact_note(by=staff("lead"))
    elif change == "name":
        center.name = "Carmen II"
        center.save()
    elif change == "snapshot":
        snapshot.premises = "rented"
        snapshot.save()
    elif change == "removal":
        snapshot.delete()
    elif change == "cause":
        make(Cause, slug="rent")
    else:
        make(ProjectText, project=make(Project, slug="bridges"), language="en", title="Bridges")

    assert register_version() != before


def test_version_changes_when_centers_are_merged(center, make, bulgaria, staff):
    other = make(Center, country=bulgaria, name="Karmen", slug="karmen")
    before = register_version()

    merge_centers(keep=center, merge=other, by=staff("lead"))

    assert register_version() != before


@pytest.fixture
def _remembering(settings):
    settings.CACHES = settings.CACHES | {
        "figures": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "f"}
    }


@pytest.mark.usefixtures("_remembering")
def test_figures_are_computed_once_a_change(center):
    computed = []

    def figure():
        computed.append(1)
        return len(computed)

    assert [once_a_change("f", figure, by="country") for _ in range(3)] == [1, 1, 1]
    assert once_a_change("f", figure, by="project") == 2
    center.record_status("active", observed="2016", by=BY_IMPORT)
    assert once_a_change("f", figure, by="country") == 3


def test_version_changes_with_a_row_of_history_that_was_numbered_earlier(center):
    """Of two changes at once the one with the higher number may be there first."""
    center.name = "Carmen II"
    center.save()
    earlier = Center.history.order_by("history_id").first()
    earlier.delete()
    before = register_version()

    earlier.history_id = min(Center.history.values_list("history_id", flat=True)) - 1
    earlier.save(force_insert=True)

    assert register_version() != before


@pytest.mark.usefixtures("_remembering")
def test_old_figures_are_overwritten(center, settings):
    for number in range(3):
        center.name = f"Carmen {number}"
        center.save()
        once_a_change("piled", lambda: "figures", by="country")

    assert sum("piled" in key for key in caches["figures"]._cache) == 1
