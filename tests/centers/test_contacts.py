"""Contact persons: confirmed, found, told what is held about them, and erased for good."""

import importlib
import json
from datetime import date
from pathlib import Path

import pytest
from django.apps import apps
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth import get_user_model
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from centers import erasure, gallery
from centers.mentions import centers_of, mentions
from centers.merging import merge_centers
from centers.models import (
    BY_IMPORT,
    Center,
    CenterNote,
    CenterText,
    Contact,
    Country,
    Erasure,
    Organisation,
    Photo,
    Report,
    Snapshot,
    StatusEntry,
)
from centers.models.people import kept_since
from mine_site.register import package, soundness
from tests.centers.test_gallery import upload
from tests.forms import Form, change, message_of

pytestmark = pytest.mark.django_db

MARK = "Marker of a person"
MAIL, PHONE = "marker@example.org", "+420 555 123 456"
TODAY = date(2026, 11, 24)


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    return settings.MEDIA_ROOT


@pytest.fixture
def person(center):
    """`person(**values)`: a contact person of the center."""

    def person(**values):
        return Contact.objects.create(
            **{"center": center, "name": MARK, "email": MAIL, "phone": PHONE, **values}
        )

    return person


def page_of(contact, name):
    return reverse(f"admin:centers_contact_{name}", args=[contact.pk])


LIST = "/admin/centers/contact/"


# --- Confirmed -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("consent_on", "confirmed_on", "proposed"),
    [
        (None, None, True),  # nobody knows
        (None, "2023-11-24", False),  # three years ago to the day
        (None, "2023-11-23", True),
        (None, "2023-11", True),  # perhaps the first of November
        (None, "2023-12", False),
        (None, "2023", True),  # counts from its first day
        (None, "2024", False),
        ("2024", None, False),  # who agreed has confirmed
        ("2015", None, True),
        ("2015", "2026-11-24", False),
        ("2026", "2015", False),
    ],
)
def test_who_has_not_confirmed_for_three_years_is_proposed(
    person, consent_on, confirmed_on, proposed
):
    contact = person(consent_on=consent_on, confirmed_on=confirmed_on)
    contact.refresh_from_db()

    assert contact.is_unconfirmed(on=TODAY) is proposed
    assert list(Contact.objects.unconfirmed(on=TODAY)) == [contact] * proposed


def test_the_three_years_are_counted_from_the_day_of_asking(person):
    contact = person(confirmed_on="2024-02-29")
    contact.refresh_from_db()

    days = [date(2027, 2, 28), date(2027, 3, 1), date(2028, 2, 29)]

    assert [contact.is_unconfirmed(on=day) for day in days] == [False, True, True]
    assert kept_since(on=date(2028, 2, 29)) == date(2025, 2, 28)


@pytest.mark.parametrize("field", ["consent_on", "confirmed_on"])
def test_nobody_has_confirmed_in_the_future(person, field):
    contact = person()
    setattr(contact, field, str(timezone.localdate().year + 1))
    contact.clean_fields()

    with pytest.raises(ValidationError) as refusal:
        contact.clean()

    assert refusal.value.message_dict == {field: ["This day is still to come."]}


def test_still_right_is_one_click_and_is_kept_in_the_history(admin_client, person):
    contact = person(consent_on="2015")
    assert 'action="' + page_of(contact, "confirm") in (
        admin_client.get(page_of(contact, "change")).content.decode()
    )

    for _click in range(2):
        admin_client.post(page_of(contact, "confirm"))

    contact.refresh_from_db()
    assert contact.confirmed_on.earliest == contact.confirmed_on_earliest == timezone.localdate()
    assert contact.history.count() == 2
    assert admin_client.get(page_of(contact, "confirm")).status_code == 405


def test_several_are_marked_as_confirmed(admin_client, person):
    old, other, fresh = person(), person(name="Other"), person(confirmed_on=timezone.localdate())
    data = {"action": "confirm_chosen", "_selected_action": [old.pk, fresh.pk]}

    answer = admin_client.post(LIST, data)

    assert message_of(answer, admin_client) == ["1 contact person is marked as confirmed today."]
    assert list(Contact.objects.unconfirmed(on=timezone.localdate())) == [other]


def test_the_list_proposes_who_has_not_confirmed(admin_client, person):
    person(name="Agreed long ago", consent_on="2015")
    person(name="Nobody knows")
    person(name="Fresh", confirmed_on=timezone.localdate())

    def listed(**values):
        rows = admin_client.get(LIST, values).context["cl"].result_list
        return sorted(row.name for row in rows)

    assert listed(confirmed="unconfirmed") == ["Agreed long ago", "Nobody knows"]
    assert listed(confirmed="never") == ["Nobody knows"]
    assert listed() == ["Agreed long ago", "Fresh", "Nobody knows"]
    page = admin_client.get(LIST).content.decode()
    assert "2015, over three years ago" in page


# --- Found -----------------------------------------------------------------------------------


def test_a_search_that_makes_no_sense_is_no_error(admin_client, person):
    person()

    assert "Null characters are not allowed." in message_text(admin_client.get(LIST, {"q": "\0"}))


def message_text(answer):
    return " ".join(str(message) for message in answer.context["messages"])


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("mutter", ["Zoë Müttér"]),
        ("Мюттер", ["Zoë Müttér"]),
        ("zoe muet", ["Zoë Müttér"]),
        ("utter", []),  # beginnings of words alone
        ("EXAMPLE.org", ["Zoë Müttér", "Борислава"]),
        ("borislava", ["Борислава"]),
        ("555123", ["Борислава"]),
        ("+420-555", ["Борислава"]),
        ("x" * 5000, []),
    ],
)
def test_contacts_are_found_by_name_mail_and_telephone(admin_client, person, words, names):
    person(name="Zoë Müttér", email="zoe@example.org", phone="")
    person(name="Борислава", email="b@example.org", phone=PHONE)

    answer = admin_client.get(LIST, {"q": words})

    assert sorted(row.name for row in answer.context["cl"].result_list) == names


def test_the_list_takes_as_many_queries_for_one_as_for_many(admin_client, person):
    def queries():
        admin_client.get(LIST)
        with CaptureQueriesContext(connection) as captured:
            admin_client.get(LIST, {"q": "marker"})
        return len(captured)

    person()
    for_one = queries()
    for _number in range(30):
        person()

    assert queries() == for_one


@pytest.mark.parametrize(
    ("kind", "may"),
    [("hers", True), ("lead", True), ("other", False), ("without", False), ("visitor", False)],
)
def test_contacts_are_seen_and_erased_by_those_alone_who_look_after_them(
    client, staff, person, kind, may
):
    contact = person()
    client.force_login(staff(kind))

    seen = [client.get(page_of(contact, name)) for name in ("erase", "held")]
    found = client.get(LIST, {"q": "marker"})
    client.post(LIST, {"action": "confirm_chosen", "_selected_action": [contact.pk]})
    handed_out = client.post(page_of(contact, "held"), {"format": "json"})
    confirmed = client.post(page_of(contact, "confirm"))
    erased = client.post(page_of(contact, "erase"), {"reason": "asked"})

    told = "".join(each.content.decode() for each in [*seen, found, handed_out])
    assert (MARK in told, MAIL in told) == (may, may)
    if may:
        assert (confirmed.status_code, erased.status_code) == (302, 302)
        assert (Contact.objects.count(), Erasure.objects.count()) == (0, 1)
    else:
        refused = 302 if kind == "visitor" else 403  # a visitor is sent to the login
        answers = [*seen, handed_out, confirmed, erased]
        assert [each.status_code for each in answers] == [refused] * 5
        assert (Contact.objects.get().confirmed_on, Erasure.objects.count()) == (None, 0)


def test_several_are_erased_among_hers_alone(client, staff, make, person):
    foreign = person(center=make(Center, slug="x", country=Country.objects.create(code="SI")))
    mine = person()
    client.force_login(staff("hers"))

    client.post(
        LIST,
        {
            "action": "erase_chosen", "_selected_action": [mine.pk, foreign.pk],
            "erase": "Erase them", "reason": "expired",
        },
    )  # fmt: skip

    assert list(Contact.objects.all()) == [foreign]


@pytest.mark.parametrize("method", ["put", "delete", "trace", "options"])
def test_pages_of_a_person_answer_to_no_other_method(admin_client, person, method):
    contact = person()

    for name in ("erase", "held", "confirm"):
        assert getattr(admin_client, method)(page_of(contact, name)).status_code == 405


# --- What is held ----------------------------------------------------------------------------


def test_all_that_is_held_is_read_and_handed_out(admin_client, make, center, person):
    contact = person(role="chair", language="bg", consent_on="2020", consent="on paper")
    contact.phone = "+359 84 1234567"
    contact.save()
    center.record_status("active", observed="2021", note=f"{MARK} told so.", by=BY_IMPORT)
    make(Snapshot, center=center, note=f"Call {PHONE}.")
    make(Snapshot, center=center, note="Another marker was set.")
    person(name="Other", role=f"sister of {MARK}", email="other@example.org")

    read = admin_client.get(page_of(contact, "held")).content.decode()
    text = admin_client.post(page_of(contact, "held"), {"format": "txt"})
    data = admin_client.post(page_of(contact, "held"), {"format": "json"})

    for told in (read, text.content.decode(), data.content.decode()):
        for each in (MARK, MAIL, PHONE, "+359 84 1234567", "chair", "on paper", "told so", "Call"):
            assert (each, each in told) == (each, True)
    for told in (text.content.decode(), data.content.decode()):
        assert ("other@example.org" in told, "was set" in told) == (False, False)
    held = json.loads(data.content)
    assert (len(held["person"]), len(held["versions"])) == (1, 2)
    assert text.headers["Content-Disposition"] == f'attachment; filename="held-{contact.pk}.txt"'
    assert text.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert "no-store" in text.headers["Cache-Control"]
    entries = LogEntry.objects.filter(change_message="Handed out what is held.")
    assert [entry.object_repr for entry in entries] == [f"no. {contact.pk}"] * 2


# --- Named elsewhere -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "is_sure"),
    [
        ("Marker of a person told so.", True),
        ("MARKER OF A PERSON", True),
        ("Márker óf a pérson", True),
        ("person a of marker", True),  # family name first
        ("Write to MARKER@example.org", True),
        ("Tel. +420/555-123-456", True),
        ("A marker was set.", False),
        ("Markers of persons", None),
        ("of a", None),
        ("", None),
    ],
)
def test_texts_that_name_her_are_found(make, center, person, text, is_sure):
    contact = person()
    make(Snapshot, center=center, note=text)

    found = [mention for mention in mentions(contact) if not mention.is_former]

    assert [mention.is_sure for mention in found] == ([] if is_sure is None else [is_sure])


def test_a_name_of_one_word_is_never_sure(make, center, person):
    contact = person(name="Ana")
    make(Snapshot, center=center, note="Ana opens on Mondays.")
    make(Snapshot, center=center, note="Banana bread on Mondays.")

    [mention] = [each for each in mentions(contact) if not each.is_former]

    assert (mention.is_sure, mention.text) == (False, "Ana opens on Mondays.")


def test_all_parts_of_her_center_are_searched_and_no_other(make, center, person):
    contact = person(name="First")
    contact.name = MARK
    contact.save()
    Center.objects.filter(pk=center.pk).update(community=f"friends of {MARK}")
    contact = Contact.objects.get()
    make(CenterText, center=center, language="en", summary=MARK, description=MARK)
    center.record_status("active", observed="2021", note=MARK, according_to=MARK, by=BY_IMPORT)
    make(Photo, center=center, image="photos/ab.jpg", consent=MARK, alternative="A room")
    person(name="Other", role=f"sister of {MARK}", phone="1", email="")
    make(Snapshot, center=make(Center, slug="other"), note=MARK)

    places = [mention.where for mention in mentions(contact)]

    assert sorted(places) == [
        "Center, community it serves", "Contact person, role", "Photo, consent",
        "Status entry, according to", "Status entry, note", "Text, description",
        "Text, description (old version)", "Text, summary", "Text, summary (old version)",
    ]  # fmt: skip


def test_public_mail_and_columns_of_lists_are_searched(make, center, person):
    contact = person(phone="+420 555 123 456")
    Center.objects.filter(pk=center.pk).update(email=MAIL.upper())
    cells = {"Vorsitz": f"{MARK}, {PHONE}", "Wahl": "Marker of time", "Saal": "80", MARK: "ja"}
    make(CenterNote, center=center, cells=cells)
    contact = Contact.objects.get(pk=contact.pk)

    found = [(each.where, each.text, each.is_sure) for each in mentions(contact)]

    assert found == [
        ("Center, public mail address", MAIL.upper(), True),
        ("Note from a list, columns", f"{MARK}: ja", True),
        ("Note from a list, columns", f"Vorsitz: {MARK}, {PHONE}", True),
        ("Note from a list, columns", "Wahl: Marker of time", False),
    ]


def test_columns_that_name_her_go_with_her_and_others_stay(admin_client, make, center, person):
    contact = person()
    cells = {"Vorsitz": MARK, "Telefon <x>": PHONE, "Wahl": "Marker of time", "Saal": "80"}
    note = make(CenterNote, center=center, cells=cells)
    alone = make(CenterNote, center=center, network=make(Organisation, slug="u"), cells={"V": MARK})

    page = admin_client.get(page_of(contact, "erase"))
    held = admin_client.post(page_of(contact, "held"), {"format": "txt"}).content.decode()
    admin_client.post(page_of(contact, "erase"), Form(page).data)

    assert page.content.decode().count("Remove this column of the note") == 4
    assert (f"Vorsitz: {MARK}" in held, "Marker of time" in held) == (True, False)
    note.refresh_from_db()
    assert note.cells == {"Wahl": "Marker of time", "Saal": "80"}
    assert not CenterNote.objects.filter(pk=alone.pk).exists()


def test_an_old_version_that_names_her_twice_is_removed_once(admin_client, make, center, person):
    contact = person()
    text = make(CenterText, center=center, language="en", summary=MARK, description=MARK)
    CenterText.objects.filter(pk=text.pk).update(summary="A house", description="")

    asked = Form(admin_client.get(page_of(contact, "erase"))).data
    admin_client.post(page_of(contact, "erase"), asked)

    assert (Contact.objects.count(), text.history.count()) == (0, 0)


@pytest.fixture
def merged(make, center, bulgaria, person):
    """(her row, the center she came from): merged, in two steps, into the center she is now at."""
    between = make(Center, slug="between", country=bulgaria)
    double = make(Center, slug="double", country=bulgaria, community=f"friends of {MARK}")
    contact = person(center=double)
    for each in (double, between, center):
        each.record_status("active", observed="2016", note=f"Led by {MARK}.", by=BY_IMPORT)
        make(CenterText, center=each, language="en", summary=f"Ask {MARK}.", description="")
        make(CenterNote, center=each, cells={"Vorsitz": MARK})
    merge_centers(keep=between, merge=double, by=None, take=set())
    merge_centers(keep=center, merge=between, by=None, take=set())
    return Contact.objects.get(pk=contact.pk), Center.objects.get(pk=double.pk)


def test_what_stayed_with_a_merged_center_goes_with_her(client, staff, center, merged):
    contact, double = merged
    client.force_login(staff("hers"))
    assert contact.center == center

    held = client.post(page_of(contact, "held"), {"format": "txt"}).content.decode()
    page = client.get(page_of(contact, "erase"))
    for text in CenterText.objects.all():  # these are changed on their own pages first
        assert reverse("admin:centers_centertext_change", args=[text.pk]) in page.content.decode()
        change(client, text, summary="A house.")
    client.post(page_of(contact, "erase"), Form(client.get(page_of(contact, "erase"))).data)

    assert held.count(f"Led by {MARK}.") == held.count(f"Vorsitz: {MARK}") == 3
    assert (Contact.objects.count(), CenterNote.objects.count()) == (0, 0)
    assert set(StatusEntry.objects.values_list("note", flat=True)) == {""}
    double.refresh_from_db()
    assert double.community == ""
    assert Center.history.filter(community__contains=MARK).count() == 0
    assert set(CenterText.history.values_list("summary", flat=True)) == {"A house."}


def test_centers_she_left_are_searched_by_those_who_look_after_them(
    client, staff, make, center, serbia, person
):
    former = make(Center, slug="former", name="Former house", country=serbia)
    contact = person(center=former)
    former.record_status("active", observed="2016", note=f"Led by {MARK}.", by=BY_IMPORT)
    contact.center = center
    contact.save()
    told = {}

    for kind in ("hers", "lead"):
        client.force_login(staff(kind))
        pages = [client.get(page_of(contact, name)) for name in ("held", "erase")]
        told[kind] = [" ".join(page.content.decode().split()) for page in pages]

    hint = "She belonged to Former house before, which others look after."
    assert [(MARK in each, "Led by" in each, hint in each) for each in told["hers"]] == [
        (True, False, True)
    ] * 2
    assert [("Led by" in each, hint in each) for each in told["lead"]] == [(True, False)] * 2
    assert centers_of(contact) == ({center.pk, former.pk}, [])


# --- Erased ----------------------------------------------------------------------------------


def everywhere(media, tmp_path):
    """{place: text} of all tables, sessions, files of media and exports."""
    places = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            places[table] = repr(cursor.fetchall())
    for session in Session.objects.all():
        places[f"session {session.pk}"] = repr(session.get_decoded())
    for path in Path(media).rglob("*"):
        if path.is_file():
            places[str(path)] = path.read_bytes().decode("latin-1")
    package.export(tmp_path / "export")
    for path in (tmp_path / "export").iterdir():
        places[str(path)] = path.read_text()
    return places


def where(mark, places):
    # The admin's log keeps JSON, which writes other letters as \\u….
    marks = {mark.lower(), json.dumps(mark)[1:-1].lower(), repr(mark)[1:-1].lower()}
    return sorted(
        place for place, text in places.items() if marks & {m for m in marks if m in text.lower()}
    )


@pytest.mark.parametrize("name", [MARK, "Märker Üf Persön", "Маркер на човек"])
def test_an_erased_person_is_found_nowhere(
    admin_client, client, make, center, media, tmp_path, name
):
    # Entered in each way that there is, changed, found, and named in texts.
    form = Form(admin_client.get("/admin/centers/contact/add/")).data
    admin_client.post(
        "/admin/centers/contact/add/", form | {"center": center.pk, "name": name, "phone": "1"}
    )
    contact = Contact.objects.get()
    change(admin_client, contact, role=f"{name} herself")
    change(admin_client, contact, name=f"{name} once", consent_on="2020")
    change(admin_client, contact, name=name)
    added = {
        "contacts-TOTAL_FORMS": 2, "contacts-1-center": center.pk, "contacts-1-id": "",
        "contacts-1-name": f"{name} again", "contacts-1-phone": "2", "contacts-1-role": "",
        "contacts-1-email": "", "contacts-1-language": "", "contacts-1-consent_on": "",
        "contacts-1-confirmed_on": "",
    }  # fmt: skip
    change(admin_client, center, **added)
    change(admin_client, center, **{"contacts-0-role": "chair", "contacts-1-role": "cook"})
    admin_client.post(page_of(contact, "confirm"))
    admin_client.post(page_of(contact, "held"), {"format": "txt"})
    admin_client.get(LIST, {"q": name})
    center.record_status("active", observed="2021", note=f"Said by {name}.", by=BY_IMPORT)
    snapshot = make(Snapshot, center=center, note=f"Counted by {name}.")
    change(admin_client, snapshot, note="Counted by a visitor.")
    gallery.add_photo(center, upload())
    assert Contact.objects.count() == 2
    before = where(name, everywhere(media, tmp_path))
    assert {"centers_contact", "centers_historicalcontact", "centers_statusentry"} <= set(before)

    for each in Contact.objects.all():
        asked = admin_client.get(page_of(each, "erase"))
        answer = admin_client.post(page_of(each, "erase"), Form(asked).data)
        message_of(answer, admin_client)

    assert where(name, everywhere(media, tmp_path)) == []
    assert (Contact.objects.count(), Contact.history.count(), Erasure.objects.count()) == (0, 0, 2)
    note = center.status_entries.get()
    assert (note.note, note.note_redacted_at is None, note.status) == ("", False, "active")
    assert list(snapshot.history.values_list("note", flat=True)) == ["Counted by a visitor."]


def test_the_page_tells_what_goes_and_what_is_to_be_changed_first(
    admin_client, make, center, person
):
    contact = person()
    center.record_status("active", observed="2021", note=f"Said by {MARK}.", by=BY_IMPORT)
    text = make(CenterText, center=center, language="en", summary=f"Founded by {MARK}.")

    page = admin_client.get(page_of(contact, "erase")).content.decode()

    assert "the 1 version of her that the history keeps" in page
    assert "Remove this note; the statement stays" in page
    assert f'href="{reverse("admin:centers_centertext_change", args=[text.pk])}"' in page
    assert "This cannot be undone." in page
    assert Contact.objects.count() == 1


def test_a_note_that_is_not_ticked_stays(admin_client, center, person):
    contact = person()
    center.record_status("active", observed="2021", note=f"Said by {MARK}.", by=BY_IMPORT)

    admin_client.post(page_of(contact, "erase"), {"reason": "asked"})

    assert center.status_entries.get().note == f"Said by {MARK}."
    assert Contact.objects.count() == 0


@pytest.mark.parametrize("reason", ["", "Marker of a person asked"])
def test_erasing_needs_one_of_the_reasons(admin_client, person, reason):
    contact = person()

    for data in ({"reason": reason}, {"reason": reason, "erase": "1", "action": "erase_chosen",
                                      "_selected_action": contact.pk}):  # fmt: skip
        admin_client.post(page_of(contact, "erase"), data)
        admin_client.post(LIST, data)

    assert (Contact.objects.count(), Erasure.objects.count()) == (1, 0)


def test_the_ledger_tells_when_by_whom_of_which_center_and_why(
    admin_client, admin_user, center, person
):
    contact = person()

    admin_client.post(page_of(contact, "erase"), {"reason": "expired"})

    [line] = Erasure.objects.all()
    assert (line.key, line.kind, line.file) == (f"contact-{contact.key}", "contact", "")
    assert (line.center, line.reason, line.by) == (center.public_id, "expired", admin_user)
    assert abs((timezone.now() - line.erased_at).total_seconds()) < 60


def test_the_history_of_the_center_tells_that_somebody_was_erased(admin_client, center, person):
    erasure.erase_contact(person(), reason="asked", by=None)

    page = admin_client.get(reverse("admin:centers_center_history", args=[center.pk]))

    told = " ".join(page.content.decode().split())
    assert ("she asked for it" in told, "Contact person" in told, MARK in told) == (
        True, True, False,
    )  # fmt: skip


def test_a_key_that_people_chose_is_not_kept_in_the_ledger(person):
    erasure.erase_contact(person(key="marker-of-a-person"), reason="asked", by=None)

    [line] = Erasure.objects.all()
    assert ("marker" in line.key, len(line.key)) == (False, len("contact-") + 64)


def test_erasing_twice_keeps_the_first_line(person):
    contact = person()
    same = Contact.objects.get()

    lines = [
        erasure.erase_contact(contact, reason="asked", by=None),
        erasure.erase_contact(same, reason="other", by=None),
    ]

    assert lines[0] == lines[1] == Erasure.objects.get()
    assert lines[1].reason == "asked"


def test_a_form_that_was_open_meanwhile_brings_nobody_back(admin_client, person):
    contact = person()
    form = Form(admin_client.get(page_of(contact, "change"))).data
    late = Contact.objects.get()
    erasure.erase_contact(contact, reason="asked", by=None)

    late.confirm(on=TODAY)
    with pytest.raises(DatabaseError), transaction.atomic():
        late.save()
    answers = [
        admin_client.post(page_of(contact, "change"), form),
        admin_client.post(page_of(contact, "erase"), {"reason": "asked"}),
    ]

    assert [answer.status_code for answer in answers] == [302, 404]
    assert (Contact.objects.count(), Contact.history.count()) == (0, 0)


def test_the_page_of_the_center_that_was_open_meanwhile_brings_nobody_back(
    admin_client, center, person
):
    contact = person()
    address = reverse("admin:centers_center_change", args=[center.pk])
    form = Form(admin_client.get(address)).data
    erasure.erase_contact(contact, reason="asked", by=None)

    admin_client.post(address, form | {"contacts-0-role": "chair"})

    assert (Contact.objects.count(), Contact.history.count()) == (0, 0)


def test_several_are_erased_after_a_question(admin_client, person):
    chosen = [person(name="One"), person(name="Two")]
    left = person(name="Three")
    data = {"action": "erase_chosen", "_selected_action": [contact.pk for contact in chosen]}

    asked = admin_client.post(LIST, data)
    assert (asked.status_code, Contact.objects.count()) == (200, 3)
    assert [name in asked.content.decode() for name in ("One", "Two", "Three")] == [
        True,
        True,
        False,
    ]
    answer = admin_client.post(LIST, Form(asked).data | {"erase": "Erase them"})

    assert message_of(answer, admin_client) == ["2 contact persons are erased."]
    assert list(Contact.objects.all()) == [left]
    assert [line.reason for line in Erasure.objects.all()] == ["expired", "expired"]


def test_more_than_somebody_can_look_at_are_not_erased_at_once(admin_client, person, monkeypatch):
    monkeypatch.setattr("centers.admin.contacts.MAX_AT_ONCE", 1)
    chosen = [person(name="One").pk, person(name="Two").pk]

    answer = admin_client.post(LIST, {"action": "erase_chosen", "_selected_action": chosen})

    assert message_of(answer, admin_client) == ["At most 1 at once. Nobody was erased."]
    assert Contact.objects.count() == 2


def test_the_stock_way_to_delete_leads_to_the_question(admin_client, person):
    contact = person()

    for method in (admin_client.get, admin_client.post):
        assert method(page_of(contact, "delete"), {"post": "yes"}).url == page_of(contact, "erase")
    page = admin_client.get(LIST).content.decode()

    assert "delete_selected" not in page
    assert Contact.objects.count() == 1


def log_of(user, row, message="", text=MARK):
    return LogEntry.objects.create(
        user=user, action_flag=CHANGE, object_id=str(row.pk), object_repr=text,
        content_type=ContentType.objects.get_for_model(row), change_message=message,
    )  # fmt: skip


NAMED = json.dumps([{"added": {"name": "contact person", "object": MARK}}, {"changed": {"x": 1}}])


def test_the_log_of_the_admin_forgets_her_old_entries(admin_user, center, person):
    contact = person()
    log_of(admin_user, contact)
    entry = log_of(admin_user, center, NAMED, "Isperih")
    log_of(admin_user, center, "[no JSON", "Isperih")

    erasure.erase_contact(contact, reason="asked", by=admin_user)

    assert LogEntry.objects.filter(object_repr=MARK).count() == 0
    entry.refresh_from_db()
    assert json.loads(entry.change_message) == [
        {"added": {"name": "contact person", "object": f"no. {contact.pk}"}},
        {"changed": {"x": 1}},
    ]


def test_the_migration_forgets_the_names_in_the_log(admin_user, center, person):
    log_of(admin_user, person())
    log_of(admin_user, center, NAMED, "Isperih")
    log_of(admin_user, center, '[no JSON "contact person"', "Isperih")
    names = [path.stem for path in Path("centers/migrations").glob("*_people_and_photos.py")]

    importlib.import_module(f"centers.migrations.{names[0]}").forget_names(apps, None)

    told = LogEntry.objects.values_list("object_repr", "change_message")
    assert MARK not in repr(list(told))
    assert sorted(text for text, _message in told) == ["Isperih", "Isperih", "contact person"]


# --- Stays erased ----------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["2345bcdf6789", "marker-of-a-person"])
def test_a_package_that_is_loaded_later_brings_nobody_back(person, center, tmp_path, key):
    package.export(tmp_path)  # countries and centers
    contact = person(key=key)
    photo = gallery.add_photo(center, upload())
    package.export(tmp_path)
    erasure.erase_contact(contact, reason="asked", by=None)
    gallery.withdraw_picture(photo, reason="consent", by=None)

    for _time in range(2):
        outcome = package.load(tmp_path)
        assert outcome["contacts"] == {"new": 0, "update": 0, "skip": 1}

    assert (Contact.objects.count(), Contact.history.count()) == (0, 0)


def test_the_ledger_travels_and_erases_where_it_arrives(
    person, center, undone, tmp_path, django_capture_on_commit_callbacks
):
    with undone():
        erasure.erase_contact(person(key="anna"), reason="asked", by=None)
        photo = gallery.add_photo(center, upload())
        gallery.withdraw_picture(photo, reason="consent", by=None)
        package.export(tmp_path)
    # An older copy of the register, in which both are still there.
    person(key="anna")
    Photo.objects.create(
        key=photo.key,
        center=center,
        image=photo.image.name,
        width=60,
        height=40,
        widths=photo.widths,
    )
    assert list(soundness.erasures()) == []

    with django_capture_on_commit_callbacks(execute=True):
        outcome = package.load(tmp_path)

    assert outcome["erasures"] == {"new": 2, "update": 0, "skip": 0}
    assert (Contact.objects.count(), Contact.history.count(), Photo.objects.count()) == (0, 0, 0)
    assert not any((tmp_path.parent / name).exists() for name in photo.file_names)
    again = package.load(tmp_path)
    assert again["erasures"] == {"new": 0, "update": 0, "skip": 2}


def test_erasures_are_repeated_after_a_restore(person, undone, tmp_path, capsys):
    package_folder = tmp_path / "package"
    with undone():
        erasure.erase_contact(person(key="anna"), reason="asked", by=None)
        package.export(package_folder)
    person(key="anna")
    left = person(key="berta", name="Berta")
    Contact.history.filter(key="berta").delete()

    for _time in range(2):
        call_command("repeat_erasures", str(package_folder / "erasures.csv"))

    assert capsys.readouterr().out.splitlines() == [
        "Erased again: contact persons 1, photos 0, stories 0.",
        "Erased again: contact persons 0, photos 0, stories 0.",
    ]
    assert list(Contact.objects.all()) == [left]
    assert Contact.history.count() == 0


def test_check_register_tells_who_is_back_and_repair_erases_her(person, tmp_path):
    contact = person()
    erasure.erase_contact(contact, reason="asked", by=None)
    back = person(key=contact.key)

    assert list(soundness.erasures()) == [
        f"centers.Contact {back.pk}: it was erased, and is there again"
    ]
    soundness.repair()

    assert (Contact.objects.count(), list(soundness.erasures())) == (0, [])


def test_old_versions_without_their_row_are_erased_again(person):
    contact = person()
    erasure.erase_contact(contact, reason="asked", by=None)
    version = Contact.history.model(
        **{field.name: None for field in Contact.history.model._meta.fields if field.null},
        id=contact.pk, key=contact.key, name=MARK, history_date=timezone.now(), history_type="+",
    )  # fmt: skip
    version.save()

    erasure.repeat()

    assert Contact.history.count() == 0


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (None, "There is no such file."),
        ("key,kind\nx,center\n", "erasures.csv, line 2, column kind"),
        ("kind\ncontact\n", "The column “key” is missing"),
    ],
)
def test_a_ledger_that_makes_no_sense_erases_nobody(person, tmp_path, text, reason):
    person()
    file = tmp_path / "erasures.csv"
    if text:
        file.write_text(text)

    with pytest.raises(CommandError, match=reason) as refusal:
        call_command("repeat_erasures", str(file))

    assert str(refusal.value).startswith("Nothing was erased.")
    assert (Contact.objects.count(), Erasure.objects.count()) == (1, 0)


def test_a_line_of_the_ledger_is_never_changed_by_a_file(person, tmp_path):
    erasure.erase_contact(person(), reason="asked", by=None)
    line = Erasure.objects.get()
    (tmp_path / "erasures.csv").write_text(
        f"key,kind,center,file,reason,erased_at\n{line.key},photo,,,other,2001-01-01T00:00:00Z\n"
    )

    package.load_ledger(tmp_path / "erasures.csv")

    assert Erasure.objects.values().get() == {
        field.attname: getattr(line, field.attname) for field in Erasure._meta.fields
    }


def test_the_ledger_is_read_by_those_who_look_after_the_center(client, staff, make, center, person):
    erasure.erase_contact(person(), reason="asked", by=staff("lead"))
    address = reverse("admin:centers_erasure_changelist")

    def lines(user):
        client.force_login(user)
        page = client.get(address)
        return page.content.decode().count("Mother Center Isperih")

    lead = get_user_model().objects.get(username="lead")
    assert [lines(staff("hers")), lines(staff("other")), lines(lead)] == [1, 0, 1]
    exported = client.post(
        reverse("admin:centers_erasure_export"),
        {"format": "0", "erasureresource_key": True, "erasureresource_reason": True},
    )
    assert Erasure.objects.get().key in exported.content.decode()
    client.force_login(get_user_model().objects.get(username="hers"))
    assert client.get(reverse("admin:centers_erasure_export")).status_code == 403


def test_erased_person_is_written_to_no_more_for_what_she_reported(center, coordinator):
    person = Contact.objects.create(center=center, name="Rada", email="rada@example.org")
    values = {"center": center, "subject": "other"}
    hers = [
        Report.objects.create(**values, email="other@example.org", contact=person),
        Report.objects.create(**values, email="Rada@example.org"),
    ]
    elses = Report.objects.create(**values, email="mira@example.org")

    erasure.erase_contact(person, reason=Erasure.Reason.ASKED, by=coordinator)

    emails = dict(Report.objects.values_list("pk", "email"))
    assert emails == {hers[0].pk: "", hers[1].pk: "", elses.pk: "mira@example.org"}
