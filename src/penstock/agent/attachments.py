"""Hands files of a step to the server, with secrets masked where they are text."""

from __future__ import annotations

from pathlib import Path

from penstock.agent.context import StepContext
from penstock.agent.masking import MaskedStream, Masker

_SNIFFED = 8192
_PIECE = 1 << 20


def attach(step: StepContext, kind: str, name: str, path: Path) -> None:
    """Keep a file with the job: a masked copy of a text, anything else as it is."""
    masked = mask_copy(path, step.workspace.temporary_file(path.suffix), step.job.masker)
    request = step.job.request
    mask = step.job.masker.mask_line
    step.job.server.attach(request.run, request.node, mask(kind), mask(name), masked)


def mask_copy(path: Path, target: Path, masker: Masker) -> Path:
    """A copy of the text without secrets; `path` itself where there is nothing to mask."""
    if not masker.longest:
        return path
    with path.open("rb") as source:
        if b"\0" in source.read(_SNIFFED):
            return path
        source.seek(0)
        stream = MaskedStream(masker)
        with target.open("w", encoding="utf-8", newline="") as copy:
            while line := source.readline(_PIECE):
                ended = line.endswith(b"\n")
                copy.write(stream.feed(line.decode("utf-8", "replace"), last=ended))
            copy.write(stream.feed("", last=True))
    return target
