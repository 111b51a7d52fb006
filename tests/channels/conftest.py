"""Patients who are written to by text."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from tests.channels.texted import Texted, enrol_texted
from tests.servers.postbox import Postbox
from tests.servers.sms_gateway import SmsGateway


@pytest.fixture
def inside(app: Flask, postbox: Postbox, texts: SmsGateway) -> Iterator[None]:
    """The application's context, an empty postbox, and a gateway that accepts everything."""
    assert postbox.messages == []
    assert texts.asked == []
    with app.app_context():
        yield


@pytest.fixture
def texted(inside: None) -> Texted:
    """A patient whose baseline is open and who is written to by text; nothing is sent yet."""
    assert inside is None
    return enrol_texted()
