"""A real SMTP server on this machine, which takes mails, refuses some, and breaks off others."""

import asyncio
import contextlib
import threading
from email import message_from_bytes

from aiosmtpd.controller import Controller


class Handler:
    """What the server does by the first part of an address.

    `gone…` there is no such mailbox, `later…` not now, `relay…` not from you, `drop…` it breaks off
    before the mail (the first time), `lost…` it breaks off when it has the mail; it takes all
    others. `taken` are (Message-ID, address) of the mails that it has, in their order.
    """

    def __init__(self):
        self.taken, self.dropped, self.connections = [], set(), set()
        self.hold_at, self.held, self.release = None, threading.Event(), threading.Event()

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("gone"):
            return "550 5.1.1 No such mailbox"
        if address.startswith("later"):
            return "451 4.3.0 Not now"
        if address.startswith("relay"):
            return "554 5.7.1 Relay access denied"
        if address.startswith("drop") and address not in self.dropped:
            self.dropped.add(address)
            server.transport.abort()
            await asyncio.sleep(0.01)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        [address] = envelope.rcpt_tos
        self.connections.add(session.peer)
        message_id = message_from_bytes(envelope.content)["Message-ID"]
        self.taken.append((message_id, address))
        if len(self.taken) == self.hold_at:
            self.held.set()
            while not self.release.is_set():
                await asyncio.sleep(0.01)
        if address.startswith("lost"):
            server.transport.abort()
        return "250 OK"


class Server(Controller):
    """At a port that the system chooses."""

    def __init__(self):
        super().__init__(Handler(), hostname="127.0.0.1", port=0)

    def _trigger_server(self):
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@contextlib.contextmanager
def mail_server():
    """`with mail_server() as server:`; `server.port`, `server.handler`."""
    server = Server()
    server.start()
    try:
        yield server
    finally:
        server.handler.release.set()
        server.stop()
