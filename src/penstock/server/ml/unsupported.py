"""What Azure ML has and this service does not have yet: refused by name, not as "not found"."""

from __future__ import annotations

from typing import NoReturn

from penstock.server.errors import Refused
from penstock.server.ml.context import WORKSPACE, MlHttp, row, workspace_of
from penstock.server.routes import Call, Route

_COLLECTIONS = {
    "schedules": "schedules",
    "onlineEndpoints": "online endpoints",
    "batchEndpoints": "batch endpoints",
    "serverlessEndpoints": "serverless endpoints",
    "connections": "connections",
    "featuresets": "feature sets",
    "featurestoreEntities": "feature store entities",
    "outboundRules": "outbound rules",
    "inferencePools": "inference pools",
    "marketplaceSubscriptions": "marketplace subscriptions",
    "capabilityHosts": "capability hosts",
}
_METHODS = ("GET", "PUT", "POST", "PATCH", "DELETE")


def routes(ml: MlHttp) -> tuple[Route, ...]:
    """The rows of this file."""
    paths = [f"{WORKSPACE}/{name}" for name in _COLLECTIONS]
    paths += [f"{path}/{{rest:path}}" for path in paths]
    return tuple(row(ml, method, path, refuse, quick=True) for path in paths for method in _METHODS)


def refuse(ml: MlHttp, call: Call) -> NoReturn:
    """Say which part of Azure ML is missing."""
    workspace_of(ml, call)
    asked = call.path.strip("/").split("/")[8].lower()
    noun = next(noun for name, noun in _COLLECTIONS.items() if name.lower() == asked)
    raise Refused(400, "NotSupported", f"{noun} are not supported yet")
