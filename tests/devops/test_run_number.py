"""Run numbers. Source: "Run (build) number" of the Azure Pipelines documentation."""

from datetime import UTC, datetime

import pytest

from penstock.devops.plans.run_number import run_number
from penstock.language.compiler import compile_pipeline
from penstock.language.source import Source

NOW = datetime(2026, 8, 24, 21, 7, 3, tzinfo=UTC)
VARIABLES = {
    "Build.DefinitionName": "CIBuild",
    "Build.SourceBranchName": "main",
    "System.TeamProject": "Fabrikam",
    "Build.BuildId": "752",
    "major": "3",
    "empty": "",
}


class OneFile:
    """A repository with one file."""

    def __init__(self, text: str) -> None:
        self.text = text

    def read(self, repository: str, path: str) -> Source | None:
        return Source(path, self.text, repository) if path == "p.yml" else None

    def describe(self, repository: str) -> str:
        return "one file"

    def names(self, repository: str, folder: str) -> tuple[str, ...]:
        return ("p.yml",)


def number(format: str, revision: int = 2) -> str:
    return run_number(
        format,
        now=NOW,
        variables=VARIABLES,
        next_revision=lambda prefix: revision,
        fallback="752",
    )


@pytest.mark.parametrize(
    ("format", "expected"),
    [
        ("", "20260824.2"),
        ("$(Date:yyyyMMdd).$(Rev:r)", "20260824.2"),
        ("$(Date:yyyyMMdd)$(Rev:.rr)", "20260824.02"),
        ("$(Date:yyyyMMdd).$(Rev:rr)", "20260824.02"),
        ("$(build.definitionname)_$(SourceBranchName)_$(Rev:rrr)", "CIBuild_main_002"),
        ("$(TeamProject)-$(Build.DefinitionName)-$(Build.BuildId)", "Fabrikam-CIBuild-752"),
        ("$(DayOfMonth).$(DayOfYear).$(Month)", "24.236.8"),
        ("$(Hours)-$(Minutes)-$(Seconds)", "21-7-3"),
        ("$(Year:yy).$(Year:yyyy)", "26.2026"),
        ("0.0.$(Date:yyMM.d)$(Rev:rrr)", "0.0.2608.24002"),
        ("$(major).1", "3.1"),
        ("$(Date:MMM dd, yyyy)", "Aug 24, 2026"),
        ("$(BuildDefinitionName)-$(BuildID)", "CIBuild-752"),
        ("$(Rev:r)-$(major)", "2-3"),
        ("$(Date:yyyyMMdd)$(Rev:.r)-beta", "20260824.2-beta"),
        ("$(Date:yy.MM.dd-HH.mm.ss)", "26.08.24-21.07.03"),
        ("$(Date:yyyy\"W\"MM'T'hh)", "2026W08T09"),
        ("$(Date:yyyyMMdd)_$(unknown)", "20260824_$(unknown)"),
        ("x" * 255, "x" * 255),
    ],
)
def test_tokens_of_a_run_number(format: str, expected: str) -> None:
    assert number(format) == expected


@pytest.mark.parametrize(
    "format",
    [
        *(f"a{char}b" for char in "\"/:<>'\\|?@*"),
        "ends.",
        "x" * 256,
        "$(unknown)|",
        "$(empty)",
        "$(Year:yyy)",
        "$(Date:HH:mm)",
        "two\nlines",
    ],
)
def test_invalid_number_becomes_the_build_id(format: str) -> None:
    assert number(format) == "752"


def test_a_name_that_a_template_expression_gives_is_a_format_too() -> None:
    text = "parameters: [{name: kind, default: beta}]\nname: '${{ parameters.kind }}-$(Rev:rr)'\n"
    compiled = compile_pipeline("p.yml", OneFile(text + "steps: []\n"))
    assert compiled.pipeline is not None and compiled.pipeline.name is not None
    assert number(compiled.pipeline.name.value) == "beta-02"


def test_revision_counts_per_text_before_it() -> None:
    asked: list[str] = []

    def next_revision(prefix: str) -> int:
        asked.append(prefix)
        return 1

    run_number("a.$(Rev:r)", now=NOW, variables={}, next_revision=next_revision, fallback="1")
    run_number("b", now=NOW, variables={}, next_revision=next_revision, fallback="1")
    assert asked == ["a."]
