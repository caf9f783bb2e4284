"""What one person may have at once, and how soon one who may no longer is let go."""

from __future__ import annotations

import asyncio
import http.client
import io
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from devopsserver import DevopsServer, devops_server, git, token_of, until
from loopback import Response

from penstock.server.devops.pages.live import ProjectSource
from penstock.server.live import Wakeups, stream
from penstock.server.routes import Call
from penstock.server.shares import BadSetting, shares_of
from penstock.store.people.members import Role

ONE = {"STREAMS": "2", "SEARCHES": "1", "ARCHIVES": "1", "GIT": "1"}
PUBLISHES = """
steps:
- bash: |
    mkdir out && head -c 30000000 /dev/urandom > out/big && echo small > out/small
- publish: out
  artifact: drop
"""


@pytest.fixture
def small(tmp_path: Path) -> Iterator[DevopsServer]:
    """A server with the smallest shares."""
    with devops_server(
        tmp_path, settings={f"PENSTOCK_{k}_PER_PERSON": v for k, v in ONE.items()}
    ) as one:
        yield one


@contextmanager
def opened(server: DevopsServer, path: str, token: str) -> Iterator[http.client.HTTPResponse]:
    """An answer whose body was not read yet."""
    connection = http.client.HTTPConnection("127.0.0.1", server.host.listener.port, timeout=30)
    headers = {"Authorization": f"Bearer {token}"}
    connection.request("GET", f"/penstock/Demo/_apis/{path}", headers=headers)
    try:
        yield connection.getresponse()
    finally:
        connection.close()


def get(server: DevopsServer, path: str, token: str) -> Response:
    return server.ask("GET", f"/Demo/_apis/{path}", Authorization=f"Bearer {token}")


def is_refused(answered: Response, things: str) -> bool:
    body = answered.json
    assert (answered.status, body["typeKey"]) == (429, "TooManyRequests"), answered
    assert int(answered.headers["retry-after"]) > 0
    assert things in body["message"]
    return True


def test_a_person_has_so_many_streams_and_others_have_theirs(small: DevopsServer) -> None:
    rita, eve = (token_of(small, name, Role.READER) for name in ("rita", "eve"))
    with ExitStack() as stack:
        for _ in range(2):
            assert stack.enter_context(opened(small, "penstock/live", rita)).status == 200
        assert is_refused(get(small, "penstock/live", rita), "2 live streams")
        with opened(small, "penstock/live", eve) as other:
            assert other.status == 200
        assert get(small, "penstock/runs", rita).status == 200
    # What ended gives its place back.
    until(lambda: _opens(small, "penstock/live", rita), "a place is free")


def _opens(server: DevopsServer, path: str, token: str) -> bool:
    with opened(server, path, token) as answer:
        return answer.status == 200


def test_a_person_has_so_many_archives_and_none_of_them_fills_the_disk(
    small: DevopsServer, tmp_path: Path
) -> None:
    small.commit({"azure-pipelines.yml": PUBLISHES})
    run = small.run()
    assert small.ended(run)["result"] == "succeeded"
    rita, eve = (token_of(small, name, Role.READER) for name in ("rita", "eve"))
    drop = f"build/builds/{run}/artifacts?artifactName=drop"
    with opened(small, f"{drop}&$format=zip", rita) as first:
        assert first.status == 200
        begin = first.read(1000)
        for path in (f"{drop}&$format=zip", "git/repositories/demo/items?$format=zip"):
            assert is_refused(get(small, path, rita), "1 archives")
        # What is short is not counted.
        assert get(small, drop, rita).status == 200
        assert _opens(small, f"{drop}&$format=zip", eve)
        content = begin + first.read()
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        assert sorted(archive.namelist()) == ["drop/big", "drop/small"]
        assert archive.read("drop/small") == b"small\n"
    until(lambda: _opens(small, f"{drop}&$format=zip", rita), "a place is free")


def test_large_files_that_are_read_slowly_are_counted_and_small_ones_are_not(
    small: DevopsServer,
) -> None:
    """Each one that is sent bit by bit keeps a process of git, of which there are few."""
    small.commit({"large": "x" * 40_000_000, "small": "x"})
    rita, eve = (token_of(small, name, Role.READER) for name in ("rita", "eve"))
    items = "git/repositories/demo/items?$format=octetStream&path="
    with opened(small, f"{items}large", rita) as first:
        assert first.status == 200
        assert is_refused(get(small, f"{items}large", rita), "1 archives")
        assert get(small, f"{items}small", rita).body == b"x"
        assert _opens(small, f"{items}large", eve)
    until(lambda: _opens(small, f"{items}large", rita), "a place is free")


def test_a_person_has_so_many_searches(small: DevopsServer) -> None:
    small.commit({"azure-pipelines.yml": "steps: [{bash: echo found it}]"})
    run = small.run()
    small.ended(run)
    rita, eve = (token_of(small, name, Role.READER) for name in ("rita", "eve"))
    path = f"penstock/runs/{run}/logs/search?q=found"
    principal = small.services._access.principal(rita)
    with ExitStack() as held:
        call = Call(request=None, path="/", parameters={}, principal=principal, until_answered=held)  # type: ignore[arg-type]
        small.host.shares.searches.take(call)
        assert is_refused(get(small, path, rita), "1 searches of logs")
        assert get(small, path, eve).json["count"] > 0
    for _ in range(3):
        assert get(small, path, rita).json["count"] > 0


def test_who_has_all_of_their_exchanges_by_git_waits_and_others_do_not(
    small: DevopsServer, tmp_path: Path
) -> None:
    small.commit({"a": "1"})
    rita, eve = (token_of(small, name, Role.READER) for name in ("rita", "eve"))
    with ThreadPoolExecutor(1) as threads:
        with unended_fetch(small, rita):
            second = threads.submit(_clone, small, rita, tmp_path / "rita")
            _clone(small, eve, tmp_path / "eve")
            assert not second.done()
        second.result(timeout=60)


@contextmanager
def unended_fetch(server: DevopsServer, token: str) -> Iterator[None]:
    """A request to git that goes on and on, known to have begun."""
    connection = http.client.HTTPConnection("127.0.0.1", server.host.listener.port, timeout=60)
    try:
        connection.putrequest("POST", "/penstock/Demo/_git/demo/git-upload-pack")
        connection.putheader("Authorization", f"Bearer {token}")
        connection.putheader("Content-Type", "application/x-git-upload-pack-request")
        connection.putheader("Content-Length", "1000")
        connection.endheaders(b"0032want ")
        until(lambda: server.host.shares.exchanges._free, "the fetch began")
        yield
    finally:
        connection.close()


def _clone(server: DevopsServer, token: str, target: Path) -> None:
    target.mkdir()
    header = f"http.extraHeader=Authorization: Bearer {token}"
    git(target, "-c", header, "clone", "--quiet", f"{server.url}/Demo/_git/demo", "copy")


def read_stream(server: DevopsServer, **settings: Any) -> list[bytes]:
    """All of a stream of the project."""
    source = ProjectSource(server.services._http(), server.project)

    async def read() -> list[bytes]:
        return [part async for part in stream(source, Wakeups(), lambda: False, **settings)]

    with ThreadPoolExecutor(1) as threads:  # a browser of another test may have a loop in this one
        return threads.submit(asyncio.run, read()).result(timeout=30)


def test_a_stream_ends_so_that_its_reader_comes_again(server: DevopsServer) -> None:
    assert read_stream(server, may_still=lambda: True, longest=0.0) == [b"retry: 1000\n\n"]


def test_a_stream_ends_when_its_reader_may_no_longer(server: DevopsServer) -> None:
    asked = iter([True, False])
    parts = read_stream(server, may_still=lambda: next(asked), ask_each=0.0)
    assert parts == [b"retry: 1000\n\n"]
    assert next(asked, None) is None


@pytest.mark.parametrize("text", ["0", "-1", "many", "10001", "1e3", "٣"])
def test_a_share_is_a_number(text: str) -> None:
    with pytest.raises(BadSetting, match="PENSTOCK_STREAMS_PER_PERSON is a number from 1"):
        shares_of({"PENSTOCK_STREAMS_PER_PERSON": text})
