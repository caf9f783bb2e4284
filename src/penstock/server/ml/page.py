"""A job's page for a person: plain HTML without scripts, until there is a portal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape

from penstock.ml.jobstore import Job
from penstock.server.errors import Refused
from penstock.server.ml.context import MlHttp, row
from penstock.server.ml.jobviews import log_links, run_view, studio_link
from penstock.server.routes import Answer, Call, Permission, Route

_HEADERS = {
    "content-type": "text/html; charset=utf-8",
    "content-security-policy": (
        "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none';"
        " form-action 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
}
_STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem;"
    "color:#1b1b1b;background:#fff}table{border-collapse:collapse;width:100%}"
    "th,td{text-align:left;padding:.3rem .8rem .3rem 0;border-bottom:1px solid #ddd;"
    "vertical-align:top}pre{background:#f4f4f4;padding:1rem;overflow:auto}"
    "@media(prefers-color-scheme:dark){body{color:#e6e6e6;background:#1b1b1b}"
    "a{color:#8ab4f8}pre{background:#2a2a2a}th,td{border-color:#444}}"
)


def routes(ml: MlHttp) -> tuple[Route, ...]:
    """The rows of this file."""
    path = "/ml/runs/{job}"
    return (row(ml, "GET", path, page, permission=Permission.SIGNED),)


def page(ml: MlHttp, call: Call) -> Answer:
    """The job of that name; `wsid` says in which workspace when several have one."""
    job = _job(ml, call)
    children = ml.service.jobs.children(job.workspace.scope, job.name)
    body = render(
        job,
        status=str(ml.service.status(job)),
        children=[(child, str(ml.service.status(child))) for child in children],
        links={child.name: studio_link(ml, child, call.base_url) for child in children},
        logs=log_links(ml, job, call.base_url),
        metrics=ml.metrics(job.workspace, job.name),
        times=run_view(ml, job),
    )
    return Answer(body=body.encode("utf-8", "replace"), headers=_HEADERS)


def _job(ml: MlHttp, call: Call) -> Job:
    name, wanted = call.parameters["job"], call.query("wsid").lower()
    found = [
        job
        for job in ml.service.jobs.find(name)
        if not wanted or job.workspace.scope == wanted.rstrip("/")
    ]
    if not found:
        raise Refused(404, "UserError", f"Job {name} not found", target="job")
    return found[0]


def render(
    job: Job,
    *,
    status: str,
    children: Sequence[tuple[Job, str]],
    links: Mapping[str, str],
    logs: Mapping[str, str],
    metrics: Mapping[str, float],
    times: Mapping[str, object],
) -> str:
    """The page's HTML. Every text that comes from outside is escaped here."""
    facts = {
        "Status": status,
        "Job": job.name,
        "Type": job.type,
        "Experiment": job.experiment,
        "Workspace": job.workspace.name,
        "Started": times.get("startTimeUtc") or "",
        "Ended": times.get("endTimeUtc") or "",
    }
    parts = [f"<h1>{escape(job.display_name)}</h1>", _table(facts.items())]
    if job.error:
        parts.append(f"<h2>Error</h2><pre>{escape(job.error)}</pre>")
    if children:
        nodes = [(_link(child.key, links[child.name]), escape(word)) for child, word in children]
        parts.append("<h2>Nodes</h2>" + _rows(nodes))
    if metrics:
        parts.append("<h2>Metrics</h2>" + _table(metrics.items()))
    if job.outputs:
        places = ((name, output.uri) for name, output in job.outputs.items())
        parts.append("<h2>Outputs</h2>" + _table(places))
    if logs:
        parts.append("<h2>Logs</h2>" + _rows((_link(*log),) for log in logs.items()))
    if job.warnings:
        items = "".join(f"<li>{escape(warning)}</li>" for warning in job.warnings)
        parts.append(f"<h2>Warnings</h2><ul>{items}</ul>")
    title = escape(f"{job.display_name}: {status}")
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        '<meta name="viewport" content="width=device-width"><style>'
        f"{_STYLE}</style></head><body>{''.join(parts)}</body></html>\n"
    )


def _table(facts: Iterable[tuple[str, object]]) -> str:
    return _rows((escape(name), escape(str(value))) for name, value in facts)


def _rows(rows: Iterable[tuple[str, ...]]) -> str:
    """A table of cells that are HTML already."""
    lines = []
    for head, *cells in rows:
        columns = "".join(f"<td>{cell}</td>" for cell in cells)
        lines.append(f'<tr><th scope="row">{head}</th>{columns}</tr>')
    return f"<table>{''.join(lines)}</table>"


def _link(text: str, url: str) -> str:
    return f'<a href="{escape(url, quote=True)}">{escape(text)}</a>'
