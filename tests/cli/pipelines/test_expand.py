"""`penstock expand`: the final YAML, as text and as data, and where its lines came from."""

from __future__ import annotations

import json

from typed import Terminal

PIPELINE = """\
parameters:
- name: environments
  type: object
  default: [dev, prod]
stages:
- ${{ each env in parameters.environments }}:
  - stage: Deploy_${{ env }}
    ${{ if eq(env, 'prod') }}:
      condition: succeeded()
    jobs:
    - template: jobs/ship.yml
"""
SHIP = """\
jobs:
- job: ship
  dependsOn:
  - ${{ if true }}:
    - pack
  steps:
  - script: |
      make
      make ship
- job: pack
  steps:
  - bash: make pack
"""
ORIGINS = """\
azure-pipelines.yml:1   parameters:
azure-pipelines.yml:2   - name: environments
azure-pipelines.yml:3     type: object
azure-pipelines.yml:4     default:
azure-pipelines.yml:4     - dev
azure-pipelines.yml:4     - prod
azure-pipelines.yml:5   stages:
                        # each env = dev  (azure-pipelines.yml:6:3)
azure-pipelines.yml:7   - stage: Deploy_dev
azure-pipelines.yml:10    jobs:
                          # template jobs/ship.yml  (azure-pipelines.yml:11:17)
jobs/ship.yml:2           - job: ship
jobs/ship.yml:3             dependsOn:
                            # if true  (jobs/ship.yml:4:5)
jobs/ship.yml:5             - pack
                            # back in template jobs/ship.yml  (azure-pipelines.yml:11:17)
jobs/ship.yml:6             steps:
jobs/ship.yml:7             - task: CmdLine@2
jobs/ship.yml:7               inputs:
jobs/ship.yml:7                 script: |
                                  make
                                  make ship
"""
PROD = """\
                        # each env = prod  (azure-pipelines.yml:6:3)
azure-pipelines.yml:7   - stage: Deploy_prod
                          # if eq(env, 'prod')  (azure-pipelines.yml:8:5)
azure-pipelines.yml:9     condition: succeeded()
                          # back in each env = prod  (azure-pipelines.yml:6:3)
azure-pipelines.yml:10    jobs:
"""


def written(terminal: Terminal) -> Terminal:
    terminal.write("azure-pipelines.yml", PIPELINE)
    terminal.write("jobs/ship.yml", SHIP)
    return terminal


def test_every_line_is_shown_with_the_way_that_led_to_it(terminal: Terminal) -> None:
    result = written(terminal).type("expand", "--origins")
    assert result.code == 0
    assert result.out.startswith(ORIGINS)
    assert PROD in result.out


def test_a_file_that_is_read_twice_has_two_ways(terminal: Terminal) -> None:
    result = written(terminal).type("expand", "--origins", "-o", "json")
    ways = {
        row["text"].strip(): [step["detail"] for step in row["way"]]
        for row in json.loads(result.out)
        if row["text"].strip() in ("- stage: Deploy_dev", "condition: succeeded()")
    }
    assert ways == {
        "- stage: Deploy_dev": ["env = dev"],
        "condition: succeeded()": ["env = prod", "eq(env, 'prod')"],
    }
    packs = [row for row in json.loads(result.out) if row["text"].strip() == "- pack"]
    assert [[step["detail"] for step in row["way"]] for row in packs] == [
        ["env = dev", "jobs/ship.yml", "true"],
        ["env = prod", "jobs/ship.yml", "true"],
    ]


def test_the_lines_are_those_of_the_plain_text(terminal: Terminal) -> None:
    plain = written(terminal).type("expand")
    rows = json.loads(terminal.type("expand", "--origins", "-o", "json").out)
    assert "\n".join(row["text"] for row in rows) + "\n" == plain.out


def test_as_data_values_are_texts(terminal: Terminal) -> None:
    terminal.write("azure-pipelines.yml", "variables: {version: 1.10}\nsteps: [{script: x}]\n")
    result = terminal.type("expand", "-o", "json", "--query", "variables[0].value")
    assert json.loads(result.out) == "1.10"
