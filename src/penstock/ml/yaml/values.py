"""Checks of fields whose rule is more than a type: references, local files, inputs and outputs."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

from penstock.language.source import Diagnostic
from penstock.language.yaml import Mapping, Node, Scalar, plain_value
from penstock.ml.references import parse_reference
from penstock.ml.yaml import complaints, phrases
from penstock.ml.yaml.paths import REMOTE, check_local, is_local, local_path, read_mapping
from penstock.ml.yaml.structure import Context, check_shape, is_number

_PARAMETERS = ("string", "integer", "number", "boolean")
_NUMBERS = ("integer", "number")
_EVALUATED = ("eval_mount", "eval_download")
_RESERVED = ("path", "ld_library_path", "user", "logname", "home", "pwd", "shell")
_PORT_NAME = re.compile(r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*\Z", re.ASCII)
_DISTRIBUTIONS = ("pytorch", "mpi", "tensorflow", "ray")
_PATHS = ("code", "conda", "build context", "include", "local or remote")
_OS_TYPES = ("linux", "windows")
_CREDENTIALS = {
    "account credentials": {"account_key": "account key", "sas_token": "sas token"},
    "principal credentials": {"client_secret": "service principal", "thumbprint": "certificate"},
}


def check_value(rule: str, key: Scalar, node: Node, context: Context) -> None:
    """Hold a value against a rule of `shapes` that has a name of its own."""
    match rule:
        case "input":
            _check_input(key, node, context)
        case "output" | "node output":
            _check_output(rule, key, node, context)
        case "port":
            _check_port(key, node, context)
        case "distribution":
            _check_distribution(key, node, context)
        case "no servers":
            _check_no_servers(key, node, context)
        case "account credentials" | "principal credentials":
            _check_credentials(rule, key, node, context)
        case "environment" if isinstance(node, Mapping):
            _check_inline_environment(key, node, context)
        case "conda" if isinstance(node, Mapping):
            pass
        case "component":
            pass  # `loading` follows it
        case "jobs":
            if not isinstance(node, Mapping):
                context.found.append(complaints.wrong_value(key.value, "map", node))
        case _ if not isinstance(node, Scalar):
            context.found.append(_not_a_text(rule, key, node))
        case _:
            _check_text(rule, key, node, context)


def _check_text(rule: str, key: Scalar, node: Scalar, context: Context) -> None:
    """The rules that take one text."""
    if not isinstance(plain_value(node), str):
        return context.found.append(complaints.wrong_value(key.value, "text", node))
    if context.in_pipeline and "${{" in node.value:
        return None
    if rule in _PATHS and not node.value.strip():
        return context.found.append(complaints.no_value(key))
    match rule:
        case "environment":
            _check_environment(key, node, context)
        case "os type":
            _check_os_type(key, node, context)
        case "code":
            _check_code(key, node, context)
        case "conda":
            _check_conda(node, context)
        case "build context":
            check_local(node, "the build context", context)
        case "include":
            check_local(node, "the additional include", context)
        case "local or remote":
            _check_path(key, node, context)
        case "compute":
            _check_compute(key, node, context)
        case "default compute" if node.value != "serverless":
            _check_registered(key, node, "computes", context)
        case "datastore":
            _check_registered(key, node, "datastores", context)
    return None


def _not_a_text(rule: str, key: Scalar, node: Node) -> Diagnostic:
    old = node.get("local_path") if isinstance(node, Mapping) else None
    if rule == "code" and isinstance(old, Scalar):
        help = f"write code: {old.value}"
        return complaints.old_form(key.span, '"code" no longer takes a mapping', help)
    return complaints.wrong_value(key.value, "text", node)


def _check_input(key: Scalar, node: Node, context: Context) -> None:
    """A literal, `{value: ...}`, or `{type, path, mode}`."""
    _check_port_name(key, "the input", context)
    if isinstance(node, Scalar):
        return None
    if not isinstance(node, Mapping):
        expected = "a value or {type, path, mode}"
        return context.found.append(complaints.wrong_value(key.value, expected, node))
    if node.entry("value") is not None and node.entry("path") is None:
        return _check_literal_input(key, node, context)
    old = node.entry("dataset")
    if old is not None and node.entry("path") is None:
        named = old.value.value if isinstance(old.value, Scalar) else ""
        message = '"dataset" is no longer a field of an input'
        help = f"write path: {named or 'azureml:NAME@latest'}"
        return context.found.append(complaints.old_form(old.key.span, message, help))
    check_shape(node, "data input", context, key.span, "input of data")
    if node.entry("path") is None:
        message = f'the input "{key.value}" has no path, so it has no value'
        context.found.append(complaints.warning("PS3005", message, key.span, "add a path"))
    return _check_mode(node, context)


def _check_literal_input(key: Scalar, node: Mapping, context: Context) -> None:
    kind = node.entry("type")
    if kind is not None and isinstance(kind.value, Scalar) and kind.value.value in _PARAMETERS:
        help = "the component declares the type; here write the value alone"
        field = complaints.unknown_field(kind.key, "input with a value", (), help=help)
        return context.found.append(field)
    return check_shape(node, "literal input", context, key.span, "input with a value")


def _check_mode(node: Mapping, context: Context) -> None:
    """Only an mltable can be evaluated when it is mounted."""
    type, mode = node.get("type"), node.get("mode")
    if not isinstance(type, Scalar) or not isinstance(mode, Scalar):
        return
    if mode.value.lower() in _EVALUATED and type.value.lower() != "mltable":
        words = ("download", "ro_mount", "direct")
        context.found.append(complaints.not_one_of("mode", mode, words))


def _check_output(rule: str, key: Scalar, node: Node, context: Context) -> None:
    """Nothing, `{type, mode, path, name, version}`, or (in a node) a binding."""
    _check_port_name(key, "the output", context)
    if isinstance(node, Mapping):
        check_shape(node, "output", context, key.span, "output")
        if node.entry("version") is not None and node.entry("name") is None:
            help = "an output that is registered has a name, and a version if you like"
            context.found.append(complaints.missing_field("name", "output", key.span, help))
    elif not isinstance(node, Scalar) or (rule == "output" and not node.is_null):
        expected = "nothing or {type, mode, path}"
        context.found.append(complaints.wrong_value(key.value, expected, node))


def _check_port(key: Scalar, node: Node, context: Context) -> None:
    """An input that a component declares."""
    _check_port_name(key, "the input", context, declared=True)
    if not isinstance(node, Mapping):
        expected = "a mapping such as {type: string}"
        return context.found.append(complaints.wrong_value(key.value, expected, node))
    type = node.get("type")
    if isinstance(type, Scalar) and type.value in _PARAMETERS:
        kind = "parameter" if type.value in _NUMBERS else "plain parameter"
        return check_shape(node, kind, context, key.span, "component's parameter")
    if isinstance(type, Scalar) and not type.is_null:
        port = _type_complaint(type)
        if port is not None:
            return context.found.append(port)
    return check_shape(node, "data port", context, key.span, "component's data input")


def _type_complaint(type: Scalar) -> Diagnostic | None:
    """What is wrong with the type of a component's input. Its spelling counts, unlike elsewhere."""
    from penstock.ml.yaml.shapes import SHAPES

    rules = (SHAPES["parameter"]["type"], SHAPES["data port"]["type"])
    words = [word for rule in rules for word in rule[3:-1].split(",")]
    return None if type.value in words else complaints.not_one_of("type", type, words)


def _check_port_name(key: Scalar, what: str, context: Context, *, declared: bool = False) -> None:
    """Names that bindings cannot spell: Azure's client refuses them when it sends the job."""
    if not _PORT_NAME.match(key.value):
        suggestion = re.sub(r"\W", "_", key.value)
        rule = "it may hold letters, digits and underscores"
        complaint = complaints.bad_name(what, key, rule, suggestion)
        context.found.append(complaint)
    elif declared and key.value.lower() in _RESERVED:
        message = f'the input "{key.value}" has the name of a variable of every shell'
        help = "Azure ML reserves this name: choose another"
        context.found.append(complaints.warning("PS3007", message, key.span, help))


def _check_distribution(key: Scalar, node: Node, context: Context) -> None:
    if not isinstance(node, Mapping):
        if not (context.in_pipeline and isinstance(node, Scalar) and "${{" in node.value):
            context.found.append(complaints.wrong_value(key.value, "map", node))
        return
    type = node.get("type")
    if type is None:
        context.found.append(complaints.missing_field("type", "distribution", key.span))
    elif not isinstance(type, Scalar):
        context.found.append(complaints.wrong_value("type", "text", type))
    elif type.value.lower() not in _DISTRIBUTIONS:
        context.found.append(complaints.not_one_of("type", type, _DISTRIBUTIONS))
    elif type.value.lower() == "ray":
        help = "a Ray cluster is not made here: use pytorch, mpi or tensorflow"
        context.found.append(complaints.value_not_supported("type", type, help))
    else:
        kind = type.value.lower()
        check_shape(node, kind, context, key.span, f"{kind} distribution")


def _check_no_servers(key: Scalar, node: Node, context: Context) -> None:
    """TensorFlow's parameter servers: none are started here."""
    if not isinstance(node, Scalar) or not is_number(node.value, whole=True):
        context.found.append(complaints.wrong_value(key.value, "integer", node))
    elif float(node.value) != 0:
        help = "no parameter servers are started here: leave it out, or write 0"
        context.found.append(complaints.value_not_supported(key.value, node, help))


def _check_os_type(key: Scalar, node: Scalar, context: Context) -> None:
    if node.value.lower() not in _OS_TYPES:
        context.found.append(complaints.not_one_of(key.value, node, _OS_TYPES))
    elif node.value.lower() == "windows":
        help = "commands run on this machine, which is no Windows: write linux"
        context.found.append(complaints.value_not_supported(key.value, node, help))


def _check_credentials(rule: str, key: Scalar, node: Node, context: Context) -> None:
    """Which fields there are is told by the one that holds the secret; none is no credentials."""
    if not isinstance(node, Mapping):
        return context.found.append(complaints.wrong_value(key.value, "map", node))
    shapes = _CREDENTIALS[rule]
    shape = next((shapes[field] for field in shapes if node.entry(field) is not None), None)
    if shape is not None:
        return check_shape(node, shape, context, key.span, shape)
    if node.entries:
        help = f"credentials hold {phrases.listed(shapes)}, or nothing"
        context.found.append(
            complaints.missing_field(next(iter(shapes)), "credential", key.span, help)
        )
    return None


def _check_inline_environment(key: Scalar, node: Mapping, context: Context) -> None:
    check_shape(node, "inline environment", context, key.span, "environment")
    check_environment_source(node, key, context)


def check_environment_source(node: Mapping, at: Scalar, context: Context) -> None:
    """An environment is an image, with or without a conda file, or a build context."""
    image, build = node.entry("image"), node.entry("build")
    if build is not None and isinstance(build.value, Mapping):
        _check_build(build.value, context)
    if image and build:
        context.found.append(complaints.exclusive(image.key, build.key, "environment"))
    if not image and not build:
        help = 'give it an "image", for example mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04'
        context.found.append(complaints.missing_field("image", "environment", at.span, help))


def _check_build(build: Mapping, context: Context) -> None:
    """A build context is a folder with a Dockerfile in it."""
    path, given = build.get("path"), build.get("dockerfile_path")
    if not isinstance(path, Scalar) or not path.value.strip() or not is_local(path.value):
        return
    folder = local_path(path.value, context.folder)
    named = given if isinstance(given, Scalar) and not given.is_null else None
    dockerfile = folder / (named.value if named is not None else "Dockerfile")
    if not folder.exists():
        return  # that was said of the path
    if not folder.is_dir():
        problem = complaints.unusable("the build context", path, "is no folder")
    elif not dockerfile.is_file():
        name = named.value if named is not None else "Dockerfile"
        problem = complaints.unusable("the build context", path, f'has no file "{name}"')
    else:
        return
    context.found.append(problem)


def _check_environment(key: Scalar, node: Scalar, context: Context) -> None:
    text = node.value
    if text.startswith("file:"):
        return _check_environment_file(key, node, context)
    if not text.startswith("azureml:"):
        help = _environment_help(text, context.folder)
        complaint = complaints.not_a_reference(key.value, node, "environments", help)
        return context.found.append(complaint)
    return _check_reference(key, node, "environments", context)


def _environment_help(text: str, folder: Path) -> str:
    if (folder / text).is_file():
        return f"write file:{text}"
    return f"write azureml:{text}@latest, or {{image: ...}} to define it here"


def _check_reference(key: Scalar, node: Scalar, plural: str, context: Context) -> None:
    if parse_reference(node.value, plural) is None:
        help = "write azureml:NAME:VERSION or azureml:NAME@latest"
        context.found.append(complaints.not_a_reference(key.value, node, plural, help))


def _check_registered(key: Scalar, node: Scalar, plural: str, context: Context) -> None:
    """A compute or datastore by name: `azureml:NAME` or a resource id."""
    if not node.value.startswith("azureml:"):
        help = f"write azureml:{node.value}"
        context.found.append(complaints.not_a_reference(key.value, node, plural, help))
    else:
        _check_reference(key, node, plural, context)


def _check_compute(key: Scalar, node: Scalar, context: Context) -> None:
    if node.value.startswith("azureml:"):
        _check_reference(key, node, "computes", context)


def _check_code(key: Scalar, node: Scalar, context: Context) -> None:
    if node.value.startswith("azureml:"):
        _check_reference(key, node, "codes", context)
    elif node.value.startswith(("git+", "http://", "https://")):
        what = "code that is fetched from an address"
        context.found.append(complaints.not_supported(what, node.span))
    else:
        check_local(node, "the code", context)


def _check_environment_file(key: Scalar, node: Scalar, context: Context) -> None:
    """An environment that is defined in a file of its own and used without being registered."""
    what = "the environment's file"
    if not check_local(node, what, context):
        return
    path = local_path(node.value, context.folder)
    root = read_mapping(path, node, what, context)
    if root is not None:
        inner = dataclasses.replace(context, folder=path.parent, in_pipeline=False)
        _check_inline_environment(root.entries[0].key if root.entries else key, root, inner)


def _check_conda(node: Scalar, context: Context) -> None:
    what = "the conda file"
    if check_local(node, what, context):
        read_mapping(local_path(node.value, context.folder), node, what, context)


def _check_path(key: Scalar, node: Scalar, context: Context) -> None:
    """Where data is: local, registered, in a datastore, or somewhere else."""
    text = node.value
    if text.startswith("azureml:") and not text.startswith("azureml://"):
        _check_reference(key, node, "data", context)
    elif not REMOTE.match(text):
        check_local(node, "the path", context)
