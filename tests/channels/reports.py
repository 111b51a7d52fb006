"""Returned mail as servers write it: Postfix, Exim, qmail, Exchange, and a provider's complaint."""

from __future__ import annotations

POSTFIX = """\
Return-Path: <>
From: MAILER-DAEMON@relay.example (Mail Delivery System)
To: post@riverside.example
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="edge"

--edge
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

I'm sorry to have to inform you that your message could not be delivered.

--edge
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; relay.example
X-Postfix-Queue-ID: 4ABC
Arrival-Date: Mon,  5 Jan 2026 10:00:00 +0000 (UTC)

Final-Recipient: rfc822; {recipient}
Original-Recipient: rfc822;{recipient}
Action: {action}
Status: {status}
Remote-MTA: dns; mx.example
Diagnostic-Code: smtp; 550 5.1.1 <{recipient}>: Recipient address rejected

--edge
Content-Description: Undelivered Message Headers
Content-Type: {returned}

From: Riverside Clinic <post@riverside.example>
To: {recipient}
Subject: Your questionnaire
Message-ID: {message_id}

--edge--
"""
EXIM = """\
Return-Path: <>
X-Failed-Recipients: {recipient}
Auto-Submitted: auto-replied
From: Mail Delivery System <Mailer-Daemon@relay.example>
To: post@riverside.example
Subject: Mail delivery failed: returning message to sender

This message was created automatically by mail delivery software.

A message that you sent could not be delivered to one or more of its
recipients. This is a permanent error. The following address(es) failed:

  {recipient}
    host mx.example [192.0.2.1]
    SMTP error from remote mail server after RCPT TO:<{recipient}>:
    {status} No such user here

------ This is a copy of the message's headers. ------

Return-path: <post@riverside.example>
From: Riverside Clinic <post@riverside.example>
Message-ID: {message_id}
To: {recipient}
"""
QMAIL = """\
Return-Path: <>
From: MAILER-DAEMON@relay.example
To: post@riverside.example
Subject: failure notice

Hi. This is the qmail-send program at relay.example.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<{recipient}>:
192.0.2.1 does not like recipient.
Remote host said: 550 sorry, no mailbox here by that name ({status})

--- Below this line is a copy of the message.

From: Riverside Clinic <post@riverside.example>
Message-ID: {message_id}
To: {recipient}
"""
COMPLAINT = """\
From: <feedback@provider.example>
To: abuse@riverside.example
Subject: FW: Your questionnaire
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="edge"

--edge
Content-Type: text/plain; charset="US-ASCII"

This is an email abuse report for an email message received from you.

--edge
Content-Type: message/feedback-report

Feedback-Type: {kind}
User-Agent: SomeGenerator/1.0
Version: 1

--edge
Content-Type: message/rfc822

From: Riverside Clinic <post@riverside.example>
To: {recipient}
Message-ID: {message_id}
Subject: Your questionnaire

Dear patient
--edge--
"""
OUT_OF_OFFICE = """\
From: Ana <{recipient}>
To: post@riverside.example
Subject: Out of office
Auto-Submitted: auto-replied
In-Reply-To: {message_id}
References: {message_id}

I am away until 5.1.1 of next year. 550 hours to go.
"""
LETTER = """\
From: Ana <{recipient}>
To: post@riverside.example
Subject: Re: Your questionnaire
In-Reply-To: {message_id}

Please write to my other address. The old one says 550 5.1.1.
"""


def postfix(
    message_id: str,
    recipient: str,
    *,
    action: str = "failed",
    status: str = "5.1.1",
    returned: str = "text/rfc822-headers",
) -> bytes:
    """A report of RFC 3464; ``returned``: the type under which our headers come back."""
    given = {"action": action, "status": status, "returned": returned}
    return POSTFIX.format(message_id=message_id, recipient=recipient, **given).encode()


def exim(message_id: str, recipient: str, *, status: str = "550 5.1.1") -> bytes:
    """A plain letter with a header that names whom."""
    return EXIM.format(message_id=message_id, recipient=recipient, status=status).encode()


def qmail(message_id: str, recipient: str, *, status: str = "#5.1.1") -> bytes:
    """A plain letter (QSBMF)."""
    return QMAIL.format(message_id=message_id, recipient=recipient, status=status).encode()


def complaint(message_id: str, recipient: str, *, kind: str = "abuse") -> bytes:
    """A feedback report of RFC 5965."""
    return COMPLAINT.format(message_id=message_id, recipient=recipient, kind=kind).encode()


def out_of_office(message_id: str, recipient: str) -> bytes:
    """A machine's reply that quotes what looks like codes."""
    return OUT_OF_OFFICE.format(message_id=message_id, recipient=recipient).encode()


def letter(message_id: str, recipient: str) -> bytes:
    """A person's reply."""
    return LETTER.format(message_id=message_id, recipient=recipient).encode()
