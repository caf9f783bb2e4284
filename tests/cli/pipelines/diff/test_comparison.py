"""What makes a difference for a review and what does not: a table of pipelines and whole texts.

The rules are the product's own; the defaults are those of the YAML schema reference
(`timeoutInMinutes` 60, `cancelTimeoutInMinutes` 5, `condition: succeeded()`, a stage without
`dependsOn` follows the one before it).
"""

import re
from pathlib import Path

import pytest
import yaml

from penstock.cli.main import main
from penstock.cli.pipelines.diff_views import Comparison, comparison_text
from penstock.devops.comparing.comparison import compare_pipelines
from penstock.language.compiler import compile_pipeline
from penstock.language.templates.files import LocalFiles

CASES = yaml.safe_load((Path(__file__).parent / "cases.yml").read_text())


def written(folder, case):
    (folder / ".penstock").mkdir(parents=True)
    for name, text in {**case.get("files", {})}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    for side in ("before", "after"):
        (folder / f"{side}.yml").write_text(case[side])
    return folder


def unaligned(text):
    """Any space within a line as two; files by the one name of the table."""
    text = re.sub(r"\b(before|after)\.yml", "in.yml", text)
    lines = (re.sub(r"(?<=\S) {2,}(?=\S)", "  ", line) for line in text.strip().split("\n"))
    return re.sub(r"in\.yml:(\d+) -> in\.yml:", r"in.yml:\1 -> ", "\n".join(lines))


def same_line(text):
    return re.sub(r"in\.yml:(\d+) -> \1\b", r"in.yml:\1", text)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["rule"])
def test_case(case, tmp_path, capsys):
    folder = written(tmp_path, case)
    code = main(["diff", "-C", str(folder), "--files", "before.yml", "after.yml"])
    printed = capsys.readouterr()
    assert printed.err == ""
    text = printed.out.replace("before.yml -> after.yml", "before -> after", 1)
    assert same_line(unaligned(text)) == case["expected"].strip()
    assert code == (0 if case["expected"].endswith("no difference in meaning") else 1)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["rule"])
def test_a_pipeline_does_not_differ_from_itself(case, tmp_path, capsys):
    folder = written(tmp_path, case)
    for side in ("before.yml", "after.yml"):
        assert main(["diff", "-C", str(folder), "--files", side, side]) == 0


EXPANSIONS = Path(__file__).parents[3] / "language" / "cases" / "templates"


@pytest.mark.parametrize("case", sorted(EXPANSIONS.iterdir()), ids=lambda path: path.name)
def test_a_pipeline_means_what_its_expansion_means(case):
    """The expansions are recorded on the service or written by hand; see the language's tests."""
    both = (compile_pipeline(name, LocalFiles(case)) for name in ("in.yml", "expanded.yml"))
    before, after = (compiled.pipeline for compiled in both)
    if before is not None and after is not None:
        found = compare_pipelines(before, after)
        assert [change for change in found if not is_declaration(change)] == []


def is_declaration(change):
    """Parameters and resources are used up by expansion."""
    return change.path == () and change.property.startswith(("parameter ", "repository "))


def test_nothing_found_is_one_line():
    empty = Comparison("a", "b", (), (), ())
    assert comparison_text(empty) == "a -> b: no difference in meaning"
