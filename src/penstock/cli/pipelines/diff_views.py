"""The differences of two pipelines as text for a review and as JSON. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import unified_diff
from typing import Any

from penstock.cli.explaining.evaluated import BAD, BOLD, DIM, GOOD, WARNING, Paint, painter
from penstock.devops.comparing.comparison import Change, Kind, Path, path_text
from penstock.devops.comparing.parts import Part
from penstock.devops.comparing.uses import Use
from penstock.language.pipeline import UNNAMED_STAGE
from penstock.language.source import Span
from penstock.records import record

_MARKS = {
    Kind.ADDED: ("+", GOOD),
    Kind.REMOVED: ("-", BAD),
    Kind.CHANGED: ("~", WARNING),
    Kind.MOVED: (">", WARNING),
    Kind.RENAMED: (">", WARNING),
}
_INLINE = 72
_LONGEST = 12
_WIDEST = 84


@record(kw_only=False)
class _Row:
    """A line with the place it is about."""

    lead: str
    kind: Kind
    text: str
    place: str

    @property
    def width(self) -> int:
        return len(self.lead) + 2 + len(self.text)


@record(kw_only=False)
class Comparison:
    """Two pipelines and what differs. `before` and `after` are what messages call them."""

    before: str
    after: str
    changes: Sequence[Change]
    newly_used: Sequence[Use]
    no_longer_used: Sequence[Use]

    @property
    def is_empty(self) -> bool:
        """Whether the pipelines mean the same."""
        return not (self.changes or self.newly_used or self.no_longer_used)


def comparison_text(found: Comparison, *, color: bool = False) -> str:
    """The changes below the parts they are in, what is newly used, and a count."""
    paint = painter(color)
    title = f"{found.before} -> {found.after}"
    if found.is_empty:
        return f"{title}: no difference in meaning"
    lines: list[_Row | str] = [paint(BOLD, title), "", *_change_lines(found.changes, paint)]
    for heading, uses, kind in (
        ("newly used", found.newly_used, Kind.ADDED),
        ("no longer used", found.no_longer_used, Kind.REMOVED),
    ):
        if uses:
            lines += [""] if lines[-1] else []
            lines.append(paint(BOLD, heading))
            lines += [_Row("  ", kind, _use_text(use), str_place(use.span)) for use in uses]
    lines += ["", _count(found)]
    return "\n".join(_aligned(lines, paint))


def comparison_json(found: Comparison) -> dict[str, Any]:
    """All of it for tools. Places are null on the side that does not have the thing."""
    return {
        "before": found.before,
        "after": found.after,
        "changes": [_change_json(change) for change in found.changes],
        "newlyUsed": [_use_json(use) for use in found.newly_used],
        "noLongerUsed": [_use_json(use) for use in found.no_longer_used],
    }


def str_place(span: Span | None) -> str:
    """`file:line`."""
    return f"{span.source.label}:{span.line}" if span else ""


def _change_lines(changes: Sequence[Change], paint: Paint) -> Iterator[_Row | str]:
    shown: tuple[str, ...] = ()
    for position, change in enumerate(changes):
        around = change.path if change.property else change.path[:-1]
        titles = tuple(_title(part) for part in around if part.name != UNNAMED_STAGE)
        if position and titles[:1] != shown[:1]:
            yield ""
        for depth, title in enumerate(titles):
            if titles[: depth + 1] != shown[: depth + 1]:
                yield "  " * depth + paint(BOLD, title)
        shown = titles
        yield from _lines_of(change, len(titles), paint)


def _lines_of(change: Change, depth: int, paint: Paint) -> Iterator[_Row | str]:
    lead = "  " * depth
    place = _places(change)
    also = f"  (also {', '.join(map(path_text, change.also[:3]))})" if change.also else ""
    if len(change.also) > 3:
        also = f"  (also in {len(change.also)} more places)"
    old, new = change.old, change.new
    if not change.property:
        text = _title(change.path[-1]) + _size(change)
        if change.kind is Kind.RENAMED:
            text = f"{change.path[-1].kind} {old} is now {new}"
        elif change.kind is Kind.MOVED:
            text += f"  was {old}, is {new}"
        yield _Row(lead, change.kind, text + also, place)
        return
    texts = [text for text in (old, new) if text is not None]
    value = " -> ".join(text.strip() or "''" for text in texts)
    if "\n" in value or len(value) > _INLINE:
        yield _Row(lead, change.kind, change.property + also, place)
        yield from _block(old or "", new or "", "  " * (depth + 2), paint)
        return
    sign = " = " if len(texts) == 1 else "  "
    yield _Row(lead, change.kind, f"{change.property}{sign}{value}{also}", place)


def _block(old: str, new: str, lead: str, paint: Paint) -> Iterator[str]:
    """The lines of long texts that differ."""
    left, right = (text.rstrip().split("\n") if text else [] for text in (old, new))
    lines = [
        line
        for line in list(unified_diff(left, right, n=0, lineterm=""))[2:]
        if not line.startswith("@@")
    ]
    for line in lines[:_LONGEST]:
        yield lead + paint(GOOD if line.startswith("+") else BAD, f"{line[0]} {line[1:]}".rstrip())
    if len(lines) > _LONGEST:
        yield lead + paint(DIM, f"… {len(lines) - _LONGEST} more lines")


def _aligned(lines: Sequence[_Row | str], paint: Paint) -> Iterator[str]:
    """The lines with all places in one column, but for those of very long lines."""
    widths = (line.width for line in lines if isinstance(line, _Row))
    column = max((width for width in widths if width <= _WIDEST), default=0)
    for line in lines:
        if isinstance(line, str):
            yield line
            continue
        mark, code = _MARKS[line.kind]
        space = " " * (max(0, column - line.width) + 2)
        yield f"{line.lead}{paint(code, mark)} {line.text}{space}{paint(DIM, line.place)}".rstrip()


def _title(part: Part) -> str:
    return f"{part.kind} {part.name or '(without a name)'}"


def _size(change: Change) -> str:
    """How much comes or goes with a whole part."""
    if change.kind not in (Kind.ADDED, Kind.REMOVED):
        return ""
    part = change.path[-1]
    counts = {"job": 0, "step": 0}
    _counted(part, counts)
    texts = [f"{n} {word}{'s' if n != 1 else ''}" for word, n in counts.items() if n]
    return f"  ({', '.join(texts)})" if texts else ""


def _counted(part: Part, counts: dict[str, int]) -> None:
    for child in part.children:
        if child.kind != "hook":
            counts["step" if child.kind == "step" else "job"] += 1
        _counted(child, counts)


def _places(change: Change) -> str:
    old, new = change.old_span, change.new_span
    if old is None or new is None:
        return str_place(old or new)
    if old.source.label != new.source.label:
        return f"{str_place(old)} -> {str_place(new)}"
    return str_place(new) if old.line == new.line else f"{str_place(old)} -> {new.line}"


def _use_text(use: Use) -> str:
    note = "  (not set in the YAML)" if use.kind == "variable" else ""
    return f"{use.kind} {use.name}{note}"


def _count(found: Comparison) -> str:
    counts = {kind: sum(1 for one in found.changes if one.kind is kind) for kind in Kind}
    texts = [f"{n} {kind}" for kind, n in counts.items() if n]
    texts += [f"{len(found.newly_used)} newly used"] if found.newly_used else []
    texts += [f"{len(found.no_longer_used)} no longer used"] if found.no_longer_used else []
    return ", ".join(texts)


def _change_json(change: Change) -> dict[str, Any]:
    return {
        "change": str(change.kind),
        "part": change.path[-1].kind if change.path else "pipeline",
        "path": _path_json(change.path),
        "property": change.property or None,
        "old": change.old,
        "new": change.new,
        "oldPlace": _place_json(change.old_span),
        "newPlace": _place_json(change.new_span),
        "also": [_path_json(path) for path in change.also],
    }


def _path_json(path: Path) -> list[dict[str, str]]:
    return [{"kind": part.kind, "name": part.name} for part in path]


def _use_json(use: Use) -> dict[str, Any]:
    return {"kind": use.kind, "name": use.name, "place": _place_json(use.span)}


def _place_json(span: Span | None) -> dict[str, Any] | None:
    if span is None:
        return None
    return {"file": span.source.label, "line": span.line, "column": span.column}
