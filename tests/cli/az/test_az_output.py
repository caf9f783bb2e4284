"""Formats of results. Expected texts were made with azure-cli 2.91 and its knack 0.12."""

from __future__ import annotations

from typing import Any

import pytest

from penstock.cli.az.output import compile_query, render

VERSION = {
    "azure-cli": "2.91.0",
    "azure-cli-core": "2.91.0",
    "azure-cli-telemetry": "1.1.0",
    "extensions": {},
}
CLOUDS = [
    {"name": "AzureCloud", "isActive": True, "profile": "latest", "endpoints": {"a": 1}},
    {"name": "AzureUSGovernment", "isActive": False, "profile": "latest", "id": "x"},
]


@pytest.mark.parametrize(
    ("form", "query", "text"),
    [
        ("tsv", None, "2.91.0\t2.91.0\t1.1.0\t\n"),
        (
            "table",
            None,
            "Azure-cli    Azure-cli-core    Azure-cli-telemetry\n"
            "-----------  ----------------  ---------------------\n"
            "2.91.0       2.91.0            1.1.0\n",
        ),
        ("json", '"azure-cli"', '"2.91.0"\n'),
        ("tsv", '"azure-cli"', "2.91.0\n"),
        ("json", "nothing", ""),
        ("tsv", "nothing", ""),
        ("tsv", '["azure-cli",extensions]', "2.91.0\n\n"),
        (
            "yaml",
            None,
            "azure-cli: 2.91.0\nazure-cli-core: 2.91.0\n"
            "azure-cli-telemetry: 1.1.0\nextensions: {}\n",
        ),
        ("none", None, ""),
        ("table", "extensions", "\n"),
        ("tsv", "extensions", "\n"),
        ("tsv", '{a:"azure-cli", b:extensions, c: nothing}', "2.91.0\t\tNone\n"),
        ("table", '{b:"azure-cli", a:extensions, c: nothing}', "B\n------\n2.91.0\n"),
        ("json", "extensions", "{}\n"),
    ],
)
def test_version_is_printed_as_az_prints_it(form: str, query: str | None, text: str) -> None:
    compiled = compile_query(query) if query else None
    assert render(dict(VERSION), form, compiled) == text


def test_a_list_as_a_table() -> None:
    assert render([dict(cloud) for cloud in CLOUDS], "table") == (
        "IsActive    Name               Profile\n"
        "----------  -----------------  ---------\n"
        "True        AzureCloud         latest\n"
        "False       AzureUSGovernment  latest\n"
    )


@pytest.mark.parametrize(
    ("result", "query", "text"),
    [
        (CLOUDS, "[].name", "AzureCloud\nAzureUSGovernment\n"),
        (CLOUDS, "[?isActive].[name, profile]", "AzureCloud\tlatest\n"),
        (CLOUDS, "[].{p: profile, n: name}", "latest\tAzureCloud\nlatest\tAzureUSGovernment\n"),
        (CLOUDS, "[0].isActive", "true\n"),
        (CLOUDS, "length(@)", "2\n"),
        ([], "[].name", ""),
        ({"a": [1, 2]}, "a", "1\n2\n"),
        ({"a": [[1, 2], {"b": 1}]}, "{a: a, t: `true`}", "2\tTrue\n"),
    ],
)
def test_tsv_of_queries(result: Any, query: str, text: str) -> None:
    assert render(result, "tsv", compile_query(query)) == text


def test_json_is_sorted_and_has_the_resource_group_of_ids() -> None:
    id = "azureml:/subscriptions/s/resourceGroups/rg/providers/P/workspaces/w/jobs/j"
    assert render([{"name": "é", "id": id, "sub": {"id": "/x/y"}}], "json") == (
        f'[\n  {{\n    "id": "{id}",\n    "name": "é",\n    "resourceGroup": "rg",\n'
        '    "sub": {\n      "id": "/x/y"\n    }\n  }\n]\n'
    )


def test_an_empty_list_as_a_table_is_an_empty_line() -> None:
    assert render([], "table") == "\n"


def test_jsonc_is_json_where_there_is_no_terminal() -> None:
    assert render({"a": None}, "jsonc") == '{\n  "a": null\n}\n'
