"""`az ml job`: submit, show, list, follow, cancel, download."""

from __future__ import annotations

import os
import sys
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from penstock.cli.az import views
from penstock.cli.az.call import Call
from penstock.cli.az.failures import Failed, Misused, Refused
from penstock.cli.az.values import number
from penstock.cli.az.workspaces import in_workspace
from penstock.ml.workspaces import Workspace

if TYPE_CHECKING:
    from penstock.ml.yaml import Loaded

Json = dict[str, Any]
_ORIGIN = "x-penstock-origin"


def create(call: Call) -> Json:
    """Submit a job. Everything that can be checked here is checked before anything is sent; the job
    itself is sent last."""
    loaded = _read(call, "nothing was submitted")
    _make_declared(call)
    job = in_workspace(call, lambda workspace: _submit(call, workspace, loaded))
    if call.flag("--web"):
        _show_page(call, job)
    if call.flag("--stream"):
        from penstock.cli.az.following import follow

        follow(call, call.workspace, str(job["name"]))
        job = call.wire.get(f"{call.workspace.path}/jobs/{job['name']}")
    view = views.job(job)
    if call.text("--save-as"):
        _save(view, Path(call.text("--save-as") or ""))
    return view


def _read(call: Call, undone: str) -> Loaded:
    """The job's file, checked as far as that goes without the workspace."""
    from penstock.cli.az.documents import read_document
    from penstock.cli.az.problems import report
    from penstock.ml.yaml import Family

    loaded = read_document(call, Family.JOB)
    fault = f"{call.text('--file')} is not valid; " if loaded.document is not None else ""
    report(call, loaded.diagnostics, fault + undone)
    return loaded


def _make_declared(call: Call) -> None:
    """What the repository declares for the workspace is there before the job is."""
    from penstock.cli.az.declarations import declared_folder
    from penstock.cli.az.declared import make_declared

    if declared_folder(call.workspace.name, call) is not None:
        make_declared(call, call.workspace)


def _submit(call: Call, workspace: Workspace, loaded: Loaded) -> Json:
    from penstock.cli.az.problems import located, report
    from penstock.cli.az.registration import WireRegistrar
    from penstock.ml.yaml.git import git_properties
    from penstock.ml.yaml.job_bodies import job_body
    from penstock.ml.yaml.names import default_experiment, job_name

    name = str(loaded.value.get("name") or job_name(os.urandom(14)))
    folder = str(call.folder)
    try:
        body = job_body(
            loaded,
            WireRegistrar(call.wire, workspace),
            name=name,
            experiment=default_experiment(folder),
            properties=git_properties(folder, call.environ),
        )
        origin = call.environ.get("PENSTOCK_ORIGIN")
        headers = {_ORIGIN: origin} if origin else {}
        return call.wire.send("PUT", f"{workspace.path}/jobs/{name}", body, headers=headers)
    except Refused as refused:
        if refused.status != 400:
            raise
        undone = "the workspace refused the job; nothing was started"
        report(call, located(refused, loaded), undone)
        raise


def validate(call: Call) -> Json:
    """Check a job's file without submitting it."""
    _read(call, "see above")
    return {"result": "Succeeded"}


def show(call: Call) -> Json:
    """One job, or one node of a pipeline job by its own name."""
    document = in_workspace(call, lambda workspace: _get(call, workspace, call.text("--name")))
    if "properties" not in document:
        run = f"/history/v1.0{call.workspace.path}/runs/{call.text('--name')}"
        return views.child(call.wire.get(run))
    if call.flag("--web"):
        _show_page(call, document)
    return views.job(document)


def list_jobs(call: Call) -> list[Json]:
    """The jobs of a workspace, newest first; or the nodes of one, in the order of its graph."""
    parent, limit = call.text("--parent-job-name"), number(call, "--max-results")

    def get(workspace: Workspace) -> list[Json]:
        if parent:
            _get(call, workspace, parent)
            path = f"/history/v1.0{workspace.path}/runs/{parent}/children"
            return [views.child(run) for run in call.wire.get(path)["value"]]
        kind = "ArchivedOnly" if call.flag("--archived-only") else "ActiveOnly"
        kind = "All" if call.flag("--include-archived") else kind
        found = call.wire.pages(f"{workspace.path}/jobs", listViewType=kind)
        return [views.job(document) for document in islice(found, limit)]

    return in_workspace(call, get)[:limit]


def stream(call: Call) -> None:
    """Follow the log of a job until it ends; exit code 1 when it failed."""
    from penstock.cli.az.following import follow

    in_workspace(call, lambda workspace: follow(call, workspace, call.text("--name") or ""))


def cancel(call: Call) -> None:
    """Ask a job to stop."""
    name = call.text("--name")
    in_workspace(
        call, lambda workspace: call.wire.send("POST", f"{workspace.path}/jobs/{name}/cancel")
    )


def archive(call: Call) -> None:
    """Leave a job out of lists."""
    _change(call, {"hidden": True})


def restore(call: Call) -> None:
    """Put a job back into lists."""
    _change(call, {"hidden": False})


def update(call: Call) -> Json:
    """Change the tags, the display name or the description of a job."""
    changes: Json = {}
    for setting in call.texts("--set"):
        name, equals, value = setting.partition("=")
        if not equals:
            raise Misused(f"argument --set: '{setting}' is not of the form NAME=VALUE")
        if name.startswith("tags."):
            changes.setdefault("tags", {})[name.removeprefix("tags.")] = value
        elif name in ("display_name", "description"):
            changes["displayName" if name == "display_name" else name] = value
        else:
            raise Failed(f"az ml job update changes tags, display_name and description, not {name}")
    if call.texts("--add") or call.texts("--remove"):
        raise Failed("az ml job update takes --set only here")
    _change(call, changes)
    return show(call)


def _change(call: Call, changes: Json) -> None:
    name = call.text("--name")

    def patch(workspace: Workspace) -> None:
        document = _get(call, workspace, name)
        experiment = document.get("properties", {}).get("experimentName", "Default")
        run = f"/history/v1.0{workspace.path}/experiments/{experiment}/runs/{name}"
        call.wire.send("PATCH", run, changes)

    in_workspace(call, patch)


def download(call: Call) -> None:
    """Download a job's own files, one named output, or all."""
    from penstock.cli.az.downloads import download_job

    in_workspace(call, lambda workspace: download_job(call, workspace))


def _get(call: Call, workspace: Workspace, name: str | None) -> Json:
    return call.wire.get(f"{workspace.path}/jobs/{name}")


def _show_page(call: Call, document: Json) -> None:
    """Print the address of a job's page, and open it where there is a screen to show it on."""
    services = document.get("properties", {}).get("services", {})
    address = services.get("Studio", {}).get("endpoint")
    if not address:
        return
    call.say(f"Web View: {address}")
    display = call.environ.get("DISPLAY") or call.environ.get("WAYLAND_DISPLAY")
    if (display or sys.platform == "darwin") and sys.stdout.isatty():
        import webbrowser

        webbrowser.open(address)


def _save(view: Json, path: Path) -> None:
    import yaml

    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_text(yaml.safe_dump(view, allow_unicode=True), encoding="utf-8")
    draft.replace(path)
