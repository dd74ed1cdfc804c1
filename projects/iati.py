"""Projects in the words and codes of IATI 2.03, the standard of development cooperation.

The names of elements and attributes are IATI's; what IATI has no name for begins with
`registry-`. docs/iati.md says what comes from where. A code that the data do not give is null:
nothing is guessed. What an IATI element demands as a day is given only where the day is known;
the date as precise as its source stands beside it.
"""

import json
from collections import defaultdict

from django.conf import settings
from django.db.models import Prefetch
from django.http import HttpResponse

from projects.models import Indicator, Measurement, Participation

VERSION = "2.03"
LICENCE = "https://creativecommons.org/licenses/by/4.0/"

# Codes of IATI's lists, by the list.
PIPELINE, IMPLEMENTATION, CLOSED = "1", "2", "4"  # ActivityStatus
PLANNED_START, ACTUAL_START, PLANNED_END, ACTUAL_END = "1", "2", "3", "4"  # ActivityDateType
FUNDING, ACCOUNTABLE, IMPLEMENTING = "1", "2", "4"  # OrganisationRole
OUTPUT = "1"  # ResultType
UNIT = "1"  # IndicatorMeasure
DESCRIPTIONS = {  # DescriptionType: general, objectives, target groups, other
    "summary": "1", "goal": "2", "who_benefits": "3", "approach": "4", "results": "4",
    "resources": "4",
}  # fmt: skip
ROLES = {
    Participation.Role.LEAD: ACCOUNTABLE,
    Participation.Role.PARTNER: IMPLEMENTING,
    Participation.Role.HOST: IMPLEMENTING,
    Participation.Role.PARTICIPANT: IMPLEMENTING,
}


def activity_status(project, *, on):
    """The code of the project's ActivityStatus on the day `on`; None where its dates do not tell.

    A project counts as begun from the last day that its start can mean, and as running until the
    first that its end can mean. Without a known end it is never called running or closed.
    """
    if project.end and project.end.latest < on:
        return CLOSED
    if project.start and project.start.earliest > on:
        return PIPELINE
    if project.start and project.end and project.start.latest <= on <= project.end.earliest:
        return IMPLEMENTATION
    return None


def activities(projects, *, on, absolute):
    """A dict for each project of the queryset; `absolute` makes a full address of a path."""
    measurements = Measurement.objects.select_related("source").order_by("period", "key")
    projects = projects.select_related("source", "follows").prefetch_related(
        "texts",
        "countries",
        Prefetch(
            "participations",
            Participation.objects.exclude(center__merged_into__isnull=False).select_related(
                "center", "organisation"
            ),
        ),
        "funding__funder",
        "funding__source",
        Prefetch("indicators", Indicator.objects.order_by("key")),
        "indicators__texts",
        Prefetch("indicators__measurements", measurements),
    )
    for project in projects:
        yield {
            "iati-identifier": _identifier(project),
            "reporting-org": {
                "ref": None,
                "secondary-reporter": True,
                "narrative": _plain(settings.SITE_NAME),
            },
            "title": {"narrative": _narrative(project, "title")},
            "description": _descriptions(project),
            "participating-org": _participants(project, absolute),
            "activity-status": {"code": activity_status(project, on=on)},
            "activity-date": _dates(project, on),
            "recipient-country": [
                {"code": code} for code in sorted(row.pk for row in project.countries.all())
            ],
            "budget": [_budget(row) for row in project.funding.all()],
            "result": [_result(row) for row in project.indicators.all()],
            "registry-kind": project.kind,
            "registry-url": absolute(project.get_absolute_url()),
            "registry-follows": project.follows and _identifier(project.follows),
            "registry-source": _source(project),
        }


def _identifier(project):
    return f"mother-center-registry-{project.key}"


def _plain(text):
    """A narrative of which nobody says in which language it is."""
    return [{"text": str(text)}]


def _narrative(row, field):
    """[{"xml:lang", "text"}] of the row's texts, in every language that has one."""
    texts = sorted(row.texts.all(), key=lambda text: text.language)
    return [
        {"xml:lang": text.language, "text": getattr(text, field)}
        for text in texts
        if getattr(text, field)
    ]


def _descriptions(project):
    told = (
        {"type": code, "narrative": _narrative(project, field), "registry-section": field}
        for field, code in DESCRIPTIONS.items()
    )
    return [each for each in told if each["narrative"]]


def _participants(project, absolute):
    """Who takes part, and who pays; each funder once, however often it pays."""
    funders = {row.funder for row in project.funding.all() if row.funder}
    rows = [
        _organisation(funder, FUNDING, "funder", absolute)
        for funder in sorted(funders, key=lambda each: (each.name, each.slug))
    ]
    taking_part = sorted(
        project.participations.all(), key=lambda row: (ROLES[row.role], row.participant.name)
    )
    return rows + [
        _organisation(row.participant, ROLES[row.role], row.role, absolute)
        | {"registry-from": _iso(row.began), "registry-to": _iso(row.ended)}
        for row in taking_part
    ]


def _organisation(row, role, word, absolute):
    path = getattr(row, "permanent_path", None) or row.get_absolute_url()
    return {
        "role": role,
        "ref": None,
        "narrative": _plain(row.name),
        "registry-role": word,
        "registry-url": absolute(path),
    }


def _dates(project, on):
    """Start and end as far as they are known: planned where they may lie ahead, else actual."""
    ends = [
        (project.start, PLANNED_START, ACTUAL_START),
        (project.end, PLANNED_END, ACTUAL_END),
    ]
    return [
        {"type": actual if date.latest <= on else planned} | _date(date)
        for date, planned, actual in ends
        if date
    ]


def _date(date):
    """The date as IATI wants it, where its day is known, and as precise as its source."""
    return {"iso-date": _iso(date) if date and date.day else None, "registry-date": _iso(date)}


def _iso(date):
    return None if date is None else str(date)


def _budget(funding):
    """Money as it is known. Nobody says whether it was promised or paid; nothing is added up."""
    return {
        "period-start": _date(funding.began),
        "period-end": _date(funding.ended),
        "value": {
            "text": _number(funding.amount),
            "currency": funding.currency or None,
            "value-date": None,
        },
        "registry-funder": funding.funder and funding.funder.name,
        "registry-programme": funding.programme or None,
        "registry-note": funding.note or None,
        "registry-source": _source(funding),
    }


def _result(indicator):
    """One thing that was counted: a result with one indicator, its figures by period."""
    kinds = defaultdict(list)
    for row in indicator.measurements.all():
        kinds[row.kind].append(row)
    periods = defaultdict(lambda: {"target": [], "actual": []})
    for kind in ("target", "actual"):
        for row in kinds[kind]:
            periods[row.period][kind].append(_figure(row))
    title = {"narrative": _narrative(indicator, "name")}
    return {
        "type": OUTPUT,
        "title": title,
        "indicator": [
            {
                "measure": UNIT,
                "ascending": None,
                "title": title,
                "baseline": [
                    {"year": row.period and row.period.year}
                    | _date(row.period)
                    | _figure(row)
                    for row in kinds["baseline"]
                ],
                "period": [
                    {
                        "period-start": {"iso-date": _date(period)["iso-date"]},
                        "period-end": {"iso-date": _date(period)["iso-date"]},
                        "registry-period": _iso(period),
                    }
                    | figures
                    for period, figures in sorted(
                        periods.items(), key=lambda item: (item[0] is None, str(item[0]))
                    )
                ],
                "registry-unit": _narrative(indicator, "unit"),
                "registry-adds-up": indicator.adds_up,
                "registry-stated-total": _number(indicator.stated_total),
            }
        ],
    }  # fmt: skip


def _figure(measurement):
    return {"value": _number(measurement.value), "registry-source": _source(measurement)}


def _number(value):
    """A decimal as JSON writes it: whole, where it is whole."""
    if value is None:
        return None
    return int(value) if value == value.to_integral_value() else float(value)


def _source(row):
    if row.source is None:
        return None
    source = row.source
    return {
        "title": source.title,
        "author": source.author or None,
        "date": _iso(source.date),
        "url": source.url or None,
        "page": row.source_page or None,
    }


def as_file(rows):
    body = {
        "iati-activities": {"version": VERSION, "license": LICENCE, "iati-activity": list(rows)}
    }
    return HttpResponse(
        json.dumps(body, ensure_ascii=False, indent=1),
        content_type="application/json",
        headers={"Content-Disposition": 'inline; filename="projects.json"'},
    )
