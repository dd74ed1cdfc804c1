"""What the tests share: rows to begin with, and how hard Hypothesis tries."""

import contextlib
import os

import pytest
from django.apps import apps
from django.contrib.auth import get_user_model
from django.db import IntegrityError, connection, models, transaction
from django.utils import translation
from hypothesis import settings
from model_bakery import baker

from centers.models import Center, Country
from mine_site.register import package

# What takes long belongs to `make verify`.
collect_ignore = [] if os.environ.get("SCALE") == "1" else ["scale"]

# The second run, on another database, looks for what that database does otherwise.
IS_SECOND_RUN = os.environ.get("SKIP_WITHOUT_DATABASE") == "1"
settings.register_profile(
    "registry",
    deadline=None,
    max_examples=30 if IS_SECOND_RUN else 100,
    derandomize=False,
    print_blob=True,
)
settings.load_profile("registry")

baker.generators.add("centers.dates.PartialDateField", lambda: "2006")
baker.generators.add("centers.models.base.LanguageField", lambda: "bg")
baker.generators.add("centers.models.base.WebAddressField", lambda: "https://example.org/")
baker.generators.add("centers.models.search.WordsField", lambda: "words")


def pytest_collection_modifyitems(config, items):
    """Leaves out what takes long, unless it is asked for (SCALE=1).

    With SKIP_WITHOUT_DATABASE=1 also what no database changes, and has run before.
    """
    if os.environ.get("SCALE") != "1":
        leave_out(config, items, [item for item in items if item.get_closest_marker("long")])
    if not IS_SECOND_RUN:
        return
    used = {"db", "transactional_db", "live_server"}
    without = [
        item
        for item in items
        if item.get_closest_marker("appearance")
        or item.get_closest_marker("alike")
        or not (used & set(item.fixturenames) or item.get_closest_marker("django_db"))
    ]
    leave_out(config, items, without)


def leave_out(config, items, without):
    config.hook.pytest_deselected(items=without)
    items[:] = [item for item in items if item not in set(without)]


@pytest.fixture(autouse=True)
def _in_english():
    """Whoever asked for a page in another language leaves it behind in the thread."""
    with translation.override("en"):
        yield


def _models():
    """All models of the three apps, history and tables between included."""
    for label in ("centers", "projects", "stories"):
        yield from apps.get_app_config(label).get_models(include_auto_created=True)


@pytest.fixture(scope="session")
def _rows_of_the_register(django_db_setup, django_db_blocker):
    """Every row of the real register, as its loader makes them; the database stays empty."""
    with django_db_blocker.unblock(), transaction.atomic():
        package.load(package.REAL_REGISTER)
        rows = {model: list(model._base_manager.all()) for model in _models()}
        transaction.set_rollback(True)
    return rows


@pytest.fixture
def register(db, _rows_of_the_register):
    """The real register, loaded: its rows are put back, which is faster than loading anew."""
    for model, rows in _rows_of_the_register.items():
        model._base_manager.bulk_create(rows)


@pytest.fixture
def bulgaria(request, db):
    if "register" in request.fixturenames:  # it has Bulgaria, and comes first
        request.getfixturevalue("register")
    return Country.objects.get_or_create(
        code="BG", defaults={"region": Country.Region.SOUTH_EASTERN_EUROPE}
    )[0]


@pytest.fixture
def center(bulgaria):
    """A center in Bulgaria of which nobody has said how it is."""
    return Center.objects.create(
        name="Mother Center Isperih", slug="isperih", country=bulgaria, place="Isperih"
    )


@pytest.fixture
def coordinator(db):
    """A volunteer who works in the admin."""
    return get_user_model().objects.create_user("coordinator", is_staff=True)


@pytest.fixture
def make(bulgaria):
    """`make(Model, **values)`: a row that nothing is wrong with but what `values` say.

    `save=False` leaves it unsaved. What the row must point to is made as well.
    """

    def make(model, *, save=True, **values):
        for field in model._meta.fields:
            if isinstance(field, models.ForeignKey) and not field.null:
                other = field.related_model
                values.setdefault(field.name, bulgaria if other is Country else None)
                values[field.name] = values[field.name] or make(other)
        return (baker.make if save else baker.prepare)(model, **values)

    return make


@pytest.fixture
def refused_by(db):
    """`with refused_by(Model, "constraint"):` the constraint refuses the block."""

    @contextlib.contextmanager
    def refused_by(model, name):
        [constraint] = [each for each in model._meta.constraints if each.name == name]
        with pytest.raises(IntegrityError) as refusal, transaction.atomic():
            yield
        named = name
        if connection.vendor == "sqlite" and getattr(constraint, "fields", ()):
            # SQLite calls a unique constraint on columns by its columns.
            columns = [model._meta.get_field(field).column for field in constraint.fields]
            named = ", ".join(f"{model._meta.db_table}.{column}" for column in columns)
        assert named in str(refusal.value)

    return refused_by


@pytest.fixture
def undone(db):
    """`with undone():` the block leaves no trace in the database; for examples of Hypothesis."""

    @contextlib.contextmanager
    def undone():
        with transaction.atomic():
            yield
            transaction.set_rollback(True)

    return undone
