import http.client
import socket
import ssl
import subprocess
import sys
import threading
import time
import urllib.request
from pathlib import Path

import pytest
from loopback import serving

from penstock.server.auth import one_token
from penstock.server.listener import Listener
from penstock.server.routes import Call, Permission, Reply, Route

HELLO = Route(
    method="GET", path="/hello", permission=Permission.PUBLIC, handler=lambda call: {"hello": "you"}
)


def test_the_endpoint_is_on_loopback_only() -> None:
    with serving([HELLO], one_token("t")) as server:
        assert server.listener.url == f"http://127.0.0.1:{server.listener.port}"
        own = socket.gethostbyname(socket.gethostname())
        if not own.startswith("127."):
            with pytest.raises(OSError):
                socket.create_connection((own, server.listener.port), timeout=2).close()


def test_the_application_is_made_on_the_first_connection_and_once() -> None:
    made: list[str] = []

    def app() -> object:
        from penstock.server.app import make_app

        made.append("made")
        return make_app([HELLO], one_token("t"))

    listener = Listener(app)  # type: ignore[arg-type]
    assert made == []
    for _ in range(3):
        connection = http.client.HTTPConnection("127.0.0.1", listener.port, timeout=20)
        connection.request("GET", "/hello")
        assert connection.getresponse().read() == b'{"hello":"you"}'
        connection.close()
    assert made == ["made"]
    listener.close()


def test_many_connections_before_the_server_is_up_are_all_answered() -> None:
    with serving([HELLO], one_token("t")) as server:
        answers: list[int] = []

        def ask() -> None:
            answers.append(server.request("GET", "/hello").status)

        threads = [threading.Thread(target=ask) for _ in range(50)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert answers == [200] * 50


def test_closing_an_unused_endpoint_makes_nothing() -> None:
    made: list[str] = []
    listener = Listener(lambda: made.append("made"))  # type: ignore[arg-type, return-value]
    listener.close()
    listener.close()
    assert made == []
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.1", listener.port), timeout=2)


def test_closing_lets_a_request_in_flight_end() -> None:
    entered = threading.Event()

    def slow(call: Call) -> Reply:
        entered.set()
        time.sleep(0.3)
        return {"slow": "done"}

    route = Route(method="GET", path="/slow", permission=Permission.PUBLIC, handler=slow)
    with serving([route], one_token("t")) as server:
        answers: list[bytes] = []
        thread = threading.Thread(
            target=lambda: answers.append(server.request("GET", "/slow").body)
        )
        thread.start()
        entered.wait(10)
        server.listener.close()
        thread.join()
        assert answers == [b'{"slow":"done"}']


def test_a_failure_to_make_the_application_is_kept_and_frees_the_port() -> None:
    def app() -> object:
        raise RuntimeError("no store")

    listener = Listener(app)  # type: ignore[arg-type]
    connection = http.client.HTTPConnection("127.0.0.1", listener.port, timeout=20)
    with pytest.raises((OSError, http.client.HTTPException)):
        connection.request("GET", "/")
        connection.getresponse()
    connection.close()
    listener.close()
    assert str(listener.failure) == "no store"


def test_a_port_that_is_taken_is_refused_at_once() -> None:
    with serving([HELLO], one_token("t")) as server:
        with pytest.raises(OSError):
            Listener(lambda: None, server.listener.port)  # type: ignore[arg-type, return-value]


def test_nothing_heavy_is_imported_before_the_first_connection() -> None:
    code = (
        "import sys\n"
        "from penstock.server.listener import Listener\n"
        "listener = Listener(lambda: None)\n"
        "listener.close()\n"
        "heavy = {'asyncio', 'uvicorn', 'starlette', 'logging', 'ssl', 'http.client', 'hashlib'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (found.stdout, found.stderr) == ("[]\n", "")


def test_a_process_ends_while_connections_are_open() -> None:
    code = (
        "import socket\n"
        "from penstock.server.listener import Listener\n"
        "def app():\n"
        "    from penstock.server.app import make_app\n"
        "    from penstock.server.auth import one_token\n"
        "    return make_app([], one_token('t'))\n"
        "listener = Listener(app)\n"
        "held = socket.create_connection(('127.0.0.1', listener.port))\n"
        "held.sendall(b'GET / HTTP/1.1\\r\\nHost: localhost\\r\\n\\r\\n')\n"
        "print(held.recv(12))\n"
        "listener.close()\n"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30)
    assert (found.stdout, found.stderr) == ("b'HTTP/1.1 401'\n", "")


def test_both_doors_lead_to_one_server(tmp_path: Path) -> None:
    import datetime

    from penstock.server.certificates import Certificates
    from penstock.server.listener import Tls

    certificates = Certificates(tmp_path / "tls")
    asked: list[Path] = []

    def certificate() -> Path:
        certificates.make(datetime.datetime.now(datetime.UTC))
        asked.append(certificates.server)
        return certificates.server

    def app() -> object:
        from penstock.server.app import make_app

        return make_app([HELLO], one_token("t"))

    listener = Listener(app, tls=Tls(port=0, certificate=certificate))  # type: ignore[arg-type]
    assert asked == []
    trust = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        for _ in range(2):
            with urllib.request.urlopen(f"{listener.url}/hello", timeout=20) as answer:
                plain = answer.read()
            trust.load_verify_locations(certificates.authority)
            with urllib.request.urlopen(
                f"{listener.tls_url}/hello", timeout=20, context=trust
            ) as answer:
                assert answer.read() == plain
    finally:
        listener.close()
    assert listener.failure is None
    assert len(asked) == 1
