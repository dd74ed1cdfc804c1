"""What happened at a center: the short form, and what takes one click."""

import datetime

import pytest
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation

from centers.admin.lists import BoundedPaginator
from centers.models import (
    BY_IMPORT,
    Affiliation,
    Cause,
    Center,
    ContactAttempt,
    Coordinator,
    Country,
    Organisation,
    Snapshot,
)
from tests.forms import Form, message_of

pytestmark = pytest.mark.django_db

LIST = reverse("admin:centers_center_changelist")


@pytest.fixture
def anna(client, bulgaria):
    """A coordinator of Bulgaria, logged in."""
    user = get_user_model().objects.create_user("anna", is_staff=True)
    Coordinator.objects.create(user=user).countries.add(bulgaria)
    client.force_login(user)
    return user


@pytest.fixture
def active(center):
    """The center, last seen active in 2016."""
    center.record_status("active", observed="2016", by=BY_IMPORT)
    return center


@pytest.fixture
def record(anna, client, center):
    """`record(**values)`: the answer to the short form, sent with these values."""
    address = reverse("admin:centers_center_record_status", args=[center.pk])

    def record(**values):
        return client.post(address, Form(client.get(address)).data | values)

    return record


def address(page, center, **query):
    url = reverse(f"admin:centers_center_{page}", args=[center.pk])
    return url + ("?" + "&".join(f"{k}={v}" for k, v in query.items()) if query else "")


# --- The short form --------------------------------------------------------------------------


def test_figures_become_a_snapshot_of_the_day_they_were_told(record, center):
    record(
        status="active", observed="2016-05", core_group="7", visitors="120", premises="rented",
        monthly_rent="150", currency="eur",
    )  # fmt: skip
    snapshot = center.snapshots.get()

    assert (str(snapshot.as_of), snapshot.core_group, snapshot.visitors) == ("2016-05", 7, 120)
    assert (snapshot.premises, snapshot.monthly_rent, snapshot.currency) == ("rented", 150, "EUR")
    assert snapshot.children is None


def test_form_without_figures_makes_no_snapshot(record, center):
    record(status="active", observed="2016")

    assert (center.status_entries.count(), center.snapshots.count()) == (1, 0)


def test_form_sent_twice_records_once(record, center):
    for _time in range(2):
        record(status="active", observed="2016", core_group="7")

    assert (center.status_entries.count(), center.snapshots.count()) == (1, 1)


def test_figures_that_make_no_sense_record_nothing_at_all(record, center):
    page = record(status="active", observed="2016", monthly_rent="150")

    assert "A rent needs its currency, such as EUR." in page.content.decode()
    assert (center.status_entries.count(), Snapshot.objects.count()) == (0, 0)


@pytest.mark.parametrize(
    ("field", "value"),
    [("core_group", "-1"), ("visitors", "many"), ("currency", "Euro"), ("premises", "a barn"),
     ("heard", "nobody")],
)  # fmt: skip
def test_form_says_at_the_field_what_it_cannot_read(record, center, field, value):
    page = record(status="active", observed="2016", **{field: value})

    assert list(page.context["form"].errors) == [field]
    assert center.status_entries.count() == 0


def test_what_the_center_told_by_telephone_is_its_own_word(record, anna, client, center):
    record(status="active", observed="2016", heard="center")
    entry = center.status_entries.get()

    assert (entry.via, entry.recorded_by) == ("center", anna)
    page = client.get(center.get_absolute_url()).content.decode()
    assert "According to: the center itself." in page


def test_date_that_can_mean_two_days_is_asked_back(record, center):
    page = record(status="active", since="5/3/2015", observed="2016")
    question = page.context["form"]["since_meant"]

    assert center.status_entries.count() == 0
    assert question.field.choices == [
        ("2015-03-05", "March 5, 2015"),
        ("2015-05-03", "May 3, 2015"),
    ]
    record(status="active", since="5/3/2015", since_meant="2015-03-05", observed="2016")
    assert str(center.status_entries.get().since) == "2015-03-05"


def test_answer_to_another_question_is_not_taken(record, center):
    page = record(status="active", since="5/3/2015", since_meant="1999-01-01", observed="2016")

    assert list(page.context["form"].errors) == ["since_meant"]
    assert center.status_entries.count() == 0


def test_dates_are_read_in_the_coordinators_language(record, center):
    with translation.override("de"):
        record(status="active", since="Mai 2015", observed="2016")

    assert str(center.status_entries.get().since) == "2015-05"


def test_form_leads_back_to_the_list_as_it_was(anna, client, center):
    url = address("record_status", center, _changelist_filters="whose%3Dmine%26q%3Dispe")
    form = Form(client.get(url)).data
    answer = client.post(url, form | {"status": "active", "observed": "2016"})

    assert answer.headers["Location"] == f"{LIST}?whose=mine&q=ispe"


# --- One click -------------------------------------------------------------------------------


def test_confirming_takes_one_click_and_is_an_entry_of_its_own(anna, client, active):
    answer = client.post(address("confirm", active, seen="active"))
    entry = active.status_entries.get(recorded_by=anna)

    assert (entry.status, entry.observed.earliest) == ("active", timezone.localdate())
    assert (entry.since, entry.via) == (None, "staff")
    active.refresh_from_db()
    assert active.confirmed_on.earliest == timezone.localdate()
    [message] = message_of(answer, client)
    assert message.startswith("Confirmed as of today. Mother Center Isperih now says: Active")


def test_confirming_twice_is_one_entry(anna, client, active):
    for _time in range(2):
        client.post(address("confirm", active, seen="active"))

    assert active.status_entries.filter(recorded_by=anna).count() == 1


def test_confirming_what_changed_meanwhile_is_refused(anna, client, active):
    active.record_status("closed", observed="2020", by=BY_IMPORT)
    answer = client.post(address("confirm", active, seen="active"))

    [message] = message_of(answer, client)
    assert message == ("Mother Center Isperih was recorded as closed meanwhile. Please look first.")
    assert not active.status_entries.filter(recorded_by=anna).exists()


def test_nothing_is_confirmed_where_nobody_has_recorded_a_status(anna, client, center):
    answer = client.post(address("confirm", center, seen="unknown"))

    [message] = message_of(answer, client)
    assert "Nobody has recorded how Mother Center Isperih is" in message
    assert center.status_entries.count() == 0


def test_model_confirms_only_what_was_seen(center, coordinator):
    center.record_status("paused", observed="2016", by=BY_IMPORT)

    with pytest.raises(ValidationError):
        center.confirm_status(seen="active", on=datetime.date(2020, 1, 1), by=coordinator)
    entry = center.confirm_status(seen="paused", on=datetime.date(2020, 1, 1), by=coordinator)
    assert (entry.status, str(entry.observed)) == ("paused", "2020-01-01")


def test_no_answer_is_noted_once_a_day_and_is_no_status(anna, client, active):
    for _time in range(2):
        answer = client.post(address("no_answer", active))
    attempt = ContactAttempt.objects.get()

    assert (attempt.center, attempt.by, attempt.tried_on) == (active, anna, timezone.localdate())
    active.refresh_from_db()
    assert (active.status, active.status_entries.count()) == ("active", 1)
    assert "Its status stays: Active" in message_of(answer, client)[-1]


def test_list_counts_the_attempts_since_it_was_confirmed(anna, client, active, coordinator):
    long_ago = datetime.date(2010, 1, 1)
    ContactAttempt.objects.create(center=active, tried_on=long_ago, by=coordinator)
    assert "Tried" not in client.get(LIST).content.decode()

    active.note_no_answer(on=timezone.localdate(), by=anna)
    assert "Tried once since, nobody answered." in client.get(LIST).content.decode()
    active.note_no_answer(on=timezone.localdate(), by=coordinator)
    assert "Tried 2 times since, nobody answered." in client.get(LIST).content.decode()


@pytest.mark.parametrize("page", ["confirm", "no_answer"])
def test_looking_at_the_address_of_a_click_changes_nothing(anna, client, active, page):
    answer = client.get(address(page, active, seen="active"))

    assert answer.headers["Location"] == f"/admin/centers/center/{active.pk}/change/"
    assert (active.status_entries.count(), ContactAttempt.objects.count()) == (1, 0)


@pytest.mark.parametrize("page", ["confirm", "no_answer"])
def test_a_click_belongs_to_whoever_looks_after_the_center(client, active, make, page):
    user = get_user_model().objects.create_user("other", is_staff=True)
    Coordinator.objects.create(user=user)
    client.force_login(user)

    assert client.post(address(page, active, seen="active")).status_code == 403
    assert (active.status_entries.count(), ContactAttempt.objects.count()) == (1, 0)


@pytest.mark.parametrize("back", ["https://example.org/", "//example.org", "javascript:alert(1)"])
def test_a_click_leads_to_no_other_site(anna, client, active, back):
    answer = client.post(address("confirm", active, seen="active"), HTTP_REFERER=back)

    assert answer.headers["Location"] == f"/admin/centers/center/{active.pk}/change/"


# --- Many at once ----------------------------------------------------------------------------


def tick(client, centers, **values):
    data = {"action": "confirm_ticked", "_selected_action": [center.pk for center in centers]}
    return client.post(LIST, data | values)


def test_ticked_centers_get_an_entry_each(anna, client, make, active):
    other = make(Center, slug="other", name="Other")
    other.record_status("paused", observed="2016", by=BY_IMPORT)
    answer = tick(client, [active, other])

    assert [center.status_entries.get(recorded_by=anna).status for center in (active, other)] == [
        "active",
        "paused",
    ]
    assert message_of(answer, client) == ["Confirmed as of today: 2 centers."]


def test_ticked_centers_are_confirmed_as_they_were_seen(anna, client, make, active):
    other = make(Center, slug="other", name="Other")
    other.record_status("closed", observed="2016", by=BY_IMPORT)
    answer = tick(client, [active, other], **{f"seen-{other.pk}": "active"})

    assert not other.status_entries.filter(recorded_by=anna).exists()
    assert message_of(answer, client) == [
        "Confirmed as of today: 1 center.",
        "Other was recorded as closed meanwhile. Please look first.",
    ]


def test_ticked_centers_of_others_are_left_alone(anna, client, make, active):
    foreign = make(Center, slug="foreign", name="Foreign", country=make_country("RS"))
    foreign.record_status("active", observed="2016", by=BY_IMPORT)
    answer = tick(client, [active, foreign])

    assert foreign.status_entries.count() == 1
    assert message_of(answer, client) == [
        "Confirmed as of today: 1 center.",
        "Foreign is outside of your countries and networks.",
    ]


def test_too_many_ticked_centers_confirm_nothing(anna, client, active, monkeypatch):
    monkeypatch.setattr("centers.admin.recording.MOST_AT_ONCE", 0)
    answer = tick(client, [active])

    assert message_of(answer, client) == [
        "At most 0 centers are confirmed at once. Nothing was recorded."
    ]
    assert active.status_entries.count() == 1


# --- The list --------------------------------------------------------------------------------


def make_country(code):
    return Country.objects.create(code=code)


def listed(client, **query):
    return [center.name for center in client.get(LIST, query).context["cl"].result_list]


def test_clicks_stand_beside_her_own_centers_alone(anna, client, make, active):
    foreign = make(Center, slug="foreign", name="Foreign", country=make_country("RS"))
    page = client.get(LIST).content.decode()

    assert f"/{active.pk}/confirm/?seen=active" in page
    assert f"/{foreign.pk}/" in page
    for click in ("confirm", "no-answer", "record-status"):
        assert f"/{foreign.pk}/{click}/" not in page


def test_list_shows_hers_when_asked(anna, client, make, center):
    union = make(Organisation, slug="union")
    anna.coordinator.networks.add(union)
    serbia = make_country("RS")
    member = make(Center, slug="member", name="Member", country=serbia)
    make(Center, slug="foreign", name="Foreign", country=serbia)
    for role in ("member", "host"):
        Affiliation.objects.create(center=member, organisation=union, role=role)

    assert listed(client) == ["Foreign", "Member", "Mother Center Isperih"]
    assert listed(client, whose="mine") == ["Member", "Mother Center Isperih"]


def test_list_finds_what_is_overdue_and_leaves_the_closed_alone(anna, client, make, active):
    fresh = make(Center, slug="fresh", name="Fresh")
    fresh.record_status("active", observed=timezone.localdate(), by=BY_IMPORT)
    closed = make(Center, slug="closed", name="Closed")
    closed.record_status("closed", observed="2010", by=BY_IMPORT)
    make(Center, slug="never", name="Never")

    assert listed(client, freshness="stale") == ["Mother Center Isperih", "Never"]
    assert listed(client, freshness="never") == ["Never"]
    assert listed(client, freshness="confirmed") == ["Fresh"]


def test_list_finds_what_is_missing(anna, client, make, center):
    make(Center, slug="placed", name="Placed", place="Ruse", latitude=43.8, longitude=25.9)
    make(Center, slug="nowhere", name="Nowhere", place="", latitude=43.8, longitude=25.9)

    assert listed(client, missing="place") == ["Mother Center Isperih", "Nowhere"]
    assert listed(client, missing="town") == ["Nowhere"]
    assert listed(client, missing="point") == ["Mother Center Isperih"]


def test_list_offers_countries_with_centers(anna, client, make, center):
    make(Center, slug="foreign", country=make_country("RS"))
    make_country("SK")
    specs = client.get(LIST).context["cl"].filter_specs
    [spec] = [spec for spec in specs if getattr(spec, "field_path", "") == "country"]

    assert spec.lookup_choices == [("BG", "Bulgaria"), ("RS", "Serbia")]


@pytest.mark.parametrize("query", ["whose=x", "freshness=x", "missing=x", "q=%00", "p=x", "p=99"])
def test_list_survives_nonsense_in_its_address(anna, client, center, query):
    answer = client.get(f"{LIST}?{query}", follow=True)

    assert answer.status_code == 200
    assert "Centers" in answer.content.decode()


def test_list_asks_the_same_number_of_questions_for_one_and_thirty(
    anna, client, make, active, django_assert_num_queries
):
    anna.coordinator.networks.add(make(Organisation, slug="union"))
    client.get(LIST)
    with CaptureQueriesContext(
        connection,
    ) as one:
        client.get(LIST)
    for number in range(29):
        row = make(Center, slug=f"row-{number}", name=f"Row {number}")
        row.record_status("active", observed="2016", by=BY_IMPORT)
        row.note_no_answer(on=timezone.localdate(), by=anna)
    with django_assert_num_queries(len(one)):
        client.get(LIST)


def test_list_counts_no_further_than_it_must(anna, client, make, active, monkeypatch):
    monkeypatch.setattr("centers.admin.lists.MOST_COUNTED", 3)
    for number in range(5):
        make(Center, slug=f"row-{number}", name=f"Row {number}")
    with CaptureQueriesContext(connection) as queries:
        page = client.get(LIST)

    counting = [q["sql"] for q in queries if "COUNT(*)" in q["sql"].upper().replace('"', "")]
    assert [sql for sql in counting if "LIMIT 3" not in sql and "contactattempt" not in sql] == []
    assert "3 or more found" in page.content.decode()


def test_paginator_says_how_many_there_are_up_to_its_bound(make, center, monkeypatch):
    monkeypatch.setattr("centers.admin.lists.MOST_COUNTED", 2)
    one = BoundedPaginator(Center.objects.order_by("name"), 1)
    assert (one.count, one.is_cut, one.num_pages) == (1, False, 1)
    make(Center, slug="second"), make(Center, slug="third")
    three = BoundedPaginator(Center.objects.order_by("name"), 1)

    assert (three.count, three.is_cut, three.num_pages) == (2, True, 2)


def test_empty_list_says_so_and_leads_back(anna, client, center):
    page = client.get(LIST, {"q": "nobody"}).content.decode()

    assert "Nothing fits what you asked for." in page


def test_cause_is_asked_for_and_kept(record, center):
    Cause.objects.create(slug="rent", group="space")
    record(status="closed", observed="2016", cause_rent="main")

    assert center.status_entries.get().cause_weights == {"rent": "main"}


# --- A center that was merged meanwhile ------------------------------------------------------


@pytest.fixture
def merged(make, active):
    """A center as somebody read it before another one merged it into the active one."""
    double = make(Center, slug="double", name="Double")
    double.record_status("active", observed="2016-05", by=BY_IMPORT)
    seen = Center.objects.get(pk=double.pk)
    Center.objects.filter(pk=double.pk).update(merged_into=active)
    return seen


def test_nothing_is_recorded_at_a_center_that_was_merged_meanwhile(merged, coordinator):
    today = timezone.localdate()
    for record_it in (
        lambda: merged.record_status("closed", observed=today, by=coordinator),
        lambda: merged.confirm_status(seen="active", on=today, by=coordinator),
        lambda: merged.note_no_answer(on=today, by=coordinator),
    ):
        with pytest.raises(ValidationError) as refusal:
            record_it()
        assert refusal.value.messages == ["Double was merged into another center meanwhile."]
    assert (merged.status_entries.count(), merged.contact_attempts.count()) == (1, 0)


def test_attempt_that_was_a_mistake_does_not_stand_for_another(anna, client, active):
    client.post(address("no_answer", active))
    ContactAttempt.objects.update(is_mistaken=True)
    client.post(address("no_answer", active))

    assert [attempt.is_mistaken for attempt in active.contact_attempts.order_by("pk")] == [
        True,
        False,
    ]


def test_attempts_of_one_day_that_a_merge_brought_together_are_no_error(anna, client, active):
    for _time in range(2):
        ContactAttempt.objects.create(center=active, tried_on=timezone.localdate(), by=anna)
    client.post(address("no_answer", active))

    assert active.contact_attempts.count() == 2


# --- Two at once -----------------------------------------------------------------------------


def test_form_tells_what_somebody_else_recorded_meanwhile(anna, client, active, coordinator):
    url = address("record_status", active)
    form = Form(client.get(url)).data | {"status": "active", "observed": "2020"}
    active.record_status("closed", observed="2019", by=coordinator)

    page = client.post(url, form)
    told = page.context["form"].non_field_errors()
    assert told == [
        "While you were writing, somebody else recorded: closed (2019). "
        "If yours is right all the same, record it now."
    ]
    assert not active.status_entries.filter(recorded_by=anna).exists()
    client.post(url, Form(page).data)
    assert str(active.status_entries.get(recorded_by=anna).observed) == "2020"


def test_form_that_was_refused_says_what_is_so_and_not_what_was_meant(record, active):
    page = record(status="closed", observed="2020", monthly_rent="120")

    assert "Active, as seen in 2016" in page.content.decode()


def test_record_that_changed_meanwhile_is_not_overwritten(anna, client, center):
    url = reverse("admin:centers_center_change", args=[center.pk])
    hers = Form(client.get(url)).data
    other = Form(client.get(url)).data
    client.post(url, other | {"phone": "111"})

    page = client.post(url, hers | {"opening_hours": "Mon-Fri"})
    center.refresh_from_db()
    assert (center.phone, center.opening_hours) == ("111", "")
    assert "anna changed this record while you were writing" in page.content.decode()
    client.post(url, Form(page).data | {"phone": "111"})
    center.refresh_from_db()
    assert (center.phone, center.opening_hours) == ("111", "Mon-Fri")


# --- Taking back -----------------------------------------------------------------------------


@pytest.mark.parametrize(("tick", "left"), [("on", 0), (None, 1)])
def test_figures_told_with_a_mistake_go_with_it_if_she_says_so(record, client, center, tick, left):
    record(status="active", observed="2016", core_group="7")
    center.snapshots.create(as_of="2010", core_group=5)
    entry = center.status_entries.get()
    url = reverse("admin:centers_statusentry_withdraw", args=[entry.pk])
    assert "with_figures" in client.get(url).content.decode()

    client.post(url, {"reason": "Another center.", **({"with_figures": tick} if tick else {})})

    assert center.snapshots.filter(as_of="2016").count() == left
    assert center.snapshots.filter(as_of="2010").count() == 1
    assert Snapshot.history.filter(history_type="-").count() == 1 - left


def test_withdrawal_without_figures_asks_for_none(record, client, center):
    record(status="active", observed="2016")
    url = reverse("admin:centers_statusentry_withdraw", args=[center.status_entries.get().pk])

    assert "with_figures" not in client.get(url).content.decode()


def test_center_of_others_is_refused_in_plain_words_with_a_way_back(anna, client, make):
    foreign = make(Center, slug="foreign", country=make_country("RS"))
    answer = client.get(address("record_status", foreign))

    assert answer.status_code == 403
    assert "This is outside of your countries and networks." in answer.content.decode()
    assert 'href="/admin/"' in answer.content.decode()
