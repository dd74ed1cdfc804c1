"""Reads the settings' variables from the environment, and says how to mend a wrong one."""

import os
from email.utils import getaddresses
from pathlib import Path
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.validators import validate_email

TRUE = {"1", "true", "yes", "on"}
FALSE = {"0", "false", "no", "off", ""}


def text(name, *, default):
    """The variable as it is, or `default` when it is not set or empty."""
    return os.environ.get(name, "").strip() or default


def kept(file, *, default):
    """What an earlier start wrote into the file, or `default` if none did."""
    try:
        return file.read_text().strip() or default
    except OSError:
        return default


def path(name, *, default):
    """The variable as an absolute path; `~` is the home folder."""
    try:
        return Path(os.environ.get(name) or default).expanduser().resolve()
    except RuntimeError:
        raise ImproperlyConfigured(
            f"{name}={os.environ[name]!r} names a home folder that does not exist. Write the whole "
            f"path, for example {name}=/srv/registry."
        ) from None


def boolean(name, *, default):
    """1, true, yes, on or 0, false, no, off, in any case; anything else is refused."""
    if name not in os.environ:
        return default
    value = os.environ[name].strip().lower()
    if value in TRUE:
        return True
    if value in FALSE:
        return False
    raise ImproperlyConfigured(
        f"{name}={value!r} is neither yes nor no. Write {name}=1 or {name}=0."
    )


def number(name, *, default):
    """A whole number of at least 0."""
    value = text(name, default=str(default))
    if not value.isdecimal():
        raise ImproperlyConfigured(
            f"{name}={value!r} is not a whole number. Write for example {name}=1, or leave it out."
        )
    return int(value)


def words(name, *, default):
    """A list, separated by commas or blanks."""
    return os.environ.get(name, "").replace(",", " ").split() or default


def site_url(name, *, default):
    """Where the site is found: scheme and host, without a slash at the end."""
    given = text(name, default=default)
    value = given.rstrip("/")
    try:
        parts = urlsplit(value)
        is_right = parts.scheme in ("http", "https") and parts.hostname and not parts.query
        parts.port  # noqa: B018 (refuses what is no number)
    except ValueError:
        is_right = False
    if not is_right:
        raise ImproperlyConfigured(
            f"{name}={given!r} is not the address of a site. Write for example "
            f"{name}=https://registry.example.org"
        )
    return value


def host_of(address):
    """The host of the address of a site."""
    return urlsplit(address).hostname


def mail_security(tls, ssl):
    """(TLS, SSL): how the mail server is spoken to; one of both, or neither."""
    chosen = boolean(tls, default=False), boolean(ssl, default=False)
    if all(chosen):
        raise ImproperlyConfigured(
            f"{tls} and {ssl} are both on, and a mail server takes one of them. Ports 587 and 25 "
            f"go with {tls}=1, port 465 with {ssl}=1."
        )
    return chosen


def mail_login(name):
    """A name or password for the mail server, which takes letters without accents alone; or ""."""
    value = text(name, default="")
    if not value.isascii():
        # It may be a password: nothing of it is repeated.
        raise ImproperlyConfigured(
            f"{name} holds letters that cannot be sent to a mail server. Choose another one, of "
            "Latin letters without accents, figures and signs."
        )
    return value


def mail_address(name, *, default):
    """A mail address alone, such as bounces@example.org; of the default nothing is asked."""
    value = text(name, default=default)
    if value != default and not is_mail_address(value):
        raise ImproperlyConfigured(
            f"{name}={value!r} is not a mail address. Write for example "
            f"{name}=bounces@example.org, without a name."
        )
    return value


def sender(name, *, default):
    """A mail address with or without a name before it: Registry <registry@example.org>."""
    value = text(name, default=default)
    found = [address for _name, address in getaddresses([value])]
    if value != default and not (
        value.isprintable() and len(found) == 1 and is_mail_address(found[0])
    ):
        raise ImproperlyConfigured(
            f"{name}={value!r} is not a sender of mails. Write for example "
            f"{name}=registry@example.org, or {name}='Registry <registry@example.org>'; a name "
            "that holds a comma stands in double quotes."
        )
    return value


def is_mail_address(value):
    try:
        validate_email(value)
    except ValidationError:
        return False
    return True


def outbox(name, *, default):
    """A folder for mails, or None if there shall be none."""
    folder = path(name, default=default) if text(name, default="") or default else None
    if folder and folder.exists() and not folder.is_dir():
        raise ImproperlyConfigured(
            f"{folder} is a file, and mails are written to a folder. Name another one, for example "
            f"{name}=/srv/registry/outbox."
        )
    return folder


def secret_key(name, *, file):
    """The key from the variable, else from the machine's own file, which `make run` writes.

    No default stands in the code: whoever knows the key can forge logins.
    """
    if value := os.environ.get(name, "").strip():
        return value
    try:
        if file.exists() and (value := file.read_text().strip()):
            return value
    except OSError as error:
        raise ImproperlyConfigured(
            f"The secret key in {file} cannot be read ({error.strerror}): another user of this "
            f"machine made it. Start the registry as that user, or set {name}."
        ) from None
    raise ImproperlyConfigured(
        f"There is no secret key. `make run` writes one to {file}; or set {name} to a long random "
        "text, for example from: python3 -c 'import secrets; print(secrets.token_urlsafe(50))'"
    )


def database(name, *, default, parse):
    """A database from its address, for example postgres://user:password@host:5432/name."""
    url = text(name, default=default)
    if not url.startswith(("sqlite:", "postgres:", "postgresql:")):
        # The address may hold a password: of what cannot be read, nothing is repeated.
        raise ImproperlyConfigured(
            f"{name} is no address of a database that the registry knows. It runs on SQLite "
            "(sqlite:////folder/file.sqlite3) and on PostgreSQL "
            "(postgres://user:password@host:5432/name)."
        )
    try:
        return parse.parse(url)
    except ValueError:
        raise ImproperlyConfigured(
            f"{name} could not be read. Its form is postgres://user:password@host:5432/name; "
            "signs such as @ or / in the password are written as %40 and %2F."
        ) from None
