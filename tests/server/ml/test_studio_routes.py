"""What the studio's pages are told: rows, one job whole, graph, curves, files, previews."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from mlserver import WORKSPACE, Server, until
from test_job_routes import command, two_nodes

from penstock.ml.datastores import artifacts_path, parse_uri, storage_path
from penstock.ml.tracking_values import Metric
from penstock.ml.workspaces import Workspace
from penstock.server.ml.studio.metrics import thinned

DEV = Workspace(
    subscription="00000000-0000-0000-0000-000000000001",
    resource_group="dev-ml-rg",
    name="dev-ml-ws",
)


def studio(server: Server, path: str) -> Any:
    return server.get(f"{WORKSPACE}/penstock/{path}")


def ended(server: Server, name: str, properties: dict[str, Any]) -> None:
    server.put(f"~/jobs/{name}", properties)
    until(lambda: studio(server, f"jobs/{name}")["status"] == "Completed")


def artifact(server: Server, job: str, path: str, content: bytes) -> None:
    file = storage_path(server.home.storage, artifacts_path(DEV, job)) / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)


def log(server: Server, job: str, metrics: list[Metric], **params: str) -> None:
    server.tracking.log(DEV, job, metrics, list(params.items()), [])


def test_jobs_are_listed_newest_first_with_their_metrics(server: Server) -> None:
    ended(server, "first", command(tags={"team": "blue"}))
    ended(server, "second", command(displayName="Train it", experimentName="trees"))
    log(server, "second", [Metric("loss", 0.5, 1), Metric("odd", float("nan"), 1)])
    listed = studio(server, "jobs")
    assert [row["name"] for row in listed["value"]] == ["second", "first"]
    assert listed["metricNames"] == ["loss", "odd"]
    row = listed["value"][0]
    assert row["metrics"] == {"loss": 0.5, "odd": "nan"}
    assert (row["displayName"], row["experiment"], row["status"]) == (
        "Train it",
        "trees",
        "Completed",
    )
    assert row["ended"] and row["created"].startswith("2027-01-15T08:00")
    for query, names in (
        ("q=train", ["second"]),
        ("experiment=sdkprobe", ["first"]),
        ("tag=team", ["first"]),
        ("tag=team%3Dred", []),
        ("status=Failed", []),
        ("view=archived", []),
    ):
        assert [row["name"] for row in studio(server, f"jobs?{query}")["value"]] == names, query


def test_a_long_list_comes_in_pages(server: Server) -> None:
    names = [f"job{n}" for n in range(5)]
    for name in names:
        ended(server, name, command())
    seen: list[str] = []
    token = ""
    while token is not None:
        page = studio(server, f"jobs?top=2&continuationToken={token}")
        seen += [row["name"] for row in page["value"]]
        token = page["continuationToken"]
    assert seen == names[::-1]


def test_a_job_tells_which_step_submitted_it(server: Server) -> None:
    headers = {"x-penstock-origin": "12/Build/Train/step3"}
    server.ask("PUT", "~/jobs/j1", {"properties": command()}, headers=headers)
    shown = studio(server, "jobs/j1")
    assert shown["origin"] == {"run": "12", "node": "Build/Train", "step": "step3", "project": None}


def test_a_pipeline_is_shown_with_its_graph(server: Server) -> None:
    ended(server, "j1", two_nodes(server))
    shown = studio(server, "jobs/j1")
    assert [child["key"] for child in shown["children"]] == ["hello", "world"]
    graph = shown["graph"]
    hello, world = graph["nodes"]
    assert (hello["label"], hello["kind"], hello["status"]) == ("hello", "command", "Completed")
    assert hello["job"] == shown["children"][0]["name"]
    assert hello["x"] + hello["w"] < world["x"], "what feeds stands left of what is fed"
    (edge,) = graph["edges"]
    assert (edge["from"], edge["to"], edge["output"], edge["input"]) == (
        hello["id"],
        world["id"],
        "o",
        "i",
    )
    assert edge["points"][0] == [hello["x"] + hello["w"], hello["y"] + hello["h"] / 2]
    assert studio(server, "jobs/j1/graph") == graph
    child = studio(server, f"jobs/{world['job']}")
    assert child["command"]["text"] == "cat ${{inputs.i}}/x"
    assert child["ancestors"] == [{"name": "j1", "displayName": "hello_pipeline_io"}]
    assert [given["name"] for given in child["inputs"]] == ["i"]
    assert child["graph"]["nodes"] == []


def test_the_row_of_a_pipeline_has_the_metrics_of_its_nodes(server: Server) -> None:
    ended(server, "j1", two_nodes(server))
    hello, world = (child["name"] for child in studio(server, "jobs/j1")["children"])
    log(server, hello, [Metric("rows", 10.0, 1), Metric("loss", 1.0, 1)])
    log(server, world, [Metric("loss", 0.5, 1)])
    assert studio(server, "jobs")["value"][0]["metrics"] == {"rows": 10.0, "loss": 0.5}


def test_data_from_outside_is_a_node_by_its_name(server: Server) -> None:
    uri = "azureml://datastores/workspaceblobstore/paths/LocalUpload/abc/data.csv"
    server.put("~/data/taxi/versions/3", {"dataType": "uri_file", "dataUri": uri})
    given = {"jobInputType": "uri_file", "uri": f"{WORKSPACE}/data/taxi/versions/3"}
    read = server.component("r", command="cat ${{inputs.d}}", inputs={"d": {"type": "uri_file"}})
    bound = {"value": "${{parent.inputs.raw}}", "job_input_type": "literal"}
    nodes = {"read": {"type": "command", "componentId": read, "inputs": {"d": bound}}}
    ended(server, "j1", two_nodes(server, jobs=nodes, inputs={"raw": given}, outputs={}))
    data, node = studio(server, "jobs/j1")["graph"]["nodes"]
    assert (data["label"], data["kind"], data["job"]) == ("taxi:3", "data", None)
    assert node["label"] == "read"
    assert studio(server, f"jobs/{node['job']}")["inputs"][0]["asset"] == "taxi:3"


def test_curves_are_thinned_to_what_was_asked_for(server: Server) -> None:
    ended(server, "j1", command())
    values = [Metric("loss", float(n % 7), n, n) for n in range(900)]
    log(server, "j1", values)
    log(server, "j1", [Metric("loss", 1000.0, 450, 450)])
    answer = studio(server, "jobs/j1/metrics?name=loss&name=missing&points=50")
    assert answer["names"] == ["loss"]
    curve = answer["metrics"]["loss"]
    assert curve["count"] == 901
    assert len(curve["steps"]) == len(curve["times"]) == len(curve["values"]) <= 50
    assert max(curve["values"]) == 1000.0
    assert (curve["steps"][0], curve["steps"][-1]) == (0, 899)
    assert answer["metrics"].keys() == {"loss"}


@pytest.mark.parametrize("count", [0, 1, 2, 3, 10, 1000])
@pytest.mark.parametrize("points", [2, 3, 10, 500])
def test_a_thinned_curve_keeps_its_ends_and_order(count: int, points: int) -> None:
    metrics = [Metric("m", float(n * 37 % 11), n, n) for n in range(count)]
    kept = thinned(metrics, points)
    assert len(kept) <= max(points, 4)
    assert [m.step for m in kept] == sorted(m.step for m in kept)
    assert kept[:1] == metrics[:1] and kept[-1:] == metrics[-1:]


def test_jobs_are_compared_by_params_and_metrics(server: Server) -> None:
    for name, depth in (("a", "3"), ("b", "5")):
        ended(server, name, command())
        log(server, name, [Metric("r2", float(depth), 1)], depth=depth)
    log(server, "b", [], only="b")
    compared = studio(server, "compare?jobs=a,b,gone")
    assert [row["name"] for row in compared["jobs"]] == ["a", "b"]
    assert compared["params"] == {"depth": ["3", "5"], "only": [None, "b"]}
    assert compared["metrics"] == {"r2": [3.0, 5.0]}


def test_pipelines_are_compared_by_what_their_nodes_logged(server: Server) -> None:
    ended(server, "j1", two_nodes(server))
    first, second = (child["name"] for child in studio(server, "jobs/j1")["children"])
    log(server, first, [Metric("rows", 7.0, 1), Metric("loss", 9.0, 1)], depth="3")
    log(server, second, [Metric("loss", 0.5, 1, 1), Metric("loss", 0.25, 2, 2)])
    compared = studio(server, "compare?jobs=j1")
    assert compared["metrics"] == {"loss": [0.25], "rows": [7.0]}
    assert compared["params"] == {"depth": ["3"]}
    whole = studio(server, "jobs/j1/metrics?name=loss&nodes=1")
    assert (whole["names"], whole["metrics"]["loss"]["values"]) == (["loss", "rows"], [0.5, 0.25])
    assert studio(server, "jobs/j1/metrics?name=loss")["names"] == []


def test_a_pipeline_has_the_pictures_of_its_nodes(server: Server) -> None:
    ended(server, "j1", two_nodes(server))
    first, second = (child["name"] for child in studio(server, "jobs/j1")["children"])
    artifact(server, second, "outputs/loss.png", b"\x89PNG")
    artifact(server, first, "outputs/rows.jpeg", b"\xff\xd8")
    assert studio(server, "jobs/j1/pictures")["value"] == [
        {"job": first, "path": "outputs/rows.jpeg", "size": 2},
        {"job": second, "path": "outputs/loss.png", "size": 4},
    ]


def test_files_are_listed_shown_and_saved(server: Server) -> None:
    ended(server, "j1", command())
    artifact(server, "j1", "outputs/plot.png", b"\x89PNG")
    artifact(server, "j1", "outputs/page.html", b"<script>alert(1)</script>")
    listed = studio(server, "jobs/j1/files/artifacts/outputs")
    assert listed["value"] == [
        {"path": "outputs/page.html", "isFolder": False, "size": 25},
        {"path": "outputs/plot.png", "isFolder": False, "size": 4},
    ]
    picture_entry = {"job": "j1", "path": "outputs/plot.png", "size": 4}
    assert studio(server, "jobs/j1/pictures")["value"] == [picture_entry]
    base = f"{WORKSPACE}/penstock/jobs/j1"
    picture = server.ask("GET", f"{base}/content/artifacts/outputs/plot.png")
    assert (picture.body, picture.headers["content-type"]) == (b"\x89PNG", "image/png")
    page = server.ask("GET", f"{base}/content/artifacts/outputs/page.html")
    assert page.headers["content-type"] == "application/octet-stream"
    assert page.headers["content-disposition"].startswith("attachment")
    assert page.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in page.headers["content-security-policy"]
    text = studio(server, "jobs/j1/text/artifacts/outputs/page.html")
    assert text == {
        "text": "<script>alert(1)</script>",
        "isBinary": False,
        "isWhole": True,
        "size": 25,
    }
    archive = server.ask("GET", f"{base}/zip/artifacts")
    assert archive.body[:2] == b"PK"
    for path in ("files/elsewhere", "text/artifacts/none.txt", "files/output:none", "files/code"):
        assert server.ask("GET", f"{base}/{path}").status == 404, path


@pytest.mark.parametrize("path", ["..%2f..%2fstate.db", "%2e%2e/state.db", "outputs%5c..%5cx"])
def test_no_path_leads_out_of_an_area(server: Server, path: str) -> None:
    ended(server, "j1", command())
    for verb in ("files", "text", "content"):
        answer = server.ask("GET", f"{WORKSPACE}/penstock/jobs/j1/{verb}/artifacts/{path}")
        assert answer.status in (400, 404)


def test_a_link_that_leads_out_is_not_followed(server: Server, tmp_path: Path) -> None:
    ended(server, "j1", command())
    artifact(server, "j1", "outputs/a.txt", b"")
    folder = storage_path(server.home.storage, artifacts_path(DEV, "j1")) / "outputs"
    (tmp_path / "canary").write_text("canary")
    (folder / "link.txt").symlink_to(tmp_path / "canary")
    answer = server.ask("GET", f"{WORKSPACE}/penstock/jobs/j1/text/artifacts/outputs/link.txt")
    assert answer.status in (400, 404)
    assert b"canary" not in answer.body.replace(b"link.txt", b"")


def test_lines_of_a_log(server: Server) -> None:
    ended(server, "j1", command())
    name = "user_logs/std_log.txt"
    job = server.jobs.get(DEV.scope, "j1")
    assert job is not None
    server.logs.append(job.run, job.node, name, "".join(f"line {n}\n" for n in range(1, 3001)))
    lines = f"jobs/j1/lines/{name}"
    assert studio(server, f"{lines}?from=2&lines=2") == {
        "first": 2,
        "count": 3000,
        "lines": ["line 2", "line 3"],
    }
    assert studio(server, f"{lines}?from=-1")["lines"] == ["line 3000"]
    found = studio(server, f"{lines}?q=LINE+299")
    assert found["count"] == 11
    assert found["matches"][0] == {"line": 299, "text": "line 299"}
    assert studio(server, "jobs/j1")["logs"] == [
        {"name": name, "lines": 3000, "size": server.logs.size(job.run, job.node, name)}
    ]
    assert server.ask("GET", f"{WORKSPACE}/penstock/jobs/j1/lines/state.db").status == 404


def data(server: Server, path: str, content: bytes) -> None:
    uri = f"azureml://datastores/workspaceblobstore/paths/{path}"
    place = parse_uri(uri, DEV)
    assert place is not None
    file = storage_path(server.home.storage, place)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)


def test_data_is_previewed(server: Server) -> None:
    data(server, "t.csv", b'a,b\n1,"x,y"\n' + b"2,3\n" * 200)
    data(server, "n.txt", b"one\ntwo\n")
    data(server, "b.bin", b"\0\1")
    data(server, "folder/x/1.txt", b"1")
    data(server, "folder/2.txt", b"22")
    for name in ("t.csv", "n.txt", "b.bin", "folder", "gone"):
        uri = f"azureml://datastores/workspaceblobstore/paths/{name}"
        server.put(f"~/data/{name}/versions/1", {"dataType": "uri_file", "dataUri": uri})
    server.put("~/data/far/versions/1", {"dataType": "uri_file", "dataUri": "https://far.org/a"})
    shown = {
        name: studio(server, f"data/{name}/versions/1/preview")
        for name in ("t.csv", "n.txt", "b.bin", "folder", "gone", "far")
    }
    table = shown["t.csv"]
    assert (table["kind"], table["columns"], table["rows"][0]) == (
        "table",
        ["a", "b"],
        ["1", "x,y"],
    )
    assert (len(table["rows"]), table["isWhole"]) == (100, False)
    assert shown["n.txt"] == {"kind": "text", "lines": ["one", "two"], "isWhole": True}
    assert shown["b.bin"] == {"kind": "none", "reason": "it is not a text"}
    assert shown["folder"]["count"] == 2
    assert {file["path"] for file in shown["folder"]["files"]} == {"2.txt", "x/1.txt"}
    assert shown["gone"] == {"kind": "none", "reason": "there is nothing at its address"}
    assert shown["far"]["reason"].startswith("it lies elsewhere")
    answer = server.ask("GET", f"{WORKSPACE}/penstock/data/t.csv/versions/9/preview")
    assert answer.status == 404
