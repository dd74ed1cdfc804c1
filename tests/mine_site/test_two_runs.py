"""Two runs of the yearly question at once, as processes, and one of them killed half-way.

Nobody gets two mails, at most one is in doubt and marked, and a further run sends the rest.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection, connections
from django.utils import timezone

from centers.models import Center, Contact, Country, QuestionMail, YearlyQuestion
from tests.mail_server import mail_server

PROJECT = Path(__file__).parents[2]
COPY = "copy"


@pytest.fixture(scope="session")
def _empty_register(tmp_path_factory, django_db_setup, django_db_blocker):
    """The name of a copy of the tests' database, which is empty; outside any transaction."""
    with django_db_blocker.unblock():
        if connection.vendor == "sqlite":
            name = str(tmp_path_factory.mktemp("empty") / "register.sqlite3")
            with connection.cursor() as cursor:
                cursor.execute("VACUUM INTO %s", [name])
            yield name
        else:
            template = connection.settings_dict["NAME"]
            connection.close()  # nobody may use what is copied
            with _copied(f"{template}_empty", template) as name:
                yield name


@contextlib.contextmanager
def _copied(name, template):
    """A database of the same PostgreSQL that is made from another one, and goes again."""
    with connection._nodb_cursor() as cursor:
        cursor.execute(f'DROP DATABASE IF EXISTS "{name}"')
        cursor.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    try:
        yield name
    finally:
        with connection._nodb_cursor() as cursor:
            cursor.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def register_of_its_own(db, _empty_register, tmp_path):
    """(address, alias) of an empty register that other processes can open too."""
    with contextlib.ExitStack() as stack:
        if connection.vendor == "sqlite":
            name = str(shutil.copy(_empty_register, tmp_path / "register.sqlite3"))
            address = f"sqlite:///{name}"
        else:
            name = stack.enter_context(_copied(f"{_empty_register}_2", _empty_register))
            address = f"{os.environ['DATABASE_URL'].rpartition('/')[0]}/{name}"
        # Not among the settings for longer, or Django forbids it in a test.
        connections.settings[COPY] = {**connections.settings["default"], "NAME": name}
        connections[COPY] = connections.create_connection(COPY)
        del connections.settings[COPY]
        yield address, COPY
        connections[COPY].close()
        del connections[COPY]


def people(number, using):
    """As many centers, each with one person, all of them due."""
    country = Country.objects.using(using).get_or_create(
        code="BG", defaults={"region": "south_eastern_europe"}
    )[0]
    centers = Center.objects.using(using).bulk_create(
        Center(name=f"Center {each}", slug=f"center-{each}", country=country)
        for each in range(number)
    )
    Contact.objects.using(using).bulk_create(
        Contact(center=center, name="Maria", email=f"maria{each}@example.org")
        for each, center in enumerate(centers)
    )


@contextlib.contextmanager
def runs(address, port, folder):
    """`start(*arguments)`: a run as a process of its own."""
    environment = {
        name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ
    }
    environment |= {
        "DATABASE_URL": address,
        "DJANGO_SETTINGS_MODULE": "mine_site.settings",
        "EMAIL_HOST": "127.0.0.1",
        "EMAIL_PORT": str(port),
        "SECRET_KEY": settings.SECRET_KEY,
        "SITE_URL": "https://registry.example.org",
        "VAR_DIR": str(folder),
    }
    started = []

    def start(*arguments):
        command = [sys.executable, "manage.py", "send_confirmations", "--due", "--rate", "100000"]
        started.append(
            subprocess.Popen(
                [*command, *arguments],
                cwd=PROJECT,
                env=environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
        )
        return started[-1]

    try:
        yield start
    finally:
        for process in started:
            process.kill()
            process.communicate()


def first_that_ends(first, second, timeout):
    """Wait until one of the runs ends; returns (the one that ended, the other)."""
    end = timezone.now() + timedelta(seconds=timeout)
    while timezone.now() < end:
        for one, other in ((first, second), (second, first)):
            with contextlib.suppress(subprocess.TimeoutExpired):
                one.wait(0.05)
                return one, other
    raise AssertionError("Neither run ended.")


@pytest.mark.parametrize(
    ("number", "further"), [(42, 1), pytest.param(1000, 3, marks=pytest.mark.long)]
)
def test_two_runs_at_once_and_one_killed_send_nobody_two(
    register_of_its_own, tmp_path, number, further
):
    address, using = register_of_its_own
    people(number, using)
    mails = QuestionMail.objects.using(using)
    part, timeout = number // 3, 60 + number
    with mail_server() as server, runs(address, server.port, tmp_path) as start:
        handler = server.handler
        # One of both waits for the answer to this mail, and the other has few left.
        handler.hold_at = 2 * part - 2
        limit = ["--limit", str(part)]
        ended, held = first_that_ends(start(*limit), start(*limit), timeout)
        assert handler.held.wait(timeout)
        held.send_signal(signal.SIGKILL)
        held.wait(timeout)
        handler.release.set()
        assert f"{part} sent" in ended.communicate(timeout=timeout)[0]
        assert mails.filter(state="sending").count() == 1
        assert len(handler.taken) < number

        mails.filter(state="sending").update(begun_at=timezone.now() - timedelta(minutes=11))
        others = [start() for _each in range(further)]
        told = "".join(each.communicate(timeout=timeout)[0] for each in others)

    addresses = Counter(address for _message_id, address in handler.taken)
    sent = set(mails.filter(state="sent").values_list("message_id", flat=True))
    [in_doubt] = mails.exclude(state="sent")
    assert {each.returncode for each in (ended, *others)} == {0}
    assert set(addresses.values()) == {1}
    assert len(addresses) == number
    assert in_doubt.state == "doubt"
    assert {message_id for message_id, _address in handler.taken} == sent | {in_doubt.message_id}
    assert YearlyQuestion.objects.using(using).open().count() == number
    assert told.count("1 mails of a run that was stopped are in doubt.") == 1
    assert "@" not in told


@pytest.mark.long
def test_runs_killed_at_any_moment_send_nobody_two(register_of_its_own, tmp_path):
    address, using = register_of_its_own
    people(1000, using)
    mails, kills = QuestionMail.objects.using(using), 0
    with mail_server() as server, runs(address, server.port, tmp_path) as start:
        taken = server.handler.taken
        while len(taken) < 700:
            pair, goal = (start(), start()), len(taken) + 97
            while len(taken) < goal and any(each.poll() is None for each in pair):
                pass
            for process in pair:
                process.send_signal(signal.SIGKILL)
                process.wait(60)
                kills += 1
        mails.filter(state="sending").update(begun_at=timezone.now() - timedelta(minutes=11))
        last = start()
        last.communicate(timeout=600)

    addresses = Counter(address for _message_id, address in taken)
    doubtful = mails.exclude(state="sent")
    assert last.returncode == 0
    assert set(addresses.values()) == {1}
    assert mails.count() == 1000
    assert set(doubtful.values_list("state", flat=True)) <= {"doubt"}
    assert doubtful.count() <= kills
    assert 1000 - doubtful.count() <= len(addresses) <= 1000
