"""One package while a version is looked for: what was asked for, and ever looser forms of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import field, replace

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from penstock.agent.environments.prepared import EnvironmentRefused
from penstock.agent.environments.recipe import Wish
from penstock.records import record

_ORDER = ("==", "===", "~=", ">=", ">")
_PLACEHOLDERS = {"sklearn": "scikit-learn"}
_SUCCESSORS = {"tensorflow-gpu": "tensorflow", "tensorflow-cpu": "tensorflow"}
_PINNED = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==(\S+)", re.MULTILINE)


@record(kw_only=False, frozen=False)
class Demand:
    """A wish on its way to a version.

    `rungs` are requirements from the first tried to the loosest; an empty one leaves the package
    out. `hint` is the version it would have on the Python that was asked for. One that only
    `bounds` is not asked for: it limits what others bring along. `reason` says why the first rung
    was left.
    """

    wish: Wish
    requirement: Requirement
    hint: Version | None = None
    bounds: bool = False
    rungs: list[str] = field(default_factory=list)
    rung: int = 0
    reason: str = ""

    @property
    def name(self) -> str:
        """The package, as indexes spell it."""
        return canonicalize_name(self.requirement.name)

    @property
    def text(self) -> str:
        """What is asked for now; empty when it is left out."""
        return self.rungs[self.rung]

    @property
    def wanted(self) -> Version | None:
        """The version most likely wanted: the hint, else the lowest that the wish allows."""
        if self.hint is not None:
            return self.hint
        clauses = [each for each in self.requirement.specifier if each.operator in _ORDER]
        for clause in sorted(clauses, key=lambda clause: _ORDER.index(clause.operator)):
            try:
                return Version(clause.version.removesuffix(".*"))
            except InvalidVersion:
                continue
        return None

    @property
    def asked(self) -> str:
        """What was asked for, as short as it can be said: `0.24.1`, `~=1.5.3`."""
        text = str(self.requirement.specifier)
        exact = text.removeprefix("==").removesuffix(".*")
        return exact if text.startswith("==") and "," not in text else text

    def with_specifier(self, specifier: str) -> str:
        """The requirement with another specifier; extras and markers stay."""
        other = Requirement(str(self.requirement))
        other.specifier = SpecifierSet(specifier)
        return str(other)

    def accepts(self, version: str) -> bool:
        """Whether the version is what was asked for."""
        return self.requirement.specifier.contains(version, prereleases=True)

    @property
    def is_renamed(self) -> bool:
        """Whether another package is meant than was written."""
        written = Requirement(self.wish.requirement).name
        return canonicalize_name(written) != self.name

    def or_later(self) -> str:
        """The requirement for the version wanted or any later one."""
        return self.with_specifier(f">={self.wanted}")

    def is_content_with(self, nearest: str) -> bool:
        """Whether the nearest version that can be had leaves what is asked for now as it is."""
        if self.hint is not None:
            return Version(nearest) == self.hint
        return self.accepts(nearest)

    def has_drifted_to(self, found: str) -> bool:
        """Whether a later version was found than wanted, and maybe later than it needs to be."""
        if self.wish.ours or self.rung == 0 or self.wanted is None or self.accepts(found):
            return False
        return Version(found) > self.wanted and not self.text.endswith(f"=={found}")

    def loosen(self, reason: str, *, fully: bool = False) -> bool:
        """Go down one rung, or to the last; False where it is on the last."""
        last = len(self.rungs) - 1
        if self.rung == last:
            return False
        self.rung = last if fully else self.rung + 1
        self.reason = self.reason or reason
        return True

    def leave_out(self, reason: str) -> None:
        """Go down to the last rung, which leaves the package out if it may be left out."""
        self.rung = len(self.rungs) - 1
        self.reason = reason

    def settle_on(self, version: str, reason: str) -> None:
        """Try exactly that version next, before anything looser."""
        self.rung += 1
        self.rungs.insert(self.rung, self.with_specifier(f"=={version}"))
        self.reason = self.reason or reason


def demand(wish: Wish, hint: str | None = None, *, bounds: bool = False) -> Demand:
    """A demand for a wish. Raises `EnvironmentRefused` where the wish is no requirement."""
    try:
        requirement = Requirement(wish.requirement)
    except InvalidRequirement as error:
        raise EnvironmentRefused(
            f'"{wish.written}" ({wish.place}) is no package: {error}'
        ) from error
    version = Version(hint) if hint else None
    requirement.name = _real_name(requirement)
    if _is_plumbing(requirement):
        wish = replace(wish, dispensable=True)
    made = Demand(wish=wish, requirement=requirement, hint=version, bounds=bounds)
    made.rungs = list(dict.fromkeys(_rungs(made)))
    return made


def _real_name(requirement: Requirement) -> str:
    """The package meant by a placeholder that refuses to be installed."""
    return _PLACEHOLDERS.get(canonicalize_name(requirement.name), requirement.name)


def _is_plumbing(requirement: Requirement) -> bool:
    """Whether it is one of Azure's own packages that a job here can do without."""
    name = canonicalize_name(requirement.name)
    return name.startswith("azureml") and name != "azureml-mlflow"


def _rungs(made: Demand) -> Iterator[str]:
    asked, wanted = str(made.requirement), made.wanted
    if made.hint is not None:
        yield made.with_specifier(f"=={made.hint}")
    if made.requirement.specifier:
        yield asked
    if wanted is not None:
        yield made.with_specifier(f">={wanted},<{wanted.major + 1}")
    if made.wish.dispensable or made.bounds:
        yield asked
        yield ""
        return
    if wanted is not None and made.requirement.specifier:
        yield made.with_specifier(f">={wanted}")
    yield made.with_specifier("")
    if made.name in _SUCCESSORS:
        yield _SUCCESSORS[made.name]


def pins(lock: str) -> dict[str, str]:
    """The versions of a lock, by name."""
    return {canonicalize_name(name): version for name, version in _PINNED.findall(lock)}


def named(complaint: str, demands: Iterable[Demand]) -> list[Demand]:
    """The demands that a complaint of the resolver speaks of."""
    words = {canonicalize_name(word) for word in re.findall(r"[A-Za-z0-9._-]+", complaint)}
    return [each for each in demands if each.name in words]
