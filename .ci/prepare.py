"""Make this folder ready to work in: .venv with what a lock file lists, and the secret key.

    python3 .ci/prepare.py requirements.lock [--serve HOST PORT]

It runs before anything is installed, so it needs the standard library alone; and on a Python that
is too old as well, so that it can say so. Whatever stops it half-way, the next run goes on.
"""

import argparse
import errno
import filecmp
import importlib.util
import os
import secrets
import shutil
import socket
import subprocess
import sys
from pathlib import Path

OLDEST_PYTHON = (3, 11)
# Debian and its kin ship some of Python's own modules apart.
NEEDED_MODULES = {"venv": "python3-venv", "ensurepip": "python3-venv", "sqlite3": "libsqlite3-0"}

ENVIRONMENT = Path(".venv")
UNFINISHED = ENVIRONMENT / "unfinished"
RUN_LOCK = Path("requirements.lock")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("lock", type=Path, help="the lock file that .venv shall agree with")
    parser.add_argument("--serve", nargs=2, metavar=("HOST", "PORT"), help="must be free")
    arguments = parser.parse_args()
    check_python()
    if arguments.serve:
        check_address(*arguments.serve)
        write_secret_key(Path(os.environ.get("VAR_DIR") or "var").expanduser())
    if not is_current(arguments.lock):
        install(arguments.lock)


def check_python():
    """Stop unless this Python can run the registry."""
    if sys.version_info < OLDEST_PYTHON:
        sys.exit(
            "The registry needs Python {}.{} or newer; this is Python {}.{}.\n"
            "Install a newer one and name it, for example: make run PYTHON=python3.12".format(
                *OLDEST_PYTHON, *sys.version_info
            )
        )
    for module, package in NEEDED_MODULES.items():
        if importlib.util.find_spec(module) is None:
            sys.exit(
                f"This Python lacks its module {module}. On Debian and Ubuntu: "
                f"apt install {package}. Then start again."
            )


def check_address(host, port):
    """Stop unless the server will be able to listen at HOST and PORT."""
    if not (port.isdecimal() and 1 <= int(port) <= 65535):
        sys.exit(f"PORT={port!r} is no port. Write a number up to 65535, for example PORT=8001.")
    no_address = f"HOST={host!r} is no address of this machine. Try HOST=127.0.0.1, or HOST=0.0.0.0"
    no_address += " for every address it has; an IPv6 address stands in brackets: HOST=[::1]."
    if ":" in host and not (host.startswith("[") and host.endswith("]")):
        sys.exit(no_address)
    try:
        found = socket.getaddrinfo(host.strip("[]"), int(port), type=socket.SOCK_STREAM)
    except OSError:
        sys.exit(no_address)
    family, kind, protocol, _name, address = found[0]
    with socket.socket(family, kind, protocol) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                sys.exit(
                    f"Port {port} is taken: something, perhaps this registry, already listens "
                    f"there. Stop it, or choose another port: make run PORT={other_port(port)}"
                )
            if error.errno == errno.EACCES:
                sys.exit(f"Port {port} is kept for root. Choose one above 1023: PORT=8000.")
            sys.exit(no_address)


def other_port(port):
    return int(port) + 1 if int(port) < 65535 else 8000


def write_secret_key(folder):
    """Write the key that logins are signed with, unless there is one."""
    file = folder / "secret-key"
    if os.environ.get("SECRET_KEY", "").strip() or (file.exists() and file.stat().st_size):
        return
    # The database beside it holds contact persons: this machine's other users stay outside.
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    file.touch(mode=0o600)
    file.write_text(secrets.token_urlsafe(50) + "\n")


def is_current(lock):
    """Whether .venv works and holds what the lock file lists."""
    installed = ENVIRONMENT / lock.name
    return (
        not UNFINISHED.exists()
        and installed.exists()
        and filecmp.cmp(lock, installed, shallow=False)
        and environment_works()
    )


def environment_works():
    # The Python that .venv was made from may have been removed since.
    python = ENVIRONMENT / "bin" / "python"
    return python.exists() and subprocess.call([str(python), "-c", "import pip"]) == 0


def install(lock):
    """Bring .venv into agreement with the lock file; a half-made one is made anew."""
    if UNFINISHED.exists() or not environment_works():
        shutil.rmtree(ENVIRONMENT, ignore_errors=True)
    is_new = not ENVIRONMENT.exists()
    ENVIRONMENT.mkdir(exist_ok=True)
    UNFINISHED.touch()
    print(f"Installing what {lock} lists into {ENVIRONMENT} (a minute, once) ...", flush=True)
    if is_new:
        run(sys.executable, "-m", "venv", str(ENVIRONMENT))
    pip = [str(ENVIRONMENT / "bin" / "python"), "-m", "pip", "--disable-pip-version-check"]
    run(*pip, "install", "-qq", "--no-input", "--require-hashes", "-r", str(lock))
    # The lock for development lists everything that the other does, in the same versions.
    for done in {lock, RUN_LOCK}:
        shutil.copyfile(done, ENVIRONMENT / done.name)
    UNFINISHED.unlink()


def run(*command):
    if subprocess.call(command) != 0:
        sys.exit(
            "That did not succeed; the reason stands above. Can this machine reach the network? "
            "Then start again."
        )


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
