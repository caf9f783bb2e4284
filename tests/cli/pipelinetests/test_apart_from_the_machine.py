"""A pipeline test gives the same on every machine, for every user and branch."""

from __future__ import annotations

import subprocess
from typing import Any

PIPELINE = """\
variables: [group: settings]
steps:
- script: echo $(region) $(Build.SourceBranch) $(Build.SourceVersion) $(Build.RequestedFor)
  name: say
"""
TEST = """\
tests:
- name: nothing of this machine is seen
  expect:
    values:
      Job/say:
        script: echo west refs/heads/main 0000000000000000000000000000000000000000 user
"""


def test_neither_git_nor_the_own_library_is_seen(terminal: Any) -> None:
    folder = terminal.folder
    (folder / "azure-pipelines.yml").write_text(PIPELINE)
    (folder / "a.pipeline-test.yml").write_text(TEST)
    (folder / ".penstock/variable-groups").mkdir()
    group = folder / ".penstock/variable-groups/settings.yml"
    group.write_text("variables: { region: west }\n")
    for words in (
        ("init", "-q", "-b", "feature"),
        ("add", "."),
        ("-c", "user.name=me", "-c", "user.email=me@x", "commit", "-q", "-m", "x"),
    ):
        subprocess.run(["git", *words], cwd=folder, check=True)
    done = terminal.type("vars", "set", "settings", "region=north")
    assert done.code == 0, done.err
    planned = terminal.type("plan", "-o", "json").out
    assert "refs/heads/feature" in planned
    done = terminal.type("test")
    assert done.code == 0, done.out
