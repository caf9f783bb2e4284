"""`$(name)` before a job starts. Source: Azure Pipelines documentation, variables page."""

from penstock.devops.plans.macros import expand


def test_values_are_expanded_as_often_as_they_name_others() -> None:
    known = {"env": "$(stage)-$(region)", "stage": "dev", "region": "west"}
    assert expand("deploy to $(ENV)", known) == "deploy to dev-west"


def test_an_unknown_name_stays() -> None:
    assert expand("$(who) at $(here)", {"here": "home"}) == "$(who) at home"


def test_a_text_that_names_itself_stays_as_it_was() -> None:
    assert expand("x $(a)", {"a": "$(b)", "b": "$(a)"}) == "x $(a)"


def test_a_text_that_would_grow_without_end_stays_as_it_was() -> None:
    known = {f"a{n}": f"$(a{n - 1})" * 10 for n in range(1, 15)} | {"a0": "laugh"}
    assert expand("$(a14)", known) == "$(a14)"
    assert expand("$(a)" * 5000, {"a": "x" * 1_000_000}) == "$(a)" * 5000
