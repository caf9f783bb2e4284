"""What `plan` foresees is what `run` does, and what `explain --run` tells of a run that was."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

PIPELINE = """\
variables:
  colour: red
stages:
- stage: Build
  jobs:
  - job: Compile
    steps:
    - checkout: none
    - script: echo "##vso[task.setvariable variable=shade;isOutput=true]dark"
      name: paint
    - script: exit 1
      name: make
    - script: echo clean
      displayName: clean up
      condition: always()
    - script: echo seal
      displayName: seal
      condition: and(succeeded(), eq(variables['paint.shade'], 'dark'))
  - job: Repair
    dependsOn: Compile
    condition: failed()
    steps:
    - checkout: none
    - script: echo repair
- stage: Test
  jobs:
  - job: Unit
    strategy:
      matrix:
        one: {n: '1'}
        two: {n: '2'}
    steps:
    - checkout: none
- stage: Report
  dependsOn: Build
  condition: and(failed(), eq(dependencies.Build.outputs['Compile.paint.shade'], 'dark'))
  jobs:
  - deployment: mail
    environment: office
    strategy:
      runOnce:
        deploy:
          steps:
          - script: echo mail
  - job: Never
    condition: gt(1, variables['colour'])
    steps:
    - checkout: none
"""
ASSUMED = (
    "--assume=Build/Compile/make=failed",
    "--assume-output=Build/Compile.paint.shade=dark",
)
DEPLOY = """\
stage Report ran and was abandoned
  --> run 1, NUMBER

  its condition held
  and(…)                                                             = True
  ├─ failed()                                                        = True  <- Build failed
  └─ eq(dependencies.Build.outputs['Compile.paint.shade'], 'dark')   = True
     └─ dependencies.Build.outputs['Compile.paint.shade']            = 'dark'

  it depends on
  ✗ Build  failed

  it would have been skipped if
     Build did not fail
  or dependencies.Build.outputs['Compile.paint.shade'] were anything but 'dark'
"""
LEG = """\
leg Test/Unit/one did not run, because

stage Test was skipped

  its condition did not hold (the default)
  succeeded() = False  <- Build failed

  it depends on
  ✗ Build  failed

  it would have run if
     Build succeeded
"""
SEAL = """\
step "seal" of Build/Compile was skipped
  --> azure-pipelines.yml:16:7

  its condition did not hold
  and(succeeded(), eq(variables['paint.shade'], 'dark')) = False
  ├─ succeeded()                             = False  <- a step before it failed
  └─ eq(variables['paint.shade'], 'dark')      not evaluated

  the job before it: failed

  it would have run if
     no step before it failed and variables['paint.shade'] were 'dark'
"""


def test_a_run_does_what_was_foreseen_and_is_explained(tmp_path: Path) -> None:
    project = tmp_path / "project"
    (project / ".git").mkdir(parents=True)
    (project / "azure-pipelines.yml").write_text(PIPELINE)

    plan = json.loads(penstock(project, "plan", "-o", "json", *ASSUMED))
    assert penstock(project, "run", "-q", code=1)
    shown = json.loads(penstock(project, "runs", "show", "-o", "json"))

    ran = {node["id"]: node["result"] for node in shown["nodes"]}
    foreseen = dict(results(plan["stages"]))
    assert {id: ran[id] for id in foreseen} == foreseen
    steps = {
        node["id"]: [(s["name"], s["result"]) for s in node["steps"]]
        for node in shown["nodes"]
        if node["steps"]
    }
    for id, expected in foreseen_steps(plan["stages"]):
        own = [s for s in steps[id] if s[0] not in ("Initialize job", "Finalize Job")]
        assert own == expected, id

    deploy = penstock(project, "explain", "--run", "latest", "Report")
    assert squeezed(deploy.replace(shown["number"], "NUMBER")) == squeezed(DEPLOY)
    assert squeezed(penstock(project, "explain", "--run", "1", "Test/Unit/one")) == squeezed(LEG)
    assert squeezed(penstock(project, "explain", "--run", "1", "build/compile/seal")) == squeezed(
        SEAL
    )
    wrong = penstock(project, "explain", "--run", "1", "Reprot", code=2)
    assert wrong == (
        'error: in run 1: there is no stage, job or step "Reprot"\n'
        '  = help: did you mean "Report"?\n'
    ).replace("in run 1", f"in run 1, {shown['number']}")
    none = penstock(project, "explain", "--run", "77", "Report", code=3)
    assert none == 'error: there is no run "77"\n  = help: `penstock runs list` shows them\n'


def squeezed(text: str) -> list[list[str]]:
    """The words of each line: how wide the columns are is the cases' to show."""
    return [line.split() for line in text.strip().splitlines()]


def results(nodes: list[dict[str, Any]]) -> list[tuple[str, str]]:
    found = []
    for node in nodes:
        found += [(node["path"], node["result"]), *results(node["children"])]
    return found


def foreseen_steps(nodes: list[dict[str, Any]]) -> list[tuple[str, list[tuple[str, str]]]]:
    found = []
    for node in nodes:
        if node["steps"]:
            steps = [(s["displayName"], s["result"]) for s in node["steps"]]
            found.append((node["path"], steps))
        found += foreseen_steps(node["children"])
    return found


def penstock(project: Path, *arguments: str, code: int = 0) -> str:
    environ = {**os.environ, "PENSTOCK_HOME": str(project.parent / "home"), "NO_COLOR": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "penstock.cli.main", *arguments],
        cwd=project,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_colours_are_for_terminals_and_for_those_who_force_them(tmp_path: Path) -> None:
    project = tmp_path / "project"
    (project / ".git").mkdir(parents=True)
    (project / "azure-pipelines.yml").write_text(
        "jobs:\n- job: A\n  condition: eq(variables.x, 'a')\n  steps:\n  - script: make\n"
    )
    command = [sys.executable, "-m", "penstock.cli.main", "explain", "--stage", "A"]
    environ = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "FORCE_COLOR")}

    def told(**colors: str) -> str:
        done = subprocess.run(
            command,
            cwd=project,
            env={**environ, **colors},
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout

    plain = told()
    forced = told(FORCE_COLOR="1")
    assert "\x1b" not in plain
    assert "\x1b[1mjob A\x1b[0m \x1b[33mwould be skipped\x1b[0m\n" in forced
    assert "= \x1b[31mFalse\x1b[0m\n" in forced
    assert re.sub("\x1b\\[[0-9;]*m", "", forced) == plain
    assert told(FORCE_COLOR="1", NO_COLOR="1") == plain
