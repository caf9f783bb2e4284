"""How tests of `az` speak of a command and its end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Ended:
    """How one `az` command ended."""

    code: int
    out: str
    err: str


Az = Callable[..., Ended]
