"""`penstock run` by its options, and what can be read of a run afterwards."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from typed import Terminal

STAGES = """
stages:
- stage: Build
  jobs:
  - job: Compile
    displayName: Compile it all
    steps:
    - script: echo compiled
      displayName: make
    - script: echo $(greeting)
      displayName: greet
      name: hello
- stage: Deploy
  jobs:
  - deployment: Push
    environment: prod
    strategy:
      runOnce:
        deploy:
          steps:
          - script: echo pushed
- stage: Announce
  dependsOn: Deploy
  jobs:
  - job: Tell
    steps:
    - script: echo told
"""


@pytest.fixture(scope="module")
def after_a_run(tmp_path_factory: pytest.TempPathFactory) -> Terminal:
    """A terminal where the stages ran once, on a branch with a commit."""
    folder = tmp_path_factory.mktemp("runs") / "shop"
    folder.mkdir()
    terminal = Terminal(folder, folder.parent / "home")
    terminal.write("azure-pipelines.yml", STAGES)
    git = ["git", "-C", str(folder), "-c", "user.name=A", "-c", "user.email=a@example.com"]
    subprocess.run([*git, "init", "-q", "--initial-branch=trunk"], check=True)
    subprocess.run([*git, "add", "--all"], check=True)
    subprocess.run([*git, "commit", "-q", "-m", "First"], check=True)
    assert terminal.type("run", "--var", "greeting=hello you").code == 0
    return terminal


def selected(terminal: Terminal, *options: str) -> list[str]:
    """The results of the jobs that ran."""
    ended = terminal.type("run", "--json", *options)
    assert ended.code == 0, ended
    events = [json.loads(line) for line in ended.out.splitlines()]
    return [e["node"] for e in events if e["type"] == "NodeFinished" and e["node"].count("/") == 1]


def test_only_the_named_stages_run(terminal: Terminal) -> None:
    terminal.write("azure-pipelines.yml", STAGES)
    assert selected(terminal, "--stage", "deploy", "--stage", "Announce") == [
        "Deploy/Push",
        "Announce/Tell",
    ]


def test_a_skipped_stage_is_not_waited_for(terminal: Terminal) -> None:
    terminal.write("azure-pipelines.yml", STAGES)
    ran = selected(terminal, "--skip-stage", "Deploy")
    assert sorted(ran) == ["Announce/Tell", "Build/Compile"]


def test_quiet_prints_the_summary_only(terminal: Terminal) -> None:
    terminal.write("azure-pipelines.yml", "steps:\n- script: echo hi\n  displayName: greet\n")
    lines = terminal.type("run", "--quiet").out.splitlines()
    assert [line.rstrip().partition("  succ")[0].rstrip() for line in lines] == [
        "✓ run 1, " + lines[0].split()[3],
        "└─ ✓ Job",
        "   ├─ ✓ Initialize job",
        "   ├─ ✓ Checkout self",
        "   └─ ✓ greet",
    ]


def test_a_failed_run_shows_the_steps_last_lines_and_the_next_step(terminal: Terminal) -> None:
    terminal.write(
        "azure-pipelines.yml", "steps:\n- script: echo before; exit 3\n  displayName: boom\n"
    )
    ended = terminal.type("run", "--quiet")
    assert ended.code == 1
    assert ended.out.split("\n\n", 1)[1].splitlines() == [
        "failed in Job: boom: Bash exited with code '3'.",
        "    before",
        "    ##[error]Bash exited with code '3'.",
        "",
        "  = help: `penstock logs 1` shows all of it",
    ]
    assert "== Job: boom (failed)\n" in terminal.type("logs", "--job", "job").out
    assert "jobs are Job\n" in terminal.type("logs", "--job", "Jbo").err


SECRET = """
steps:
- script: echo "the key is $KEY and backwards $(echo "$KEY" | rev)"
  env: { KEY: $(KEY) }
"""


@pytest.mark.parametrize(
    ("option", "stdin", "environ"),
    [
        ("KEY", "", {"KEY": "swordfish-1"}),
        ("KEY=@key.txt", "", {}),
        ("KEY=-", "swordfish-1\n", {}),
    ],
)
def test_a_secret_is_given_in_three_ways_and_never_printed(
    option: str, stdin: str, environ: dict[str, str], terminal: Terminal
) -> None:
    terminal.write("azure-pipelines.yml", SECRET)
    terminal.write("key.txt", "swordfish-1\n")
    ended = terminal.type("run", "--secret", option, stdin=stdin, environ=environ)
    assert ended.code == 0, ended
    assert "Job | the key is *** and backwards 1-hsifdrows" in ended.out
    assert "swordfish-1" not in ended.out + ended.err + terminal.type("logs").out


def test_a_secret_from_an_empty_stdin_is_refused(terminal: Terminal) -> None:
    terminal.write("azure-pipelines.yml", SECRET)
    ended = terminal.type("run", "--secret", "KEY=-")
    assert (ended.code, ended.err) == (
        2,
        "error: --secret KEY=-: there is nothing on stdin\n"
        "  = help: pipe the value in, or name a file: --secret KEY=@FILE\n",
    )


def test_an_environment_with_approvers_is_refused_until_it_is_approved(terminal: Terminal) -> None:
    terminal.write("azure-pipelines.yml", STAGES)
    terminal.write(".penstock/environments/prod.yml", "approvers: [ada, grace]\n")
    ended = terminal.type("run", "--approve", "Deploy")
    assert (ended.code, ended.out) == (5, "")
    assert ended.err == (
        'error: environment "prod" needs the approval of ada, grace\n'
        "  = help: penstock run --approve prod\n"
    )
    assert terminal.type("runs", "list").out == ""
    assert terminal.type("run", "--approve", "PROD", "--stage", "Deploy").code == 0
    assert terminal.type("run", "--approve", "all", "--stage", "Deploy").code == 0
    assert terminal.type("run", "--stage", "Build").code == 0


def test_a_run_is_listed_with_its_facts(after_a_run: Terminal) -> None:
    (row,) = json.loads(after_a_run.type("runs", "list", "-o", "json").out)
    commit = subprocess.run(
        ["git", "-C", str(after_a_run.folder), "rev-parse", "HEAD"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert (row["id"], row["pipeline"], row["branch"]) == (1, "shop", "trunk")
    assert (row["result"], row["commit"]) == ("succeeded", commit[:8])
    assert after_a_run.type("runs", "list", "--branch", "other").err == (
        'no runs of the branch "other" yet\n'
    )
    assert after_a_run.type("runs", "list", "--kind", "ml").err == (
        "no runs yet; `penstock az ml job create` starts one\n"
    )


@pytest.mark.parametrize("name", ["", "1", "latest", "NUMBER"])
def test_a_run_is_found_by_id_number_or_as_the_latest(name: str, after_a_run: Terminal) -> None:
    number = after_a_run.type("runs", "list", "-o", "tsv", "--query", "[0].number").out.strip()
    words = [name.replace("NUMBER", number)] if name else []
    shown = after_a_run.type("runs", "show", *words)
    assert shown.out.splitlines()[0].startswith(f"✓ run 1, {number} ")
    data = json.loads(after_a_run.type("runs", "show", *words, "-o", "json").out)
    assert [node["id"] for node in data["nodes"]][:2] == ["Build", "Build/Compile"]
    assert [step["name"] for step in data["nodes"][1]["steps"]] == [
        "Initialize job",
        "Checkout self",
        "make",
        "greet",
    ]


def test_logs_are_those_of_the_job_and_step_asked_for(after_a_run: Terminal) -> None:
    everything = after_a_run.type("logs").out
    for said in ("compiled", "hello you", "pushed", "told"):
        assert f"\n{said}\n" in everything
    for job, step in (
        ("build/compile", "GREET"),
        ("Compile", "Hello"),
        ("compile it all", "step3"),
    ):
        assert after_a_run.type("logs", "--job", job, "--step", step, "--tail", "2").out == (
            "== Build/Compile: greet (succeeded)\nhello you\n##[section]Finishing: greet\n"
        )
    stamped = after_a_run.type("logs", "1", "--step", "greet", "--tail", "1", "--timestamps").out
    assert stamped.splitlines()[1].split(" ", 1)[0].endswith("Z")


def test_logs_of_nothing_name_what_there_is(after_a_run: Terminal) -> None:
    ended = after_a_run.type("logs", "--job", "Compiel")
    assert (ended.code, ended.err) == (
        3,
        'error: there is no job "Compiel"\n'
        "  = help: jobs are Build/Compile, Deploy/Push/deploy, Announce/Tell\n",
    )
    ended = after_a_run.type("logs", "--job", "Tell", "--step", "greet")
    assert ended.code == 3
    assert ended.err.startswith('error: there is no step "greet"\n  = help: steps are Initialize')


def test_an_environments_history_has_its_deployments(after_a_run: Terminal) -> None:
    for name in ("prod", "PROD"):
        (row,) = json.loads(after_a_run.type("environments", "history", name, "-o", "json").out)
        assert (row["run"], row["pipeline"], row["stage"], row["job"], row["result"]) == (
            1,
            "shop",
            "Deploy",
            "Push",
            "succeeded",
        )
    for form, printed in (("table", ""), ("json", "[]\n")):
        ended = after_a_run.type("environments", "history", "test", "-o", form)
        assert (ended.code, ended.out) == (3, printed)
        assert ended.err == 'nothing was deployed to "test" yet\n'


def test_names_and_paths_may_hold_anything(tmp_path: Path) -> None:
    folder = tmp_path / "a b 'c' \"d\" ü$x;y"
    folder.mkdir()
    terminal = Terminal(folder, tmp_path / "hö me 'x'")
    name = "pipe line ü.yml"
    terminal.write(
        name, "steps:\n- script: pwd; ls\n  displayName: \"näme 'q' $(Build.BuildId)\"\n"
    )
    ended = terminal.type("run", name)
    assert ended.code == 0, ended
    assert f"Job | {terminal.home}/work/1/s" in ended.out
    assert f"Job | {name}" in ended.out
    assert "└─ ✓ näme 'q' 1 " in ended.out


def test_a_manual_stage_is_refused_until_it_is_approved_or_left_out(terminal: Terminal) -> None:
    stages = "\nstages:\n- stage: Build\n  jobs: [{job: A, steps: [{script: echo a}]}]\n"
    manual = "- stage: Later\n  trigger: manual\n  jobs: [{job: B, steps: [{script: echo b}]}]\n"
    terminal.write("azure-pipelines.yml", stages + manual)
    ended = terminal.type("run")
    assert (ended.code, ended.err) == (
        5,
        'error: stage "Later" is started by a person (`trigger: manual`)\n'
        "  = help: penstock run --approve Later\n",
    )
    assert terminal.type("run", "--skip-stage", "Later").code == 0
    assert terminal.type("run", "--approve", "later").code == 0


def test_the_tree_says_what_kept_a_stage_from_running(terminal: Terminal) -> None:
    terminal.write(
        "azure-pipelines.yml",
        "stages:\n"
        "- stage: Build\n  jobs: [{job: A, steps: [{script: exit 1}]}]\n"
        "- stage: Deploy\n  jobs: [{job: A, steps: [{script: echo}]}]\n"
        "- stage: Notify\n  condition: and(failed(), false)\n"
        "  jobs: [{job: A, steps: [{script: echo}]}]\n",
    )
    assert terminal.type("run", "-q").code == 1
    rows = [" ".join(line.split()) for line in terminal.type("runs", "show").out.splitlines()]
    assert "├─ - Deploy skipped Build failed" in rows
    assert "└─ - Notify skipped its condition does not hold: and(failed(), false)" in rows
