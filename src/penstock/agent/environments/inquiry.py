"""Asks uv which versions go together, and remembers what it learns about packages and indexes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from packaging.utils import canonicalize_name

from penstock.agent.environments.demands import Demand
from penstock.agent.environments.prepared import EnvironmentRefused
from penstock.agent.environments.recipe import Recipe
from penstock.agent.environments.uv import Outcome, Uv

_NO_WHEELS_AT_ALL = re.compile(r"all versions of (\S+) have no usable wheels")
_NO_WHEELS = re.compile(r"([A-Za-z0-9._-]+?)[=<>]=?\S+ has no (?:usable )?wheels")
_FAILED_BUILD = re.compile(r"Failed to (?:build|download and build) `([A-Za-z0-9._-]+?)==")
_LOWEST = ("--resolution", "lowest-direct")


class Inquiry:
    """What is known of the packages of one recipe, for one Python.

    `options` are those for the index that can be used, `notes` say which cannot. `built` are
    packages that are built from source, because nothing else is to be had; others are wheels.
    """

    def __init__(self, recipe: Recipe, python: Path, uv: Uv, unbuildable: Iterable[str]) -> None:
        self.title = recipe.title
        self.python = python
        self.uv = uv
        self.options = list(recipe.options)
        self.notes: list[str] = []
        self.built: list[str] = []
        self._unbuildable = set(unbuildable)
        self._probed: set[str] = set()

    def versions(self, demands: Sequence[Demand], *extra: str) -> Outcome:
        """Versions for the demands as they are now, with all they depend on."""
        texts = [each.text for each in demands if not each.bounds and each.text]
        return self._ask(texts, *self._bounds(demands), *extra)

    def nearest(self, texts: Sequence[str]) -> Outcome:
        """The lowest version of each requirement that this Python can have, each for itself."""
        return self._ask(texts, "--no-deps", *_LOWEST)

    def lowest(self, texts: Sequence[str], demands: Sequence[Demand]) -> Outcome:
        """The lowest versions that go together, within the bounds among the demands."""
        return self._ask(texts, *self._bounds(demands), *_LOWEST)

    def learn(self, complaint: str) -> bool:
        """Learn which packages must be built from source, or cannot be; whether that is new."""
        failed = {canonicalize_name(name) for name in _FAILED_BUILD.findall(complaint)}
        failed &= set(self.built)
        if failed:
            self._unbuildable |= failed
            self.built = [name for name in self.built if name not in failed]
            return True
        names = set(_NO_WHEELS_AT_ALL.findall(complaint))
        for name in set(_NO_WHEELS.findall(complaint)) - self._probed - names:
            self._probed.add(name)
            names |= set(_NO_WHEELS_AT_ALL.findall(self._ask([name], "--no-deps").complaint))
        return self._build(names)

    def build_what_has_no_wheel(self, complaint: str) -> bool:
        """The last resort: build also what has wheels of other versions; whether that is new."""
        return self._build(_NO_WHEELS.findall(complaint))

    def _build(self, names: Iterable[str]) -> bool:
        new = sorted(set(names).difference(self.built, self._unbuildable))
        self.built += new
        return bool(new)

    def _bounds(self, demands: Sequence[Demand]) -> tuple[str, ...]:
        bounds = [each.text for each in demands if each.bounds and each.text]
        if not bounds:
            return ()
        path = self.uv.folder / "bounds.txt"
        path.write_text("\n".join(bounds))
        return "--constraints", str(path)

    def _ask(self, texts: Sequence[str], *extra: str) -> Outcome:
        """Run uv, again without the user's own indexes that cannot be reached.

        Raises `EnvironmentRefused` when another index cannot be reached.
        """
        arguments = ["pip", "compile", "-", "--quiet", "--no-header", "--no-annotate"]
        arguments += ["--python", str(self.python), "--only-binary", ":all:", *extra]
        for name in self.built:
            arguments += ["--no-binary", name]
        if "--pre" in self.options:
            arguments += ["--prerelease", "allow"]
        options = [option for option in self.options if option != "--pre"]
        outcome = self.uv.run(*arguments, lines=[*options, *texts])
        address = outcome.unreachable
        if not address:
            return outcome
        silent = [option for option in options if address in option]
        if not silent:
            raise EnvironmentRefused(
                f"{address} cannot be reached, and {self.title} needs packages from there. "
                "check the network, or set UV_DEFAULT_INDEX to an index you can reach"
            )
        self.options = [option for option in self.options if option not in silent]
        self.notes += [f"{option} is left out (cannot be reached)" for option in silent]
        return self._ask(texts, *extra)
