"""Tokens for the HTTP API: each opens one classifier, is shown once, and can be taken back.

Only a SHA-256 of a token is kept. A token has 256 random bits, so that no salt or slow hash is
needed: there is nothing to guess.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from tlcore.errors import NotFound
from tlcore.workspace.database import Database
from tlcore.workspace.schema import ApiTokenRow, now

PREFIX = "graft_"
USED_EVERY = timedelta(minutes=1)  # so often at most the last use is written down


@dataclass(frozen=True)
class Token:
    """What may be shown of a token: its name and its times, never the token."""

    id: int
    run_id: str
    name: str
    created: datetime
    used: datetime | None
    revoked: datetime | None


TokenList = list[Token]


class Tokens:
    """The tokens of a workspace. Safe for many threads."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def make(self, run_id: str, name: str) -> tuple[str, Token]:
        """A new token for one run's classifier: the secret, to be shown once, and its record."""
        secret = PREFIX + secrets.token_urlsafe(32)
        row = ApiTokenRow(run_id=run_id, name=name[:80], hash=_hash(secret), created=now())
        with self._database.write() as session:
            session.add(row)
            session.flush()
            return secret, _record(row)

    def list(self, run_id: str) -> TokenList:
        """The tokens of a classifier that are not revoked, the oldest first."""
        wanted = (ApiTokenRow.run_id == run_id, ApiTokenRow.revoked.is_(None))
        with self._database.read() as session:
            rows = session.scalars(select(ApiTokenRow).where(*wanted).order_by(ApiTokenRow.id))
            return [_record(row) for row in rows]

    def revoke(self, token_id: int) -> None:
        """Take a token back, at once and for good. Raises NotFound."""
        with self._database.write() as session:
            row = session.get(ApiTokenRow, token_id)
            if row is None:
                raise NotFound("There is no such token.", "Reload the page.")
            row.revoked = row.revoked or now()

    def find(self, secret: str) -> Token | None:
        """The record of a token that is known, revoked or not; None for any other text."""
        if not secret.startswith(PREFIX) or len(secret) > 200:
            return None
        with self._database.read() as session:
            row = session.scalar(select(ApiTokenRow).where(ApiTokenRow.hash == _hash(secret)))
            token = None if row is None else _record(row)
        if token and not token.revoked and (not token.used or now() - token.used > USED_EVERY):
            self._note_use(token.id)
        return token

    def _note_use(self, token_id: int) -> None:
        with self._database.write() as session:
            row = session.get(ApiTokenRow, token_id)
            if row is not None:
                row.used = now()


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def _record(row: ApiTokenRow) -> Token:
    return Token(row.id, row.run_id, row.name, row.created, row.used, row.revoked)
