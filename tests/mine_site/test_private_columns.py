"""A mark in every column that is not public, looked for in every public answer.

A column is public because it is named here or in the public profile of the register. A new one is
private until somebody names it.
"""

import datetime
import io
import re
import zipfile

import pytest
from django.apps import apps
from django.contrib.auth import get_user_model
from django.db import models

from centers import search
from centers.dates import EarliestDayField, LatestDayField, PartialDateField
from centers.merging import merge_centers
from centers.models import (
    Center,
    CenterNote,
    Contact,
    ContactAttempt,
    Coordinator,
    Erasure,
    ExternalIdentifier,
    ImportRow,
    Invitation,
    NotDuplicate,
    Organisation,
    Photo,
    Report,
    SpreadsheetImport,
    StatusEntry,
)
from mine_site.models import RegisterSnapshot
from mine_site.register import profiles
from mine_site.snapshots import take_snapshot
from stories.models import Story
from tests.mine_site.test_pages import SAMPLES
from tests.mine_site.test_pages import public_addresses as public_addresses

pytestmark = pytest.mark.django_db

MARK, MARKED_YEAR = "zyxmark", "1931"
POINT = {"latitude": "1.234567", "longitude": "20.987654"}
APPS = ("centers", "projects", "stories", "mine_site", "auth", "account", "usersessions", "mfa")
# What pages show beside the files of the public profile: by model, columns.
ALSO_PUBLIC = {
    "Story": {"key", "slug", "kind", "language", "title", "body", "shown_name", "told_on", "state"},
    "StoryFormerSlug": {"value"},
    "Photo": {"key", "image", "widths", "alternative", "credit"},
    "Coordinator": {"public_name", "language"},
    # Made of what is public, as tests of the search prove.
    "SearchEntry": {"kind", "words"},
    # Kept beside the log, and derived from it.
    "Center": {"status", "status_since", "status_after", "status_by", "confirmed_on"},
    "RegisterSnapshot": {"package", "rows"},
    "Permission": {"name", "codename"},
}
# Public in a file, but not of a center that is placed by its town.
PRIVATE_HERE = {"Center": {"address"}}
TEXTS = (models.CharField, models.TextField, models.JSONField, models.BinaryField)


def public_columns(model):
    named = set(ALSO_PUBLIC.get(model.__name__, ()))
    for resource in profiles.PUBLIC.values():
        if resource._meta.model is model:
            named |= {field.column_name for field in resource().get_export_fields()}
    return named - PRIVATE_HERE.get(model.__name__, set())


def models_of_the_registry():
    for label in APPS:
        yield from apps.get_app_config(label).get_models()


def private_fields(model):
    """The columns of the model that hold words or dates and are not public."""
    is_history = hasattr(model, "instance_type")
    public = public_columns(model.instance_type if is_history else model)
    for field in model._meta.concrete_fields:
        if field.name in public or field.is_relation or getattr(field, "choices", None):
            continue
        if isinstance(field, (EarliestDayField, LatestDayField)):
            continue  # which follow from others
        if is_history and field.name.startswith("history_") and field.name != (
            "history_change_reason"
        ):  # fmt: skip
            continue
        if isinstance(field, (*TEXTS, models.DateField)):
            yield field


def marked_value(field, row):
    """A value for the private column of a row in which the mark can be recognised."""
    if isinstance(field, PartialDateField):
        return MARKED_YEAR
    if isinstance(field, models.DateTimeField):
        return datetime.datetime(int(MARKED_YEAR), 1, 1, tzinfo=datetime.UTC)
    if isinstance(field, models.DateField):
        return datetime.date(int(MARKED_YEAR), 1, 1)
    if isinstance(field, models.JSONField):
        return {MARK: MARK}
    if isinstance(field, models.BinaryField):
        return MARK.encode()
    if isinstance(field, models.EmailField):
        return f"{MARK}{row.pk}@example.org"
    text = f"{MARK}{row.pk}"
    return text[: field.max_length] if field.max_length else text


def plant():
    """Marks every private column; returns {"Model.column"} of those that have rows."""
    planted = set()
    for model in models_of_the_registry():
        fields = list(private_fields(model))
        for row in model._base_manager.all():
            values = {field.name: marked_value(field, row) for field in fields}
            model._base_manager.filter(pk=row.pk).update(**values)
            planted |= {f"{model.__name__}.{name}" for name in values}
    return planted


@pytest.fixture
def planted(public_addresses, make, lead):
    """A register with one of everything, in which all that is private is marked."""
    center = Center.objects.get()
    user = get_user_model().objects.create_user("coordinator", is_staff=True)
    entry = center.record_status("paused", observed="2015", note=MARK, by=user)
    entry.redact_note(by=user)
    center.record_status("active", observed="2016", by=user).withdraw("A mistake", by=user)
    for state in ("draft", "withdrawn"):
        make(Story, slug=state, center=center, language="en", state=state, title=MARK, body=MARK,
             shown_name=MARK, told_on=None)  # fmt: skip
    make(Photo, center=center, image=f"photos/{MARK}.jpg", alternative="", credit=MARK)
    other = make(Center, slug="other", name="Other", precision="town")
    make(Contact, center=center, phone="1", consent_on="2020", confirmed_on="2020")
    for model in (ContactAttempt, Report, CenterNote):
        make(model, center=center)
    make(ExternalIdentifier, center=center, network=Organisation.objects.first())
    make(Erasure, center=center.public_id, kind="contact", reason="asked")
    make(Invitation, invited_by=user)
    make(Coordinator, user=user).countries.set([center.country])
    make(NotDuplicate, a=center, b=other, by=user)
    make(ImportRow, spreadsheet=make(SpreadsheetImport, owner=user))
    merge_centers(keep=center, merge=make(Center, slug="double", name="Double"), by=lead)
    center.name = "Anna's house"
    center.save()  # which leaves a row in its history
    planted = plant()
    Center.objects.update(**POINT, precision="town")
    search.reindex()
    RegisterSnapshot.objects.all().delete()
    take_snapshot(on=datetime.date.fromisoformat(SAMPLES["day"]))
    return planted


def contents(answer):
    """The bytes of an answer, its headers, and of a zip file the files in it."""
    yield repr(answer.headers).encode()
    data = b"".join(answer.streaming_content) if answer.streaming else answer.content
    if data.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            yield from (archive.read(name) for name in archive.namelist())
    else:
        yield data


PRIVATE_MODELS = [
    "Contact.name", "Contact.email", "Contact.consent_on", "ContactAttempt.means",
    "ContactAttempt.tried_on", "Report.text", "Report.outcome", "CenterNote.cells",
    "ExternalIdentifier.value", "Erasure.file", "Photo.consent", "Story.consent",
    "Center.address", "User.username", "User.email", "User.last_name", "HistoricalContact.name",
    "HistoricalCenter.history_change_reason", "Invitation.email",
]  # fmt: skip


def test_every_private_column_is_marked(planted):
    empty = [
        model.__name__
        for label in ("centers", "projects", "stories")
        for model in apps.get_app_config(label).get_models()
        if not hasattr(model, "instance_type")
        and list(private_fields(model))
        and not model._base_manager.exists()
    ]
    assert empty == []
    assert [name for name in PRIVATE_MODELS if name not in planted] == []
    assert StatusEntry.objects.filter(recorded_by__username__startswith=MARK).count() == 2


def test_no_public_answer_holds_what_is_private(client, planted, public_addresses):
    addresses = [
        *public_addresses,
        *(f"{each}?status=all" for each in public_addresses if each.startswith("/centers")),
        "/search/?q=anna", "/search/suggest.json?q=anna", "/changes/?country=AC", "/bg/data/",
        "/stories/draft/", "/stories/withdrawn/", "/nowhere/", "/accounts/login/", "/de/",
        "/centers/?view=map&status=all", "/centers/?near=1.23,20.98&within=50",
    ]  # fmt: skip
    marks = re.compile(rf"{MARK}|{MARKED_YEAR}|1\.234|20\.98[0-9]".encode(), re.I)

    found = {
        address: sorted({each.decode() for part in parts for each in marks.findall(part)})
        for address in addresses
        if (parts := list(contents(client.get(address))))
    }

    assert {address: marks for address, marks in found.items() if marks} == {}
    assert len(found) > 40


def test_marks_are_found_in_a_zip_file():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.csv", MARK)

    class Answer:
        headers, streaming, content = {}, False, out.getvalue()

    assert MARK.encode() in b"".join(contents(Answer()))
