"""What is wrong with a template by itself: with whatever it is given, whoever includes it."""

from __future__ import annotations

import pytest

from penstock.language.source import Source
from penstock.language.templates.alone import check_alone

SOUND = """\
parameters:
- name: size
  type: number
- name: extra
  type: stepList
  default: []
steps:
- ${{ parameters.extra }}
- template: more.yml@shared
  parameters: { anything: 1 }
- ${{ if gt(parameters.size, 5) }}:
  - script: echo ${{ parameters.size }}
    env:
      ${{ each pair in parameters.extra }}:
        ${{ pair.key }}: ${{ pair.value }}
- task: Bash@3
  ${{ if eq(parameters.size, 1) }}:
    displayName: one
  ${{ else }}:
    condition: and(succeeded(), ${{ parameters.size }})
  inputs:
    script: x
    ${{ insert }}: ${{ parameters.extra }}
- ${{ if eq(parameters.size, 1) }}:
    script: x
"""


def told(text: str) -> list[str]:
    found = check_alone(Source("a.yml", text))
    return [f"{one.span}: {one.message}".removeprefix("a.yml:") for one in found]


@pytest.mark.parametrize(
    "text",
    [
        SOUND,
        "",
        "parameters: { Old: '', Steps: [] }\nsteps:\n- script: ${{ parameters.Other }}\n",
        "parameters: []\nvariables: { a: b }\n",
        "variables:\n- name: a\n  value: b\n- ${{ if true }}:\n  - name: c\n    value: d\n",
        "resources: { repositories: [] }\nstages:\n- stage: A\n  jobs: ${{ parameters.jobs }}\n",
        "jobs:\n- ${{ each j in parameters.x }}:\n  - ${{ each k in j }}:\n      ${{ k.key }}: 1\n",
        "steps:\n- ${{ if true }}: { script: x }\n  ${{ else }}: { task: Bash@3, inputs: {} }\n",
    ],
)
def test_nothing_is_told_of_what_its_pipelines_decide(text: str) -> None:
    assert told(text) == []


@pytest.mark.parametrize(
    "text, expected",
    [
        ("steps:\n\t- script: x\n",
         ["2:1: a tab is used for indentation; YAML takes spaces only"]),
        ("parameters: [{ name: a }]\nsteps: [script: '${{ parameters.b }}']\n",
         ['2:22: this file declares no parameter "b": reading it would be an error']),
        ("steps:\n- script: ${{ uper('x') }}\n",
         ['2:15: "uper" is neither a function nor a value that can be used here']),
        ("steps:\n- scrip: x\n", ['2:3: unknown key "scrip" in a step']),
        ("steps:\n- ${{ if true }}:\n  - script: x\n    dispayName: y\n",
         ['4:5: unknown key "dispayName" in a step']),
        ("jobs:\n- job: a\n  stepps: []\n", ['3:3: unknown key "stepps" in a job']),
        ("jobs:\n- job: a\n  ${{ if true }}:\n    workspace: { clen: x }\n",
         ['4:18: unknown key "clen" in "workspace"']),
        ("parameters:\n- name: a\n  typ: string\nsteps: []\n",
         ['3:3: unknown key "typ" in a parameter declaration']),
    ],
)  # fmt: skip
def test_what_is_wrong_whatever_it_is_given(text: str, expected: list[str]) -> None:
    assert told(text) == expected
