"""What takes long: the clean-clone drill, judges from outside, and what imports cost.

Clones HEAD into an empty folder, runs `make run` there, reads pages as a visitor, logs in with
the line that was printed, kills everything without warning and starts again: the same login must
work. Judges from outside look at its pages (`.ci/judges.py`). Then imports of 1,000 and 10,000
rows are measured there (`.ci/measure_imports.py`, which can be started alone). Prints how long
each step took; ends with an error at the first thing that is not so.
"""

import http.cookiejar
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from contextlib import contextmanager, suppress
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
OUTBOX_LINE = re.compile(r"^Mails are written to /.+/outbox; no mail server is named\.$", re.M)
PATIENCE = 180  # seconds until a start counts as failed
# Of the developer's shell only what installing needs: the drill is for a fresh machine.
KEPT = re.compile(r"PATH|HOME|TMPDIR|LANG|LC_.*|PIP_.*|SSL_.*|.*_proxy|.*_PROXY")


def main():
    with tempfile.TemporaryDirectory(prefix="registry-verify-") as folder:
        clone = Path(folder) / "clone"
        with step("clone"):
            subprocess.run(["git", "clone", "--quiet", str(PROJECT), str(clone)], check=True)
        with step("set up from nothing") as at_end, served(clone, stop=signal.SIGKILL) as site:
            at_end("ready")
            look_around(site)
            login = site.login
        with step("start again after a kill") as at_end, served(clone, stop=signal.SIGINT) as site:
            at_end("ready")
            demand(site.login == login, f"the login is {site.login}, and was {login}")
            look_around(site)
        with step("judges from outside"), served(clone, stop=signal.SIGINT) as site:
            subprocess.run([sys.executable, ".ci/judges.py", site.address], cwd=clone, check=True)
        with step("imports of spreadsheets"):
            python = clone / ".venv" / "bin" / "python"
            subprocess.run([python, ".ci/measure_imports.py"], cwd=clone, check=True)
    print("The committed state sets itself up and comes back after a kill.")


@contextmanager
def step(name):
    begun = time.monotonic()

    def report(word):
        print(f"{name}: {word} after {time.monotonic() - begun:.1f} s", flush=True)

    yield report
    report("done")


class Site:
    """A registry that is being served, as a browser sees it."""

    def __init__(self, address, login):
        self.address = address
        self.login = login

    def browser(self):
        cookies = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        # Nothing but this machine is asked, whatever proxy the shell names.
        return urllib.request.build_opener(urllib.request.ProxyHandler({}), cookies)

    def get(self, path, browser=None):
        with (browser or self.browser()).open(self.address + path, timeout=30) as answer:
            return answer.read().decode()

    def admin_after_login(self, user, password):
        """The page that opens for somebody who wants into the admin and logs in so."""
        browser = self.browser()
        form = self.get("/admin/", browser)
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', form)[1]
        fields = {"csrfmiddlewaretoken": token, "login": user, "password": password}
        request = urllib.request.Request(
            f"{self.address}/accounts/login/?next=/admin/",
            urllib.parse.urlencode(fields).encode(),
            {"Referer": self.address},
        )
        with browser.open(request, timeout=30) as answer:
            return urllib.parse.urlsplit(answer.url).path, answer.read().decode()


@contextmanager
def served(folder, *, stop):
    """`make run` in the folder on a free port; ended with the signal `stop`."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {name: value for name, value in os.environ.items() if KEPT.fullmatch(name)}
    environment["PORT"] = str(port)
    run = subprocess.Popen(
        ["make", "run"],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=(folder.parent / "output").open("w"),
        stderr=subprocess.STDOUT,
        start_new_session=True,  # a group of its own, which is ended as a whole
        # What a shell starts in the background does not hear Ctrl+C; this shall.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    try:
        yield wait_until_ready(run, folder.parent / "output", f"http://127.0.0.1:{port}")
    finally:
        with suppress(ProcessLookupError):
            os.killpg(run.pid, stop)
        run.wait(timeout=30)


def wait_until_ready(run, output, address):
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and run.poll() is None:
        login = re.search(r"^Login: (\S+ / \S+)$", output.read_text(), re.MULTILINE)
        if login:
            demand(
                OUTBOX_LINE.search(output.read_text()), "it does not say where mails are written"
            )
            site = Site(address, login[1])
            try:
                demand(site.get("/healthz") == "ok\n", "/healthz does not say ok")
            except OSError:
                pass  # it prints the login a moment before it listens
            else:
                return site
        time.sleep(0.2)
    raise SystemExit(f"`make run` did not come up. It printed:\n{output.read_text()}")


def look_around(site):
    for path in ["/", "/centers/"]:
        demand("</html>" in site.get(path), f"{path} is no whole page")
    demand(re.search(r'href="/centers/[^/"?]+/"', site.get("/centers/")), "no center is listed")
    user, password = site.login.split(" / ")
    path, page = site.admin_after_login(user, password)
    demand(path == "/admin/" and "</html>" in page, f"the printed login leads to {path}")
    path, _page = site.admin_after_login(user, "not the password")
    demand(path == "/accounts/login/", f"a wrong password leads to {path}")


def demand(is_so, otherwise):
    if not is_so:
        raise SystemExit(f"Not so: {otherwise}.")


if __name__ == "__main__":
    sys.exit(main())
