"""Dates, statuses and names for templates; loaded everywhere (settings: builtins)."""

from urllib.parse import urlsplit

from babel.numbers import format_decimal, format_percent
from django import template
from django.template.defaultfilters import linebreaks_filter
from django.utils import timezone
from django.utils.html import conditional_escape, format_html
from django.utils.translation import get_language, gettext, ngettext

from centers import phrases
from centers.dates import babel_locale
from centers.gazetteer import town_for_reader
from centers.models import STATUS_EXPLANATIONS, Status, country_name
from centers.models.base import TextInLanguage, language_name
from centers.models.organisations import NameKind
from centers.statistics.survival import DAYS_A_YEAR

register = template.Library()
# Not “language_name”: the i18n library has one of that name, which knows English alone.
register.filter("name_of_language", language_name)


@register.filter
def in_words(date):
    """A `PartialDate` in the reader's language: “May 2015”; empty for None."""
    return "" if date is None else date.in_words()


@register.filter
def when(date):
    """“in May 2015”, “on May 17, 2015”."""
    return phrases.when(date)


def foreign_language(text):
    """The language of a `TextInLanguage` where it is not the reader's; else empty."""
    language = getattr(text, "language", "")
    return "" if language.split("-")[0] == (get_language() or "en").split("-")[0] else language


@register.filter
def in_its_language(text):
    """A text of the register, marked with its language where that is not the reader's.

    For the text in a line; `paragraphs` for longer ones, `language_mark` for what is seen.
    """
    language = foreign_language(text)
    if not language:
        return "" if text is None else conditional_escape(text)
    return format_html('<span lang="{}">{}</span>', language, text)


@register.simple_tag
def names_for_reader(name, others):
    """The names of a center, the reader's first: its native one, if that is her language.

    `name` is the one it is recorded under, `others` its `CenterName` rows or ties, of which the
    native ones count. A list of `TextInLanguage`, at least one.
    """
    native = [
        TextInLanguage(getattr(row, "value", None) or row.label, row.language)
        for row in others
        if row.kind == NameKind.NATIVE
    ]
    hers = [text for text in native if text.language and not foreign_language(text)]
    rest = [text for text in native if text not in hers]
    return [*hers, TextInLanguage(name), *rest]


@register.filter
def paragraphs(text):
    """A longer text of the register in paragraphs, marked with its language if it is foreign."""
    body = linebreaks_filter(text) if text else ""
    language = foreign_language(text)
    return format_html('<div lang="{}">{}</div>', language, body) if language else body


@register.inclusion_tag("includes/_language_mark.html")
def language_mark(text):
    """Says in which language a text of the register is, where that is not the reader's."""
    return {"language": foreign_language(text)}


@register.filter
def country(code):
    """The country's name in the reader's language."""
    return country_name(code)


@register.filter
def number(value):
    """A number as the reader writes it: 12,000,000 or 12.000.000."""
    return "" if value is None else format_decimal(value, locale=babel_locale(get_language()))


@register.filter
def days_as_years(days):
    """A number of days as years with one decimal: “4.5 years”."""
    years = round(days / DAYS_A_YEAR, 1)
    # Translators: years may have a decimal, such as 4.5
    words = ngettext("%(years)s year", "%(years)s years", 1 if years == 1 else 5)
    return words % {"years": number(years)}


@register.filter
def percent(share):
    """A share from 0 to 1 as the reader writes it: 62%."""
    return "" if share is None else format_percent(share, locale=babel_locale(get_language()))


@register.filter
def open_share(step):
    """The share of centers that are still open at a step of a curve: “62%”, or “54%–62%”."""
    shares = dict.fromkeys([percent(step.lowest.share), percent(step.highest.share)])
    return "–".join(shares)


@register.filter
def about_km(kilometres):
    """A distance as precisely as towns are placed: “about 12 km”."""
    if kilometres < 1:
        return gettext("less than 1 km")
    return gettext("about %(km)s km") % {"km": number(round(kilometres))}


@register.filter
def full_stop(sentence):
    """The sentence with its full stop, unless it ends in one: Bulgarian dates end in “г.”."""
    sentence = str(sentence)
    return sentence if sentence.endswith((".", "!", "?", "…")) else f"{sentence}."


@register.filter
def town_of(center):
    """The published town of a center, in the letters of the reader where they are known."""
    return town_for_reader(center.published_place, center.country_id)


@register.filter
def unlocalized(value):
    """A number as SVG and addresses write it, whatever the reader's language."""
    return f"{value:g}"


@register.filter
def status_label(status):
    return Status(status).label


@register.filter
def told_label(status):
    """The status as the log tells it of a day; where it tells nothing, “not known”."""
    return gettext("not known") if status == Status.UNKNOWN else Status(status).label


@register.filter
def status_explanation(status):
    return STATUS_EXPLANATIONS[status]


@register.filter
def center_status(center):
    """The center's current status in words: “Closed between 2006 and 2016”."""
    return phrases.center_status(center)


@register.filter
def period_status(period):
    return phrases.period_status(period)


@register.filter
def confirmation(confirmed_on, on=None):
    """When somebody last said how it is, in words; as of today, or of the day `on`."""
    return phrases.confirmation(confirmed_on, on=on or timezone.localdate())


@register.simple_tag
def source_of(fact):
    """The document that a fact comes from, linked where it has an address, and the page."""
    source = fact.source
    if source.url:
        title = format_html('<a href="{}" rel="external">{}</a>', source.url, source.title)
    else:
        title = format_html("<cite>{}</cite>", source.title)
    if not fact.source_page:
        return title
    page = gettext("p. %s") % fact.source_page
    return format_html("{}, {}", title, page)


@register.filter
def host_name(url):
    """The host of an address, without www, to be shown as the text of a link."""
    return urlsplit(url).netloc.removeprefix("www.")


@register.filter
def of_kind(rows, kinds):
    """The rows whose `kind` is one of `kinds`, a list with commas."""
    return [row for row in rows or () if row.kind in kinds.split(",")]
