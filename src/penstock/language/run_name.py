"""Checks of a pipeline's `name`, the format of its run numbers.

What stands there for every run is judged; the number itself is made when a run is queued.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from penstock.language.pipeline import Text
from penstock.language.source import Diagnostic, Severity
from penstock.language.yaml.places import written_at

LONGEST = 255
FORBIDDEN = "\"/:<>\\'|?@*"
"""What no run number holds. The service's own message names the backslash where its page has the
apostrophe (https://github.com/MicrosoftDocs/azure-devops-docs/issues/9850), so both are taken."""

_PART = r"\$\([^()]*\)|[^$]+|\$"
_WITH_COLON = r"(?i:\$\((?:date:(?P<date>.+)|rev:\.?r+|year:yy(?:yy)?)\))"
_INSTEAD = "so runs are called by their build ids"


def check_run_name(name: Text | None) -> Iterator[Diagnostic]:
    """What keeps every run from getting the number that its format asks for."""
    if name is None:
        return
    literal = 0
    for part in re.finditer(_PART, name.value):
        text = part.group()
        if text.startswith("$("):
            yield from _check_token(name, text, part.start())
            continue
        literal += len(text)
        at = next((n for n, char in enumerate(text) if not _may_stand(char)), None)
        if at is not None:
            yield _forbidden(name, text[at], part.start() + at)
    if literal > LONGEST:
        message = f"a run number has at most {LONGEST} characters, and here are {literal}"
        yield _diagnostic(name, f"{message}, {_INSTEAD}", 0, 0, "write a shorter one")
    if name.value.endswith("."):
        end = len(name.value) - 1
        yield _diagnostic(name, f"no run number ends with a dot, {_INSTEAD}", end, 1, "remove it")


def _check_token(name: Text, token: str, offset: int) -> Iterator[Diagnostic]:
    """A token with a colon is one that is known: no variable has such a name."""
    if ":" not in token:
        return
    known = re.fullmatch(_WITH_COLON, token)
    if known is None:
        yield _diagnostic(
            name,
            f'"{token}" is no token of a run number, {_INSTEAD}',
            offset,
            len(token),
            "tokens with a colon are $(Date:yyyyMMdd), $(Rev:r), $(Year:yyyy) and $(Year:yy)",
        )
        return
    separator = re.search("[/:]", known["date"] or "")
    if separator is not None:
        start = offset + known.start("date") + separator.start()
        yield _forbidden(name, separator.group(), start)


def _may_stand(char: str) -> bool:
    return char not in FORBIDDEN and char.isprintable()


def _forbidden(name: Text, char: str, offset: int) -> Diagnostic:
    is_shown = char.isprintable()
    message = f"no run number holds {f'the character {char}' if is_shown else 'a line break'}"
    help = (
        f"write another character: none of {' '.join(FORBIDDEN)} can stand there"
        if is_shown
        else "write it on the line of the key"
    )
    return _diagnostic(name, f"{message}, {_INSTEAD}", offset, 1, help)


def _diagnostic(name: Text, message: str, offset: int, length: int, help: str) -> Diagnostic:
    return Diagnostic(
        code="PS2210",
        severity=Severity.WARNING,
        message=message,
        span=written_at(name.value, name.span, offset, offset + length) or name.span,
        help=help,
    )
