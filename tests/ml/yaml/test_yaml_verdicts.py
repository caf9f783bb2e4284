"""Which files are accepted: as Azure's own client does, but for listed differences."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import aml_projects as projects
import pytest
import yaml

from penstock.language.source import has_errors
from penstock.ml.yaml import Family, load
from penstock.ml.yaml.loading import check_registered_name

CASES = yaml.safe_load(Path(__file__).with_name("verdicts.yml").read_text(encoding="utf-8"))
BESIDE = {
    "src/t.py": "print(1)\n",
    "environment.yml": "name: e\nimage: python\n",
    "component.yml": """
type: command
name: c
inputs:
  raw: {type: uri_folder}
  n: {type: integer, default: 3, min: 1, max: 5}
  m: {type: number}
  opt: {type: string, optional: true}
outputs: {out: {type: uri_file}}
code: ./src
environment: azureml:env@latest
command: python t.py ${{inputs.raw}} ${{outputs.out}} $[[ --n ${{inputs.n}} ]]
""",
}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_verdict(case: dict[str, Any], tmp_path: Path) -> None:
    path = projects.write(tmp_path, {**BESIDE, "case.yml": case["text"]}) / "case.yml"
    loaded = load(path, Family(case["family"]))
    found = list(loaded.diagnostics)
    if case["family"] == "component":
        found.extend(check_registered_name(loaded))
    assert ("ours" in case) == ("because" in case)
    wanted = case.get("ours", case["azure"])
    assert ("rejects" if has_errors(found) else "accepts") == wanted, found
    for diagnostic in found:
        assert diagnostic.span is not None


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_azures_client_says_what_the_table_says(tmp_path: Path) -> None:
    projects.write(tmp_path, BESIDE)
    wrong = []
    with working_in(tmp_path):
        for case in CASES:
            (tmp_path / "case.yml").write_text(case["text"], encoding="utf-8")
            verdict = "accepts" if azure_accepts(case["family"], "case.yml") else "rejects"
            if verdict != case["azure"]:
                wrong.append(f"{case['name']}: {verdict}")
    assert wrong == []


def azure_accepts(family: str, path: str) -> bool:
    import logging

    import azure.ai.ml as sdk

    logging.disable(logging.CRITICAL)
    try:
        entity = getattr(sdk, f"load_{family}")(path)
        result = entity._validate() if hasattr(entity, "_validate") else None
    except Exception:  # noqa: BLE001  (it raises a dozen kinds, bugs of its own among them)
        return False
    finally:
        logging.disable(logging.NOTSET)
    return result is None or result.passed


@contextmanager
def working_in(folder: Path) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)
