"""The files of a job: its artifacts and logs, its code, its outputs; and lines of its logs.

An area is `artifacts`, `code`, or `output:NAME`. What a job wrote is never shown as a page: it is
plain text, a picture of a kind that cannot hold a program, or a download.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from penstock.ml.datastores import artifacts_path, parse_uri, storage_path
from penstock.ml.executionlog import EXECUTION_LOG
from penstock.ml.failures import log_names
from penstock.ml.fields import whole_number
from penstock.ml.jobstore import Job
from penstock.server.archives import zip_pieces
from penstock.server.ml.context import WORKSPACE, MlHttp, job_of, not_found, row
from penstock.server.ml.views import Document
from penstock.server.routes import Call, Route
from penstock.store.files import listing, reading, walk

if TYPE_CHECKING:
    from starlette.responses import Response

_PICTURES = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "gif": "image/gif",
    "webp": "image/webp",
}
_CHUNK = 256 * 1024
_TEXT_LIMIT = 1024 * 1024
_MOST_LINES = 5000
_MOST_PICTURES = 200


def routes(ml: MlHttp) -> tuple[Route, ...]:
    """The rows of this file."""
    job = f"{WORKSPACE}/penstock/jobs/{{job}}"
    return (
        row(ml, "GET", f"{job}/files/{{area}}", list_files),
        row(ml, "GET", f"{job}/files/{{area}}/{{path:path}}", list_files),
        row(ml, "GET", f"{job}/text/{{area}}/{{path:path}}", read_text),
        row(ml, "GET", f"{job}/content/{{area}}/{{path:path}}", read_content),
        row(ml, "GET", f"{job}/pictures", list_pictures),
        row(ml, "GET", f"{job}/zip/{{area}}", read_zip),
        row(ml, "GET", f"{job}/lines/{{log:path}}", read_lines),
    )


def list_files(ml: MlHttp, call: Call) -> Document:
    """`{value: [{path, isFolder, size}]}`: what a folder of an area holds."""
    root = area_folder(ml, job_of(ml, call), call.parameters["area"])
    entries = listing(root, call.parameters.get("path", ""))
    return {
        "value": [
            {"path": entry.path, "isFolder": entry.is_folder, "size": entry.size}
            for entry in entries
        ]
    }


def read_text(ml: MlHttp, call: Call) -> Document:
    """`{text, isBinary, isWhole, size}`: a file's beginning, at most 1 MiB, for a page."""
    with _opened(ml, call) as (file, _):
        size = file.seek(0, 2)
        file.seek(0)
        data = file.read(_TEXT_LIMIT)
    binary = b"\0" in data
    return {
        "text": "" if binary else data.decode("utf-8", "replace"),
        "isBinary": binary,
        "isWhole": size <= _TEXT_LIMIT,
        "size": size,
    }


def read_content(ml: MlHttp, call: Call) -> Response:
    """A file: pictures to be shown, all else to be saved."""
    from starlette.responses import StreamingResponse

    stack = ExitStack()
    file, name = stack.enter_context(_opened(ml, call))
    size = file.seek(0, 2)
    file.seek(0)

    def chunks() -> Iterator[bytes]:
        with stack:
            while chunk := file.read(_CHUNK):
                yield chunk

    picture = _PICTURES.get(name.rpartition(".")[2].lower())
    headers = {
        "content-type": picture or "application/octet-stream",
        "content-length": str(size),
        "content-disposition": "inline" if picture else _attachment(name),
        "content-security-policy": "default-src 'none'; sandbox",
        "x-content-type-options": "nosniff",
    }
    return StreamingResponse(chunks(), headers=headers)


def list_pictures(ml: MlHttp, call: Call) -> Document:
    """`{value: [{job, path, size}]}`: the pictures among the artifacts of a job, and of the jobs
    below it."""
    job = job_of(ml, call)
    found: list[Document] = []
    for maker in [job, *_below(ml, job)]:
        for entry in walk(area_folder(ml, maker, "artifacts")):
            if entry.path.rpartition(".")[2].lower() in _PICTURES:
                found.append({"job": maker.name, "path": entry.path, "size": entry.size})
            if len(found) == _MOST_PICTURES:
                return {"value": found}
    return {"value": found}


def _below(ml: MlHttp, job: Job) -> Iterator[Job]:
    """The jobs inside a job, those inside them too, in the order of their graphs."""
    if job.type != "Pipeline":
        return
    for child in ml.service.jobs.children(job.workspace.scope, job.name):
        yield child
        yield from _below(ml, child)


def read_zip(ml: MlHttp, call: Call) -> Response:
    """All files of an area as one archive."""
    from starlette.responses import StreamingResponse

    job, area = job_of(ml, call), call.parameters["area"]
    root = area_folder(ml, job, area)
    ml.shares.archives.take(call)
    name = f"{job.name}-{area.removeprefix('output:')}.zip"
    headers = {
        "content-type": "application/zip",
        "content-disposition": _attachment(name),
        "x-content-type-options": "nosniff",
    }
    members = ((entry.path, root, entry.path) for entry in walk(root))
    return StreamingResponse(zip_pieces(members), headers=headers)


def read_lines(ml: MlHttp, call: Call) -> Document:
    """`{first, count, lines}` of a log: from line `from` (1), at most `lines` (1,000) of `count`.

    A negative `from` counts from the end. `q` answers only the lines that hold that text, each as
    `{line, text}` in `matches`, with their true count.
    """
    job, log = job_of(ml, call), call.parameters["log"]
    if job.type == "Pipeline":
        if log != EXECUTION_LOG:
            raise not_found(log)
        return _lines_of(ml.service.execution_log(job).splitlines(), call)
    if log not in log_names(ml.logs, job.run, job.node):
        raise not_found(log)
    if call.query("q"):
        return _lines_of(ml.logs.text(job.run, job.node, log).splitlines(), call)
    count = ml.logs.line_count(job.run, job.node, log)
    first, most = _range(call, count)
    return {
        "first": first,
        "count": count,
        "lines": ml.logs.read(job.run, job.node, log, first, most),
    }


def area_folder(ml: MlHttp, job: Job, area: str) -> Path:
    """The folder of an area on disk, there or not. Raises `Refused` (404) for no area."""
    if area == "artifacts":
        return storage_path(ml.storage, artifacts_path(job.workspace, job.name))
    uri = None
    if area == "code":
        work = ml.service.work(job)
        uri = work.code if work is not None else None
    elif area.startswith("output:") and (name := area[7:]) in job.outputs:
        uri = job.outputs[name].uri
    place = parse_uri(uri, job.workspace) if uri else None
    if place is None or place.workspace.scope != job.workspace.scope:
        raise not_found(f'"{area}" of job {job.name}')
    return storage_path(ml.storage, place)


@contextmanager
def _opened(ml: MlHttp, call: Call) -> Iterator[tuple[BinaryIO, str]]:
    """The file that the path names in its area, and its name. Raises `Refused` (404)."""
    path = call.parameters["path"]
    root = area_folder(ml, job_of(ml, call), call.parameters["area"])
    try:
        with reading(root, path) as file:
            yield file, path.rpartition("/")[2]
    except FileNotFoundError as error:
        raise not_found(path) from error


def _lines_of(lines: list[str], call: Call) -> Document:
    if text := call.query("q").casefold():
        found = [(n, line) for n, line in enumerate(lines, 1) if text in line.casefold()]
        shown = [{"line": n, "text": line} for n, line in found[:_MOST_LINES]]
        return {"count": len(found), "matches": shown}
    first, most = _range(call, len(lines))
    return {"first": first, "count": len(lines), "lines": lines[first - 1 : first - 1 + most]}


def _range(call: Call, count: int) -> tuple[int, int]:
    first = whole_number(call.query("from", "1"), 1)
    most = min(_MOST_LINES, max(0, whole_number(call.query("lines", "1000"), 1000)))
    return max(1, count + 1 + first if first < 0 else first), most


def _attachment(name: str) -> str:
    from urllib.parse import quote

    return f"attachment; filename*=UTF-8''{quote(name, safe='')}"
