"""Run numbers. Source: "Run (build) number" of the Azure Pipelines documentation."""

from datetime import UTC, datetime

import pytest

from penstock.devops.plans.run_number import run_number

NOW = datetime(2026, 8, 24, 21, 7, 3, tzinfo=UTC)
VARIABLES = {
    "Build.DefinitionName": "CIBuild",
    "Build.SourceBranchName": "main",
    "System.TeamProject": "Fabrikam",
    "Build.BuildId": "752",
    "major": "3",
}


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
    ],
)
def test_tokens_of_a_run_number(format: str, expected: str) -> None:
    assert number(format) == expected


@pytest.mark.parametrize("format", ["a/b", "a:b", "ends.", "what?", "x" * 256, "$(unknown)|"])
def test_invalid_number_becomes_the_build_id(format: str) -> None:
    assert number(format) == "752"


def test_revision_counts_per_text_before_it() -> None:
    asked: list[str] = []

    def next_revision(prefix: str) -> int:
        asked.append(prefix)
        return 1

    run_number("a.$(Rev:r)", now=NOW, variables={}, next_revision=next_revision, fallback="1")
    run_number("b", now=NOW, variables={}, next_revision=next_revision, fallback="1")
    assert asked == ["a."]
