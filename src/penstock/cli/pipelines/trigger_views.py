"""What an event does to pipelines, as text for people and as data."""

from __future__ import annotations

from typing import Any

from penstock.cli.pipelines.trigger_events import Answer
from penstock.cli.terminal import one_line
from penstock.devops.triggers import Decision, Outcome

_WORDS = {
    Outcome.RUN: "starts",
    Outcome.HELD: "waits",
    Outcome.FAILED: "fails at once",
    Outcome.NONE: "does not start",
}
_COLORS = {
    Outcome.RUN: "\x1b[32m",
    Outcome.HELD: "\x1b[33m",
    Outcome.FAILED: "\x1b[31m",
    Outcome.NONE: "\x1b[2m",
}
_END = "\x1b[0m"


def triggers_text(answer: Answer, *, color: bool = False) -> str:
    """The event, then each pipeline with what becomes of it, why, and the place that decided."""
    lines = [one_line(answer.event), ""]
    for one in answer.decisions:
        reason = f" ({one.reason})" if one.reason and one.outcome is not Outcome.NONE else ""
        word = _WORDS[one.outcome] + reason
        shown = f"{_COLORS[one.outcome]}{word}{_END}" if color else word
        lines.append(f"{one_line(one.definition)}: {shown}")
        lines.append(f"  {one_line(one.why)}{_place(one)}")
        unread = answer.unread.get(one.definition)
        if unread is not None and one.outcome is not Outcome.NONE:
            lines.append(f"  note: not checked: {one_line(unread.message)}")
            lines.append(f"    = help: {one_line(unread.help or '')}")
    return "\n".join(lines)


def triggers_json(answer: Answer) -> dict[str, Any]:
    """The same as data."""
    return {
        "event": answer.event,
        "pipelines": [_json(one, answer) for one in answer.decisions],
    }


def _place(one: Decision) -> str:
    return f"  ({one_line(str(one.span))})" if one.span else ""


def _json(one: Decision, answer: Answer) -> dict[str, Any]:
    span = one.span
    unread = answer.unread.get(one.definition)
    return {
        "pipeline": one.definition,
        "outcome": str(one.outcome),
        "reason": str(one.reason) if one.reason else None,
        "why": one.why,
        "file": span.source.label if span else None,
        "line": span.line if span else None,
        "column": span.column if span else None,
        "triggeringAlias": one.alias or None,
        "notChecked": unread.message if unread else None,
    }
