"""A headless editor: real JSON-RPC with `penstock lsp` over its stdin and stdout."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit


class Editor:
    """Speaks the protocol by hand, so that nothing of the server's library is trusted.

    Places are given as `line:column` counted from 1, or by the text `needle` that they follow.
    """

    def __init__(self, root: Path, options: dict[str, Any] | None = None) -> None:
        self.root = root
        self._process = subprocess.Popen(
            [sys.executable, "-m", "penstock.cli.main", "lsp"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self._answers: dict[int, queue.Queue[dict[str, Any]]] = {}
        self._published: queue.Queue[dict[str, Any]] = queue.Queue()
        self.diagnostics: dict[str, list[dict[str, Any]]] = {}
        self._texts: dict[str, str] = {}
        self._next = 0
        threading.Thread(target=self._listen, daemon=True).start()
        self.capabilities = self.ask(
            "initialize",
            {
                "processId": None,
                "rootUri": root.as_uri(),
                "capabilities": {},
                "initializationOptions": options,
            },
        )["capabilities"]
        self.tell("initialized", {})

    # --- the protocol

    def tell(self, method: str, params: object) -> None:
        self._send({"jsonrpc": "2.0", "method": method, "params": params})

    def ask(self, method: str, params: object) -> Any:
        self._next += 1
        answers: queue.Queue[dict[str, Any]] = queue.Queue()
        self._answers[self._next] = answers
        self._send({"jsonrpc": "2.0", "id": self._next, "method": method, "params": params})
        answer = answers.get(timeout=60)
        assert "error" not in answer, answer
        return answer["result"]

    def close(self) -> str:
        """End the server; what it said on stderr."""
        self.ask("shutdown", None)
        self.tell("exit", None)
        _, said = self._process.communicate(timeout=60)
        assert self._process.returncode == 0, said
        return said.decode()

    def _send(self, message: dict[str, Any]) -> None:
        body = json.dumps(message).encode()
        assert self._process.stdin is not None
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self._process.stdin.flush()

    def _listen(self) -> None:
        stream = self._process.stdout
        assert stream is not None
        while header := stream.readline():
            length = 0
            while header.strip():
                name, _, value = header.partition(b":")
                length = int(value) if name.lower() == b"content-length" else length
                header = stream.readline()
            message = json.loads(stream.read(length))
            if "id" in message and "method" not in message:
                self._answers.pop(message["id"]).put(message)
            elif message.get("method") == "textDocument/publishDiagnostics":
                self._published.put(message["params"])

    # --- documents

    def uri(self, name: str) -> str:
        return (self.root / name).resolve().as_uri()

    def open(self, name: str, text: str | None = None) -> None:
        self._texts[name] = (self.root / name).read_text() if text is None else text
        document = {
            "uri": self.uri(name),
            "languageId": "yaml",
            "version": 1,
            "text": self._texts[name],
        }
        self.tell("textDocument/didOpen", {"textDocument": document})

    def type(self, name: str, text: str) -> None:
        """Replace the whole buffer."""
        self._texts[name] = text
        document = {"uri": self.uri(name), "version": 2}
        changes = [{"text": text}]
        self.tell("textDocument/didChange", {"textDocument": document, "contentChanges": changes})

    def shut(self, name: str) -> None:
        self.tell("textDocument/didClose", {"textDocument": {"uri": self.uri(name)}})

    def wait_for(self, name: str, count: int | None = None) -> list[dict[str, Any]]:
        """The next diagnostics of a file, or the next that are so many."""
        while True:
            found = self._published.get(timeout=60)
            self.diagnostics[found["uri"]] = found["diagnostics"]
            if found["uri"] == self.uri(name) and count in (None, len(found["diagnostics"])):
                return list(found["diagnostics"])

    # --- questions

    def at(self, name: str, needle: str) -> dict[str, Any]:
        """The place behind the first `needle` in a document."""
        text = self._texts[name]
        before = text[: text.index(needle) + len(needle)]
        last = before.rpartition("\n")[2]
        units = len(last.encode("utf-16-le")) // 2
        return {
            "textDocument": {"uri": self.uri(name)},
            "position": {"line": before.count("\n"), "character": units},
        }

    def hover(self, name: str, needle: str) -> str:
        found = self.ask("textDocument/hover", self.at(name, needle))
        return found["contents"]["value"] if found else ""

    def definition(self, name: str, needle: str) -> list[str]:
        """`path:line:column`, from 1."""
        found = self.ask("textDocument/definition", self.at(name, needle))
        return [
            f"{self._name(one['uri'])}:"
            f"{one['range']['start']['line'] + 1}:{one['range']['start']['character'] + 1}"
            for one in found
        ]

    def _name(self, uri: str) -> str:
        """The path of a file from the root."""
        return os.path.relpath(unquote(urlsplit(uri).path), self.root).replace(os.sep, "/")

    def completion(self, name: str, needle: str) -> list[str]:
        found = self.ask("textDocument/completion", self.at(name, needle))
        return [item["label"] for item in found["items"]]
