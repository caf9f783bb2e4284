"""The server makes no requests of its own: an address that somebody gives it (of a service
connection, an asset, a repository) is kept and never called."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import penstock

ROOT = Path(penstock.__file__).parent
CALLING = {
    *("urllib.request", "http.client", "httpx", "requests", "aiohttp", "websockets", "ftplib"),
    *("smtplib", "telnetlib", "xmlrpc.client", "paramiko"),
}
CONNECTING = {"create_connection", "urlopen", "connect_ex"}


def imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{name.name}" for name in node.names)


def test_no_module_of_the_server_can_call_another_machine() -> None:
    found = []
    for room in ("server", "store", "devops", "ml", "engine", "language"):
        for path in (ROOT / room).rglob("*.py"):
            tree = ast.parse(path.read_text())
            found += [(path, name) for name in imports(tree) if name in CALLING]
            found += [
                (path, node.attr)
                for node in ast.walk(tree)
                if isinstance(node, ast.Attribute) and node.attr in CONNECTING
            ]
    assert found == []


def test_git_of_the_server_speaks_no_protocol() -> None:
    """What reads and writes hosted repositories may not fetch from anywhere."""
    from penstock.store.git.making import _SETTINGS
    from penstock.store.git.program import command

    words = command(Path("/x"), ["status"])
    assert "protocol.allow=never" in words
    assert _SETTINGS["protocol.allow"] == "never"
