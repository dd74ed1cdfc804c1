"""The yearly question as a letter: one sheet, one link, in the center's language."""

import datetime
import re
from urllib.parse import urlsplit

import pytest
import segno
from django.urls import reverse
from django.utils import timezone

from centers.asking.letters import drawn_code, write_letter
from centers.asking.links import link_to, open_question
from centers.models import Center, Contact, YearlyQuestion
from mine_site.middleware import CONTENT_SECURITY_POLICY

pytestmark = pytest.mark.django_db

State, Means = YearlyQuestion.State, YearlyQuestion.Means


@pytest.fixture
def letter(center):
    return write_letter(center, language="bg")


def page_of(question):
    return reverse("admin:centers_yearlyquestion_letter", args=[question.pk])


def paper(answer):
    """The letter itself, without the tools around it."""
    return re.search(r"<article class=\"letter\".*</article>", answer.content.decode(), re.S)[0]


def squares(path):
    """The dark squares of a drawn code, from its SVG path of rows ("M4 4.5h7m5 0h1 …")."""
    column, row, dark = 0, 0, set()
    for command, numbers in re.findall(r"([Mmh])([^Mmh]*)", path):
        values = [float(number) for number in re.findall(r"-?[\d.]+", numbers)]
        if command == "h":
            dark |= {(row, column + step) for step in range(int(values[0]))}
            column += int(values[0])
        else:
            is_first = command == "M"
            column = int(values[0]) if is_first else column + int(values[0])
            row = int(values[1] - 0.5) if is_first else row + int(values[1])
    return dark


def test_letter_is_in_its_language_and_says_what_we_hold(hers, center, letter):
    Center.objects.filter(pk=center.pk).update(
        phone="+359 2 555 12", address="Улица 1", opening_hours="10–12"
    )
    told = paper(hers.get(page_of(letter)))

    assert 'lang="bg"' in told
    assert "България" in told
    for held in ("Mother Center Isperih", "+359 2 555 12", "Улица 1", "10–12", center.public_id):
        assert held in told
    assert link_to(letter) in told
    assert "/bg/confirm/" in told


def test_code_on_the_letter_is_that_of_its_link(hers, letter):
    told = paper(hers.get(page_of(letter)))
    [drawn] = re.findall(r'class="qrline"[^>]* d="([^"]+)"', told)
    matrix = segno.make(link_to(letter), error="m", micro=False).matrix_iter(border=4)

    assert squares(drawn) == {
        (row, column)
        for row, line in enumerate(matrix)
        for column, is_dark in enumerate(line)
        if is_dark
    }


def test_link_of_the_letter_opens_its_question(letter):
    assert open_question(link_to(letter).split("/")[-2]) == letter


def test_link_of_the_letter_leads_to_the_question_in_its_language(client, letter, center):
    answer = client.get(urlsplit(link_to(letter)).path)

    assert answer.status_code == 200
    assert '<html lang="bg">' in answer.content.decode()
    assert center.name in answer.content.decode()


def test_code_has_no_style_of_its_own(hers, letter):
    svg = drawn_code(link_to(letter))
    page = hers.get(page_of(letter))

    assert "style" not in svg
    assert "style=" not in page.content.decode()
    assert page.headers["Content-Security-Policy"] == CONTENT_SECURITY_POLICY


def test_showing_a_letter_writes_nothing(hers, letter):
    before = YearlyQuestion.objects.values().get()
    for answer in (hers.get(page_of(letter)), hers.head(page_of(letter))):
        assert answer.status_code == 200
    hers.post(page_of(letter), {"sender": "Kept nowhere 1"})

    assert YearlyQuestion.objects.values().get() == before


def test_her_address_is_printed_and_kept_nowhere(hers, letter, center):
    answer = hers.post(page_of(letter), {"sender": "Улица <b>2</b>\r\n\r\n+359 555"})
    told = paper(answer)

    assert "Улица &lt;b&gt;2&lt;/b&gt;<br>+359 555" in told
    assert "+359 555" not in paper(hers.get(page_of(letter)))


def test_her_address_that_is_too_long_is_refused_and_the_letter_stays(hers, letter):
    answer = hers.post(page_of(letter), {"sender": "x" * 301})

    assert answer.context["form"].errors["sender"]
    assert "x" * 301 not in paper(answer)


def test_letter_names_who_asks_by_her_public_name(hers, staff, letter):
    coordinator = letter.center.country.coordinators.get()
    coordinator.public_name = "Anna of the network"
    coordinator.save()

    assert "Anna of the network" in paper(hers.get(page_of(letter)))


def test_letter_names_no_contact_person(hers, center, letter):
    Contact.objects.create(center=center, name="Marker of a person", phone="+359 777")
    told = paper(hers.get(page_of(letter)))

    assert "Marker" not in told
    assert "777" not in told


def test_printed_twice_it_is_the_same_letter(center, letter):
    again = write_letter(center, language="de")

    assert (again.pk, again.nonce, again.language) == (letter.pk, letter.nonce, "de")
    assert YearlyQuestion.objects.count() == 1


def test_letter_ends_the_mail_that_waits(center):
    mail = YearlyQuestion.objects.create(center=center)
    letter = write_letter(center, language="bg")
    mail.refresh_from_db()

    assert (mail.state, letter.state, letter.means) == (State.ENDED, State.OPEN, Means.LETTER)


def test_letter_whose_link_is_too_old_is_written_anew(center, letter):
    letter.link_made_at = timezone.now() - datetime.timedelta(days=91)
    letter.save()
    again = write_letter(center, language="bg")
    letter.refresh_from_db()

    assert again.pk != letter.pk
    assert (letter.state, again.state) == (State.ENDED, State.OPEN)


def test_letter_that_is_dead_says_so_before_it_is_sent(hers, letter):
    words = "Do not send this one"
    before = hers.get(page_of(letter)).content.decode()
    letter.state, letter.ended_at = State.ANSWERED, timezone.now()
    letter.save()

    assert words not in before
    assert words in hers.get(page_of(letter)).content.decode()


def test_letter_belongs_to_those_who_look_after_the_center(client, staff, letter):
    client.force_login(staff("other"))
    refused = [client.get(page_of(letter)), client.post(page_of(letter), {"sender": "x"})]

    assert [answer.status_code for answer in refused] == [403, 403]


def test_mail_has_no_letter(hers, center):
    question = YearlyQuestion.objects.create(center=center)

    assert hers.get(page_of(question)).status_code == 404
