"""The coordinators' desk: recording, withdrawing, renaming, reverting."""

import re

import pytest
from django.urls import reverse

from centers import search
from centers.models import (
    Affiliation,
    Cause,
    Center,
    CenterName,
    Organisation,
    SearchEntry,
    Source,
    StatusEntry,
)
from centers.public_ids import check_character
from tests.forms import Form, change, message_of

pytestmark = pytest.mark.django_db

PUBLIC_ID = "2345678" + check_character("2345678")


def found(words):
    """The names of the centers that are found by the words."""
    pks = SearchEntry.objects.of_kind("center").matching(words).values("object_id")
    return [center.name for center in Center.objects.filter(pk__in=pks)]


@pytest.fixture
def causes(db):
    return [Cause.objects.create(slug=slug, group="other") for slug in ("rent", "skills")]


# --- Recording -------------------------------------------------------------------------------


@pytest.fixture
def record(admin_client, center):
    """`record(**values)`: the answer to the short form, sent with these values."""
    address = reverse("admin:centers_center_record_status", args=[center.pk])

    def record(**values):
        form = Form(admin_client.get(address)).data
        return admin_client.post(address, form | {"observed": "2016"} | values)

    return record


def test_record_keeps_all_that_was_said(record, admin_client, admin_user, center, causes):
    source = Source.objects.create(slug="review", title="Review")
    answer = record(
        status="closed", observed="2016-05", since="2015", according_to="the host ",
        source=source.pk, source_page="7", note="Nobody is left.",
        cause_rent="main", cause_skills="unknown",
    )  # fmt: skip
    entry = center.status_entries.get()
    center.refresh_from_db()

    assert (entry.status, str(entry.observed), str(entry.since)) == ("closed", "2016-05", "2015")
    assert (entry.according_to, entry.source, entry.source_page) == ("the host", source, "7")
    assert (entry.note, entry.recorded_by, entry.via) == ("Nobody is left.", admin_user, "staff")
    assert entry.cause_weights == {"rent": "main", "skills": ""}
    assert (center.status, str(center.status_since)) == ("closed", "2015")
    [message] = message_of(answer, admin_client)
    assert "Recorded. Mother Center Isperih now says: Closed since 2015." in message


def test_record_begins_with_today_and_what_is_said_now(admin_client, center, coordinator):
    center.record_status("paused", observed="2010", by=coordinator)
    page = admin_client.get(reverse("admin:centers_center_record_status", args=[center.pk]))

    assert "Now it says: <strong>Paused, as seen in 2010.</strong>" in page.content.decode()
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", Form(page).data["observed"][0])
    assert "status" not in Form(page).data  # nothing is chosen for her


@pytest.mark.parametrize(
    ("values", "field", "reason"),
    [
        ({"status": ""}, "status", "This field is required."),
        (
            {"status": "unknown"},
            "status",
            "Select a valid choice. unknown is not one of the available choices.",
        ),
        ({"observed": ""}, "observed", "This field is required."),
        (
            {"observed": "5/15"},
            "observed",
            "“5/15” is not a date: write for example 2015, May 2015 or 2015-05-17.",
        ),
        (
            {"observed": "2015-02-30"},
            "observed",
            "“2015-02-30” is not a date: write for example 2015, May 2015 or 2015-05-17.",
        ),
        ({"observed": "2199"}, "observed", "2199 has not come yet."),
        (
            {"since": "x"},
            "since",
            "“x” is not a date: write for example 2015, May 2015 or 2015-05-17.",
        ),
        ({"since": "2017"}, "since", "It cannot have begun after it was observed."),
        (
            {"status": "active", "cause_rent": "main"},
            "__all__",
            "Causes go with low level, paused and closed.",
        ),
        (
            {"cause_rent": "heavy"},
            "cause_rent",
            "Select a valid choice. heavy is not one of the available choices.",
        ),
        (
            {"according_to": "x" * 201},
            "according_to",
            "Ensure this value has at most 200 characters (it has 201).",
        ),
        (
            {"source": "999"},
            "source",
            "Select a valid choice. That choice is not one of the available choices.",
        ),
        ({"note": "a\x00b"}, "note", "Null characters are not allowed."),
    ],
)  # fmt: skip
def test_record_says_what_is_wrong_and_records_nothing(
    record, center, causes, values, field, reason
):
    page = record(**{"status": "closed", **values})
    center.refresh_from_db()

    assert page.context["form"].errors == {field: [reason]}
    assert reason.replace("'", "&#x27;") in page.content.decode()
    assert "Nothing was recorded yet." in page.content.decode()
    assert (center.status, StatusEntry.objects.count()) == ("unknown", 0)


def test_record_sent_twice_is_one_statement(record, center, causes):
    for _time in range(2):
        answer = record(status="closed", cause_rent="main", note="Gone")
        assert answer.status_code == 302

    assert center.status_entries.count() == 1


def test_record_of_a_center_that_is_not_there_is_not_found(admin_client):
    assert admin_client.get("/admin/centers/center/999/record-status/").status_code == 404


# --- Withdrawing -----------------------------------------------------------------------------


@pytest.fixture
def mistaken(center, coordinator):
    center.record_status("active", observed="2010", by=coordinator)
    return center.record_status("closed", observed="2016", by=coordinator)


def test_withdrawal_keeps_the_statement_and_its_reason(admin_client, admin_user, center, mistaken):
    address = reverse("admin:centers_statusentry_withdraw", args=[mistaken.pk])
    answer = admin_client.post(address, {"reason": " It was another center. "})
    mistaken.refresh_from_db()
    center.refresh_from_db()

    assert mistaken.withdrawal_reason == "It was another center."
    assert (mistaken.withdrawn_by, mistaken.status) == (admin_user, "closed")
    assert (center.status, center.status_entries.count()) == ("active", 2)
    [message] = message_of(answer, admin_client)
    assert "Withdrawn. Mother Center Isperih now says: Active, as seen in 2010." in message


@pytest.mark.parametrize("reason", ["", "   ", "x" * 301])
def test_withdrawal_takes_a_reason(admin_client, center, mistaken, reason):
    address = reverse("admin:centers_statusentry_withdraw", args=[mistaken.pk])
    page = admin_client.post(address, {"reason": reason})
    center.refresh_from_db()

    assert list(page.context["form"].errors) == ["reason"]
    assert center.status == "closed"


def test_withdrawal_is_done_once(admin_client, mistaken, coordinator):
    mistaken.withdraw("It was another center.", by=coordinator)
    address = reverse("admin:centers_statusentry_withdraw", args=[mistaken.pk])
    admin_client.post(address, {"reason": "Another reason"})
    mistaken.refresh_from_db()

    assert mistaken.withdrawal_reason == "It was another center."
    assert "It is withdrawn already." in admin_client.get(address).content.decode()


def test_log_is_not_edited(admin_client, mistaken):
    change_page = reverse("admin:centers_statusentry_change", args=[mistaken.pk])
    page = admin_client.get(change_page)
    data = {"status": "active", "observed": "2016", "note": "changed"}
    answers = [
        admin_client.post(change_page, data),
        admin_client.post(reverse("admin:centers_statusentry_add"), data),
        admin_client.post(
            reverse("admin:centers_statusentry_delete", args=[mistaken.pk]), {"post": "yes"}
        ),
    ]
    mistaken.refresh_from_db()

    assert "Withdraw this statement" in page.content.decode()
    assert 'name="_save"' not in page.content.decode()
    assert [answer.status_code for answer in answers] == [403, 403, 403]
    assert (mistaken.status, mistaken.note) == ("closed", "")


def test_status_is_not_changed_on_the_centers_page(admin_client, center, mistaken):
    change(admin_client, center, name="Renamed", status="active", confirmed_on="2020",
           **{"status_entries-0-status": "active", "status_entries-0-DELETE": "on"})  # fmt: skip
    mistaken.refresh_from_db()

    assert (center.name, center.status, str(center.confirmed_on)) == ("Renamed", "closed", "2016")
    assert (mistaken.status, center.status_entries.count()) == ("closed", 2)


# --- Names and addresses ---------------------------------------------------------------------


def test_renamed_center_is_found_at_once(admin_client, center):
    change(admin_client, center, name="Майчин център Лято")

    assert found("lyato") == ["Майчин център Лято"]


def test_center_is_found_by_another_name_at_once(admin_client, center):
    CenterName.objects.create(center=center, value="Marcin", kind="alias")
    change(admin_client, center, **{
        "names-TOTAL_FORMS": 2, "names-1-center": center.pk, "names-1-value": "Sunflower",
        "names-1-kind": "former", "names-0-DELETE": "on",
    })  # fmt: skip

    assert [name.value for name in center.names.all()] == ["Sunflower"]
    assert (found("sunfl"), found("marcin")) == (["Mother Center Isperih"], [])


def test_center_is_found_by_the_new_name_of_its_organisation(admin_client, center, make):
    host = make(Organisation, slug="host", name="Integro", kind="ngo")
    Affiliation.objects.create(center=center, organisation=host, role="host")
    change(admin_client, host, name="Lantern")

    assert found("lantern") == ["Mother Center Isperih"]
    assert search.disagreements() == []


def test_name_that_moves_to_another_center_is_found_there(admin_client, center, make):
    name = CenterName.objects.create(center=center, value="Marcin", kind="alias")
    other = make(Center, slug="other", name="Other", public_id=PUBLIC_ID)
    search.reindex()
    change(admin_client, name, center=other.pk)

    assert found("marcin") == ["Other"]


def test_hidden_town_is_found_no_more(admin_client, center):
    Center.objects.update(name="Lantern")
    search.reindex()
    assert found("isperih") == ["Lantern"]
    change(admin_client, center, precision="withheld")

    assert found("isperih") == []


def test_former_address_of_a_center_goes_on_working(admin_client, client, center):
    change(admin_client, center, slug="marcin")
    change(admin_client, center, slug="lyato")

    for former in ("isperih", "marcin"):
        assert client.get(f"/centers/{former}/").headers["Location"] == "/centers/lyato/"
    change(admin_client, center, slug="isperih")
    assert client.get("/centers/isperih/").context["center"] == center


@pytest.mark.parametrize(
    ("slug", "reason"),
    [
        ("former", "“former” is the former address of another record."),
        ("taken", "Center with this Page address already exists."),
        ("not a slug", "Enter a valid “slug” consisting of letters, numbers, underscores or "
         "hyphens."),
    ],
)  # fmt: skip
def test_address_of_another_is_refused(admin_client, center, make, slug, reason):
    other = make(Center, slug="taken", public_id=PUBLIC_ID)
    other.former_slugs.create(value="former")
    page = change(admin_client, center, slug=slug)

    assert page.context["adminform"].form.errors == {"slug": [reason]}
    assert center.slug == "isperih"


def test_old_version_is_read_and_put_back_in_the_history_alone(admin_client, center):
    old = center.history.latest()
    change(admin_client, center, name="Lantern", slug="lantern")
    address = reverse("admin:centers_center_simple_history", args=[center.pk, old.pk])
    page = admin_client.get(address)

    answer = admin_client.post(address, Form(page).data)
    center.refresh_from_db()

    assert 'value="Mother Center Isperih"' in page.content.decode()
    assert 'type="submit" value' not in page.content.decode().split('id="content"')[1]
    assert answer.url == reverse("admin:centers_center_history", args=[center.pk])
    said = "Nothing was changed. Use “Put back as it was before” in this list."
    assert message_of(answer, admin_client) == [said]
    assert (center.name, center.history.count()) == ("Lantern", 2)


def test_history_says_who_changed_what(admin_client, center):
    change(admin_client, center, name="Lantern")
    page = admin_client.get(reverse("admin:centers_center_history", args=[center.pk]))
    words = " ".join(re.sub(r"<[^>]+>|&nbsp;", " ", page.content.decode()).split())

    assert "Center changed Name: Mother Center Isperih → Lantern" in words
    assert "by admin" in words


@pytest.mark.parametrize("words", ["беочин", "Beočin", "khetane", "beo"])
def test_search_of_the_admin_finds_all_spellings(admin_client, register, words):
    listed = admin_client.get("/admin/centers/center/", {"q": words}).context["cl"].result_list
    chosen = admin_client.get(
        "/admin/autocomplete/",
        {"term": words, "app_label": "centers", "model_name": "snapshot", "field_name": "center"},
    ).json()

    assert [center.name for center in listed] == ["Open Heart for Beocin"]
    assert [result["text"] for result in chosen["results"]] == ["Open Heart for Beocin"]
