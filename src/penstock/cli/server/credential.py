"""A credential helper of git: gives the token of this machine's own server, to that server only.

`penstock push` names it in the settings of a repository, so that a plain `git push` needs no
password and no token lies in a file of the repository. Called with the folder of the store and
`get`; anything else that git asks it to do (store, erase) it leaves alone.
"""

from __future__ import annotations

import sys
from pathlib import Path

from penstock.cli.hosting.serving import SERVER, living
from penstock.store.home import Home


def main(arguments: list[str], asked: str) -> str:
    """What to say to git: name and password, or nothing."""
    if len(arguments) != 2 or arguments[1] != "get":
        return ""
    wanted = dict(line.split("=", 1) for line in asked.splitlines() if "=" in line)
    found = living(Home(Path(arguments[0])))
    if found is None or found.kind != SERVER:
        return ""
    if f"{wanted.get('protocol')}://{wanted.get('host')}" != found.url:
        return ""
    return f"username=penstock\npassword={found.token}\n"


if __name__ == "__main__":
    sys.stdout.write(main(sys.argv[1:], sys.stdin.read()))
