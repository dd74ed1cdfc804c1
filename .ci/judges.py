"""Judges from outside: the Nu HTML checker on every kind of page, Lighthouse on the main four.

    python3 .ci/judges.py http://127.0.0.1:8000

Needs npm and node 18+, Java 11+ and Chromium (on Debian: apt install npm default-jre-headless
chromium), and the npm registry once. Prints every complaint and each score; ends with an error
unless the HTML is valid, performance is 95 or more, and accessibility, best practices and SEO
are 100. A performance below 95 is measured twice more, and the median counts: it is the one score
that depends on what else the machine does.
"""

import json
import os
import runpy
import shutil
import statistics
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
FOLDER = PROJECT / ".ci" / "judges"
PAGES = runpy.run_path(str(PROJECT / "tests" / "browser" / "kinds.py"))
# English, and the two that are as far from it as the site goes: long words, another alphabet.
PREFIXES = ["", "/de", "/bg"]
WANTED = {"performance": 95, "accessibility": 100, "best-practices": 100, "seo": 100}
FLAGS = (
    "--headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage --disable-quic "
    "--no-first-run --disable-background-networking --disable-component-update --disable-sync"
)


def main():
    address = sys.argv[1].rstrip("/")
    judge(address)


def judge(address):
    """Judge the site at the address; raises SystemExit with what is not as it should be."""
    install()
    complaints = complaints_about_html(address) + complaints_about_scores(address)
    if complaints:
        raise SystemExit("Not so:\n" + "\n".join(complaints))


def install():
    for program, package in {"npm": "npm", "java": "default-jre-headless"}.items():
        if shutil.which(program) is None:
            raise SystemExit(f"There is no {program} here (on Debian: apt install {package}).")
    if chromium() is None:
        raise SystemExit("Chromium is not installed here (on Debian: apt install chromium).")
    subprocess.run(
        [
            "npm",
            "install",
            "--no-package-lock",
            "--no-audit",
            "--no-fund",
            "--ignore-scripts",
            "--loglevel=error",
        ],
        cwd=FOLDER,
        check=True,
    )


def chromium():
    names = (os.environ.get("CHROMIUM"), "chromium", "chromium-browser", "google-chrome")
    return next((path for name in names if name and (path := shutil.which(name))), None)


def page(url):
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=30) as answer:
            return answer.read()
    except urllib.error.HTTPError as error:  # pages of errors are judged as well
        return error.read()


def complaints_about_html(address):
    """Errors and warnings of the Nu HTML checker."""
    paths = [*PAGES["KINDS"], "/no/such/page/"]
    with tempfile.TemporaryDirectory() as folder:
        files = {}
        for number, (prefix, path) in enumerate((p, q) for p in PREFIXES for q in paths):
            file = Path(folder) / f"{number}.html"
            file.write_bytes(page(address + prefix + path))
            files[file.name] = prefix + path
        jar = FOLDER / "node_modules" / "vnu-jar" / "build" / "dist" / "vnu.jar"
        run = subprocess.run(
            ["java", "-jar", jar, "--format", "json", "--stdout", "--exit-zero-always", folder],
            check=True,
            capture_output=True,
            text=True,
        )
    messages = json.loads(run.stdout)["messages"]
    told = {}
    for row in messages:
        words = f"{row.get('subType') or row['type']}: {row['message']}"
        told.setdefault(words, []).append(files.get(Path(row.get("url", "")).name, "?"))
    print(f"HTML: {len(files)} pages checked, {len(messages)} complaints", flush=True)
    return [f"{words} ({len(where)}×, {where[0]})" for words, where in told.items()]


def complaints_about_scores(address):
    """Scores of Lighthouse, on the telephone that it plays, below what is wanted."""
    complaints = []
    for path in PAGES["MEASURED"]:
        report = lighthouse(address + path)
        scores = {name: round(100 * report["categories"][name]["score"]) for name in WANTED}
        if scores["performance"] < WANTED["performance"]:
            again = [lighthouse(address + path) for _time in range(2)]
            scores["performance"] = statistics.median(
                [scores["performance"]]
                + [round(100 * row["categories"]["performance"]["score"]) for row in again]
            )
        print(f"Lighthouse {path}: {scores}", flush=True)
        for name, least in WANTED.items():
            if scores[name] < least:
                failed = [
                    audit["title"]
                    for ref in report["categories"][name]["auditRefs"]
                    if (audit := report["audits"][ref["id"]])["score"] not in (None, 1)
                ]
                complaints.append(f"{path}: {name} is {scores[name]}: {'; '.join(failed)}")
    return complaints


def lighthouse(url, *, tries=3):
    """The report on the page; Chromium sometimes loses its trace, and is asked again."""
    for _try in range(tries):
        with tempfile.NamedTemporaryFile(suffix=".json") as file:
            subprocess.run(
                [FOLDER / "node_modules" / ".bin" / "lighthouse", url, "--quiet",
                 "--output=json", f"--output-path={file.name}", f"--chrome-flags={FLAGS}"],
                env={**os.environ, "CHROME_PATH": chromium()},
                timeout=180, check=False, capture_output=True,
            )  # fmt: skip
            try:
                report = json.load(file)
            except ValueError:
                continue
        if all(row["score"] is not None for row in report["categories"].values()):
            return report
    raise SystemExit(f"Lighthouse did not judge {url} in {tries} tries.")


if __name__ == "__main__":
    main()
