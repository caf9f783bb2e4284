"""Blobs: the part of Azure Storage's REST by which clients upload data and code, and download.

Content lies as plain files in the storage folder; what is known of each (metadata, content type)
lies beside it. Names are checked by the store; a signed address opens one container.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from penstock.ml.datastores import BLOB_SUFFIX, UnsafePath
from penstock.ml.workspaces import from_key
from penstock.server.errors import Refused
from penstock.server.ml.blobfacts import BlobFacts, blob_facts, forget_facts, keep_facts
from penstock.server.ml.bloblist import list_blobs
from penstock.server.ml.context import MlHttp
from penstock.server.ml.ranges import asked_range
from penstock.server.routes import Answer, Call, Handler, Permission, Route
from penstock.store.files import delete, reading, segments, writing

if TYPE_CHECKING:
    from starlette.responses import Response

_VERSION = "2023-11-03"
_CHUNK = 256 * 1024
_BLOCK_ID = re.compile(r"<(?:Latest|Uncommitted|Committed)>([^<]+)</")
_MOST_LISTED = 5000
_BLOCKLIST_LIMIT = 8 * 1024 * 1024


def routes(ml: MlHttp) -> tuple[Route, ...]:
    """The rows of this file."""
    blob, container = "/storage/{account}/{container}/{blob:path}", "/storage/{account}/{container}"
    read, write = Permission.SIGNED, Permission.SIGNED_WRITE
    storage = Blobs(ml.storage)

    def made(method: str, path: str, permission: Permission, handler: Handler) -> Route:
        return Route(
            method=method,
            path=path,
            permission=permission,
            handler=handler,
            streams=method == "PUT",
            on_error=storage_error,
        )

    return (
        made("PUT", blob, write, storage.put),
        made("HEAD", blob, read, storage.head),
        made("GET", blob, read, storage.get),
        made("DELETE", blob, write, storage.delete),
        made("GET", container, read, storage.list),
        made("HEAD", container, read, storage.container),
        made("PUT", container, write, storage.make_container),
    )


def storage_error(error: Exception) -> Answer:
    """An error as Azure Storage words it: XML, and the code in a header."""
    from xml.sax.saxutils import escape

    if isinstance(error, UnsafePath):
        error = Refused(400, "InvalidUri", str(error))
    if not isinstance(error, Refused):
        error = Refused(500, "InternalError", "the server failed; its log says why")
    text = f"<Code>{escape(error.code)}</Code><Message>{escape(error.message)}</Message>"
    headers = {
        **error.headers,
        "content-type": "application/xml",
        "x-ms-error-code": error.code,
        "x-ms-version": _VERSION,
    }
    body = f'<?xml version="1.0" encoding="utf-8"?><Error>{text}</Error>'.encode()
    return Answer(status=error.status, body=body, headers=headers)


class Blobs:
    """The handlers, over one storage folder."""

    def __init__(self, storage: Path) -> None:
        self._storage = storage

    async def put(self, call: Call) -> Answer:
        """Write a blob, a block of one, its list of blocks, or its metadata."""
        root, name = self._root(call), _blob_name(call)
        match call.query("comp"):
            case "":
                return await self._put_whole(call, root, name)
            case "block":
                return await self._put_block(call, root, name)
            case "blocklist":
                return await self._put_block_list(call, root, name)
            case "metadata":
                return self._put_metadata(call, root, name)
            case other:
                raise Refused(400, "UnsupportedQueryParameter", f'"comp={other}" is not supported')

    def head(self, call: Call) -> Answer:
        """What is known of a blob."""
        facts = self._facts(call)
        return Answer(headers={**_headers(facts), "content-length": str(facts.size)})

    def get(self, call: Call) -> Response:
        """The content of a blob, or the part that a range asks for."""
        from starlette.responses import StreamingResponse

        facts = self._facts(call)
        given = call.header("x-ms-range") or call.header("range")
        start, end = asked_range(given, facts.size)
        headers = {**_headers(facts), "content-length": str(end - start)}
        if given:
            headers["content-range"] = f"bytes {start}-{end - 1}/{facts.size}"
        stack = ExitStack()
        file = stack.enter_context(reading(self._root(call), _blob_name(call)))
        file.seek(start)

        def chunks() -> Iterator[bytes]:
            left = end - start
            with stack:
                while left and (chunk := file.read(min(_CHUNK, left))):
                    left -= len(chunk)
                    yield chunk

        return StreamingResponse(chunks(), status_code=206 if given else 200, headers=headers)

    def delete(self, call: Call) -> Answer:
        """Remove a blob."""
        root, name = self._root(call), _blob_name(call)
        self._facts(call)
        delete(root, name)
        forget_facts(root, name)
        return Answer(status=202, headers={"x-ms-version": _VERSION})

    def list(self, call: Call) -> Answer:
        """The blobs of a container, or the container's own properties."""
        if call.query("comp") != "list":
            return self.container(call)
        body = list_blobs(
            self._root(call),
            service=f"{call.base_url}/storage/{call.parameters['account']}/",
            container=call.parameters["container"],
            prefix=call.query("prefix"),
            delimiter=call.query("delimiter"),
            marker=call.query("marker"),
            limit=_limit(call.query("maxresults")),
            with_metadata="metadata" in call.query("include"),
        )
        headers = {"content-type": "application/xml", "x-ms-version": _VERSION}
        return Answer(body=body.encode(), headers=headers)

    def container(self, call: Call) -> Answer:
        """A container is there as soon as someone asks: its first blob makes its folder."""
        self._root(call)
        return Answer(headers={"x-ms-version": _VERSION, "x-ms-lease-state": "available"})

    async def make_container(self, call: Call) -> Answer:
        """Make a container, which needs nothing to be done."""
        self._root(call)
        if call.query("restype") != "container" or call.query("comp"):
            message = "of a container itself only its making is supported"
            raise Refused(400, "UnsupportedQueryParameter", message)
        return Answer(status=201, headers={"x-ms-version": _VERSION})

    # Inside

    def _root(self, call: Call) -> Path:
        """The folder of a container. Names that start with a dot are our own."""
        key = call.parameters["account"].lower().removesuffix(f".blob.{BLOB_SUFFIX}")
        container = call.parameters["container"]
        if from_key(key) is None:
            raise Refused(404, "ResourceNotFound", f'there is no storage account "{key}"')
        if container.startswith(".") or len(segments(container)) != 1:
            raise Refused(400, "InvalidResourceName", f'"{container}" is no name for a container')
        return self._storage / "/".join(segments(key)) / container

    def _facts(self, call: Call) -> BlobFacts:
        facts = blob_facts(self._root(call), _blob_name(call))
        if facts is None:
            raise Refused(404, "BlobNotFound", "The specified blob does not exist.")
        return facts

    async def _put_whole(self, call: Call, root: Path, name: str) -> Answer:
        kind = call.header("x-ms-blob-type", "BlockBlob")
        if kind != "BlockBlob":
            raise Refused(400, "UnsupportedHeader", f'a blob of type "{kind}" is not supported')
        if call.header("x-ms-copy-source"):
            raise Refused(400, "UnsupportedHeader", "copying from an address is not supported")
        if call.header("if-none-match") == "*" and blob_facts(root, name) is not None:
            raise Refused(409, "BlobAlreadyExists", "The specified blob already exists.")
        await _write(call, root, name)
        return self._done(call, root, name, 201)

    async def _put_block(self, call: Call, root: Path, name: str) -> Answer:
        await _write(call, *_block_place(root, name, call.query("blockid")))
        return Answer(status=201, headers={"x-ms-version": _VERSION})

    async def _put_block_list(self, call: Call, root: Path, name: str) -> Answer:
        body = b""
        async for chunk in call.request.stream():
            body += chunk
            if len(body) > _BLOCKLIST_LIMIT:
                raise Refused(413, "RequestBodyTooLarge", "the list of blocks is too long")
        ids = _BLOCK_ID.findall(body.decode("utf-8", "replace"))
        with writing(root, name) as target:
            for id in ids:
                try:
                    with reading(*_block_place(root, name, id)) as block:
                        while chunk := block.read(_CHUNK):
                            target.write(chunk)
                except FileNotFoundError:
                    message = f'the block "{id}" was not uploaded'
                    raise Refused(400, "InvalidBlockList", message) from None
        _forget_blocks(root, name)
        return self._done(call, root, name, 201)

    def _put_metadata(self, call: Call, root: Path, name: str) -> Answer:
        facts = self._facts(call)
        keep_facts(root, name, facts.content_type, _metadata(call))
        return Answer(status=200, headers=_headers(facts))

    def _done(self, call: Call, root: Path, name: str, status: int) -> Answer:
        type = call.header("x-ms-blob-content-type") or "application/octet-stream"
        keep_facts(root, name, type, _metadata(call))
        facts = blob_facts(root, name)
        assert facts is not None
        headers = _headers(facts)
        del headers["content-type"]
        return Answer(status=status, headers={**headers, "x-ms-request-server-encrypted": "true"})


async def _write(call: Call, root: Path, name: str) -> None:
    """Take the body as it comes; a broken upload leaves nothing behind."""
    expected = call.header("content-md5")
    import hashlib

    digest = hashlib.md5(usedforsecurity=False)
    with writing(root, name) as file:
        async for chunk in call.request.stream():
            file.write(chunk)
            if expected:
                digest.update(chunk)
        if expected and base64.b64encode(digest.digest()).decode() != expected:
            raise Refused(400, "Md5Mismatch", "the content is not what its MD5 says")


def _blob_name(call: Call) -> str:
    name = call.parameters["blob"]
    if name.endswith("/") or not name:
        raise Refused(404, "BlobNotFound", "The specified blob does not exist.")
    return name


def _block_place(root: Path, name: str, block: str) -> tuple[Path, str]:
    """Where a block waits for its list: a folder of our own beside the container."""
    import hashlib

    try:
        id = base64.b64decode(block, validate=True).hex()
    except (binascii.Error, ValueError):
        id = ""
    if not 0 < len(id) <= 128:
        raise Refused(400, "InvalidQueryParameterValue", f'"{block}" is no block id')
    blob = hashlib.sha256(f"{root.name}/{name}".encode()).hexdigest()
    return root.parent / ".blocks", f"{blob}/{id}"


def _forget_blocks(root: Path, name: str) -> None:
    folder, place = _block_place(root, name, "AA==")
    delete(folder, place.partition("/")[0])


def _metadata(call: Call) -> dict[str, str]:
    """The metadata of a request. Its names are words, as Azure wants them to be."""
    prefix, found = "x-ms-meta-", {}
    for key, value in call.request.headers.items():
        if key.startswith(prefix):
            name = key[len(prefix) :]
            if not name.isidentifier():
                raise Refused(400, "InvalidMetadata", f'"{name}" is no name for metadata')
            found[name] = value
    return found


def _headers(facts: BlobFacts) -> dict[str, str]:
    from email.utils import formatdate

    return {
        "content-type": facts.content_type,
        "etag": facts.etag,
        "last-modified": formatdate(facts.modified, usegmt=True),
        "accept-ranges": "bytes",
        "x-ms-blob-type": "BlockBlob",
        "x-ms-version": _VERSION,
        "x-ms-creation-time": formatdate(facts.modified, usegmt=True),
        # Whoever uploads says what type it is, pages with scripts too: none may run here.
        "content-security-policy": "default-src 'none'; sandbox",
        "x-content-type-options": "nosniff",
        **{f"x-ms-meta-{name}": value for name, value in facts.metadata.items()},
    }


def _limit(given: str) -> int:
    """How many blobs a list has at most; 5,000, as on the service, are the most there are."""
    return min(int(given[:9]), _MOST_LISTED) if given.isdecimal() else _MOST_LISTED
