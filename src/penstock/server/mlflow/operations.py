"""How an MLflow operation becomes a route: its path, what it reads from a request, its errors."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeAlias

from penstock.ml.assets import AssetStore
from penstock.ml.catalog import as_made, find_workspace
from penstock.ml.datastores import UnsafePath
from penstock.ml.model_registry import ModelRegistry
from penstock.ml.tracking import Tracking
from penstock.ml.tracking_values import Code, TrackingError
from penstock.ml.workspaces import PROVIDER, Workspace
from penstock.server.errors import Refused
from penstock.server.routes import Answer, Call, Handler, Permission, Route

PREFIX = (
    "/mlflow/{version}/subscriptions/{subscription}/resourceGroups/{group}"
    f"/providers/{PROVIDER}/workspaces/{{workspace}}"
)
VERSIONS = ("2.0", "3.0")
_STATUS = {
    Code.INVALID_PARAMETER_VALUE: 400,
    Code.RESOURCE_DOES_NOT_EXIST: 404,
    Code.RESOURCE_ALREADY_EXISTS: 400,
    Code.ENDPOINT_NOT_FOUND: 404,
    Code.NOT_IMPLEMENTED: 501,
    Code.PERMISSION_DENIED: 403,
    Code.BAD_REQUEST: 400,
    Code.INTERNAL_ERROR: 500,
}
_KNOWN_SECONDS = 5.0
_PREVIEW = "preview/mlflow"
"""Where clients of MLflow 1 look for the registry (its `model_registry.proto`)."""
_NOT_KEPT = (
    "traces",
    "scorers",
    "datasets",
    "gateway",
    "issues",
    "label-schemas",
    "prompt-optimization",
    "review-queues",
    "webhooks",
    "workspaces",
)


class Mlflow:
    """What the handlers work with."""

    def __init__(
        self,
        tracking: Tracking,
        registry: ModelRegistry,
        assets: AssetStore,
        storage: Path,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.tracking = tracking
        self.registry = registry
        self.storage = storage
        self._assets = assets
        self._clock = clock
        self._known: dict[str, tuple[float, Workspace]] = {}

    def workspace(self, call: Call) -> Workspace:
        """The workspace of the request's path, which must be there.

        That is looked up once in a few seconds, not for every metric.
        """
        asked = Workspace(
            subscription=call.parameters["subscription"],
            resource_group=call.parameters["group"],
            name=call.parameters["workspace"],
        )
        seen = self._known.get(asked.scope)
        if seen is not None and self._clock() - seen[0] < _KNOWN_SECONDS:
            return seen[1]
        asset = find_workspace(self._assets, asked)
        if asset is None:
            raise TrackingError(
                Code.RESOURCE_DOES_NOT_EXIST,
                f"There is no workspace '{asked.name}' in the resource group"
                f" '{asked.resource_group}'; create it: az ml workspace create --name {asked.name}"
                f" --resource-group {asked.resource_group}",
            )
        found = as_made(asset)
        self._known[asked.scope] = (self._clock(), found)
        return found


Reply: TypeAlias = Mapping[str, object]
Operation: TypeAlias = "Callable[[Mlflow, Ask], Reply]"


class Ask:
    """What a request asks for: its fields, from the JSON body or else from the query.

    Every method raises `TrackingError` for a field that is missing or not what it should be.
    """

    def __init__(self, workspace: Workspace, call: Call) -> None:
        self.workspace = workspace
        self.call = call
        self.user = call.principal.name if call.principal is not None else ""
        self._fields: Mapping[str, object] = call.json(finite=False) if call.body else {}

    def value(self, name: str) -> object:
        """A field as it came; None when it did not."""
        if name in self._fields:
            return self._fields[name]
        found = [value for key, value in self.call.query_items() if key == name]
        return found[-1] if found else None

    def text(self, *names: str) -> str:
        """The first of the fields that is there and not empty, which must be a text."""
        found = self.optional_text(*names)
        if not found:
            raise missing(names[0])
        return found

    def optional_text(self, *names: str) -> str:
        """The same, or an empty text."""
        for name in names:
            value = self.value(name)
            if value is None or value == "":
                continue
            return _text(name, value)
        return ""

    def given_text(self, name: str) -> str | None:
        """A text that may be empty; None when it did not come."""
        value = self.value(name)
        return None if value is None else _text(name, value)

    def whole(self, name: str, default: int) -> int:
        """A whole number."""
        found = self.optional_whole(name)
        return default if found is None else found

    def optional_whole(self, name: str) -> int | None:
        """A whole number, or None. Protocol buffers write a long as a text."""
        value = self.value(name)
        return None if value is None else whole_number(name, value)

    def texts(self, name: str) -> list[str]:
        """A list of texts."""
        values = self._fields.get(name)
        if values is None:
            return [value for key, value in self.call.query_items() if key in (name, f"{name}[]")]
        return [_text(name, value) for value in _list(name, values)]

    def records(self, name: str) -> list[Mapping[str, object]]:
        """A list of objects."""
        return records(name, self.value(name))

    def pairs(self, name: str) -> list[tuple[str, str]]:
        """A list of `{key, value}`, in order."""
        return [
            (
                _text(f"{name}[{index}].key", record.get("key", "")),
                _text(f"{name}[{index}].value", record.get("value", "")),
            )
            for index, record in enumerate(self.records(name))
        ]

    def page(self) -> int:
        """Where the page begins that a token asks for."""
        token = self.optional_text("page_token")
        if token and not (token.isascii() and token.isdigit() and len(token) < 10):
            raise TrackingError(Code.INVALID_PARAMETER_VALUE, f"Invalid page token '{token}'")
        return int(token or 0)


def rows(
    mlflow: Mlflow,
    method: str,
    path: str,
    operation: Operation,
    *,
    reads: bool = False,
    quick: bool = True,
) -> tuple[Route, ...]:
    """The rows of one operation, in every version of the interface, and as MLflow 1 names it.

    One that is not `quick` may take long (a search), and then holds nobody up.
    """

    def answer(call: Call) -> Reply:
        return operation(mlflow, Ask(mlflow.workspace(call), call))

    reads = reads or method == "GET"
    return (
        *plain_rows(method, f"mlflow/{path}", answer, reads=reads, quick=quick),
        *plain_rows(method, f"{_PREVIEW}/{path}", answer, reads=reads, quick=quick),
    )


def plain_rows(
    method: str,
    path: str,
    handler: Handler,
    *,
    reads: bool,
    streams: bool = False,
    quick: bool = True,
) -> tuple[Route, ...]:
    """The rows of a handler, in every version of the interface."""
    return tuple(
        Route(
            method=method,
            path=f"{PREFIX}/api/{version}/{path}",
            permission=Permission.READ if reads else Permission.WRITE,
            handler=handler,
            quick=quick,
            streams=streams,
            on_error=mlflow_error,
        )
        for version in VERSIONS
    )


def other_routes(mlflow: Mlflow) -> tuple[Route, ...]:
    """What the server says of itself, and the refusal of everything that it does not have."""

    def server_info(call: Call) -> Reply:
        mlflow.workspace(call)
        return {
            "store_type": "SqlStore",
            "workspaces_enabled": False,
            "trace_archival_enabled": False,
            "multipart_uploads_enabled": False,
            "multipart_downloads_enabled": False,
        }

    def refuse(call: Call) -> Reply:
        mlflow.workspace(call)
        rest = call.parameters["rest"]
        what = rest.removeprefix("mlflow/").split("/")[0]
        if what in _NOT_KEPT:
            raise TrackingError(
                Code.NOT_IMPLEMENTED, f"penstock does not keep MLflow's {what} yet: {rest}"
            )
        raise TrackingError(Code.ENDPOINT_NOT_FOUND, f"penstock has no MLflow endpoint '{rest}'")

    found = [*plain_rows("GET", "mlflow/server-info", server_info, reads=True)]
    for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
        found += plain_rows(method, "{rest:path}", refuse, reads=True)
    return tuple(found)


def mlflow_error(error: Exception) -> Answer:
    """An error as MLflow words it: `{"error_code", "message"}`."""
    match error:
        case TrackingError():
            code, message, status = error.code, error.message, _STATUS[error.code]
        case Refused():
            code, message, status = Code.BAD_REQUEST, error.message, error.status
        case UnsafePath():
            code, message, status = Code.INVALID_PARAMETER_VALUE, f"Invalid path: {error}", 400
        case _:
            code, status = Code.INTERNAL_ERROR, 500
            message = "the server failed; its log says why"
    headers = error.headers if isinstance(error, Refused) else {}
    return Answer(status=status, body={"error_code": code, "message": message}, headers=headers)


def missing(name: str) -> TrackingError:
    """The refusal of a request without a field that it needs."""
    return TrackingError(
        Code.INVALID_PARAMETER_VALUE, f"Missing value for required parameter '{name}'."
    )


def records(name: str, value: object) -> list[Mapping[str, object]]:
    """A list of objects that may be absent."""
    found: list[Mapping[str, object]] = []
    for index, record in enumerate(_list(name, value)):
        if not isinstance(record, Mapping):
            raise _wrong(f"{name}[{index}]", "an object")
        found.append(record)
    return found


def whole_number(name: str, value: object) -> int:
    """A long (64 bits), which may come as a text or as a float without a fraction."""
    number = _whole(value)
    if number is None:
        raise _wrong(name, "a whole number")
    if not -(2**63) <= number < 2**63:
        message = f"Invalid value {number} for parameter '{name}' supplied: it must be a long."
        raise TrackingError(Code.INVALID_PARAMETER_VALUE, message)
    return number


def _whole(value: object) -> int | None:
    match value:
        case bool():
            return None
        case int():
            return value
        case float() if math.isfinite(value) and value == int(value):
            return int(value)
        case str() if value.removeprefix("-").isdecimal() and value.isascii() and len(value) < 25:
            return int(value)
    return None


def real_number(name: str, value: object) -> float:
    """A double; protocol buffers write what is no number, and infinity, as texts."""
    match value:
        case bool():
            pass
        case int() | float():
            try:
                return float(value)
            except OverflowError:
                return math.inf if value > 0 else -math.inf
        case str():
            try:
                return float(value)
            except ValueError:
                pass
    raise _wrong(name, "a double (64-bit floating point)")


def text_of(name: str, value: object) -> str:
    """A text, or an empty one for nothing."""
    return "" if value is None else _text(name, value)


def _text(name: str, value: object) -> str:
    if not isinstance(value, str):
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)  # an id or a version, as clients of our own may write it
        raise _wrong(name, "a string")
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise _wrong(name, "a valid string")
    return value


def _list(name: str, value: object) -> list[object]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise _wrong(name, "a list")
    return value


def _wrong(name: str, wanted: str) -> TrackingError:
    return TrackingError(
        Code.INVALID_PARAMETER_VALUE,
        f"Invalid value for parameter '{name}' supplied: it must be {wanted}.",
    )
