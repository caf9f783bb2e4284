"""Turns a specification as the service keeps it into a recipe."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from shutil import which

from penstock.agent.environments import conda_file, curated
from penstock.agent.environments.prepared import EnvironmentRefused
from penstock.agent.environments.recipe import Recipe, short_name
from penstock.engine.requests import EnvironmentSpec
from penstock.language.diagnostics import render
from penstock.language.source import Severity, Source

_PYTHON_IMAGE = re.compile(r"(?:^|/)python:(3\.\d+)(?:\.\d+)?(?:[-@]|$)|[-/]py(3)(\d+)[-:]")


def recipe_of(spec: EnvironmentSpec, context: Path | None, log: Callable[[str], None]) -> Recipe:
    """The recipe of a specification. Raises `EnvironmentRefused`; what is wrong with a conda file
    is logged in full first."""
    image = spec.image or ""
    if spec.conda_file and spec.conda_file.strip():
        return read_conda_file(spec.conda_file, spec.id, image, log)
    if curated.is_curated(image):
        return curated.find(image, has_gpu=_has_gpu)
    if curated.is_curated(spec.id):
        return curated.find(spec.id, has_gpu=_has_gpu)
    if context is not None:
        from penstock.agent.environments.build_context import read

        return read(context, spec.dockerfile or "Dockerfile", spec.id, log)
    if image:
        return Recipe(
            title=f'the image "{image}"',
            python=python_of_image(image),
            notes=(f'the image "{image}" itself is not used, only a Python with pip',),
        )
    return curated.find(spec.id, has_gpu=_has_gpu)


def read_conda_file(
    text: str, id: str, image: str, log: Callable[[str], None], folder: Path | None = None
) -> Recipe:
    """The recipe of a conda file; a Python that it does not name is that of the image."""
    from dataclasses import replace

    name = short_name(id)
    title = f'the conda file of "{name}"' if name else "the conda file"
    source = Source(title, text)
    recipe, diagnostics = conda_file.read(source, title=title, folder=folder, find=which)
    if diagnostics:
        log(render(diagnostics))
    errors = [each for each in diagnostics if each.severity is Severity.ERROR]
    if errors:
        first = errors[0]
        place = f" (line {first.span.line} of {title})" if first.span else ""
        step = f". {first.help}" if first.help else ""
        raise EnvironmentRefused(f"{first.message}{place}{step}")
    return replace(recipe, python=recipe.python or python_of_image(image))


def python_of_image(image: str) -> str:
    """The Python that an image's name speaks of (`python:3.9-slim`, `minimal-py312-inference`)."""
    match = _PYTHON_IMAGE.search(image)
    if not match:
        return ""
    return f"=={match[1]}.*" if match[1] else f"=={match[2]}.{match[3]}.*"


def _has_gpu() -> bool:
    return Path("/proc/driver/nvidia/version").exists()
