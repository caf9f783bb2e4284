"""Puts uv into .tools with the standard library alone.

For Pythons that came without venv and pip, as Debian splits them off: a wheel of pip runs without
being installed. Downloads come from the index that pip's own settings name, else from PyPI.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from configparser import ConfigParser
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.parse import urljoin
from urllib.request import Request, urlopen

WHEEL = re.compile(r"pip-(\d+(?:\.\d+)*)-py3-none-any\.whl")
PIP_SETTINGS = ("/etc/pip.conf", "~/.pip/pip.conf", "~/.config/pip/pip.conf")


def main(target: str) -> int:
    """Install uv into the folder; the answer is the exit code."""
    index = index_address()
    try:
        with tempfile.TemporaryDirectory() as folder:
            wheel = download_pip(index, Path(folder))
            pip = [
                sys.executable,
                f"{wheel}/pip",
                "install",
                "--quiet",
                "--no-warn-script-location",
                "--root-user-action=ignore",
            ]
            return subprocess.run([*pip, "--target", target, "uv"], check=False).returncode
    except (URLError, OSError, LookupError) as error:
        print(f"setup: pip could not be had from {index}: {error}", file=sys.stderr)
        return 1


def index_address() -> str:
    """The package index of this machine, as pip's variable or settings name it, with a slash."""
    settings = ConfigParser(interpolation=None)
    settings.read(Path(name).expanduser() for name in PIP_SETTINGS)
    named = settings.get("global", "index-url", fallback="https://pypi.org/simple")
    return os.environ.get("PIP_INDEX_URL", named).rstrip("/") + "/"


def download_pip(index: str, folder: Path) -> Path:
    """The newest wheel of pip that this Python runs, proven by its digest."""
    page = f"{index}pip/"
    accept = {"Accept": "application/vnd.pypi.simple.v1+json"}
    with urlopen(Request(page, headers=accept), timeout=60) as answer:
        files = json.load(answer)["files"]
    newest = max(fitting(files), key=lambda found: found[0], default=None)
    if newest is None:
        raise LookupError("no wheel there runs on this Python")
    _, file = newest
    with urlopen(urljoin(page, file["url"]), timeout=60) as answer:
        content = answer.read()
    if hashlib.sha256(content).hexdigest() != file["hashes"]["sha256"]:
        raise LookupError(f"{file['filename']} is not what the index says it is")
    path = folder / str(file["filename"])
    path.write_bytes(content)
    return path


def fitting(files: list[dict[str, Any]]) -> Iterator[tuple[tuple[int, ...], dict[str, Any]]]:
    """Version and entry of each final, unwithdrawn wheel of pip for this Python."""
    for file in files:
        name = WHEEL.fullmatch(str(file["filename"]))
        oldest = re.fullmatch(r">=\s*3\.(\d+)", str(file.get("requires-python") or ">=3.0"))
        if name and oldest and not file.get("yanked") and int(oldest[1]) <= sys.version_info[1]:
            yield tuple(int(part) for part in name[1].split(".")), file


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
