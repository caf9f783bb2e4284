"""Runs the bundled `uv` program, and says in one line why it failed."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from shlex import quote

from penstock.agent.environments.prepared import EnvironmentRefused
from penstock.agent.process import Cancellation, run_process
from penstock.records import record

_OURS = re.compile("PYTHON|VIRTUAL_ENV|CONDA_|UV_PYTHON|UV_PROJECT|UV_SYSTEM_PYTHON|UV_NO_")
_FROM_PIP = {"PIP_INDEX_URL": "UV_DEFAULT_INDEX", "PIP_EXTRA_INDEX_URL": "UV_INDEX"}
_UNREACHABLE = re.compile(
    r"error sending request|client error|dns error|Connection refused|timed out|tunnel error"
)
_ADDRESS = re.compile(r"https?://[^\s`/]+")
_USER_INFO = re.compile(r"://[^/@\s]+@")


@record(kw_only=False)
class Outcome:
    """How uv ended: its exit code, what it printed, what it complained of."""

    code: int
    out: str
    complaint: str

    @property
    def unreachable(self) -> str:
        """The address that could not be reached, if that was the reason."""
        if self.code == 0 or not _UNREACHABLE.search(self.complaint):
            return ""
        match = _ADDRESS.search(self.complaint)
        return _USER_INFO.sub("://", match[0]) if match else "the package index"

    @property
    def reason(self) -> str:
        """The complaint in one line, from its innermost cause."""
        lines = [line.strip() for line in self.complaint.splitlines() if line.strip()]
        causes = [line.removeprefix("cause: ") for line in lines if line.startswith("cause: ")]
        last = lines[-1] if lines else f"exit code {self.code}"
        text = next((line for line in lines if line.startswith("fatal: ")), "")
        text = text or (causes[-1] if causes else last.removeprefix("error: "))
        return _USER_INFO.sub("://", text)


@record
class Uv:
    """The uv program as one build uses it: its folder, environment and wish to stop."""

    program: str
    folder: Path
    env: Mapping[str, str]
    cancellation: Cancellation

    def run(
        self, *arguments: str, lines: Iterable[str] = (), timeout: float | None = None
    ) -> Outcome:
        """Run uv with `lines` on its input. Raises `EnvironmentRefused` when canceled.

        All it was asked and all it said is added to `build.log` in the folder.
        """
        out: list[str] = []
        complaint: list[str] = []
        text = "\n".join(lines)
        ended = run_process(
            [self.program, *arguments],
            cwd=self.folder,
            env=self.env,
            on_line=lambda stream, line: (out if stream == "out" else complaint).append(line),
            cancellation=self.cancellation,
            stdin=f"{text}\n".encode() if text else None,
            timeout=timeout,
        )
        with (self.folder / "build.log").open("a", encoding="utf-8") as log:
            log.writelines(
                f"{line}\n" for line in (" ".join(("$ uv", *arguments)), text, *out, *complaint)
            )
        if ended.timed_out:
            complaint.append(f"nothing came for {timeout:.0f} s")
        if ended.canceled or self.cancellation.requested:
            raise EnvironmentRefused("the build of the environment was canceled")
        return Outcome(ended.code, "\n".join(out), "\n".join(complaint))


def shell_word() -> str:
    """What a person types for uv: its name where a shell finds it, else where ours lies."""
    from shutil import which

    from uv import find_uv_bin

    return "uv" if which("uv") else quote(find_uv_bin())


def bundled(folder: Path, environ: Mapping[str, str], cancellation: Cancellation) -> Uv:
    """The uv that was installed with this program, run in `folder`, so that no project's settings
    apply; the user's own uv settings and index variables of pip do."""
    from uv import find_uv_bin

    env = {name: value for name, value in environ.items() if not _OURS.match(name)}
    for theirs, ours in _FROM_PIP.items():
        if theirs in env and ours not in env:
            env[ours] = env[theirs]
    env |= {"UV_PYTHON_DOWNLOADS": "never", "UV_NO_PROGRESS": "1", "NO_COLOR": "1"}
    env["GIT_TERMINAL_PROMPT"] = "0"
    return Uv(
        program=os.fspath(find_uv_bin()),
        folder=folder,
        env=env,
        cancellation=cancellation,
    )
