"""Which files are likely pipelines, told by name and outermost keys before any is compiled."""

from __future__ import annotations

import re
from pathlib import Path

from penstock.cli.options import DEFAULT_FILES

_BODY = re.compile(r"^(?:stages|jobs|phases|steps|extends)[ \t]*:", re.MULTILINE)
_START = re.compile(r"^(?:trigger|pr|schedules)[ \t]*:", re.MULTILINE)
_START_OR_RESOURCES = re.compile(r"^(?:trigger|pr|schedules|resources)[ \t]*:", re.MULTILINE)
_BEGINNING = re.compile(r"^(?:trigger|pr|schedules|pool|resources)[ \t]*:", re.MULTILINE)
_FOREIGN = re.compile(
    r"/\.(?:github|gitlab|circleci|penstock)/|/\.gitlab-ci\.ya?ml$|/cloudbuild\.ya?ml$|/\.[^/]*lint[^/]*$|\.snapshots/"
)
_GITHUB = re.compile(r"""^(['"]?)on\1[ \t]*:""", re.MULTILINE)


def has_body(text: str) -> bool:
    """Whether a text says what is run, as a pipeline and most of its templates do."""
    return _BODY.search(text) is not None


def is_foreign(name: str, text: str) -> bool:
    """Whether a file is another service's, or of our own library: by its path from the root, and
    for GitHub's workflows, wherever they lie, by their `on`."""
    return _FOREIGN.search(f"/{name}") is not None or _GITHUB.search(text) is not None


def is_started(root: Path, name: str, *, by_resources: bool = False) -> bool:
    """Whether a file is a pipeline that says what starts it, or that bears a usual name.

    What starts it stands in `resources` too, if it is not a push to its own repository.
    """
    beginning = _START_OR_RESOURCES if by_resources else _START
    return _is_pipeline(name, _text(root / name), beginning)


def is_pipeline(root: Path, name: str) -> bool:
    """Whether a file is a pipeline that says what starts it or where it runs, or that bears a usual
    name."""
    return reads_as_pipeline(name, _text(root / name))


def reads_as_pipeline(name: str, text: str) -> bool:
    """Whether `is_pipeline` holds for a file with this text."""
    return _is_pipeline(name, text, _BEGINNING)


def _is_pipeline(name: str, text: str, beginning: re.Pattern[str]) -> bool:
    if is_foreign(name, text) or not has_body(text):
        return False
    last = name.rpartition("/")[2]
    is_named = last in DEFAULT_FILES or last.startswith(("azure-pipelines", "azure_pip"))
    return is_named or beginning.search(text) is not None


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace")
    except OSError:
        return ""
