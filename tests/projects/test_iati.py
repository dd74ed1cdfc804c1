"""Projects in the words of IATI 2.03: known facts in its codes, and nothing guessed."""

import datetime
import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from centers.dates import PartialDate
from centers.models import Center, Organisation
from projects.iati import activities, activity_status
from projects.models import (
    Funding,
    Indicator,
    IndicatorText,
    Measurement,
    Participation,
    Project,
    ProjectText,
)

pytestmark = pytest.mark.django_db

ON = datetime.date(2026, 7, 1)


def activities_of(client, query=""):
    body = json.loads(client.get(f"/projects.json{query}").content)["iati-activities"]
    assert body["version"] == "2.03"
    return body["iati-activity"]


def activity_of(client, slug):
    [found] = [
        each
        for each in activities_of(client)
        if each["registry-url"] == f"http://testserver/projects/{slug}/"
    ]
    return found


def text_of(element, language=None):
    return next(
        each["text"]
        for each in element["narrative"]
        if language is None or each["xml:lang"] == language
    )


@pytest.mark.parametrize(
    ("start", "end", "code"),
    [
        ("2020", "2025", "4"),
        ("2020", "2026-06-30", "4"),
        (None, "2025", "4"),
        ("2020", "2026-07-01", "2"),
        ("2020", "2027", "2"),
        ("2026-07-01", "2026-07", "2"),  # it has not ended before today, on any reading
        ("2020", "2026", None),
        ("2026", "2027", None),  # it may have begun
        ("2026-07-02", "2027", "1"),
        ("2027", None, "1"),
        ("2006", None, None),
        (None, "2027", None),
        (None, None, None),
    ],
)
def test_status_is_told_where_the_dates_tell_it_and_not_guessed(start, end, code):
    project = Project(start=PartialDate.of(start), end=PartialDate.of(end))

    assert activity_status(project, on=ON) == code


def test_series_of_the_danish_project_is_told_by_year_with_its_source(client, register):
    danish = activity_of(client, "neighbourhood-mothers")
    [women] = [
        each["indicator"][0]
        for each in danish["result"]
        if text_of(each["title"], "en") == "Women educated as neighbourhood mothers"
    ]

    actual = {
        period["registry-period"]: [figure["value"] for figure in period["actual"]]
        for period in women["period"]
    }
    assert actual == {"2008": [9], "2009": [19], "2010": [15], "2011": [66], "2012": [138]}
    assert sum(value for [value] in actual.values()) == women["registry-stated-total"] == 247
    assert (women["measure"], women["ascending"], women["registry-adds-up"]) == ("1", None, True)
    assert text_of({"narrative": women["registry-unit"]}, "en") == "women"
    assert women["period"][0]["period-start"] == {"iso-date": None}
    source = women["period"][0]["actual"][0]["registry-source"]
    assert (source["title"], source["page"]) == (
        "Evaluation of the neighbourhood mothers, 2012", "24",
    )  # fmt: skip


def test_money_is_told_by_currency_and_never_added(client, register):
    budgets = {
        each["registry-url"].split("/")[-2]: [
            (row["value"]["text"], row["value"]["currency"]) for row in each["budget"]
        ]
        for each in activities_of(client)
    }

    assert budgets["lets-build-bridges"] == [(60000, "EUR")]
    assert sorted(budgets["neighbourhood-mothers"], key=str) == [
        (12000000, "DKK"), (None, "DKK"), (None, "DKK"), (None, "DKK"),
    ]  # fmt: skip
    assert budgets["roma-mother-centers"] == []
    assert "12060000" not in client.get("/projects.json").content.decode()
    assert not any("transaction" in each for each in activities_of(client))


def test_dates_are_days_only_where_the_day_is_known(client, register):
    assert activity_of(client, "lets-build-bridges")["activity-date"] == [
        {"type": "2", "iso-date": "2020-12-15", "registry-date": "2020-12-15"},
        {"type": "4", "iso-date": "2022-12-31", "registry-date": "2022-12-31"},
    ]
    assert activity_of(client, "roma-mother-centers")["activity-date"] == [
        {"type": "2", "iso-date": None, "registry-date": "2006"}
    ]
    assert activity_of(client, "sustainable-space")["activity-date"] == []


def test_dates_that_may_lie_ahead_are_planned_ones(make):
    make(Project, slug="next", start="2026", end="2027-03-01")

    [told] = activities(Project.objects.all(), on=ON, absolute=str)

    assert [date["type"] for date in told["activity-date"]] == ["1", "3"]


def test_statuses_of_the_register(client, register):
    assert {
        each["iati-identifier"]: each["activity-status"]["code"] for each in activities_of(client)
    } == {
        "mother-center-registry-lets-build-bridges": "4",
        "mother-center-registry-neighbourhood-mothers": None,
        "mother-center-registry-roma-mother-centers": None,
        "mother-center-registry-sustainable-space": None,
    }


def test_who_pays_leads_and_works_is_told_by_role(client, make, center):
    project = make(Project, slug="work", start=None, end=None)
    ProjectText.objects.create(project=project, language="en", title="Work", goal="Rooms")
    ProjectText.objects.create(project=project, language="da", title="Arbejde")
    funder, lead, host, partner = (
        make(Organisation, slug=slug, name=slug.capitalize())
        for slug in ("funder", "lead", "host", "partner")
    )
    for amount in (1, None):
        Funding.objects.create(project=project, funder=funder, amount=amount, currency="EUR")
    for organisation in (lead, host, partner):
        Participation.objects.create(
            project=project, organisation=organisation, role=organisation.slug
        )
    Participation.objects.create(project=project, center=center, role="participant", began="2006")
    merged = Center.objects.create(
        name="Double", slug="double", country_id="BG", merged_into=center
    )
    Participation.objects.create(project=project, center=merged, role="participant")

    [told] = activities_of(client)

    assert [
        (each["role"], each["registry-role"], text_of(each)) for each in told["participating-org"]
    ] == [
        ("1", "funder", "Funder"),
        ("2", "lead", "Lead"),
        ("4", "host", "Host"),
        ("4", "participant", "Mother Center Isperih"),
        ("4", "partner", "Partner"),
    ]
    assert told["participating-org"][3]["registry-url"] == (
        f"http://testserver/id/{center.public_id}/"
    )
    assert told["participating-org"][3]["registry-from"] == "2006"
    assert {each["xml:lang"]: each["text"] for each in told["title"]["narrative"]} == {
        "da": "Arbejde", "en": "Work",
    }  # fmt: skip
    assert [(each["type"], text_of(each, "en")) for each in told["description"]] == [("2", "Rooms")]


def test_baseline_target_and_actual_of_one_period_stand_together(client, make):
    indicator = make(Indicator, project=make(Project, slug="work"))
    IndicatorText.objects.create(indicator=indicator, language="en", name="Women", unit="women")
    for kind, period, value in [
        ("baseline", "2007-12-31", 0), ("target", "2008", 10), ("actual", "2008", "7.5"),
        ("target", None, 3),
    ]:  # fmt: skip
        Measurement.objects.create(indicator=indicator, kind=kind, period=period, value=value)

    [told] = activities_of(client)
    [result] = told["result"]
    [women] = result["indicator"]

    assert result["type"] == "1"
    [baseline] = women["baseline"]
    assert (baseline["year"], baseline["iso-date"], baseline["value"]) == (2007, "2007-12-31", 0)
    assert [
        (
            period["registry-period"],
            [each["value"] for each in period["target"]],
            [each["value"] for each in period["actual"]],
        )
        for period in women["period"]
    ] == [("2008", [10], [7.5]), (None, [3], [])]


@pytest.mark.parametrize("query", ["", "country=RS&sort=title", "run=completed", "q=bydel"])
def test_file_holds_the_projects_of_the_list(client, register, query):
    listed = client.get(f"/projects/?{query}").context["page"]

    assert [each["registry-url"].split("/")[-2] for each in activities_of(client, f"?{query}")] == [
        project.slug for project in listed
    ]


def test_nonsense_is_refused_in_words(client, register):
    answer = client.get("/projects.json?country=XX")

    assert answer.status_code == 400
    assert "“XX” is not a choice under “Country”" in answer.content.decode()


def test_queries_are_as_many_for_thirty_projects_as_for_one(client, make, center, register):
    def one(number):
        project = make(Project, slug=f"p{number}")
        project.countries.add("BG")
        ProjectText.objects.create(project=project, language="en", title=f"P {number}")
        Participation.objects.create(project=project, center=center, role="participant")
        network = make(Organisation, slug=f"o{number}", name=f"O {number}")
        Participation.objects.create(project=project, organisation=network, role="lead")
        make(Funding, project=project, funder=network, programme="P", amount=None, currency="")
        indicator = make(Indicator, project=project)
        IndicatorText.objects.create(indicator=indicator, language="en", name="Women")
        make(Measurement, indicator=indicator, kind="actual", period="2008", value=1)

    def queries():
        with CaptureQueriesContext(connection) as told:
            found = activities_of(client, "?kind=pilot")
        return len(found), len(told)

    few, number = queries()
    for each in range(30):
        one(each)
    Project.objects.filter(slug__startswith="p").update(kind="pilot")

    assert queries() == (few + 30, number)
