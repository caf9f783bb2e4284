"""A server whose store is a file system of 8 MB, which is filled before anybody calls it.

unshare -m python fulldisk.py HOME    prints the HTTP statuses of requests as JSON
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path


def main(home: Path) -> None:
    home.mkdir(parents=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "none", str(home)], check=True)
    token = penstock("up", "--port", "0").split("token ")[1].split()[0]
    url = json.loads((home / "service.json").read_text())["url"]
    filler = home / "filler"
    try:
        fill(filler)
        found = {"read": ask(url, token), "write": ask(url, token, "First")}
        filler.unlink()
        found |= {"write later": ask(url, token, "Second"), "read later": ask(url, token)}
    finally:
        filler.unlink(missing_ok=True)
        penstock("down")
    print(json.dumps(found))


def penstock(*words: str) -> str:
    command = [sys.executable, "-m", "penstock.cli.main", *words]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def fill(path: Path) -> None:
    """Write until there is no room for another block."""
    with path.open("wb", buffering=0) as file:
        for size in (65536, 4096, 1):
            try:
                while True:
                    file.write(b"x" * size)
                    os.fsync(file.fileno())
            except OSError:
                continue


def ask(url: str, token: str, project: str = "") -> int:
    """The status of listing the projects, or of making one."""
    request = urllib.request.Request(
        f"{url}/penstock/_apis/projects?api-version=7.1",
        data=json.dumps({"name": project}).encode() if project else None,
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


if __name__ == "__main__":
    os.environ["PENSTOCK_HOME"] = sys.argv[1]
    main(Path(sys.argv[1]))
