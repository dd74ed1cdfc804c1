"""The queue at the desk: who sees what, in which order, decided one by one and by many."""

import datetime
import re

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from centers import search
from centers.models import Center, Contact, Report, ReportStep, SearchEntry
from centers.reports import deciding, floods, letters
from centers.reports.receiving import receive
from tests.forms import Form, message_of

pytestmark = pytest.mark.django_db

QUEUE = "/admin/centers/report/"
GROUPS = "/admin/centers/report/groups/"


@pytest.fixture
def lead(client, staff):
    """A client of a lead coordinator."""
    client.force_login(staff("lead"))
    return client


@pytest.fixture
def sent(monkeypatch):
    """The addresses of mails that left; `sent.works = False`: none does."""

    class Sent(list):
        works = True

        def send(self, template, *, to, language, context):
            if self.works:
                self.append(f"{template} {to} {context['words']}".strip())
            return self.works

    sent = Sent()
    monkeypatch.setattr(letters, "send_mail", sent.send)
    return sent


@pytest.fixture
def foreign(serbia):
    return Center.objects.create(name="Duga", slug="duga", country=serbia)


def page_of(report):
    return reverse("admin:centers_report_change", args=[report.pk])


def old(report, days):
    received = timezone.now() - datetime.timedelta(days)
    Report.objects.filter(pk=report.pk).update(received_at=received)
    return report


def listed(client, query=""):
    """The keys of the reports on the first page of the queue, in its order."""
    page = client.get(QUEUE + query)
    assert page.status_code == 200
    return [report.pk for report in page.context["cl"].result_list]


def text_of(answer):
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


# --- The list ----------------------------------------------------------------------------------


def test_what_waits_is_listed_urgent_first_then_the_oldest(lead, center):
    late = old(receive(center, "other", text="A"), 20)
    older = old(receive(center, "place", text="B"), 30)
    urgent = receive(center, "yearly", text="C", is_urgent=True)
    receive(center, "other", text="D", state="asked")
    receive(center, "other", text="E", state="accepted")

    assert listed(lead) == [urgent.pk, older.pk, late.pk]


def test_row_says_what_who_where_since_when_and_who_takes_it_on(lead, center, staff):
    report = old(receive(center, "place", text="It moved.", origin="center"), 20)
    deciding.assign(report, staff("hers"), by=None)

    text = text_of(lead.get(QUEUE))

    assert "Where it is It moved. the center itself Mother Center Isperih, Bulgaria" in text
    assert "20 days ago past the day promised waiting taken on by hers" in text


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?state=asked", "B"),
        ("?state=open", "AB"),
        ("?state=decided", "C"),
        ("?state=all", "ABC"),
        ("?state=nonsense", "A"),
        ("?state=all&origin__exact=center", "B"),
        ("?state=all&subject__exact=place", "A"),
        ("?state=all&is_urgent__exact=1", "B"),
        ("?state=all&taken=me", "C"),
        ("?state=all&taken=nobody", "AB"),
        ("?state=all&whose=vacant", "BC"),
        ("?state=all&whose=mine", ""),
        ("?state=all&like=none", "ABC"),
        ("?state=all&like=sender-99999999999999999999999", "ABC"),
        ("?state=all&like=sender-x", "ABC"),
        ("?state=all&like=center-12", ""),
    ],
)
def test_filters(lead, center, foreign, staff, query, found):
    reports = {
        "A": receive(center, "place", text="A"),
        "B": receive(None, "yearly", text="B", state="asked", origin="center", is_urgent=True),
        "C": receive(foreign, "other", text="C"),
    }
    staff("hers")  # looks after Bulgaria
    user = get_user_model().objects.get(username="lead")
    deciding.assign(reports["C"], user, by=user)
    deciding.accept(reports["C"], by=user)

    assert set(listed(lead, query)) == {reports[letter].pk for letter in found}


@pytest.mark.parametrize(
    "query",
    ["?like=x", "?taken=x", "?whose=x", "?state=%00", "?like=words-0", "?q=%00", "?q=a%00b"],
)
def test_nonsense_in_a_filter_is_no_error(lead, center, query):
    receive(center, "place", text="A")

    assert lead.get(QUEUE + query).status_code == 200


def test_report_is_found_by_its_reference_and_by_the_name_of_its_center(lead, center, foreign):
    search.reindex(SearchEntry.Kind.CENTER, [center.pk, foreign.pk])
    one, other = receive(center, "other", text="A"), receive(foreign, "other", text="B")

    assert listed(lead, f"?q={one.reference}") == [one.pk]
    assert listed(lead, f"?q={one.key.upper()}") == [one.pk]
    assert listed(lead, f"?q={one.reference[:6]}") == [one.pk]
    assert listed(lead, "?q=Исперих") == [one.pk]
    assert listed(lead, "?q=dug") == [other.pk]
    assert listed(lead, "?q=nonsense") == []


def test_empty_queue_says_so_in_plain_words(lead):
    assert "Nothing waits for you. Thank you for looking in." in text_of(lead.get(QUEUE))


def test_list_asks_the_database_as_often_for_one_as_for_thirty(lead, center, staff):
    user = staff("hers")

    def asked(number):
        for each in range(number):
            deciding.assign(
                receive(center, "other", text=f"Word {each}", sender_mark=f"{each}"), user, by=user
            )
        with CaptureQueriesContext(connection) as queries:
            lead.get(QUEUE)
        return len(queries)

    asked(1)  # what is read once
    assert asked(1) == asked(30)


# --- Rights ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "sees"),
    [("hers", "A"), ("other", "B"), ("lead", "ABC"), ("technical", "ABC"), ("without", "")],
)
def test_only_those_who_look_after_the_center_see_and_decide(
    client, staff, center, foreign, kind, sees
):
    reports = {
        "A": receive(center, "other", text="A"),
        "B": receive(foreign, "other", text="B"),
        "C": receive(None, "other", text="C"),
    }
    client.force_login(staff(kind))

    if kind == "without":
        assert client.get(QUEUE).status_code == client.get(GROUPS).status_code == 403
    else:
        assert set(listed(client)) == {reports[letter].pk for letter in sees}
    for letter, report in reports.items():
        shown = client.get(page_of(report))
        client.post(page_of(report), {"do": "accept"})
        report.refresh_from_db()
        assert (shown.status_code == 200) == (letter in sees)
        assert (report.state == "accepted") == (letter in sees)


def test_another_countrys_reports_cannot_be_declined_by_their_number(hers, foreign):
    report = receive(foreign, "other", text="A")

    hers.post(
        QUEUE,
        {
            "action": "decline_chosen",
            "_selected_action": [report.pk],
            "reason": "not_meant",
            "until": report.pk,
        },
    )

    report.refresh_from_db()
    assert report.state == "waiting"


# --- The page ----------------------------------------------------------------------------------


def test_page_shows_words_as_plain_text_and_no_address(hers, center):
    report = receive(
        center,
        "other",
        text="See https://example.org/x <b>now</b>\nPlease",
        email="rada@example.org",
        language="bg",
    )

    page = hers.get(page_of(report)).content.decode()

    assert "See https://example.org/x &lt;b&gt;now&lt;/b&gt;" in page
    assert 'href="https://example.org/x' not in page
    assert "rada@example.org" not in page
    assert "Her language is Bulgarian." in page
    shown = hers.post(page_of(report), {"do": "address"}).content.decode()
    assert "rada@example.org" in shown


def test_page_sets_what_was_told_beside_what_is_held_and_was_held(hers, center, staff):
    report = receive(center, "contact", told={"phone": "+359 84 1", "website": "https://a.example"})
    center.phone, center._history_user = "+359 84 9", staff("lead")
    center.save()

    text = text_of(hers.get(page_of(report)))

    assert "What the register says now +359 84 9" in text
    assert "What it said when it was told nothing changed meanwhile by lead" in text
    assert "What was told +359 84 1" in text
    assert text.count("changed meanwhile") == 1


def test_all_is_accepted_with_what_is_ticked_at_first(hers, center):
    report = receive(center, "contact", told={"phone": "+359 84 1", "place": "Ruse"})
    form = Form(hers.get(page_of(report))).data
    assert form["part"] == ["phone", "place"]

    answer = hers.post(
        page_of(report), {"do": "accept", "part": form["part"], "accept-outcome": "Thank you."}
    )

    assert message_of(answer, hers) == ["Accepted. Thank you."]
    report.refresh_from_db()
    center.refresh_from_db()
    assert (report.state, report.outcome) == ("accepted", "Thank you.")
    assert (center.phone, center.place) == ("+359 84 1", "Ruse")
    assert report.decided_by.get_username() == "hers"


def test_what_cannot_be_written_is_told_beside_it_and_nothing_is_lost(hers, center):
    report = receive(center, "contact", told={"phone": "+359 84 1", "website": "nonsense"})

    answer = hers.post(
        page_of(report),
        {"do": "accept", "part": ["website"], "accept-outcome": "My words"},
    )

    page = answer.content.decode()
    assert answer.status_code == 200
    assert '<ul class="errorlist" id="errors-website">' in page
    assert 'value="website" checked aria-describedby="errors-website"' in page
    assert 'value="phone">' in page
    assert "My words</textarea>" in page
    report.refresh_from_db()
    assert report.state == "waiting"


def test_nothing_ticked_is_told_in_plain_words(hers, center):
    report = receive(center, "contact", told={"phone": "+359 84 1"})

    text = text_of(hers.post(page_of(report), {"do": "accept", "accept-outcome": ""}))

    assert "Choose at least one thing that is right, or decline the report." in text


@pytest.mark.parametrize(
    ("subject", "desk"),
    [
        ("status", "record-status/"),
        ("duplicate", "find-double/"),
        ("remove_me", "change/"),
        ("other", "change/"),
    ],
)
def test_what_is_done_by_hand_has_a_way_there(hers, center, subject, desk):
    report = receive(center, subject, text="Please")

    page = hers.get(page_of(report)).content.decode()

    assert f'<a href="/admin/centers/center/{center.pk}/{desk}">' in page.split("told-do")[1]
    assert "I have done what was asked" in page


def test_declining_asks_why_and_says_it(hers, center):
    report = receive(center, "other", text="A")

    refused = hers.post(
        page_of(report), {"do": "decline", "decline-reason": "other", "decline-outcome": " "}
    )
    assert "Say why the report is declined." in text_of(refused)
    hers.post(page_of(report), {"do": "decline", "decline-reason": "unclear"})

    text = text_of(hers.get(page_of(report)))
    assert "Declined We could not find out what is meant." in text
    assert 'value="decline"' not in hers.get(page_of(report)).content.decode()


def test_question_goes_by_mail_in_her_words(hers, center, sent):
    report = receive(center, "other", text="A", email="rada@example.org", language="bg")

    hers.post(page_of(report), {"do": "ask", "ask-question": "Коя врата?"})

    report.refresh_from_db()
    assert (report.state, sent) == ("asked", ["report_asked rada@example.org Коя врата?"])
    assert "Коя врата?" in text_of(hers.get(page_of(report)))


@pytest.mark.parametrize("is_known", [True, False])
def test_erased_person_has_a_last_mail_and_her_address_goes(hers, center, sent, is_known):
    rada = Contact.objects.create(center=center, name="Rada", email="rada@example.org")
    report = receive(
        center, "yearly", origin="center", told={"forget": True},
        email="rada@example.org", contact=rada if is_known else None,
    )  # fmt: skip

    hers.post(page_of(report), {"do": "accept", "part": ["forget"]})

    report.refresh_from_db()
    assert (report.state, report.email) == ("accepted", "")
    assert Contact.objects.exists() is not is_known
    assert sent == ["report_decided rada@example.org"]


def test_mail_that_could_not_be_sent_is_told_and_tried_again(hers, center, sent):
    report = receive(center, "other", text="A", email="rada@example.org")
    sent.works = False

    answer = hers.post(page_of(report), {"do": "accept"})
    said = message_of(answer, hers)
    assert said[-1].startswith("The mail to whoever reported could not be sent.")
    report.refresh_from_db()
    assert report.state == "accepted"
    assert 'value="mail"' in hers.get(page_of(report)).content.decode()
    sent.works = True
    assert message_of(hers.post(page_of(report), {"do": "mail"}), hers) == ["The mail is sent."]

    assert sent == ["report_decided rada@example.org"]
    assert 'value="mail"' not in hers.get(page_of(report)).content.decode()
    again = message_of(hers.post(page_of(report), {"do": "mail"}), hers)
    assert again == ["There is no mail to be sent again."]


def test_report_is_taken_on_and_handed_on_within_those_who_may(hers, center, staff):
    report = receive(center, "other", text="A")
    me = get_user_model().objects.get(username="hers")
    lead, other = staff("lead"), staff("other")

    hers.post(page_of(report), {"do": "assign", "assign-user": me.pk})
    report.refresh_from_db()
    assert report.assigned_to == me
    hers.post(page_of(report), {"do": "assign", "assign-user": other.pk})
    report.refresh_from_db()
    assert report.assigned_to == me
    hers.post(page_of(report), {"do": "assign", "assign-user": lead.pk})
    report.refresh_from_db()
    assert report.assigned_to == lead
    hers.post(page_of(report), {"do": "assign", "assign-user": ""})
    report.refresh_from_db()
    assert report.assigned_to is None
    assert report.steps.filter(what=ReportStep.What.ASSIGNED).count() == 3


def test_who_comes_second_is_told_and_keeps_her_words(hers, center, coordinator):
    report = receive(center, "contact", told={"phone": "+359 84 1"})
    deciding.accept(report, by=coordinator)

    answer = hers.post(
        page_of(report),
        {"do": "decline", "decline-reason": "unclear", "decline-outcome": "My own words"},
    )

    text = text_of(answer)
    assert "Somebody else has decided this report meanwhile." in text
    assert "My own words" in text
    report.refresh_from_db()
    assert report.state == "accepted"


def test_answer_that_came_meanwhile_is_read_before_it_is_decided(hers, center, coordinator):
    report = receive(center, "contact", told={"phone": "+359 84 1"})
    seen = Form(hers.get(page_of(report))).data["seen"]
    deciding.ask_back(report, "Which?", by=coordinator)
    deciding.answer(report, "Not that one, sorry")

    answer = hers.post(
        page_of(report),
        {"do": "accept", "part": "phone", "accept-outcome": "My words", "seen": seen},
    )

    text = text_of(answer)
    assert "She has answered meanwhile" in text
    assert "Not that one, sorry" in text
    assert "My words" in text
    report.refresh_from_db()
    assert report.state == "waiting"


@pytest.mark.parametrize("data", [{}, {"do": "nonsense"}, {"do": "accept", "part": "nonsense"},
                                  {"do": "assign", "assign-user": "x"},
                                  {"do": "ask", "ask-question": "a\0b"}])  # fmt: skip
def test_nonsense_changes_nothing(hers, center, data):
    report = receive(center, "contact", told={"phone": "+359 84 1"})

    assert hers.post(page_of(report), data).status_code == 200

    report.refresh_from_db()
    assert (report.state, report.assigned_to) == ("waiting", None)


@pytest.mark.parametrize("key", ["0", "99999999999999999999999", "x", "%00"])
def test_report_that_is_not_there_is_no_error(hers, key):
    assert hers.get(f"{QUEUE}{key}/change/").status_code in (302, 404)


def test_nothing_is_added_by_hand(lead):
    assert lead.get(f"{QUEUE}add/").status_code == 403


def test_story_without_a_center_has_a_page(lead):
    report = receive(None, "story", text="Once", origin="teller")

    assert "she who tells a story" in text_of(lead.get(page_of(report)))


def test_history_of_the_center_tells_what_was_decided_in_nobodys_words(hers, center, coordinator):
    report = receive(center, "contact", text="Private words", told={"phone": "+359 84 1"})
    deciding.accept(report, by=coordinator, outcome="Words for her")
    spam = receive(center, "other", text="Pills")
    deciding.decline(spam, "not_meant", by=coordinator)

    page = hers.get(reverse("admin:centers_center_history", args=[center.pk]))

    text = text_of(page)
    assert "Report from outside accepted: how to reach it; taken over: public telephone" in text
    assert f'href="{page_of(report)}"' in page.content.decode()
    assert "Private words" not in text
    assert "Words for her" not in text
    assert "Report from outside declined" not in text


# --- A flood -----------------------------------------------------------------------------------


@pytest.fixture
def flood(center, foreign):
    """A thousand reports from one connection, before and after three honest ones."""
    now = timezone.now()

    def rows(number, **values):
        return [
            Report(center=center, subject="other", text=f"Pill {number} {each}", **values)
            for each in range(number)
        ]

    Report.objects.bulk_create(
        rows(900, sender_mark="m" * 16, received_at=now - datetime.timedelta(1))
    )
    honest = [receive(center, "place", text=f"Honest {each}") for each in range(3)]
    Report.objects.bulk_create(rows(100, sender_mark="m" * 16))
    return honest


def test_flood_leaves_the_queue_usable(lead, flood):
    with CaptureQueriesContext(connection) as queries:
        page = lead.get(QUEUE)
    assert len(queries) < 25
    assert "1000 of them belong together" in text_of(page).replace(",", "")
    assert 'href="?like=none"' in page.content.decode()

    assert listed(lead, "?like=none") == [report.pk for report in flood]


def test_flood_is_declined_with_three_requests(lead, flood, sent):
    groups = lead.get(GROUPS)
    assert "1000 reports from one connection" in text_of(groups)
    first = Form(first_form_of(groups))
    asked = lead.post(first.action, first.data)
    assert "1000 reports would be declined." in text_of(asked).replace(",", "")
    form = Form(asked)
    answer = lead.post(first.action, form.data | {"reason": "not_meant"})

    assert message_of(answer, lead) == ["1000 reports are declined."]
    assert set(Report.objects.waiting()) == set(flood)
    assert sent == []


def first_form_of(answer):
    """The answer cut off after its first form of the content."""
    content = answer.content.decode()
    start = content.index('id="content"')
    end = content.index("</form>", content.index("staff-actions", start))
    answer.content = content[:end]
    return answer


def test_what_comes_after_she_looked_is_not_declined_unseen(lead, center):
    seen = [receive(center, "other", text="Pill", sender_mark="m") for _each in range(5)]
    page = f"{QUEUE}?state=open&like=sender-{seen[0].pk}"
    chosen = {"action": "decline_chosen", "select_across": "1", "_selected_action": "0"}
    form = Form(lead.post(page, chosen)).data
    later = receive(center, "other", text="Pill", sender_mark="m")

    lead.post(page, form | {"reason": "not_meant"})

    assert list(Report.objects.waiting()) == [later]


def test_declining_many_needs_a_reason_and_mails_those_who_gave_an_address(lead, center, sent):
    reports = [
        receive(center, "other", text="Hello", email="rada@example.org"),
        receive(center, "other", text="Hello"),
    ]
    chosen = {"action": "decline_chosen", "_selected_action": [each.pk for each in reports]}
    form = Form(lead.post(QUEUE, chosen)).data

    refused = lead.post(QUEUE, chosen | {"until": form["until"], "reason": "other"})
    assert "Nothing was declined yet." in text_of(refused)
    assert Report.objects.waiting().count() == 2
    lead.post(QUEUE, chosen | {"until": form["until"], "reason": "unclear", "outcome": "Sorry."})

    assert set(Report.objects.values_list("state", "outcome")) == {("declined", "Sorry.")}
    assert sent == ["report_decided rada@example.org"]


def test_groups_are_of_one_connection_one_center_or_the_same_words(center, foreign):
    for each in range(5):
        receive(center, "other", text=f"Word {each}", sender_mark="m")
        receive(foreign, "other", text="Pill")
    receive(None, "other", text="Pill")
    receive(None, "other", text="Pill", state="accepted")
    alone = receive(None, "other", text="Alone", sender_mark="n")

    groups = floods.groups_of(Report.objects.all())

    assert sorted((group.kind, group.count) for group in groups) == [
        ("center", 5), ("center", 5), ("sender", 5), ("words", 6),
    ]  # fmt: skip
    assert list(floods.alone(Report.objects.waiting())) == [alone]
    for group in groups:
        assert floods.alike(Report.objects.undecided(), group.kind, group.example).count() == (
            group.count
        )


def test_groups_are_of_hers_alone(hers, center, foreign):
    for _each in range(5):
        receive(foreign, "other", text="Pill")

    assert "No reports come in groups at present." in text_of(hers.get(GROUPS))
    foreign_report = Report.objects.first()
    assert listed(hers, f"?like=words-{foreign_report.pk}") == []


def test_no_mark_of_a_connection_is_shown(lead, center):
    for _each in range(5):
        receive(center, "other", text="Pill", sender_mark="0123456789abcdef")

    for address in (QUEUE, GROUPS, page_of(Report.objects.first())):
        assert "0123456789abcdef" not in lead.get(address).content.decode()


def test_vacant_country_belongs_to_the_leads(lead, center, staff):
    report = receive(center, "other", text="A")
    assert listed(lead, "?whose=vacant") == [report.pk]

    staff("hers")

    assert listed(lead, "?whose=vacant") == []
