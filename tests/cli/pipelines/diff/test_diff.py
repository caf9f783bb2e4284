"""`penstock diff` as a person calls it: real Git repositories, whole texts, exit codes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

BEFORE = """\
trigger: [main]
stages:
- stage: Build
  jobs:
  - job: Compile
    pool: {vmImage: ubuntu-22.04}
    steps:
    - script: make
      displayName: build
    - script: make lint
- stage: Deploy
  condition: succeeded()
  jobs:
  - template: jobs/ship.yml
"""
AFTER = """\
trigger: [main, release/*]
stages:
- stage: Build
  jobs:
  - job: Compile
    pool: {vmImage: ubuntu-24.04}
    steps:
    - script: make
      displayName: build
      env: {KEY: $(API_KEY)}
- stage: Scan
  jobs:
  - job: Trivy
    steps:
    - script: trivy fs .
- stage: Deploy
  condition: and(succeeded(), eq(variables['Build.SourceBranch'], 'refs/heads/main'))
  jobs:
  - template: jobs/ship.yml
"""
SHIP = """\
jobs:
- deployment: web
  environment: {environment}
  strategy:
    runOnce:
      deploy:
        steps:
        - script: ship
"""
GROUP = "secrets: [API_KEY]\n"
TEXT = """\
main -> feature

~ trigger  main -> main, release/*                        azure-pipelines.yml:1

stage Build
  job Compile
    ~ pool  vmImage ubuntu-22.04 -> vmImage ubuntu-24.04  azure-pipelines.yml:6
    step build
      + env KEY = $(API_KEY)                              azure-pipelines.yml:10
    - step make lint                                      azure-pipelines.yml:10

+ stage Scan  (1 job, 1 step)                             azure-pipelines.yml:11

stage Deploy
  ~ dependsOn  Build -> Scan                              azure-pipelines.yml:11 -> 16
  ~ condition                                             azure-pipelines.yml:12 -> 17
      - succeeded()
      + and(succeeded(), eq(variables['Build.SourceBranch'], 'refs/heads/main'))
  deployment web
    ~ environment  staging -> production                  jobs/ship.yml:3

newly used
  + secret API_KEY                                        azure-pipelines.yml:10
  + environment production                                jobs/ship.yml:3

no longer used
  - environment staging                                   jobs/ship.yml:3

2 added, 1 removed, 5 changed, 2 newly used, 1 no longer used
"""


class Ended(NamedTuple):
    code: int
    out: str
    err: str


def penstock(folder: Path, *arguments: str) -> Ended:
    done = subprocess.run(
        [sys.executable, "-m", "penstock.cli.main", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
    )
    return Ended(done.returncode, done.stdout, done.stderr)


def git(folder: Path, *arguments: str) -> None:
    who = ("-c", "user.name=Ann", "-c", "user.email=ann@example.org")
    subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True)


def write(folder: Path, pipeline: str, environment: str = "staging") -> None:
    (folder / "jobs").mkdir(exist_ok=True)
    (folder / ".penstock/variable-groups").mkdir(parents=True, exist_ok=True)
    (folder / ".penstock/variable-groups/shop.yml").write_text(GROUP)
    (folder / "jobs/ship.yml").write_text(SHIP.replace("{environment}", environment))
    (folder / "azure-pipelines.yml").write_text(pipeline)


def commit(folder: Path, message: str) -> None:
    git(folder, "add", ".")
    git(folder, "commit", "-m", message)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with the branches main and feature; the working tree is on main."""
    git(tmp_path, "init", "-b", "main")
    write(tmp_path, BEFORE)
    commit(tmp_path, "before")
    git(tmp_path, "switch", "-c", "feature")
    write(tmp_path, AFTER, "production")
    commit(tmp_path, "after")
    git(tmp_path, "switch", "main")
    return tmp_path


def test_two_revisions_are_compared_without_a_checkout(repository: Path) -> None:
    ended = penstock(repository, "diff", "main..feature")
    assert ended == Ended(1, TEXT, "")
    assert (repository / "azure-pipelines.yml").read_text() == BEFORE


def test_from_a_folder_below_the_root(repository: Path) -> None:
    ended = penstock(repository / "jobs", "diff", "main..feature", "../azure-pipelines.yml")
    assert ended == Ended(1, TEXT, "")


def test_a_revision_alone_is_compared_with_the_working_tree(repository: Path) -> None:
    assert penstock(repository, "diff", "main") == Ended(
        0, "main -> working tree: no difference in meaning\n", ""
    )
    assert penstock(repository, "diff").out.startswith("HEAD -> working tree: no difference")
    write(repository, BEFORE.replace("make lint", "make check"))
    ended = penstock(repository, "diff", "main")
    assert ended.code == 1
    assert "step make lint" in ended.out or "step make check" in ended.out


def test_three_dots_begin_where_the_two_part(repository: Path) -> None:
    write(repository, BEFORE.replace("trigger: [main]", "trigger: none"))
    commit(repository, "main goes on")
    ended = penstock(repository, "diff", "main...feature")
    assert ended.out.split("\n")[1:] == TEXT.split("\n")[1:]


def test_json_has_every_change_with_its_places(repository: Path) -> None:
    ended = penstock(repository, "diff", "main..feature", "-o", "json")
    data = json.loads(ended.out)
    assert ended.code == 1
    assert (data["before"], data["after"]) == ("main", "feature")
    assert data["changes"][0] == {
        "change": "changed",
        "part": "pipeline",
        "path": [],
        "property": "trigger",
        "old": "main",
        "new": "main, release/*",
        "oldPlace": {"file": "azure-pipelines.yml", "line": 1, "column": 10},
        "newPlace": {"file": "azure-pipelines.yml", "line": 1, "column": 10},
        "also": [],
    }
    assert data["newlyUsed"][0] == {
        "kind": "secret",
        "name": "API_KEY",
        "place": {"file": "azure-pipelines.yml", "line": 10, "column": 18},
    }


def test_a_side_that_does_not_compile_is_named(repository: Path) -> None:
    git(repository, "switch", "feature")
    write(repository, BEFORE.replace("jobs/ship.yml", "jobs/shop.yml"))
    commit(repository, "broken")
    git(repository, "switch", "main")
    ended = penstock(repository, "diff", "main..feature")
    assert (ended.code, ended.out) == (4, "")
    assert ended.err.startswith("feature does not compile:\n\nerror[PS")
    assert "--> azure-pipelines.yml:14:15\n" in ended.err
    assert "shop.yml" in ended.err and "ship.yml" in ended.err  # what there is, in that revision


@pytest.mark.parametrize(
    ("arguments", "code", "error"),
    [
        (
            ("nope..main",),
            3,
            'error: there is no revision "nope"\n'
            "  = help: git branch -a and git log --oneline show what there is\n",
        ),
        (
            ("azure-pipelines.yml",),
            3,
            'error: there is no revision "azure-pipelines.yml"\n'
            "  = help: the revision comes first: penstock diff HEAD azure-pipelines.yml\n",
        ),
        (
            ("main..feature", "none.yml"),
            3,
            'error: main has no file "none.yml"\n'
            "  = help: name a file that both sides have: penstock diff REV..REV PATH\n",
        ),
        (
            ("main..--output=x",),
            3,
            'error: "--output=x" is not a revision\n'
            "  = help: git branch -a and git log --oneline show what there is\n",
        ),
    ],
)
def test_what_is_not_there_is_said(
    repository: Path, arguments: tuple[str, ...], code: int, error: str
) -> None:
    assert penstock(repository, "diff", *arguments) == Ended(code, "", error)


def test_a_file_outside_the_repository_is_refused(repository: Path) -> None:
    ended = penstock(repository, "diff", "main..feature", "../../etc/passwd")
    assert ended.code == 2
    assert ended.err.startswith('error: "../../etc/passwd" is outside the repository')


def test_a_link_out_of_the_repository_is_not_followed(repository: Path) -> None:
    secret = repository.parent / "secret.yml"
    secret.write_text(SHIP)
    git(repository, "switch", "feature")
    (repository / "jobs/ship.yml").unlink()
    (repository / "jobs/ship.yml").symlink_to("../../secret.yml")
    commit(repository, "link")
    git(repository, "switch", "main")
    ended = penstock(repository, "diff", "main..feature")
    assert ended.code == 4
    assert "symbolic link" in ended.err


def test_a_project_in_a_folder_of_a_repository_has_its_own_root(repository: Path) -> None:
    shop = repository / "shop"
    shop.mkdir()
    write(shop, BEFORE)
    commit(repository, "a project below")
    write(shop, AFTER, "production")
    commit(repository, "its change")
    ended = penstock(shop, "diff", "HEAD~1..HEAD")
    assert ended.err == ""
    assert ended.out.split("\n")[1:] == TEXT.split("\n")[1:]


def test_without_git_it_says_so(tmp_path: Path) -> None:
    (tmp_path / "azure-pipelines.yml").write_text(BEFORE)
    ended = penstock(tmp_path, "diff", "main")
    assert ended.code == 3
    assert "is not in a Git repository" in ended.err
