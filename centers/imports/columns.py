"""What a column of a network's spreadsheet can mean, and how its header gives it away.

Headers are known in English, German, Czech, Slovak, Hungarian and Bulgarian, folded as in the
search, so that “Město”, “mesto” and “MESTO” are the same word.
"""

from functools import cache

from django.utils.translation import gettext_lazy as _

from centers.folding import light

# Columns that are no fact on the center.
NOTE, PERSON, SKIP, REASON = "note", "person", "skip", "reason"
# The header of the last column in the file of rejected rows; recognised when it comes back.
REASON_HEADER = "Why it was not imported"

# Groups of (target, label) in the order in which they are offered.
TARGETS = [
    (
        _("Which center"),
        [
            ("name", _("name")),
            ("native_name", _("name in its own language")),
            ("former_name", _("former name")),
            ("identifier", _("number in the network's list")),
            ("public_id", _("identifier in this registry")),
        ],
    ),
    (
        _("Where"),
        [
            ("place", _("town")),
            ("address", _("street and number")),
            ("country", _("country")),
            ("coordinates", _("coordinates in one cell")),
            ("latitude", _("latitude")),
            ("longitude", _("longitude")),
        ],
    ),
    (
        _("How the public reaches it"),
        [
            ("phone", _("public telephone")),
            ("email", _("public mail address")),
            ("website", _("website")),
            ("opening_hours", _("opening hours")),
        ],
    ),
    (
        _("About"),
        [
            ("founded", _("founded")),
            ("community", _("community it serves")),
            ("languages", _("languages spoken")),
        ],
    ),
    (
        _("How it is"),
        [
            ("status", _("status")),
            ("since", _("status since")),
            ("observed", _("seen or told on")),
            ("causes", _("causes")),
            ("according_to", _("according to")),
        ],
    ),
    (
        _("Figures"),
        [
            ("core_group", _("core group")),
            ("visitors", _("visitors")),
            ("children", _("children")),
            ("premises", _("premises")),
            ("rent", _("monthly rent with currency")),
        ],
    ),
    (
        _("Nothing of these"),
        [
            (NOTE, _("keep it as a private note")),
            (PERSON, _("a person: leave it out")),
            (SKIP, _("leave it out")),
            (REASON, _("why it was not imported: leave it out")),
        ],
    ),
]
LABELS = {target: label for _group, targets in TARGETS for target, label in targets}
FACTS = [target for target in LABELS if target not in (NOTE, PERSON, SKIP, REASON)]
STATUS_TARGETS = ["status", "since", "observed", "causes", "according_to"]
FIGURE_TARGETS = ["core_group", "visitors", "children", "premises", "rent"]

_HEADERS = {
    "name": """
        name; title; center; centre; center name; centre name; name of the center;
        name of center; name of the centre; name of centre; mother center; mother centre;
        group; bezeichnung; einrichtung; zentrum; mutterzentrum; mütterzentrum; mütterzentren;
        name des zentrums; name der einrichtung; name des mütterzentrums; název; název centra;
        název mateřského centra; centrum; mateřské centrum; název organizace; názov;
        názov centra; názov materského centra; materské centrum; názov organizácie; név;
        megnevezés; központ; központ neve; a központ neve; anyaközpont; anyaközpont neve; име;
        наименование; название; име на центъра; наименование на центъра; център;
        майчин център""",
    "native_name": """
        native name; name in its own language; local name; original name; own name;
        name in local language; originalname; name in landessprache; originální název;
        název v místním jazyce; originálny názov; názov v miestnom jazyku; eredeti név;
        helyi név; оригинално име; име на местния език""",
    "former_name": """
        former name; former names; previous name; old name; formerly; früherer name;
        frühere namen; ehemaliger name; ehemals; dřívější název; předchozí název; bývalý název;
        bývalý názov; predchádzajúci názov; starý názov; korábbi név; régi név;
        предишно име; бивше име; старо име""",
    "identifier": """
        number; no; nr; id; code; member no; member number; membership number; registration no;
        nummer; mitgliedsnummer; mitglieds nr; lfd nr; kennung; číslo; evidenční číslo;
        číslo člena; členské číslo; poř č; kód; evidenčné číslo; číslo člena; sorszám; azonosító;
        tagsági szám; kód; номер; рег номер; членски номер; код; №""",
    "public_id": """
        public identifier; public id; registry id; identifier in this registry; mine id""",
    "place": """
        town; city; place; municipality; village; city town; town city; ort; stadt; gemeinde;
        wohnort; ortschaft; město; obec; místo; sídlo; mesto; miesto; mesto obec; obec mesto;
        město obec; město/obec; város; település; helység; helyszín; град; населено място;
        селище; община; град село""",
    "address": """
        address; street; street and number; street address; postal address; adresse; anschrift;
        straße; straße und hausnummer; straße nr; str; adresa; ulice; ulice a číslo;
        ulice číslo; ulica; ulica a číslo; ulica číslo; cím; utca; utca házszám; адрес; улица;
        улица и номер""",
    "country": """
        country; state country; land; staat; stát; země; krajina; štát; zem; ország; държава;
        страна""",
    "coordinates": """
        coordinates; coordinate; gps; gps coordinates; location coordinates; lat lon; lat lng;
        latitude longitude; geo; koordinaten; gps koordinaten; souřadnice; gps souřadnice;
        súradnice; gps súradnice; koordináták; gps koordináták; координати; gps координати""",
    "latitude": """
        latitude; lat; breite; breitengrad; zeměpisná šířka; šířka; zemepisná šírka; šírka;
        szélesség; szélességi fok; földrajzi szélesség; ширина; географска ширина""",
    "longitude": """
        longitude; lon; lng; long; länge; längengrad; zeměpisná délka; délka; zemepisná dĺžka;
        dĺžka; hosszúság; hosszúsági fok; földrajzi hosszúság; дължина; географска дължина""",
    "phone": """
        phone; phone number; telephone; telephone number; tel; tel no; mobile; mobile phone;
        contact phone number; telefon; telefonnummer; handy; mobil; telefonní číslo; telefon č;
        telefón; telefónne číslo; tel č; telefonszám; телефон; тел; телефонен номер; мобилен""",
    "email": """
        email; e mail; mail; email address; e mail address; mail address; e mail adresse;
        mailadresse; emailadresse; e mailová adresa; emailová adresa; mailová adresa; ímél;
        e mail cím; email cím; имейл; е поща; ел поща; електронна поща; мейл""",
    "website": """
        website; web; web site; web page; webpage; homepage; url; internet; www; link;
        webseite; internetseite; internetadresse; stránky; webové stránky; webová stránka;
        www stránky; internetové stránky; internetová stránka; honlap; weboldal; сайт; уебсайт;
        уеб сайт; уеб страница; интернет страница""",
    "opening_hours": """
        opening hours; opening times; hours; open; öffnungszeiten; otevírací doba;
        otevírací hodiny; provozní doba; otváracie hodiny; otvorené; nyitvatartás;
        nyitva tartás; nyitvatartási idő; работно време""",
    "founded": """
        founded; founded in; foundation; year of foundation; founding year; established;
        opened; year founded; start year; gegründet; gründung; gründungsjahr; gründungsdatum;
        eröffnet; eröffnung; založeno; založení; rok založení; datum založení; vznik; rok vzniku;
        založené; založenie; rok založenia; dátum založenia; alapítva; alapítás; alapítás éve;
        alapítási év; основан; основано; основаване; година на основаване; създаден;
        година на създаване; дата на основаване""",
    "community": """
        community; community served; target group; target groups; zielgruppe; zielgruppen;
        gemeinschaft; komunita; cílová skupina; cílové skupiny; cieľová skupina;
        cieľové skupiny; közösség; célcsoport; общност; целева група""",
    "languages": """
        language; languages; languages spoken; sprache; sprachen; jazyk; jazyky; nyelv; nyelvek;
        език; езици""",
    "status": """
        status; state; condition; active; activity; current status; zustand; aktiv; stand heute;
        stav; stav centra; aktivní; současný stav; aktívne; aktivita; súčasný stav; állapot;
        státusz; státus; működik; helyzet; статус; състояние; активен; дейност""",
    "since": """
        since; status since; closed since; closed in; closed on; seit; status seit;
        geschlossen seit; geschlossen am; od; od kdy; stav od; zavřeno od; uzavřeno; zavřeno;
        od kedy; zatvorené od; zatvorené; mióta; bezárás; bezárt; bezárás éve; от; от кога;
        затворен от; закрит от; закрит""",
    "observed": """
        observed; as of; checked; checked on; last contact; last checked; date of report;
        reported; seen or told on; stand; stand vom; stichtag; gemeldet; letzter kontakt;
        ke dni; zjištěno; poslední kontakt; aktualizováno; ku dňu; k dátumu; zistené;
        posledný kontakt; aktualizované; ellenőrizve; utolsó kapcsolat; frissítve; към дата;
        проверено; последен контакт; актуализирано; дата""",
    "causes": """
        cause; causes; reason; reasons; reason for closing; grund; gründe; ursache; ursachen;
        schließungsgrund; důvod; důvody; příčina; příčiny; důvod zavření; dôvod; dôvody;
        príčina; príčiny; ok; okok; bezárás oka; причина; причини; причина за затваряне""",
    "according_to": """
        according to; source; told by; reported by; laut; quelle; gemeldet von; podle; zdroj;
        podľa; szerint; forrás; според; източник""",
    "core_group": """
        core group; core team; active women; active mothers; kerngruppe; kernteam;
        aktive frauen; aktive mütter; jádro; aktivní ženy; aktivní maminky; jadro;
        aktívne ženy; aktívne mamičky; magcsoport; aktív nők; aktív anyák; ядро; основна група;
        активни жени; активни майки""",
    "visitors": """
        visitors; number of visitors; users; besucher; besucherinnen; besucher innen;
        anzahl besucher; návštěvníci; návštěvnost; počet návštěvníků; návštevníci; návštevnosť;
        počet návštevníkov; látogatók; látogatók száma; посетители; брой посетители""",
    "children": """
        children; number of children; kids; kinder; anzahl kinder; děti; počet dětí; deti;
        počet detí; gyerekek; gyermekek; gyerekek száma; gyermekek száma; деца; брой деца""",
    "premises": """
        premises; rooms; space; räume; räumlichkeiten; prostory; prostor; priestory; priestor;
        helyiség; helyiségek; помещение; помещения; сграда""",
    "rent": """
        rent; monthly rent; miete; monatsmiete; kaltmiete; nájem; nájemné; měsíční nájem;
        nájomné; mesačný nájom; bérleti díj; havi bérleti díj; lakbér; наем; месечен наем""",
    REASON: f"{REASON_HEADER}",
}  # fmt: skip
# A header that has one of these words speaks of a person: nothing of the column is kept.
_PERSON_WORDS = """
    contact person; contact name; person; first name; last name; surname; family name; leader;
    director; chair; chairwoman; chairperson; head; manager; coordinator; responsible; president;
    statutory; ansprechpartner; ansprechpartnerin; ansprechperson; kontaktperson; vorname;
    nachname; familienname; leiterin; leitung; leiter; vorsitzende; vorsitz; vorstand;
    geschäftsführung; koordinatorin; kontaktní osoba; osoba; jméno; příjmení; vedoucí;
    předsedkyně; ředitelka; koordinátorka; statutární; zástupce; zástupkyně; kontaktná; meno;
    priezvisko; vedúca; predsedníčka; riaditeľka; štatutárka; štatutár; zodpovedná; kontaktszemély;
    kapcsolattartó; keresztnév; vezetéknév; vezető; vezetője; elnök; igazgató; koordinátor;
    лице за контакт; лице; лице контакт; собствено име; фамилия; ръководител; председател;
    директор; отговорник; координатор; управител; представител"""


def _folded(words):
    return [folded for word in words.split(";") if (folded := light(word))]


@cache
def _known():
    return {folded: target for target, words in _HEADERS.items() for folded in _folded(words)}


@cache
def _persons():
    return [f" {folded} " for folded in _folded(_PERSON_WORDS)]


def meaning(header):
    """The target that the header names, or `NOTE` for one that the registry does not know."""
    folded = light(header.replace("№", "nr"))
    if not folded:
        return NOTE
    if folded in _known():
        return _known()[folded]
    if any(person in f" {folded} " for person in _persons()):
        return PERSON
    # “Name / Název”, “Town (city)”: two languages, or an explanation behind.
    for part in header.replace("(", "/").replace(",", "/").replace(";", "/").split("/"):
        if (folded := light(part)) in _known():
            return _known()[folded]
    return NOTE


def is_known(header):
    """Whether the header names something; rows of such are likely the header of the table."""
    return meaning(header) != NOTE


def guessed(headers, remembered=None):
    """{header: target} for the headers of a file; each fact is given to one column alone.

    `remembered` is the mapping of earlier files of the same network, which counts more.
    """
    remembered = remembered or {}
    mapping, taken = {}, set()
    # What was told before comes first, so that a guess does not take its place.
    for header in sorted(headers, key=lambda header: header not in remembered):
        target = remembered.get(header) or meaning(header)
        if target in taken or target not in LABELS:
            target = NOTE
        if target in FACTS:
            taken.add(target)
        mapping[header] = target
    return {header: mapping[header] for header in headers}
