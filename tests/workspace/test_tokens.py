"""Tokens: known by their hash alone, each for one classifier, gone when revoked."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from tlcore.errors import NotFound
from tlcore.workspace import Workspace


def test_a_token_is_found_by_its_secret_and_by_nothing_else(workspace: Workspace) -> None:
    project = workspace.projects.create("Ants")
    run = workspace.runs.create(project.id, "none:none", {}, {})
    secret, made = workspace.tokens.make(run.id, "the door")
    token = workspace.tokens.find(secret)
    assert token is not None and (token.id, token.run_id) == (made.id, run.id)
    for other in (secret[:-1], secret.upper(), "", "graft_", "x" * 10_000, made.name):
        assert workspace.tokens.find(other) is None
    with closing(sqlite3.connect(workspace.home / "graft.db")) as raw:
        kept = " ".join(map(str, raw.execute("SELECT * FROM api_tokens").fetchall()))
    assert secret not in kept and secret.removeprefix("graft_") not in kept
    assert workspace.tokens.list(run.id)[0].used is not None


def test_a_revoked_token_is_known_as_such_and_never_listed(workspace: Workspace) -> None:
    project = workspace.projects.create("Ants")
    run = workspace.runs.create(project.id, "none:none", {}, {})
    first, kept = workspace.tokens.make(run.id, "one")
    second, _ = workspace.tokens.make(run.id, "two")
    assert first != second
    workspace.tokens.revoke(kept.id)
    token = workspace.tokens.find(first)
    assert token is not None and token.revoked is not None
    assert [token.name for token in workspace.tokens.list(run.id)] == ["two"]
    with pytest.raises(NotFound):
        workspace.tokens.revoke(99)
