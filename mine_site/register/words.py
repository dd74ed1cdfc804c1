"""What the files of the public package are, and their columns, in plain English.

A column that is not named here is described by its model: its name there and its help text.
"""

TITLE = "The register of Mother Centers"
DESCRIPTION = """\
A Mother Center is a self-run place where mothers meet, help each other and become active. This is \
what the registry of their network knows and may publish: centers, what was said of them and when, \
organisations, projects, and the sources of these facts.

Rows are told apart by permanent keys. `public_id` is a center's permanent identifier; its page is \
found at /id/<public_id> for ever, whatever becomes of the center.

Dates are as precise as their source: 2006, 2015-05 and 2015-05-17 are three different facts. An \
empty cell means that it is not known. The place of a center is published only as precisely as the \
center allows (see `precision`).

A text that a spreadsheet would run as a formula (it begins with =, +, - or @) has an apostrophe \
before it; take the apostrophe away to have the text itself. Numbers are written as they are.

Left out: contact persons, what was reported from outside, the lists that national networks keep, \
photos, and stories, whose authors gave their leave for the site alone. In no file does it say who \
recorded something."""

FILES = {
    "countries": "Countries that have, had, or are said to have Mother Centers.",
    "sources": "The documents that facts come from.",
    "claims": "What somebody says about the number of centers. A claim is not a count.",
    "organisations": "Networks, hosts, funders, public authorities and evaluators.",
    "organisation_names": "Other names of organisations.",
    "organisation_texts": "What organisations are and do, a row for each language.",
    "organisation_former_slugs": "Page addresses that organisations had before.",
    "awards": "Awards that organisations received.",
    "causes": "Reasons why centers struggle, pause or close.",
    "cause_texts": "Names of causes, a row for each language.",
    "offers": "What centers can offer.",
    "offer_texts": "Names of offers, a row for each language.",
    "centers": (
        "The centers, those too that closed. How a center is stands in status_entries: it is "
        "derived from what was said of it. Of a center that was merged into another one "
        "(center_merges) only its identity is here."
    ),
    "center_names": "Other names of centers: in their own language, other spellings, former ones.",
    "center_texts": "Summaries and descriptions of centers, a row for each language.",
    "center_former_slugs": "Page addresses that centers had before.",
    "affiliations": "Which center is a member of which organisation, or hosted by it.",
    "snapshots": "What was so in a center at a date: people, premises, rent.",
    "status_entries": (
        "Statements on how a center was, never overwritten. A further one with the same status "
        "confirms it. The status observed last is the present one; withdrawn statements count no "
        "more, and stay to be read."
    ),
    "center_links": "Ties between centers: one helped another to start, followed it, is a branch.",
    "center_merges": "Centers that were recorded twice, and the one that stays.",
    "projects": "Projects of the network, and good practice elsewhere.",
    "project_texts": "What projects are, a row for each language.",
    "project_former_slugs": "Page addresses that projects had before.",
    "project_sequence": "Which project followed which.",
    "participations": "Centers and organisations that took part in projects, and as what.",
    "funding": "Money for projects. Amounts in different currencies cannot be added.",
    "events": "Meetings, conferences and trainings.",
    "event_texts": "Titles and notes of events, a row for each language.",
    "indicators": "What projects count.",
    "indicator_texts": "Names and units of indicators, a row for each language.",
    "measurements": "Figures of indicators: baseline, target and actual.",
    "evaluations": "Evaluations of projects, and the network's own reviews.",
    "documents": "Papers of projects, at their addresses on the web.",
    "lessons": "What projects taught.",
}

_BLANKS = "Several, with blanks between."
# By column, or by file and column.
COLUMNS = {
    "key": "Permanent key of the row.",
    "slug": "The last part of the page's address. It may change; former ones redirect.",
    "value": "The former page address, which redirects to the present one.",
    "language": "Code of the language (BCP 47), such as en, bg or sr-Latn.",
    "source": "Key of the source that says so.",
    "source_page": "Where in the source: page, or place of a recording.",
    "center": "Permanent identifier of the center.",
    "organisation": "Key of the organisation.",
    "project": "Key of the project.",
    "country": "Code of the country (ISO 3166-1 alpha-2, and XK).",
    "name": "The name, as it is written.",
    "title": "The title, as it is written.",
    "kind": "What kind it is, one of the values listed here.",
    "role": "In which role, one of the values listed here.",
    "date": "Date as precise as its source: 2006, 2006-05 or 2006-05-17.",
    "note": "What else there is to say.",
    "summary": "What it is, in a few sentences.",
    "website": "Address of its website.",
    "url": "Its address on the web.",
    "currency": "Currency as three letters (ISO 4217), such as EUR.",
    "as_of": "When it was so: 2006, 2006-05 or 2006-05-17. Empty: the source gives no date.",
    "began": "From when. Empty: not known.",
    "ended": "Until when. Empty: not known, or still so.",
    "causes.slug": "Permanent key of the cause.",
    "offers.slug": "Permanent key of the offer.",
    "sources.slug": "Permanent key of the source.",
    "causes.group": "What the cause has to do with.",
    "cause_texts.cause": "Key of the cause.",
    "offer_texts.offer": "Key of the offer.",
    "countries.region": "The part of the world, as this register groups countries.",
    "sources.note": "What the source is, and how far it can be relied on.",
    "claims.claimant": "Who says so.",
    "claims.centers": "The number of centers that is claimed; empty: only that there are some.",
    "claims.countries": "The number of countries; only in claims on the whole network.",
    "organisations.place": "Town; empty where it is not known.",
    "claims.country": "Code of the country; empty: the whole network.",
    "organisation_names.value": "The other name.",
    "center_names.value": "The other name.",
    "centers.public_id": "The permanent identifier: /id/<public_id> leads to the page for ever.",
    "centers.place": "Town; empty where it is not known or withheld.",
    "centers.address": "Street and number; only where precision is exact.",
    "centers.latitude": (
        "Degrees north (WGS 84). With precision district or town rounded to 0.01 degrees, about "
        "a kilometer; withheld: empty."
    ),
    "centers.longitude": "Degrees east (WGS 84), rounded like the latitude.",
    "centers.precision": "How precisely the center wants its place to be published.",
    "centers.phone": "The telephone number that the center wants to be reached by.",
    "centers.email": "The mail address that the center wants to be reached by.",
    "centers.languages": f"Languages spoken there, as codes. {_BLANKS}",
    "centers.offers": f"Keys of what it offers. {_BLANKS}",
    "snapshots.core_group": "How many women carry the center.",
    "snapshots.visitors": "How many come, as the source counts them.",
    "snapshots.children": "How many children come, as the source counts them.",
    "snapshots.premises": "Whose the rooms are: its own, the municipality's, rented, a host's.",
    "snapshots.monthly_rent": "Rent a month, in the currency named beside it.",
    "status_entries.status": "How the center was when it was observed.",
    "status_entries.causes": (
        "Keys of causes, with blanks between; :main or :contributing behind where the source "
        "says how much it weighed."
    ),
    "status_entries.according_to": "Who says so.",
    "status_entries.note": "In the words of who recorded it; empty too where it was redacted.",
    "status_entries.via": "“center” where the center itself said so; else empty.",
    "status_entries.recorded_at": "When the statement came into the register (UTC).",
    "status_entries.withdrawn_at": "When it was taken back (UTC); empty: it stands.",
    "status_entries.note_redacted_at": "When the note was emptied to protect a person (UTC).",
    "center_links.kind": "What the center is to the other one.",
    "center_links.other": "Permanent identifier of the other center.",
    "center_merges.public_id": "The center that was recorded twice.",
    "center_merges.merged_into": "The center that stays.",
    "projects.countries": f"Codes of countries. {_BLANKS}",
    "project_sequence.key": "The later project.",
    "project_sequence.follows": "The project that it follows.",
    "projects.start": "When it began: 2006, 2006-05 or 2006-05-17. Empty: not known.",
    "participations.center": "The center that took part; empty where an organisation did.",
    "participations.organisation": "The organisation that took part; empty where a center did.",
    "funding.funder": "Key of the organisation that gave it; empty where it is not known.",
    "events.start": "Its day, or its first one, as precise as known.",
    "events.end": "Its last day; empty where it took one day, or the last is not known.",
    "events.place": "Town where it was held.",
    "events.is_online": "Whether it was held online.",
    "events.recording_url": "Address of a recording.",
    "measurements.period": "The year, month or day of the figure. Empty: not known.",
    "indicator_texts.unit": "What is counted, such as women or visits.",
    "evaluations.method": "How it was done.",
    "evaluations.findings": "What it found.",
    "evaluations.evaluator": "Key of the organisation that evaluated.",
    "evaluations.recommendations": "Recommendations, one on each line.",
    "organisation_texts.activities": "Activities, one on each line.",
    "event_texts.event": "Key of the event.",
    "indicator_texts.indicator": "Key of the indicator.",
    "measurements.indicator": "Key of the indicator.",
    "measurements.value": "The figure.",
    "lessons.causes": f"Keys of causes that it speaks of. {_BLANKS}",
    "lessons.themes": f"Themes: networking, space, money, skills, people, inclusion. {_BLANKS}",
    "lessons.center": "Permanent identifier of the center that it speaks of.",
}
