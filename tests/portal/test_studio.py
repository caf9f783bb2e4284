"""The machine learning studio: a pipeline job of which one node fails, looked at in a browser."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect
from visitor import Served, Visitor, studio

JOB = """
type: pipeline
display_name: taxi fares
experiment_name: taxi
settings: { default_compute: azureml:local }
inputs:
  rides: { type: uri_file, path: rides.csv }
jobs:
  prepare:
    type: command
    command: >-
      python prepare.py ${{inputs.rides}} ${{outputs.clean}}
    code: src
    environment: { image: "python:3.11" }
    inputs: { rides: "${{parent.inputs.rides}}" }
    outputs: { clean: { type: uri_folder } }
  train:
    type: command
    command: >-
      echo reading ${{inputs.clean}}; cat ${{inputs.clean}}/missing.csv
    environment: { image: "python:3.11" }
    inputs: { clean: "${{parent.jobs.prepare.outputs.clean}}" }
"""

PREPARE = """
import json, os, sys, urllib.request
base, token = os.environ["MLFLOW_TRACKING_URI"], os.environ["MLFLOW_TRACKING_TOKEN"]

def log(name, body):
    headers = {"Authorization": "Bearer " + token, "Content-Type": "application/json"}
    url = base + "/api/2.0/mlflow/runs/" + name
    data = json.dumps({"run_id": os.environ["MLFLOW_RUN_ID"], **body}).encode()
    urllib.request.urlopen(urllib.request.Request(url, data, headers)).read()

rows = open(sys.argv[1]).read().splitlines()
print("read", len(rows), "rows")
for step in range(40):
    body = {"key": "loss", "value": 10 / (1 + step), "timestamp": 1000 * step, "step": step}
    log("log-metric", body)
log("log-metric", {"key": "rows", "value": len(rows), "timestamp": 0, "step": 0})
log("log-parameter", {"key": "depth", "value": "3"})
open(os.path.join(sys.argv[2], "clean.csv"), "w").write("\\n".join(rows))
os.makedirs("outputs", exist_ok=True)
open("outputs/notes.txt", "w").write("made by prepare")
"""


@pytest.fixture(scope="module")
def job(served: Served, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The name of a job that has failed in its second node."""
    folder: Path = tmp_path_factory.mktemp("taxi")
    (folder / "src").mkdir()
    (folder / "src" / "prepare.py").write_text(PREPARE)
    (folder / "rides.csv").write_text("from,to\na,b\nc,d\n")
    (folder / "job.yml").write_text(JOB)
    where = ("--resource-group", "dev-ml-rg", "--workspace-name", "taxi-ws")
    made = served.penstock(
        "az", "ml", "workspace", "create", "-n", "taxi-ws", *where[:2], cwd=folder
    )
    assert made.returncode == 0, made.stderr
    command = ("az", "ml", "job", "create", "-f", "job.yml", *where, "--stream", "--name", "taxi1")
    ended = served.penstock(*command, cwd=folder)
    assert "Failed" in ended.stdout + ended.stderr
    return "taxi1"


def test_the_failed_node_of_a_job_is_opened_with_its_error(visitor: Visitor, job: str) -> None:
    visitor.sign_in()
    visitor.click("link", "Machine Learning")
    visitor.click("link", "taxi-ws")
    page = visitor.page
    row = page.get_by_role("row", name=re.compile("taxi fares"))
    expect(row.get_by_role("img", name="Failed")).to_be_visible()
    visitor.picture("studio-jobs")
    visitor.click("link", "taxi fares")
    graph = page.get_by_role("group", name="Graph of the job")
    expect(graph.get_by_role("button", name="prepare Completed")).to_be_visible()
    expect(graph.get_by_role("button", name="train Failed")).to_be_visible()
    panel = page.get_by_role("complementary", name="Node")
    expect(panel.get_by_role("alert")).to_contain_text("missing.csv: No such file or directory")
    visitor.picture("studio-graph")


def test_a_nodes_log_metrics_files_and_code_are_a_click_away(visitor: Visitor, job: str) -> None:
    visitor.sign_in()
    visitor.go(studio(f"runs/{job}", "taxi-ws"))
    page = visitor.page
    page.get_by_role("navigation", name="Outline").get_by_role("button", name="prepare").click()
    panel = page.get_by_role("complementary", name="Node")
    panel.get_by_role("link", name="Open the job").click()
    expect(page.get_by_role("heading", name="prepare", level=1)).to_be_visible()
    expect(page.get_by_role("table", name="Parameters")).to_contain_text("depth")
    visitor.click("link", "Metrics (2)")
    expect(page.get_by_role("figure", name="loss")).to_be_visible()
    expect(page.get_by_role("figure", name="rows")).to_contain_text("3")
    visitor.picture("studio-metrics")
    visitor.click("link", "Outputs + logs")
    expect(page.get_by_role("log")).to_contain_text("read 3 rows")
    visitor.picture("studio-log")
    page.get_by_role("link", name=re.compile("notes.txt")).click()
    visitor.sees("made by prepare")
    visitor.click("link", "Code")
    page.get_by_role("link", name=re.compile("prepare.py")).click()
    visitor.sees("import json, os, sys, urllib.request")


def test_a_chain_stands_upright_where_it_would_not_fit_beside_itself(
    visitor: Visitor, job: str
) -> None:
    visitor.sign_in()
    page = visitor.page
    page.set_viewport_size({"width": 900, "height": 860})
    visitor.go(studio(f"runs/{job}?node=none", "taxi-ws"))
    graph = page.get_by_role("group", name="Graph of the job")
    nodes = [graph.locator("[data-node]").nth(at) for at in range(3)]
    expect(nodes[2]).to_be_in_viewport(ratio=1)
    boxes = [node.bounding_box() for node in nodes]
    assert all(box and box["width"] > 200 for box in boxes), "the names can be read"
    tops = [box["y"] for box in boxes if box]
    assert tops == sorted(tops) and tops[0] + 60 < tops[1]


GROWING = """
type: pipeline
display_name: growing
settings: { default_compute: azureml:local }
jobs:
  wait:
    type: command
    command: >-
      until test -e %s/go; do sleep 0.1; done; echo the wait is over;
      until test -e %s/end; do sleep 0.1; done
    environment: { image: "python:3.11" }
  last:
    type: command
    command: cat ${{inputs.given}}
    environment: { image: "python:3.11" }
    inputs: { given: "%s" }
"""


def test_pages_follow_a_job_without_a_reload(visitor: Visitor, job: str, tmp_path: Path) -> None:
    """The list, the graph and a log, each of one answer and one stream."""
    (tmp_path / "job.yml").write_text(GROWING % (tmp_path, tmp_path, "three"))
    visitor.sign_in()
    page, asked = visitor.page, []
    with page.expect_request(re.compile("/penstock/live$")):
        visitor.go(studio("jobs", "taxi-ws"))
    page.on("request", lambda request: asked.append(request.url))
    where = ("--resource-group", "dev-ml-rg", "--workspace-name", "taxi-ws")
    create = ("az", "ml", "job", "create", "-f", "job.yml", *where, "--name", "growing1")
    made = visitor.served.penstock(*create, cwd=tmp_path)
    assert made.returncode == 0, made.stderr
    row = page.get_by_role("row", name=re.compile("growing"))
    expect(row.get_by_role("img", name="Running")).to_be_visible()
    assert asked == []
    visitor.click("link", "growing")
    graph = page.get_by_role("group", name="Graph of the job")
    expect(graph.get_by_role("button", name="wait Running")).to_be_visible()
    page.get_by_role("navigation", name="Outline").get_by_role("button", name="wait").click()
    visitor.click("link", "Log", exact=True)
    expect(page.get_by_role("log")).to_be_visible()
    (tmp_path / "go").touch()
    expect(page.get_by_role("log")).to_contain_text("the wait is over")
    page.go_back()
    (tmp_path / "end").touch()
    expect(graph.get_by_role("button", name="wait Completed")).to_be_visible()
    expect(page.get_by_role("heading", level=1).get_by_role("img", name="Failed")).to_be_visible()


def test_a_job_is_canceled_from_the_list(visitor: Visitor, job: str, tmp_path: Path) -> None:
    (tmp_path / "job.yml").write_text(GROWING % (tmp_path, tmp_path, "three"))
    where = ("--resource-group", "dev-ml-rg", "--workspace-name", "taxi-ws")
    create = ("az", "ml", "job", "create", "-f", "job.yml", *where, "--name", "unwanted1")
    named = ("--set", "display_name=unwanted")
    assert visitor.served.penstock(*create, *named, cwd=tmp_path).returncode == 0
    visitor.sign_in()
    visitor.go(studio("jobs", "taxi-ws"))
    visitor.click("button", "Actions for unwanted")
    visitor.click("menuitem", "Cancel")
    visitor.page.get_by_role("dialog").get_by_role("button", name="Cancel the job").click()
    row = visitor.page.get_by_role("row", name=re.compile("unwanted"))
    expect(row.get_by_role("img", name="Canceled")).to_be_visible()


def test_jobs_are_compared_side_by_side(visitor: Visitor, job: str) -> None:
    visitor.sign_in()
    visitor.go(studio(f"compare?jobs={job},{job}", "taxi-ws"))
    visitor.sees("They are the same in all of them.")


def test_an_address_without_a_workspace_says_so(visitor: Visitor) -> None:
    visitor.sign_in()
    visitor.go("/ml/jobs")
    visitor.sees("The address of this page names no workspace.")
    visitor.go(studio("runs/nobody", "no-such-ws"))
    expect(visitor.page.get_by_role("alert")).to_contain_text("Not found")
    visitor.troubles = [t for t in visitor.troubles if "404" not in t]
