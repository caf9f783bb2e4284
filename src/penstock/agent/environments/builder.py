"""Builds a recipe as a virtual environment with uv, once for everyone who asks for the same."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from penstock.agent.environments.interpreters import Interpreter
from penstock.agent.environments.prepared import EnvironmentRefused
from penstock.agent.environments.python_versions import asked_version
from penstock.agent.environments.recipe import Recipe, Wish
from penstock.agent.environments.shelf import Shelf, digest
from penstock.agent.environments.uv import Uv, bundled
from penstock.agent.process import Cancellation
from penstock.records import record

if TYPE_CHECKING:
    from penstock.agent.environments.resolver import Resolution

_RULES = 3
"""Raise when the same recipe would now come to another environment."""

_FAILED_BUILD = re.compile(r"Failed to (?:build|download and build) `([A-Za-z0-9._-]+?)==")
_MOST_ATTEMPTS = 4
_SOURCE_SECONDS = 300.0


@record
class Workshop:
    """What a build needs of its surroundings. `log` gets lines for people."""

    shelf: Shelf
    environ: Mapping[str, str]
    log: Callable[[str], None]
    cancellation: Cancellation


def key_of(recipe: Recipe, python: Interpreter) -> str:
    """The name of the environment that the recipe comes to on that Python."""
    wishes = [
        (wish.requirement, wish.dispensable, *(["bound"] if wish.is_bound else []))
        for wish in recipe.wishes
    ]
    sources = [wish.requirement for wish in recipe.sources]
    asked = asked_version(recipe.python)
    return digest(_RULES, str(python.path), asked, wishes, sources, recipe.options)


def build(recipe: Recipe, python: Interpreter, workshop: Workshop) -> str:
    """The key of the finished environment, built now if it was not there.

    Raises `EnvironmentRefused`.
    """
    key = key_of(recipe, python)
    if workshop.shelf.marker(key):
        return key
    waiting = f"environment: another job is building {recipe.title}; waiting for it"
    with workshop.shelf.lock(key, workshop.cancellation, lambda: workshop.log(waiting)):
        if not workshop.shelf.marker(key):
            _build(recipe, python, workshop, key)
    return key


def _build(recipe: Recipe, python: Interpreter, workshop: Workshop, key: str) -> None:
    from penstock.agent.environments.resolver import resolve

    started = time.monotonic()
    workshop.log(f"environment: building {recipe.title} with Python {python.version}")
    folder = workshop.shelf.clear(key)
    uv = bundled(folder, workshop.environ, workshop.cancellation)
    unbuildable: set[str] = set()
    for _ in range(_MOST_ATTEMPTS):
        resolution = resolve(recipe, python, uv, frozenset(unbuildable))
        failed = _install(recipe.title, python, uv, resolution)
        if not failed:
            break
        unbuildable.update(failed)
    else:
        raise EnvironmentRefused(
            f"{', '.join(sorted(unbuildable))}, needed by {recipe.title}, cannot be built from "
            "source on this machine, and there are no wheels for it"
        )
    notes = [*resolution.notes, *_add_sources(recipe.sources, uv)]
    packages = len(resolution.lock.splitlines())
    seconds = time.monotonic() - started
    workshop.log(f"environment: {packages} packages installed in {seconds:.1f} s, kept in {folder}")
    workshop.shelf.finish(key, {"python": _patch_version(folder), "notes": notes})


def _install(title: str, python: Interpreter, uv: Uv, resolution: Resolution) -> list[str]:
    """Make the environment from a lock; the packages whose build from source failed."""
    (uv.folder / "lock.txt").write_text(f"{resolution.lock}\n")
    venv = uv.folder / "venv"
    made = uv.run("venv", "--clear", "--quiet", "--python", str(python.path), str(venv))
    if made.code != 0:
        raise EnvironmentRefused(f"Python {python.version} makes no environment: {made.reason}")
    arguments = ["--quiet", "--no-deps", "--python", str(venv / "bin/python")]
    arguments += ["--only-binary", ":all:"]
    for name in resolution.built:
        arguments += ["--no-binary", name]
    options = [option for option in resolution.options if option != "--pre"]
    lines = [*options, *resolution.lock.splitlines()]
    outcome = uv.run("pip", "install", *arguments, "-r", "-", lines=lines)
    if outcome.code == 0:
        return []
    failed = _FAILED_BUILD.findall(outcome.complaint)
    if not failed:
        raise EnvironmentRefused(f"{title} could not be installed: {outcome.reason}")
    return failed


def _add_sources(sources: tuple[Wish, ...], uv: Uv) -> list[str]:
    """Install what is given by address, one by one; notes on those that could not be had."""
    notes = []
    for wish in sources:
        arguments = ["--quiet", "--python", str(uv.folder / "venv/bin/python")]
        arguments += ["--constraints", str(uv.folder / "lock.txt"), "-r", "-"]
        outcome = uv.run(
            "pip", "install", *arguments, lines=[wish.requirement], timeout=_SOURCE_SECONDS
        )
        if outcome.code != 0:
            again = f"remove {uv.folder} to try again"
            notes.append(f"{wish.written} is left out ({outcome.reason}; {again})")
    return notes


def _patch_version(folder: Path) -> str:
    text = (folder / "venv/pyvenv.cfg").read_text()
    match = re.search(r"^version(?:_info)?\s*=\s*([\d.]+)", text, re.MULTILINE)
    return match[1] if match else ""
