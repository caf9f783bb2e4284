"""The records of an expanded pipeline: what each key becomes, and where everything came from."""

from dataclasses import fields, is_dataclass, replace

import pytest

from penstock.language.compiler import compile_pipeline
from penstock.language.diagnostics import render
from penstock.language.pipeline import (
    Canary,
    DeploymentJob,
    Job,
    Matrix,
    Parallel,
    Rolling,
    RunOnce,
    Text,
    VariableGroup,
    VariableValue,
    hooks_of,
    step_lists,
)
from penstock.language.source import Source


class Texts:
    def __init__(self, **texts):
        self.texts = texts

    def read(self, repository, path):
        text = self.texts.get(path.removesuffix(".yml"))
        return None if text is None else Source(path, text, repository)

    def describe(self, repository):
        return "texts" if repository == "self" else None

    def names(self, repository, folder):
        return ()


def pipeline(main, **others):
    compiled = compile_pipeline("main.yml", Texts(main=main, **others))
    assert compiled.pipeline is not None, render(compiled.diagnostics)
    return compiled.pipeline


RESOURCES = """
resources:
  containers: [{container: builder, image: a}, {container: postgres, image: b}]
  packages: [{package: a, type: npm, connection: c, name: d}]
"""


def job(text):
    return pipeline("jobs:\n" + text + RESOURCES).stages[0].jobs[0]


def step(text):
    return job("- job: a\n  steps:\n" + text).steps[0]


def plain(value):
    """A record without places."""
    match value:
        case Text():
            return value.value
        case _ if is_dataclass(value):
            names = [one.name for one in fields(value) if one.name not in ("span", "origin")]
            return {name: plain(getattr(value, name)) for name in names}
        case tuple() | list():
            return [plain(item) for item in value]
    return {k: plain(v) for k, v in value.items()} if hasattr(value, "items") else value


def given(record):
    """What of a record is given."""
    empty = (None, [], {}, "")
    return {name: value for name, value in plain(record).items() if value not in empty}


def test_a_step_is_a_task_with_inputs():
    text = """
  - task: AzureCLI@2
    displayName: Submit
    name: submit
    condition: always()
    continueOnError: true
    enabled: false
    timeoutInMinutes: 5
    retryCountOnTaskFailure: 2
    target: {container: builder, commands: restricted, settableVariables: [a, b*]}
    env: {A: 1, B: $(secret)}
    inputs: {scriptType: bash, empty: }
"""
    assert given(step(text)) == {
        "keyword": "task",
        "task": "AzureCLI@2",
        "display_name": "Submit",
        "name": "submit",
        "condition": "always()",
        "continue_on_error": "true",
        "enabled": "false",
        "timeout_in_minutes": "5",
        "retry_count": "2",
        "target": {
            "container": "builder",
            "commands": "restricted",
            "settable_variables": ["a", "b*"],
        },
        "env": {"A": "1", "B": "$(secret)"},
        "inputs": {"scriptType": "bash", "empty": ""},
    }


@pytest.mark.parametrize(
    ("text", "keyword", "task", "inputs"),
    [
        ("script: a", "script", "CmdLine@2", {"script": "a"}),
        ("bash: a", "bash", "Bash@3", {"targetType": "inline", "script": "a"}),
        (
            "pwsh: a",
            "pwsh",
            "PowerShell@2",
            {"targetType": "inline", "script": "a", "pwsh": "true"},
        ),
        (
            "checkout: self",
            "checkout",
            "6d15af64-176c-496d-b583-fd2ae21d4df4@1",
            {"repository": "self"},
        ),
        (
            "download: current",
            "download",
            "30f35852-3f7e-4c0c-9a88-e127b4f97211@1",
            {"alias": "current"},
        ),
        ("publish: out", "publish", "ecdc45f6-832d-4ad9-b52b-ee49e94659be@1", {"path": "out"}),
        ("getPackage: a", "getPackage", "getPackage", {"getPackage": "a"}),
    ],
)
def test_a_step_keeps_the_word_it_was_written_with(text, keyword, task, inputs):
    found = step(f"  - {text}\n")
    assert (found.keyword, found.task.value, plain(found.inputs)) == (keyword, task, inputs)
    assert str(found.task.span) == "main.yml:4:5"


def test_a_step_that_comes_through_parameters_keeps_its_word_and_place():
    found = pipeline(
        "steps:\n- template: t.yml\n  parameters:\n    steps:\n    - script: a\n",
        t="parameters:\n- name: steps\n  type: stepList\nsteps:\n- ${{ parameters.steps }}\n",
    )
    (only,) = found.stages[0].jobs[0].steps
    assert (only.keyword, str(only.span)) == ("script", "main.yml:5:7")


def test_a_job():
    text = """
- job: a
  displayName: A
  dependsOn: []
  condition: always()
  continueOnError: true
  timeoutInMinutes: 5
  cancelTimeoutInMinutes: 1
  variables: {x: 1}
  pool: {name: mine, demands: docker, os: linux}
  container: builder
  services: {db: postgres}
  workspace: {clean: all}
  strategy: {parallel: 3}
  steps: []
"""
    found = job(text)
    assert isinstance(found, Job)
    assert found.strategy == Parallel(count=found.strategy.count, span=found.strategy.span)
    assert found.strategy.count.value == "3"
    assert found.depends_on == ()
    assert list(found.pool.other) == ["os"]
    shown = given(replace(found, pool=None, strategy=None))
    assert {name: shown[name] for name in shown if name not in ("container", "services")} == {
        "id": "a",
        "display_name": "A",
        "condition": "always()",
        "continue_on_error": "true",
        "timeout_in_minutes": "5",
        "cancel_timeout_in_minutes": "1",
        "variables": [{"name": "x", "value": "1", "readonly": False}],
        "workspace_clean": "all",
    }
    assert (found.pool.name.value, plain(found.pool.demands)) == ("mine", ["docker"])
    assert found.container.alias.value == "builder"
    assert found.services["db"].alias.value == "postgres"


def test_what_is_left_out_is_none_and_defaults_are_not_invented():
    found = pipeline("stages:\n- stage:\n  jobs:\n  - job:\n").stages[0]
    assert (found.id.value, found.depends_on, found.condition) == ("", None, None)
    assert (found.jobs[0].id.value, found.jobs[0].depends_on) == ("", None)
    assert (found.jobs[0].pool, found.jobs[0].timeout_in_minutes) == (None, None)


def test_a_matrix_has_legs_or_an_expression():
    text = "- job: a\n  strategy:\n    maxParallel: 2\n    matrix:\n      one: {x: 1, y: }\n"
    found = job(text).strategy
    assert isinstance(found, Matrix)
    assert (plain(found.legs), found.max_parallel.value) == ({"one": {"x": "1", "y": ""}}, "2")
    found = job("- job: a\n  strategy: {matrix: '$[ variables.legs ]'}\n").strategy
    assert found.legs.value == "$[ variables.legs ]"


@pytest.mark.parametrize(
    ("strategy", "kind", "own"),
    [
        ("runOnce: {", RunOnce, None),
        ("rolling: {maxParallel: 25%, ", Rolling, "25%"),
        ("canary: {increments: [10, 50], ", Canary, ["10", "50"]),
    ],
)
def test_a_deployment(strategy, kind, own):
    hooks = "preDeploy: {steps: [{script: a}]}, deploy: {steps: [{script: b}, {script: c}]}, "
    hooks += "on: {success: {steps: [{script: d}]}, failure: {pool: server}}}"
    found = job(f"- deployment: d\n  environment: dev\n  strategy:\n    {strategy}{hooks}\n")
    assert isinstance(found, DeploymentJob)
    assert isinstance(found.strategy, kind)
    hooks = hooks_of(found)
    assert [hook.name for hook in hooks] == ["preDeploy", "deploy", "on.success", "on.failure"]
    assert [len(steps) for steps in step_lists(found)] == [1, 2, 1, 0]
    assert hooks[-1].pool.name.value == "server"
    if isinstance(found.strategy, Rolling):
        assert found.strategy.max_parallel.value == own
    if isinstance(found.strategy, Canary):
        assert plain(found.strategy.increments) == own


@pytest.mark.parametrize(
    ("text", "name", "resource", "tags"),
    [
        ("dev", "dev", None, ()),
        ("dev.vm.one", "dev", "vm.one", ()),  # at the first dot
        ("$(a.b).vm", "$(a.b)", "vm", ()),
        ("{name: dev, resourceName: vm, tags: 'web, db'}", "dev", "vm", ("web", "db")),
        ("{name: a.b, resourceName: vm}", "a.b", "vm", ()),
    ],
)
def test_an_environment_is_split_at_its_first_dot(text, name, resource, tags):
    found = job(f"- deployment: d\n  environment: {text}\n").environment
    assert found.name.value == name
    assert (found.resource_name and found.resource_name.value, found.tags) == (resource, tags)


def test_the_root():
    found = pipeline("""
name: $(Date:yyyyMMdd)
appendCommitMessageToRunName: false
lockBehavior: sequential
pool: Default
parameters:
- name: size
  type: number
  displayName: Size
  default: 2
  values: [1, 2]
trigger:
  batch: true
  branches: {include: [main, v*], exclude: [v0]}
  tags: {include: ['*']}
pr: none
schedules:
- cron: 0 3 * * *
  displayName: Nightly
  always: true
resources:
  repositories:
  - {repository: tools, type: git, name: shared/tools, ref: refs/heads/x, trigger: none}
  containers:
  - {container: builder, image: 'ubuntu:22.04', ports: ['80:80'], env: {A: 1}, localImage: true}
  pipelines:
  - {pipeline: build, source: nightly, trigger: true}
  webhooks:
  - {webhook: hook, connection: c}
variables:
- {name: a, value: 1, readonly: true}
- group: secrets
steps: []
""")
    assert (found.name.value, found.append_commit_message) == ("$(Date:yyyyMMdd)", False)
    assert (found.lock_behavior.value, found.source.name) == ("sequential", "main.yml")
    assert [type(variable) for variable in found.variables] == [VariableValue, VariableGroup]
    assert (found.variables[0].readonly, found.variables[1].name.value) == (True, "secrets")
    assert plain(found.parameters[0].values) == ["1", "2"]
    assert (found.parameters[0].type, found.parameters[0].default.value) == ("number", "2")
    assert given(found.trigger) == {
        "enabled": True,
        "batch": True,
        "branches": {"include": ["main", "v*"], "exclude": ["v0"]},
        "tags": {"include": ["*"], "exclude": []},
    }
    assert given(found.pr) == {"enabled": False}
    assert given(found.schedules[0]) == {
        "enabled": True,
        "cron": "0 3 * * *",
        "display_name": "Nightly",
        "always": True,
    }
    (tools,) = found.resources.repositories
    assert given(replace(tools, trigger=None)) == {
        "alias": "tools",
        "type": "git",
        "name": "shared/tools",
        "ref": "refs/heads/x",
    }
    assert tools.trigger.enabled is False
    (builder,) = found.resources.containers
    assert (builder.alias.value, builder.image.value) == ("builder", "ubuntu:22.04")
    assert (plain(builder.ports), plain(builder.env)) == (["80:80"], {"A": "1"})
    assert list(builder.other) == ["localImage"]
    assert found.resources.pipelines[0].source.value == "nightly"
    assert found.resources.webhooks[0].connection.value == "c"


def test_a_trigger_that_is_left_out_is_none_and_a_list_is_its_branches():
    assert pipeline("steps: []").trigger is None
    assert plain(pipeline("trigger: [main]\nsteps: []").trigger.branches.include) == ["main"]
    assert pipeline("trigger: none\nsteps: []").trigger.enabled is False


def test_every_part_says_what_it_came_through():
    found = pipeline(
        """
parameters:
- name: environments
  type: object
  default: [dev, prod]
stages:
- ${{ each environment in parameters.environments }}:
  - ${{ if eq(environment, 'prod') }}:
    - template: stage.yml
      parameters: {name: '${{ environment }}'}
""",
        stage="""
parameters:
- name: name
stages:
- stage: ${{ parameters.name }}
  jobs:
  - job: a
    steps:
    - ${{ if false }}: []
    - ${{ else }}:
      - script: x
""",
    )
    (stage,) = found.stages
    ways = [(frame.kind, str(frame.span), frame.detail) for frame in stage.jobs[0].steps[0].origin]
    assert ways == [
        ("each", "main.yml:7:3", "environment = prod"),
        ("if", "main.yml:8:5", "eq(environment, 'prod')"),
        ("template", "main.yml:9:17", "stage.yml"),
        ("if", "stage.yml:10:7", "else"),
    ]
    assert stage.origin == stage.jobs[0].steps[0].origin[:3]
    assert str(stage.id.span) == "stage.yml:5:10"


@pytest.mark.parametrize(
    ("ref", "expected"),
    [
        ("${{ parameters.release }}", "refs/heads/1"),
        ("refs/heads/${{ variables.x }}", "refs/heads/2"),
        ("refs/tags/v1", "refs/tags/v1"),
    ],
)
def test_the_ref_of_a_repository_may_be_an_expression(ref, expected):
    # release notes of sprint 212, "Template expressions in YAML repository resource definition"
    text = f"""
parameters: [{{name: release, default: refs/heads/1}}]
variables: {{x: 2}}
resources: {{repositories: [{{repository: a, name: a, ref: "{ref}"}}]}}
steps: []
"""
    (repository,) = pipeline(text).resources.repositories
    assert repository.ref.value == expected
