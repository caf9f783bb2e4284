"""What `penstock run` prints while it runs where nobody looks at a terminal."""

from __future__ import annotations

from penstock.cli.running.progress import PlainProgress
from penstock.cli.running.session import said
from penstock.engine.events import NodeFinished, NodePhase, Result, StepFinished

BUILD_LOG = "azureml-logs/20_image_build_log.txt"


def test_ml_nodes_are_told_in_the_words_of_azure_ml() -> None:
    told: list[str] = []
    progress = PlainProgress(told.append)
    progress.job_event("fare", "prep", NodePhase(node="prep", at=1.0, phase="Preparing"))
    for node, result, message in (
        ("prep", Result.SUCCEEDED, ""),
        ("train", Result.FAILED, "the command ended with exit code 1"),
        ("score", Result.SKIPPED, "another node failed"),
    ):
        end = NodeFinished(node=node, at=2.0, result=result, message=message)
        progress.job_event("fare", node, end)
    assert told == [
        "ml fare/prep | Preparing",
        "ml fare/prep | Completed",
        "ml fare/train | Failed: the command ended with exit code 1",
        "ml fare/score | Canceled: another node failed",
    ]


def test_how_an_environment_is_made_is_told_once() -> None:
    told: list[str] = []
    progress = PlainProgress(told.append)
    building = ["environment: building", "  pandas 1.2.1 -> 1.5.3 (no wheel)"]
    progress.job_lines("fare", "prep", BUILD_LOG, building)
    progress.job_lines("fare", "train", BUILD_LOG, ["environment: ready", building[1]])
    progress.job_lines("fare", "train", "system_logs/lifecycler/lifecycler.log", ["Preparing"])
    progress.job_lines("fare", "train", "user_logs/std_log.txt", ["epoch 1", "epoch 1"])
    progress.job_lines("alone", "alone", "user_logs/std_log.txt", ["hello"])
    assert told == [
        "ml fare/prep | environment: building",
        "ml fare/prep |   pandas 1.2.1 -> 1.5.3 (no wheel)",
        "ml fare/train | environment: ready",
        "ml fare/train | epoch 1",
        "ml fare/train | epoch 1",
        "ml alone | hello",
    ]


def test_why_a_step_failed_is_told_once() -> None:
    told: list[str] = []
    progress = PlainProgress(told.append)
    failed = StepFinished(
        node="S/J", at=1.0, step="step2", name="Build", result=Result.FAILED, message="exit code 3"
    )
    progress.event(failed)
    end = NodeFinished(node="S/J", at=2.0, result=Result.FAILED, message="Build: exit code 3")
    progress.event(end)
    assert told == ["S/J | Build failed: exit code 3", "S/J | failed"]


def test_a_failed_steps_last_lines_are_those_of_its_program() -> None:
    log = [
        "##[section]Starting: Train",
        "=" * 78,
        "Task         : Azure CLI",
        "Description  : Run a bash or PowerShell script with the Azure CLI",
        "=" * 78,
        "##[command]bash /work/_temp/1/a.sh",
        "cd: code: No such file or directory",
        "##[error]Script failed with exit code: 1",
        "##[section]Finishing: Train",
    ]
    assert said(log) == [
        "cd: code: No such file or directory",
        "##[error]Script failed with exit code: 1",
    ]
