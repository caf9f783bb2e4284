"""`penstock secrets`, `vars` and `connections`, and a run that takes its values from them."""

from __future__ import annotations

import json
from pathlib import Path

from typed import Terminal

SHOW = """
variables:
- group: settings
steps:
- checkout: none
- script: echo "region is $(region)"
- script: test "$PASSWORD" = "correct horse" && echo known
  env: { PASSWORD: $(password) }
"""


def test_a_secret_is_kept_listed_and_deleted_and_never_shown(terminal: Terminal) -> None:
    kept = terminal.type("secrets", "set", "password", stdin="correct horse\n")
    assert kept.code == 0, kept
    listed = terminal.type("secrets", "list", "-o", "json")
    assert [one["name"] for one in json.loads(listed.out)] == ["password"]
    assert "correct horse" not in listed.out + kept.out + kept.err
    assert terminal.type("secrets", "delete", "PASSWORD").code == 0
    gone = terminal.type("secrets", "delete", "password")
    assert (gone.code, gone.err.splitlines()[0]) == (3, 'error: there is no secret "password"')


def test_a_run_finds_the_secret_of_a_group_that_a_file_declares(terminal: Terminal) -> None:
    terminal.write("azure-pipelines.yml", SHOW)
    terminal.write(
        ".penstock/variable-groups/settings.yml",
        "variables: { region: westeurope }\nsecrets: [password]\n",
    )
    without = terminal.type("run")
    assert without.code == 4
    assert "penstock secrets set password" in without.err
    terminal.type("secrets", "set", "password", stdin="correct horse\n")
    ended = terminal.type("run", "--verbose")
    assert ended.code == 0, ended
    assert "region is westeurope" in ended.out


def test_the_groups_of_the_user_are_laid_over_those_of_the_repository(terminal: Terminal) -> None:
    terminal.write("azure-pipelines.yml", SHOW)
    terminal.write(".penstock/variable-groups/Settings.yml", "variables: { region: here }\n")
    terminal.type("vars", "set", "settings", "region=there")
    terminal.type("vars", "set", "settings", "--secret", "password", stdin="correct horse")
    listed = json.loads(terminal.type("vars", "list", "-o", "json").out)
    assert [(one["name"], one["value"]) for one in listed] == [
        ("region", "there"),
        ("password", "***"),
    ]
    ended = terminal.type("run", "--verbose")
    assert ended.code == 0, ended
    assert "region is there" in ended.out
    assert "correct horse" not in ended.out + ended.err
    assert terminal.type("vars", "delete", "settings", "password").code == 0
    assert terminal.type("run").code == 1
    assert terminal.type("vars", "delete", "settings").code == 0
    assert terminal.type("vars", "list", "-o", "json").out.strip() == "[]"


def test_a_variable_that_was_secret_and_is_plain_now_is_told(terminal: Terminal) -> None:
    terminal.type("vars", "set", "g", "--secret", "token", stdin="first-value")
    terminal.type("vars", "set", "g", "token=second")
    listed = json.loads(terminal.type("vars", "list", "g", "-o", "json").out)
    assert listed == [{"group": "g", "name": "token", "value": "second"}]


def test_connections_are_kept_listed_and_deleted(terminal: Terminal) -> None:
    made = terminal.type(
        *["connections", "set", "registry", "--type", "dockerregistry"],
        *["--url", "https://registry.example.com/", "--scheme", "UsernamePassword"],
        *["--parameter", "username=ci", "--secret", "password"],
        stdin="hidden-value",
    )
    assert made.code == 0, made
    listed = terminal.type("connections", "list", "-o", "json").out
    assert json.loads(listed) == [
        {
            "name": "registry",
            "type": "dockerregistry",
            "scheme": "UsernamePassword",
            "url": "https://registry.example.com/",
        }
    ]
    assert terminal.type("connections", "delete", "registri").err.splitlines()[1] == (
        '  = help: did you mean "registry"?'
    )
    assert terminal.type("connections", "delete", "Registry").code == 0


def test_a_lost_key_file_is_told_with_what_to_do(terminal: Terminal, tmp_path: Path) -> None:
    terminal.type("vars", "set", "settings", "region=there")
    terminal.type("vars", "set", "settings", "--secret", "password", stdin="correct horse")
    terminal.write("azure-pipelines.yml", SHOW)
    (tmp_path / "home" / "secrets.key").rename(tmp_path / "lost.key")
    ended = terminal.type("run")
    assert ended.code == 6
    assert "restore it, or name its place by PENSTOCK_KEY_FILE" in ended.err


def test_rotation_changes_the_key_and_no_value(terminal: Terminal, tmp_path: Path) -> None:
    terminal.type("secrets", "set", "password", stdin="correct horse")
    before = (tmp_path / "home" / "secrets.key").read_text()
    rotated = terminal.type("secrets", "rotate")
    assert rotated.err == "1 secret encrypted with a new key\n"
    assert (tmp_path / "home" / "secrets.key").read_text() != before


def test_a_secure_file_of_the_working_tree_is_there_while_the_job_lasts(
    terminal: Terminal,
) -> None:
    steps = """
steps:
- checkout: none
- task: DownloadSecureFile@1
  name: key
  inputs: { secureFile: Key.pem }
- bash: cat "$(key.secureFilePath)"; echo "at $(key.secureFilePath)"
"""
    terminal.write("azure-pipelines.yml", steps)
    missing = terminal.type("run")
    assert missing.code == 4
    assert 'secure file "Key.pem" is not in the library' in missing.err
    terminal.write(".penstock/secure-files/key.pem", "begin\n")
    ended = terminal.type("run", "--verbose")
    assert ended.code == 0, ended
    assert "begin" in ended.out
    place = next(line for line in ended.out.splitlines() if "| at /" in line)
    assert not Path(place.partition("| at ")[2].strip()).exists()
