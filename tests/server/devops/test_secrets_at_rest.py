"""A hundred secrets given to a server and used by a run: none of them is in a file that it keeps,
nor in a backup."""

from __future__ import annotations

import base64
import os
from pathlib import Path

from devopsserver import DevopsServer, token_of
from test_attacks import ask, authorize

from penstock.store.backup.writing import write_backup
from penstock.store.people.members import Role

USES = """
trigger: none
variables:
- group: settings
steps:
- bash: |
    {echo}
    echo "##vso[task.setvariable variable=derived;issecret=true]derived-$FIRST"
    echo "$FIRST" > secret.txt; printf '%s' "$FIRST" | base64 -w0; echo
    echo "##vso[task.uploadsummary]$PWD/secret.txt"
    echo "##vso[task.logissue type=error]it was $FIRST"
  env:
    FIRST: $(s0)
    {env}
- bash: echo "derived is $DERIVED and $(derived)"
  env:
    DERIVED: $(derived)
- task: DownloadSecureFile@1
  name: file
  inputs:
    secureFile: file0
- bash: wc -c < "$(file.secureFilePath)"
"""


def secret(kind: str, number: int) -> str:
    return f"planted-{kind}-{number:02}-{os.urandom(9).hex()}"


def test_a_hundred_secrets_are_in_no_file_of_the_server_nor_of_its_backup(
    server: DevopsServer, tmp_path: Path
) -> None:
    variables = [secret("variable", n) for n in range(40)]
    passwords = [secret("password", n) for n in range(20)]
    contents = [secret("file", n) for n in range(20)]
    references = [{"projectReference": {"name": "Demo"}}]
    group = server.ask(
        "POST",
        "/_apis/distributedtask/variablegroups",
        {
            "name": "settings",
            "variables": {f"s{n}": {"value": v, "isSecret": True} for n, v in enumerate(variables)},
            "variableGroupProjectReferences": references,
        },
    ).json
    for n, password in enumerate(passwords):
        made = server.ask(
            "POST",
            "/_apis/serviceendpoint/endpoints",
            {
                "name": f"connection{n}",
                "type": "generic",
                "url": "https://example.com",
                "authorization": {
                    "scheme": "UsernamePassword",
                    "parameters": {"password": password},
                },
                "serviceEndpointProjectReferences": references,
            },
        )
        assert made.status == 200, made
    files = []
    for n, content in enumerate(contents):
        path = f"/Demo/_apis/distributedtask/securefiles?name=file{n}"
        files.append(server.ask("POST", path, content).json["id"])
    tokens = [token_of(server, f"user{n}", Role.READER) for n in range(20)]
    planted = [*variables, *passwords, *contents, *tokens]
    assert len(planted) == 100
    authorize(server, "variablegroup", group["id"])
    authorize(server, "securefile", files[0])
    names = range(1, 40)
    echo = "; ".join(f'echo "$S{n}"' for n in names)
    env = "\n    ".join(f"S{n}: $(s{n})" for n in names)
    server.commit({"azure-pipelines.yml": USES.format(echo=echo, env=env)})
    run = server.run()
    page = server.ended(run)
    assert page["result"] in ("succeeded", "partiallySucceeded"), page["issues"]
    for path in (
        f"penstock/runs/{run}",
        f"penstock/runs/{run}/logs/search?q=planted",
        "penstock/runs",
    ):
        text = ask(server, tokens[0], "GET", f"/Demo/_apis/{path}").body.decode()
        assert not [one for one in planted if one in text], path

    home = server.host.home
    write_backup(home, tmp_path / "b.tar", keys={}, version="1", now=0.0)
    forms = [
        form for one in planted for form in (one.encode(), base64.b64encode(one.encode())[:-4])
    ]
    kept = [home.state_db, tmp_path / "b.tar", *home.root.rglob("*")]
    work = home.work
    found = [
        (path, form)
        for path in kept
        if path.is_file() and not path.is_relative_to(work)
        for form in forms
        if form in path.read_bytes()
    ]
    assert found == []
