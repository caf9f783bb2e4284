"""Finds versions for what was asked for: exactly if they can be had, else the nearest that can.

Every difference from what was asked for is told. The work is uv's; this decides what to ask it.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping

from packaging.utils import canonicalize_name
from packaging.version import Version

from penstock.agent.environments.demands import Demand, demand, named, pins
from penstock.agent.environments.inquiry import Inquiry
from penstock.agent.environments.interpreters import Interpreter
from penstock.agent.environments.prepared import EnvironmentRefused
from penstock.agent.environments.python_versions import asked_version
from penstock.agent.environments.recipe import Recipe, Wish
from penstock.agent.environments.uv import Outcome, Uv
from penstock.records import record

_MOST_ROUNDS = 60
_ROUNDS_WITH_BOUNDS = 3
_GENTLE_SECONDS = 60.0
"""When loosening takes longer, what conflicts is let go at once rather than step by step."""

_UNKNOWN = re.compile(r"(\S+) was not found in the package registry")
_DEPENDED_ON = re.compile(r"depends on (?:one of:\s+)?([A-Za-z0-9._-]+)")
_ALWAYS = (
    Wish(requirement="pip", ours=True),
    Wish(requirement="wheel", ours=True),
    Wish(requirement="setuptools<80", ours=True),  # what imports pkg_resources still finds it
)
_HOLDS = (
    ("azureml-mlflow", Version("1.60"), "mlflow-skinny<3"),  # 1.60 is the first to say so
    ("mlflow", Version("3"), "sqlalchemy<2.1"),  # imports a name that 2.1 removed
    ("pandas", Version("2.2.2"), "numpy<2"),  # compiled for numpy 1
    ("scikit-learn", Version("1.4.2"), "numpy<2"),
)
"""Releases below that version say nothing of what they cannot go together with."""


@record(kw_only=False)
class Resolution:
    """What to install (`name==version` lines, all dependencies among them), with which options for
    the index, which of it is built from source, and how it differs from what was asked for."""

    lock: str
    options: tuple[str, ...]
    built: tuple[str, ...]
    notes: tuple[str, ...]


def resolve(
    recipe: Recipe, python: Interpreter, uv: Uv, unbuildable: frozenset[str] = frozenset()
) -> Resolution:
    """Versions for all wishes of the recipe on that Python; `unbuildable` are not built here.

    Raises `EnvironmentRefused` when a package is on no index, when no versions go together, or when
    the index cannot be reached.
    """
    return _Search(recipe, python, Inquiry(recipe, python.path, uv, unbuildable)).run()


class _Search:
    """One search for versions that go together, from what was asked for to ever looser forms."""

    def __init__(self, recipe: Recipe, python: Interpreter, inquiry: Inquiry) -> None:
        self.recipe = recipe
        self.python = python
        self.inquiry = inquiry
        wishes = [demand(wish, bounds=wish.is_bound) for wish in recipe.wishes]
        names = {each.name for each in wishes if not each.bounds}
        always = [each for each in map(demand, _ALWAYS) if each.name not in names]
        self.demands = wishes + always

    def run(self) -> Resolution:
        """Ask for all as it is; then with the nearest versions; then loosen what conflicts."""
        outcome = None if self.remember_asked_python() else self.ask_as_it_is()
        if outcome is None or outcome.code != 0:
            self.find_nearest()
            outcome = self.meet()
        if self.hold_back(pins(outcome.out)):
            outcome = self.meet()
        lock = self.come_nearer(outcome.out)
        inquiry = self.inquiry
        notes = (*inquiry.notes, *self.notes(pins(lock)))
        return Resolution(lock, tuple(inquiry.options), tuple(inquiry.built), notes)

    def ask_as_it_is(self, *extra: str) -> Outcome:
        """Ask without loosening; what has no wheels at all is built from source."""
        outcome = self.inquiry.versions(self.demands, *extra)
        while outcome.code != 0 and self.learn(outcome.complaint):
            outcome = self.inquiry.versions(self.demands, *extra)
        return outcome

    def meet(self) -> Outcome:
        """Ask, and loosen what conflicts, until it is met."""
        started = time.monotonic()
        for number in range(_MOST_ROUNDS):
            outcome = self.inquiry.versions(self.demands)
            if outcome.code == 0:
                return outcome
            if number == _ROUNDS_WITH_BOUNDS:
                self.demands = [
                    each for each in self.demands if not (each.bounds and each.wish.ours)
                ]
            fully = time.monotonic() - started > _GENTLE_SECONDS
            if not self.give_way(outcome.complaint, fully=fully):
                break
        raise EnvironmentRefused(_conflict(self.recipe.title, outcome.complaint))

    def remember_asked_python(self) -> bool:
        """When another Python must do, take as hints the versions that the asked one would have.

        So `pandas` for Python 3.8 stays pandas 2.0, and dependencies stay of that time too.
        """
        asked = asked_version(self.recipe.python)
        if not asked or asked == self.python.version:
            return False
        outcome = self.ask_as_it_is("--python-version", asked)
        if outcome.code == 0 and self.hold_back(pins(outcome.out)):
            outcome = self.ask_as_it_is("--python-version", asked)
        if outcome.code != 0:
            return False
        hints = pins(outcome.out)
        mine = []
        for each in [each for each in self.demands if not each.bounds]:
            hint = hints.pop(each.name, None)
            mine.append(each if each.wish.ours else demand(each.wish, hint))
        others = [
            demand(Wish(requirement=f"{name}=={version}", ours=True), version, bounds=True)
            for name, version in hints.items()
        ]
        self.demands = mine + others
        return True

    def find_nearest(self) -> None:
        """Learn for every version wanted which is the nearest that this Python can have."""
        waiting = [each for each in self.demands if each.wanted is not None]
        nearest: dict[str, str] = {}
        while waiting:
            outcome = self.inquiry.nearest([each.or_later() for each in waiting])
            if outcome.code == 0:
                nearest = pins(outcome.out)
                break
            self.learn(outcome.complaint)
            absent = named(outcome.complaint, waiting) or waiting[:1]
            for each in absent:
                each.reason = each.reason or self.no_wheel(each)
            waiting = [each for each in waiting if each not in absent]
        for each in self.demands:
            found = nearest.get(each.name)
            if found and not each.is_content_with(found):
                each.settle_on(found, self.no_wheel(each))

    def no_wheel(self, each: Demand) -> str:
        """Why a version cannot be had."""
        wheel = f"wheel of {each.asked}" if each.asked else "wheel"
        return f"no {wheel} for Python {self.python.version}"

    def learn(self, complaint: str) -> bool:
        """Take note of what a complaint says of single packages; whether asking again may help."""
        for name in _UNKNOWN.findall(complaint):
            self.refuse_unknown(canonicalize_name(name))
        return self.inquiry.learn(complaint)

    def refuse_unknown(self, name: str) -> None:
        """A package that is on no index is left out where it may be; else that is the end."""
        for each in self.demands:
            if each.name != name:
                continue
            if each.rungs[-1]:
                raise EnvironmentRefused(
                    f'"{each.wish.written}" ({each.wish.place}) is on no package index that this '
                    "machine reads. check the name, or give its index with --extra-index-url"
                )
            each.leave_out("on no package index")

    def give_way(self, complaint: str, *, fully: bool) -> bool:
        """Loosen what the complaint speaks of; False when nothing is left to loosen."""
        if self.learn(complaint):
            return True
        spoken_of = named(complaint, self.demands)
        depended_on = {canonicalize_name(name) for name in _DEPENDED_ON.findall(complaint)}
        groups = (
            [each for each in spoken_of if each.wish.ours],
            [each for each in spoken_of if each.wish.dispensable],
            [each for each in spoken_of if each.rung > 0],
            [each for each in spoken_of if each.name in depended_on],
            spoken_of,
            [each for each in self.demands if each.wish.ours],
        )
        loosened = any(
            [each for each in group if each.loosen("conflicts with other packages", fully=fully)]
            for group in groups
        )
        return loosened or self.inquiry.build_what_has_no_wheel(complaint)

    def hold_back(self, found: Mapping[str, str]) -> bool:
        """Add limits that old releases need and do not state; whether there were any."""
        holds = [
            demand(Wish(requirement=limit, ours=True), bounds=True)
            for name, below, limit in _HOLDS
            if name in found and Version(found[name]) < below
        ]
        needed = [
            each for each in holds if each.name in found and not each.accepts(found[each.name])
        ]
        # What another Python would have had is no reason to let the limit go.
        held = {each.name for each in needed}
        kept = [each for each in self.demands if not (each.bounds and each.name in held)]
        self.demands = [*kept, *needed]
        return bool(needed)

    def come_nearer(self, lock: str) -> str:
        """The same with every version that had to move as near as the others allow."""
        found = pins(lock)
        asked = [each for each in self.demands if not each.bounds and each.name in found]
        moved = [each for each in asked if each.has_drifted_to(found[each.name])]
        if not moved:
            return lock
        texts = [
            each.or_later() if each in moved else each.with_specifier(f"=={found[each.name]}")
            for each in asked
        ]
        outcome = self.inquiry.lowest(texts, self.demands)
        return outcome.out if outcome.code == 0 else lock

    def notes(self, found: Mapping[str, str]) -> Iterator[str]:
        """How the versions found differ from what was asked for."""
        for each in self.demands:
            version = found.get(each.name, "")
            if each.is_renamed and version:
                yield f"{each.wish.written} -> {each.name} {version} (the former is a placeholder)"
            is_of_no_use = each.bounds and not version
            if each.wish.ours or each.rung == 0 or is_of_no_use:
                continue
            if not version:
                instead = f"; {each.text} is taken" if each.text else ""
                yield f"{each.wish.written} is left out ({each.reason}{instead})"
            elif not each.accepts(version):
                yield f"{each.requirement.name} {each.asked} -> {version} ({each.reason})"
        for name in self.inquiry.built:
            if name in found:
                yield f"{name} {found[name]} is built from source: there is no wheel of it"


def _conflict(title: str, complaint: str) -> str:
    reason = " ".join(line.strip() for line in complaint.splitlines() if line.strip())
    reason = reason.split(" cause: ", 1)[-1].split(" hint: ", 1)[0]
    return f"no versions of the packages of {title} go together: {reason}"
