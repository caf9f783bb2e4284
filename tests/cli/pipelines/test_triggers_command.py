"""`penstock triggers` on real repositories; the expected texts are the product's own."""

import json
import subprocess

import pytest

FILES = {
    "azure-pipelines.yml": "trigger: [main, releases/*]\npr: [main]\nsteps:\n- script: echo\n",
    "docs/docs.yml": """\
trigger:
  branches: {include: ['*']}
  paths: {include: [docs]}
schedules:
- cron: 0 3 * * Mon-Fri
  displayName: Nightly
  branches: {include: [main]}
  always: true
resources:
  pipelines:
  - {pipeline: app, source: app-ci, trigger: {branches: [main], tags: [good]}}
steps:
- script: echo
""",
    "steps.yml": "steps:\n- script: echo\n",
    "broken/azure-pipelines-broken.yml": "trigger: none\nsteps:\n- scrpt: echo\n",
}


@pytest.fixture
def project(terminal):
    for name, text in FILES.items():
        terminal.write(name, text)
    git(terminal, "init", "-q", "-b", "main")
    git(terminal, "add", ".")
    git(terminal, "commit", "-q", "-m", "Begin")
    return terminal


def git(terminal, *words):
    me = ("-c", "user.name=me", "-c", "user.email=me@here")
    subprocess.run(["git", *me, *words], cwd=terminal.folder, check=True, capture_output=True)


def answered(project, *words):
    ended = project.type("triggers", *words)
    assert ended.code == 0, ended.err
    return ended.out


def test_a_push_to_a_branch(project):
    assert (
        answered(project, "--push", "main", "--changed", "docs/a.md")
        == """\
a push to main, 1 changed file

azure-pipelines.yml: starts (individualCI)
  branch main is in trigger.branches.include: main  (azure-pipelines.yml:1:11)
broken/azure-pipelines-broken.yml: does not start
  trigger is none  (broken/azure-pipelines-broken.yml:1:10)
docs/docs.yml: starts (individualCI)
  branch main is in trigger.branches.include: *; docs/a.md changed, and \
is in trigger.paths.include: docs  (docs/docs.yml:2:24)
"""
    )


def test_a_push_that_says_so_starts_nothing(project):
    text = answered(project, "--push", "main", "--message", "Mend [skip ci]", "azure-pipelines.yml")
    assert (
        text
        == """\
a push to main

azure-pipelines.yml: does not start
  a commit message of the push says "[skip ci]"
"""
    )


def test_a_tag(project):
    assert (
        answered(project, "--push", "refs/tags/v1", "azure-pipelines.yml")
        == """\
a push to tag v1

azure-pipelines.yml: does not start
  there is no trigger.tags, and without it no tag starts a run  (azure-pipelines.yml:1:10)
"""
    )


def test_a_pull_request_to_a_branch_makes_a_faulty_pipeline_fail(project):
    assert (
        answered(project, "--pr", "main")
        == """\
a pull request to main

azure-pipelines.yml: starts (pullRequest)
  target branch main is in pr.branches.include: main  (azure-pipelines.yml:2:6)
broken/azure-pipelines-broken.yml: fails at once (pullRequest)
  the pipeline is not valid: unknown key "scrpt" in a step  (broken/azure-pipelines-broken.yml:3:3)
docs/docs.yml: starts (pullRequest)
  there is no pr, so a pull request to any branch (main) runs it
"""
    )


def test_the_end_of_a_run(project):
    key = "resources.pipelines.app.trigger"
    assert (
        answered(project, "--completed", "app-ci@main", "docs/docs.yml")
        == f"""\
a run of app-ci succeeded on main

docs/docs.yml: does not start
  the run has no tag good, which {key}.tags asks for  (docs/docs.yml:11:72)
"""
    )
    assert (
        answered(project, "--completed", "app-ci", "--tag", "good", "docs/docs.yml")
        == f"""\
a run of app-ci succeeded on main

docs/docs.yml: starts (resourceTrigger)
  a run of app-ci succeeded on main, as {key} asks  (docs/docs.yml:11:46)
"""
    )


RESOURCES = """\
trigger: none
schedules:
- {cron: 0 5 * * *, batch: true, branches: {include: [main]}}
resources:
  pipelines:
  - {pipeline: app, source: app-ci, trigger: {stages: [Build, Test], tags: [good]}}
  repositories:
  - {repository: tools, name: tools, trigger: {branches: {include: [main]}}}
  - {repository: far, name: Far/lib, trigger: [main]}
steps: []
"""


@pytest.mark.parametrize(
    ("words", "event", "outcome", "why"),
    [
        (
            ("--completed", "app-ci", "--tag", "good"),
            "a run of app-ci succeeded on main",
            "starts (resourceTrigger)",
            "stages Build, Test of a run of app-ci succeeded on main, as "
            "resources.pipelines.app.trigger asks  (res.yml:6:46)",
        ),
        (
            ("--completed", "app-ci", "--tag", "good", "--stage", "Build"),
            "stage Build of a run of app-ci succeeded on main",
            "does not start",
            "stage Test, one of resources.pipelines.app.trigger.stages, has not run  "
            "(res.yml:6:63)",
        ),
        (
            ("--completed", "app-ci", "--stage", "Build", "--stage", "Test"),
            "stages Build, Test of a run of app-ci succeeded on main",
            "does not start",
            "the run has no tag good, which resources.pipelines.app.trigger.tags asks for  "
            "(res.yml:6:77)",
        ),
        (
            ("--push", "main", "--to", "tools"),
            "a push to main of tools",
            "starts (resourceTrigger)",
            "branch main is in resources.repositories.tools.trigger.branches.include: main  "
            "(res.yml:8:69)",
        ),
        (
            ("--push", "main", "--to", "Far/lib"),
            "a push to main of Far/lib",
            "starts (resourceTrigger)",
            "branch main is in resources.repositories.far.trigger.branches.include: main  "
            "(res.yml:9:48)",
        ),
        (
            ("--push", "main", "--to", "Other/tools"),
            "a push to main of Other/tools",
            "does not start",
            "the push is to tools, and this pipeline is of NAME",
        ),
        (
            ("--at", "2026-12-01T05:00"),
            "Tuesday 2026-12-01 05:00 UTC on main",
            "starts (schedule)",
            'the schedule "0 5 * * *" was due at 2026-12-01 05:00 UTC; it runs if main changed '
            "since the last successful run by a schedule, and none goes on, as always is not set  "
            "(res.yml:3:3)",
        ),
    ],
)
def test_resources_and_schedules(project, words, event, outcome, why):
    project.write("res.yml", RESOURCES)
    said = why.replace("NAME", project.folder.name)
    assert answered(project, *words, "res.yml") == f"{event}\n\nres.yml: {outcome}\n  {said}\n"


OUTSIDE = """\
trigger: none
resources:
  containers: [{container: app, image: "app:1", trigger: {tags: [v*]}}]
  packages: [{package: lib, type: npm, connection: c, name: me/lib, trigger: true}]
  builds: [{build: ci, type: Jenkins, connection: c, source: job}]
  webhooks: [{webhook: hook, connection: wh, filters: [{path: action, value: made}]}]
steps: []
"""


@pytest.mark.parametrize(
    ("words", "event", "outcome", "why"),
    [
        (
            ("--image", "app:v2"),
            "a new image app:v2",
            "starts (resourceTrigger)",
            "tag v2 is in resources.containers.app.trigger.tags.include: v*  (out.yml:3:66)",
        ),
        (
            ("--package", "me/lib"),
            "a new version of the package me/lib",
            "starts (resourceTrigger)",
            "resources.packages.lib.trigger is true, and there is a new package of me/lib  "
            "(out.yml:4:78)",
        ),
        (
            ("--build", "job"),
            "a build of job succeeded",
            "does not start",
            "there is no resources.builds.ci.trigger, and without it no build starts this pipeline",
        ),
        (
            ("--webhook", "wh", "--body", "made.json"),
            "a webhook through wh",
            "starts (resourceTrigger)",
            "all filters of resources.webhooks.hook fit the event  (out.yml:6:14)",
        ),
        (
            ("--webhook", "wh"),
            "a webhook through wh",
            "does not start",
            "action of the event has no value, and a filter of resources.webhooks.hook asks for "
            "made  (out.yml:6:78)",
        ),
    ],
)
def test_what_is_new_in_other_systems(project, words, event, outcome, why):
    project.write("out.yml", OUTSIDE)
    project.write("made.json", '{"action": "made"}')
    watched = "as the service decides; here nothing watches for it"
    expected = f"{event}, {watched}\n\nout.yml: {outcome}\n  {why}\n"
    assert answered(project, *words, "out.yml") == expected


def test_a_pipeline_that_has_only_resources_is_found_for_their_events(project):
    project.write(
        "ci/after.yml", "resources: {pipelines: [{pipeline: a, source: up}]}\nsteps: []\n"
    )
    of_resources = answered(project, "--completed", "up")
    assert (
        "ci/after.yml: does not start\n  there is no resources.pipelines.a.trigger" in of_resources
    )
    assert "ci/after.yml" not in answered(project, "--push", "main")


def test_a_body_that_is_no_json_is_refused(project):
    project.write("made.json", "{action: made}")
    ended = project.type("triggers", "--webhook", "wh", "--body", "made.json")
    assert ended.code == 2
    assert ended.err.startswith('error: --body: "made.json" is not valid JSON: ')


def test_a_time(project):
    assert (
        answered(project, "--at", "2026-12-01T03:00", "docs/docs.yml")
        == """\
Tuesday 2026-12-01 03:00 UTC on main

docs/docs.yml: starts (schedule)
  the schedule "Nightly" was due at 2026-12-01 03:00 UTC; it always runs  (docs/docs.yml:5:3)
"""
    )
    assert (
        answered(project, "--at", "2026-12-05T02:00:00+01:00", "docs/docs.yml")
        == """\
Saturday 2026-12-05 01:00 UTC on main

docs/docs.yml: does not start
  no schedule of main is due; the next time is 2026-12-07 03:00 UTC
"""
    )


def test_without_an_event_it_is_a_push_of_what_the_upstream_does_not_have(project, tmp_path):
    git(project, "init", "-q", "--bare", str(tmp_path / "origin"))
    git(project, "remote", "add", "origin", str(tmp_path / "origin"))
    git(project, "push", "-q", "-u", "origin", "main")
    assert answered(project, "docs/docs.yml").startswith(
        "everything is pushed; the last commit of main as a push\n"
    )
    project.write("docs/a.md", "a")
    git(project, "add", ".")
    git(project, "commit", "-q", "-m", "Write")
    project.write("src/b.py", "b")
    git(project, "add", ".")
    git(project, "commit", "-q", "-m", "Code")
    assert (
        answered(project, "docs/docs.yml")
        == """\
a push of main: 2 commits, 2 changed files

docs/docs.yml: starts (individualCI)
  branch main is in trigger.branches.include: *; docs/a.md changed, and \
is in trigger.paths.include: docs  (docs/docs.yml:2:24)
"""
    )
    git(project, "push", "-q")
    git(project, "checkout", "-q", "-b", "new")
    project.write("src/c.py", "c")
    git(project, "add", ".")
    git(project, "commit", "-q", "-m", "More")
    assert (
        answered(project, "docs/docs.yml")
        == """\
a push of new: 1 commit, 1 changed file

docs/docs.yml: does not start
  src/c.py is not in trigger.paths.include: docs  (docs/docs.yml:3:21)
"""
    )


def test_the_answer_as_data(project):
    text = answered(project, "--push", "dev", "-o", "json", "azure-pipelines.yml")
    assert json.loads(text) == {
        "event": "a push to dev",
        "pipelines": [
            {
                "pipeline": "azure-pipelines.yml",
                "outcome": "none",
                "reason": None,
                "why": "branch dev is not in trigger.branches.include: main, releases/*",
                "file": "azure-pipelines.yml",
                "line": 1,
                "column": 11,
                "triggeringAlias": None,
                "notChecked": None,
            }
        ],
    }


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--push", "a", "--pr", "b"), 2, "one event at a time"),
        (("--at", "soon"), 2, '--at: "soon" is not a time'),
        (("--push", "a", "nowhere.yml"), 3, 'there is no file "nowhere.yml"'),
        ((), 2, "has no branch with a commit that could be pushed"),
    ],
)
def test_questions_without_meaning(terminal, words, code, said):
    terminal.write("azure-pipelines.yml", "steps: []\n")
    ended = terminal.type("triggers", *words)
    assert (ended.code, said in ended.err) == (code, True), ended.err


def test_a_folder_without_pipelines(terminal):
    ended = terminal.type("triggers", "--push", "a")
    assert (ended.code, "there is no pipeline in" in ended.err) == (3, True)


def test_a_template_of_another_repository_is_no_fault_of_the_pipeline(project):
    project.write(
        "azure-pipelines.yml",
        "trigger: [main]\n"
        "resources: {repositories: [{repository: shared, type: git, name: shared}]}\n"
        "extends: {template: ci.yml@shared}\n",
    )
    assert (
        answered(project, "--push", "main", "azure-pipelines.yml")
        == """\
a push to main

azure-pipelines.yml: starts (individualCI)
  branch main is in trigger.branches.include: main  (azure-pipelines.yml:1:11)
  note: not checked: the template "ci.yml@shared" is in the repository "shared", which was not given
    = help: give a local copy of it: --local-repository shared=DIR
"""
    )


def test_a_pipeline_without_schedules_says_so(project):
    text = answered(project, "--at", "2026-12-24T03:00", "azure-pipelines.yml")
    assert text.endswith("does not start\n  there is no schedule of main\n")
