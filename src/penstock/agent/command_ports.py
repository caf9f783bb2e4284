"""The inputs and outputs of an ML command on this machine: URIs become paths, before and after."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from penstock.agent.command_variables import Ports
from penstock.agent.server import JobServer, NotFound
from penstock.engine.requests import CommandInput, CommandOutput, CommandWork

ARTIFACTS = "artifacts"
"""The name of the output that is the job's own artifact store: what it leaves in `outputs/`."""

_ELSEWHERE = re.compile(r"(https?|wasbs?|abfss?|adl|s3|gs)://")


class InputMissing(Exception):
    """an input of the job is not there; the text names it and the next step"""


class OutputLost(Exception):
    """an output of the job cannot be kept; the text names it and the next step"""


def open_ports(work: CommandWork, server: JobServer, folder: Path, directory: Path) -> Ports:
    """Paths and values for all inputs and outputs. Downloads go below `folder`.

    `directory` is the working directory. Raises `InputMissing`.
    """
    literals, inputs = {}, {}
    for each in work.inputs:
        if each.uri is not None:
            inputs[each.name] = _path_of(each, server, folder)
        elif each.value is not None:
            literals[each.name] = each.value
    outputs = {
        each.name: str(
            directory if _is_artifacts(each) else server.output_path(each.uri, each.type)
        )
        for each in work.outputs
    }
    return Ports(literals=literals, inputs=inputs, outputs=outputs)


def _path_of(each: CommandInput, server: JobServer, folder: Path) -> str:
    uri = each.uri or ""
    if each.mode == "direct" and _ELSEWHERE.match(uri):
        return uri
    try:
        if each.mode not in ("download", "eval_download"):
            return str(server.fetch(uri, None))
        target = folder / re.sub(r"[^\w.-]", "_", each.name)
        target.mkdir(parents=True, exist_ok=True)
        return str(server.fetch(uri, target, writable=True))
    except NotFound as error:
        step = (
            "download it and give its local path"
            if _ELSEWHERE.match(uri)
            else "check that the job or the asset that should have written it did so"
        )
        raise InputMissing(f'input "{each.name}": {_words(error, uri)}. {step}') from error


def _words(error: NotFound, uri: str) -> str:
    text = str(error)
    return text if len(text) > len(uri) else f'nothing is stored at "{uri}"'


def close_ports(work: CommandWork, server: JobServer, ports: Ports) -> Iterator[str]:
    """Store what was written; says which outputs hold nothing. Raises `OutputLost` at the end."""
    lost = []
    for each in work.outputs:
        path = Path(ports.outputs[each.name])
        if _is_artifacts(each):
            continue
        if not path.exists():
            yield f'output "{each.name}": the command wrote nothing to {path}'
            continue
        try:
            server.keep(each.uri, path)
        except NotFound as error:
            lost.append(f'output "{each.name}" is not kept: {error}')
    if lost:
        step = "write into the place that the command is given, and put no link there"
        raise OutputLost(f"{'; '.join(lost)}. {step}")


def keep_artifacts(run: str, node: str, server: JobServer, directory: Path) -> Iterator[str]:
    """Keep what the command left in `outputs` and `logs` of its working directory; says which of
    them is a link that leads out of it, which is not followed."""
    for name in ("outputs", "logs"):
        folder = directory / name
        if not folder.is_dir():
            continue
        if not folder.resolve().is_relative_to(directory.resolve()):
            yield f'"{name}" is a link out of the working directory: nothing of it is kept'
        elif any(folder.iterdir()):
            server.attach(run, node, ARTIFACTS, name, folder)


def _is_artifacts(output: CommandOutput) -> bool:
    return output.name == ARTIFACTS
