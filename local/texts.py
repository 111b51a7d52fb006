"""The demo's text gateway: HTTP in, on loopback only; texts lie beside the mail, and the same page shows them."""

from email.message import EmailMessage
from email.utils import localtime

from flask import Flask, Response, request

from local.mailstore import TELEPHONE, MailStore
from local.ports import LOOPBACK

PATH = "/texts"
BODY = '{"to": "{to}", "text": "{text}", "id": "{id}"}'  # as the setting SMS_BODY has it


def gateway_settings(port: int) -> dict[str, str]:
    """Return what leads the application here."""
    return {"SMS_URL": f"http://{LOOPBACK}:{port}{PATH}", "SMS_BODY": BODY}


def create_gateway(store: MailStore) -> Flask:
    """Return a gateway that accepts whatever has a number and a text."""
    app = Flask(__name__)

    @app.post(PATH)
    def take() -> Response:
        given = request.get_json(silent=True)
        number, words = (_string(given, name) for name in ("to", "text"))
        if not (number.isprintable() and number and words):
            return Response("A text needs a number and words.\n", 400)
        store.keep(as_mail(number, words))
        return Response(status=202)

    return app


def _string(given: object, name: str) -> str:
    """A value of the JSON object; empty where it is no string, or there is none."""
    value = given.get(name) if isinstance(given, dict) else None
    return value if isinstance(value, str) else ""


def as_mail(number: str, words: str) -> bytes:
    """A text in the form in which the store keeps everything."""
    message = EmailMessage()
    message["Subject"], message["Date"], message[TELEPHONE] = "Text message", localtime(), number
    message.set_content(words)
    return bytes(message)
