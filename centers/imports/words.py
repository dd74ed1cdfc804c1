"""Words in which people write a status, premises, yes and no, currencies; folded when compared."""

from functools import cache

from centers.dates import babel_locale
from centers.folding import light
from centers.models import Snapshot, Status, country_name
from centers.models.base import validate_language

_STATUSES = {
    Status.ACTIVE: """
        active; open; opened; working; works; running; alive; aktiv; offen;
        geöffnet; in betrieb; besteht; aktivní; aktivni; funguje; otevřeno; otevřené; v provozu;
        aktívne; aktívny; aktívna; otvorené; fungujúce; aktív; működik; működő; nyitva;
        nyitott; активен; активно; активна; действащ; действа; отворен; отворено; работи;
        функционира""",
    Status.LOW_LEVEL: """
        low level; low; struggling; weak; hardly active; at a low level; schwach aktiv;
        kaum aktiv; eingeschränkt; auf kleiner flamme; minimální; omezeně; omezený provoz;
        málo aktivní; slabé; minimálne; obmedzene; obmedzená prevádzka; málo aktívne; alig működik;
        korlátozott; korlátozottan működik; csekély; слабо активен; слаба дейност; едва работи;
        ограничен; частично""",
    Status.PAUSED: """
        paused; on hold; suspended; dormant; sleeping; inactive; pausiert; ruht; ruhend; pause;
        inaktiv; unterbrochen; pozastaveno; pozastavená činnost; přerušeno; neaktivní; spí;
        pozastavené; pozastavená činnosť; prerušené; neaktívne; neaktívny; szünetel; felfüggesztve;
        inaktív; спрян; спряно; временно спрян; временно затворен; неактивен; замразен; пауза""",
    Status.CLOSED: """
        closed; shut; ended; dissolved; ceased; gone; no; n; geschlossen; zu; aufgelöst;
        beendet; nicht mehr aktiv; nein; zavřeno; zavřené; zrušeno; zrušené; uzavřeno; ukončeno;
        zaniklo; zaniklé; ukončená činnost; ne; zatvorené; zatvorený; zavreté; zrušený; ukončené;
        zanikol; zaniknuté; ukončená činnosť; nie; bezárt; zárva; megszűnt; megszüntetve; nem;
        nem működik; затворен; затворено; затворена; закрит; закрито; прекратен; прекратено;
        не работи; не""",
    Status.INITIATIVE: """
        initiative; planned; in preparation; starting; new group; initiative gruppe;
        initiativgruppe; in gründung; geplant; in planung; iniciativa; připravuje se; v přípravě;
        plánované; plánováno; pripravuje sa; v príprave; kezdeményezés; tervezett; szerveződik;
        előkészületben; инициатива; планиран; в подготовка; планира се""",
}
_PREMISES = {
    Snapshot.Premises.OWNED: """
        owned; own; its own; property; eigen; eigene; eigentum; vlastní; vlastné; saját;
        собствено; собствена; собствени""",
    Snapshot.Premises.MUNICIPAL: """
        municipal; municipality; city; town; council; the municipality s; städtisch; kommunal;
        gemeinde; stadt;
        obecní; městské; městský; obec; město; obecné; mestské; mestský; mesto; önkormányzati;
        önkormányzat; városi; общинско; общинска; общински; община""",
    Snapshot.Premises.RENTED: """
        rented; rent; lease; leased; gemietet; miete; pronajaté; pronájem; nájem; prenajaté;
        prenájom; nájom; bérelt; bérlemény; bérlet; наето; наети; под наем; наем""",
    Snapshot.Premises.HOSTED: """
        hosted; guest; host; a host s; free; free of charge; kostenlos; zu gast; untermiete;
        bezplatné; zdarma; hostí; bezplatne; zadarmo; vendég; ingyenes; ingyen; безплатно;
        гостуващ; предоставено""",
}
_CURRENCIES = {
    "€": "EUR", "eur": "EUR", "euro": "EUR", "kc": "CZK", "czk": "CZK", "ft": "HUF",
    "huf": "HUF", "lv": "BGN", "bgn": "BGN", "sk": "SKK", "skk": "SKK", "usd": "USD", "$": "USD",
    "gbp": "GBP", "£": "GBP", "chf": "CHF", "din": "RSD", "rsd": "RSD", "km": "BAM", "bam": "BAM",
    "pln": "PLN", "zl": "PLN", "ron": "RON", "lei": "RON", "dkk": "DKK",
}  # fmt: skip
NAME_LANGUAGES = ["en", "de", "cs", "sk", "hu", "bg", "sr", "sr-Latn", "sq", "sl", "hr", "mk",
                  "ro", "pl", "nl", "it", "fr", "es", "ru", "uk"]  # fmt: skip
_COUNTRIES = {
    "czech republic": "CZ", "ceska republika": "CZ", "cesko": "CZ",
    "tschechische republik": "CZ", "slovak republic": "SK", "slovenska republika": "SK",
    "slowakische republik": "SK", "great britain": "GB", "uk": "GB", "usa": "US",
    "england": "GB", "brd": "DE", "magyar koztarsasag": "HU", "holland": "NL", "kosova": "XK",
    "bosnia": "BA", "macedonia": "MK",
}  # fmt: skip


@cache
def _table(name):
    words = {"status": _STATUSES, "premises": _PREMISES}[name]
    return {
        light(word): value.value for value, text in words.items() for word in text.split(";")
    } | {value.value.replace("_", " "): value.value for value in words}


def status_of(text):
    """The status that the text names, or None."""
    return _table("status").get(light(text))


def premises_of(text):
    """Whose the premises are, as `Snapshot.premises`, or None."""
    return _table("premises").get(light(text))


def currency_of(text):
    """The currency that the text names, as its three letters, or None."""
    text = text.strip().strip(".").strip()
    folded = text.lower() if text in ("€", "$", "£") else light(text)
    return _CURRENCIES.get(folded)


@cache
def _country_names():
    codes = [code for code in babel_locale("en").territories if len(code) == 2 and code.isalpha()]
    names = {light(code): code for code in codes}
    for language in reversed(NAME_LANGUAGES):
        for code in codes:
            names[light(country_name(code, language))] = code
    return names | _COUNTRIES


def country_of(text):
    """The code of the country that the text names, in any of many languages, or None."""
    return _country_names().get(light(text))


@cache
def _language_names():
    names = {}
    for language in reversed(NAME_LANGUAGES):
        for code, name in babel_locale(language).languages.items():
            if len(code) <= 3:
                names[light(name)] = code
    return names


def language_of(text):
    """The code of the language that the text names, or None."""
    text = text.strip()
    if text.split("-")[0].lower() in babel_locale("en").languages and len(text) <= 12:
        code, _dash, rest = text.partition("-")
        written = code.lower() + (f"-{rest}" if rest else "")
        return written if validate_language.regex.fullmatch(written) else None
    return _language_names().get(light(text))
