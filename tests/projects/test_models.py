"""Projects and what they cost, did, reached and taught: what is refused, and what is kept."""

import datetime

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db.models import ProtectedError
from django.forms import modelform_factory

from centers.models import Center, Organisation, Source
from projects.models import (
    Evaluation,
    Event,
    EventText,
    Funding,
    IndicatorText,
    Lesson,
    Measurement,
    Participation,
    Project,
    ProjectFormerSlug,
    ProjectText,
)

REVERSED = "It cannot end before it began."
ONE_OF_TWO = "Choose a center or an organisation, not both."
NAMELESS = "Name the funder or the programme."
NO_CURRENCY = "An amount needs its currency, such as EUR."


def a_center(make):
    return {"center": make(Center)}


# Constraint, model, values of a sound row, what breaks it, what is read in a form.
BROKEN_CHECKS = [
    ("project_kind_known", Project, {}, {"kind": "hobby"}, None),
    ("project_ends_after_it_began", Project, {}, {"start": "2010-05", "end": "2009"}, REVERSED),
    (
        "project_does_not_follow_itself", Project, {}, {"follows": lambda row: row},
        "A project cannot follow itself.",
    ),
    ("project_text_has_title", ProjectText, {}, {"title": ""}, None),
    (
        "participation_of_center_or_organisation", Participation, a_center, {"center": None},
        ONE_OF_TWO,
    ),
    (
        "participation_of_center_or_organisation", Participation, a_center,
        {"organisation": lambda row: Organisation.objects.create(slug="o", name="O", kind="ngo")},
        ONE_OF_TWO,
    ),
    ("participation_role_known", Participation, a_center, {"role": "friend"}, None),
    (
        "participation_ends_after_it_began", Participation, a_center,
        {"began": "2010-05", "ended": "2009"}, REVERSED,
    ),
    ("funding_amount_has_currency", Funding, {"programme": "P"}, {"amount": 100}, NO_CURRENCY),
    (
        "funding_amount_has_currency", Funding, {"programme": "P"},
        {"amount": -1, "currency": "EUR"}, NO_CURRENCY,
    ),
    (
        "funding_amount_has_currency", Funding, {"programme": "P"},
        {"amount": 1, "currency": "€"}, NO_CURRENCY,
    ),
    ("funding_names_funder_or_programme", Funding, {"programme": "P"}, {"programme": ""}, NAMELESS),
    (
        "funding_ends_after_it_began", Funding, {"programme": "P"},
        {"began": "2010-05", "ended": "2009"}, REVERSED,
    ),
    ("event_ends_after_it_began", Event, {}, {"start": "2010-05", "end": "2009"}, REVERSED),
    ("measurement_kind_known", Measurement, {}, {"kind": "guess"}, None),
    ("evaluation_kind_known", Evaluation, {}, {"kind": "rumour"}, None),
    ("lesson_has_text", Lesson, {}, {"text": ""}, None),
]  # fmt: skip

# Constraint, model, the columns in which a second row is like the first, what is read.
BROKEN_UNIQUES = [
    ("project_text_once_a_language", ProjectText, ["project", "language"], None),
    (
        "participation_once", Participation, ["project", "center", "role"],
        "This participation is there already.",
    ),
    ("event_text_once_a_language", EventText, ["event", "language"], None),
    ("indicator_text_once_a_language", IndicatorText, ["indicator", "language"], None),
    (
        "measurement_once_a_source", Measurement, ["indicator", "kind", "period"],
        "This source's figure is there already.",
    ),
]  # fmt: skip


def sound_row(make, model, sound):
    return make(model, **(sound(make) if callable(sound) else sound))


def changed(row, wrong):
    for name, value in wrong.items():
        setattr(row, name, value(row) if callable(value) else value)
    return row


def first_of(make, model):
    return sound_row(make, model, a_center if model is Participation else {})


def test_every_constraint_is_broken_here():
    constraints = [
        constraint
        for model in apps.get_app_config("projects").get_models()
        for constraint in model._meta.constraints
    ]

    assert {each.name for each in constraints} == {
        each[0] for each in BROKEN_CHECKS + BROKEN_UNIQUES
    }
    in_own_words = {
        constraint.name
        for constraint in constraints
        if constraint.violation_error_message != constraint.default_violation_error_message
    }
    assert in_own_words == {each[0] for each in BROKEN_CHECKS + BROKEN_UNIQUES if each[-1]}


@pytest.mark.parametrize(("name", "model", "sound", "wrong", "message"), BROKEN_CHECKS)
def test_database_refuses_what_breaks_a_check(make, refused_by, name, model, sound, wrong, message):
    row = sound_row(make, model, sound)

    with refused_by(model, name):
        changed(row, wrong).save()


@pytest.mark.parametrize(
    ("model", "sound", "wrong", "message"), [each[1:] for each in BROKEN_CHECKS if each[-1]]
)
def test_forms_say_in_plain_words_what_breaks_a_check(make, model, sound, wrong, message):
    row = changed(sound_row(make, model, sound), wrong)

    with pytest.raises(ValidationError) as refusal:
        row.full_clean()

    assert message in refusal.value.messages


@pytest.mark.parametrize(("name", "model", "alike", "message"), BROKEN_UNIQUES)
def test_database_refuses_a_second_row_that_is_alike(make, refused_by, name, model, alike, message):
    first = first_of(make, model)
    values = {column: getattr(first, column) for column in alike}

    with refused_by(model, name):
        make(model, **values)


@pytest.mark.parametrize(
    ("model", "alike", "message"), [each[1:] for each in BROKEN_UNIQUES if each[-1]]
)
def test_forms_say_in_plain_words_that_a_row_is_there_already(make, model, alike, message):
    first = first_of(make, model)
    values = {column: getattr(first, column) for column in alike}
    second = make(model, save=False, **values)

    with pytest.raises(ValidationError) as refusal:
        second.full_clean()

    assert refusal.value.messages == [message]


@pytest.mark.parametrize("other", [{"role": "host"}, {"began": "2010"}])
def test_a_center_may_take_part_in_several_ways_and_times(make, other):
    first = make(Participation, role="participant", center=make(Center), began="2006")
    values = {"project": first.project, "center": first.center, "role": "participant"}

    make(Participation, **{**values, "began": "2006", **other})

    assert Participation.objects.count() == 2


def test_two_sources_may_give_two_figures_for_the_same_period(make):
    first = make(Measurement, kind="actual", period="2010", source=make(Source))
    values = {"indicator": first.indicator, "kind": "actual", "period": "2010"}

    make(Measurement, source=make(Source), **values)

    assert Measurement.objects.count() == 2


@pytest.mark.parametrize("currency", ["", "DKK"])
def test_funding_of_an_unknown_amount_is_taken(make, currency):
    row = make(Funding, programme="P", amount=None, currency=currency)

    assert row.full_clean() is None


@pytest.mark.parametrize(
    ("model", "data"),
    [
        (Project, {"start": "2010-05", "end": "2009"}),
        (Participation, {"began": "2010-05", "ended": "2009"}),
        (Funding, {"began": "2010-05-17", "ended": "2010-05-16"}),
        (Event, {"start": "2010-05", "end": "2010-04-30"}),
    ],
)
def test_form_refuses_dates_the_wrong_way_round(make, model, data):
    sound = {Participation: a_center, Funding: {"programme": "P"}}.get(model, {})
    form = modelform_factory(model, fields=list(data))

    bound = form(data, instance=sound_row(make, model, sound))

    assert bound.errors == {"__all__": [REVERSED]}


@pytest.mark.parametrize("data", [{"start": "2010-05", "end": "2010"}, {"start": "2010-05"}])
def test_form_takes_dates_that_overlap_or_are_unknown(make, data):
    form = modelform_factory(Project, fields=["start", "end"])

    assert form(data, instance=make(Project)).errors == {}


TODAY = datetime.date(2016, 5, 17)


@pytest.mark.parametrize(
    ("start", "end", "completed", "running"),
    [
        ("2006", "2015", True, False),
        ("2006", "2016-05-16", True, False),
        ("2006", "2016-05-17", False, True),
        ("2006", "2016-05", False, True),
        ("2006", "2016", False, True),
        ("2006", None, None, False),
        (None, "2015", True, False),
        (None, None, None, False),
        ("2017", "2018", False, False),
    ],
)
def test_is_completed_says_what_is_known_of_the_end(make, start, end, completed, running):
    project = make(Project, start=start, end=end)
    project.refresh_from_db()

    in_lists = (
        Project.objects.completed(on=TODAY).exists(),
        Project.objects.running(on=TODAY).exists(),
    )

    assert project.is_completed(on=TODAY) is completed
    assert in_lists == (bool(completed), running)


def test_renaming_a_project_keeps_its_former_address(make):
    project = make(Project, slug="first")

    project.slug = "second"
    project.keep_former_slug()
    project.save()

    assert list(ProjectFormerSlug.objects.values_list("value", "project")) == [
        ("first", project.pk)
    ]


def test_a_former_address_of_another_project_is_refused(make):
    ProjectFormerSlug.objects.create(value="first", project=make(Project))
    other = make(Project, slug="other")

    other.slug = "first"

    with pytest.raises(ValidationError, match="is the former address of another record"):
        other.full_clean()


def test_a_present_address_of_another_is_refused_as_former_one(make):
    make(Project, slug="first")
    row = ProjectFormerSlug(value="first", project=make(Project))

    with pytest.raises(ValidationError):
        row.full_clean()


def test_a_center_that_took_part_cannot_be_deleted(make):
    participation = make(Participation, center=make(Center))

    with pytest.raises(ProtectedError):
        participation.center.delete()


def test_participant_is_the_center_or_the_organisation(make):
    center, organisation = make(Center), make(Organisation)

    participants = [
        make(Participation, **values).participant
        for values in ({"center": center}, {"organisation": organisation})
    ]

    assert participants == [center, organisation]


def test_lesson_refuses_a_theme_that_is_not_there(make):
    lesson = make(Lesson, text="Network early.", themes="space luck")

    with pytest.raises(ValidationError) as refusal:
        lesson.full_clean()

    assert refusal.value.message_dict == {"themes": ["There is no theme “luck”."]}


def test_lesson_names_its_themes(make):
    lesson = make(Lesson, text="Network early.", themes="space money")

    assert lesson.full_clean() is None
    assert lesson.theme_labels == ["space", "money"]


def test_with_texts_reads_in_the_readers_language_else_in_english(make):
    project = make(ProjectText, language="en", title="Neighbourhood mothers").project
    make(ProjectText, project=project, language="da", title="Bydelsmødre", summary="")

    titles = [
        Project.objects.with_texts(language=language).get().shown_title for language in ("da", "bg")
    ]

    assert titles == ["Bydelsmødre", "Neighbourhood mothers"]
