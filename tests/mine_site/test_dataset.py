"""The register as a Dataset of schema.org: every file that it names is there."""

import datetime
import json

import pytest
from django.utils import translation

from centers.models import Center, Country
from centers.structured_data import as_script
from mine_site.dataset import dataset

pytestmark = pytest.mark.django_db

SITE = "https://registry.example.org"


def made(**values):
    values = {"page": "/data/", "package": "/data/register.zip", **values}
    return dataset(absolute=lambda path: SITE + path, **values)


def test_dataset_says_what_it_is_and_how_it_may_be_used(register):
    told = made(modified=datetime.date(2026, 11, 20))

    assert {name: told[name] for name in ("@context", "@type", "name", "license", "url")} == {
        "@context": "https://schema.org",
        "@type": "Dataset",
        "name": "Mother Center Registry",
        "license": "https://creativecommons.org/licenses/by/4.0/",
        "url": f"{SITE}/data/",
    }
    # Search engines want between 50 and 5000 letters.
    assert 50 <= len(told["description"]) <= 5000
    assert told["creator"] == {
        "@type": "Organization", "name": "Mother Center Registry", "url": f"{SITE}/",
    }  # fmt: skip
    assert (told["identifier"], told["dateModified"]) == (f"{SITE}/data/", "2026-11-20")
    assert "Mother Centers" in told["keywords"]


def test_every_file_is_there_and_is_what_it_is_said_to_be(client, register):
    told = made()["distribution"]

    assert [each["name"] for each in told] == [
        "register.zip", "centers.csv", "centers.json", "centers.geojson", "hsds.json",
        "projects.csv", "projects.json",
    ]  # fmt: skip
    assert {each["@type"] for each in told} == {"DataDownload"}
    assert told[0]["contentUrl"] == f"{SITE}/data/register.zip"
    for each in told[1:]:
        answer = client.get(each["contentUrl"].removeprefix(SITE))
        assert answer.status_code == 200
        assert answer.headers["Content-Type"].split(";")[0] == each["encodingFormat"]
    everything = client.get(told[2]["contentUrl"].removeprefix(SITE)).json()["centers"]
    assert len(everything) == Center.objects.published().count()


def test_countries_are_those_of_centers_in_the_readers_words(register):
    Country.objects.get_or_create(code="JP")
    with translation.override("de"):
        told = made(page="/de/data/")

    places = [(place["name"], place["identifier"]) for place in told["spatialCoverage"]]
    assert ("Bulgarien", "BG") in places
    assert "JP" not in dict(map(reversed, places))
    assert len(places) == Center.objects.values("country").distinct().count()
    assert places == sorted(places)
    assert told["inLanguage"] == "de"
    assert told["distribution"][1]["contentUrl"] == f"{SITE}/de/centers.csv?status=all"


def test_dataset_of_an_empty_register_is_told_in_one_query(db, django_assert_num_queries):
    with django_assert_num_queries(1):
        told = made()

    assert "spatialCoverage" not in told
    assert "dateModified" not in told
    assert json.loads(as_script(told)) == told
