"""One request that a git process answers: bytes in, bytes out, as much memory for 5 GB as for 5 KB.

The process never outlives the request, except while it moves refs.
"""

from __future__ import annotations

import asyncio
import os
import signal
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from penstock.records import record
from penstock.server.errors import Refused
from penstock.store.git.transport import Start

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

BODY_LIMIT = 64 * 1024 * 1024
_CHUNK = 128 * 1024
_COMPLAINT = 4096
_TERMINATE_SECONDS = 2.0


async def start_process(start: Start) -> asyncio.subprocess.Process:
    """Start a git program. Raises Refused where there is no git."""
    try:
        return await asyncio.create_subprocess_exec(
            *start.arguments,
            env=start.env,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            pass_fds=start.inherits,
            start_new_session=True,
            limit=_CHUNK,
        )
    except FileNotFoundError as error:
        raise Refused(501, "GitMissing", "git is not installed on the server") from error


@record
class Exchange:
    """What is exchanged with a started process.

    `prefix` goes before what it says; of the request's body at most `body_limit` bytes (unpacked)
    are taken. `beside` runs beside it, to its end. `may_end` says whether the process may be ended
    because the client left.
    """

    process: asyncio.subprocess.Process
    request: Request
    headers: Mapping[str, str]
    prefix: bytes = b""
    body_limit: int = BODY_LIMIT
    beside: Callable[[asyncio.subprocess.Process], Awaitable[None]] | None = None
    may_end: Callable[[], bool] = lambda: True


class ProcessResponse(Response):
    """Answers with what the process of an exchange says."""

    def __init__(self, exchange: Exchange) -> None:
        super().__init__(status_code=200, headers=dict(exchange.headers))
        # The length is known when the process has ended.
        del self.headers["content-length"]
        self._exchange = exchange
        self._refusal: Refused | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Go on to the end of the process, or to that of the connection."""
        process = self._exchange.process
        tasks = [asyncio.create_task(self._feed())]
        if self._exchange.beside is not None:
            tasks.append(asyncio.ensure_future(self._exchange.beside(process)))
        try:
            await self._answer(send)
            await process.wait()
            for task in tasks[1:]:
                await task
        finally:
            if process.returncode is None:
                await asyncio.shield(end_process(process))
            for task in tasks:
                task.cancel()
            ended = await asyncio.gather(*tasks, return_exceptions=True)
        for error in ended:
            if isinstance(error, Exception):
                raise error

    async def _answer(self, send: Send) -> None:
        """Send what the process says; a failure that comes first has a status of its own."""
        process = self._exchange.process
        assert process.stdout is not None and process.stderr is not None
        complaining = asyncio.create_task(_complaint(process.stderr))
        chunk = await process.stdout.read(_CHUNK)
        if not chunk and await process.wait():
            await self._refuse(send, await complaining)
            return
        head = {"type": "http.response.start", "status": 200, "headers": self.raw_headers}
        await send(head)
        chunk = self._exchange.prefix + chunk
        while chunk:
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
            chunk = await process.stdout.read(_CHUNK)
        await complaining
        if await process.wait():
            # Without the end of the answer the client knows that it is not whole.
            return
        await send({"type": "http.response.body", "body": b""})

    async def _feed(self) -> None:
        """Give the request's body to the process, then watch for the client to leave."""
        exchange, process = self._exchange, self._exchange.process
        assert process.stdin is not None
        try:
            async for chunk in unpacked(exchange.request, exchange.body_limit):
                # What a process that has ended did not want is read all the same: only then does
                # the client read the answer.
                with suppress(BrokenPipeError, ConnectionResetError):
                    if not process.stdin.is_closing():
                        process.stdin.write(chunk)
                        await process.stdin.drain()
            process.stdin.close()
            while (await exchange.request.receive())["type"] != "http.disconnect":
                pass
        except ClientDisconnect:
            pass
        except Refused as refusal:
            self._refusal = refusal
        if process.returncode is None and exchange.may_end():
            await end_process(process)

    async def _refuse(self, send: Send, complaint: str) -> None:
        status = 400
        lines = complaint.splitlines() or ["git failed"]
        if self._refusal is not None:
            status, lines = self._refusal.status, [self._refusal.message]
        body = f"{lines[-1].removeprefix('fatal: ')}\n".encode()
        headers = [
            (b"content-type", b"text/plain; charset=utf-8"),
            (b"content-length", str(len(body)).encode()),
        ]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})


async def unpacked(request: Request, limit: int) -> AsyncIterator[bytes]:
    """The body of a request, unpacked where it came by gzip. Raises Refused above `limit` bytes."""
    packed = request.headers.get("content-encoding", "").lower() in ("gzip", "x-gzip")
    inflater = zlib.decompressobj(wbits=31) if packed else None
    size = 0
    async for chunk in request.stream():
        rest = chunk
        while rest:
            if inflater is None:
                piece, rest = rest, b""
            else:
                try:
                    piece = inflater.decompress(rest, _CHUNK)
                except zlib.error as error:
                    raise Refused(400, "BadBody", "the request's body is not gzip") from error
                rest = inflater.unconsumed_tail
            size += len(piece)
            if size > limit:
                raise Refused(413, "TooLarge", f"the request is larger than {limit} bytes")
            if piece:
                yield piece


async def end_process(process: asyncio.subprocess.Process) -> None:
    """End the process and its children: asked to, git removes what it had begun to write."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with suppress(asyncio.TimeoutError):
            await asyncio.wait_for(process.wait(), _TERMINATE_SECONDS)
            return


async def _complaint(stderr: asyncio.StreamReader) -> str:
    """The beginning of what the process complains of; all of it is read."""
    said = b""
    while chunk := await stderr.read(_CHUNK):
        said = (said + chunk)[:_COMPLAINT]
    return said.decode("utf-8", "replace").strip()
