"""Logging commands: lines such as `##vso[task.setvariable variable=x]value` that a step prints.

Format, commands and texts are those of the Azure agent. A command
acts on the step that printed it and on its job; nothing else may be reached through one.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from penstock.agent.context import StepContext
from penstock.agent.masking import MINIMUM
from penstock.engine.events import Output, Result, RunChanged
from penstock.records import record

PREFIX = "##vso["
_DOCUMENTATION = "https://learn.microsoft.com/azure/devops/pipelines/scripts/logging-commands"
_SUMMARY = "Distributedtask.Core.Summary"
_FILE = "Distributedtask.Core.FileAttachment"
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_ORDER = [
    Result.SUCCEEDED,
    Result.SUCCEEDED_WITH_ISSUES,
    Result.FAILED,
    Result.CANCELED,
    Result.SKIPPED,
]


class CommandRefused(Exception):
    """the logging command cannot be obeyed"""


@record(kw_only=False)
class Command:
    """A parsed logging command; names of properties are in lower case, texts are unescaped."""

    name: str
    properties: Mapping[str, str]
    message: str

    def required(self, name: str) -> str:
        """A property that must be there. Raises `CommandRefused`."""
        value = self.properties.get(name, "")
        if not value:
            raise CommandRefused(f'it needs the property "{name}"')
        return value

    def flag(self, name: str) -> bool:
        """Whether a property is `true`, ignoring case; anything else is false, as in the agent."""
        return self.properties.get(name, "").strip().lower() == "true"


def parse(line: str) -> Command | None:
    """The command in a line, or None where what follows `##vso` is not of the form of one."""
    start = line.find(PREFIX)
    end = line.find("]", start)
    if start < 0 or end < 0:
        return None
    name, _, listed = line[start + len(PREFIX) : end].partition(" ")
    parts = [part for part in name.split(".") if part]
    if len(parts) != 2:
        return None
    properties = {}
    for item in listed.split(";"):
        key, equals, value = item.partition("=")
        if key and equals and value:
            properties[key.lower()] = _unescape(value)
    return Command(".".join(parts).lower(), properties, _unescape(line[end + 1 :]))


def obey_line(step: StepContext, line: str) -> bool:
    """Obey the command in the line; False where there is none and the line is to be shown.

    As on the Azure agent a command that its area lacks fails the step, and one of an area that
    nobody knows only warns (azure-pipelines-agent, WorkerCommandManager.cs).
    """
    command = parse(line)
    if command is None:
        if PREFIX in line:
            step.issue("warning", f'not a logging command, so it is only shown: "{line.strip()}"')
        return False
    handler = _HANDLERS.get(command.name)
    area = command.name.partition(".")[0]
    if area == "release":
        _fail(step, line, CommandRefused("it is for releases, and this is a build"))
    elif area not in _AREAS:
        step.issue("warning", f'"##vso[{command.name}]": there are no commands named {area}.*')
    elif handler is None:
        known = ", ".join(name for name in _HANDLERS if name.startswith(f"{area}."))
        _fail(step, line, CommandRefused(f"there is no {command.name}; there are {known}"))
    elif step.restricted and command.name not in _RESTRICTED:
        step.issue("warning", f'"##vso[{command.name}]" is not allowed in this step')
    else:
        try:
            if "\0" in line:
                raise CommandRefused("it holds a NUL character")
            handler(step, command)
            step.log.debug(f"Processed: {line}")
        except (CommandRefused, OSError) as error:
            _fail(step, line, error)
    return True


def merge(result: Result | None, coming: Result) -> Result:
    """The worse of two results; what is worse than failed stays (the agent's merge)."""
    if result is None:
        return coming
    if _ORDER.index(result) > _ORDER.index(Result.FAILED):
        return result
    return coming if _ORDER.index(coming) >= _ORDER.index(result) else result


def _fail(step: StepContext, line: str, error: Exception) -> None:
    step.issue(
        "error",
        f"Unable to process command '{line.strip()}' successfully. "
        f"Please reference documentation ({_DOCUMENTATION}): {error}",
    )
    step.state.result = merge(step.state.result, Result.FAILED)


def _unescape(text: str) -> str:
    if "%" not in text:
        return text
    for escape, character in (("%3B", ";"), ("%0D", "\r"), ("%0A", "\n"), ("%5D", "]")):
        text = text.replace(escape, character)
    return text.replace("%AZP25", "%")


def _set_variable(step: StepContext, command: Command) -> None:
    name = command.required("variable")
    value = command.message
    secret = command.flag("issecret")
    variables = step.variables
    if not _is_settable(step, name):
        step.issue("warning", f'variable "{name}" may not be set by this step')
        return
    if variables.is_readonly(name):
        raise CommandRefused(f"Overwriting readonly variable '{name}' is not permitted")
    if secret and ("\n" in value or "\r" in value) and not _multi_line_allowed(step):
        raise CommandRefused("a secret cannot have more than one line")
    if secret:
        _mask(step, value, f'the secret variable "{name}"')
    output = command.flag("isoutput")
    if output:
        full = f"{step.step.name or step.step.id}.{name}"
        # A value with a secret in it must not leave the job as plain text.
        hidden = variables.is_secret(full) or bool(step.job.masker.intervals(value))
        step.job.outputs[full] = Output(value=value, secret=secret or hidden)
        name = full
    variables.set(
        name,
        value,
        secret=secret,
        readonly=output or command.flag("isreadonly"),
        preserve_case=command.flag("preservecase"),
    )


def _multi_line_allowed(step: StepContext) -> bool:
    allowed = step.variables.get("SYSTEM_UNSAFEALLOWMULTILINESECRET") or ""
    return allowed.lower() in ("true", "1")


def _is_settable(step: StepContext, name: str) -> bool:
    if step.settable is None:
        return True
    from fnmatch import fnmatchcase

    return any(fnmatchcase(name.lower(), pattern.lower()) for pattern in step.settable)


def _mask(step: StepContext, value: str, what: str) -> None:
    if not step.job.masker.add(value) and value:
        step.issue(
            "warning", f"{what} is shorter than {MINIMUM} characters, so it is not masked in logs"
        )


def _set_secret(step: StepContext, command: Command) -> None:
    if not command.message:
        raise CommandRefused("it needs the secret after the bracket")
    _mask(step, command.message, "the value of task.setsecret")


def _complete(step: StepContext, command: Command) -> None:
    wanted = command.required("result").replace(" ", "").lower()
    result = next((r for r in _ORDER if r.value.lower() == wanted), None)
    if result is None:
        known = "Succeeded, SucceededWithIssues, Failed, Canceled, Skipped"
        raise CommandRefused(f'"{command.properties["result"]}" is not a result; use {known}')
    state = step.state
    state.result = merge(state.result, result)
    state.message = state.message or command.message
    if command.flag("done") and not state.done:
        state.done = True
        stop = step.cancellation
        step.job.later(step.job.timing.done_grace, lambda: stop.request("done"))


def _log_issue(step: StepContext, command: Command) -> None:
    kind = command.required("type").lower()
    if kind not in ("error", "warning"):
        raise CommandRefused(f'"{kind}" is not a type of issue; use error or warning')
    properties = command.properties
    text = command.message
    if properties.get("code"):
        text = f"{kind} {properties['code']}: {text}"
    if properties.get("sourcepath"):
        place = f"{properties.get('linenumber') or 0},{properties.get('columnnumber') or 0}"
        kinded = text if properties.get("code") else f"{kind} : {text}"
        text = f"{properties['sourcepath']}({place}): {kinded}"
    step.issue(kind, text, {k: v for k, v in properties.items() if k != "type"})


def _set_progress(step: StepContext, command: Command) -> None:
    value = command.properties.get("value", "")
    if not value.isdecimal() or len(value) > 3 or int(value) > 100:
        raise CommandRefused('it needs the property "value", a whole number from 0 to 100')
    step.log.debug(f"progress: {int(value)} % {command.message}".rstrip())


def _log_detail(step: StepContext, command: Command) -> None:
    if not _GUID.fullmatch(command.required("id")):
        raise CommandRefused('the property "id" must be a GUID')
    said = {key: command.properties[key] for key in _DETAILS if key in command.properties}
    shown = ", ".join(f"{key} {value}" for key, value in said.items())
    step.log.line(f"{command.message or 'detail'} ({shown})" if shown else command.message)


_DETAILS = ("name", "type", "state", "progress", "result")


def _prepend_path(step: StepContext, command: Command) -> None:
    folder = command.message
    if not folder:
        raise CommandRefused("it needs the folder after the bracket")
    if not _is_settable(step, "PATH"):
        step.issue("warning", 'variable "PATH" may not be set by this step')
        return
    paths = step.job.path_prepended
    if folder in paths:
        paths.remove(folder)
    paths.insert(0, folder)


def _set_task_variable(step: StepContext, command: Command) -> None:
    name = command.required("variable")
    if command.flag("issecret"):
        _mask(step, command.message, f'the secret task variable "{name}"')
    step.state.task_variables[name] = command.message


def _set_endpoint(step: StepContext, command: Command) -> None:
    identifier = command.required("id")
    field = command.required("field").lower()
    endpoint = step.job.endpoint(identifier)
    if endpoint is None:
        raise CommandRefused(f'there is no service connection "{identifier}" in this job')
    if field == "url":
        changed = replace(endpoint, url=command.message)
    elif field in ("authparameter", "dataparameter"):
        key = command.required("key")
        kept = endpoint.parameters if field == "authparameter" else endpoint.data
        merged = {
            **{k: v for k, v in kept.items() if k.lower() != key.lower()},
            key: command.message,
        }
        if field == "authparameter":
            step.job.masker.add(command.message)
            changed = replace(endpoint, parameters=merged)
        else:
            changed = replace(endpoint, data=merged)
    else:
        raise CommandRefused(f'"{field}" is not a field; use authParameter, dataParameter or url')
    step.job.endpoints[endpoint.id.lower()] = changed


def _debug(step: StepContext, command: Command) -> None:
    step.log.debug(command.message)


def _add_attachment(step: StepContext, command: Command) -> None:
    kind, name = command.required("type"), command.required("name")
    _attach(step, kind, name, _existing_file(step, command.message))


def _upload_summary(step: StepContext, command: Command) -> None:
    path = _existing_file(step, command.message)
    _attach(step, _SUMMARY, f"{step.step.id}-{path.name}", path)


def _upload_file(step: StepContext, command: Command) -> None:
    path = _existing_file(step, command.message)
    _attach(step, _FILE, path.name, path)


def _upload_artifact(step: StepContext, command: Command) -> None:
    from penstock.agent.artifacts import ArtifactRefused, publish

    name = command.required("artifactname")
    path = _inside(step, command.message)
    if not path.exists():
        raise CommandRefused(f'there is nothing at "{path}"')
    try:
        publish(step, path, name)
    except ArtifactRefused as error:
        raise CommandRefused(str(error)) from error


def _associate_artifact(step: StepContext, command: Command) -> None:
    name, kind = command.required("artifactname"), command.required("type")
    if kind.lower() not in _LINKS:
        raise CommandRefused(f'"{kind}" is not a type of artifact; use {", ".join(_LINKS)}')
    if not command.message:
        raise CommandRefused("it needs the location after the bracket")
    import json

    link = step.workspace.temporary_file(".json")
    link.write_text(json.dumps({"type": kind, "location": command.message}), "utf-8")
    _attach(step, "artifact-link", name, link)
    step.log.line(f'Artifact "{name}" is a link ({kind}) to {command.message}')


_LINKS = ("container", "filepath", "versioncontrol", "gitref", "tfvclabel")


def _update_build_number(step: StepContext, command: Command) -> None:
    if not command.message.strip():
        raise CommandRefused("it needs the number after the bracket")
    number = step.job.masker.mask_line(command.message.strip())
    step.variables.set("Build.BuildNumber", number)
    step.job.report(RunChanged(at=time.time(), name="number", value=number))


def _add_build_tag(step: StepContext, command: Command) -> None:
    tag = step.job.masker.mask_line(command.message.strip())
    if not tag or ":" in tag:
        raise CommandRefused('a tag must not be empty and must not hold ":"')
    step.job.report(RunChanged(at=time.time(), name="tag", value=tag))


def _upload_log(step: StepContext, command: Command) -> None:
    path = _existing_file(step, command.message)
    _attach(step, "log", path.name, path)


def _publish_results(step: StepContext, command: Command) -> None:
    from penstock.agent.tasks.test_results import FORMATS, publish_files

    kind = command.required("type")
    if kind.lower() not in (known.lower() for known in FORMATS):
        known = ", ".join(FORMATS)
        raise CommandRefused(f'"{kind}" is not a format of test results; use {known}')
    files = [part.strip() for part in command.required("resultfiles").split(",")]
    publish_files(step, kind, [_existing_file(step, f) for f in files if f])


def _publish_coverage(step: StepContext, command: Command) -> None:
    path = _existing_file(step, command.required("summaryfile"))
    _attach(step, "codecoverage", path.name, path)
    step.log.line(f"Kept the code coverage summary {path.name}; its figures are not read yet.")


def _enable_coverage(step: StepContext, command: Command) -> None:
    tool = command.properties.get("codecoveragetool", "")
    step.issue(
        "warning", f'"##vso[codecoverage.enable]" ({tool}) is not supported: nothing is measured'
    )


def _drop_telemetry(step: StepContext, command: Command) -> None:
    command.required("area")
    command.required("feature")
    step.log.debug("telemetry is not sent anywhere")


def _existing_file(step: StepContext, text: str) -> Path:
    path = _inside(step, text)
    if not path.is_file():
        raise CommandRefused(f'there is no file "{path}"')
    return path


def _inside(step: StepContext, text: str) -> Path:
    """The real path of a file a command names: in the job's folders or the system's temporary one.

    Links are followed first, so that neither a link nor `..` leads out.
    """
    if not text.strip():
        raise CommandRefused("it needs a path after the bracket")
    path = Path(os.path.realpath(step.workspace.default_directory / text.strip()))
    for folder in step.workspace.readable_folders():
        if path.is_relative_to(folder):
            return path
    raise CommandRefused(f'"{path}" is outside of the folders of the job')


def _attach(step: StepContext, kind: str, name: str, path: Path) -> None:
    from penstock.agent.attachments import attach

    attach(step, kind, name, path)


_Handler = Callable[[StepContext, Command], None]

_RESTRICTED = frozenset(
    {
        "task.complete",
        "task.debug",
        "task.issue",
        "task.logdetail",
        "task.logissue",
        "task.prependpath",
        "task.setprogress",
        "task.setsecret",
        "task.settaskvariable",
        "task.setvariable",
        "telemetry.publish",
    }
)
_HANDLERS: dict[str, _Handler] = {
    "artifact.associate": _associate_artifact,
    "artifact.upload": _upload_artifact,
    "build.addbuildtag": _add_build_tag,
    "build.updatebuildnumber": _update_build_number,
    "build.uploadlog": _upload_log,
    "build.uploadsummary": _upload_summary,
    "codecoverage.enable": _enable_coverage,
    "codecoverage.publish": _publish_coverage,
    "results.publish": _publish_results,
    "task.addattachment": _add_attachment,
    "task.complete": _complete,
    "task.debug": _debug,
    "task.issue": _log_issue,
    "task.logdetail": _log_detail,
    "task.logissue": _log_issue,
    "task.prependpath": _prepend_path,
    "task.setendpoint": _set_endpoint,
    "task.setprogress": _set_progress,
    "task.setsecret": _set_secret,
    "task.settaskvariable": _set_task_variable,
    "task.setvariable": _set_variable,
    "task.uploadfile": _upload_file,
    "task.uploadsummary": _upload_summary,
    "telemetry.publish": _drop_telemetry,
}
_AREAS = frozenset(name.partition(".")[0] for name in _HANDLERS)
