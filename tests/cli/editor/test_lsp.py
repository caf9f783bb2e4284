"""The language server as an editor meets it: JSON-RPC on stdio, buffers that are not saved."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from lspclient import Editor

PIPELINE = """\
parameters:
- name: environment
  default: dev
  values: [dev, prod]
variables:
  configuration: ${{ upper(parameters.environment) }}
stages:
- stage: Build
  jobs:
  - job: Compile
    steps:
    - template: ci/steps.yml
      parameters: { size: 3 }
    - task: Bash@3
      inputs:
        targetType: inline
        script: make $(configuration)
  - job: Unit
    dependsOn: Compile
    steps: [script: "echo 😋 $(region)"]
- stage: Deploy
  dependsOn: [Build]
  condition: eq(stageDependencies.Build.result, variables['configuration'])
  jobs:
  - job: Ship
    steps: [script: ship]
"""
STEPS = """\
parameters:
- name: size
  type: number
- name: word
  default: a
steps:
- script: echo ${{ parameters.size }} ${{ parameters.word }}
- ${{ if gt(parameters.size, 5) }}:
  - script: echo ${{ parameters.word }}!
"""


def write_project(tmp_path: Path) -> Path:
    (tmp_path / ".git").mkdir()
    (tmp_path / "ci").mkdir()
    (tmp_path / "azure-pipelines.yml").write_text(PIPELINE)
    (tmp_path / "ci/steps.yml").write_text(STEPS)
    (tmp_path / ".penstock/variable-groups").mkdir(parents=True)
    (tmp_path / ".penstock/variable-groups/shared.yml").write_text("variables: { region: west }\n")
    return tmp_path


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write_project(tmp_path)


@pytest.fixture(scope="module")
def still(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Editor]:
    """An editor that only asks: it has the pipeline and its template open."""
    editor = Editor(write_project(tmp_path_factory.mktemp("still")))
    editor.open("azure-pipelines.yml")
    editor.open("ci/steps.yml")
    yield editor
    assert "Traceback" not in editor.close()


@pytest.fixture
def editor(root: Path) -> Iterator[Editor]:
    editor = Editor(root)
    yield editor
    assert "Traceback" not in editor.close()


def test_what_it_can_do_is_announced(still: Editor) -> None:
    able = still.capabilities
    assert able["hoverProvider"] and able["definitionProvider"] and able["documentSymbolProvider"]
    assert "." in able["completionProvider"]["triggerCharacters"]


# --- diagnostics


def test_a_sound_pipeline_has_no_diagnostics(editor: Editor) -> None:
    editor.open("azure-pipelines.yml")
    assert editor.wait_for("azure-pipelines.yml") == []


def test_all_faults_stand_in_the_file_that_holds_them(editor: Editor, root: Path) -> None:
    editor.open("ci/steps.yml", STEPS.replace("- script: echo", "- scrip: echo", 1))
    (fault,) = editor.wait_for("ci/steps.yml", 1)
    assert fault["code"] == "PS1101"
    assert fault["severity"] == 1
    assert fault["source"] == "penstock"
    assert fault["message"] == 'unknown key "scrip" in a step\nhelp: did you mean "script"?'
    assert fault["range"] == {
        "start": {"line": 6, "character": 2},
        "end": {"line": 6, "character": 7},
    }
    (chain,) = fault["relatedInformation"]
    assert chain["location"]["uri"] == editor.uri("azure-pipelines.yml")
    assert chain["message"] == "ci/steps.yml is included here"


def test_typing_in_a_template_shows_faults_of_its_pipeline(editor: Editor) -> None:
    editor.open("azure-pipelines.yml")
    editor.open("ci/steps.yml")
    assert editor.wait_for("azure-pipelines.yml") == []
    editor.type("ci/steps.yml", STEPS.replace("name: size", "name: length"))
    faults = editor.wait_for("azure-pipelines.yml", 2)
    assert {fault["code"] for fault in faults} == {"PS1203", "PS1204"}
    editor.type("ci/steps.yml", STEPS)
    assert editor.wait_for("azure-pipelines.yml", 0) == []


def test_a_closed_buffer_counts_no_longer(editor: Editor) -> None:
    editor.open("azure-pipelines.yml", PIPELINE.replace("stage: Deploy", "stag: Deploy"))
    assert len(editor.wait_for("azure-pipelines.yml")) == 1
    editor.shut("azure-pipelines.yml")
    assert editor.wait_for("azure-pipelines.yml") == []
    editor.open("ci/steps.yml")
    assert editor.wait_for("azure-pipelines.yml") == []


def test_typing_fast_is_checked_once(editor: Editor) -> None:
    editor.open("azure-pipelines.yml")
    editor.wait_for("azure-pipelines.yml")
    for letters in ("s", "st", "sta"):
        editor.type("azure-pipelines.yml", PIPELINE + f"- {letters}: X\n")
    (fault,) = editor.wait_for("azure-pipelines.yml")
    assert fault["message"].startswith('unknown key "sta"')


def test_a_parameter_without_a_default_is_no_fault_before_a_run(editor: Editor) -> None:
    editor.open("azure-pipelines.yml", PIPELINE.replace("  default: dev\n", ""))
    assert editor.wait_for("azure-pipelines.yml") == []


def test_a_template_of_a_repository_that_is_not_here(editor: Editor, root: Path) -> None:
    text = (
        "resources: { repositories: [{ repository: shared, type: git, name: x/y }] }\n"
        "steps: [template: steps.yml@shared]\n"
    )
    editor.open("azure-pipelines.yml", text)
    (fault,) = editor.wait_for("azure-pipelines.yml")
    assert fault["message"].endswith("editor's settings: penstock.localRepositories")
    other = Editor(root, {"localRepositories": {"shared": "ci"}})
    other.open("azure-pipelines.yml", text)
    assert [one["code"] for one in other.wait_for("azure-pipelines.yml", 1)] == ["PS1204"]
    place = "template: steps"
    assert other.definition("azure-pipelines.yml", place) == ["ci/steps.yml:1:1"]
    other.close()


# --- templates of another repository that is a folder here

SHARED = "../templates/jobs/build.yml"
BUILD = """\
parameters:
- name: what
jobs:
- job: Make
  steps:
  - script: make ${{ parameters.what }} $(place)
  - template: ../steps.yml
"""
USES_SHARED = """\
resources: { repositories: [{ repository: Shared, type: git, name: x/templates }] }
variables: { place: here }
jobs:
- template: jobs/build.yml@shared
  parameters: { what: all }
"""


@pytest.fixture
def two(tmp_path: Path) -> Iterator[Editor]:
    """An editor of one project, beside the folder of a repository that it reads."""
    app, shared = tmp_path / "app", tmp_path / "templates"
    (app / ".git").mkdir(parents=True)
    (shared / ".git").mkdir(parents=True)
    (shared / "jobs").mkdir()
    (app / "azure-pipelines.yml").write_text(USES_SHARED)
    (shared / "jobs/build.yml").write_text(BUILD)
    (shared / "steps.yml").write_text("steps: [script: x]\n")
    editor = Editor(app, {"localRepositories": {"shared": "../templates"}})
    yield editor
    assert "Traceback" not in editor.close()


def test_typing_in_a_template_of_another_repository_shows_what_it_breaks(two: Editor) -> None:
    two.open("azure-pipelines.yml")
    assert two.wait_for("azure-pipelines.yml") == []
    two.open(SHARED)
    two.type(SHARED, BUILD.replace("name: what", "name: which"))
    faults = two.wait_for("azure-pipelines.yml", 2)
    assert {fault["code"] for fault in faults} == {"PS1203", "PS1204"}
    two.type(SHARED, BUILD.replace("- script", "- scirpt"))
    assert two.wait_for("azure-pipelines.yml", 0) == []
    (fault,) = two.wait_for(SHARED, 1)
    assert fault["message"].startswith('unknown key "scirpt"')
    two.shut(SHARED)
    assert two.wait_for(SHARED, 0) == []


def test_a_template_of_another_repository_is_known_before_its_pipeline_is_open(two: Editor) -> None:
    two.open(SHARED, BUILD.replace("name: what", "name: which"))
    faults = two.wait_for("azure-pipelines.yml", 2)
    assert {fault["code"] for fault in faults} == {"PS1203", "PS1204"}


def test_a_template_of_another_repository_has_the_values_of_its_pipeline(two: Editor) -> None:
    two.open("azure-pipelines.yml")
    two.wait_for("azure-pipelines.yml")
    two.open(SHARED)
    assert "`parameters.what` = `'all'`" in two.hover(SHARED, "make ${{ parameters.wh")
    assert "`here` in the pipeline" in two.hover(SHARED, "$(pla")
    assert two.definition(SHARED, "parameters.wh") == ["../templates/jobs/build.yml:2:9"]
    assert two.definition(SHARED, "$(pla") == ["azure-pipelines.yml:2:14"]
    assert two.definition(SHARED, "../steps") == ["../templates/steps.yml:1:1"]
    two.type(SHARED, BUILD + "  - script: $(pl")
    assert two.completion(SHARED, "script: $(pl")[:1] == ["place"]
    assert two.completion(SHARED, "template: ") == ["../steps.yml"]


def test_templates_of_another_repository_are_completed_with_its_alias(two: Editor) -> None:
    text = USES_SHARED.replace("jobs/build.yml@shared", "j")
    two.open("azure-pipelines.yml", text)
    found = two.completion("azure-pipelines.yml", "template: j")
    assert found == ["steps.yml@shared", "jobs/build.yml@shared"]


# --- templates that no pipeline reads


def test_a_template_that_the_run_of_now_leaves_out_is_checked_by_itself(editor: Editor) -> None:
    included = "    - template: ci/steps.yml\n      parameters: { size: 3 }\n"
    left_out = "    - ${{ if false }}:\n      - template: ci/steps.yml\n"
    editor.open("azure-pipelines.yml", PIPELINE.replace(included, left_out))
    editor.open("ci/steps.yml", STEPS.replace("- script: echo", "- scrip: echo", 1))
    (fault,) = editor.wait_for("ci/steps.yml", 1)
    assert fault["message"] == 'unknown key "scrip" in a step\nhelp: did you mean "script"?'
    editor.type("ci/steps.yml", STEPS.replace("parameters.word }}!", "parameters.wrd }}!"))
    (fault,) = editor.wait_for("ci/steps.yml", 1)
    assert fault["message"].startswith('this file declares no parameter "wrd"')
    editor.type("ci/steps.yml", STEPS)
    assert editor.wait_for("ci/steps.yml") == []


CONDITIONAL = "steps:\n- script: x\n  condition: and(${{ parameters.Condition }}, true)\n"


@pytest.mark.parametrize(
    "name, declared",
    [
        ("shared/steps.yml", "parameters: { Condition: succeeded() }\n"),
        ("shared/steps.yml", "parameters:\n- name: Condition\n  type: string\n"),
        ("shared/templates/steps.yml", "parameters:\n- name: Condition\n  default: ''\n"),
    ],
)
def test_a_template_that_nothing_here_includes_has_no_faults_of_lacking_values(
    editor: Editor, name: str, declared: str
) -> None:
    editor.open(name, declared + CONDITIONAL)
    assert editor.wait_for(name) == []
    editor.type(name, declared + CONDITIONAL + "  env: [\n")
    assert [fault["code"] for fault in editor.wait_for(name)] == ["PS1009"]


def test_a_file_that_says_how_it_begins_is_a_pipeline_wherever_it_lies(editor: Editor) -> None:
    text = "trigger: none\nparameters: { Condition: '' }\n" + CONDITIONAL
    editor.open("templates/steps.yml", text)
    assert "PS1207" in [fault["code"] for fault in editor.wait_for("templates/steps.yml")]


def test_a_pipeline_by_name_is_checked_whatever_is_in_it(editor: Editor) -> None:
    editor.open("azure-pipelines.yml", "stgaes:\n- stage: A\n")
    (fault,) = editor.wait_for("azure-pipelines.yml", 1)
    assert fault["message"].startswith('unknown key "stgaes"')
    editor.type("azure-pipelines.yml", "\ufeff- stage: A\n")
    (fault,) = editor.wait_for("azure-pipelines.yml", 1)
    assert fault["range"]["start"] == {"line": 0, "character": 0}


@pytest.mark.parametrize(
    "name, text",
    [
        ("flows/ci.yml", "on: push\njobs: { a: { steps: [run: x] } }\n"),
        ("docker-compose.yml", "services: { a: { image: b } }\n"),
        (".github/workflows/ci.yml", "jobs: { a: { steps: [run: x] } }\n"),
        (
            "job.yml",
            "type: pipeline\njobs: { a: { type: command, component: azureml:x@latest } }\n",
        ),
    ],
)
def test_other_yaml_is_left_alone(editor: Editor, name: str, text: str) -> None:
    editor.open(name, text)
    assert editor.hover(name, "a: ") == ""
    editor.open("azure-pipelines.yml")
    editor.wait_for("azure-pipelines.yml")
    assert editor.uri(name) not in editor.diagnostics


def test_faults_of_test_files(editor: Editor) -> None:
    editor.open("a.pipeline-test.yml", "tests:\n- nam: x\n")
    faults = editor.wait_for("a.pipeline-test.yml")
    assert [fault["code"] for fault in faults] == ["PS4001", "PS4003"]


def test_a_file_changed_outside(editor: Editor, root: Path) -> None:
    editor.open("azure-pipelines.yml")
    editor.wait_for("azure-pipelines.yml")
    (root / "ci/steps.yml").unlink()
    change = {"uri": editor.uri("ci/steps.yml"), "type": 3}
    editor.tell("workspace/didChangeWatchedFiles", {"changes": [change]})
    (fault,) = editor.wait_for("azure-pipelines.yml", 1)
    assert fault["code"] == "PS1201"


# --- hover


@pytest.mark.parametrize(
    "needle, expected",
    [
        ("upper(para", "`upper(parameters.environment)` = `'DEV'`\n\nparameter **environment**: "
         "string; default `dev`; one of `dev`, `prod`"),
        ("$(config", "variable **configuration**\n\n- `DEV` in the pipeline "
         "(azure-pipelines.yml:6)"),
        ("$(reg", "variable **region**\n\n- `west` in the group shared"),
        ("template: ci/st", "template **ci/steps.yml**\n\n- parameter **size**: number; required\n"
         "- parameter **word**: string; default `a`"),
        ("parameters: { si", "parameter **size**: number; required"),
        ("targetT", "**targetType** of Bash@3: "),
        ("Bash", "```text\nBash@3  Bash\n"),
        ("conditi", "```text\ncondition:\n"),
    ],
)  # fmt: skip
def test_hover(still: Editor, needle: str, expected: str) -> None:
    assert still.hover("azure-pipelines.yml", needle).startswith(expected)


def test_hover_in_a_template_has_the_values_of_its_pipeline(still: Editor) -> None:
    assert "`parameters.size` = `3`" in still.hover("ci/steps.yml", "${{ parameters.si")
    assert "`gt(parameters.size, 5)` = `False`" in still.hover("ci/steps.yml", "if gt(")
    left_out = still.hover("ci/steps.yml", "  - script: echo ${{ parameters.wo")
    assert "`parameters.word` is not evaluated: its part of the file is left out" in left_out


DECISION = """\
```text
stage Deploy would be skipped

  its condition does not hold
"""


def test_hover_on_a_condition_tells_what_it_comes_to(still: Editor) -> None:
    told = still.hover("azure-pipelines.yml", "condition: eq(")
    assert told.startswith(DECISION)
    assert "variables['configuration']" in told
    assert "= 'DEV'" in told
    assert "✓ Build  succeeded" in told


def test_hover_on_the_condition_of_a_step_in_a_template(editor: Editor) -> None:
    text = STEPS.replace(
        "steps:\n", "steps:\n- script: x\n  condition: eq(variables.region, 'west')\n", 1
    )
    editor.open("ci/steps.yml", text)
    told = editor.hover("ci/steps.yml", "condition: eq(")
    assert told.startswith("```text\nstep CmdLine of Build/Compile may be skipped\n")


def test_hover_sees_the_unsaved_pipeline(editor: Editor) -> None:
    editor.open("azure-pipelines.yml", PIPELINE.replace("size: 3", "size: 7"))
    editor.open("ci/steps.yml")
    editor.wait_for("ci/steps.yml")
    assert "`gt(parameters.size, 5)` = `True`" in editor.hover("ci/steps.yml", "if gt(")


def test_hover_sees_what_was_typed_just_now(editor: Editor) -> None:
    editor.open("azure-pipelines.yml")
    editor.open("ci/steps.yml")
    editor.wait_for("ci/steps.yml")
    editor.type("azure-pipelines.yml", "# a line more\n" + PIPELINE.replace("size: 3", "size: 7"))
    asked = "configuration: ${{ upper(parameters.env"
    assert "`upper(parameters.environment)` = `'DEV'`" in editor.hover("azure-pipelines.yml", asked)
    assert "`gt(parameters.size, 5)` = `True`" in editor.hover("ci/steps.yml", "if gt(")


def test_hover_does_not_say_that_a_fault_elsewhere_leaves_a_part_out(editor: Editor) -> None:
    editor.open("azure-pipelines.yml", PIPELINE.replace("size: 3", "size: ["))
    editor.open("ci/steps.yml")
    told = editor.hover("ci/steps.yml", "if gt(")
    assert told.startswith("`gt(parameters.size, 5)` is not evaluated: azure-pipelines.yml has err")


def test_places_are_counted_as_the_client_counts(still: Editor) -> None:
    found = still.ask("textDocument/hover", still.at("azure-pipelines.yml", "😋 $(reg"))
    line = PIPELINE.splitlines()[19]
    start = len(line[: line.index("$(")].encode("utf-16-le")) // 2
    assert found["range"]["start"] == {"line": 19, "character": start}


# --- definitions


@pytest.mark.parametrize(
    "needle, expected",
    [
        ("template: ci/st", ["ci/steps.yml:1:1"]),
        ("parameters: { si", ["ci/steps.yml:2:9"]),
        ("upper(parameters.env", ["azure-pipelines.yml:2:9"]),
        ("$(config", ["azure-pipelines.yml:6:3"]),
        ("variables['config", ["azure-pipelines.yml:6:3"]),
        ("dependsOn: Comp", ["azure-pipelines.yml:10:10"]),
        ("dependsOn: [Bui", ["azure-pipelines.yml:8:10"]),
        ("stageDependencies.Bui", ["azure-pipelines.yml:8:10"]),
        ("targetT", []),
    ],
)
def test_definition(still: Editor, needle: str, expected: list[str]) -> None:
    assert still.definition("azure-pipelines.yml", needle) == expected


# --- completion

JOB = "- stage: X\n  jobs:\n  - job: Y\n"
STEP = JOB + "    steps:\n"


@pytest.mark.parametrize(
    "added, first",
    [
        ("- ", ["stage", "template"]),
        ("- stage: X\n  depe", ["group", "displayName", "pool", "dependsOn"]),
        ("- stage: X\n  dependsOn: ", ["Build", "Deploy"]),
        ("- stage: X\n  dependsOn: [Build, De", ["Build", "Deploy"]),
        ("- stage: X\n  dependsOn:\n  - ", ["Build", "Deploy"]),
        ("- stage: X\n  lockBehavior: ", ["sequential", "runLatest"]),
        (JOB + "    ", ["displayName", "dependsOn", "condition"]),
        (JOB + "  - job: Z\n    dependsOn: ", ["Compile", "Unit", "Ship"]),
        (JOB + "    pool: { vm", ["name", "demands", "vmImage"]),
        (STEP + "    - ", ["task", "script", "bash", "pwsh"]),
        (STEP + "    - ${{ if true }}:\n      - ", ["task", "script", "bash", "pwsh"]),
        (STEP + "    - task: Az", ["ArchiveFiles@2", "AzureCLI@1", "AzureCLI@2", "Bash@3"]),
        (STEP + "    - task: Bash@3\n      inputs:\n        ", ["targetType", "filePath"]),
        (STEP + "    - task: Bash@3\n      inputs: { scr", ["targetType", "filePath"]),
        (STEP + "    - task: Bash@3\n      inputs:\n        targetType: ", ["filePath", "inline"]),
        (STEP + "    - { task: Bash@3, inputs: { targetType: ", ["filePath", "inline"]),
        (STEP + "    - { task: Bash@3, inputs: { targetType: inline }, dis", ["displayName"]),
        (STEP + "    - checkout: ", ["self", "none"]),
        (STEP + "    - template: ", ["ci/steps.yml"]),
        (STEP + "    - template: /", ["/ci/steps.yml"]),
        (STEP + "    - template: ci/steps.yml\n      parameters:\n        ", ["size", "word"]),
        (STEP + "    - template: ci/steps.yml\n      parameters:\n        size: 1\n        ",
         ["word"]),
        (STEP + "    - script: echo ${{ parameters.", ["environment"]),
        (STEP + "    - script: echo ${{ variables['con", ["configuration", "region"]),
        (STEP + "    - script: |\n        echo $(", ["configuration", "region"]),
        (STEP + "    - script: |\n        ec", []),
        (STEP + "    - script: x\n      condition: ", ["variables", "dependencies", "always"]),
        ("- ${{ ", ["parameters", "variables", "if", "elseif", "else", "each", "insert"]),
        ("- stage: X\n  condition: eq(dependencies.", ["Build", "Deploy"]),
    ],
)  # fmt: skip
def test_completion(still: Editor, added: str, first: list[str]) -> None:
    still.type("azure-pipelines.yml", PIPELINE + added)
    found = still.completion("azure-pipelines.yml", PIPELINE + added)
    still.type("azure-pipelines.yml", PIPELINE)
    assert found[: len(first)] == first
    assert bool(first) or not found


TEST = "pipeline: /azure-pipelines.yml\ntests:\n- name: a\n  "


@pytest.mark.parametrize(
    "text, first",
    [
        ("", ["pipeline", "given", "tests"]),
        (TEST, ["pipeline", "branch", "reason", "parameters"]),
        (TEST + "expect:\n    ", ["result", "stages", "jobs"]),
        (TEST + "expect: { ski", ["result", "stages", "jobs"]),
        (TEST + "expect:\n    skips: [", ["Build", "Build/Compile", "Build/Unit", "Deploy"]),
        (TEST + "expect:\n    stages:\n    - ", ["Build", "Deploy"]),
        (TEST + "expect:\n    jobs: [", ["Build/Compile", "Build/Unit", "Deploy/Ship"]),
        (TEST + "expect:\n    result: ", ["succeeded", "succeededWithIssues", "failed"]),
        (TEST + "assume:\n    Bui", ["Build", "Build/Compile"]),
        (TEST + "assume:\n    Build: ", ["succeeded", "succeededWithIssues", "failed"]),
        (TEST + "parameters: { ", ["environment"]),
        (TEST + "parameters:\n    environment: ", ["dev", "prod"]),
        (TEST + "reason: ", ["Manual", "IndividualCI"]),
    ],
)
def test_completion_in_a_test_file(still: Editor, text: str, first: list[str]) -> None:
    still.open("a.pipeline-test.yml", text)
    assert still.completion("a.pipeline-test.yml", text)[: len(first)] == first
    still.shut("a.pipeline-test.yml")


def test_names_are_known_while_the_text_cannot_be_read(editor: Editor) -> None:
    editor.open("azure-pipelines.yml")
    editor.wait_for("azure-pipelines.yml")
    editor.type("azure-pipelines.yml", PIPELINE + "- stage: Last\n  dependsOn: [\n")
    assert editor.wait_for("azure-pipelines.yml", 1)
    assert editor.completion("azure-pipelines.yml", "Last\n  dependsOn: [") == ["Build", "Deploy"]
    editor.type("azure-pipelines.yml", PIPELINE + "- stage: Last\n  displayName: { $(con\n")
    assert editor.wait_for("azure-pipelines.yml", 1)
    assert "configuration" in editor.completion("azure-pipelines.yml", "{ $(con")


def test_completion_in_an_empty_file(still: Editor) -> None:
    still.open("new.yml", "")
    assert still.completion("new.yml", "")[:3] == ["stages", "extends", "jobs"]


def test_completion_of_a_declaration(still: Editor) -> None:
    text = "parameters:\n- name: a\n  type: \n  "
    still.open("newer.yml", text)
    assert still.completion("newer.yml", "type: ")[:3] == ["string", "number", "boolean"]
    assert still.completion("newer.yml", text) == ["displayName", "default", "values"]


def test_a_suggestion_replaces_what_is_written(editor: Editor) -> None:
    text = PIPELINE + STEP + "    - task: Az"
    editor.open("azure-pipelines.yml", text)
    found = editor.ask("textDocument/completion", editor.at("azure-pipelines.yml", text))
    edit = next(i["textEdit"] for i in found["items"] if i["label"] == "AzureCLI@2")
    line = text.count("\n")
    assert edit == {
        "newText": "AzureCLI@2",
        "range": {
            "start": {"line": line, "character": 12},
            "end": {"line": line, "character": 14},
        },
    }


# --- quick fixes


@pytest.mark.parametrize(
    "old, new, fixed",
    [
        ("- stage: Deploy", "- stagge: Deploy", "stage"),
        ("size: 3", "syze: 3", "size"),
        ("dependsOn: Compile", "dependsOn: 'Compil'", "'Compile'"),
        ("template: ci/steps.yml", "template: ci/step.yml", "ci/steps.yml"),
        ("parameters.environment", "parameters.environmant", "parameters.environment"),
    ],
)
def test_a_guess_is_a_quick_fix(editor: Editor, old: str, new: str, fixed: str) -> None:
    editor.open("azure-pipelines.yml", PIPELINE.replace(old, new))
    faults = editor.wait_for("azure-pipelines.yml")
    guessed = [fault for fault in faults if "did you mean" in fault["message"]]
    actions = editor.ask(
        "textDocument/codeAction",
        {
            "textDocument": {"uri": editor.uri("azure-pipelines.yml")},
            "range": guessed[0]["range"],
            "context": {"diagnostics": guessed},
        },
    )
    (edit,) = actions[0]["edit"]["changes"][editor.uri("azure-pipelines.yml")]
    assert edit == {"range": guessed[0]["range"], "newText": fixed}
    assert actions[0]["title"] == f"write {fixed}"


# --- outline


def test_symbols(still: Editor) -> None:
    def names(symbols: list[dict]) -> list[object]:
        return [
            [one["name"], names(one["children"])] if one["children"] else one["name"]
            for one in symbols
        ]

    def outline(name: str) -> list[object]:
        params = {"textDocument": {"uri": still.uri(name)}}
        return names(still.ask("textDocument/documentSymbol", params))

    assert outline("azure-pipelines.yml") == [
        "environment",
        "configuration",
        ["Build", [["Compile", ["ci/steps.yml", "Bash@3"]], ["Unit", ["echo 😋 $(region)"]]]],
        ["Deploy", [["Ship", ["ship"]]]],
    ]
    assert outline("ci/steps.yml") == [
        "size",
        "word",
        "echo ${{ parameters.size }} ${{ parameters.word }}",
        ["if gt(parameters.size, 5)", ["echo ${{ parameters.word }}!"]],
    ]


# --- whatever is typed


def test_half_written_text_never_breaks_the_server(editor: Editor) -> None:
    editor.open("azure-pipelines.yml")
    for end in range(0, len(PIPELINE), 23):
        text = PIPELINE[:end]
        editor.type("azure-pipelines.yml", text)
        for method in ("completion", "hover", "definition"):
            editor.ask(f"textDocument/{method}", editor.at("azure-pipelines.yml", text))
    editor.type("azure-pipelines.yml", "steps: [[[[{{{: - &a *a |\n\t\x00 ${{ ''")
    while not editor.wait_for("azure-pipelines.yml"):
        pass


def test_without_pygls_it_says_what_to_install() -> None:
    without = (
        "import sys; sys.modules['pygls'] = sys.modules['lsprotocol'] = None; "
        "from penstock.cli.main import main; sys.exit(main(['lsp']))"
    )
    done = subprocess.run([sys.executable, "-c", without], capture_output=True, text=True)
    assert done.returncode == 6
    assert "make install` in a clone of penstock brings it" in done.stderr
