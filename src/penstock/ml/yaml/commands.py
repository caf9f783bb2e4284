"""What a command line says: the inputs and outputs it uses, and the scripts it runs."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path

from penstock.language.source import Span
from penstock.language.yaml import Mapping, Node, Scalar
from penstock.ml.yaml import misfits, phrases
from penstock.ml.yaml.paths import is_local, local_path, near_file, shown
from penstock.ml.yaml.structure import Context

_EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}", re.DOTALL)
_OPTIONAL = re.compile(r"\$\[\[(.*?)\]\]", re.DOTALL)
_SCRIPT = re.compile(
    r"(?:^|&&|\|\||;|\n)\s*"
    r"(?:python[\d.]*(?:\s+-[uOBEsS])*|bash|sh|Rscript|source|\.)\s+"
    r"([\w./-]+\.(?:py|sh|R|bash))(?=\s|$|;|&)"
)


def check_command(spec: Mapping, optional: Collection[str], context: Context) -> None:
    """Hold a command against the inputs, outputs and code beside it.

    `optional` names the inputs that may have no value.
    """
    command = spec.get("command")
    if not isinstance(command, Scalar) or not command.value:
        return
    _check_ports(spec, command, context)
    _check_optional(command, optional, context)
    _check_scripts(spec, command, context)


def _check_ports(spec: Mapping, command: Scalar, context: Context) -> None:
    declared = {side: spec.entry(f"{side}s") for side in ("input", "output")}
    guarded = "".join(_OPTIONAL.findall(command.value))
    for match in _EXPRESSION.finditer(command.value):
        head, _, name = match[1].partition(".")
        side = head.removesuffix("s")
        if head not in ("inputs", "outputs") or not name:
            if head not in ("search_space", "name", "default_datastore", "output_name"):
                span = _place(command, match[0])
                context.found.append(misfits.strange_in_command(match[1], span))
            continue
        entry = declared[side]
        names = _names(entry.value if entry else None)
        if name not in names and not any(known.startswith(f"{name}.") for known in names):
            span, place = _place(command, match[0]), entry.key.span if entry else None
            complaint = misfits.unknown_in_command(
                name, side, span, names, place, left_out=match[0] in guarded
            )
            context.found.append(complaint)


def _check_optional(command: Scalar, optional: Collection[str], context: Context) -> None:
    bare = _OPTIONAL.sub("", command.value)
    for match in _EXPRESSION.finditer(bare):
        head, _, name = match[1].partition(".")
        if head == "inputs" and name in optional:
            span = _place(command, match[0])
            context.found.append(misfits.optional_unguarded(name, span))


def _check_scripts(spec: Mapping, command: Scalar, context: Context) -> None:
    """A script named by a relative path must be in the code folder, where the command starts."""
    if re.search(r"(?:^|\s|;|&)cd\s", command.value) or spec.entry("additional_includes"):
        return
    folder = _code_folder(spec, context.folder)
    if folder is None:
        return
    for script in _SCRIPT.findall(command.value):
        path = folder / script
        if not script.startswith("/") and not path.exists() and not _is_made(command, script):
            span, close = _place(command, script), near_file(path, script)
            complaint = misfits.script_missing(script, span, f'"{shown(folder)}"', close)
            context.found.append(complaint)


def _is_made(command: Scalar, script: str) -> bool:
    """Whether the command itself seems to make the script before it runs it."""
    before = command.value.partition(script)[0]
    return "git clone" in before or "wget" in before or "curl" in before or ">" in before


def _code_folder(spec: Mapping, folder: Path) -> Path | None:
    """The local folder that a command starts in, or None when it has none or it is elsewhere."""
    code = spec.get("code")
    if not isinstance(code, Scalar) or not is_local(code.value):
        return None
    path = local_path(code.value, folder)
    return path.parent if path.is_file() else path if path.is_dir() else None


def _names(node: Node | None) -> list[str]:
    return [entry.key.value for entry in node.entries] if isinstance(node, Mapping) else []


def _place(node: Scalar, text: str) -> Span:
    """The place of a part of a text: exact where the YAML has it on one of its lines."""
    span = node.span
    lines = span.source.text.splitlines()[span.line - 1 : span.end_line]
    for number, line in enumerate(lines):
        start = span.column - 1 if number == 0 else 0
        column = line.find(text, start)
        if column >= 0:
            at = span.line + number
            return Span(span.source, at, column + 1, at, column + len(text) + 1)
    return phrases.first_line(span)
