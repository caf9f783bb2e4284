"""`-o` and `--query`: the same data in every form.

`table` and `tsv` are shaped as by the Azure CLI ("Output formats for Azure CLI commands").
"""

from __future__ import annotations

import json

import pytest
import yaml
from typed import Terminal

from penstock.cli.options import Failure
from penstock.cli.output import render_data

RUNS = [
    {"id": 2, "name": "über", "result": None, "ok": True, "steps": [1, 2], "extra": {"a": 1}},
    {"id": 10, "name": "b", "result": "failed", "ok": False, "steps": [], "extra": {}},
]


@pytest.mark.parametrize("data", [RUNS, [], None, {"a": {"b": [1.5, None]}}, "text", 3])
def test_json_and_yaml_keep_everything(data: object) -> None:
    assert json.loads(render_data(data, "json")) == data
    assert yaml.safe_load(render_data(data, "yaml")) == data


def test_json_and_yaml_keep_the_order_and_every_character() -> None:
    data = {"z": "ü", "a": 1}
    assert render_data(data, "json") == '{\n  "z": "ü",\n  "a": 1\n}'
    assert render_data(data, "yaml") == "z: ü\na: 1"


def test_a_table_has_a_column_a_key() -> None:
    assert render_data(RUNS, "table").splitlines() == [
        "id  name  result  ok     steps  extra",
        "--  ----  ------  -----  -----  -----",
        "2   über          true   (2)    (1)",
        "10  b     failed  false  (0)    (0)",
    ]


def test_a_table_of_one_object_has_one_row() -> None:
    assert render_data({"a": 1, "b": "x"}, "table").splitlines() == ["a  b", "-  -", "1  x"]


@pytest.mark.parametrize("data", [None, []])
@pytest.mark.parametrize("form", ["table", "text", "tsv", "none"])
def test_nothing_prints_nothing(form: str, data: object) -> None:
    assert render_data(data, form) == ""


def test_tsv_has_values_only() -> None:
    assert render_data(RUNS, "tsv").splitlines() == [
        "2\tüber\t\ttrue\t(2)\t(1)",
        "10\tb\tfailed\tfalse\t(0)\t(0)",
    ]
    assert render_data("text", "tsv") == "text"
    assert render_data([["a", 1], ["b", 2]], "tsv") == "a\t1\nb\t2"


def test_a_query_comes_before_the_form() -> None:
    assert render_data(RUNS, "tsv", "[?result=='failed'].name") == "b"
    assert render_data(RUNS, "json", "[0].steps") == "[\n  1,\n  2\n]"
    assert render_data(RUNS, "table", "[].{n: name}").splitlines() == ["n", "----", "über", "b"]
    assert render_data(RUNS, "json", "nothing") == "null"


@pytest.mark.parametrize("query", ["[", "a b", "foo(", "length(@, @)", "unknown(@)"])
def test_a_query_that_is_none_is_refused(query: str) -> None:
    with pytest.raises(Failure) as refused:
        render_data(RUNS, "json", query)
    assert refused.value.exit_code == 2
    assert refused.value.message.startswith(f'--query: "{query}" is not a JMESPath expression: ')
    assert "\n" not in refused.value.message


@pytest.mark.parametrize("command", ["plan", "list", "graph", "expand", "triggers"])
def test_none_prints_nothing_at_all(command: str, terminal: Terminal) -> None:
    terminal.write("azure-pipelines.yml", "steps: [{script: echo}]\n")
    event = ["--push", "a"] if command == "triggers" else []
    ended = terminal.type(command, "-o", "none", *event)
    assert (ended.code, ended.out) == (0, "")
