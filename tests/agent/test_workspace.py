"""Workspaces: which folder a job gets, and what is in it when it begins."""

import os
import subprocess
from dataclasses import replace

import pytest

from penstock.agent.testing import do_job, request_for, script
from penstock.agent.workspace import open_workspace, sweep
from penstock.engine.requests import Step


def test_a_pipeline_keeps_its_number(machine):
    first = open_workspace(machine, "one")
    first.close()
    second = open_workspace(machine, "two")
    second.close()
    again = open_workspace(machine, "one")
    assert (first.number, second.number, again.number) == (1, 2, 1)
    again.close()


def test_two_jobs_never_share_a_workspace(machine):
    first, second = open_workspace(machine, "one"), open_workspace(machine, "one")
    assert {first.number, second.number} == {1, 2}
    first.close()
    third = open_workspace(machine, "one")
    assert third.number == 1
    second.close()
    third.close()


def test_scripts_of_a_killed_agent_are_swept_and_those_of_a_living_one_stay(machine):
    sweep(machine.work)
    child = os.fork()
    if child == 0:
        killed = open_workspace(machine, "killed")
        killed.prepare("", fresh=True)
        killed.temporary_file(".sh").write_text("a secret")
        os._exit(killed.number)
    _, status = os.waitpid(child, 0)
    living = open_workspace(machine, "living")
    living.prepare("", fresh=True)
    script_file = living.temporary_file(".sh")
    script_file.write_text("in use")
    left = machine.work / "_temp" / str(os.waitstatus_to_exitcode(status))
    assert len(list(left.iterdir())) == 1
    sweep(machine.work)
    assert list(left.iterdir()) == []
    assert script_file.read_text() == "in use"
    living.close()


def test_another_process_sees_that_a_workspace_is_used(machine):
    first = open_workspace(machine, "one")
    child = os.fork()
    if child == 0:
        os._exit(open_workspace(machine, "one").number)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 2
    first.close()


LEAVE = "for d in s a b TestResults .; do mkdir -p ../$d; touch ../$d/left; done"
LOOK = "cd ..; find . -name left | sort"
CHECKOUT = Step(id="step0", task="checkout@1", inputs={"repository": "self"})


@pytest.mark.parametrize(
    ("clean", "left"),
    [
        ("", ["./b/left", "./left"]),
        ("outputs", ["./left"]),
        ("resources", ["./b/left", "./left"]),
        ("all", []),
        ("ALL", []),
    ],
)
def test_what_is_left_by_an_earlier_job_on_a_pool_of_ones_own(machine, clean, left):
    for text, wanted in ((LEAVE, ""), (LOOK, clean)):
        request = request_for(script(text), clean=wanted)
        server = do_job(replace(request, work=replace(request.work, pool="ours")), machine)
    assert server.output() == left


def test_a_hosted_machine_is_always_fresh(machine):
    do_job(request_for(script(LEAVE)), machine)
    assert do_job(request_for(script(LOOK)), machine).output() == []


def test_read_only_folders_are_removed_too(machine):
    do_job(
        request_for(script("mkdir -p ../deep/er; touch ../deep/er/x; chmod -R a-w ../deep")),
        machine,
    )
    server = do_job(request_for(script("ls -A ..")), machine)
    assert "deep" not in server.output()


def test_a_link_out_of_the_workspace_is_removed_not_followed(machine, tmp_path):
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious/file").write_text("x")
    do_job(
        request_for(script(f"ln -s {tmp_path}/precious ../link; ln -s {tmp_path}/precious x")),
        machine,
    )
    do_job(request_for(script("true")), machine)
    assert (tmp_path / "precious/file").read_text() == "x"


def test_what_a_job_left_in_place_of_its_folders_is_replaced_and_never_followed(machine, tmp_path):
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "kept.txt").write_text("kept")
    first = open_workspace(machine, "one")
    first.prepare("", fresh=True)
    first.staging.rmdir()
    first.staging.symlink_to(precious)
    first.binaries.chmod(0o500)
    first.test_results.rmdir()
    first.test_results.write_text("a file")
    (first.root / "stranger").mkdir()
    first.close()
    again = open_workspace(machine, "one")
    again.prepare("", fresh=True)
    assert sorted(path.name for path in again.root.iterdir()) == ["TestResults", "a", "b", "s"]
    assert not again.staging.is_symlink()
    for folder in (again.staging, again.binaries, again.test_results):
        (folder / "new.txt").write_text("new")
    assert (precious / "kept.txt").read_text() == "kept"
    again.close()


def test_a_link_in_place_of_the_temporary_folder_is_never_followed(machine, tmp_path):
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "kept.txt").write_text("kept")
    replaced = script(f'rm -r "$AGENT_TEMPDIRECTORY" && ln -s {precious} "$AGENT_TEMPDIRECTORY"')
    assert do_job(request_for(replaced), machine).finished.result == "succeeded"
    assert do_job(request_for(script("true")), machine).finished.result == "succeeded"
    assert (precious / "kept.txt").read_text() == "kept"


def test_a_link_in_place_of_the_workspace_is_never_followed(machine, tmp_path):
    precious = tmp_path / "precious"
    (precious / "s").mkdir(parents=True)
    (precious / "s/kept.txt").write_text("kept")
    replaced = script(f"cd / && rm -r {machine.work}/1 && ln -s {precious} {machine.work}/1")
    assert do_job(request_for(replaced), machine).finished.result == "succeeded"
    assert do_job(request_for(script("true")), machine).finished.result == "succeeded"
    assert (precious / "s/kept.txt").read_text() == "kept"


def test_a_file_in_place_of_the_temporary_folder_fails_no_job(machine):
    replaced = script('rm -r "$AGENT_TEMPDIRECTORY" && touch "$AGENT_TEMPDIRECTORY"')
    assert do_job(request_for(replaced), machine).finished.result == "succeeded"
    assert do_job(request_for(script("true")), machine).finished.result == "succeeded"


def test_what_cannot_be_removed_fails_neither_the_job_nor_the_next_start(machine):
    kept = machine.work / "_temp/1/kept"
    leave = script(f"mkdir {kept} && chattr +i {kept}")
    server = do_job(request_for(leave), machine)
    try:
        if server.results["step1"] != "succeeded":
            pytest.skip("this user or file system has no immutable folders")
        assert server.finished.result == "succeeded"
        sweep(machine.work)
        assert kept.is_dir()
    finally:
        subprocess.run(["chattr", "-i", kept], check=False, capture_output=True)
