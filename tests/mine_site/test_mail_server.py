"""Mail for real: what a mail server on this machine gets, and what is said when it refuses."""

import datetime
import email
import email.policy
import smtplib
import socket
import ssl
from contextlib import ExitStack

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.core.management import CommandError, call_command

from centers.mail import send_mail
from mine_site import mail_server
from mine_site import settings as settings_of_the_site
from mine_site.mail_server import in_plain_words

MESSAGE = {
    "code": "BG",
    "looks_after_it": True,
    "name": "Мария",
    "email": "maria@example.org",
    "message": "Как сте?",
}


class Mailbox:
    """Keeps what the mail server was given; refuses what its attributes name."""

    def __init__(self):
        self.taken = []
        self.refused_sender = self.refused_recipient = self.answer = None

    async def handle_MAIL(self, server, session, envelope, address, options):
        if self.refused_sender:
            return self.refused_sender
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):
        if self.refused_recipient:
            return self.refused_recipient
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        self.taken.append(envelope)
        return self.answer or "250 2.0.0 Ok: queued as 4XyZ"

    def mail(self):
        [envelope] = self.taken
        return email.message_from_bytes(envelope.content, policy=email.policy.default)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A file with key and certificate of a mail server called localhost, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path_factory.mktemp("tls") / "localhost.pem"
    file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return file


@pytest.fixture
def tls(certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


@pytest.fixture
def trusted(certificate, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))


@pytest.fixture
def server(settings):
    """`server(**options of aiosmtpd)` starts a mail server that the settings name: its mailbox."""
    with ExitStack() as at_end:

        def start(**options):
            mailbox = Mailbox()
            controller = Controller(mailbox, hostname="127.0.0.1", port=free_port(), **options)
            controller.start()
            at_end.callback(controller.stop)
            settings.EMAIL_PORT = controller.port
            return mailbox

        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST = "localhost"
        settings.EMAIL_TIMEOUT = 5
        settings.SITE_URL = "https://registry.example.org"
        settings.DEFAULT_FROM_EMAIL = "Регистър <registry@example.org>"
        yield start


def only_anna(server, session, envelope, mechanism, given):
    is_anna = (given.login, given.password) == (b"anna", b"long words")
    return AuthResult(success=is_anna, handled=False)


def send_test(capsys):
    call_command("send_test_mail", "maria@example.org")
    return capsys.readouterr().out


def refusal():
    with pytest.raises(CommandError) as refusal:
        call_command("send_test_mail", "maria@example.org")
    return str(refusal.value)


def test_mail_arrives_as_text_and_as_html_in_cyrillic(server):
    mailbox = server()

    assert send_mail("contact", to="vesna@example.org", language="bg", context=MESSAGE)

    sent = mailbox.mail()
    assert sent["Subject"] == "Съобщение: България"
    assert sent["From"] == "Регистър <registry@example.org>"
    assert sent["To"] == "vesna@example.org"
    assert [part.get_content_type() for part in sent.walk()] == [
        "multipart/alternative",
        "text/plain",
        "text/html",
    ]
    assert [
        (part.get_content_charset(), "Как сте?" in part.get_content()) for part in sent.iter_parts()
    ] == [("utf-8", True), ("utf-8", True)]
    raw = mailbox.taken[0].original_content
    assert max(len(line) for line in raw.splitlines()) <= 998
    assert raw.split(b"\r\n\r\n")[0].isascii()


def test_each_mail_is_written_as_text_and_as_html():
    folder = settings_of_the_site.BASE_DIR / "templates" / "mail"
    html = {file.stem for file in folder.glob("*.html")} - {"base"}
    texts = {file.stem: file.read_text() for file in folder.glob("*.txt")}
    assert texts.keys() == html
    # In a text, “Müttercafé & Co.” stands as it is.
    assert [name for name, text in texts.items() if "autoescape off" not in text] == []


def test_mail_names_the_site_and_asks_machines_not_to_answer(server):
    mailbox = server()
    send_mail("contact", to="vesna@example.org", language="en", context=MESSAGE)
    assert mailbox.mail()["Message-ID"].endswith("@registry.example.org>")
    assert mailbox.mail()["Auto-Submitted"] == "auto-generated"
    assert mailbox.mail()["Date"] is not None


@pytest.mark.parametrize(
    ("bounce_address", "envelope_sender"),
    [("", "registry@example.org"), ("bounces@example.org", "bounces@example.org")],
)
def test_what_cannot_be_delivered_comes_back_to_its_mailbox(
    server, settings, bounce_address, envelope_sender
):
    mailbox = server()
    settings.BOUNCE_ADDRESS = bounce_address
    send_mail("contact", to="vesna@example.org", language="en", context=MESSAGE)
    assert mailbox.taken[0].mail_from == envelope_sender
    assert mailbox.mail()["From"] == "Регистър <registry@example.org>"


def test_headers_of_a_mail_go_before_the_usual_ones(server):
    mailbox = server()
    headers = {"Message-ID": "<7@registry.example.org>", "Reply-To": "maria@example.org"}
    send_mail("contact", to="v@example.org", language="en", context=MESSAGE, headers=headers)
    assert mailbox.mail().get_all("Message-ID") == ["<7@registry.example.org>"]
    assert mailbox.mail()["Reply-To"] == "maria@example.org"


def test_server_gets_the_login_after_the_connection_is_secured(
    server, settings, tls, trusted, capsys
):
    mailbox = server(tls_context=tls, require_starttls=True, authenticator=only_anna)
    settings.EMAIL_USE_TLS = True
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "anna", "long words"

    said = send_test(capsys)

    assert "secured by STARTTLS, as anna." in said
    assert "long words" not in said
    assert "localhost took the mail, and said: 250 2.0.0 Ok: queued as 4XyZ\n" in said
    assert "проба" in mailbox.mail()["Subject"]
    assert [part.get_content_type() for part in mailbox.mail().iter_parts()] == [
        "text/plain",
        "text/html",
    ]


def test_server_without_login_takes_the_mail_as_well(server, capsys):
    server()
    assert "not secured, without a login." in send_test(capsys)


def test_wrong_password_is_called_so(server, settings, tls, trusted):
    server(tls_context=tls, authenticator=only_anna)
    settings.EMAIL_USE_TLS = True
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "anna", "hunter2"
    said = refusal()
    assert said.startswith("localhost refused the login. It said: 535 ")
    assert "EMAIL_HOST_PASSWORD is wrong" in said
    assert "hunter2" not in said


def test_starttls_that_is_not_offered_is_called_so(server, settings):
    server()
    settings.EMAIL_USE_TLS = True
    said = refusal()
    assert said.startswith(f"localhost does not offer STARTTLS at port {settings.EMAIL_PORT}.")
    assert "EMAIL_USE_SSL=1 with EMAIL_PORT=465" in said


def test_ssl_at_a_port_without_is_called_so(server, settings):
    server()
    settings.EMAIL_USE_SSL = True
    assert refusal().startswith(f"localhost does not speak SSL at port {settings.EMAIL_PORT}.")


def test_certificate_that_nobody_knows_is_called_so(server, settings, tls):
    server(tls_context=tls)
    settings.EMAIL_USE_TLS = True
    assert refusal().startswith("The certificate of localhost is not good: self")


def test_certificate_of_another_name_is_called_so(server, settings, tls, trusted):
    server(tls_context=tls)
    settings.EMAIL_USE_TLS, settings.EMAIL_HOST = True, "127.0.0.1"
    said = refusal()
    assert said.startswith("The certificate of 127.0.0.1 is not good: IP address mismatch")
    assert "EMAIL_HOST must be the name that stands in it" in said


def test_login_at_a_server_that_takes_none_is_called_so(server, settings):
    server()
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "anna", "hunter2"
    assert refusal().startswith(f"localhost takes no login at port {settings.EMAIL_PORT}")


def test_server_that_wants_starttls_is_called_so(server, tls):
    server(tls_context=tls, require_starttls=True)
    said = refusal()
    assert said.startswith("localhost wants a login or a secured connection first. It said: 530 ")


def test_sender_that_is_refused_is_named(server):
    server().refused_sender = "553 5.7.1 Sender address rejected"
    said = refusal()
    assert "does not let registry@example.org send. It said: 553 5.7.1 Sender" in said
    assert "DEFAULT_FROM_EMAIL" in said


def test_recipient_that_is_refused_is_named(server):
    server().refused_recipient = "554 5.7.1 Relay access denied"
    said = refusal()
    assert "takes no mail for maria@example.org. It said: 554 5.7.1 Relay" in said
    assert "EMAIL_HOST_USER" in said


def test_refusal_of_the_mail_itself_is_told(server):
    server().answer = "554 5.7.1 Looks like spam."
    assert refusal() == "localhost did not take the mail. It said: 554 5.7.1 Looks like spam."


def test_port_where_nobody_listens_is_called_so(server, settings):
    settings.EMAIL_PORT = free_port()
    said = refusal()
    assert said.startswith(f"Nothing listens at localhost, port {settings.EMAIL_PORT}. Usual are")


def test_name_that_is_not_found_is_called_so(server, settings, monkeypatch):
    def unknown(*arguments, **options):
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr("socket.getaddrinfo", unknown)
    settings.EMAIL_HOST = "smpt.example.org"
    assert refusal() == ("No machine is called 'smpt.example.org'. Look for a slip in EMAIL_HOST.")


@pytest.mark.parametrize(
    ("port", "error", "words"),
    [
        (465, TimeoutError(), "speaks SSL from the first word: EMAIL_USE_SSL=1."),
        (465, smtplib.SMTPServerDisconnected(), "speaks SSL from the first word"),
        (25, TimeoutError(), "did not answer at port 25 within 15 seconds."),
        (25, smtplib.SMTPServerDisconnected(), "mail.example.org hung up."),
        (25, OSError(101, "Network is unreachable"), "cannot be reached (Network is unreachable)."),
        (25, smtplib.SMTPConnectError(421, b"Try\r\nlater"), "did not take the mail. It said: 421"),
        (25, ValueError("odd"), "The address cannot be written to."),
    ],
)
def test_what_else_can_go_wrong_has_plain_words(settings, port, error, words):
    settings.EMAIL_HOST, settings.EMAIL_PORT = "mail.example.org", port
    assert words in in_plain_words(error)


def test_mail_without_a_server_goes_to_the_outbox(settings, tmp_path, capsys):
    settings.MAIL_OUTBOX = tmp_path
    settings.EMAIL_BACKEND = "mine_site.outbox.EmailBackend"
    assert send_test(capsys) == f"The mail was written to {tmp_path}, and goes no further.\n"
    assert len(list(tmp_path.glob("*.eml"))) == 1


def test_outbox_that_cannot_be_written_to_is_called_so(settings, tmp_path):
    settings.MAIL_OUTBOX = tmp_path / "outbox"
    settings.EMAIL_BACKEND = "mine_site.outbox.EmailBackend"
    settings.MAIL_OUTBOX.write_text("a file in its place")
    assert refusal().startswith(f"Nothing can be written to {tmp_path}/outbox (File exists).")


def test_neither_server_nor_outbox_is_called_so():
    assert refusal() == (
        "No mail server is named. Set EMAIL_HOST, and what else docs/mail.md tells."
    )


@pytest.mark.parametrize("address", ["maria", "", "a@b.org\0", "a@b.org\nBcc: c@d.org", "a@" * 999])
def test_address_that_is_none_is_refused(address):
    with pytest.raises(CommandError, match="is not a mail address"):
        call_command("send_test_mail", address)


def test_how_the_server_is_asked_never_tells_the_password(settings):
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_USE_SSL = "mail.example.org", 465, True
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "anna", "hunter2"
    assert mail_server.how_it_is_asked() == "mail.example.org, port 465, secured by SSL, as anna"
