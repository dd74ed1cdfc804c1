"""What the registry takes from the machine: variables, key, database, first login."""

import re
import runpy
import stat
from pathlib import Path
from types import SimpleNamespace

import dj_database_url
import pytest
from django.core.checks import run_checks
from django.core.exceptions import ImproperlyConfigured

from mine_site import checks, environment
from mine_site import settings as settings_of_the_site
from mine_site.management.commands import set_up

NAME = "REGISTRY_TEST"


@pytest.fixture
def variable(monkeypatch):
    """Sets the variable that the tests read; None takes it away."""

    def set_to(value):
        if value is None:
            monkeypatch.delenv(NAME, raising=False)
        else:
            monkeypatch.setenv(NAME, value)

    return set_to


class TestText:
    @pytest.mark.parametrize(
        ("value", "expected"),
        [(None, "else"), ("", "else"), ("  ", "else"), ("Register", "Register"), (" a b ", "a b")],
    )
    def test_text_is_the_variable_or_the_default(self, variable, value, expected):
        variable(value)
        assert environment.text(NAME, default="else") == expected


class TestPath:
    @pytest.mark.parametrize(
        ("value", "expected"),
        [(None, "/srv"), ("", "/srv"), ("/data/../media", "/media"), ("~/var", "/home/anna/var")],
    )
    def test_path_is_absolute(self, variable, monkeypatch, value, expected):
        monkeypatch.setenv("HOME", "/home/anna")
        variable(value)
        assert environment.path(NAME, default=Path("/srv")) == Path(expected)

    def test_path_under_an_unknown_home_says_what_to_write(self, variable):
        variable("~nobody-of-this-name/var")
        with pytest.raises(ImproperlyConfigured) as refusal:
            environment.path(NAME, default=Path("/srv"))
        assert str(refusal.value) == (
            f"{NAME}='~nobody-of-this-name/var' names a home folder that does not exist. "
            f"Write the whole path, for example {NAME}=/srv/registry."
        )


class TestBoolean:
    @pytest.mark.parametrize("value", ["1", "true", "Yes", " ON "])
    def test_boolean_understands_yes(self, variable, value):
        variable(value)
        assert environment.boolean(NAME, default=False) is True

    @pytest.mark.parametrize("value", ["0", "False", "no", "off", "", " "])
    def test_boolean_understands_no(self, variable, value):
        variable(value)
        assert environment.boolean(NAME, default=True) is False

    @pytest.mark.parametrize("default", [True, False])
    def test_boolean_falls_back_to_its_default(self, variable, default):
        variable(None)
        assert environment.boolean(NAME, default=default) is default

    @pytest.mark.parametrize("value", ["maybe", "2", "ja", "truee"])
    def test_boolean_that_is_neither_says_what_to_write(self, variable, value):
        variable(value)
        with pytest.raises(ImproperlyConfigured) as refusal:
            environment.boolean(NAME, default=False)
        assert str(refusal.value) == (
            f"{NAME}='{value}' is neither yes nor no. Write {NAME}=1 or {NAME}=0."
        )


class TestNumber:
    @pytest.mark.parametrize(("value", "expected"), [(None, 3), ("", 3), ("0", 0), (" 12 ", 12)])
    def test_number_is_whole(self, variable, value, expected):
        variable(value)
        assert environment.number(NAME, default=3) == expected

    @pytest.mark.parametrize("value", ["-1", "1.5", "two", "1 2", "²"])
    def test_number_that_is_none_says_what_to_write(self, variable, value):
        variable(value)
        with pytest.raises(ImproperlyConfigured) as refusal:
            environment.number(NAME, default=0)
        assert str(refusal.value) == (
            f"{NAME}='{value}' is not a whole number. Write for example {NAME}=1, or leave it out."
        )


class TestWords:
    @pytest.mark.parametrize(
        ("value", "expected"),
        [
            (None, ["else"]),
            ("", ["else"]),
            (" , ", ["else"]),
            ("a.org", ["a.org"]),
            ("a.org,b.org", ["a.org", "b.org"]),
            (" a.org , b.org  c.org\n", ["a.org", "b.org", "c.org"]),
        ],
    )
    def test_words_are_separated_by_commas_or_blanks(self, variable, value, expected):
        variable(value)
        assert environment.words(NAME, default=["else"]) == expected


class TestSecretKey:
    def test_secret_key_of_the_variable_goes_first(self, variable, tmp_path):
        file = tmp_path / "secret-key"
        file.write_text("from the file\n")
        variable(" from the variable ")
        assert environment.secret_key(NAME, file=file) == "from the variable"

    @pytest.mark.parametrize("value", [None, "", " "])
    def test_secret_key_comes_from_the_file_otherwise(self, variable, tmp_path, value):
        file = tmp_path / "secret-key"
        file.write_text("from the file\n")
        variable(value)
        assert environment.secret_key(NAME, file=file) == "from the file"

    @pytest.mark.parametrize("content", [None, "", "\n"])
    def test_secret_key_has_no_default(self, variable, tmp_path, content):
        file = tmp_path / "secret-key"
        if content is not None:
            file.write_text(content)
        variable(None)
        with pytest.raises(ImproperlyConfigured) as refusal:
            environment.secret_key(NAME, file=file)
        message = str(refusal.value)
        assert message.startswith(f"There is no secret key. `make run` writes one to {file}; or")
        assert f"set {NAME} to a long random text" in message

    def test_secret_key_of_another_user_says_who_may_start(self, variable, tmp_path):
        # A folder in the file's place: root, too, cannot read it as text.
        file = tmp_path / "secret-key"
        file.mkdir()
        variable(None)
        with pytest.raises(ImproperlyConfigured) as refusal:
            environment.secret_key(NAME, file=file)
        message = str(refusal.value)
        assert message.startswith(f"The secret key in {file} cannot be read (")
        assert message.endswith(f"Start the registry as that user, or set {NAME}.")


class TestDatabase:
    def read(self):
        return environment.database(NAME, default="sqlite:////srv/r.sqlite3", parse=dj_database_url)

    @pytest.mark.parametrize(
        ("value", "engine", "name"),
        [
            (None, "sqlite3", "/srv/r.sqlite3"),
            ("", "sqlite3", "/srv/r.sqlite3"),
            ("sqlite:////data/x.sqlite3", "sqlite3", "/data/x.sqlite3"),
            ("sqlite://:memory:", "sqlite3", ":memory:"),
            ("postgres://anna:pw@db:5433/mine", "postgresql", "mine"),
            ("postgresql://anna:pw@db/mine", "postgresql", "mine"),
        ],
    )
    def test_database_is_sqlite_or_postgresql(self, variable, value, engine, name):
        variable(value)
        database = self.read()
        assert (database["ENGINE"], database["NAME"]) == (f"django.db.backends.{engine}", name)

    def test_database_address_is_unquoted(self, variable):
        variable("postgres://anna:p%40s%2Fs@%2Frun%2Fpostgresql:5433/mine")
        database = self.read()
        assert {key: database[key] for key in ("USER", "PASSWORD", "HOST", "PORT", "NAME")} == {
            "USER": "anna",
            "PASSWORD": "p@s/s",
            "HOST": "/run/postgresql",
            "PORT": 5433,
            "NAME": "mine",
        }

    @pytest.mark.parametrize(
        "value",
        [
            "mysql://anna:hunter2@db/mine",
            "host=db user=anna password=hunter2",
            "anna:hunter2@db/mine",
            "hunter2",
        ],
    )
    def test_database_of_another_kind_says_which_there_are(self, variable, value):
        variable(value)
        with pytest.raises(ImproperlyConfigured) as refusal:
            self.read()
        assert str(refusal.value) == (
            f"{NAME} is no address of a database that the registry knows. It runs on SQLite "
            "(sqlite:////folder/file.sqlite3) and on PostgreSQL "
            "(postgres://user:password@host:5432/name)."
        )

    @pytest.mark.parametrize(
        "value",
        [
            "postgres://anna:hunter2@db:port/mine",
            "postgres://anna:hunter2/hunter3@db/mine",
            "postgres://anna:hunter2#hunter3@db/mine",
            "postgres://anna:[hunter2@db/mine",
            "postgres://anna:hunter2@db:99999/mine",
        ],
    )
    def test_database_address_that_cannot_be_read_says_its_form(self, variable, value):
        variable(value)
        with pytest.raises(ImproperlyConfigured) as refusal:
            self.read()
        message = str(refusal.value)
        assert message.startswith(f"{NAME} could not be read. Its form is ")
        assert "written as %40 and %2F" in message
        assert "hunter" not in message
        # Nor further down in a traceback.
        assert refusal.value.__suppress_context__


class TestSiteUrl:
    @pytest.mark.parametrize(
        ("value", "expected"),
        [
            (None, "http://here:8000"),
            ("", "http://here:8000"),
            ("https://a.org/", "https://a.org"),
            ("https://a.org:8443", "https://a.org:8443"),
        ],
    )
    def test_site_url_has_no_slash_at_its_end(self, variable, value, expected):
        variable(value)
        assert environment.site_url(NAME, default="http://here:8000") == expected

    @pytest.mark.parametrize(
        "value", ["a.org", "ftp://a.org", "https://", "https://a.org:x", "http://[a", "https://a?b"]
    )
    def test_site_url_that_is_none_says_what_to_write(self, variable, value):
        variable(value)
        with pytest.raises(ImproperlyConfigured) as refusal:
            environment.site_url(NAME, default="http://here")
        assert str(refusal.value) == (
            f"{NAME}='{value}' is not the address of a site. Write for example "
            f"{NAME}=https://registry.example.org"
        )

    def test_host_is_that_of_the_site(self):
        assert environment.host_of("https://a.org:8443") == "a.org"


class TestMailSecurity:
    @pytest.mark.parametrize(
        ("tls", "ssl", "expected"),
        [("0", "0", (False, False)), ("1", "0", (True, False)), ("0", "1", (False, True))],
    )
    def test_mail_server_is_spoken_to_in_one_way(self, monkeypatch, tls, ssl, expected):
        monkeypatch.setenv("TEST_TLS", tls)
        monkeypatch.setenv("TEST_SSL", ssl)
        assert environment.mail_security("TEST_TLS", "TEST_SSL") == expected

    def test_both_ways_at_once_say_which_port_takes_which(self, monkeypatch):
        monkeypatch.setenv("TEST_TLS", "1")
        monkeypatch.setenv("TEST_SSL", "yes")
        with pytest.raises(ImproperlyConfigured, match="port 465 with TEST_SSL=1"):
            environment.mail_security("TEST_TLS", "TEST_SSL")


class TestMailLogin:
    @pytest.mark.parametrize(
        ("value", "expected"), [(None, ""), (" anna ", "anna"), ("p@ss:w/rd", "p@ss:w/rd")]
    )
    def test_login_is_what_mail_servers_take(self, variable, value, expected):
        variable(value)
        assert environment.mail_login(NAME) == expected

    def test_login_in_another_alphabet_is_refused_and_not_repeated(self, variable):
        variable("дълга парола")
        with pytest.raises(ImproperlyConfigured) as refusal:
            environment.mail_login(NAME)
        assert str(refusal.value).startswith(f"{NAME} holds letters that cannot be sent to a mail")
        assert "парола" not in str(refusal.value)


class TestMailAddresses:
    @pytest.mark.parametrize(
        ("value", "expected"),
        [
            (None, "r@here"),
            ("", "r@here"),
            ("registry@example.org", "registry@example.org"),
            ("Registry <registry@example.org>", "Registry <registry@example.org>"),
            ("Регистър <registry@пример.бг>", "Регистър <registry@пример.бг>"),
            ('"MINE, e. V." <r@example.org>', '"MINE, e. V." <r@example.org>'),
            ("MINE e. V. <r@example.org>", "MINE e. V. <r@example.org>"),
        ],
    )
    def test_sender_has_a_name_or_none(self, variable, value, expected):
        variable(value)
        assert environment.sender(NAME, default="r@here") == expected

    @pytest.mark.parametrize(
        "value",
        [
            "registry",
            "Registry registry@",
            "a@b.org\nBcc: c@d.org",
            "a@b.org, c@d.org",
            "<>",
            "@",
            "A, B <a@b.org>",
        ],
    )
    def test_sender_that_is_none_says_what_to_write(self, variable, value):
        variable(value)
        with pytest.raises(ImproperlyConfigured, match="is not a sender of mails"):
            environment.sender(NAME, default="r@here")

    @pytest.mark.parametrize(
        ("value", "expected"), [(None, ""), (" bounces@example.org ", "bounces@example.org")]
    )
    def test_mail_address_stands_alone(self, variable, value, expected):
        variable(value)
        assert environment.mail_address(NAME, default="") == expected

    @pytest.mark.parametrize(
        "value", ["bounces", "Bounces <bounces@example.org>", "a@b.org,c@d.org"]
    )
    def test_mail_address_that_is_none_says_what_to_write(self, variable, value):
        variable(value)
        with pytest.raises(ImproperlyConfigured) as refusal:
            environment.mail_address(NAME, default="")
        assert str(refusal.value) == (
            f"{NAME}={value!r} is not a mail address. Write for example "
            f"{NAME}=bounces@example.org, without a name."
        )


class TestOutbox:
    @pytest.mark.parametrize(
        ("value", "default", "expected"),
        [
            (None, None, None),
            (" ", None, None),
            (None, Path("/srv/outbox"), Path("/srv/outbox")),
            ("/data/../mails", Path("/srv/outbox"), Path("/mails")),
            ("/mails", None, Path("/mails")),
        ],
    )
    def test_outbox_is_a_folder_or_none(self, variable, value, default, expected):
        variable(value)
        assert environment.outbox(NAME, default=default) == expected

    def test_outbox_that_is_a_file_says_what_to_write(self, variable, tmp_path):
        (tmp_path / "outbox").write_text("")
        variable(str(tmp_path / "outbox"))
        with pytest.raises(ImproperlyConfigured, match="outbox is a file, and mails are written"):
            environment.outbox(NAME, default=None)


@pytest.mark.parametrize(
    ("variables", "backend"),
    [
        ({}, "mine_site.outbox"),
        ({"HTTPS": "1"}, "django.core.mail.backends.dummy"),
        ({"EMAIL_HOST": "mail.example.org"}, "django.core.mail.backends.smtp"),
        ({"EMAIL_HOST": "mail.example.org", "MAIL_OUTBOX": "/mails"}, "mine_site.outbox"),
    ],
)
def test_mails_go_where_the_machine_says(monkeypatch, variables, backend):
    for name in ("HTTPS", "EMAIL_HOST", "MAIL_OUTBOX"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    found = runpy.run_path(settings_of_the_site.__file__)
    assert found["EMAIL_BACKEND"] == f"{backend}.EmailBackend"


def test_site_is_where_it_was_served_last(settings, tmp_path):
    settings.VAR_DIR = tmp_path / "var"
    settings.SITE_URL = "http://127.0.0.1:8118"
    file = settings.VAR_DIR / "site-url"
    assert environment.kept(file, default="http://here") == "http://here"

    set_up.keep_site_url()

    assert environment.kept(file, default="http://here") == "http://127.0.0.1:8118"
    assert stat.S_IMODE(settings.VAR_DIR.stat().st_mode) == 0o700


def deployment_findings():
    return {
        finding.id: finding
        for finding in run_checks(include_deployment_checks=True)
        if finding.id.startswith("mine.")
    }


@pytest.fixture
def production(settings):
    """Settings of a registry that the world can reach."""
    settings.DEBUG = False
    settings.ALLOWED_HOSTS = ["registry.example.org"]
    settings.HTTPS = True
    settings.SECRET_KEY = "k" * checks.KEY_LENGTH
    settings.EMAIL_HOST = "mail.example.org"
    settings.SITE_URL = "https://registry.example.org"
    settings.DEFAULT_FROM_EMAIL = "Registry <registry@example.org>"
    return settings


class TestChecks:
    def test_checks_find_nothing_in_production(self, production):
        assert deployment_findings() == {}

    @pytest.mark.parametrize(
        ("name", "value", "finding", "mend"),
        [
            ("DEBUG", True, "mine.E002", "DEBUG=0"),
            ("ALLOWED_HOSTS", ["*"], "mine.E003", "ALLOWED_HOSTS=registry.example.org"),
            ("HTTPS", False, "mine.W001", "HTTPS=1"),
            ("SECRET_KEY", "k" * (checks.KEY_LENGTH - 1), "mine.W002", "Set SECRET_KEY"),
            ("EMAIL_HOST", "", "mine.W003", "Set EMAIL_HOST"),
            ("MAIL_OUTBOX", Path("/mails"), "mine.W005", "Leave MAIL_OUTBOX out"),
            ("DEFAULT_FROM_EMAIL", "mine@mail.example", "mine.W006", "(SPF and DKIM)"),
            ("DEFAULT_FROM_EMAIL", "r@otherexample.org", "mine.W006", "registry@registry.example"),
            ("EMAIL_HOST_PASSWORD", "long words", "mine.W007", "EMAIL_USE_TLS=1"),
            ("SITE_URL", "http://127.0.0.1:8000", "mine.W004", "Set SITE_URL=https://"),
        ],
    )
    def test_checks_say_how_to_mend_a_deployment(self, production, name, value, finding, mend):
        setattr(production, name, value)
        found = deployment_findings()
        assert list(found) == [finding]
        assert mend in found[finding].hint

    def test_checks_say_that_mails_stay_in_the_outbox(self, production):
        production.EMAIL_HOST, production.MAIL_OUTBOX = "", Path("/srv/outbox")
        [finding] = deployment_findings().values()
        assert finding.id == "mine.W003"
        assert "so mails are written to /srv/outbox and reach nobody" in finding.msg

    @pytest.mark.parametrize(
        "sender", ["r@registry.example.org", "R <r@mail.registry.example.org>"]
    )
    def test_checks_trust_a_sender_of_the_site(self, production, sender):
        production.DEFAULT_FROM_EMAIL = sender
        assert deployment_findings() == {}

    def test_checks_trust_the_machine_itself_with_a_password(self, production):
        production.EMAIL_HOST, production.EMAIL_HOST_PASSWORD = "localhost", "long words"
        assert deployment_findings() == {}

    def test_checks_are_silent_on_ones_own_machine(self, settings):
        settings.DEBUG = True
        settings.ALLOWED_HOSTS = ["*"]
        settings.HTTPS = False
        settings.SECRET_KEY = "short"
        assert [finding for finding in run_checks() if finding.id.startswith("mine.")] == []

    @pytest.mark.parametrize(
        ("vendor", "has_fts5", "found"),
        [
            ("sqlite", False, ["mine.E001"]),
            ("sqlite", True, []),
            ("postgresql", False, []),
        ],
    )
    def test_checks_stop_where_the_search_index_is_impossible(
        self, monkeypatch, vendor, has_fts5, found
    ):
        monkeypatch.setattr(checks, "connection", SimpleNamespace(vendor=vendor))
        monkeypatch.setattr(checks, "has_fts5", lambda: has_fts5)
        errors = [error for error in run_checks() if error.id.startswith("mine.")]
        assert [error.id for error in errors] == found
        assert all(error.is_serious() and "make run PYTHON=" in error.hint for error in errors)


@pytest.mark.django_db
class TestFirstLogin:
    @pytest.fixture(autouse=True)
    def var(self, settings, tmp_path):
        settings.VAR_DIR = tmp_path / "var"
        return settings.VAR_DIR

    def test_first_login_opens_the_account_it_makes(self, var, django_user_model):
        user, password = set_up.first_login().split(" / ")
        account = django_user_model.objects.get()
        assert (user, account.username) == ("coordinator", "coordinator")
        assert account.check_password(password)
        assert (account.is_active, account.is_staff, account.is_superuser) == (True, True, True)
        assert re.fullmatch(r"([a-z2-9]{4}-){3}[a-z2-9]{4}", password)
        assert stat.S_IMODE((var / "login").stat().st_mode) == 0o600
        assert stat.S_IMODE(var.stat().st_mode) == 0o700

    def test_first_login_stays_the_same(self, django_user_model):
        assert set_up.first_login() == set_up.first_login()
        assert django_user_model.objects.count() == 1

    def test_first_login_survives_a_stop_between_file_and_account(self, var):
        var.mkdir()
        (var / "login").write_text("")
        first = set_up.first_login()
        assert first.endswith((var / "login").read_text().strip())

    def test_first_login_does_not_know_a_chosen_password(self, django_user_model):
        set_up.first_login()
        account = django_user_model.objects.get()
        account.set_password("my own long words")
        account.save()
        assert set_up.first_login() == "coordinator / (the password you chose)"
        account.refresh_from_db()
        assert account.check_password("my own long words")

    def test_first_login_writes_no_password_for_an_account_that_has_one(
        self, var, django_user_model
    ):
        django_user_model.objects.create_superuser("coordinator", password="my own long words")
        assert set_up.first_login() == "coordinator / (the password you chose)"
        assert not (var / "login").exists()

    def test_first_login_does_not_bring_a_removed_account_back(self, django_user_model):
        django_user_model.objects.create_superuser("anna", password="my own long words")
        assert set_up.first_login() == "(your own account) / (the password you chose)"
        assert django_user_model.objects.get().username == "anna"
