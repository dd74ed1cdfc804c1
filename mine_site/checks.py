"""Looks at the machine and the settings, and says how to mend what is wrong.

`search_index_is_possible` runs with every command; the others with `manage.py check --deploy`,
because a registry on one's own machine may do without what they ask for. Django's own deployment
checks stand beside them; these name the registry's variables.
"""

import sqlite3
from contextlib import closing
from email.utils import parseaddr

from django.conf import settings
from django.core import checks
from django.db import connection

from centers.mail import mail_is_configured
from mine_site.environment import host_of

KEY_LENGTH = 50  # what Django asks for as well (security.W009)
OWN_MACHINE = {"localhost", "127.0.0.1", "::1"}


def search_index_is_possible(app_configs, **kwargs):
    """SQLite can be compiled without the full-text search (FTS5) that the index is made of."""
    if connection.vendor != "sqlite" or has_fts5():
        return []
    return [
        checks.Error(
            f"This Python's SQLite ({sqlite3.sqlite_version}) has no full-text search (FTS5), "
            "which the registry's search needs.",
            hint=(
                "Use a Python with a complete SQLite, such as Debian's or python.org's: "
                "make clean, then make run PYTHON=/usr/bin/python3. Or keep the data in "
                "PostgreSQL: DATABASE_URL=postgres://user:password@host:5432/name."
            ),
            id="mine.E001",
        )
    ]


def has_fts5():
    with closing(sqlite3.connect(":memory:")) as probe:
        try:
            probe.execute("CREATE VIRTUAL TABLE words USING fts5(word)")
        except sqlite3.OperationalError:
            return False
    return True


def debug_is_off(app_configs, **kwargs):
    if not settings.DEBUG:
        return []
    return [
        checks.Error(
            "DEBUG is on: visitors would read the code and the settings on every error page.",
            hint="Set DEBUG=0, or leave it out.",
            id="mine.E002",
        )
    ]


def hosts_are_named(app_configs, **kwargs):
    if "*" not in settings.ALLOWED_HOSTS:
        return []
    return [
        checks.Error(
            "ALLOWED_HOSTS holds *: anybody could make the registry write links to her own host, "
            "for example into mails.",
            hint="Name the hosts: ALLOWED_HOSTS=registry.example.org,www.registry.example.org",
            id="mine.E003",
        )
    ]


def https_is_on(app_configs, **kwargs):
    if settings.HTTPS:
        return []
    return [
        checks.Warning(
            "HTTPS is off: logins and contact persons would travel readable for everybody between.",
            hint=(
                "Let a proxy with a certificate answer for the registry, and set HTTPS=1 and "
                "TRUSTED_PROXIES=1 (the number of proxies in front)."
            ),
            id="mine.W001",
        )
    ]


def secret_key_is_long(app_configs, **kwargs):
    if len(settings.SECRET_KEY) >= KEY_LENGTH:
        return []
    return [
        checks.Warning(
            f"The secret key has fewer than {KEY_LENGTH} signs; whoever guesses it can forge "
            "logins.",
            hint=(
                "Set SECRET_KEY to the answer of: "
                "python3 -c 'import secrets; print(secrets.token_urlsafe(50))' "
                "or remove the file secret-key in the folder var, and `make run` writes a new one. "
                "Everybody has to log in again."
            ),
            id="mine.W002",
        )
    ]


def mail_is_set_up(app_configs, **kwargs):
    if settings.EMAIL_HOST and not settings.MAIL_OUTBOX:
        return []
    if settings.EMAIL_HOST:
        return [
            checks.Warning(
                "EMAIL_HOST and MAIL_OUTBOX are both set. The folder goes before the mail server: "
                f"all mails are written to {settings.MAIL_OUTBOX}, and nobody gets them.",
                hint="Leave MAIL_OUTBOX out, unless this registry shall write to nobody.",
                id="mine.W005",
            )
        ]
    so = (
        f"mails are written to {settings.MAIL_OUTBOX} and reach nobody"
        if settings.MAIL_OUTBOX
        else "no mails are sent"
    )
    return [
        checks.Warning(
            f"No mail server is named, so {so}: centers are not asked how they are, invitations "
            "have to be handed over by other means, nobody gets the weekly mail, and forgotten "
            "passwords are set by a lead coordinator.",
            hint=(
                "Set EMAIL_HOST, and what it needs of EMAIL_PORT, EMAIL_HOST_USER, "
                "EMAIL_HOST_PASSWORD, EMAIL_USE_TLS, EMAIL_USE_SSL and DEFAULT_FROM_EMAIL. "
                "docs/mail.md tells how."
            ),
            id="mine.W003",
        )
    ]


def sender_belongs_to_the_site(app_configs, **kwargs):
    """Mail servers ask the sender's domain who may send for it, and distrust a stranger's."""
    site = host_of(settings.SITE_URL)
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2].lower()
    is_kin = site == domain or site.endswith(f".{domain}") or domain.endswith(f".{site}")
    if not settings.EMAIL_HOST or site in OWN_MACHINE or is_kin:
        return []
    return [
        checks.Warning(
            f"Mails are sent from {domain}, and their links lead to {site}. Readers and mail "
            "servers take such mails for a fraud more easily.",
            hint=(
                f"Set DEFAULT_FROM_EMAIL=registry@{site}, and let its domain name the mail server "
                f"(SPF and DKIM). If {domain} is yours too and names it, this warning can stay. "
                "docs/mail.md tells how."
            ),
            id="mine.W006",
        )
    ]


def password_travels_secured(app_configs, **kwargs):
    is_secured = settings.EMAIL_USE_TLS or settings.EMAIL_USE_SSL
    is_near = not settings.EMAIL_HOST or settings.EMAIL_HOST in OWN_MACHINE
    if is_secured or is_near or not settings.EMAIL_HOST_PASSWORD:
        return []
    return [
        checks.Warning(
            "The password of the mail server, and all mails, would travel readable for everybody "
            "between.",
            hint="Set EMAIL_USE_TLS=1 (port 587) or EMAIL_USE_SSL=1 (port 465).",
            id="mine.W007",
        )
    ]


def site_url_is_public(app_configs, **kwargs):
    if not mail_is_configured() or host_of(settings.SITE_URL) not in OWN_MACHINE:
        return []
    return [
        checks.Warning(
            f"Links in mails would begin with {settings.SITE_URL}, which leads every reader to her "
            "own machine.",
            hint="Set SITE_URL=https://registry.example.org",
            id="mine.W004",
        )
    ]


DEPLOYMENT_CHECKS = [
    debug_is_off,
    hosts_are_named,
    https_is_on,
    secret_key_is_long,
    mail_is_set_up,
    sender_belongs_to_the_site,
    password_travels_secured,
    site_url_is_public,
]


def register():
    """Make the checks known to Django; called once, when the app is ready."""
    checks.register(search_index_is_possible)
    for check in DEPLOYMENT_CHECKS:
        checks.register(check, checks.Tags.security, deploy=True)
