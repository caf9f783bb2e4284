"""Git hosting against git's own transport over files: clones, pushes, memory."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import Request, urlopen

from benchmarks.measure import WORK, Row, alternate, at_most, environment, seconds

FILES, ROUNDS, SMALL = 2000, 5, 30
GIT = ("git", "-c", "user.name=B", "-c", "user.email=b@example.com", "-c", "gc.auto=0")


def run() -> list[Row]:
    """Clone and push of 2,000 files; a push of one commit; the memory that a big push takes."""
    tree = _tree()
    shutil.rmtree(WORK / "hosting", ignore_errors=True)
    with _server() as server:
        address = server.repository("bench")
        plain = _plain("plain")
        server.push(tree, address)
        seconds([*GIT, "push", "-q", f"file://{plain}", "main"], tree, server.env)
        clones = alternate(
            ROUNDS,
            lambda: server.clone(address),
            lambda: _clone(f"file://{plain}", server.env),
        )
        pushes = alternate(
            ROUNDS,
            lambda: server.push(tree, server.repository(_name())),
            lambda: _push(tree, server.env),
        )
        small = alternate(
            SMALL,
            lambda: _one_more(tree, lambda: server.push(tree, address)),
            lambda: _one_more(
                tree,
                lambda: seconds(
                    [*GIT, "push", "-q", f"file://{plain}", "HEAD:other"], tree, server.env
                ),
            ),
        )
        before = server.peak()
        server.push(_big(), server.repository("big"))
        grown = server.peak() - before
    return [
        at_most(f"clone of {FILES} files: over file://", clones[0], clones[1], 3.0),
        at_most(f"push of {FILES} files: over file://", pushes[0], pushes[1], 3.0),
        Row(
            "push of one commit, answered",
            f"{small[0]:.4f} s",
            f"{small[1]:.4f} s",
            small[0] / small[1],
            "<= 0.5 s",
            small[0] <= 0.5,
        ),
        Row(
            "server memory for a push of 200 MB",
            f"{grown:.0f} MiB",
            "",
            None,
            "<= 50 MiB",
            grown <= 50,
        ),
    ]


class _Server:
    def __init__(self, env: dict[str, str], url: str, token: str, pid: int) -> None:
        self.env, self._url, self._pid = env, url, pid
        self._authorization = "Basic " + b64encode(f":{token}".encode()).decode()
        self._ask("POST", "penstock/_apis/projects", {"name": "bench0"})

    def repository(self, name: str) -> str:
        """The address of a new repository."""
        self._ask("POST", "penstock/bench0/_apis/git/repositories", {"name": name})
        return f"{self._url}/penstock/bench0/_git/{name}"

    def push(self, tree: Path, address: str) -> float:
        """Seconds of a push of main."""
        return seconds([*GIT, *self._header, "push", "-q", address, "main"], tree, self.env)

    def clone(self, address: str) -> float:
        """Seconds of a clone."""
        return _clone(address, self.env, *self._header)

    def peak(self) -> float:
        """MiB that the server's own process held at the most."""
        for line in Path(f"/proc/{self._pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
        raise SystemExit("the server is gone")

    @property
    def _header(self) -> tuple[str, str]:
        return ("-c", f"http.extraHeader=Authorization: {self._authorization}")

    def _ask(self, method: str, path: str, body: object) -> None:
        request = Request(
            f"{self._url}/{path}",
            method=method,
            data=json.dumps(body).encode(),
            headers={"Authorization": self._authorization},
        )
        urlopen(request).close()


@contextmanager
def _server() -> Iterator[_Server]:
    env = environment("hosting")
    penstock = [sys.executable, "-m", "penstock.cli.main"]
    subprocess.run([*penstock, "up", "--port", "0"], env=env, check=True, capture_output=True)
    found = json.loads((Path(env["PENSTOCK_HOME"]) / "service.json").read_text())
    try:
        yield _Server(env, found["url"], found["token"], found["pid"])
    finally:
        subprocess.run([*penstock, "down"], env=env, check=False, capture_output=True)


def _tree() -> Path:
    folder = WORK / "hosted-tree"
    shutil.rmtree(folder, ignore_errors=True)
    numbers = random.Random(1)
    for n in range(FILES):
        path = folder / f"d{n % 40}" / f"f{n}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(f"line {numbers.random()}\n" for _ in range(60)))
    _commit(folder, "first")
    return folder


def _big() -> Path:
    folder = WORK / "hosted-big"
    if not folder.exists():
        folder.mkdir()
        (folder / "big").write_bytes(random.Random(2).randbytes(200_000_000))
        _commit(folder, "big")
    return folder


def _commit(folder: Path, message: str) -> None:
    if not (folder / ".git").exists():
        subprocess.run([*GIT, "init", "-q", "-b", "main"], cwd=folder, check=True)
    subprocess.run([*GIT, "add", "-A"], cwd=folder, check=True)
    subprocess.run([*GIT, "commit", "-q", "-m", message], cwd=folder, check=True)


def _one_more(tree: Path, push: object) -> float:
    (tree / "small.txt").write_text(_name())
    _commit(tree, "small")
    return push()  # type: ignore[operator,no-any-return]


def _clone(address: str, env: dict[str, str], *options: str) -> float:
    target = WORK / "hosted-clone"
    shutil.rmtree(target, ignore_errors=True)
    return seconds([*GIT, *options, "clone", "-q", address, str(target)], WORK, env)


def _push(tree: Path, env: dict[str, str]) -> float:
    plain = _plain("plain-again")
    return seconds([*GIT, "push", "-q", f"file://{plain}", "main"], tree, env)


def _plain(name: str) -> Path:
    """An empty bare repository that checks objects as the server does."""
    folder = WORK / f"hosted-{name}.git"
    shutil.rmtree(folder, ignore_errors=True)
    subprocess.run([*GIT, "init", "-q", "--bare", "-b", "main", str(folder)], check=True)
    for key in ("transfer.fsckObjects", "uploadpack.allowFilter"):
        subprocess.run([*GIT, "-C", str(folder), "config", key, "true"], check=True)
    return folder


def _name() -> str:
    return f"r{time.time_ns()}"
