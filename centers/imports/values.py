"""Reads the cells of a row: what they say of a center, or why they cannot be understood."""

import re
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from centers.dates import PartialDate
from centers.folding import light
from centers.imports import columns, words
from centers.models import (
    BY_IMPORT,
    RECORDABLE,
    Center,
    CenterName,
    ExternalIdentifier,
    NameKind,
    Snapshot,
    Status,
    StatusEntry,
)
from centers.models.statements import causes_by_slug, statement
from centers.public_ids import is_public_id
from centers.written_dates import readings

TEXTS = [
    "name", "place", "address", "phone", "email", "website", "opening_hours", "community",
]  # fmt: skip
FIGURES = ["core_group", "visitors", "children"]
# What people write into a cell that they leave empty.
_NOTHING = {"", "-", "–", "—", "--", "---", "?", "/", "n/a", "N/A", "k.A.", "k. A.", "."}
_MIDNIGHT = re.compile(r"[ T]00:00(:00(\.0+)?)?Z?\Z")
_SIX_PLACES = Decimal("0.000001")
_DEGREES = re.compile(
    r"""\s*(?P<before>[NSEWOVJZ])?\s*
        (?P<sign>[-+−]?)\s*(?P<degrees>\d{1,3}(?:[.,]\d+)?)\s*(?:[°ºo*\ufffd]|deg)?\s*
        (?:(?P<minutes>\d{1,2}(?:[.,]\d+)?)\s*['’′`´]\s*)?
        (?:(?P<seconds>\d{1,2}(?:[.,]\d+)?)\s*(?:["”“″]|''|’’|′′)\s*)?
        (?P<after>[NSEWOVJZ])?\s*""",
    re.VERBOSE | re.IGNORECASE,
)
# South and west in English, German (Ost is O), Czech and Slovak (jih, juh; západ; V is east).
_NEGATIVE = set("SWJZ")
_MONEY = re.compile(
    r"(?P<before>\D*?)\s*(?P<number>\d[\d\s.,'’\u00a0]*?)\s*(?P<after>[^\d\s.,].*)?"
)


@dataclass(frozen=True)
class Setting:
    """What holds for all rows of a file."""

    country: str = ""
    observed: PartialDate | None = None
    has_network: bool = False
    countries: frozenset = frozenset()  # codes that the register has
    causes: dict = field(default_factory=dict)  # {folded name or slug: slug}


class _Unreadable(Exception):
    """A cell that cannot be understood; the message says why."""


def read_row(cells, mapping, setting):
    """(values, problems) of a row.

    `cells` is {header: text}, `mapping` {header: target}. `values` can be written as JSON:
    `fields` of the center, further `names`, `identifier`, `public_id`, `status`, `figures`, and
    the `note` for what the registry does not know. `problems` are pairs of header and reason.
    """
    told, header_of, note = {}, {}, {}
    for header, target in mapping.items():
        text = cells.get(header, "")
        if text.strip() in _NOTHING:
            continue
        if target == columns.NOTE:
            note[header] = text
        elif target in columns.FACTS:
            told[target], header_of[target] = " ".join(text.split()), header
    values = {
        "fields": {}, "names": [], "identifier": "", "public_id": "", "status": None,
        "figures": {}, "note": note,
    }  # fmt: skip
    problems = []
    for step in (_texts, _names, _keys, _country, _point, _founded, _languages, _status, _figures):
        for target, reason in step(told, setting, values):
            problems.append([header_of.get(target, ""), str(reason)])
    return values, problems


def _cleaned(model, name, value):
    """The value as the model's field takes it; raises `_Unreadable`."""
    try:
        return model._meta.get_field(name).clean(value, None)
    except ValidationError as error:
        raise _Unreadable(" ".join(error.messages)) from None


def _texts(told, setting, values):
    for name in TEXTS:
        if name in told:
            text = told[name]
            if name == "website" and not re.match(r"\w+://", text):
                text = f"https://{text}"
            if name == "email":
                text = re.sub(r"^mailto:", "", text, flags=re.IGNORECASE)
            try:
                values["fields"][name] = _cleaned(Center, name, text)
            except _Unreadable as error:
                yield name, error


def _names(told, setting, values):
    for target, kind in [("native_name", NameKind.NATIVE), ("former_name", NameKind.FORMER)]:
        for text in told.get(target, "").split(";"):
            if text := text.strip():
                try:
                    values["names"].append([_cleaned(CenterName, "value", text), kind.value])
                except _Unreadable as error:
                    yield target, error


def _keys(told, setting, values):
    if "public_id" in told:
        text = told["public_id"].lower()
        if is_public_id(text):
            values["public_id"] = text
        else:
            yield "public_id", _("“%s” is mistyped: the last sign checks the others.") % text[:20]
    if "identifier" in told:
        if not setting.has_network:
            yield "identifier", _("Say in the first step whose list this is.")
        try:
            values["identifier"] = _cleaned(ExternalIdentifier, "value", told["identifier"])
        except _Unreadable as error:
            yield "identifier", error


def _country(told, setting, values):
    if "country" not in told:
        if setting.country:
            values["fields"]["country"] = setting.country
        return
    code = words.country_of(told["country"])
    if code is None:
        yield "country", _("“%s” is no country that the registry knows.") % told["country"][:60]
    elif code not in setting.countries:
        yield (
            "country",
            _("The register has no page for %s yet. A lead coordinator can add the country.")
            % told["country"][:60],
        )
    else:
        values["fields"]["country"] = code


def _point(told, setting, values):
    try:
        if "coordinates" in told:
            target = "coordinates"
            latitude, longitude = _both(told["coordinates"])
        elif "latitude" in told or "longitude" in told:
            target = "longitude" if "longitude" in told else "latitude"
            if "latitude" not in told or "longitude" not in told:
                raise _Unreadable(_("Latitude and longitude go together."))
            latitude, longitude = _degrees(told["latitude"]), _degrees(told["longitude"])
        else:
            return
        if abs(latitude) > 90 or abs(longitude) > 180:
            raise _Unreadable(_("This point is not on the earth."))
        if latitude == longitude == 0:
            raise _Unreadable(_("0, 0 is a point in the ocean. Leave both empty."))
    except _Unreadable as error:
        yield target, error
        return
    values["fields"] |= {"latitude": str(latitude), "longitude": str(longitude)}


def _both(text):
    """Latitude and longitude in one cell: “48.1, 17.1”, “48,1; 17,1”, “48°8'37"N 17°6'12"E”."""
    found = []
    for separator in (r"\s*;\s*", r"\s*,\s+", r"\s*\|\s*", r"(?<=[NS])[\s,]*", r"\s+", r"\s*,\s*"):
        parts = re.split(separator, text.strip(" ()"))
        if len(parts) == 2:
            try:
                found = [_degrees(part) for part in parts]
            except _Unreadable:
                continue
            return found
    raise _Unreadable(
        _("“%s” is not a point: write latitude and longitude, such as 48.1486, 17.1077.")
        % text[:60]
    )


def _degrees(text):
    match = _DEGREES.fullmatch(text)
    if match is None:
        raise _Unreadable(_("“%s” is not a number of degrees, such as 48.1486.") % text[:40])
    degrees, minutes, seconds = (
        Decimal((match[part] or "0").replace(",", "."))
        for part in ("degrees", "minutes", "seconds")
    )
    if minutes >= 60 or seconds >= 60:
        raise _Unreadable(_("“%s” is not a number of degrees, such as 48.1486.") % text[:40])
    value = degrees + minutes / 60 + seconds / 3600
    side = (match["before"] or match["after"] or "").upper()
    if match["sign"] in ("-", "−") or side in _NEGATIVE:
        value = -value
    return value.quantize(_SIX_PLACES, ROUND_HALF_UP)


def _date(text):
    """The one date that the text can mean; raises `_Unreadable` with the readings for more."""
    text = _MIDNIGHT.sub("", text)
    try:
        return PartialDate.parse(text)
    except ValueError:
        pass
    try:
        found = readings(text)
    except ValueError as error:
        raise _Unreadable(str(error)) from None
    if len(found) != 1:
        told = _(" or ").join(f"{date.in_words()} ({date})" for date in found)
        raise _Unreadable(
            _("“%(text)s” can mean %(readings)s. Write the one in brackets.")
            % {"text": text, "readings": told}
        )
    return found[0]


def _founded(told, setting, values):
    if "founded" in told:
        try:
            values["fields"]["founded"] = str(_date(told["founded"]))
        except _Unreadable as error:
            yield "founded", error


def _languages(told, setting, values):
    if "languages" not in told:
        return
    codes = []
    text = told["languages"]
    parts = re.split(r"[,;/+&]| and | und | a | és | и ", text)
    if len(parts) == 1 and all(words.language_of(part) for part in text.split()):
        parts = text.split()
    for part in parts:
        if part.strip():
            code = words.language_of(part)
            if code is None:
                yield (
                    "languages",
                    _("“%s” is no language that the registry knows. Write codes, such as bg tr.")
                    % part.strip()[:40],
                )
                return
            codes.append(code)
    try:
        languages = " ".join(dict.fromkeys(codes))
        values["fields"]["languages"] = _cleaned(Center, "languages", languages)
    except _Unreadable as error:
        yield "languages", error


def _status(told, setting, values):
    if "status" not in told:
        for target in ("since", "causes"):
            if target in told:
                yield target, _("This needs a status beside it.")
        return
    status = words.status_of(told["status"])
    if status == Status.UNKNOWN:
        return
    if status is None:
        labels = ", ".join(str(label) for _value, label in RECORDABLE)
        yield (
            "status",
            _("“%(text)s” is no status that the registry knows. Write one of: %(statuses)s.")
            % {"text": told["status"][:60], "statuses": labels},
        )
        return
    problems = 0
    dates = {"observed": setting.observed, "since": None}
    for target in dates:
        if target in told:
            try:
                dates[target] = _date(told[target])
            except _Unreadable as error:
                problems += 1
                yield target, error
    causes = []
    for part in re.split(r"[,;/]", told.get("causes", "")):
        if part := part.strip():
            slug = setting.causes.get(light(part))
            if slug is None:
                problems += 1
                yield "causes", _("“%s” is no cause that the registry knows.") % part[:60]
            elif slug not in causes:
                causes.append(slug)
    if problems:
        return
    said = {
        "status": status,
        "observed": dates["observed"] and str(dates["observed"]),
        "since": dates["since"] and str(dates["since"]),
        "causes": sorted(causes),
        "according_to": told.get("according_to", ""),
    }
    try:
        statement(Center(), **said, by=BY_IMPORT)
        causes_by_slug([(slug, "") for slug in causes], set(setting.causes.values()))
        StatusEntry._meta.get_field("according_to").clean(said["according_to"], None)
    except ValidationError as error:
        if hasattr(error, "error_dict"):
            for target, reasons in error.message_dict.items():
                yield target if target in told else "status", " ".join(reasons)
        else:
            yield "according_to", " ".join(error.messages)
        return
    values["status"] = said


def _figures(told, setting, values):
    figures, as_of = {}, setting.observed
    for name in FIGURES:
        if name in told:
            text = re.sub(r"[\s\u00a0'’]", "", told[name])
            if not (text.isascii() and text.isdecimal()):
                yield name, _("“%s” is not a whole number.") % told[name][:40]
                continue
            try:
                figures[name] = _cleaned(Snapshot, name, int(text[:20]))
            except _Unreadable as error:
                yield name, error
    if "premises" in told:
        whose = words.premises_of(told["premises"])
        if whose is None:
            try:
                figures["premises_note"] = _cleaned(Snapshot, "premises_note", told["premises"])
            except _Unreadable as error:
                yield "premises", error
        else:
            figures["premises"] = whose
    if "rent" in told:
        try:
            figures["monthly_rent"], figures["currency"] = _money(told["rent"])
        except _Unreadable as error:
            yield "rent", error
    if not figures:
        return
    if "observed" in told:
        try:
            as_of = _date(told["observed"])
        except _Unreadable as error:
            if values["status"] is not None or "status" not in told:
                yield "observed", error
            return
    values["figures"] = figures | {"as_of": as_of and str(as_of)}


def _money(text):
    """(amount, currency) of “250 EUR”, “€ 1.250,50” or “5 000 Kč”."""
    match = _MONEY.fullmatch(text)
    if match is None:
        raise _Unreadable(_("“%s” is not a sum of money, such as 250 EUR.") % text[:40])
    currency = words.currency_of(match["before"] or match["after"] or "")
    if currency is None:
        raise _Unreadable(_("A rent needs its currency, such as 250 EUR."))
    number = re.sub(r"[\s\u00a0'’]", "", match["number"])
    # The last of two different signs, or one before one or two digits, divides the decimals.
    whole, decimals = number, ""
    if split := re.fullmatch(r"(.*)[.,](\d{1,2})", number):
        whole, decimals = split[1], split[2]
    digits = re.sub(r"[.,]", "", whole)
    try:
        amount = Decimal(f"{digits}.{decimals or 0}").quantize(Decimal("0.01"))
        _cleaned(Snapshot, "monthly_rent", amount)
    except InvalidOperation:
        raise _Unreadable(_("“%s” is not a sum of money, such as 250 EUR.") % text[:40]) from None
    return str(amount), currency
