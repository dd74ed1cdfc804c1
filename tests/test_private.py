"""Nothing private is in any public answer: every column is marked, and every address is looked at.

`PUBLIC`, `PRIVATE` and `SOMETIMES` name every column that can hold a word, a day or a place.
Whoever adds a column says which it is.
"""

import datetime
import io
import re
import zipfile
from decimal import Decimal

import pytest
from django.apps import apps
from django.contrib.auth import get_user_model
from django.db import models

from centers import search
from centers.models import (
    Center,
    Coordinator,
    Country,
    Photo,
    SearchEntry,
    StatusEntry,
)
from mine_site.snapshots import take_snapshot
from stories.models import Story, StoryPicture, StoryTranslation
from tests.addresses import EXAMPLES, FINDING, HOPE, MUNICH, is_literal, patterns, public_addresses

# --- Which columns are public ----------------------------------------------------------------

PUBLIC = {
    "centers.Affiliation": "key source_page began ended",
    "centers.Award": "key source_page name date",
    "centers.Cause": "slug",
    "centers.CauseText": "key language name",
    "centers.Center": "slug source_page public_id name founded community languages phone email "
    "website opening_hours status_since status_after status_by confirmed_on",
    "centers.CenterFormerSlug": "value",
    "centers.CenterLink": "key source_page",
    "centers.CenterMerge": "at",
    "centers.CenterName": "key value language",
    "centers.CenterText": "key language summary description",
    "centers.Claim": "key source_page claimant statement as_of",
    "centers.Country": "code",
    "centers.Offer": "slug",
    "centers.OfferText": "key language name",
    "centers.Organisation": "key slug source_page name place website",
    "centers.OrganisationFormerSlug": "value",
    "centers.OrganisationName": "key value language",
    "centers.OrganisationText": "key source_page language summary activities",
    "centers.Photo": "widths",
    "centers.SearchEntry": "words",  # made of what is public: a test below looks
    "centers.Snapshot": "key source_page as_of premises_note monthly_rent currency secure_until "
    "note",
    "centers.Source": "slug title author date url note",
    "centers.SpreadsheetImport": "delimiter",  # one sign: too short for a mark
    "centers.StatusEntry": "key source_page since observed hint according_to recorded_at "
    "withdrawn_at withdrawal_reason note_redacted_at",
    "mine_site.RegisterSnapshot": "day rows package",  # made of what is public, and opened below
    "projects.Document": "key source_page title language url date",
    "projects.Evaluation": "key source_page date language method findings recommendations pages",
    "projects.Event": "key source_page start end place recording_url",
    "projects.EventText": "key language title note",
    "projects.Funding": "key source_page programme amount currency began ended note",
    "projects.Indicator": "key stated_total",
    "projects.IndicatorText": "key language name unit",
    "projects.Lesson": "key source_page language text themes",
    "projects.Measurement": "key source_page period value",
    "projects.Participation": "key source_page began ended",
    "projects.Project": "key slug source_page start end website",
    "projects.ProjectFormerSlug": "value",
    "projects.ProjectText": "key language title subtitle summary goal approach results "
    "who_benefits resources",
    "stories.Story": "language",
}
PRIVATE = {
    "account.EmailAddress": "email",
    "account.EmailConfirmation": "created sent key",
    "admin.LogEntry": "action_time object_id object_repr change_message",
    "auth.User": "password last_login username first_name last_name email date_joined",
    "centers.CenterMerge": "moved undone_at",
    "centers.CenterNote": "key cells changed_at",
    "centers.Contact": "key name role email phone language consent_on consent confirmed_on",
    "centers.ContactAttempt": "key tried_on means",
    "centers.Coordinator": "language digest_week",
    "centers.Erasure": "key center file erased_at",
    "centers.ExternalIdentifier": "key value",
    "centers.ImportRow": "cells problems values plan keys suspects decision",
    "centers.Invitation": "name email language invited_at nonce link_made_at mailed_at accepted_at",
    "centers.MatchKey": "key",
    "centers.NotDuplicate": "at",
    "centers.Photo": "digest consent",
    "centers.QuestionMail": "message_id begun_at sent_at failure",
    "centers.Report": "key text email language sender_mark told_at outcome received_at decided_at",
    "centers.ReportPart": "field held told",
    "centers.ReportStep": "text at",
    "centers.YearlyQuestion": "language address_mark asked_at nonce link_made_at ended_at",
    "centers.SpreadsheetImport": "started_at touched_at file_name digest packed encoding sheet "
    "headers mapping observed counts",
    "mfa.Authenticator": "data created_at last_used_at",
    "sessions.Session": "session_key session_data expire_date",
    "stories.Story": "consent",
    "stories.StoryPicture": "digest children_checked_at approved_at",
    "stories.Teller": "email language nonce text_agreed_at pictures_agreed_at contact_agreed_at",
    "usersessions.UserSession": "created_at ip last_seen_at session_key user_agent data",
}
# Public or not, as the rest of the row says: `hidden_rows` has the rows of which they are not.
SOMETIMES = {
    "centers.Center": "place address latitude longitude",
    "centers.Coordinator": "public_name",
    "centers.Photo": "key image alternative credit",
    "centers.StatusEntry": "note",
    "stories.Story": "key slug title body shown_name video told_on",
    "stories.StoryPicture": "key image widths alternative credit",
    "stories.StoryTranslation": "key language title body translated_by",
    "stories.StoryFormerSlug": "value",
}
# Nothing of these is about anybody: what Django itself knows of models and permissions.
OF_DJANGO = {"auth.Group", "auth.Permission", "contenttypes.ContentType"}

HOLD_A_MARK = (
    models.CharField, models.TextField, models.JSONField, models.BinaryField, models.FileField,
    models.DateField, models.DecimalField, models.GenericIPAddressField, models.UUIDField,
)  # fmt: skip


def columns_of(model):
    """The names of the columns that can hold a word, a day or a place; no fixed choices."""
    return {
        field.name
        for field in model._meta.concrete_fields
        if isinstance(field, HOLD_A_MARK)
        and not (field.is_relation or field.choices or isinstance(field, models.GeneratedField))
        and not field.name.endswith(("_earliest", "_latest"))  # of the column beside it
    }


def told(*tables):
    """[(label of the model, column)] of the tables."""
    return [
        (label, name)
        for table in tables
        for label, names in table.items()
        for name in names.split()
    ]


def is_history(model):
    """Whether its rows are old versions of others, which are public in no column at all."""
    fields = {field.name for field in model._meta.fields}
    return "history_id" in fields or "history" in fields


def test_every_column_is_public_or_private():
    there = {
        (model._meta.label, column)
        for model in apps.get_models(include_auto_created=True)
        if model._meta.label not in OF_DJANGO and not is_history(model)
        for column in columns_of(model)
    }
    said = told(PUBLIC, PRIVATE, SOMETIMES)

    assert there - set(said) == set(), "say whether these are public"
    assert set(said) - there == set(), "these are gone"
    assert len(said) == len(set(said)), "in two tables"


def test_every_kind_of_address_has_an_example():
    varying = {pattern for pattern, _is_page in patterns() if not is_literal(pattern)}

    assert varying - set(EXAMPLES) == set(), "give an example of these"
    assert set(EXAMPLES) - varying == set(), "these are gone"


# Of a center whose place may be published to a hundredth of a degree: 43.19 and 27.44.
LATITUDE, LONGITUDE = Decimal("43.187654"), Decimal("27.438765")
FINER = r"43\.18\d\d|27\.43\d\d"


# --- Marks -----------------------------------------------------------------------------------


class Marks:
    """A mark for each column, so that what is found says where it comes from."""

    def __init__(self):
        self.columns = {}

    def of(self, model, name):
        """A value for the column of the model that occurs nowhere else."""
        field, number = model._meta.get_field(name), len(self.columns)
        label = f"{model._meta.label}.{name}"
        if isinstance(field, models.DateField) or type(field).__name__ == "PartialDateField":
            year = 1801 + sum(mark.startswith("18") for mark in self.columns)
            self.columns[str(year)] = label
            day = datetime.datetime(year, 5, 17, 12, tzinfo=datetime.UTC)
            if isinstance(field, models.DateTimeField):
                return day
            return day.date() if isinstance(field, models.DateField) else f"{year}-05-17"
        if isinstance(field, models.GenericIPAddressField):
            self.columns["203.0.113.77"] = label
            return "203.0.113.77"
        mark = f"zyx{number:03d}q"
        self.columns[mark] = label
        if isinstance(field, models.EmailField):
            return f"{mark}@example.org"
        if isinstance(field, models.JSONField):
            return [mark] if field.default is list else {mark: mark}
        return mark.encode() if isinstance(field, models.BinaryField) else mark

    def all_of(self, model, names):
        return {name: self.of(model, name) for name in names}

    def found_in(self, text, asked=""):
        """The columns whose marks are in the text; but what was asked for may be repeated."""
        found = set(re.findall(r"zyx(?:\d{3}q|slug)|d0d0d0|d1d1d1", text.lower()))
        # A year, and not a part of a token, of an identifier or of a number.
        found |= set(re.findall(r"(?<![\w.-])18\d\d(?!\w|\.\d)|203\.0\.113\.77", text))
        found |= {number[:5] for number in re.findall(FINER, text)}
        return sorted(self.columns[mark] for mark in found & set(self.columns) if mark not in asked)


def text_of(answer):
    """All that an answer says: headers, cookies, content, and what is packed in it."""
    said = [str(answer.headers), answer.cookies.output()]
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    if content[:4] == b"PK\3\4":
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for name in archive.namelist():
                said += [name, archive.read(name).decode("utf-8", "replace")]
    return "\n".join([*said, content.decode("utf-8", "replace")])


@pytest.fixture
def marks(register, make):
    """The real register with a mark in everything that is private."""
    marks = Marks()
    hope, munich = (Center.objects.get(slug=slug) for slug in (HOPE, MUNICH))
    user = make(
        get_user_model(), is_staff=True, is_active=True,
        **marks.all_of(get_user_model(), PRIVATE["auth.User"].split()),
    )  # fmt: skip
    hidden_rows(marks, hope, user, make)
    for label, names in PRIVATE.items():
        model = apps.get_model(label)
        if label in HIDDEN_ROWS:
            continue
        values = marks.all_of(model, names.split())
        for field in model._meta.concrete_fields:
            if field.is_relation and field.related_model is get_user_model():
                values[field.name] = user
        if label == "centers.CenterMerge":
            values |= {"kept": hope, "merged": Center.objects.get(slug="double")}
        elif label == "centers.NotDuplicate":
            values |= dict(zip("ab", sorted([hope, munich], key=lambda row: row.pk), strict=True))
        elif any(field.name == "center" and field.is_relation for field in model._meta.fields):
            values["center"] = hope
        if label == "centers.YearlyQuestion":
            values["state"] = "ended"
        make(model, **values)
    # Whoever recorded or changed anything is this user; old versions are public in no column.
    StatusEntry.objects.update(recorded_by=user, withdrawn_by=user)
    for model in filter(is_history, apps.get_models(include_auto_created=True)):
        mark_history(marks, model, user, make)
    search.reindex()
    take_snapshot(on=datetime.date(2026, 11, 1))
    return marks


# Made by `hidden_rows`.
HIDDEN_ROWS = (
    "auth.User", "stories.Story", "stories.StoryPicture", "centers.Photo", "centers.Coordinator",
)  # fmt: skip


def hidden_rows(marks, hope, user, make):
    """Rows of which `SOMETIMES` is not public, beside what of them is."""
    finer = {"latitude": LATITUDE, "longitude": LONGITUDE}
    marks.columns |= {"43.18": "centers.Center.latitude", "27.43": "centers.Center.longitude"}
    address = marks.of(Center, "address")
    Center.objects.filter(pk=hope.pk).update(address=address, precision="town", **finer)
    withheld = Center.objects.create(
        name="Withheld", slug="withheld", country_id="BG", precision="withheld",
        place=marks.of(Center, "place"), address=address, **finer,
    )  # fmt: skip
    entry = withheld.record_status(
        "active", observed="2020", note=marks.of(StatusEntry, "note"), by=user
    )
    entry.redact_note(by=user)
    Center.objects.create(name="Double", slug="double", country_id="BG", merged_into=hope)

    consent = marks.all_of(Photo, ["digest", "consent"])
    Photo.objects.create(
        center=hope, image="photos/abab.jpg", width=9, height=9, alternative="A room", **consent
    )
    hidden = marks.all_of(Photo, ["key", "alternative", "credit"])
    marks.columns["d0d0d0"] = "centers.Photo.image"
    for number, (key, values) in enumerate(
        [
            ("draft", {**hidden, "consent": ""}),
            ("draft-2", {**hidden, **consent, "alternative": ""}),
        ]
    ):
        Photo.objects.create(
            center=hope, image=f"photos/d0d0d0{number or ''}.jpg", width=9, height=9,
            **{**values, "key": f"{hidden['key']}-{key}"},
        )  # fmt: skip

    consent = {"consent": marks.of(Story, "consent")}
    Story.objects.update(**consent)
    texts = marks.all_of(Story, ["key", "title", "body", "shown_name", "video", "told_on"])
    marks.columns["zyxslug"] = "stories.Story.slug"
    for state in ("draft", "withdrawn"):
        story = Story.objects.create(
            **{**texts, **consent, "key": f"{texts['key']}-{state}"}, slug=f"zyxslug-{state}",
            kind="voice", language="en", state=state, center=hope,
        )  # fmt: skip
        story.former_slugs.create(value=f"{marks.of(type(story.former_slugs.model()), 'value')}")
    # A picture that nobody approved, of a published story; and all that belongs to a draft.
    columns = [*PRIVATE["stories.StoryPicture"].split(), "key", "widths", "alternative", "credit"]
    values = marks.all_of(StoryPicture, [name for name in columns if name != "approved_at"])
    StoryPicture.objects.create(
        story=Story.objects.published().first(), image="photos/d1d1d1.jpg", width=9, height=9,
        **values,
    )  # fmt: skip
    marks.columns["d1d1d1"] = "stories.StoryPicture.image"
    StoryPicture.objects.create(
        story=story, image="photos/e1e1e1.jpg", width=9, height=9, alternative="A room",
        approved_at=marks.of(StoryPicture, "approved_at"),
    )  # fmt: skip
    texts = marks.all_of(StoryTranslation, SOMETIMES["stories.StoryTranslation"].split())
    StoryTranslation.objects.create(story=story, **texts)

    bulgaria = Country.objects.get(code="BG")
    private = marks.all_of(Coordinator, ["language", "digest_week"])
    Coordinator.objects.create(user=user, **private).countries.add(bulgaria)
    left = get_user_model().objects.create_user("left", is_staff=True, is_active=False)
    named = marks.of(Coordinator, "public_name")
    Coordinator.objects.create(user=left, public_name=named).countries.add(bulgaria)
    shown = get_user_model().objects.create_user("shown", is_staff=True)
    Coordinator.objects.create(user=shown, public_name="Vesna").countries.add(bulgaria)


def mark_history(marks, model, user, make):
    """A mark in every word of all old versions, and in at least one."""
    names = [
        field.name
        for field in model._meta.concrete_fields
        if field.name in columns_of(model)
        and isinstance(field, models.CharField | models.TextField)
        and (field.max_length or 99) >= 20
        and type(field).__name__ != "PartialDateField"
    ]
    if not names:  # a link between two rows
        return
    if not model._base_manager.exists():
        make(model.instance_type)
    model._base_manager.update(history_user=user, **marks.all_of(model, names))


# --- Looking ---------------------------------------------------------------------------------


@pytest.mark.alike
@pytest.mark.django_db
def test_no_public_answer_holds_what_is_private(client, marks):
    """Walks all addresses; what is found names the address and the column."""
    answers = {address: client.get(address) for address in public_addresses()}
    texts = {address: text_of(answer) for address, answer in answers.items()}

    found = {address: marks.found_in(text, address) for address, text in texts.items()}
    assert {address: columns for address, columns in found.items() if columns} == {}
    # Nor is anything found by it.
    by_marks = [address for address in texts if re.fullmatch(FINDING, address)]
    assert len(by_marks) > 10
    assert [address for address in by_marks if re.search(f"{HOPE}|withheld", texts[address])] == []
    # The walk saw what stands beside the marks, and every kind of answer.
    assert "A room" in texts[f"/centers/{HOPE}/"]
    assert "A note was removed" in texts["/centers/withheld/"]
    assert "Vesna" in texts["/countries/bg/"]
    assert "43.19" in texts["/centers.csv?status=all"]
    assert "Hope for Provadia" in texts["/data/register.zip"]
    assert "Hope for Provadia" in texts["/data/2026-11-01.zip"]
    assert {answer.status_code for answer in answers.values()} == {200, 301, 302, 400, 404, 410}


@pytest.mark.django_db
def test_search_knows_no_private_word(marks):
    words = " ".join(str(entry.words) for entry in SearchEntry.objects.all())

    assert "provadia" in words
    assert marks.found_in(words) == []


@pytest.mark.django_db
def test_every_private_column_is_marked(marks):
    marked = {column for column in marks.columns.values() if ".Historical" not in column}

    assert marked == {f"{label}.{name}" for label, name in told(PRIVATE, SOMETIMES)}


@pytest.mark.django_db
def test_marks_are_found_where_they_are_published(client, register):
    """The other way round: what is put into public columns is seen in every format."""
    marks = Marks()
    values = marks.all_of(Center, ["community", "founded", "phone"])
    Center.objects.filter(slug=HOPE).update(**values)
    addresses = [
        f"/centers/{HOPE}/", "/centers.csv?status=all", "/centers.json?status=all",
        "/centers.geojson?status=all", "/data/hsds.json",
    ]  # fmt: skip

    found = {address: marks.found_in(text_of(client.get(address))) for address in addresses}

    everything = ["centers.Center.community", "centers.Center.founded", "centers.Center.phone"]
    assert found == dict.fromkeys(addresses, everything)
    year = str(values["founded"])[:4]
    for said in (year, f"17. 5. {year}", f'"{year}-05-17"', f"since May {year}."):
        assert marks.found_in(said) == ["centers.Center.founded"]
    for chance in (f"2bc3-{year}-5a01", f"aB{year}xY", f"{year}.25", f"12{year}", f"x_{year}"):
        assert marks.found_in(chance) == []
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("centers.csv", values["phone"], zipfile.ZIP_DEFLATED)
    answer = type(client.get("/healthz"))(packed.getvalue())
    assert marks.found_in(text_of(answer)) == ["centers.Center.phone"]
