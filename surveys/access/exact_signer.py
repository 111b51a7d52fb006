"""A signature has one spelling: base64 reads others (unused bits of its last character, stray signs) as the same."""

from __future__ import annotations

from hmac import compare_digest

from itsdangerous import Signer


class ExactSigner(Signer):
    """A ``Signer`` of one key that takes the signature it would write itself and no other spelling of its bytes."""

    def verify_signature(self, value: str | bytes, sig: str | bytes) -> bool:
        """Whether ``sig`` signs ``value``, letter by letter."""
        written = sig.encode() if isinstance(sig, str) else sig
        return compare_digest(written, self.get_signature(value))
