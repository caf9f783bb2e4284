"""The server as an agent in the same process sees it: events, logs, content of datastores."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from penstock.agent.server import NotFound
from penstock.engine.reports import Report
from penstock.records import record
from penstock.store.files import below, folder_name, walk
from penstock.store.home import Home
from penstock.store.logs import Logs

if TYPE_CHECKING:
    from penstock.ml.jobstore import JobStore

Place = Callable[[str, str], Path | None]
SecureFile = Callable[[str], tuple[str, bytes] | None]
SECURE_FILE = "securefile:"
ARTIFACT = "artifact"


@record
class Attachment:
    """Something a job kept with its node: `kind` is `artifact`, `summary` ..."""

    node: str
    kind: str
    name: str
    path: Path


def attachments(home: Home, run: str) -> Iterator[Attachment]:
    """What the jobs of a pipeline run kept, by node, kind and name."""
    from urllib.parse import unquote

    root = home.artifacts / folder_name(run)
    for path in sorted(root.glob("*/*/*")):
        node, kind, name = (unquote(part) for part in path.relative_to(root).parts)
        yield Attachment(node=node, kind=kind, name=name, path=path)


def artifacts_in(found: Iterable[Attachment]) -> list[Attachment]:
    """The artifacts among what jobs kept, the newest of a name."""
    by_name = {one.name.casefold(): one for one in found if one.kind == ARTIFACT}
    return list(by_name.values())


def artifact_size(artifact: Attachment) -> tuple[int, int]:
    """How many bytes and files an artifact has."""
    if artifact.path.is_file():
        return artifact.path.stat().st_size, 1
    sizes = [entry.size for entry in walk(artifact.path) if not entry.is_folder]
    return sum(sizes), len(sizes)


class LocalJobServer:
    """Implements `agent.server.JobServer` over the store of this machine.

    `report` takes what jobs say (the scheduler's `report`, for one); `on_log` sees each text after
    it was kept, for live printing. `place(run, node)` is the artifact folder of an ML job, None for
    all others. `secure_file(PROJECT/ID)` gives the name and content of a secure file.
    """

    def __init__(
        self,
        home: Home,
        logs: Logs,
        report: Callable[[Report], object],
        *,
        on_log: Callable[[str, str, str, str], None] | None = None,
        place: Place | None = None,
        secure_file: SecureFile | None = None,
    ) -> None:
        self._home = home
        self._logs = logs
        self._report = report
        self._on_log = on_log
        self._place = place
        self._secure_file = secure_file

    def report(self, report: Report) -> None:
        """Add what a report says to its run."""
        self._report(report)

    def write_log(self, run: str, node: str, log: str, text: str) -> None:
        """Append whole lines to a log of the node."""
        self._logs.append(run, node, log, text)
        if self._on_log is not None:
            self._on_log(run, node, log, text)

    def fetch(self, uri: str, folder: Path | None, *, writable: bool = False) -> Path:
        """The content of `uri`: the store's own path to read, or a copy.

        Into `folder` goes a file under its own name, or what a folder holds (then `folder` itself
        is returned). Raises `NotFound`.
        """
        if uri.startswith(SECURE_FILE):
            return self._put_secure_file(uri, folder)
        path = self._stored(uri)
        if not path.exists():
            raise NotFound(f'nothing is stored at "{uri}" (on this machine {path})')
        if folder is None:
            return path
        target = folder if path.is_dir() else folder / path.name
        _copy(path, target)
        return target

    def _put_secure_file(self, uri: str, folder: Path | None) -> Path:
        """A secure file in a folder of the agent, for its user only."""
        found = self._secure_file(uri.removeprefix(SECURE_FILE)) if self._secure_file else None
        if found is None or folder is None:
            raise NotFound("there is no such secure file any more")
        name, content = found
        path = folder / folder_name(name)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        with os.fdopen(os.open(path, flags, 0o600), "wb") as file:
            file.write(content)
        return path

    def output_path(self, uri: str, type: str) -> Path:
        """Where an output is written, which is its place in the store already.

        What an earlier attempt, or another job that was given the same path, left there stays.
        """
        path = self._stored(uri)
        made = path.parent if type == "uri_file" else path
        made.mkdir(parents=True, exist_ok=True)
        return path

    def keep(self, uri: str, path: Path) -> None:
        """Store the file or folder at `path` as the content of `uri`, over what is there."""
        target = self._stored(uri)
        if path != target and os.path.realpath(path) != os.path.realpath(target):
            _copy(path, target, within=self._home.storage)

    def attach(self, run: str, node: str, kind: str, name: str, path: Path) -> None:
        """Keep a file or folder with the node; those of an ML job go among its artifacts."""
        placed = self._place(run, node) if self._place is not None else None
        if placed is not None:
            _copy(path, below(placed, name), within=placed)
            return
        target = self._attached(run) / folder_name(node) / folder_name(kind) / folder_name(name)
        _copy(path, target)

    def attachments(self, run: str) -> Iterator[Attachment]:
        """What the jobs of a pipeline run kept, by node, kind and name."""
        return attachments(self._home, run)

    def take_over(self, run: str, other: str, node: str) -> None:
        """Keep what a node of `run` kept with the same node of `other` too."""
        source = self._attached(run) / folder_name(node)
        if source.is_dir():
            _copy(source, self._attached(other) / folder_name(node))

    def forget(self, run: str) -> None:
        """Remove all that the jobs of a pipeline run kept."""
        import shutil

        shutil.rmtree(self._attached(run), ignore_errors=True)

    def _attached(self, run: str) -> Path:
        return self._home.artifacts / folder_name(run)

    def _stored(self, uri: str) -> Path:
        """The place of a URI in the storage folder. Raises `NotFound` for one that has none."""
        # A run without content should not pay for these.
        from penstock.ml.datastores import UnsafePath, parse_uri, path_in_storage
        from penstock.ml.workspaces import Workspace

        if uri.startswith("file://"):
            return self._own_file(uri)
        nowhere = Workspace(subscription="-", resource_group="-", name="-")
        place = parse_uri(uri, nowhere)
        if place is None or place.workspace is nowhere:
            raise NotFound(f'"{uri}" is not an address in the storage of this machine')
        try:
            return below(self._home.storage, path_in_storage(place))
        except UnsafePath as error:
            raise NotFound(f'"{uri}": {error}') from error

    def _own_file(self, uri: str) -> Path:
        from urllib.parse import unquote, urlsplit

        from penstock.ml.datastores import UnsafePath

        parts = urlsplit(uri)
        path, storage = unquote(parts.path), str(self._home.storage)
        if parts.netloc not in ("", "localhost") or not path.startswith(f"{storage}/"):
            raise NotFound(f'"{uri}" is not an address in the storage of this machine')
        try:
            return below(self._home.storage, path.removeprefix(f"{storage}/"))
        except UnsafePath as error:
            raise NotFound(f'"{uri}": {error}') from error


def _copy(source: Path, target: Path, within: Path | None = None) -> None:
    # A run that keeps nothing should not pay for it.
    from penstock.store.copying import copy_into

    copy_into(source, target, within=within)


def ml_places(jobs: JobStore, home: Home) -> Place:
    """Where the artifacts and logs of ML jobs lie, by run and node: `ExperimentRun/dcid.<job>/`.

    The same for `Logs` and `LocalJobServer`. A place never changes, so it is asked for once.
    """
    from penstock.ml.datastores import artifacts_path, storage_path

    known: dict[tuple[str, str], Path] = {}

    def place(run: str, node: str) -> Path | None:
        if (run, node) not in known:
            for job in jobs.of_run(run):
                found = artifacts_path(job.workspace, job.name)
                known[run, job.node] = storage_path(home.storage, found)
        return known.get((run, node))

    return place
