"""The loopback endpoint: a bound socket at once, the web server behind it on the first connection.

A run that never needs the endpoint pays for a socket and a sleeping thread, nothing more.
"""

from __future__ import annotations

import selectors
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from penstock.records import record

if TYPE_CHECKING:
    import uvicorn
    from starlette.types import ASGIApp, Receive, Scope, Send

BACKLOG = 256
KEEP_ALIVE_SECONDS = 75
CLOSE_SECONDS = 5.0


@record
class Tls:
    """A second door, over TLS. `certificate` answers a PEM file with the certificate and its key;
    it is asked when the server starts."""

    port: int
    certificate: Callable[[], Path]


class Listener:
    """A server on 127.0.0.1 that starts when it is first connected to, by either of its doors.

    `make_app` is called once, in the server's own thread. Connections made before that wait in the
    socket's queue. An exception of `make_app` is kept in `failure`, and the socket closes.
    """

    def __init__(
        self, make_app: Callable[[], ASGIApp], port: int = 0, tls: Tls | None = None
    ) -> None:
        self._make_app = make_app
        self._tls = tls
        self._sockets = [_bound(port)]
        if tls is not None:
            try:
                self._sockets.append(_bound(tls.port))
            except OSError:
                self._sockets[0].close()
                raise
        self.port: int = self._sockets[0].getsockname()[1]
        self.tls_port: int | None = None if tls is None else self._sockets[1].getsockname()[1]
        self.failure: BaseException | None = None
        self._closing = threading.Event()
        self._quiet = threading.Event()
        self._wake, self._woken = socket.socketpair()
        self._thread = threading.Thread(target=self._run, name="listener", daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """The address clients use, without a slash at the end."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def tls_url(self) -> str:
        """The address over TLS, empty without one."""
        return "" if self.tls_port is None else f"https://localhost:{self.tls_port}"

    def close(self) -> None:
        """Stop accepting, and return when the requests in flight have ended (or after 5 s).

        The web server's own thread ends a moment later by itself.
        """
        if not self._closing.is_set():
            self._closing.set()
            self._wake.close()
        self._quiet.wait(CLOSE_SECONDS)

    def _run(self) -> None:
        try:
            if self._connected():
                self._serve(self._make_app())
        except BaseException as error:  # noqa: BLE001
            self.failure = error
        finally:
            for listening in self._sockets:
                listening.close()
            self._woken.close()
            self._quiet.set()

    def _connected(self) -> bool:
        """Wait for the first connection; False when closed before one came."""
        with selectors.DefaultSelector() as selector:
            for listening in self._sockets:
                selector.register(listening, selectors.EVENT_READ)
            selector.register(self._woken, selectors.EVENT_READ)
            selector.select()
        return not self._closing.is_set()

    def _serve(self, app: ASGIApp) -> None:
        import asyncio

        import uvicorn

        doorkeeper = _Doorkeeper(app)
        servers = [uvicorn.Server(_configuration(doorkeeper))]
        if self._tls is not None:
            certificate = self._tls.certificate()
            servers.append(uvicorn.Server(_configuration(doorkeeper, certificate)))

        async def serve() -> None:
            closing = asyncio.Event()
            asyncio.get_running_loop().add_reader(self._woken, closing.set)
            doors = zip(servers, self._sockets, strict=True)
            serving = [asyncio.create_task(server.serve(sockets=[door])) for server, door in doors]
            told = asyncio.create_task(closing.wait())
            await asyncio.wait((*serving, told), return_when=asyncio.FIRST_COMPLETED)
            told.cancel()
            asyncio.get_running_loop().remove_reader(self._woken)
            doorkeeper.is_open = False
            for server in servers:
                server.should_exit = True
            while doorkeeper.inside:
                await asyncio.sleep(0.005)
            self._quiet.set()
            await asyncio.gather(*serving)

        asyncio.run(serve())


class _Doorkeeper:
    """Counts the requests inside the application, and lets none in after closing time."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.is_open = True
        self.inside = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not self.is_open:
            headers = [(b"content-length", b"0"), (b"connection", b"close")]
            await send({"type": "http.response.start", "status": 503, "headers": headers})
            await send({"type": "http.response.body"})
            return
        self.inside += 1
        try:
            await self._app(scope, receive, send)
        finally:
            self.inside -= 1


def _configuration(app: ASGIApp, certificate: Path | None = None) -> uvicorn.Config:
    import uvicorn

    return uvicorn.Config(
        app,
        loop="asyncio",
        http="h11",
        ws="none",
        lifespan="off",
        interface="asgi3",
        log_config=None,
        access_log=False,
        log_level="critical",
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=int(CLOSE_SECONDS),
        backlog=BACKLOG,
        ssl_certfile=certificate,
    )


def _bound(port: int) -> socket.socket:
    # asyncio turns off Nagle's delay only where the protocol is named: 44 ms a request otherwise.
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        # A port asked for by number may still hold closed connections of the last server.
        if port:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(("127.0.0.1", port))
        listening.listen(BACKLOG)
    except OSError:
        listening.close()
        raise
    return listening
