"""Text from others (logs, names, messages) made safe to print on a terminal.

Colours stay. Everything else that a terminal obeys (the clipboard by OSC 52, links by OSC 8,
titles, moving, clearing) becomes a visible sign, and so do marks that turn the order of characters.
"""

from __future__ import annotations

import re

_COLORS = r"\x1b\[[0-9;:]*m"
_OBEYED = f"{_COLORS}|[\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f\\u202a-\\u202e\\u2066-\\u2069]"
_RESET = "\x1b[0m"


def printable(text: str) -> str:
    """The text, of any number of lines, as it may be written to a terminal.

    A line that rewrites itself by carriage returns shows what it ended as; colours end with it.
    """
    if text.isprintable():
        return text
    return "\n".join(_line(line) for line in text.split("\n"))


def one_line(text: str) -> str:
    """The same for a name: line ends are signs too."""
    return text if text.isprintable() else _line(text.replace("\n", "␊"))


def columns(text: str) -> int:
    """How many cells a line takes on a terminal."""
    if text.isascii():
        return len(text)
    from unicodedata import category, east_asian_width

    wide = sum(east_asian_width(character) in "WF" for character in text)
    return len(text) + wide - sum(category(character) in ("Mn", "Me", "Cf") for character in text)


def _line(line: str) -> str:
    if "\r" in line:
        parts = [part for part in line.split("\r") if part]
        line = parts[-1] if parts else ""
    shown = re.sub(_OBEYED, _sign, line)
    return shown + _RESET if "\x1b" in shown and not shown.endswith(_RESET) else shown


def _sign(match: re.Match[str]) -> str:
    found = match[0]
    if len(found) > 1:
        return found
    code = ord(found)
    if code < 0x20:
        return chr(0x2400 + code)
    return "␡" if code == 0x7F else f"<U+{code:04X}>"
