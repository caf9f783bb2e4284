"""One job as its page shows it: facts, inputs and outputs, graph with its layout, logs, origin."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from penstock.engine.requests import CommandWork
from penstock.language.pipeline.pictures.layout import Size, lay_out
from penstock.language.pipeline.pictures.outline import layers_of
from penstock.ml.datastores import parse_uri
from penstock.ml.executionlog import EXECUTION_LOG
from penstock.ml.failures import log_names
from penstock.ml.fields import field, table
from penstock.ml.graphs import GraphNode, JobGraph
from penstock.ml.jobstore import Job
from penstock.server.ml.context import WORKSPACE, MlHttp, job_of, row
from penstock.server.ml.jobviews import studio_link
from penstock.server.ml.studio.rows import job_rows, origin_view
from penstock.server.ml.views import Document, moment
from penstock.server.routes import Call, Route

Naming: TypeAlias = Callable[[str | None], str | None]

_BOX = Size(230, 60)
_GAP = Size(60, 28)


def routes(ml: MlHttp) -> tuple[Route, ...]:
    """The rows of this file."""
    job = f"{WORKSPACE}/penstock/jobs/{{job}}"
    return (
        row(ml, "GET", job, show),
        row(ml, "GET", f"{job}/graph", show_graph),
    )


def show(ml: MlHttp, call: Call) -> Document:
    """Everything of one job but its metric curves and the text of its files."""
    job = job_of(ml, call)
    tracked = ml.tracked(job.workspace, job.name)
    family = ml.service.jobs.of_run(job.run)
    children = [child for child in family if child.parent == job.name]
    names = {child.node: child.name for child in family}
    work = ml.service.work(job)
    properties = table(job.document, "properties")
    data = data_names(ml, job)
    return {
        **job_rows(ml, [job])[0],
        "origin": origin_view(ml, call, job.origin),
        "id": f"{job.workspace.path}/jobs/{job.name}",
        "description": field(properties, "description"),
        "errorCode": job.error_code or None,
        "warnings": list(job.warnings),
        "params": dict(tracked.params) if tracked is not None else {},
        "inputs": _inputs(properties, work, data),
        "outputs": [
            {"name": name, "type": out.type, "uri": out.uri, "asset": out.asset_name or None}
            for name, out in job.outputs.items()
        ],
        "command": _command(work),
        "children": job_rows(ml, children),
        "ancestors": _ancestors(ml, job),
        "graph": laid_out(ml.service.graph(job), names, data),
        "logs": _logs(ml, job, names),
        "link": studio_link(ml, job, call.base_url),
    }


def show_graph(ml: MlHttp, call: Call) -> Document:
    """The graph of a pipeline job alone, for pages that follow it."""
    job = job_of(ml, call)
    return laid_out(ml.service.graph(job), ml.service.names(job), data_names(ml, job))


def data_names(ml: MlHttp, job: Job) -> Naming:
    """Tells what the data at an address is called in the workspace (`name:version`)."""

    def normal(uri: str) -> str:
        place = parse_uri(uri, job.workspace)
        return (place.uri if place is not None else uri).rstrip("/")

    known = {
        normal(str(asset.properties.get("dataUri", ""))): f"{asset.name}:{asset.version}"
        for asset in ml.assets.versions(job.workspace.scope, "data")
    }
    return lambda uri: known.get(normal(uri)) if uri else None


def laid_out(graph: JobGraph, names: Mapping[str, str], data: Naming) -> Document:
    """`{nodes, edges, width, height}`: boxes with their places, lines with the points they pass.
    `names` are the child jobs by node."""
    waits: dict[str, list[str]] = {node.id: [] for node in graph.nodes}
    for edge in graph.edges:
        if edge.source not in waits[edge.target]:
            waits[edge.target].append(edge.source)
    layout = lay_out(dict.fromkeys(waits, _BOX), layers_of(waits), waits, gap=_GAP)
    nodes = []
    for node in graph.nodes:
        spot = layout.spots[node.id]
        place = {"x": spot.x, "y": spot.y, "w": spot.width, "h": spot.height}
        nodes.append({**_node(node, names, data), **place})
    edges = [
        {
            "from": edge.source,
            "to": edge.target,
            "output": edge.output or None,
            "input": edge.input or None,
            "points": [list(point) for point in layout.lines[edge.source, edge.target]],
        }
        for edge in graph.edges
    ]
    return {
        "nodes": nodes,
        "edges": edges,
        "width": layout.size.width,
        "height": layout.size.height,
    }


def _node(node: GraphNode, names: Mapping[str, str], data: Naming) -> Document:
    return {
        "id": node.id,
        "job": names.get(node.id),
        "label": (data(node.id) if node.kind == "data" else None) or node.key,
        "kind": node.kind,
        "status": str(node.status) if node.status is not None else None,
        "message": node.message or None,
        "started": moment(node.started),
        "finished": moment(node.finished),
    }


def _inputs(
    properties: Mapping[str, Any], work: CommandWork | None, data: Naming
) -> list[Document]:
    if work is not None:
        return [
            {
                "name": given.name,
                "type": given.type,
                "value": given.value,
                "uri": given.uri,
                "asset": data(given.uri),
                "mode": given.mode if given.uri is not None else None,
            }
            for given in work.inputs
        ]
    found: list[Document] = []
    for name, entry in table(properties, "inputs").items():
        value, uri = field(entry, "value"), field(entry, "uri")
        type = str(field(entry, "job_input_type", "literal"))
        given = {"name": name, "type": type, "value": None if value is None else str(value)}
        found.append({**given, "uri": uri, "asset": data(uri), "mode": None})
    return found


def _command(work: CommandWork | None) -> Document | None:
    if work is None:
        return None
    environment = work.environment
    return {
        "text": work.command,
        "code": work.code,
        "environment": {
            "id": environment.id,
            "image": environment.image,
            "condaFile": environment.conda_file,
        },
        "environmentVariables": dict(work.environment_variables),
        "compute": work.compute,
        "instanceCount": work.instance_count,
        "distribution": work.distribution or None,
    }


def _ancestors(ml: MlHttp, job: Job) -> Sequence[Document]:
    """The jobs around a child job, the outermost first."""
    found: list[Document] = []
    parent = job.parent
    while parent and (above := ml.service.jobs.get(job.workspace.scope, parent)) is not None:
        found.insert(0, {"name": above.name, "displayName": above.key or above.display_name})
        parent = above.parent
    return found


def _logs(ml: MlHttp, job: Job, names: Mapping[str, str]) -> list[Document]:
    if job.type == "Pipeline":
        text = ml.service.execution_log(job, names)
        return [{"name": EXECUTION_LOG, "lines": text.count("\n"), "size": len(text.encode())}]
    return [
        {
            "name": name,
            "lines": ml.logs.line_count(job.run, job.node, name),
            "size": ml.logs.size(job.run, job.node, name),
        }
        for name in log_names(ml.logs, job.run, job.node)
    ]
