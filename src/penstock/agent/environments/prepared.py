"""What comes of preparing an environment: where it is, or why it cannot be had."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from penstock.records import record


class EnvironmentRefused(Exception):
    """the environment cannot be made as it was asked for; the text says why and what to do next"""


@record
class Prepared:
    """An environment that is ready: its Python, what to put in front of PATH, what to set."""

    python: Path
    path_prepend: tuple[Path, ...]
    env: Mapping[str, str]
    notes: tuple[str, ...] = ()
