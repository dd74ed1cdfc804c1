"""Measures imports of spreadsheets: what a row costs at 1,000 and at 10,000 rows, and the memory.

    .venv/bin/python .ci/measure_imports.py

Each import runs in a process and a database of its own, on SQLite and, where it is installed, on
PostgreSQL; every file comes twice, and the second time nothing may change. Ends with an error if a
row costs more processor time (the database's included) in the large file, or if a process takes
500 MB. A process that is killed while it writes must leave the register as it was, and the import
to be confirmed again.
"""

import hashlib
import json
import os
import random
import resource
import secrets
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
SMALL, LARGE = 1_000, 10_000
TIMES = {SMALL: 3, LARGE: 1}  # the fastest counts: what else the machine does only slows
MAX_COST = 1.1  # of a row in the large file, in rows of the small one; a tenth is noise
MAX_MEGABYTES = 500
_SYLLABLES = [
    "ka", "mo", "li", "na", "ro", "vé", "št", "ě", "bo", "du", "pra", "či", "ho", "va", "ten", "lo",
    "mi", "žu", "řa", "ký",
]  # fmt: skip


def main():
    measure_on("SQLite", [])
    postgres = PROJECT / ".ci" / "postgres"
    if subprocess.run([postgres, "--find"], stdout=subprocess.DEVNULL, check=False).returncode:
        print("Left out: imports on PostgreSQL (it is not installed here).")
        if os.environ.get("REQUIRE_ALL") == "1":
            raise SystemExit(1)
    else:
        measure_on("PostgreSQL", [postgres])


def measure_on(database, around):
    """Import the small and the large file, and hold the figures against each other."""
    fastest = {}
    for rows, times in TIMES.items():
        runs = [run_alone(around, rows) for _time in range(times)]
        best = fastest[rows] = min(runs, key=lambda run: run["seconds"])
        best["processor"] = min(run["processor"] for run in runs)
        best["megabytes"] = max(run["megabytes"] for run in runs)
        print(
            f"{database}, {rows:,} rows: {rows / best['seconds']:,.0f} rows a second "
            f"(read {best['read']:.1f} s, checked {best['check']:.1f} s, "
            f"written {best['write']:.1f} s), the same file again "
            f"{rows / best['again']:,.0f} rows a second, progress told {best['told']} times, "
            f"{best['megabytes']} MB at most",
            flush=True,
        )
    small, large = fastest[SMALL], fastest[LARGE]
    cost = (large["processor"] / LARGE) / (small["processor"] / SMALL)
    pace = (LARGE / large["seconds"]) / (SMALL / small["seconds"])
    print(
        f"{database}: rows a second, {LARGE:,}:{SMALL:,} = {pace:.2f}; a row of the large file "
        f"costs {cost:.2f} times as much processor time "
        f"({1000 * large['processor'] / LARGE:.2f} ms)",
        flush=True,
    )
    if cost > MAX_COST:
        raise SystemExit(f"Not so: a row costs {cost:.2f} times as much in the large file.")
    if large["megabytes"] >= MAX_MEGABYTES:
        raise SystemExit(f"Not so: the import took {large['megabytes']} MB.")


def run_alone(around, rows):
    """The figures of one import in a process and a database of its own."""
    with tempfile.TemporaryDirectory(prefix="registry-imports-") as folder:
        environment = {
            **os.environ,
            "DATABASE_URL": "",
            "VAR_DIR": folder,
            "SECRET_KEY": secrets.token_urlsafe(50),
            "DJANGO_SETTINGS_MODULE": "mine_site.settings",
            "DEBUG": "0",
        }
        told = subprocess.run(
            [*around, sys.executable, __file__, "--import", str(rows)],
            cwd=PROJECT,
            env=environment,
            stdout=subprocess.PIPE,
            check=True,
        )
    return json.loads(told.stdout.splitlines()[-1])


# --- In the process of its own -------------------------------------------------------------------


def import_once(rows):
    """Import a file of so many rows twice; prints the figures as JSON."""
    sys.path.insert(0, str(PROJECT))
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    from django.contrib.auth import get_user_model

    from centers import search
    from centers.models import Center, Country, Organisation
    from mine_site.register import soundness

    user = get_user_model().objects.create_superuser("measure")
    Country.objects.create(code="CZ")
    network = Organisation.objects.create(slug="network", name="Network", kind="network")
    data = file_of(rows)
    first = timed(user, network, data, expected={"new": rows})
    again = timed(user, network, data, expected={"unchanged": rows})
    if rows == SMALL:
        survive_a_kill(user, network)
        rows += SMALL
    search.reindex("organisation")  # which was made here by hand
    if (wrong := list(soundness.problems())) or Center.objects.count() != rows:
        raise SystemExit(f"Not so: the register is sound after the import: {wrong[:3]}")
    first["again"] = again["seconds"]
    first["megabytes"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(json.dumps(first))


def survive_a_kill(user, network):
    """Kill a process while it writes a file; then confirm the same import."""
    from django.db import connection

    from centers.imports import applying
    from centers.models import Center
    from centers.rights import rights_of

    spreadsheet = begun(user, network, file_of(SMALL, first=SMALL))
    before = Center.objects.count()
    connection.close()
    command = [sys.executable, __file__, "--write-and-wait", str(spreadsheet.pk)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        if process.stdout.readline() != b"written\n":
            raise SystemExit("Not so: nothing was being written when it was to be killed.")
        process.kill()
    spreadsheet.refresh_from_db()
    if (Center.objects.count(), spreadsheet.state) != (before, "ready"):
        raise SystemExit("Not so: a process that was killed left something behind.")
    list(applying.apply(spreadsheet, by=user, rights=rights_of(user)))
    if Center.objects.count() != before + SMALL:
        raise SystemExit("Not so: the import could not be confirmed after a kill.")


def write_and_wait(pk):
    """Write the first rows of an import, say so, and wait to be killed."""
    sys.path.insert(0, str(PROJECT))
    import django

    django.setup()
    from centers.imports import applying
    from centers.models import SpreadsheetImport
    from centers.rights import rights_of

    spreadsheet = SpreadsheetImport.objects.get(pk=pk)
    owner = spreadsheet.owner
    for done, _total in applying.apply(spreadsheet, by=owner, rights=rights_of(owner)):
        if done:
            print("written", flush=True)
            time.sleep(60)


def begun(user, network, data):
    """An import of the file that was checked and waits to be confirmed."""
    from centers.imports import checking, columns
    from centers.models import SpreadsheetImport
    from centers.rights import rights_of

    spreadsheet = SpreadsheetImport(
        owner=user,
        file_name="list.csv",
        digest=hashlib.sha256(data).hexdigest(),
        network=network,
        country_id="CZ",
    )
    spreadsheet.file = data
    spreadsheet.save()
    table = checking.read_table(spreadsheet)
    checking.begin(spreadsheet, table, columns.guessed(table.headers), None)
    spreadsheet.read_at = time.perf_counter()
    spreadsheet.told = sum(1 for _step in checking.check(spreadsheet, rights=rights_of(user)))
    return spreadsheet


def processor_time():
    """Seconds of processor time that this process, and the database for it, have taken."""
    from django.db import connection

    taken = time.process_time()
    if connection.vendor == "postgresql":
        connection.ensure_connection()
        pid = connection.connection.info.backend_pid
        # After the name in brackets: the 14th and 15th field, in ticks.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        taken += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return taken


def timed(user, network, data, *, expected):
    """How long each step of an import took, in seconds; its figures must be as expected."""
    from centers.imports import applying
    from centers.rights import rights_of

    started, processor = time.perf_counter(), processor_time()
    spreadsheet = begun(user, network, data)
    told, read = spreadsheet.told, spreadsheet.read_at
    checked = time.perf_counter()
    told += sum(1 for _step in applying.apply(spreadsheet, by=user, rights=rights_of(user)))
    written = time.perf_counter()
    processor = processor_time() - processor
    figures = {verdict: number for verdict, number in spreadsheet.counts.items() if number}
    if figures != expected:
        raise SystemExit(f"Not so: {figures} came of the file, and {expected} was to come.")
    return {
        "read": read - started,
        "check": checked - read,
        "write": written - checked,
        "seconds": written - started,
        "processor": processor,
        "told": told,
    }


def file_of(rows, first=0):
    """A list as a network keeps it: cp1250, semicolons, a title above, twelve columns."""
    chance = random.Random(rows + first)

    def word():
        return "".join(chance.choices(_SYLLABLES, k=chance.randint(3, 6))).capitalize()

    towns = [word() for _ in range(800)]
    lines = [
        "Seznam mateřských center;;;;;;;;;;;",
        "Číslo;Název;Město;Ulice;Telefon;E-mail;Založeno;Stav;Ke dni;Návštěvníci;PSČ;Souřadnice",
    ]
    for number in range(first, first + rows):
        cells = [
            number,
            f"Mateřské centrum {word()} {word()}",
            chance.choice(towns),
            f"{word()} {number % 90}",
            f"+420 {chance.randint(100_000_000, 999_999_999)}",
            f"center{number}@example.org",
            chance.choice(["1998", "5/2003", "17. 5. 2001"]),
            chance.choice(["aktivní", "zavřeno", "pozastaveno"]),
            "2024",
            chance.randint(1, 300),
            f"{number % 1000:03} 00",
            f"{chance.uniform(48, 51):.5f}, {chance.uniform(12, 18):.5f}",
        ]
        lines.append(";".join(map(str, cells)))
    return "\r\n".join(lines).encode("cp1250")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--import"]:
        import_once(int(sys.argv[2]))
    elif sys.argv[1:2] == ["--write-and-wait"]:
        write_and_wait(int(sys.argv[2]))
    else:
        main()
