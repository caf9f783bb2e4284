"""The two programs of git's smart protocol, as they are started for one request."""

from __future__ import annotations

import os
import re
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from penstock.records import record
from penstock.store.git import hook
from penstock.store.git.program import command, environment
from penstock.store.home import make_private_folder

UPLOAD, RECEIVE = "git-upload-pack", "git-receive-pack"
SERVICES = (UPLOAD, RECEIVE)
_PROTOCOL = re.compile(r"version=[0-9](:[a-z0-9=]{1,40}){0,4}")
_HOOKS = ("pre-receive", "post-receive")
_WHOLE_IN_MEMORY = 16 * 1024 * 1024


@record
class Start:
    """How to start a program: argument vector, whole environment, descriptors it inherits."""

    arguments: Sequence[str]
    env: dict[str, str]
    inherits: tuple[int, ...] = ()


def advertise(service: str, folder: Path, protocol: str) -> Start:
    """Tells which refs and abilities a repository has."""
    asked = (service.removeprefix("git-"), "--stateless-rpc", "--http-backend-info-refs")
    return Start(arguments=command(folder, [*asked, str(folder)]), env=_env(service, protocol))


def upload_pack(folder: Path, protocol: str) -> Start:
    """Sends what a client asks for."""
    asked = ("upload-pack", "--stateless-rpc", str(folder))
    return Start(arguments=command(folder, asked), env=_env(UPLOAD, protocol))


def receive_pack(
    folder: Path, protocol: str, *, hooks: Path, descriptor: int, pack_limit: int
) -> Start:
    """Takes a push. Before and after refs move it asks over the socket `descriptor`."""
    given = (
        f"core.hooksPath={hooks}",
        f"receive.maxInputSize={pack_limit}",
        # A larger object is unpacked piece by piece: 300 KB can pack 300 MB.
        f"core.bigFileThreshold={_WHOLE_IN_MEMORY}",
    )
    settings = [word for one in given for word in ("-c", one)]
    asked = (*settings, "receive-pack", "--stateless-rpc", str(folder))
    env = {**_env(RECEIVE, protocol), "PENSTOCK_HOOK": str(descriptor)}
    return Start(arguments=command(folder, asked), env=env, inherits=(descriptor,))


def uses_version_2(service: str, protocol: str) -> bool:
    """Whether the answer is of protocol 2, which has no line that names the service."""
    return _env(service, protocol).get("GIT_PROTOCOL", "").startswith("version=2")


def write_hooks(folder: Path) -> Path:
    """Write the hooks of pushes, which are ours alone, into a folder; the folder.

    Those that are there already are left: a server may start again on a full disk.
    """
    make_private_folder(folder)
    program = shlex.join([sys.executable, "-I", "-S", str(Path(hook.__file__).resolve())])
    for name in _HOOKS:
        text = f"#!/bin/sh\nexec {program} {name}\n"
        if (folder / name).is_file() and (folder / name).read_text(encoding="utf-8") == text:
            continue
        draft = folder / f".{name}.{os.getpid()}"
        draft.write_text(text, encoding="utf-8")
        draft.chmod(0o700)
        draft.rename(folder / name)
    return folder


def _env(service: str, protocol: str) -> dict[str, str]:
    # Protocol 2 has no pushes.
    known = _PROTOCOL.fullmatch(protocol) and (service == UPLOAD or "version=1" in protocol)
    return environment({"GIT_PROTOCOL": protocol} if known else {})
