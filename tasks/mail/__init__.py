"""The door to the mail relay: one line for many mails, one envelope recipient for each."""

from tasks.channels import RelayUnreachableError
from tasks.mail.blanks import Blank, blank_of, write
from tasks.mail.conversation import Relay, relay
from tasks.mail.envelope import Envelope, Sender, UnsafeHeaderError
from tasks.mail.line import Timeouts
from tasks.mail.opening import RelayAddress, relay_address
from tasks.mail.outgoing import Outgoing, Told

__all__ = [
    "Blank",
    "Envelope",
    "Outgoing",
    "Relay",
    "RelayAddress",
    "RelayUnreachableError",
    "Sender",
    "Timeouts",
    "Told",
    "UnsafeHeaderError",
    "blank_of",
    "relay",
    "relay_address",
    "write",
]
