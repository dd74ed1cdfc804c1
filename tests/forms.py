"""Sending the admin's forms as a browser would."""

import time
from html.parser import HTMLParser

from django.core import signing
from django.urls import reverse

from centers import guard


class Form(HTMLParser):
    """What a browser would send with the page's main form, if nothing was changed in it."""

    def __init__(self, response):
        super().__init__()
        self.data, self.action, self.select, self.textarea = {}, None, None, None
        self.feed(response.content.decode().split('id="content"')[1])

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        name, kind = attributes.get("name"), attributes.get("type", "text")
        if tag == "form" and attributes.get("method", "").lower() == "post":
            self.action = attributes.get("action", "")
        elif tag == "input" and name and kind in ("checkbox", "radio"):
            if "checked" in attributes:
                self.add(name, attributes.get("value", "on"))
        elif tag == "input" and name and kind not in ("submit", "file"):
            self.add(name, attributes.get("value", ""))
        elif tag == "option" and self.select and "selected" in attributes:
            self.add(self.select, attributes.get("value", ""))
        elif tag in ("select", "textarea"):
            setattr(self, tag, name)
            if tag == "textarea":
                self.data[name] = ""

    def handle_endtag(self, tag):
        if tag in ("select", "textarea"):
            setattr(self, tag, None)

    def handle_data(self, text):
        if self.textarea:
            # HTML drops the line break that begins the text.
            self.data[self.textarea] += text.removeprefix("\r\n").removeprefix("\n")

    def add(self, name, value):
        self.data[name] = [*self.data[name], value] if name in self.data else [value]


def change(client, record, **values):
    """Change the record on its page of the admin, as a coordinator would."""
    address = reverse(
        f"admin:{record._meta.app_label}_{record._meta.model_name}_change", args=[record.pk]
    )
    form = Form(client.get(address)).data
    answer = client.post(address, {k: v for k, v in form.items() if k not in values} | values)
    record.refresh_from_db()
    return answer


def message_of(answer, client):
    """What the admin says on the page that follows."""
    page = client.get(answer.headers["Location"])
    return [str(message) for message in page.context["messages"]]


def as_a_person(*, after=60):
    """What a page of ours adds to a public form that is sent `after` seconds."""
    signer = signing.TimestampSigner(salt=guard.SALT)
    opened = f":{signing.b62_encode(int(time.time()) - after)}"
    return {guard.OPENED: f"{opened}:{signer.signature(opened)}", guard.TRAP: ""}
