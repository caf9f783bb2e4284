"""Writes the `az` that jobs find on their PATH."""

from __future__ import annotations

import os
import sys
from pathlib import Path

MARK = "# penstock's az"


def write_launcher(folder: Path) -> Path:
    """Write an executable `az` into a folder that goes on a job's PATH, and return its path.

    It runs this interpreter isolated from the job's variables (PYTHONPATH and the like) and imports
    this package from where it is now.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "az"
    draft = folder / f".az.{os.getpid()}"
    draft.write_text(_script(), encoding="utf-8")
    draft.chmod(0o755)
    draft.replace(path)
    return path


def _script() -> str:
    import penstock

    source = str(Path(penstock.__file__).resolve().parent.parent)
    body = (
        "import sys\n"
        f"sys.path.insert(0, {source!r})\n"
        "from penstock.cli.az.main import main\n"
        "sys.exit(main(sys.argv[1:]))\n"
    )
    interpreter = sys.executable
    # the kernel takes a first line of up to 127 characters, without blanks in the path
    if " " not in interpreter and len(interpreter) < 120:
        return f"#!{interpreter} -I\n{MARK}\n{body}"
    quoted = "'" + interpreter.replace("'", "'\\''") + "'"
    return f"#!/bin/sh\n{MARK}\n'''exec' {quoted} -I \"$0\" \"$@\"\n' '''\n{body}"
