"""The tree of a run: how it is drawn, and what of a run stands in it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from penstock.cli.explaining.summary import (
    MlJob,
    as_abandoned,
    failed_jobs,
    failures,
    job_tree,
    run_tree,
)
from penstock.cli.explaining.tree import Branch, draw, seconds_text
from penstock.engine.events import (
    NodeFinished,
    NodeQueued,
    NodeStarted,
    Result,
    RunFinished,
    StepFinished,
    StepStarted,
)
from penstock.engine.state import RunState, replay

sys.path.append(str(Path(__file__).parents[2] / "engine"))

from engine_plans import group, job, plan, stage, variables


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0.0s"),
        (0.04, "0.0s"),
        (99.94, "99.9s"),
        (100, "1m 40s"),
        (3599.4, "59m 59s"),
        (3599.6, "1h 00m"),
        (7325, "2h 02m"),
        (360000, "100h 00m"),
    ],
)
def test_durations_read_well(seconds: float, text: str) -> None:
    assert seconds_text(seconds) == text


def test_a_tree_is_drawn_with_a_line_a_branch() -> None:
    leaf = Branch(name="test", state="failed", seconds=1.26, detail="exit code 1")
    middle = Branch(name="build", state="failed", seconds=2, children=(leaf, leaf))
    last = Branch(name="deploy", state="skipped")
    tree = Branch(name="run 1", state="failed", seconds=61, children=(middle, last))
    assert draw(tree, width=20).splitlines() == [
        "✗ run 1               failed                  61.0s",
        "├─ ✗ build            failed                   2.0s",
        "│  ├─ ✗ test          failed                   1.3s  exit code 1",
        "│  └─ ✗ test          failed                   1.3s  exit code 1",
        "└─ - deploy           skipped",
    ]


def test_a_services_own_word_is_printed_and_times_can_be_left_out() -> None:
    tree = Branch(name="train", state="succeeded", word="Completed", seconds=3, detail="r2 0.5")
    assert draw(tree, width=10, times=False) == "✓ train     Completed            r2 0.5"


def test_only_the_mark_is_coloured() -> None:
    tree = Branch(name="✓ done", state="succeeded", children=(Branch(name="x", state="pending"),))
    first, second = draw(tree, color=True, width=10).splitlines()
    assert first == "\x1b[32m✓\x1b[0m ✓ done    succeeded"
    assert second == "└─ · x      pending"


def test_a_name_longer_than_the_column_keeps_its_line() -> None:
    assert draw(Branch(name="a" * 30, state="succeeded"), width=8) == f"✓ {'a' * 30}  succeeded"


def test_a_state_that_is_unknown_is_drawn_all_the_same() -> None:
    assert draw(Branch(name="x", state="odd"), width=4) == "· x   odd"


STAGES = plan(stage("Build", job("Compile"), job("Test")), stage("Deploy", job("Push")))
FAILED_TEST = (
    NodeQueued(at=10, node="Build"),
    NodeStarted(at=10, node="Build"),
    NodeQueued(at=10, node="Build/Compile"),
    NodeStarted(at=10, node="Build/Compile"),
    StepStarted(at=10, node="Build/Compile", step="s1", name="make"),
    StepFinished(
        at=12, node="Build/Compile", step="s1", name="make", result=Result.FAILED, message="exit 2"
    ),
    NodeFinished(at=13, node="Build/Compile", result=Result.FAILED, message="make: exit 2"),
    NodeFinished(at=14, node="Build/Test", result=Result.ABANDONED, message="the agent is gone"),
)


def drawn(state: RunState, now: float = 20) -> list[str]:
    return draw(run_tree(state, "run 1", now), width=20).splitlines()


def test_a_run_that_goes_on_counts_its_seconds() -> None:
    assert drawn(replay(STAGES, FAILED_TEST[:5])) == [
        "▸ run 1               running                 10.0s",
        "├─ ▸ Build            running                 10.0s",
        "│  ├─ ▸ Compile       running                 10.0s",
        "│  │  └─ ▸ make       running                 10.0s",
        "│  └─ · Test          pending",
        "└─ · Deploy           pending",
        "   └─ · Push          pending",
    ]


def test_a_run_whose_process_is_gone_is_abandoned() -> None:
    tree = as_abandoned(run_tree(replay(STAGES, FAILED_TEST[:5]), "run 1", 20))
    assert [line[:40].split()[-1] for line in draw(tree, width=20).splitlines()] == [
        *["abandoned"] * 4,
        *["canceled"] * 3,
    ]


def test_a_step_tells_why_its_job_failed_and_a_job_without_one_tells_it_itself() -> None:
    state = replay(STAGES, FAILED_TEST)
    assert drawn(state)[2:5] == [
        "│  ├─ ✗ Compile       failed                   3.0s",
        "│  │  └─ ✗ make       failed                   2.0s  exit 2",
        "│  └─ ✗ Test          abandoned                      the agent is gone",
    ]
    found = [(node.node.id, step.name if step else None) for node, step in failures(state)]
    assert found == [("Build/Compile", "make"), ("Build/Test", None)]


def test_a_step_that_was_cut_off_ends_as_its_job() -> None:
    lost = NodeFinished(at=15, node="Build/Compile", result=Result.ABANDONED)
    assert drawn(replay(STAGES, (*FAILED_TEST[:5], lost)))[3] == (
        "│  │  └─ ✗ make       abandoned                5.0s"
    )


def test_a_stage_that_the_yaml_did_not_name_is_left_out() -> None:
    state = replay(plan(stage("__default", job("Job"))), ())
    assert drawn(state) == ["▸ run 1               running", "└─ · Job              pending"]


def test_a_deployment_names_its_environment_and_shows_its_only_hook_as_its_own() -> None:
    hooks = group(
        "Push",
        job("deploy"),
        kind="deployment",
        variables=variables(**{"Environment.Name": "prod"}),
    )
    step = StepStarted(at=1, node="S/Push/deploy", step="s", name="copy")
    state = replay(plan(stage("S", hooks)), (NodeQueued(at=1, node="S/Push/deploy"), step))
    assert [line.strip("└─ ·▸").split("  ")[0] for line in drawn(state)] == [
        "run 1",
        "S",
        "Push -> prod",
        "copy",
    ]


def test_an_ended_run_lasts_from_its_first_start_to_its_last_end() -> None:
    ends = (*FAILED_TEST, RunFinished(at=99, result=Result.FAILED))
    assert drawn(replay(STAGES, ends), now=1000)[0].split() == ["✗", "run", "1", "failed", "4.0s"]


def test_ml_jobs_stand_below_the_step_that_submitted_them() -> None:
    child = MlJob(name="c1", title="train", status="Completed", seconds=2.0, metrics={"r2": 0.5032})
    ml = MlJob(
        name="j1",
        title="demo (j1)",
        status="Running",
        seconds=3.0,
        origin="1/Build/Compile/s1",
        children=(child,),
    )
    tree = run_tree(replay(STAGES, FAILED_TEST[:5]), "run 1", 20, [ml])
    assert draw(tree, width=30).splitlines()[3:6] == [
        "│  │  └─ ▸ make                 running                 10.0s",
        "│  │     └─ ▸ demo (j1)         Running                  3.0s",
        "│  │        └─ ✓ train          Completed                2.0s  r2 0.5032",
    ]


@pytest.mark.parametrize(
    ("value", "text"),
    [(442.0, "442"), (41.8512, "41.85"), (0.00001234, "1.234e-05"), (1e15, "1e+15"), (-3.0, "-3")],
)
def test_metrics_are_short(value: float, text: str) -> None:
    job = MlJob(name="j", title="j", status="Completed", metrics={"m": value})
    assert job_tree(job).detail == f"m {text}"


def test_the_child_that_failed_first_explains_an_ml_job() -> None:
    good = MlJob(name="a", title="clean", status="Completed")
    bad = MlJob(name="b", title="train", status="Failed", error="exit code 1")
    later = MlJob(name="c", title="score", status="Canceled")
    root = MlJob(name="r", title="demo", status="Failed", children=(good, bad, later))
    alone = MlJob(name="x", title="alone", status="NotResponding")
    assert failed_jobs([good, root, alone]) == [(root, bad), (alone, alone)]
