"""What is wrong with a YAML file, shown at its lines: found here, or by the service."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from typing import Any

from penstock.cli.az.call import Call
from penstock.cli.az.failures import Failed, Refused
from penstock.language.source import Diagnostic, Severity
from penstock.ml.yaml.loaded import Loaded, span_at
from penstock.ml.yaml.loading import in_order

_CREATE = "; create it: "


def report(call: Call, found: Iterable[Diagnostic], undone: str) -> None:
    """Show diagnostics on stderr; raise Failed with what was not done when one is an error."""
    shown = list(found)
    errors = [diagnostic for diagnostic in shown if diagnostic.severity is Severity.ERROR]
    if call.flag("--only-show-errors"):
        shown = errors
    if shown:
        from penstock.language.diagnostics import render

        sys.stderr.write(render(shown, color=_is_colored(call.environ)) + "\n")
    if errors:
        raise Failed(undone)


def located(refused: Refused, loaded: Loaded) -> list[Diagnostic]:
    """The problems of a refusal as diagnostics at the YAML's lines, each once."""
    details: Iterable[Mapping[str, Any]] = refused.details or [
        {"code": refused.code, "message": refused.message, "target": refused.target}
    ]
    found = dict.fromkeys(_diagnostic(detail, loaded) for detail in details)
    return list(in_order(tuple(found)))


def _diagnostic(detail: Mapping[str, Any], loaded: Loaded) -> Diagnostic:
    message, _, command = str(detail.get("message", "")).partition(_CREATE)
    target = str(detail.get("target") or "")
    span = span_at(loaded, target) if target else None
    missing = bool(command) or str(detail.get("code", "")).endswith("NotFound")
    return Diagnostic(
        code="PS3051" if missing else "PS3050",
        message=message if span or not target else f"{target}: {message}",
        span=span,
        help=f"create it: penstock {command}" if command else None,
    )


def _is_colored(environ: Mapping[str, str]) -> bool:
    if environ.get("NO_COLOR") or environ.get("TERM") == "dumb":
        return False
    return bool(environ.get("FORCE_COLOR")) or sys.stderr.isatty()
