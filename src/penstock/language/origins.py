"""Where a part of the expanded pipeline came from: templates, `if`s, `each`es, its keyword."""

from __future__ import annotations

from collections.abc import Sequence

from penstock.language.source import Span
from penstock.language.yaml import Node, Scalar
from penstock.records import record


@record(kw_only=False)
class Frame:
    """One thing that a part came through.

    `kind` is "template", "if" or "each"; `span` is the reference or the directive; `detail` is the
    path of the template, the condition, or the loop variable and its value (`env = dev`).
    """

    kind: str
    span: Span
    detail: str


class Origins:
    """The origins of the nodes of one expanded tree. Nodes are known by identity, not by value."""

    def __init__(self) -> None:
        self._frames: dict[int, tuple[Node, tuple[Frame, ...]]] = {}
        self._keywords: dict[int, tuple[Scalar, str]] = {}

    def note(self, node: Node, frames: tuple[Frame, ...]) -> None:
        """Remember the frames a node came through."""
        if frames:
            self._frames[id(node)] = (node, frames)

    def note_keyword(self, key: Scalar, keyword: str) -> None:
        """Remember the word that a `task` key was written as (`script`)."""
        self._keywords[id(key)] = (key, keyword)

    def of(self, node: Node) -> tuple[Frame, ...]:
        """The frames a node came through, outermost first."""
        found = self._frames.get(id(node))
        return found[1] if found else ()

    def innermost(self, within: Sequence[Node]) -> tuple[Frame, ...]:
        """The frames that the innermost of nested nodes came through; `within` begins outside."""
        return next((frames for node in reversed(within) if (frames := self.of(node))), ())

    def keyword(self, key: Scalar) -> str:
        """The word a key was written as."""
        found = self._keywords.get(id(key))
        return found[1] if found else key.value
