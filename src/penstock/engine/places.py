"""Where an expression may stand, and what it may use there: for expressions outside a pipeline.

Source: the contexts of each place in the Azure Pipelines documentation (Expressions), as measured.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from enum import StrEnum

from penstock.engine.contexts import NAMES
from penstock.engine.events import Result
from penstock.engine.status import status_functions
from penstock.language.casing import fold_case
from penstock.language.expressions import GENERAL, Arguments, Function, Object, Value


class Place(StrEnum):
    """A kind of place: `${{ }}`, a variable that is `$[ ]`, the condition of a stage or job."""

    TEMPLATE = "template"
    RUNTIME = "runtime"
    CONDITION = "condition"


def names_in(place: Place) -> tuple[str, ...]:
    """The contexts that expressions of the place know; loop variables come on top in templates."""
    if place is Place.TEMPLATE:
        return ("parameters", "variables")
    return NAMES if place is Place.RUNTIME else tuple(n for n in NAMES if n != "resources")


def functions_in(
    place: Place, contexts: Mapping[str, Value], *, is_canceled: bool = False
) -> Mapping[str, Function]:
    """The functions of the place. Status functions read the results in `dependencies`; `counter`
    gives its seed, as on the first run."""
    match place:
        case Place.TEMPLATE:
            return GENERAL
        case Place.RUNTIME:
            return {**GENERAL, "counter": Function("counter", 1, 2, _seed)}
        case Place.CONDITION:
            status = status_functions(_results(contexts.get("dependencies")), lambda: is_canceled)
            return {**GENERAL, **status}


def _seed(arguments: Arguments) -> Value:
    return arguments[1] if len(arguments) > 1 else Decimal(0)


def _results(dependencies: Value) -> Callable[[Sequence[str] | None], list[Result | None]]:
    known: dict[str, Result | None] = {}
    if isinstance(dependencies, Object):
        for name, value in dependencies.items():
            word = value.get("result") if isinstance(value, Object) else None
            known[fold_case(name)] = result_of(str(word)) if word is not None else None

    def results(names: Sequence[str] | None) -> list[Result | None]:
        if names is None:
            return list(known.values())
        return [known.get(fold_case(name)) for name in names]

    return results


def result_of(word: str) -> Result | None:
    """The result that `dependencies.x.result` spells so, ignoring case."""
    return next((r for r in Result if r.value.casefold() == word.casefold()), None)
