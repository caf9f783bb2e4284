"""What lists and pages show of a run: its header, and the problems of one that cannot run."""

from __future__ import annotations

import json
from collections.abc import Sequence

from penstock.devops.queueing.preparing import Prepared
from penstock.devops.queueing.requests import PULL_REQUEST
from penstock.engine.events import Event, IssueLogged, Result, RunFinished
from penstock.language.diagnostics import render, to_json
from penstock.language.source import Diagnostic

_HEADS = "refs/heads/"
_LONGEST_TITLE = 200


def run_header(prepared: Prepared, number: str) -> dict[str, str]:
    """What is shown of a run; texts, those of several things as JSON."""
    request, definition = prepared.request, prepared.request.definition
    for_whom = request.requested_for or request.requested_by
    pull_request = request.more.get(PULL_REQUEST)
    pipeline = prepared.compiled.partial
    is_bare = pipeline is not None and pipeline.append_commit_message is False
    return {
        **({"bare_number": "true"} if is_bare else {}),
        **({"pull_request": pull_request} if pull_request else {}),
        **({"more": json.dumps(dict(request.more), ensure_ascii=False)} if request.more else {}),
        "kind": "pipeline",
        "name": definition.name,
        "number": number,
        "definition": definition.name,
        "branch": prepared.ref.removeprefix(_HEADS),
        "commit": prepared.commit.id,
        "reason": request.reason,
        "project": definition.project,
        "pipeline": str(definition.id),
        "requested_by": for_whom.id,
        "requested_for": for_whom.name,
        "title": prepared.commit.title[:_LONGEST_TITLE],
        "cause": request.cause,
        "message": prepared.commit.message,
        "author": prepared.commit.author,
        "ref": prepared.ref,
        "path": definition.path.lstrip("/"),
        "repository": prepared.repository.id,
        "repository_name": prepared.repository.name,
        "queued_by": request.requested_by.name,
        "queued_by_id": request.requested_by.id,
        "parameters": json.dumps(dict(request.parameters), ensure_ascii=False),
        "variables": json.dumps(dict(request.variables), ensure_ascii=False),
        "skipped": json.dumps(list(request.skipped), ensure_ascii=False),
        "resources": json.dumps(
            {
                alias: {"repository": one.id, "name": one.name, "commit": commit}
                for alias, (one, commit) in prepared.resources.items()
            },
            ensure_ascii=False,
        ),
    }


def problem_header(diagnostics: Sequence[Diagnostic]) -> dict[str, str]:
    """What a header has beside for a run that could not begin: what is wrong, as text and data."""
    shown = [
        {**one, "text": render([diagnostic])}
        for diagnostic, one in zip(diagnostics, to_json(diagnostics), strict=True)
    ]
    return {
        "problem": render(diagnostics),
        "diagnostics": json.dumps(shown, ensure_ascii=False),
    }


def problem_events(diagnostics: Sequence[Diagnostic], at: float) -> list[Event]:
    """All that happened in such a run: it failed, and its errors are its issues."""
    issues = [
        IssueLogged(at=at, node="", step="", kind="error", message=_sentence(one))
        for one in diagnostics
        if one.severity == "error"
    ]
    return [*issues, RunFinished(at=at, result=Result.FAILED)]


def _sentence(diagnostic: Diagnostic) -> str:
    place = f"{diagnostic.span.source.label}:{diagnostic.span.line}: " if diagnostic.span else ""
    return f"{place}{diagnostic.message}"
