"""Holds a tree against the table of fields: unknown, missing and ill-typed fields, all of them.

Says nothing of how parts fit together: that is `graph.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field
from pathlib import Path

from penstock.language.source import Diagnostic, Span
from penstock.language.yaml import Mapping, Node, Scalar, Sequence, plain_value
from penstock.ml.yaml import complaints
from penstock.ml.yaml.shapes import RELAXED, SHAPES
from penstock.records import record

_TRUE_OR_FALSE = frozenset(
    {"t", "true", "on", "y", "yes", "1", "f", "false", "off", "n", "no", "0"}
)


@record
class Context:
    """What every check needs.

    Relative paths begin in `folder`; complaints are put into `found`, and fields that have no
    effect here into `idle`; `special` holds a value against a rule with a name of its own.
    `in_pipeline`: a binding may stand for a value.
    """

    folder: Path
    found: list[Diagnostic]
    special: Callable[[str, Scalar, Node, Context], None]
    in_pipeline: bool = False
    idle: list[Scalar] = field(default_factory=list)


def check_shape(node: Mapping, shape: str, context: Context, at: Span, owner: str = "") -> None:
    """Hold a mapping against a shape. A missing field is reported at `at`, as one of `owner`."""
    rules = SHAPES[shape]
    owner = owner or shape
    for entry in node.entries:
        rule = rules.get(entry.key.value)
        if rule is None:
            kept = shape in RELAXED
            complaint = complaints.unknown_field(entry.key, owner, rules, kept=kept)
            context.found.append(complaint)
        elif rule == "x":
            context.found.append(complaints.field_not_supported(entry.key, owner))
        elif rule != "-":
            check_rule(rule.lstrip("!~"), entry.key, entry.value, context)
            if rule.startswith("~"):
                context.idle.append(entry.key)
    for name, rule in rules.items():
        if rule.startswith("!") and node.entry(name) is None:
            context.found.append(complaints.missing_field(name, owner, at))


def check_rule(rule: str, key: Scalar, node: Node, context: Context) -> None:
    """Hold one value against the alternatives of its rule."""
    words = rule.split("|")
    if isinstance(node, Scalar) and node.is_null:
        if "null" not in words and rule not in _MAY_BE_EMPTY:
            context.found.append(complaints.no_value(key))
        return
    if _is_bound(node, context) and rule not in _SPECIAL:
        return
    if any(_fits(word, node) for word in words):
        if rule == "version" and isinstance(node, Scalar):
            _check_version(node, context)
        return
    word = next((word for word in words if _is_of_form(word, node)), words[0])
    _check_word(word, key, node, context)


def _check_version(node: Scalar, context: Context) -> None:
    value = plain_value(node)
    if isinstance(value, float) and str(value) != node.value:
        context.found.append(complaints.number_read(node, value))


def _check_word(word: str, key: Scalar, node: Node, context: Context) -> None:
    """Hold a value against one alternative, which it does not meet as it stands."""
    if word in _SPECIAL:
        context.special(word, key, node, context)
    elif word.startswith("map:") and isinstance(node, Mapping):
        for entry in node.entries:
            check_rule(word.removeprefix("map:"), entry.key, entry.value, context)
    elif word.startswith("<") and isinstance(node, Mapping):
        shape = word[1:-1]
        check_shape(node, shape, context, key.span, _OWNERS.get(shape, f'"{key.value}"'))
    elif word.startswith("list:") and isinstance(node, Sequence):
        for item in node.items:
            check_rule(word.removeprefix("list:"), key, item, context)
    elif word.startswith("{") and isinstance(node, Scalar):
        choices = word.removeprefix("{").removeprefix("=").removesuffix("}").split(",")
        context.found.append(complaints.not_one_of(key.value, node, choices))
    else:
        context.found.append(complaints.wrong_value(key.value, _expected(word), node))


def _expected(word: str) -> str:
    """The word for what a value should have been."""
    if word.startswith(("map", "<")):
        return "map"
    return "list" if word.startswith("list") else "text" if word.startswith("{") else word


_SPECIAL = frozenset(
    {
        "input",
        "output",
        "node output",
        "port",
        "environment",
        "code",
        "conda",
        "build context",
        "local or remote",
        "compute",
        "default compute",
        "datastore",
        "distribution",
        "no servers",
        "os type",
        "account credentials",
        "principal credentials",
        "include",
        "jobs",
        "component",
    }
)
_MAY_BE_EMPTY = frozenset({"any", "output", "node output"})
_OWNERS = {
    "service": "service",
    "limits": "limit",
    "resources": "resource setting",
    "identity": "identity",
    "build": "build",
    "output": "output",
    "output port": "component's output",
    "pipeline settings": "pipeline's settings",
    "queue settings": "queue setting",
}


def _is_bound(node: Node, context: Context) -> bool:
    return context.in_pipeline and isinstance(node, Scalar) and "${{" in node.value


def _fits(word: str, node: Node) -> bool:
    """Whether a value is what a simple word asks for; False for words that need a closer look."""
    if word == "any":
        return True
    if word == "map":
        return isinstance(node, Mapping)
    if word == "texts":
        return isinstance(node, Sequence) and all(_fits("text", item) for item in node.items)
    if not isinstance(node, Scalar):
        return False
    value = plain_value(node)
    match word:
        case "text":
            return isinstance(value, str)
        case "scalar":
            return value is not None
        case "version":
            return isinstance(value, str | int | float) and not isinstance(value, bool)
        case "integer" | "number":
            return not isinstance(value, bool) and is_number(node.value, whole=word == "integer")
        case "count":
            is_whole = not isinstance(value, bool) and is_number(node.value, whole=True)
            return is_whole and float(node.value) >= 1
        case "boolean":
            return isinstance(value, bool) or node.value.lower() in _TRUE_OR_FALSE
    if word.startswith("{="):
        return node.value in word[2:-1].split(",")
    return word.startswith("{") and node.value.lower() in word[1:-1].lower().split(",")


def is_number(text: str, *, whole: bool) -> bool:
    """Whether a text reads as a number, as Azure's client reads it (`10.0` is a whole number)."""
    try:
        value = float(text)
    except ValueError:
        return False
    return not whole or value.is_integer()


def _is_of_form(word: str, node: Node) -> bool:
    """Whether a word speaks of values of this form, so that its complaint fits best."""
    if word.startswith(("<", "map")):
        return isinstance(node, Mapping)
    if word.startswith("list") or word == "texts":
        return isinstance(node, Sequence)
    return isinstance(node, Scalar) and word != "null"
