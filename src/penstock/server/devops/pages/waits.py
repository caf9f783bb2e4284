"""What a run waits for people to do: approvals to give, and permissions to grant."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from penstock.devops.protecting.checkpointstore import Checkpoint
from penstock.devops.protecting.checks import ItemKind, ItemStatus
from penstock.server.devops.builds.timeline import record_id
from penstock.server.devops.library.approvals import approval_json
from penstock.server.devops.library.context import LibraryHttp, administers
from penstock.server.routes import Call
from penstock.store.runs import Run


def waits_of(http: LibraryHttp, call: Call, run: Run) -> list[dict[str, Any]]:
    """The approvals of a run, answered ones too, and the permissions that it waits for."""
    checkpoints = list(http.checks.of_run(str(run.id)))
    by_stage = {one.work.stage: one for one in checkpoints}
    found: list[dict[str, Any]] = []
    for approval in http.checks.approvals_in(run.project, run=str(run.id), limit=1000):
        shown = approval_json(http, call, approval)
        checkpoint = by_stage.get(approval.stage)
        found.append(
            {
                **shown,
                "kind": "approval",
                "canApprove": shown["permissions"] == "update",
                "recordId": _record(run, checkpoint) if checkpoint else None,
            }
        )
    for checkpoint in checkpoints:
        if checkpoint.result is None:
            found += _permissions(http, call, run, checkpoint)
    return found


def _permissions(
    http: LibraryHttp, call: Call, run: Run, checkpoint: Checkpoint
) -> Iterator[dict[str, Any]]:
    for item in checkpoint.items:
        waits = item.kind is ItemKind.AUTHORIZATION and item.status is ItemStatus.PENDING
        if not waits or item.resource is None:
            continue
        resource = item.resource
        kept = http.resources.get(run.project, resource.type, resource.id)
        yield {
            "id": f"{checkpoint.id}/{resource.type}/{resource.id}",
            "kind": "permission",
            "status": "pending",
            "stage": checkpoint.work.stage,
            "resource": {"type": str(resource.type), "id": resource.id, "name": resource.name},
            "instructions": item.message,
            "canApprove": administers(call, run.project, kept),
            "recordId": _record(run, checkpoint),
            "steps": [],
        }


def _record(run: Run, checkpoint: Checkpoint) -> str:
    return record_id(str(run.id), "Checkpoint", checkpoint.node)
