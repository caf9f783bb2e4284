"""What every trigger may come to: nothing, or, where the YAML is not valid, a run that failed."""

from __future__ import annotations

from penstock.devops.triggers.records import Decision, Definition, Outcome, Reason
from penstock.language.source import Severity, Span


def nothing(definition: Definition, why: str, span: Span | None = None) -> Decision:
    """That no run starts; `span` is the place that decided so."""
    return Decision(definition=definition.name, outcome=Outcome.NONE, why=why, span=span)


def failed(definition: Definition, reason: Reason, ref: str, commit: str) -> Decision:
    """The failed run of an event that would have started one, with its diagnostics."""
    errors = [d for d in definition.diagnostics if d.severity is Severity.ERROR]
    first = errors[0] if errors else None
    more = f", and {len(errors) - 1} more" if len(errors) > 1 else ""
    said = f": {first.message}{more}" if first else ""
    return Decision(
        definition=definition.name,
        outcome=Outcome.FAILED,
        reason=reason,
        why=f"the pipeline is not valid{said}",
        span=first.span if first else None,
        ref=ref,
        commit=commit,
        diagnostics=definition.diagnostics,
    )
