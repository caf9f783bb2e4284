"""What stands around a place in YAML text, by indentation alone: also in text that is half written.

The parts of `{...}` and `[...]` are seen on the line where these begin only.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import field

from penstock.records import record

_KEY = re.compile(
    r"""(?P<key>\$\{\{.*?\}\}|'[^']*'|"[^"]*"|[^\s#:'"\[{,&*!|>%@-][^#:]*?|-[^\s:][^#:]*?)"""
    r"[ \t]*:(?=[ \t]|$)"
)
_FLOW = re.compile(r"""\$\{\{.*?(?:\}\}|$)|'[^']*'?|"[^"]*"?|:(?:[ \t]|$)|.""")
_DASHES = re.compile(r"(?:-[ \t]+)+|-$")
_DIRECTIVE = re.compile(r"\$\{\{\s*(?:if|elseif|else|each|insert)\b")
_BLOCK = re.compile(r"[|>][+-]?\d*[+-]?[ \t]*$")
ITEM = "-"
"""A step of a path into an item of a list."""


@record(kw_only=False)
class Level:
    """A mapping on the way to the cursor: its keys with their values on the same line."""

    keys: dict[str, str]


@record(kw_only=False)
class Cursor:
    """Where the cursor is.

    `path` leads to the mapping, list or value it is in: keys, and `ITEM` for items; directives are
    left out. `kind` is "key" where a key may begin, "value" behind the colon of the last key of the
    path or in an item of its list, "text" inside a long text. `prefix` is what is written so far.
    `levels` are the keys of each mapping around, outermost first.
    """

    path: tuple[str, ...]
    kind: str
    prefix: str
    levels: tuple[Level, ...] = field(default=())

    @property
    def siblings(self) -> dict[str, str]:
        """The keys of the innermost mapping."""
        return self.levels[-1].keys if self.levels else {}

    def nearest(self, key: str) -> str:
        """The value of a key in the nearest mapping around that has it; "" where none has."""
        return next((level.keys[key] for level in reversed(self.levels) if key in level.keys), "")


@record(kw_only=False)
class _Mark:
    """A dash or a key of a line, and its column. `rest` is what follows a key on its line."""

    column: int
    key: str
    rest: str = ""


def cursor_at(lines: list[str], line: int, column: int) -> Cursor:
    """What stands around a place; lines and columns are 0-based, columns in code points."""
    text = lines[line][:column] if line < len(lines) else ""
    lines = [*lines[:line], text, *lines[line + 1 :]]
    marks = _marks(text)
    last = marks[-1] if marks else None
    if last is None or last.key == ITEM:
        indent = len(text) - len(text.lstrip()) if last is None else last.column + 1
        content = _content_column(text, last)
        prefix = text[content:].strip() if last or text.strip() else ""
        here = [*marks, _Mark(content, "")] if text.strip() or not text else [_Mark(indent, "")]
    else:
        here = marks
        prefix = last.rest
    chain = _chain(lines, line, here)
    inside = next((m for m, _ in chain[:-1] if _BLOCK.fullmatch(m.rest)), None)
    if inside is not None:
        cut = next(i for i, (m, _) in enumerate(chain) if m is inside)
        return Cursor(_path(chain[: cut + 1]), "text", text, _levels(lines, chain[: cut + 1]))
    levels = _levels(lines, chain)
    if last is not None and last.key != ITEM:
        return _in_value(_path(chain), prefix, levels)
    if last is not None and prefix.startswith(("{", "[")):
        return _in_value(_path(chain[:-1]), prefix, levels[:-1])
    return Cursor(_path(chain[:-1]), "key", prefix, levels)


def _in_value(path: tuple[str, ...], rest: str, levels: tuple[Level, ...]) -> Cursor:
    """Behind a colon or a dash: a plain value, or inside `{...}` and `[...]`."""
    if rest.startswith(("{", "[")) and (found := _in_flow(path, rest, levels)) is not None:
        return found
    return Cursor(path, "value", rest.lstrip("'\""), levels)


@record(kw_only=False, frozen=False)
class _Flow:
    """A `{` or `[` that is open: where it is, its keys with values, and a key that has none yet."""

    path: tuple[str, ...]
    levels: tuple[Level, ...]
    is_list: bool
    keys: dict[str, str]
    key: str = ""

    def inner(self) -> tuple[tuple[str, ...], tuple[Level, ...]]:
        """Path and levels of a value that begins here."""
        if self.is_list or not self.key:
            return self.path, self.levels
        return (*self.path, self.key), (*self.levels, Level({**self.keys, self.key: ""}))


def _in_flow(path: tuple[str, ...], text: str, levels: tuple[Level, ...]) -> Cursor | None:
    """What stands around the end of a flow collection; None where it is closed."""
    open_ones: list[_Flow] = []
    word = ""
    for token in _FLOW.findall(text):
        here = open_ones[-1] if open_ones else None
        if token in ("{", "[") and not word.strip():
            at, around = here.inner() if here else (path, levels)
            is_list = token == "["
            open_ones.append(_Flow((*at, ITEM) if is_list else at, around, is_list, {}))
        elif here is None:
            return None
        elif token in ("}", "]"):
            open_ones.pop()
            word = ""
        elif token == ",":
            if here.key:
                here.keys[here.key] = _unquoted(word)
            here.key = word = ""
        elif token[0] == ":" and len(token.strip()) == 1 and not here.is_list and not here.key:
            here.key, word = _unquoted(word), ""
        else:
            word += token
    if not open_ones:
        return None
    here = open_ones[-1]
    if here.is_list:
        return Cursor(here.path, "value", _unquoted(word), here.levels)
    if here.key:
        value_path, value_levels = here.inner()
        return Cursor(value_path, "value", _unquoted(word), value_levels)
    return Cursor(here.path, "key", _unquoted(word), (*here.levels, Level(here.keys)))


def _unquoted(text: str) -> str:
    return text.strip().strip("'\"")


def _content_column(text: str, last: _Mark | None) -> int:
    if last is None:
        return len(text) - len(text.lstrip())
    after = text[last.column + 1 :]
    return last.column + 1 + max(1, len(after) - len(after.lstrip())) if after else last.column + 2


def _marks(text: str) -> list[_Mark]:
    """The dashes and the key with which a line begins."""
    column = len(text) - len(text.lstrip(" "))
    marks: list[_Mark] = []
    body = text[column:]
    if not body or body.startswith("#"):
        return []
    if dashes := _DASHES.match(body):
        marks += [_Mark(column + i, ITEM) for i, c in enumerate(dashes[0]) if c == "-"]
        column += dashes.end()
        body = body[dashes.end() :]
    if key := _KEY.match(body):
        name = key["key"].strip("'\"")
        marks.append(_Mark(column, name, body[key.end() :].strip()))
    return marks


def _chain(lines: list[str], line: int, here: list[_Mark]) -> list[tuple[_Mark, int]]:
    """The marks from the root to the cursor, each with its line."""
    chain = [(mark, line) for mark in here]
    for number in range(line - 1, -1, -1):
        for mark in reversed(_marks(lines[number])):
            first = chain[0][0]
            is_above = mark.column < first.column or (
                first.key == ITEM and mark.key != ITEM and mark.column == first.column
            )
            if is_above:
                chain.insert(0, (mark, number))
        if chain[0][0].column == 0 and chain[0][0].key != ITEM:
            break
    return chain


def _path(chain: list[tuple[_Mark, int]]) -> tuple[str, ...]:
    """The keys and items of a chain; an `if` or `each` and the list below it are passed over."""
    return path_of([mark.key for mark, _ in chain])


def path_of(keys: Iterable[str]) -> tuple[str, ...]:
    """The path that keys and items make once directives are passed over."""
    found: list[str] = []
    over = False
    for key in keys:
        if is_directive(key):
            if found and found[-1] == ITEM:
                found.pop()
                over = True
            continue
        if over and key != ITEM:
            found.append(ITEM)  # the keys below an `each` make one item
        found.append(key)
        over = False
    if over:
        found.append(ITEM)
    return tuple(key for key in found if key)


def is_directive(key: str) -> bool:
    """Whether a key is `${{ if ... }}` or the like."""
    return _DIRECTIVE.match(key) is not None


def _levels(lines: list[str], chain: list[tuple[_Mark, int]]) -> tuple[Level, ...]:
    return tuple(
        Level(dict(_siblings(lines, number, mark.column)))
        for mark, number in chain
        if mark.key != ITEM and not is_directive(mark.key)
    )


def _siblings(lines: list[str], line: int, column: int) -> Iterator[tuple[str, str]]:
    """The keys of the mapping that has one at this column of this line."""
    for number in range(line, -1, -1):
        marks = _marks(lines[number])
        if not marks and number != line:
            continue
        keys = [m for m in marks if m.column == column and m.key != ITEM]
        yield from ((m.key, m.rest.strip("'\"")) for m in keys)
        if any(m.key == ITEM and m.column < column for m in marks):
            break
        if marks and marks[0].column < column:
            break
    for number in range(line + 1, len(lines)):
        marks = _marks(lines[number])
        if not marks:
            continue
        if marks[0].column < column or (marks[0].column == column and marks[0].key == ITEM):
            break
        if marks[0].column == column:
            yield marks[0].key, marks[0].rest.strip("'\"")
