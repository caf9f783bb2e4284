"""Which Python stands for the one that was asked for, and how it differs."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from penstock.agent.environments.interpreters import Interpreter
from penstock.records import record

_CLAUSE = re.compile(r"(~=|==|!=|>=|<=|>|<)\s*3(?:\.(\d+))?(?:\.(\d+))?")


def choose(specifier: str, interpreters: Iterable[Interpreter]) -> Interpreter:
    """The interpreter for a Python that was asked for (PEP 440, "" for any).

    The first of `interpreters` (never empty) if it fits, else the newest that does, else the same
    minor version, else the nearest newer one, else the nearest older.
    """
    known = tuple(interpreters)
    clauses = [_Clause(*match.groups()) for match in _CLAUSE.finditer(specifier)]
    fitting = [each for each in known if all(clause.allows(each) for clause in clauses)]
    if known[0] in fitting:
        return known[0]
    if fitting:
        return max(fitting, key=lambda each: each.minor)
    wanted = next((clause.minor for clause in clauses if clause.minor is not None), known[0].minor)
    return min(known, key=lambda each: (each.minor < wanted, abs(each.minor - wanted)))


def asked_version(specifier: str) -> str:
    """The one minor version (`3.8`) that a specifier asks for, or ""."""
    clauses = [_Clause(*match.groups()) for match in _CLAUSE.finditer(specifier)]
    minors = {clause.minor for clause in clauses if clause.operator in ("==", "~=")}
    return f"3.{minors.pop()}" if len(minors) == 1 and None not in minors else ""


@record(kw_only=False)
class _Clause:
    """One comparison of a specifier with the versions of Python 3."""

    operator: str
    minor_text: str | None
    patch_text: str | None

    @property
    def minor(self) -> int | None:
        return None if self.minor_text is None else int(self.minor_text)

    def allows(self, interpreter: Interpreter) -> bool:
        """Whether it holds; an unknown patch version is taken to fit."""
        if self.minor is None:
            return self.operator not in ("<", "!=")
        patch = None if self.patch_text is None else int(self.patch_text)
        if patch is None or interpreter.patch is None:
            return _compare(self.operator, (interpreter.minor,), (self.minor,))
        if self.operator == "~=":
            return interpreter.minor == self.minor and interpreter.patch >= patch
        left = (interpreter.minor, interpreter.patch)
        return _compare(self.operator, left, (self.minor, patch))


def _compare(operator: str, left: tuple[int, ...], right: tuple[int, ...]) -> bool:
    import operator as operators

    compare = {
        "==": operators.eq,
        "!=": operators.ne,
        ">=": operators.ge,
        "<=": operators.le,
        ">": operators.gt,
        "<": operators.lt,
        "~=": operators.ge,
    }[operator]
    return bool(compare(left, right))


def difference(specifier: str, version: str, uv: str = "uv") -> str:
    """How a Python (`3.11.7`) differs from the one asked for, in one line; empty if it does not.

    `uv` is what a person types for it.
    """
    clauses = [_Clause(*match.groups()) for match in _CLAUSE.finditer(specifier)]
    _, minor, patch = (int(part) for part in version.split(".")[:3])
    found = Interpreter(path=Path(), minor=minor, patch=patch)
    if all(clause.allows(found) for clause in clauses):
        return ""
    asked = asked_version(specifier)
    wanted = specifier.removeprefix("==").removesuffix(".*")
    if asked == found.version:
        return f"Python {wanted} -> {version} (the {asked} that this machine has)"
    step = f"; install one for an exact match: {uv} python install {asked}" if asked else ""
    return f"Python {wanted} -> {version} (this machine has no Python {asked or wanted}{step})"
