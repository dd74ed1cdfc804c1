"""Centers in the words of HSDS 3.1, judged by its own schema."""

import datetime
import json
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from jsonschema import Draft202012Validator, FormatChecker

from centers.hsds import identifier
from centers.models import Affiliation, Center, CenterName, CenterText, Contact, Offer, OfferText
from centers.models.status import Status

pytestmark = pytest.mark.django_db

SCHEMA = json.loads(
    (Path(__file__).parent.parent / "hsds" / "service_with_definitions.json").read_text()
)
SERVICE = Draft202012Validator(SCHEMA, format_checker=FormatChecker())


def page_of(client, query=""):
    return json.loads(client.get(f"/data/hsds.json{query}").content)


def only(client):
    [service] = page_of(client)["contents"]
    assert [error.message for error in SERVICE.iter_errors(service)] == []
    return service


def location_of(service):
    [at] = service["service_at_locations"]
    return at["location"]


def attributes_of(row):
    return {each["link_type"]: each["value"] for each in row["attributes"]}


def test_schema_refuses_what_is_wrong():
    wrong = {"id": "no uuid", "name": "A", "status": "open", "organization": {"id": "no"}}

    assert len(list(SERVICE.iter_errors(wrong))) >= 4


def test_whole_register_is_valid_and_nobody_is_missing(client, register):
    page = page_of(client)

    errors = [
        (service["name"], error.json_path, error.message)
        for service in page["contents"]
        for error in SERVICE.iter_errors(service)
    ]
    assert errors == []
    assert [page[name] for name in ("version", "total_items", "total_pages", "size", "empty")] == [
        "3.1", 17, 1, 17, False,
    ]  # fmt: skip
    assert {each["id"] for each in page["contents"]} == {
        identifier("service", center.public_id) for center in Center.objects.published()
    }


def test_center_is_a_service_of_its_own_organization_at_its_place(client, bulgaria):
    center = Center.objects.create(
        public_id="4agnjphy", name="Hope", slug="hope", country=bulgaria, place="Provadia",
        address="Lilac street 7", latitude="43.123456", longitude="27.654321", precision="exact",
        founded="2006-05", languages="bg tr", phone="+359 52 1", email="hope@example.org",
        website="https://hope.example.org/", opening_hours="Mo 9-12", community="Roma families",
    )  # fmt: skip
    CenterName.objects.create(center=center, value="Надежда", kind="native", language="bg")
    CenterName.objects.create(center=center, value="Espoir", kind="alias")
    CenterText.objects.create(center=center, language="en", summary="Short", description="Long.")
    shop = Offer.objects.create(slug="shop")
    OfferText.objects.create(offer=shop, language="en", name="second-hand shop")
    center.offers.add(shop)

    service = only(client)

    assert service["id"] == "40eab668-55fa-5ae7-b7eb-2f5ed02ea0a3"
    assert {
        name: service[name]
        for name in ("name", "alternate_name", "description", "url", "email", "status")
    } == {
        "name": "Hope", "alternate_name": "Espoir; Надежда", "description": "Long.",
        "url": "https://hope.example.org/", "email": "hope@example.org", "status": "inactive",
    }  # fmt: skip
    assert service["additional_urls"][0]["url"] == "http://testserver/id/4agnjphy/"
    assert [phone["number"] for phone in service["phones"]] == ["+359 52 1"]
    assert [(each["code"], each["name"]) for each in service["languages"]] == [
        ("bg", "Bulgarian"), ("tr", "Turkish"),
    ]  # fmt: skip
    assert [each["description"] for each in service["schedules"]] == ["Mo 9-12"]
    assert set(service["schedules"][0]) == {"id", "service_id", "description"}
    assert attributes_of(service) == {
        "status": "unknown", "founded": "2006-05", "community": "Roma families", "offer": "shop",
    }  # fmt: skip
    assert service["attributes"][-1]["label"] == "second-hand shop"

    organization = service["organization"]
    assert service["organization_id"] == organization["id"]
    assert (organization["name"], organization["year_incorporated"]) == ("Hope", 2006)
    assert organization["uri"] == "http://testserver/id/4agnjphy/"
    assert organization["organization_identifiers"][0]["identifier"] == "4agnjphy"

    location = location_of(service)
    assert (location["latitude"], location["longitude"]) == (43.123456, 27.654321)
    [address] = location["addresses"]
    assert {name: address[name] for name in ("address_1", "city", "country", "postal_code")} == {
        "address_1": "Lilac street 7", "city": "Provadia", "country": "BG", "postal_code": "",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("precision", "point", "city"),
    [("town", (43.12, 27.65), "Provadia"), ("withheld", (None, None), "")],
)
def test_place_is_no_finer_than_the_center_allows(client, center, precision, point, city):
    Center.objects.filter(pk=center.pk).update(
        place="Provadia", address="Lilac street 7", precision=precision,
        latitude="43.123456", longitude="27.654321",
    )  # fmt: skip

    service = only(client)
    location = location_of(service)

    assert (location.get("latitude"), location.get("longitude")) == point
    [address] = location["addresses"]
    assert (address["address_1"], address["city"], address["country"]) == ("", city, "BG")
    assert attributes_of(location) == {"precision": precision}
    text = json.dumps(service)
    assert "Lilac" not in text
    assert "43.123" not in text


@pytest.mark.parametrize(
    ("status", "word"),
    [
        ("active", "active"),
        ("low_level", "active"),
        ("paused", "temporarily closed"),
        ("closed", "defunct"),
        ("initiative", "inactive"),
    ],
)
def test_status_is_told_in_their_word_and_in_ours(client, center, coordinator, status, word):
    center.record_status(status, observed="2016-03", since="2015", by=coordinator)

    service = only(client)

    assert service["status"] == word
    told = attributes_of(service)
    assert (told["status"], told["status_since"], told["last_confirmed"]) == (
        status, "2015", "2016-03",
    )  # fmt: skip


def test_unknown_status_is_called_unknown_beside_the_word_that_is_asked_for(client, center):
    service = only(client)

    assert (service["status"], service["alert"]) == ("inactive", "Nobody has recorded how it is.")
    assert attributes_of(service)["status"] == Status.UNKNOWN


@pytest.mark.parametrize(
    ("status", "days", "alert"),
    [
        ("active", 700, None),
        ("active", 740, "Not confirmed for over two years"),
        ("closed", 740, None),
    ],
)
def test_old_news_is_called_old(client, center, coordinator, status, days, alert):
    observed = timezone.localdate() - datetime.timedelta(days)
    center.record_status(status, observed=observed, by=coordinator)

    assert only(client).get("alert") == alert


@pytest.mark.parametrize(
    ("observed", "assured"), [("2016", None), ("2016-03", None), ("2016-03-09", "2016-03-09")]
)
def test_day_of_confirmation_is_given_where_the_day_is_known(
    client, center, coordinator, observed, assured
):
    center.record_status("active", observed=observed, by=coordinator)

    service = only(client)

    assert service.get("assured_date") == assured
    assert "last_modified" not in service


def test_closing_between_two_years_keeps_both(client, center, coordinator):
    center.record_status("active", observed="2010", by=coordinator)
    center.record_status("closed", observed="2016", by=coordinator)

    told = attributes_of(only(client))

    assert (told["status_after"], told["status_by"]) == ("2010", "2016")
    assert "status_since" not in told


def test_every_row_has_an_identifier_of_its_own_that_stays(client, register):
    def identifiers(node):
        if isinstance(node, dict):
            yield from [node["id"]] if "id" in node else []
            node = list(node.values())
        if isinstance(node, list):
            for each in node:
                yield from identifiers(each)

    first, again = (list(identifiers(page_of(client)["contents"])) for _ in range(2))

    assert first == again
    assert len(set(first)) == len(first) > 17 * 5


def test_same_search_as_the_list_but_with_the_closed(client, register):
    bulgarian = page_of(client, "?country=BG")["contents"]
    closed = page_of(client, "?country=BG&status=closed")["contents"]

    assert {each["status"] for each in closed} == {"defunct"}
    assert [each["id"] for each in bulgarian if each["status"] == "defunct"] == [
        each["id"] for each in closed
    ]
    assert len(bulgarian) > len(closed) > 1


def test_nonsense_is_refused_in_words(client, register):
    answer = client.get("/data/hsds.json?country=XX&founded_from=%00")

    assert answer.status_code == 400
    assert "“XX” is not a choice under “Country”" in answer.content.decode()
    assert client.post("/data/hsds.json").status_code == 405


def test_nothing_found_is_an_empty_page(client, center):
    page = page_of(client, "?q=nobody")

    assert (page["total_items"], page["empty"], page["contents"]) == (0, True, [])


def test_queries_are_as_many_for_thirty_centers_as_for_one(client, center, make):
    offer = make(Offer, slug="shop")

    def queries():
        with CaptureQueriesContext(connection) as told:
            client.get("/data/hsds.json")
        return len(told)

    center.offers.add(offer)
    few = queries()
    for number in range(29):
        other = Center.objects.create(name=f"C {number}", slug=f"c{number}", country_id="BG")
        CenterName.objects.create(center=other, value=f"N {number}", kind="alias")
        other.offers.add(offer)
        make(Affiliation, center=other, role="member")
        Contact.objects.create(center=other, name="Anna", email="anna@example.org", consent="yes")

    assert queries() == few
    assert "anna@" not in client.get("/data/hsds.json").content.decode()
