"""The gate of a Graft that others can reach: a pass-phrase, then a signed cookie that expires.

Stands before every route: without the cookie there is no page, no websocket, no upload and no
media, only the form that asks for the pass-phrase.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from pathlib import Path

from itsdangerous import BadSignature, TimestampSigner

from tlcore.serving.rate_limit import RateLimit
from tlcore.workspace.files import replacing

COOKIE = "graft_gate"
SECONDS = 12 * 3600  # a school day
SECRET_FILE = "gate.secret"
GUESSES, GUESSES_PER_SECOND = 5.0, 1 / 30  # wrong ones, per address
ALL_GUESSES, ALL_GUESSES_PER_SECOND = 60.0, 0.5  # wrong ones, whoever makes them
EVERYBODY = "everybody"


class Gate:
    """Opens to who knows the pass-phrase, and to who comes back with the cookie it gave them."""

    def __init__(self, passphrase: str, home: Path) -> None:
        self._passphrase = passphrase.encode()
        # Another pass-phrase makes other signatures, so that old cookies open nothing any more.
        salt = hashlib.sha256(self._passphrase).hexdigest()
        self._signer = TimestampSigner(_secret(home), salt=f"graft gate {salt}")
        self._guesses = RateLimit(GUESSES, GUESSES_PER_SECOND)
        self._all_guesses = RateLimit(ALL_GUESSES, ALL_GUESSES_PER_SECOND)

    def opens_to(self, cookie: str | None) -> bool:
        """Whether a cookie was given by this gate, not too long ago."""
        if not cookie:
            return False
        try:
            self._signer.unsign(cookie, max_age=SECONDS)
        except BadSignature:
            return False
        return True

    def try_passphrase(self, typed: str, address: str) -> str | float:
        """A new cookie for the right pass-phrase; else the seconds to wait before the next guess.

        Compared in constant time. Who has guessed wrong too often, or when everybody together
        has, is not even compared.
        """
        wait = max(self._guesses.blocked(address), self._all_guesses.blocked(EVERYBODY))
        if wait > 0:
            return wait
        if hmac.compare_digest(typed.encode(), self._passphrase):
            return self._signer.sign(secrets.token_urlsafe(16)).decode()
        self._guesses.wait(address)
        self._all_guesses.wait(EVERYBODY)
        return 0.0


def _secret(home: Path) -> bytes:
    """The secret that signs this installation's cookies, made when there is none."""
    path = home / SECRET_FILE
    try:
        secret = path.read_bytes()
    except FileNotFoundError:
        secret = b""
    if len(secret) < 32:
        secret = secrets.token_bytes(32)
        with replacing(path) as unfinished:
            unfinished.touch(mode=0o600)
            unfinished.write_bytes(secret)
    return secret
