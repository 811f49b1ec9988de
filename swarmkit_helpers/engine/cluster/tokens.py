"""What a swarm is joined and unlocked with, and the certificate that its tokens speak of."""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from dataclasses import dataclass

from ..kinds import Json
from ..refusal import Refusal

__all__ = ["Authority", "join_token", "new_unlock_key", "read_join_token"]

DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
TOKEN = re.compile(r"SWMTKN-1-([0-9a-z]{50})-([0-9a-z]{25})")
SUBJECT = "MBMxETAPBgNVBAMTCHN3YXJtLWNh"
PUBLIC_KEY = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d030107034200")
NAME = base64.b64decode(SUBJECT)


@dataclass(frozen=True, slots=True)
class Authority:
    """The swarm's certificate authority: it looks like one, and signs nothing."""

    certificate: str
    public_key: str

    @classmethod
    def make(cls) -> Authority:
        """Another one each time."""
        key = PUBLIC_KEY + b"\x04" + secrets.token_bytes(64)
        algorithm = _tlv(0x30, bytes.fromhex("06082a8648ce3d040302"))
        validity = _tlv(0x30, _tlv(0x17, b"260101000000Z") + _tlv(0x17, b"451227000000Z"))
        uses = bytes.fromhex("a3423040300e0603551d0f0101ff040403020106300f0603551d130101ff040530030101ff")
        uses += bytes.fromhex("301d0603551d0e04160414") + secrets.token_bytes(20)
        serial = _tlv(0x02, b"\x7c" + secrets.token_bytes(19))
        body = bytes.fromhex("a003020102") + serial + algorithm + NAME + validity + NAME + key + uses
        numbers = b"".join(_tlv(0x02, b"\x21" + secrets.token_bytes(31)) for _ in range(2))
        whole = _tlv(0x30, _tlv(0x30, body) + algorithm + _tlv(0x03, b"\x00" + _tlv(0x30, numbers)))
        encoded = base64.b64encode(whole).decode()
        lines = [encoded[start : start + 64] for start in range(0, len(encoded), 64)]
        text = "\n".join(["-----BEGIN CERTIFICATE-----", *lines, "-----END CERTIFICATE-----", ""])
        return cls(text, base64.b64encode(key).decode())

    @property
    def digest(self) -> str:
        """SHA-256 of the certificate, in hexadecimal."""
        return hashlib.sha256(self.certificate.encode()).hexdigest()

    def info(self) -> Json:
        """``TLSInfo``, as the API gives it."""
        return {
            "TrustRoot": self.certificate,
            "CertIssuerSubject": SUBJECT,
            "CertIssuerPublicKey": self.public_key,
        }


def join_token(authority: Authority) -> str:
    """A token that only this swarm takes."""
    secret = "".join(secrets.choice(DIGITS) for _ in range(25))
    return f"SWMTKN-1-{_base36(int(authority.digest, 16)).rjust(50, '0')}-{secret}"


def read_join_token(token: str) -> str:
    """Digest of the certificate of the swarm that a token is for.

    Raises
    ------
    Refusal
        500: it is no token.
    """
    found = TOKEN.fullmatch(token)
    if not found:
        raise Refusal(500, "invalid join token")
    return f"{int(found[1], 36):064x}"


def new_unlock_key() -> str:
    """A key that unlocks managers."""
    return f"SWMKEY-1-{base64.b64encode(secrets.token_bytes(32)).decode().rstrip('=')}"


def _tlv(tag: int, content: bytes) -> bytes:
    length = len(content)
    size = (
        bytes([length])
        if length < 128
        else bytes([0x81, length])
        if length < 256
        else b"\x82" + length.to_bytes(2, "big")
    )
    return bytes([tag]) + size + content


def _base36(number: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits = DIGITS[digit] + digits
    return digits or "0"
