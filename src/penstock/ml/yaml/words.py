"""Azure ML's JSON has its own words for what the YAML says: modes, types, durations, literals."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Json = dict[str, Any]
_INPUT_MODES = {
    "mount": "ReadOnlyMount",
    "rw_mount": "ReadWriteMount",
    "ro_mount": "ReadOnlyMount",
    "download": "Download",
    "direct": "Direct",
    "eval_mount": "EvalMount",
    "eval_download": "EvalDownload",
}
_OUTPUT_MODES = {
    "mount": "ReadWriteMount",
    "rw_mount": "ReadWriteMount",
    "upload": "Upload",
    "direct": "Direct",
}
_DISTRIBUTIONS = {"pytorch": "PyTorch", "mpi": "Mpi", "tensorflow": "TensorFlow"}
_IDENTITIES = {
    "managed": "Managed",
    "managed_identity": "Managed",
    "aml_token": "AMLToken",
    "user_identity": "UserIdentity",
}
_SERVICES = {
    "jupyter_lab": "JupyterLab",
    "ssh": "SSH",
    "tensor_board": "TensorBoard",
    "vs_code": "VSCode",
}
_PRIORITIES = {"low": 1, "medium": 2, "high": 3}
_SERVICE_DETAILS = {"log_dir": "logDir", "ssh_public_keys": "sshPublicKeys"}
Spelling = Callable[[str], str]


def camel(name: str) -> str:
    """`instance_count` as a job's own level spells it: `instanceCount`."""
    head, *tail = name.split("_")
    return head + "".join(word.capitalize() for word in tail)


def snake(name: str) -> str:
    """The spelling inside of a pipeline's nodes: unchanged."""
    return name


def literal(value: object) -> str:
    """A literal as the service keeps it: Python's text of what YAML read (`True`, `0.1`)."""
    return value if isinstance(value, str) else str(value)


def duration(seconds: float) -> str:
    """Seconds as ISO 8601, each unit that is not zero: `PT1M30S`, `P1DT1H`."""
    whole = int(seconds)
    parts = ((whole // 3600 % 24, "H"), (whole // 60 % 60, "M"), (whole % 60, "S"))
    time = "".join(f"{count}{unit}" for count, unit in parts if count)
    days = f"{whole // 86400}D" if whole >= 86400 else ""
    return f"P{days}{'T' + time if time else ''}" if days or time else "PT0S"


def input_mode(mode: str | None) -> str | None:
    """`ro_mount` as `ReadOnlyMount`."""
    return _INPUT_MODES.get(mode.lower()) if mode else None


def output_mode(mode: str | None) -> str | None:
    """`upload` as `Upload`."""
    return _OUTPUT_MODES.get(mode.lower()) if mode else None


def distribution(value: Mapping[str, Any], spell: Spelling) -> Json:
    """How a command is spread over processes."""
    body = {spell(name): item for name, item in value.items() if name != "type"}
    kind = str(value["type"]).lower()
    return {**body, spell("distribution_type"): _DISTRIBUTIONS.get(kind, kind)}


def limits(value: Mapping[str, Any], spell: Spelling) -> Json:
    """How long a command may take."""
    body: Json = {}
    if value.get("timeout") is not None:
        timeout = value["timeout"]
        body["timeout"] = timeout if is_binding(timeout) else duration(float(timeout))
    return {**body, spell("job_limits_type"): "Command"}


def resources(value: Mapping[str, Any], spell: Spelling) -> Json:
    """How many machines of what kind."""
    body = {spell(name): item for name, item in value.items()}
    arguments = value.get("docker_args")
    if isinstance(arguments, list):
        body[spell("docker_args")] = " ".join(map(str, arguments))
    for name in ("instance_count", "max_instance_count"):
        if name in value and not is_binding(value[name]):
            body[spell(name)] = int(float(value[name]))
    return body


def identity(value: Mapping[str, Any], spell: Spelling) -> Json:
    """As whom a job runs."""
    body = {spell(name): item for name, item in value.items() if name != "type"}
    return {spell("identity_type"): _IDENTITIES.get(str(value["type"]).lower()), **body}


def services(value: Mapping[str, Any], spell: Spelling) -> Json:
    """The programs beside a job that a person may open."""
    return {name: _service(service, spell) for name, service in value.items()}


def _service(value: Mapping[str, Any], spell: Spelling) -> Json:
    type = str(value.get("type", ""))
    body: Json = {spell("job_service_type"): _SERVICES.get(type, type)}
    if value.get("nodes"):
        body["nodes"] = {spell("nodes_value_type"): "All"}
    if value.get("port") is not None:
        body["port"] = value["port"]
    details = {_SERVICE_DETAILS[name]: value[name] for name in _SERVICE_DETAILS if value.get(name)}
    properties = {**(value.get("properties") or {}), **details}
    return {**body, "properties": properties} if properties else body


def queue_settings(value: Mapping[str, Any], spell: Spelling) -> Json:
    """With what priority a job waits."""
    body: Json = {}
    if "job_tier" in value:
        body[spell("job_tier")] = str(value["job_tier"] or "null").capitalize()
    if "priority" in value:
        body["priority"] = _PRIORITIES.get(str(value["priority"]).lower())
    return body


def truth(value: object, default: bool) -> bool:
    """A flag, which `--set` gives as a text."""
    if value is None:
        return default
    return str(value).lower() in ("true", "t", "yes", "y", "on", "1")


def is_binding(value: object) -> bool:
    """Whether a value is an expression that the service replaces."""
    return isinstance(value, str) and "${{" in value
