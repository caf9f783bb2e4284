"""Server-sent events: what happens comes as it happens, in order, and goes on after a cut."""

from __future__ import annotations

import threading
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from typing import Any

from devopsserver import DevopsServer, until
from eventstream import Stream, following, read


def opened(server: DevopsServer, query: str) -> Any:
    request = urllib.request.Request(
        f"{server.url}/Demo/_apis/penstock/live?{query}",
        headers={"Authorization": f"Bearer {server.token}"},
    )
    return urllib.request.urlopen(request, timeout=60)


SLOW = """
steps:
- bash: for n in $(seq 20); do echo line $n; sleep 0.05; done
  displayName: Count
- bash: exit 1
  displayName: Fail
"""


def test_a_run_is_followed_to_its_end(server: DevopsServer) -> None:
    server.commit({"azure-pipelines.yml": SLOW})
    run, stream = server.run(), Stream()
    with closing(opened(server, f"run={run}")) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        read(answer, stream)
    assert [event for event, _, _ in stream.events][-1] == "end"
    assert stream.of("run")[-1]["result"] == "failed"
    last = {record["id"]: record for record in stream.of("record")}
    page = server.get(f"penstock/runs/{run}")
    assert last == {record["id"]: {**record, **moving(last, record)} for record in page["records"]}
    count = next(r for r in page["records"] if r["name"] == "Count")
    printed = [line.partition(" ")[2] for line in stream.lines("recordId")[count["id"]]]
    assert [line for line in printed if line.startswith("line ")] == [
        f"line {n}" for n in range(1, 21)
    ]


def moving(seen: dict[str, Any], record: dict[str, Any]) -> dict[str, Any]:
    """The fields of a record that only say how long its log is by now."""
    return {name: seen[record["id"]][name] for name in ("log", "lineCount")}


def test_a_stream_that_was_cut_goes_on_where_it_was(server: DevopsServer) -> None:
    server.commit({"azure-pipelines.yml": SLOW})
    run, stream = server.run(), Stream()
    cut = threading.Event()
    with closing(opened(server, f"run={run}")) as answer:
        reader = threading.Thread(target=read, args=(answer, stream, cut))
        reader.start()
        until(lambda: len(stream.of("log")) > 2, "some lines have come")
        cut.set()
        reader.join()
    with closing(opened(server, f"run={run}&after={stream.place}")) as answer:
        read(answer, stream)
    assert stream.is_over
    page = server.get(f"penstock/runs/{run}")
    for record_id, lines in stream.lines("recordId").items():
        record = next(r for r in page["records"] if r["id"] == record_id)
        kept = server.get(f"build/builds/{run}/logs/{record['log']['id']}")["value"]
        assert lines == kept[: len(lines)]
    last = {record["id"]: record for record in stream.of("record")}
    assert all(record["state"] == "completed" for record in last.values())


def test_an_ended_run_is_told_and_over(server: DevopsServer) -> None:
    server.commit({"azure-pipelines.yml": "steps: [{bash: 'true'}]"})
    run = server.run()
    server.ended(run)
    stream = Stream()
    with closing(opened(server, f"run={run}")) as answer:
        read(answer, stream)
    assert stream.is_over
    assert stream.events[0][0] == "run"
    assert stream.of("end") == [{"result": "succeeded"}]


def test_the_runs_of_a_project_are_followed(server: DevopsServer) -> None:
    server.commit({"azure-pipelines.yml": "steps: [{bash: 'sleep 0.3'}]"})
    server.pipeline()
    with followed_project(server) as stream:
        run = server.run()
        until(lambda: told(stream, run)[-1:] == ["completed"], "the end of the run was told")


def test_what_came_between_a_list_and_its_stream_is_told(server: DevopsServer) -> None:
    """Else a page that was slow to follow its list shows a run as going on for ever, or never."""
    server.commit({"azure-pipelines.yml": "steps: [{bash: 'true'}]"})
    server.pipeline()
    assert server.get("penstock/runs")["value"] == []
    ended = server.run()
    server.ended(ended)
    server.commit({"azure-pipelines.yml": "steps: [{bash: 'sleep 30'}]"})
    going = server.get("penstock/runs")["value"][0]["id"]
    with followed_project(server) as stream:
        until(lambda: told(stream, ended) == ["completed"], "the run that has ended was told")
        until(lambda: told(stream, going), "the run that goes on was told")
        assert stream.place


def test_a_project_is_followed_on_from_where_the_reader_was(server: DevopsServer) -> None:
    server.commit({"azure-pipelines.yml": "steps: [{bash: 'true'}]"})
    ended = server.run()
    finish = server.ended(ended)["finishTime"]
    at = int(datetime.fromisoformat(finish).timestamp())
    second = server.run()
    server.ended(second)
    with followed_project(server, f"after={at - 1}") as stream:
        until(lambda: told(stream, ended) == told(stream, second) == ["completed"], "both are told")
    with followed_project(server, f"after={at + 1000}") as stream:
        third = server.run()
        until(lambda: told(stream, third), "the new one was told")
        assert told(stream, ended) == told(stream, second) == []


@contextmanager
def followed_project(server: DevopsServer, query: str = "") -> Iterator[Stream]:
    path = f"/penstock/Demo/_apis/penstock/live?{query}"
    headers = {"Authorization": f"Bearer {server.token}"}
    with following(server.host.listener.port, path, headers) as stream:
        yield stream


def told(stream: Stream, run: int) -> list[str]:
    return [row["state"] for row in stream.of("run") if row["id"] == run]


def test_a_closing_server_ends_its_streams(server: DevopsServer) -> None:
    server.commit({"azure-pipelines.yml": "steps: [{bash: 'sleep 30'}]"})
    run, stream = server.run(), Stream()
    with closing(opened(server, f"run={run}")) as answer:
        reader = threading.Thread(target=read, args=(answer, stream))
        reader.start()
        until(lambda: stream.of("record"), "the stream has begun")
        server.host.closing.set()
        reader.join(timeout=20)
        assert stream.is_over
