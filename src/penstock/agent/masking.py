"""Replaces secrets by `***` in every text that leaves a job, in every form a tool may print them.

Not covered: transforms that no table can list (reversed, compressed, one character a line).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial

MASK = "***"
MINIMUM = 6
"""Shorter secrets are not masked: they would blot out ordinary text. Say so when one is set."""

_SHORTEST_FORM = 4
_USER_INFO = re.compile(r"://[^:/?#\s]*:([^@/?#\s]+)@")
_PLAIN = re.compile(r"[A-Za-z0-9_]+", re.ASCII)
"""What every escape leaves as it is; most tokens are of these characters only."""
_BASE64_LINES = (76, 64)
_TELLING_KEY = re.compile(r"secret|password|token|key", re.IGNORECASE)
_XML_QUOTES = (
    ("&quot;", "'"),
    ("&quot;", "&#39;"),
    ("&#34;", "&#39;"),
    ("&quot;", "&apos;"),
    ("&quot;", "&#x27;"),
)
# Beside letters and digits: Python's quote with and without "/", encodeURIComponent, encodeURI.
_LETTERS_AND_DIGITS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-~"
_URL_SAFE = (
    _LETTERS_AND_DIGITS,
    _LETTERS_AND_DIGITS + b"/",
    _LETTERS_AND_DIGITS + b"!*'()",
    _LETTERS_AND_DIGITS + b"!*'();/?:@&=+$,#",
)

Interval = tuple[int, int]


class Masker:
    """The secrets of one job. Secrets may be added at any time; they are masked from then on."""

    def __init__(self, minimum: int = MINIMUM) -> None:
        self.minimum = minimum
        self._secrets: set[str] = set()
        self._forms: dict[str, None] = {}
        self._search: partial[list[tuple[int, int, int]]] | None = None
        self._longest = 0
        self._stale = False

    def add(self, secret: str) -> bool:
        """Mask the secret in all its forms; False when it is too short to be masked."""
        secret = secret.encode("utf-8", "replace").decode()
        if len(secret.strip()) < self.minimum:
            return False
        if secret not in self._secrets:
            self._secrets.add(secret)
            self._forms.update(dict.fromkeys(forms(secret, self.minimum)))
            self._stale = True
        return True

    def mask_line(self, text: str) -> str:
        """The text without secrets. Overlapping and adjacent ones become one `***`."""
        intervals = self.intervals(text)
        if not intervals:
            return text
        parts: list[str] = []
        position = 0
        for start, end in intervals:
            parts += (text[position:start], MASK)
            position = end
        return "".join((*parts, text[position:]))

    def intervals(self, text: str) -> list[Interval]:
        """Where secrets stand in the text, in order, joined where they touch."""
        found: list[Interval] = []
        search = self._searcher()
        if search is not None:
            found = [(start, end) for _, start, end in search(text)]
        if "://" in text and "@" in text:
            found += [match.span(1) for match in _USER_INFO.finditer(text)]
        return _merge(found) if found else found

    @property
    def longest(self) -> int:
        """The length of the longest form that is searched for."""
        self._searcher()
        return self._longest

    def _searcher(self) -> partial[list[tuple[int, int, int]]] | None:
        if self._stale:
            from ahocorasick_rs import AhoCorasick, Implementation

            self._stale = False
            patterns = list(self._forms)
            self._longest = max(map(len, patterns))
            # The default builds a DFA for few patterns: seconds for one long repetitive secret.
            automaton = AhoCorasick(patterns, implementation=Implementation.ContiguousNFA)
            self._search = partial(automaton.find_matches_as_indexes, overlapping=True)
        return self._search


class MaskedStream:
    """Masks one line that comes in pieces: no secret slips through where two pieces meet."""

    def __init__(self, masker: Masker) -> None:
        self._masker = masker
        self._held = ""
        self._covered = 0
        self._inside = False

    def feed(self, piece: str, *, last: bool) -> str:
        """The masked text that is certain now; with `last`, all of it."""
        text = self._held + piece
        keep = 0 if last else min(len(text), max(self._masker.longest - 1, 0))
        cut = len(text) - keep
        intervals = self._masker.intervals(text)
        if self._covered:
            intervals = _merge([(0, self._covered), *intervals])
        parts = []
        position = reach = 0
        for start, end in intervals:
            if start >= cut and not (start == 0 and self._inside):
                break
            parts.append(text[position:start])
            if not (start == 0 and self._inside):
                parts.append(MASK)
            position = reach = end
        parts.append(text[position:cut])
        self._held = text[cut:]
        self._inside = reach >= cut and (reach > 0 or self._inside) and not last
        self._covered = max(0, reach - cut)
        return "".join(parts)


def forms(secret: str, minimum: int = MINIMUM) -> Iterator[str]:
    """Every text by which a tool may print the secret: itself, its lines, and their escapes."""
    values = {secret: None, secret.strip(): None, secret.strip("\"' \r\n"): None}
    values.update(dict.fromkeys(line.strip() for line in secret.splitlines()))
    values.update(dict.fromkeys(_telling_members(secret)))
    shortest = max(minimum, 1)
    for value in values:
        if len(value) < shortest:
            continue
        yield value
        for form in _encoded(value):
            if len(form) >= _SHORTEST_FORM and form != value:
                yield form


def _encoded(value: str) -> Iterator[str]:
    if not _PLAIN.fullmatch(value):
        yield from _escaped(value)
        yield from _percent_encoded(value)
    data = value.encode()
    yield data.hex()
    yield data.hex().upper()
    yield from _base64(data)
    yield from _base64(f"{value}\n".encode())


def _escaped(value: str) -> Iterator[str]:
    """As JSON, XML, PowerShell, POSIX shells, `printf %q` and `set -x` write it."""
    import json

    for as_ascii in (True, False):
        yield json.dumps(value, ensure_ascii=as_ascii)[1:-1]
    xml = value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    yield xml
    for double, single in _XML_QUOTES:
        yield xml.replace('"', double).replace("'", single)
    yield value.replace("\\", "\\\\")
    yield value.replace("\\", "\\\\").replace('"', '\\"')
    yield value.replace("\\", "\\\\").replace("'", "\\'")
    yield value.replace('"', '\\"')
    yield value.replace('"', '""')
    yield value.replace("'", "''")
    yield value.replace("'", "'\\''")
    yield value.replace("'", "'\"'\"'")
    yield re.sub(r"([`$\"\\])", r"\\\1", value)
    yield re.sub(r"([`$\"])", r"`\1", value)
    yield re.sub(r"([^\w@%+=:,./-])", r"\\\1", value, flags=re.ASCII)
    yield value.replace("\\", "\\\\").replace("\r", "\\r").replace("\n", "\\n")
    ansi = value.replace("\\", "\\\\").replace("'", "\\'").replace("\t", "\\t")
    yield ansi.replace("\r", "\\r").replace("\n", "\\n")


def _percent_encoded(value: str) -> Iterator[str]:
    """As URLs and logging commands write it."""
    for safe in _URL_SAFE:
        for pattern in ("%{:02X}", "%{:02x}"):
            encoded = "".join(
                chr(byte) if byte in safe else pattern.format(byte) for byte in value.encode()
            )
            yield encoded
            yield encoded.replace("%20", "+")
    for percent in ("%AZP25", "%25", "%"):
        command = value.replace("%", percent).replace("\r", "%0D").replace("\n", "%0A")
        yield command
        yield command.replace("]", "%5D").replace(";", "%3B")


def _base64(data: bytes) -> Iterator[str]:
    """Whole, in wrapped lines, and as part of something longer: at any of three alignments.

    The characters at the edges of a part depend on its neighbours, so they are left off.
    """
    from binascii import b2a_base64

    for offset, first in ((0, 0), (1, 2), (2, 3)):
        shifted = bytes(offset) + data
        part = b2a_base64(shifted, newline=False).decode()[first : len(shifted) * 8 // 6]
        yield part
        yield part.replace("+", "-").replace("/", "_")
    whole = b2a_base64(data, newline=False).decode()
    for text in (whole, whole.replace("+", "-").replace("/", "_")):
        yield text
        yield text.rstrip("=")
        for width in _BASE64_LINES:
            if len(text) > width:
                yield from (text[i : i + width] for i in range(0, len(text), width))


def _telling_members(secret: str) -> Iterator[str]:
    """The values in a JSON object (a service principal, say) whose names say they are secret."""
    if not secret.lstrip().startswith("{"):
        return
    import json

    try:
        members = json.loads(secret)
    except (ValueError, RecursionError):
        return
    for name, value in members.items():
        if isinstance(value, str) and _TELLING_KEY.search(name):
            yield value


def _merge(intervals: list[Interval]) -> list[Interval]:
    if len(intervals) == 1:
        return intervals
    merged: list[Interval] = []
    for start, end in sorted(intervals):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged
