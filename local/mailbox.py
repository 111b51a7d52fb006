"""The demo's catcher: mail by SMTP and texts by HTTP in, .eml files under one folder, a page to read them."""

import argparse
import signal
import threading
from pathlib import Path
from types import FrameType

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from werkzeug.serving import WSGIRequestHandler, make_server

from local.mailpages import create_pages
from local.mailstore import MailStore
from local.ports import LOOPBACK
from local.texts import create_gateway


class Catcher:
    """Keeps every message that the application hands over."""

    def __init__(self, store: MailStore) -> None:
        self._store = store

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Store the message before accepting it."""
        del server, session
        content = envelope.content or b""
        self._store.keep(content.encode() if isinstance(content, str) else content)
        return "250 OK"


class QuietHandler(WSGIRequestHandler):
    """Page views are not worth a line in the terminal."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing."""


def main() -> None:
    """Serve until SIGTERM or SIGINT."""
    options = _parser().parse_args()
    store = MailStore(options.folder)
    controller = Controller(Catcher(store), hostname=LOOPBACK, port=options.smtp_port, server_hostname="localhost")
    pages = make_server(options.host, options.port, create_pages(store), threaded=True, request_handler=QuietHandler)
    texts = make_server(LOOPBACK, options.sms_port, create_gateway(store), threaded=True, request_handler=QuietHandler)
    stopping = threading.Event()

    def stop(_signal: int, _frame: FrameType | None) -> None:
        stopping.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    controller.start()
    for server in (pages, texts):
        threading.Thread(target=server.serve_forever, daemon=True).start()
    stopping.wait()
    controller.stop()
    for server in (pages, texts):
        server.shutdown()
        server.server_close()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m local.mailbox", description=__doc__)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--host", default=LOOPBACK, help="where the page listens; mail and texts come by loopback only")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--smtp-port", type=int, required=True)
    parser.add_argument("--sms-port", type=int, required=True)
    return parser


if __name__ == "__main__":
    main()
