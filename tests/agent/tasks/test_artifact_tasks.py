"""Artifacts of a run: published by one job, downloaded by another."""

from dataclasses import replace
from threading import Thread

import pytest

from penstock.agent.testing import MemoryJobServer, do_job, request_for, script, task
from penstock.engine.requests import Step, Variable

PUBLISH = "ecdc45f6-832d-4ad9-b52b-ee49e94659be@1"
DOWNLOAD = "30f35852-3f7e-4c0c-9a88-e127b4f97211@1"
MAKE = script("mkdir -p out/inner; echo 1 > out/a.txt; echo 2 > out/inner/b.py", "make")


def run(machine, *steps, server=None, **settings):
    return do_job(request_for(*steps, **settings), machine, server=server)


def publish(name="drop", path="out", step="step1"):
    return Step(id=step, task=PUBLISH, inputs={"path": path, "artifactName": name})


def download(step="step2", **inputs):
    return Step(id=step, task=DOWNLOAD, inputs={"alias": "current", **inputs})


LIST = script("cd $(Pipeline.Workspace); find * -type f ! -path 's/*' | sort", "list")


def test_a_published_folder_is_kept_and_downloaded_by_a_later_job(machine):
    first = run(machine, MAKE, publish())
    assert first.contents["artifact", "drop"] == {"a.txt": b"1\n", "inner/b.py": b"2\n"}
    assert first.log()[-2] == f'Published artifact "drop": 2 files from {machine.work}/1/s/out'
    second = run(machine, download(artifact="drop"), LIST, node="other")
    assert second.output("list") == ["drop/a.txt", "drop/inner/b.py"]


def test_a_file_is_an_artifact_too(machine):
    server = run(machine, MAKE, publish(path="out/a.txt"))
    assert server.contents["artifact", "drop"] == {"a.txt": b"1\n"}


def test_a_pipe_is_refused_and_not_waited_for(machine):
    make = script("mkfifo out; echo '##vso[artifact.upload artifactname=drop]out'", "make")
    server = run(machine, make, replace(publish(), condition="always()"))
    assert server.results == {"make": "failed", "step1": "failed"}
    refusal = f'"{machine.work}/1/s/out" is neither a file nor a folder'
    assert [issue.message.endswith(refusal) for issue in server.issues] == [True, True]
    assert server.attached == []


def test_all_artifacts_are_downloaded_each_into_its_folder(machine):
    run(machine, MAKE, publish("one"), publish("two", "out/inner", "step2"))
    server = run(machine, download(), LIST, node="other")
    assert server.output("list") == ["one/a.txt", "one/inner/b.py", "two/b.py"]


def test_nothing_to_download_is_no_failure(machine):
    server = run(machine, download())
    assert server.results == {"step2": "succeeded"}
    assert "No artifact was published in this run so far." in server.log("step2")


def test_download_none_does_nothing(machine):
    server = run(machine, Step(id="step2", task=DOWNLOAD, inputs={"alias": "none"}))
    assert server.results == {"step2": "succeeded"}


def test_another_pipeline_is_refused_by_name(machine):
    server = run(machine, Step(id="step2", task=DOWNLOAD, inputs={"alias": "upstream"}))
    assert server.issues[0].message == (
        'download "upstream": artifacts of other pipelines cannot be had here'
    )


def test_an_artifact_of_another_run_is_not_seen(machine):
    run(machine, MAKE, publish(), run="1")
    server = run(machine, download(artifact="drop"), run="2")
    assert server.issues[0].message == (
        'artifact "drop" was not published in this run; published: none so far'
    )


def test_a_pipeline_artifact_is_published_once(machine):
    run(machine, MAKE, publish())
    server = run(machine, MAKE, publish(), node="other")
    assert server.issues[0].message == 'artifact "drop" was already published in this run'


def test_of_jobs_side_by_side_one_publishes_a_name(machine):
    servers = []
    threads = [
        Thread(target=lambda node=node: servers.append(run(machine, MAKE, publish(), node=node)))
        for node in ("a", "b", "c", "d")
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(len(server.contents) for server in servers) == [0, 0, 0, 1]


def test_a_second_attempt_of_a_job_publishes_anew(machine):
    run(machine, MAKE, publish())
    server = run(machine, MAKE, publish(path="out/inner"), attempt=2)
    assert server.contents["artifact", "drop"] == {"b.py": b"2\n"}


def test_a_name_is_made_of_the_job_where_none_is_given(machine):
    server = run(
        machine,
        MAKE,
        publish(""),
        variables=[Variable(name="System.JobIdentifier", value="build.test.__default")],
    )
    assert list(server.contents) == [("artifact", "build.test.__default")]


@pytest.mark.parametrize("name", ["a/b", "a:b", "..", "a*b", 'a"b', "a|b", "a\\b", "a\tb"])
def test_bad_names_are_refused(machine, name):
    server = run(machine, MAKE, publish(name))
    assert server.results["step1"] == "failed"
    assert server.attached == []


def test_a_path_that_is_not_there_fails(machine):
    server = run(machine, publish(path="nothing"))
    assert server.issues[0].message == (
        f'there is nothing to publish at "{machine.work}/1/s/nothing"'
    )


def test_an_empty_folder_is_fine(machine):
    server = run(machine, script("mkdir out", "make"), publish())
    assert server.results["step1"] == "succeeded"


def test_an_ignore_file_and_git_are_left_out(machine):
    make = script(
        "mkdir -p out/.git out/tmp; touch out/.git/x out/tmp/y out/z.log out/keep\n"
        "printf 'tmp/\\n*.log\\n' > out/.artifactignore",
        "make",
    )
    server = run(machine, make, publish())
    assert sorted(server.contents["artifact", "drop"]) == [".artifactignore", "keep"]


def test_a_link_out_of_the_folder_is_not_published(machine):
    make = script(
        "mkdir out; echo 1 > out/a; ln -s a out/in; ln -s /etc/passwd out/out; ln -s /etc out/dir",
        "make",
    )
    server = run(machine, make, publish())
    assert server.contents["artifact", "drop"] == {"a": b"1\n", "in": b"1\n"}
    assert [i.message for i in server.issues] == [
        'left out the link "dir": it does not lead to a file of the folder',
        'left out the link "out": it does not lead to a file of the folder',
    ]


def test_a_link_to_itself_is_not_published(machine):
    make = script("mkdir out; echo 1 > out/a; ln -s loop out/loop", "make")
    server = run(machine, make, publish())
    assert server.contents["artifact", "drop"] == {"a": b"1\n"}
    assert [i.message for i in server.issues] == [
        'left out the link "loop": it does not lead to a file of the folder'
    ]


def test_an_artifact_may_have_any_name_that_is_one(machine):
    for number, name in enumerate((".owners", ".git", "-rf", "a b", "$(pwd)`id`;x")):
        server = run(machine, MAKE, publish(name), node=f"job{number}")
        assert server.contents["artifact", name] == {"a.txt": b"1\n", "inner/b.py": b"2\n"}
    count = script("cd $(Pipeline.Workspace); find . -type f ! -path './s/*' | wc -l", "count")
    server = run(machine, download(), count, node="other")
    assert server.output("count") == ["10"]


def test_an_artifact_whose_name_holds_a_secret_is_refused(machine):
    secret = Variable(name="s", value="hunter2-hunter2", secret=True)
    server = run(machine, MAKE, publish("of-$(s)"), variables=[secret])
    assert server.attached == []
    assert server.issues[0].message == (
        "the artifact's name holds a secret, and names are shown to everyone"
    )


@pytest.mark.parametrize(
    ("patterns", "files"),
    [
        ("**", ["a.txt", "inner/b.py"]),
        ("*.txt", ["a.txt"]),
        ("**/*.py", ["inner/b.py"]),
        ("**\n!**/*.py", ["a.txt"]),
        ("!**/*.py\n**", ["a.txt", "inner/b.py"]),
        ("inner/**", ["inner/b.py"]),
        ("nothing", []),
    ],
)
def test_patterns_are_relative_to_a_named_artifact(machine, patterns, files):
    run(machine, MAKE, publish())
    step = task(
        "DownloadPipelineArtifact@2",
        artifactName="drop",
        itemPattern=patterns,
        targetPath="$(Pipeline.Workspace)/got",
    )
    server = run(machine, step, LIST, node="other")
    assert server.output("list") == [f"got/{file}" for file in files]


def test_patterns_over_all_artifacts_begin_with_their_name(machine):
    run(machine, MAKE, publish("one"), publish("two", "out/inner", "step2"))
    step = task("DownloadPipelineArtifact@2", patterns="one/*.txt\ntwo/**")
    server = run(machine, step, LIST, node="other")
    assert server.output("list") == ["one/a.txt", "two/b.py"]


def test_a_relative_path_begins_at_the_default_directory(machine):
    run(machine, MAKE, publish())
    step = task("DownloadPipelineArtifact@2", artifact="drop", path="here")
    server = run(machine, step, script("find here -type f | sort", "list"), node="other")
    assert server.output("list") == ["here/a.txt", "here/inner/b.py"]


def test_artifacts_of_another_run_are_refused_by_name(machine):
    server = run(machine, task("DownloadPipelineArtifact@2", buildType="specific"))
    assert server.issues[0].message == (
        '"specific": artifacts of other runs cannot be had here; use "current"'
    )


def test_build_artifacts_add_up_and_have_a_folder_of_their_name(machine):
    steps = [
        MAKE,
        task("PublishBuildArtifacts@1", "step1", pathtoPublish="out/inner", artifactName="drop"),
        task(
            "PublishBuildArtifacts@1", "step2", PathtoPublish="$(Build.SourcesDirectory)/out/a.txt"
        ),
    ]
    first = run(machine, *steps)
    assert first.contents["artifact", "drop"] == {"a.txt": b"1\n", "b.py": b"2\n"}
    second = run(machine, task("DownloadBuildArtifacts@0", artifactName="drop"), LIST, node="other")
    assert second.output("list") == ["a/drop/a.txt", "a/drop/b.py"]


def test_chosen_files_of_build_artifacts(machine):
    run(machine, MAKE, publish("one"), publish("two", "out/inner", "step2"))
    step = task(
        "DownloadBuildArtifacts@1",
        downloadType="specific",
        itemPattern="**/*.py",
        downloadPath="$(Build.SourcesDirectory)/x",
    )
    server = run(machine, step, script("find x -type f | sort", "list"), node="other")
    assert server.output("list") == ["x/one/inner/b.py", "x/two/b.py"]


@pytest.mark.parametrize(
    ("reference", "inputs", "text"),
    [
        (
            "PublishPipelineArtifact@1",
            {"publishLocation": "filepath", "artifact": "x"},
            'artifactType "filepath": publishing to a file share is not supported',
        ),
        (
            "PublishBuildArtifacts@1",
            {"publishLocation": "FilePath"},
            'publishLocation "FilePath": publishing to a file share is not supported',
        ),
        (
            "PublishBuildArtifacts@1",
            {"StoreAsTar": "true"},
            '"StoreAsTar" is not supported; archive the files with ArchiveFiles@2',
        ),
    ],
)
def test_what_is_not_supported_is_refused_by_name(machine, reference, inputs, text):
    assert run(machine, task(reference, **inputs)).issues[0].message == text


def test_only_the_artifacts_of_recent_runs_are_kept_here(machine):
    for number in range(25):
        run(
            machine,
            script("echo 1 > x", "make"),
            publish(path="x"),
            run=str(number),
            server=MemoryJobServer(),
        )
    kept = [path.name for path in (machine.work / "_artifacts").iterdir()]
    assert len(kept) <= 21
    assert "24" in kept
