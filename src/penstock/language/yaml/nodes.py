"""The tree a YAML text becomes: text kept raw, a place on every key and value, no meaning."""

from __future__ import annotations

from typing import TypeAlias

from penstock.language.casing import same_text
from penstock.language.source import Diagnostic, Source, Span
from penstock.records import record

_NULLS = frozenset({"", "~", "null", "Null", "NULL"})


@record(kw_only=False)
class Scalar:
    """One text: `1.10` stays `1.10`, `on` stays `on`.

    `style` is "plain", "single", "double", "literal" or "folded"; `tag` is the explicit tag
    ("tag:yaml.org,2002:str") or "".
    """

    value: str
    span: Span
    style: str = "plain"
    tag: str = ""

    @property
    def is_null(self) -> bool:
        """Whether YAML reads this as "nothing": empty, `~` or `null`, without quotes."""
        if self.tag:
            return self.tag == "tag:yaml.org,2002:null"
        return self.style == "plain" and self.value in _NULLS


@record(kw_only=False)
class Sequence:
    """A list of nodes, in order."""

    items: tuple[Node, ...]
    span: Span


@record(kw_only=False)
class Entry:
    """One `key: value` of a mapping."""

    key: Scalar
    value: Node


@record(kw_only=False)
class Mapping:
    """The entries of a mapping in the order written.

    Keys are unique, except those that hold a template expression: these may repeat.
    """

    entries: tuple[Entry, ...]
    span: Span

    def entry(self, key: str, ignore_case: bool = False) -> Entry | None:
        """The first entry of that key, or None."""
        for entry in self.entries:
            text = entry.key.value
            if text == key or (ignore_case and same_text(text, key)):
                return entry
        return None

    def get(self, key: str, ignore_case: bool = False) -> Node | None:
        """The value of the first entry of that key, or None."""
        entry = self.entry(key, ignore_case)
        return None if entry is None else entry.value


Node: TypeAlias = Mapping | Sequence | Scalar


@record(kw_only=False)
class Document:
    """One parsed text. `root` is None when the text is empty or could not be read."""

    root: Node | None
    diagnostics: tuple[Diagnostic, ...] = ()
    source: Source | None = None


@record(kw_only=False)
class Limits:
    """How much one text may hold before it is refused: characters, nested levels, YAML events.

    An alias counts as the events of what it stands for. After so many `faults` no more are sought.
    """

    characters: int = 4_000_000
    depth: int = 100
    events: int = 500_000
    faults: int = 500
