"""ML environments: what a specification asks for becomes a virtual environment of this machine.

Containers are not used: an image names a Python at most.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, cast

from penstock.agent.environments.interpreters import Interpreter, discover
from penstock.agent.environments.prepared import EnvironmentRefused, Prepared
from penstock.agent.environments.shelf import Shelf, digest
from penstock.agent.process import Cancellation
from penstock.engine.requests import EnvironmentSpec

if TYPE_CHECKING:
    from penstock.agent.environments.builder import Workshop
    from penstock.agent.machine import Machine

__all__ = ["EnvironmentRefused", "Prepared", "lay_over", "prepare"]

_RULES = 3
"""Raise when the same specification would now come to another recipe."""

Fetch = Callable[[str], Path]


def prepare(
    spec: EnvironmentSpec,
    machine: Machine,
    log: Callable[[str], None],
    cancellation: Cancellation,
    *,
    fetch: Fetch | None = None,
    environ: Mapping[str, str] | None = None,
) -> Prepared:
    """The environment of a specification, built on first use and shared by all later ones.

    `log` gets a few lines: what is built, how long it took, every difference from what was asked
    for. `fetch` gives the local folder of a `build` context. `environ` is where Pythons and the
    index are looked for, that of this process by default. Raises `EnvironmentRefused` with the
    reason and the next step.
    """
    shelf = Shelf(machine.cache / "environments")
    environ = os.environ if environ is None else environ
    interpreters = discover(environ, machine.tools)
    context = fetch(spec.build) if spec.build and fetch else None
    question = _question(spec, interpreters, context)
    known = shelf.recall(question)
    if known is None or shelf.marker(str(known["environment"])) is None:
        from penstock.agent.environments.builder import Workshop

        workshop = Workshop(shelf=shelf, environ=environ, log=log, cancellation=cancellation)
        known = _build(spec, interpreters, context, workshop)
        shelf.remember(question, known)
    else:
        log(f"environment: {known['title']} is ready, made before")
    return _prepared(shelf, known, log)


def lay_over(prepared: Prepared, folder: Path) -> Prepared:
    """The same environment for one job, so that what it installs goes to `folder` alone.

    `folder` must not exist.
    """
    from dataclasses import replace

    from penstock.agent.environments.overlay import lay

    python = lay(prepared.python.parent.parent, folder)
    env = {**prepared.env, "VIRTUAL_ENV": str(folder)}
    return replace(prepared, python=python, path_prepend=(python.parent,), env=env)


def _question(
    spec: EnvironmentSpec, interpreters: tuple[Interpreter, ...], context: Path | None
) -> str:
    """A name for all that decides which environment a specification comes to."""
    files: list[tuple[str, str]] = []
    if context is not None:
        from penstock.agent.environments.build_context import contents

        files = contents(context)
    pythons = [str(interpreter.path) for interpreter in interpreters]
    return digest(_RULES, spec.id, spec.image, spec.conda_file, spec.dockerfile, files, pythons)


def _build(
    spec: EnvironmentSpec,
    interpreters: tuple[Interpreter, ...],
    context: Path | None,
    workshop: Workshop,
) -> Mapping[str, object]:
    """What is remembered of a specification: the key of its environment, and what to say of it."""
    from penstock.agent.environments.builder import build
    from penstock.agent.environments.python_versions import choose, difference
    from penstock.agent.environments.sources import recipe_of
    from penstock.agent.environments.uv import shell_word

    recipe = recipe_of(spec, context, workshop.log)
    key = build(recipe, choose(recipe.python, interpreters), workshop)
    marker = workshop.shelf.marker(key) or {}
    python = difference(recipe.python, str(marker["python"]), shell_word())
    return {
        "environment": key,
        "title": recipe.title,
        "notes": [*([python] if python else []), *recipe.notes, *cast(list[str], marker["notes"])],
        "variables": dict(recipe.variables),
    }


def _prepared(shelf: Shelf, known: Mapping[str, object], log: Callable[[str], None]) -> Prepared:
    notes = tuple(cast(list[str], known["notes"]))
    for note in notes:
        log(f"  {note}")
    folder = shelf.folder(str(known["environment"])) / "venv"
    variables = cast(dict[str, str], known["variables"])
    return Prepared(
        python=folder / "bin/python",
        path_prepend=(folder / "bin",),
        env={**variables, "VIRTUAL_ENV": str(folder), "PIP_REQUIRE_VIRTUALENV": "1"},
        notes=notes,
    )
