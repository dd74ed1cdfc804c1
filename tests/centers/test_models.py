"""Centers, organisations and what belongs to them: what the database refuses, and what it keeps."""

import contextlib
import datetime
from decimal import Decimal

import pytest
from django.apps import apps
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.db.models import ProtectedError
from django.forms import modelform_factory
from django.utils import timezone, translation
from model_bakery import baker

from centers.dates import PartialDate
from centers.models import (
    BY_IMPORT,
    Affiliation,
    Award,
    Cause,
    CauseText,
    Center,
    CenterFormerSlug,
    CenterLink,
    CenterMerge,
    CenterName,
    CenterNote,
    CenterText,
    Claim,
    Contact,
    Country,
    Erasure,
    ExternalIdentifier,
    Freshness,
    ImportRow,
    Invitation,
    MatchKey,
    NotDuplicate,
    Offer,
    OfferText,
    Organisation,
    OrganisationFormerSlug,
    OrganisationName,
    OrganisationText,
    Photo,
    QuestionMail,
    Report,
    ReportPart,
    SearchEntry,
    Snapshot,
    Source,
    SpreadsheetImport,
    StatusCause,
    StatusEntry,
    YearlyQuestion,
    country_name,
)
from centers.models.base import KEY_ALPHABET, language_name, new_key, validate_language
from centers.models.center import freshness_of

SOMEWHERE = {"latitude": 20, "longitude": 20}
ENDS_BEFORE_IT_BEGAN = {"began": "2010-05", "ended": "2009"}

# Constraint, model, values of a sound row, what breaks it, what the coordinator reads (None: what
# the field's choices say, or nothing, where no form gets there). `lambda row` looks at the row.
BROKEN_CHECKS = [
    (
        "country_code_is_two_capitals", Country, {"code": "DE"}, {"code": "de"},
        "“de” is no country code.",
    ),
    (
        "claim_countries_only_for_network", Claim, {},
        {"country": lambda row: Country.objects.get(code="BG"), "countries": 20},
        "A number of countries can only be claimed for the whole network.",
    ),
    ("external_identifier_not_empty", ExternalIdentifier, {}, {"value": ""}, None),
    ("spreadsheet_import_state_known", SpreadsheetImport, {}, {"state": "lost"}, None),
    ("import_row_verdict_known", ImportRow, {}, {"verdict": "maybe"}, None),
    ("organisation_kind_known", Organisation, {}, {"kind": "club"}, None),
    ("organisation_has_name", Organisation, {}, {"name": ""}, None),
    ("organisation_name_kind_known", OrganisationName, {}, {"kind": "nick"}, None),
    ("cause_group_known", Cause, {}, {"group": "weather"}, None),
    ("center_has_name", Center, {}, {"name": ""}, None),
    (
        "center_point_whole", Center, {}, {"latitude": Decimal("43.5")},
        "Latitude and longitude go together.",
    ),
    (
        "center_point_whole", Center, {}, {"longitude": Decimal("43.5")},
        "Latitude and longitude go together.",
    ),
    (
        "center_point_on_earth", Center, SOMEWHERE, {"latitude": Decimal("90.1")},
        "This point is not on the earth.",
    ),
    (
        "center_point_on_earth", Center, SOMEWHERE, {"longitude": Decimal("-180.1")},
        "This point is not on the earth.",
    ),
    (
        "center_point_not_null_island", Center, {}, {"latitude": 0, "longitude": 0},
        "0, 0 is a point in the ocean. Leave both empty.",
    ),
    ("center_precision_known", Center, {}, {"precision": "house"}, None),
    ("center_status_known", Center, {}, {"status": "gone", "confirmed_on": "2016"}, None),
    ("center_unknown_iff_never_confirmed", Center, {}, {"status": "active"}, None),
    ("center_unknown_iff_never_confirmed", Center, {}, {"confirmed_on": "2016"}, None),
    ("center_not_merged_into_itself", Center, {}, {"merged_into": lambda row: row}, None),
    ("center_name_kind_known", CenterName, {}, {"kind": "nick"}, None),
    ("affiliation_role_known", Affiliation, {}, {"role": "friend"}, None),
    (
        "affiliation_ends_after_it_began", Affiliation, {}, ENDS_BEFORE_IT_BEGAN,
        "It cannot end before it began.",
    ),
    ("snapshot_premises_known", Snapshot, {}, {"premises": "stolen"}, None),
    (
        "snapshot_rent_has_currency", Snapshot, {}, {"monthly_rent": 100},
        "A rent needs its currency, such as EUR.",
    ),
    (
        "snapshot_rent_has_currency", Snapshot, {}, {"monthly_rent": 100, "currency": "eur"},
        "A rent needs its currency, such as EUR.",
    ),
    (
        "snapshot_rent_has_currency", Snapshot, {}, {"monthly_rent": -1, "currency": "EUR"},
        "A rent needs its currency, such as EUR.",
    ),
    (
        "center_link_not_to_itself", CenterLink, {}, {"other": lambda row: row.center},
        "A center cannot be tied to itself.",
    ),
    ("center_link_kind_known", CenterLink, {}, {"kind": "sister"}, None),
    (
        "contact_can_be_reached", Contact, {"phone": "1"}, {"phone": ""},
        "Give a mail address or a telephone number.",
    ),
    ("report_state_known", Report, {}, {"state": "lost"}, None),
    (
        "report_declined_with_reason", Report, {}, {"state": "declined"},
        "Say why the report is declined.",
    ),
    ("report_origin_known", Report, {}, {"origin": "rumour"}, None),
    ("report_part_state_known", ReportPart, {}, {"state": "lost"}, None),
    (
        "question_state_known", YearlyQuestion, {}, {"state": "lost", "ended_at": timezone.now()},
        None,
    ),
    ("question_open_iff_not_ended", YearlyQuestion, {}, {"ended_at": timezone.now()}, None),
    ("question_open_iff_not_ended", YearlyQuestion, {}, {"state": "answered"}, None),
    ("question_mail_state_known", QuestionMail, {}, {"state": "lost"}, None),
    ("erasure_kind_known", Erasure, {}, {"kind": "center"}, None),
    ("erasure_reason_known", Erasure, {}, {"reason": "wish"}, None),
    ("status_entry_status_known", StatusEntry, {}, {"status": "unknown"}, None),
    (
        "status_entry_since_not_after_observed", StatusEntry, {"observed": "2016"},
        {"since": "2017"}, "It cannot have begun after it was observed.",
    ),
    (
        "status_entry_withdrawn_with_reason", StatusEntry, {}, {"withdrawn_at": timezone.now()},
        "Say why the entry is withdrawn.",
    ),
    (
        "status_entry_withdrawn_with_reason", StatusEntry, {}, {"withdrawal_reason": "mistaken"},
        "Say why the entry is withdrawn.",
    ),
    ("center_merge_of_two_centers", CenterMerge, {}, {"merged": lambda row: row.kept}, None),
    ("not_duplicate_in_order", NotDuplicate, {}, {"b": lambda row: row.a}, None),
    ("status_cause_weight_known", StatusCause, {}, {"weight": "heavy"}, None),
]  # fmt: skip

# Constraint, model, the columns in which a second row is like the first, what is read.
BROKEN_UNIQUES = [
    ("organisation_name_once", OrganisationName, ["organisation", "value"], None),
    ("organisation_text_once_a_language", OrganisationText, ["organisation", "language"], None),
    ("cause_text_once_a_language", CauseText, ["cause", "language"], None),
    ("offer_text_once_a_language", OfferText, ["offer", "language"], None),
    ("center_name_once", CenterName, ["center", "value"], None),
    ("center_text_once_a_language", CenterText, ["center", "language"], None),
    (
        "affiliation_once", Affiliation, ["center", "organisation", "role", "began"],
        "This affiliation is there already.",
    ),
    ("center_link_once", CenterLink, ["center", "kind", "other"], None),
    ("status_cause_once", StatusCause, ["entry", "cause"], None),
    ("search_entry_once", SearchEntry, ["kind", "object_id"], None),
    ("match_key_once", MatchKey, ["key", "center"], None),
    ("center_merge_stands_once", CenterMerge, ["merged"], None),
    ("not_duplicate_once", NotDuplicate, ["a", "b"], None),
    ("external_identifier_once", ExternalIdentifier, ["network", "value"], None),
    ("center_note_once_a_list", CenterNote, ["center", "network"], None),
    ("import_row_once", ImportRow, ["spreadsheet", "line"], None),
    ("report_part_once", ReportPart, ["report", "field"], None),
    ("question_one_open_a_center", YearlyQuestion, ["center"], None),
    ("question_mail_once_a_kind", QuestionMail, ["question", "kind"], None),
    (
        "invitation_waits_once_per_address", Invitation, ["email"],
        "This address has been invited already, and the invitation waits.",
    ),
]  # fmt: skip

# This one the models keep by themselves; it is broken in a test of its own.
KEPT_BY_THE_MODEL = ["status_entry_since_has_bounds"]


def changed(row, wrong):
    for name, value in wrong.items():
        setattr(row, name, value(row) if callable(value) else value)
    return row


def test_every_constraint_is_broken_here():
    named = [each[0] for each in BROKEN_CHECKS + BROKEN_UNIQUES] + KEPT_BY_THE_MODEL

    constraints = [
        constraint
        for model in apps.get_app_config("centers").get_models()
        for constraint in model._meta.constraints
    ]

    assert {constraint.name for constraint in constraints} == set(named)
    in_own_words = {
        constraint.name
        for constraint in constraints
        if constraint.violation_error_message != constraint.default_violation_error_message
    }
    assert in_own_words == {each[0] for each in BROKEN_CHECKS + BROKEN_UNIQUES if each[-1]}


@pytest.mark.parametrize(("name", "model", "sound", "wrong", "message"), BROKEN_CHECKS)
def test_database_refuses_what_breaks_a_check(make, refused_by, name, model, sound, wrong, message):
    row = changed(make(model, **sound), wrong)

    with refused_by(model, name):
        if set(wrong) & set(Center.KEPT_COLUMNS):  # which saving leaves alone
            Center.objects.filter(pk=row.pk).update(**wrong)
        row.save()


@pytest.mark.parametrize(
    ("model", "sound", "wrong", "message"), [each[1:] for each in BROKEN_CHECKS if each[-1]]
)
def test_forms_say_in_plain_words_what_breaks_a_check(make, model, sound, wrong, message):
    row = changed(make(model, **sound), wrong)

    with pytest.raises(ValidationError) as refusal:
        row.full_clean()

    assert message in refusal.value.messages


@pytest.mark.parametrize(("name", "model", "alike", "message"), BROKEN_UNIQUES)
def test_database_refuses_a_second_row_that_is_alike(make, refused_by, name, model, alike, message):
    # New links may be sent again and again.
    first = make(model, **({"kind": "first"} if model is QuestionMail else {}))
    values = {column: getattr(first, column) for column in alike}

    with refused_by(model, name):
        make(model, **values)


@pytest.mark.parametrize(
    ("model", "alike", "message"), [each[1:] for each in BROKEN_UNIQUES if each[-1]]
)
def test_forms_say_in_plain_words_that_a_row_is_there_already(make, model, alike, message):
    first = make(model)
    second = make(model, save=False, **{column: getattr(first, column) for column in alike})

    with pytest.raises(ValidationError) as refusal:
        second.full_clean()

    assert refusal.value.messages == [message]


def test_database_refuses_a_beginning_without_its_bounds(make, refused_by):
    entry = make(StatusEntry, observed="2016", since="2015")

    with refused_by(StatusEntry, "status_entry_since_has_bounds"):
        StatusEntry.objects.filter(pk=entry.pk).update(since_latest=None)


def test_affiliations_of_different_times_stand_beside_each_other(make):
    first = make(Affiliation, began="2006")

    make(
        Affiliation,
        center=first.center,
        organisation=first.organisation,
        role=first.role,
        began="2010",
    )

    assert Affiliation.objects.count() == 2


UNIQUE_FIELDS = [
    (model, field.name)
    for label in ("centers", "projects", "stories")
    for model in apps.get_app_config(label).get_models()
    if not model.__name__.startswith("Historical")
    for field in model._meta.fields
    if field.unique and not field.primary_key
]


def test_unique_fields_are_found():
    assert {(Center, "public_id"), (Center, "slug"), (CenterFormerSlug, "value")} < set(
        UNIQUE_FIELDS
    )


@pytest.mark.parametrize(("model", "field"), UNIQUE_FIELDS)
def test_database_refuses_a_permanent_key_twice(make, model, field):
    sound = {"Contact": {"phone": "1"}, "Lesson": {"text": "Network early."}}
    values = sound.get(model.__name__, {})
    if model.__name__ == "Participation":
        values = {"center": make(Center)}
    if model.__name__ == "Funding":
        values = {"programme": "Bridges"}
    if model is Photo:
        values = {"image": "a.jpg", "width": 1, "height": 1}
    if field == "accepted_by":
        values = {field: baker.make(get_user_model()), "accepted_at": timezone.now()}
    if field == "report" and model is YearlyQuestion:
        values = {field: make(Report)}
    first = make(model, **values)

    with pytest.raises(IntegrityError) as refusal, transaction.atomic():
        make(model, **(values | {field: getattr(first, field)}))

    assert field in str(refusal.value)


def test_new_key_can_be_read_out_and_is_another_each_time():
    keys = [new_key() for _ in range(100)]

    assert {len(key) for key in keys} == {12}
    assert (len(set(keys)), set("".join(keys)) <= set(KEY_ALPHABET)) == (100, True)


# --- Place -------------------------------------------------------------------------------------

POINT = {"latitude": Decimal("48.155912"), "longitude": Decimal("11.536249")}


@pytest.mark.parametrize(
    ("precision", "point", "address", "place"),
    [
        ("exact", (Decimal("48.155912"), Decimal("11.536249")), "Landshuter Allee 37", "Munich"),
        ("district", (Decimal("48.16"), Decimal("11.54")), "", "Munich"),
        ("town", (Decimal("48.16"), Decimal("11.54")), "", "Munich"),
        ("withheld", None, "", ""),
    ],
)
def test_place_is_published_only_as_precisely_as_the_center_allows(
    make, precision, point, address, place
):
    center = make(
        Center, precision=precision, address="Landshuter Allee 37", place="Munich", **POINT
    )

    center.refresh_from_db()

    assert center.published_point == point
    assert (center.published_address, center.published_place) == (address, place)
    assert Center.objects.with_point().count() == (point is not None)


@pytest.mark.parametrize("precision", ["exact", "district", "town", "withheld"])
def test_a_center_without_a_point_publishes_none(make, precision):
    center = make(Center, precision=precision)

    center.refresh_from_db()

    assert center.published_point is None


def test_published_point_follows_when_a_place_is_withheld_later(make):
    center = make(Center, precision="exact", **POINT)

    Center.objects.update(precision="withheld")

    center.refresh_from_db()
    assert center.published_point is None


@pytest.mark.parametrize(
    "point",
    [(0, Decimal("11.5")), (Decimal("0.000001"), 0), (-90, -180), (90, 180)],
)
def test_points_at_the_edges_of_the_earth_are_taken(make, point):
    center = make(Center, precision="exact", latitude=point[0], longitude=point[1])

    center.refresh_from_db()

    assert center.published_point == point


# --- Freshness -----------------------------------------------------------------------------------

TODAY = datetime.date(2016, 5, 17)


def days_ago(days):
    return PartialDate.of(TODAY - datetime.timedelta(days=days))


@pytest.mark.parametrize(
    ("confirmed_on", "expected"),
    [
        (None, Freshness.NEVER),
        (days_ago(0), Freshness.CONFIRMED),
        (days_ago(365), Freshness.CONFIRMED),
        (days_ago(366), Freshness.DUE),
        (days_ago(730), Freshness.DUE),
        (days_ago(731), Freshness.OVERDUE),
        # What is not precise counts from its earliest day.
        (PartialDate(2016), Freshness.CONFIRMED),
        (PartialDate(2015), Freshness.DUE),
        (PartialDate(2014), Freshness.OVERDUE),
        (PartialDate(2015, 6), Freshness.CONFIRMED),
        (PartialDate(2015, 5), Freshness.DUE),
    ],
)
def test_freshness_says_how_long_ago_somebody_said_how_it_is(center, confirmed_on, expected):
    if confirmed_on is not None:
        center.record_status("active", observed=confirmed_on, by=BY_IMPORT)

    in_database = Center.objects.with_freshness(on=TODAY).get().freshness

    assert (in_database, center.freshness_on(TODAY)) == (expected, expected)
    assert freshness_of(confirmed_on, on=TODAY) == expected


# --- Lists ---------------------------------------------------------------------------------------


@pytest.fixture
def one_of_each_status(make):
    for status in ("active", "low_level", "paused", "closed", "initiative"):
        center = make(Center, slug=status.replace("_", "-"))
        center.record_status(status, observed="2016", by=BY_IMPORT)
    make(Center, slug="unknown")
    make(Center, slug="merged", merged_into=Center.objects.get(slug="active"))


def slugs(queryset):
    return sorted(queryset.values_list("slug", flat=True))


def test_not_closed_holds_the_unknown_as_silent_is_not_closed(one_of_each_status):
    assert slugs(Center.objects.not_closed().published()) == [
        "active",
        "initiative",
        "low-level",
        "paused",
        "unknown",
    ]


def test_living_holds_what_can_be_visited(one_of_each_status):
    assert slugs(Center.objects.living()) == ["active", "low-level"]
    assert [center.slug for center in Center.objects.order_by("slug") if center.is_living] == [
        "active",
        "low-level",
    ]


def test_published_leaves_out_what_was_merged(one_of_each_status):
    assert "merged" not in slugs(Center.objects.published())
    assert Center.objects.published().count() == 6


def test_with_premises_takes_the_latest_snapshot_that_says_so(center, make):
    make(Snapshot, center=center, as_of=None, premises="owned")
    make(Snapshot, center=center, as_of="2006", premises="rented")
    make(Snapshot, center=center, as_of="2010-05", premises="municipal")
    make(Snapshot, center=center, as_of="2016", premises="")

    assert Center.objects.with_premises().get().premises == "municipal"


@pytest.mark.parametrize(
    ("texts", "language", "expected"),
    [
        ({"en": "English", "de": "Deutsch"}, "de", "Deutsch"),
        ({"en": "English", "de": "Deutsch"}, "de-at", "Deutsch"),
        ({"en": "English", "de": "Deutsch"}, "bg", "English"),
        ({"sk": "Slovensky", "de": "Deutsch"}, "bg", "Deutsch"),
        ({"bg": "", "en": "English"}, "bg", "English"),
        ({}, "bg", None),
    ],
)
def test_with_texts_falls_back_to_english_and_then_to_any(center, make, texts, language, expected):
    for code, summary in texts.items():
        make(CenterText, center=center, language=code, summary=summary)

    assert Center.objects.with_texts(language).get().summary == expected
    with translation.override(language):
        assert Center.objects.with_texts().get().summary == expected


# --- Addresses -----------------------------------------------------------------------------------


with_address = pytest.mark.parametrize(
    ("model", "former", "link"),
    [
        (Center, CenterFormerSlug, "center"),
        (Organisation, OrganisationFormerSlug, "organisation"),
    ],
)


@with_address
def test_renaming_keeps_the_former_address(make, model, former, link):
    row = make(model, slug="first")

    row.slug = "second"
    row.keep_former_slug()
    row.save()

    assert list(former.objects.values_list("value", f"{link}__slug")) == [("first", "second")]


@with_address
def test_going_back_forgets_that_the_address_was_a_former_one(make, model, former, link):
    row = make(model, slug="first")
    for slug in ("second", "first"):
        row.slug = slug
        row.keep_former_slug()
        row.save()

    assert list(former.objects.values_list("value", flat=True)) == ["second"]


@with_address
def test_saving_without_renaming_keeps_nothing(make, model, former, link):
    row = make(model, slug="first")

    row.keep_former_slug()

    assert former.objects.count() == 0


@with_address
def test_a_former_address_of_another_is_refused(make, model, former, link):
    former.objects.create(value="first", **{link: make(model, slug="second")})
    other = make(model, save=False, slug="first")

    with pytest.raises(ValidationError) as refusal:
        other.full_clean()

    assert refusal.value.message_dict == {
        "slug": ["“first” is the former address of another record."]
    }


@with_address
def test_a_former_address_of_its_own_is_taken(make, model, former, link):
    row = make(model, slug="second")
    former.objects.create(value="first", **{link: row})

    row.slug = "first"

    assert row.full_clean() is None


@with_address
def test_a_present_address_of_another_is_refused_as_former_one(make, model, former, link):
    make(model, slug="first")
    row = former(value="first", **{link: make(model, slug="second")})

    with pytest.raises(ValidationError):
        row.full_clean()


# --- What is protected ---------------------------------------------------------------------------


def test_a_center_with_a_log_cannot_be_deleted(center):
    entry = center.record_status("active", observed="2016", by=BY_IMPORT)
    entry.withdraw("mistaken", by=BY_IMPORT)

    with pytest.raises(ProtectedError):
        center.delete()


@pytest.mark.parametrize(
    "erase",
    [
        lambda contact: contact.delete(),
        lambda contact: Contact.objects.filter(pk=contact.pk).delete(),
        lambda contact: contact.center.contacts.all().delete(),
        lambda contact: [contact.delete(), contact.center.delete()],
    ],
)
def test_a_person_who_is_erased_is_in_no_history(make, erase):
    contact = make(Contact, name="Anna", phone="1")
    contact.name = "Anna B."
    contact.save()
    other = make(Contact, name="Berta", phone="2")

    erase(contact)

    assert list(Contact.objects.all()) == [other]
    assert list(Contact.history.values_list("name", flat=True)) == ["Berta"]


def test_a_center_that_is_deleted_leaves_no_person_behind_in_history(make):
    center = make(Contact, name="Anna", phone="1").center

    with contextlib.suppress(ProtectedError):  # it may be kept as long as she is there
        center.delete()

    assert Contact.history.count() == Contact.objects.count()


@pytest.mark.parametrize(
    ("model", "link", "other"),
    [
        (Center, "country", Country),
        (Center, "source", Source),
        (Affiliation, "organisation", Organisation),
        (StatusCause, "cause", Cause),
        (Center, "merged_into", Center),
    ],
)
def test_what_others_point_to_cannot_be_deleted(make, model, link, other):
    row = make(model, **{link: make(other, **({"code": "DE"} if other is Country else {}))})

    with pytest.raises(ProtectedError):
        getattr(row, link).delete()


def test_a_coordinator_who_leaves_does_not_take_the_log_with_her(center, coordinator):
    entry = center.record_status("active", observed="2016", by=coordinator)

    coordinator.delete()

    entry.refresh_from_db()
    assert (entry.via, entry.recorded_by) == ("staff", None)


# --- Forms ---------------------------------------------------------------------------------------


def test_form_refuses_dates_the_wrong_way_round(make):
    row = make(Affiliation)
    form = modelform_factory(
        Affiliation, fields=["center", "organisation", "role", "began", "ended"]
    )

    bound = form(
        {
            "center": row.center_id,
            "organisation": row.organisation_id,
            "role": "member",
            "began": "2010-05",
            "ended": "2009",
        }
    )

    assert bound.errors == {"__all__": ["It cannot end before it began."]}


def test_form_takes_dates_that_overlap(make):
    row = make(Affiliation)
    form = modelform_factory(Affiliation, fields=["began", "ended"])

    bound = form({"began": "2010-05", "ended": "2010"}, instance=row)

    assert bound.errors == {}


def test_form_refuses_a_status_entry_that_began_after_it_was_observed(make):
    form = modelform_factory(StatusEntry, fields=["status", "since", "observed"])

    bound = form(
        {"status": "closed", "since": "2017", "observed": "2016"}, instance=make(StatusEntry)
    )

    assert bound.errors == {"__all__": ["It cannot have begun after it was observed."]}


@pytest.mark.parametrize(
    ("data", "errors"),
    [
        ({"latitude": "43.5"}, {"__all__": ["Latitude and longitude go together."]}),
        (
            {"latitude": "0", "longitude": "0"},
            {"__all__": ["0, 0 is a point in the ocean. Leave both empty."]},
        ),
        ({"latitude": "43.5", "longitude": "27.4"}, {}),
        ({}, {}),
    ],
)
def test_form_of_a_center_looks_at_its_point(center, data, errors):
    form = modelform_factory(Center, fields=["latitude", "longitude"])

    assert form(data, instance=center).errors == errors


# --- Words ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "language", "expected"),
    [
        ("DE", "en", "Germany"),
        ("DE", "bg", "Германия"),
        ("XK", "en", "Kosovo"),
        ("QQ", "en", "QQ"),
        ("DE", "tlh", "Germany"),
    ],
)
def test_country_name_is_that_of_the_readers_language(code, language, expected):
    assert country_name(code, language) == expected


@pytest.mark.parametrize("code", ["QQ", "de", "D", "DEU", "١٢"])
def test_country_refuses_what_is_no_code(code):
    with pytest.raises(ValidationError) as refusal:
        Country(code=code).full_clean(validate_unique=False)

    assert refusal.value.messages != []


@pytest.mark.parametrize("code", ["en", "de", "rom", "sr-Latn", "zh-Hant-TW", "de-1996"])
def test_validate_language_takes_codes(code):
    assert validate_language(code) is None


@pytest.mark.parametrize("code", ["", "e", "German", "EN", "de_AT", "de-", "en\n", "д"])
def test_validate_language_refuses_what_is_no_code(code):
    with pytest.raises(ValidationError, match="A language is written as its code"):
        validate_language(code)


@pytest.mark.parametrize(
    ("code", "language", "expected"),
    [
        ("bg", "en", "Bulgarian"),
        ("bg", "de", "Bulgarisch"),
        ("rom", "en", "Romany"),
        ("sr-Latn", "en", "Serbian (Latin)"),
        ("sr-Latn", "de", "Serbisch (Lateinisch)"),
        ("de-AT", "en", "Austrian German"),
        ("de-1901", "en", "German"),
        ("qqq", "en", "qqq"),
    ],
)
def test_language_name_is_that_of_the_readers_language(code, language, expected):
    assert language_name(code, language) == expected


@pytest.mark.parametrize(
    ("model", "text", "link"), [(Cause, CauseText, "cause"), (Offer, OfferText, "offer")]
)
def test_names_that_staff_add_read_in_the_readers_language(make, model, text, link):
    row = make(model, slug="rent")
    make(text, language="en", name="Rent", **{link: row})
    make(text, language="de", name="Miete", **{link: row})

    names = [str(model.objects.with_names(language).get()) for language in ("de", "bg")]

    assert names == ["Miete", "Rent"]
    assert str(row) == "rent"


def test_award_keeps_its_date_as_precise_as_it_was(make):
    award = make(Award, date="2006")

    award.refresh_from_db()

    assert (str(award.date), award.date_latest) == ("2006", datetime.date(2006, 12, 31))


def test_no_partial_date_is_without_its_bounds():
    """Every partial date that ranges filter by has its earliest and latest day beside it."""
    kept = {"status_since", "status_after", "status_by", "confirmed_on"}
    without = [
        f"{model.__name__}.{field.name}"
        for label in ("centers", "projects", "stories")
        for model in apps.get_app_config(label).get_models()
        for field in model._meta.fields
        if type(field).__name__ == "PartialDateField" and field.name not in kept
        for bound in ("earliest", "latest")
        if not isinstance(
            {each.name: each for each in model._meta.fields}.get(f"{field.name}_{bound}"),
            models.DateField,
        )
    ]

    assert without == []
