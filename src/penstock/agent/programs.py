"""Finds programs on a step's PATH and splits argument texts, without asking a shell."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path


def find_program(name: str, environment: Mapping[str, str]) -> Path | None:
    """The first executable file of that name on the PATH of the environment."""
    for folder in environment.get("PATH", os.defpath).split(os.pathsep):
        path = f"{folder or '.'}/{name}"
        if os.access(path, os.X_OK) and os.path.isfile(path):  # noqa: PTH113
            return Path(path)
    return None


def split_arguments(text: str) -> list[str]:
    """The arguments of a text as task-lib's `line` splits it.

    Spaces separate, double quotes hold together, `\\"` is a quote inside of them; nothing else is
    special, and nothing is expanded.
    """
    arguments: list[str] = []
    current = ""
    inside = escaped = False
    for character in text.strip():
        if character == '"' and not escaped:
            inside = not inside
        elif character == '"':
            current = current[:-1] + character
        elif character.isspace() and not inside:
            if current:
                arguments.append(current)
            current = ""
        else:
            current += character
        escaped = character == "\\" and inside and not escaped
    return [*arguments, current] if current else arguments
