"""References in a command's text, as the Azure ML job reference describes them."""

from __future__ import annotations

import pytest

from penstock.agent.command_line import UnknownReference, Values, expand

VALUES = Values(
    inputs={"data": "/in/data", "rate": "0.1", "flag": "True", "a.b": "7", "none": None},
    outputs={"model": "/out/model"},
)


@pytest.mark.parametrize(
    ("command", "expanded"),
    [
        ("python x.py", "python x.py"),
        ("x --data ${{inputs.data}}", "x --data /in/data"),
        ("x ${{ inputs.data }} ${{\n inputs.rate }}", "x /in/data 0.1"),
        ("x --out ${{outputs.model}}/a", "x --out /out/model/a"),
        ("x ${{search_space.rate}}", "x 0.1"),
        ("x ${{inputs.a.b}}", "x 7"),
        ("x --flag ${{inputs.flag}}", "x --flag True"),
        ("x $[[--rate ${{inputs.rate}}]] y", "x --rate 0.1 y"),
        ("x $[[--rate ${{inputs.gone}}]] y", "x  y"),
        ("x $[[--rate ${{inputs.none}}]]", "x "),
        ("x $[[${{inputs.rate}} ${{inputs.gone}}]]y", "x y"),
        ("x $[[ --out ${{outputs.model}} ]]", "x  --out /out/model "),
        ("x $[[plain]]", "x plain"),
        ("echo $HOME ${PATH} $(ls) {inputs.x}", "echo $HOME ${PATH} $(ls) {inputs.x}"),
        ("a \\\n  b | c > d", "a \\\n  b | c > d"),
        ("if [[ -n $x ]]; then y; fi", "if [[ -n $x ]]; then y; fi"),
    ],
)
def test_references_are_replaced_and_all_else_stays(command: str, expanded: str) -> None:
    assert expand(command, VALUES) == expanded


def test_a_value_is_inserted_as_text_once() -> None:
    values = Values(inputs={"x": "a b; ${{inputs.y}} $[[z]]", "y": "no"})
    assert expand("echo ${{inputs.x}}", values) == "echo a b; ${{inputs.y}} $[[z]]"


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (
            "x ${{inputs.dta}}",
            '"${{inputs.dta}}" in the command names no input of the job '
            "(has: a.b, data, flag, none, rate)",
        ),
        (
            "x ${{ outputs.x }}",
            '"${{ outputs.x }}" in the command names no output of the job (has: model)',
        ),
        (
            "x ${{inputs.none}}",
            '"${{inputs.none}}" in the command has no value: the input is optional and was not '
            "given. write $[[${{inputs.none}}]], so that it is left out then",
        ),
        (
            "x ${{parent.inputs.x}}",
            '"${{parent.inputs.x}}" in the command is none of ${{inputs.NAME}}, '
            "${{outputs.NAME}}, ${{search_space.NAME}}",
        ),
    ],
)
def test_a_reference_to_nothing_is_refused_by_name(command: str, said: str) -> None:
    with pytest.raises(UnknownReference) as refused:
        expand(command, VALUES)
    assert str(refused.value) == said


def test_a_job_without_inputs_says_so() -> None:
    with pytest.raises(UnknownReference, match=r"\(has: none\)"):
        expand("${{inputs.x}}", Values())
