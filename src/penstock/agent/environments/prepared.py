"""What comes of preparing an environment: where it is, or why it cannot be had."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


class EnvironmentRefused(Exception):
    """the environment cannot be made as it was asked for; the text says why and what to do next"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """An environment that is ready: its Python, what to put in front of PATH, what to set."""

    python: Path
    path_prepend: tuple[Path, ...]
    env: Mapping[str, str]
    notes: tuple[str, ...] = ()
