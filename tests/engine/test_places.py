"""The places of expressions know what the checker of pipelines lets stand there."""

from __future__ import annotations

from penstock.engine.places import Place, functions_in, names_in
from penstock.language.runtime_expressions import places


def test_a_condition_knows_what_the_checker_allows_in_one() -> None:
    allowed = places()["condition"]
    assert set(names_in(Place.CONDITION)) == allowed.names
    assert set(functions_in(Place.CONDITION, {})) == set(allowed.functions)


def test_a_runtime_variable_knows_what_the_checker_allows_in_one() -> None:
    allowed = places()["variable"]
    assert set(names_in(Place.RUNTIME)) == allowed.names
    assert set(functions_in(Place.RUNTIME, {})) == set(allowed.functions)


def test_a_template_knows_no_status_functions_and_no_counter() -> None:
    known = {function.casefold() for function in functions_in(Place.TEMPLATE, {})}
    assert not known & {"always", "succeeded", "failed", "canceled", "counter"}
    assert names_in(Place.TEMPLATE) == ("parameters", "variables")
