"""Collects the diagnostics of one compile: each fault once, with the templates that led to it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from penstock.language.source import Diagnostic, Related, Severity, Span


class Failed(Exception):
    """the part cannot be read; why has been reported"""


class Exhausted(Exception):
    """a limit of the whole compile was passed; this has been reported"""


class Reports:
    """The diagnostics found so far, in the order found."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str, Span | None], Diagnostic] = {}
        self._unread: set[Span] = set()
        self.has_errors = False

    def add(self, diagnostic: Diagnostic, includes: tuple[Related, ...] = ()) -> Failed:
        """Keep a diagnostic, unless the same fault is known for that place.

        `includes` leads from the pipeline's file to the file of the fault; the nearest is shown
        first. Returns the exception to raise where nothing can be read on.
        """
        from dataclasses import replace

        if diagnostic.code == _NO_ALIAS and diagnostic.span:
            self._unread.add(diagnostic.span)
        elif diagnostic.span in self._unread:  # it only says that nothing stands there
            return Failed()
        chain = _shortened(tuple(reversed(includes)))
        full = replace(diagnostic, related=(*diagnostic.related, *chain))
        self._found.setdefault((full.code, full.message, full.span), full)
        self.has_errors |= full.severity is Severity.ERROR
        return Failed()

    @contextmanager
    def prefaced(self, sentence: str) -> Iterator[None]:
        """While this lasts, the service says a sentence before what it says of the first shape
        that is wrong."""
        from dataclasses import replace

        known = len(self._found)
        try:
            yield
        finally:
            for key, diagnostic in list(self._found.items())[known:]:
                said = diagnostic.service_text
                if said and said != sentence and diagnostic.code.startswith(_OF_SHAPES):
                    text = f"{sentence}\n{said}"
                    self._found[key] = replace(diagnostic, service_text=text)
                    break

    def extend(self, diagnostics: Iterable[Diagnostic], includes: tuple[Related, ...] = ()) -> None:
        """Keep several diagnostics."""
        for diagnostic in diagnostics:
            self.add(diagnostic, includes)

    def all(self) -> tuple[Diagnostic, ...]:
        """Every diagnostic, by file in the order met, then by place."""
        read = {found.span for found in self._found.values() if found.code == _NOT_DEFINED}
        files: dict[str, int] = {}
        kept: list[Diagnostic] = []
        for diagnostic in self._found.values():
            if diagnostic.code != _NOT_DECLARED or diagnostic.span not in read:
                files.setdefault(_file(diagnostic), len(files))
                kept.append(diagnostic)
        return tuple(sorted(kept, key=lambda d: (files[_file(d)], _position(d))))


_NO_ALIAS = "PS1011"
_OF_SHAPES = "PS11"
_NOT_DECLARED = "PS1217"  # of what nobody has read yet
_NOT_DEFINED = "PS1306"
_LONGEST_CHAIN = 10


def _shortened(chain: tuple[Related, ...]) -> tuple[Related, ...]:
    """The chain, or its two ends if it is long."""
    if len(chain) <= _LONGEST_CHAIN:
        return chain
    left_out = len(chain) - _LONGEST_CHAIN
    half = _LONGEST_CHAIN // 2
    middle = Related(chain[half].span, f"included here, and {left_out} more levels of templates")
    return (*chain[:half], middle, *chain[-(_LONGEST_CHAIN - half - 1) :])


def _file(diagnostic: Diagnostic) -> str:
    return diagnostic.span.source.label if diagnostic.span else ""


def _position(diagnostic: Diagnostic) -> tuple[int, int]:
    return (diagnostic.span.line, diagnostic.span.column) if diagnostic.span else (0, 0)
