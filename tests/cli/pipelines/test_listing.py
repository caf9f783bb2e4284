"""`penstock list`: stages, jobs and steps with what they wait for."""

from __future__ import annotations

import json

from typed import Terminal

STAGES = """
stages:
- stage: Build
  jobs:
  - job: Compile
    displayName: Compile it all
    steps:
    - script: echo
    - bash: echo
      name: detect
    - task: CopyFiles@2
      name: copy
- stage: Deploy
  dependsOn: Build
  condition: failed()
  jobs:
  - deployment: Push
    environment: prod
    strategy: { runOnce: { deploy: { steps: [ { script: echo, displayName: push it } ] } } }
"""


def test_stages_jobs_and_steps_are_listed(terminal: Terminal) -> None:
    terminal.write("azure-pipelines.yml", STAGES)
    assert terminal.type("list").out.splitlines() == [
        "stage Build",
        '  job Compile  "Compile it all"',
        "    script CmdLine@2",
        "    bash detect",
        '    task copy  "CopyFiles@2"',
        "stage Deploy  after Build  if failed()",
        "  deployment Push",
        "    script push it",
    ]


def test_a_stage_that_the_yaml_does_not_name_is_in_the_data_only(terminal: Terminal) -> None:
    terminal.write("azure-pipelines.yml", "steps:\n- script: echo\n")
    assert terminal.type("list").out == "job Job\n  script CmdLine@2\n"
    rows = json.loads(terminal.type("list", "-o", "json").out)
    assert [(row["level"], row["name"]) for row in rows] == [
        (0, "__default"),
        (1, "Job"),
        (2, None),
    ]
