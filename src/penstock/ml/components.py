"""Components as the planner reads them from a `componentSpec`: their ports and what they run."""

from __future__ import annotations

from collections.abc import Mapping

from penstock.ml.fields import Json, field, table, text
from penstock.records import record

PRIMITIVES = frozenset({"string", "number", "integer", "boolean"})


@record
class Port:
    """An input or an output of a component. A literal input has a primitive `type`."""

    name: str
    type: str
    mode: str = ""
    optional: bool = False
    default: str | None = None
    enum: tuple[str, ...] = ()
    minimum: str | None = None
    maximum: str | None = None

    @property
    def is_literal(self) -> bool:
        """Whether it takes a value instead of a place with data."""
        return self.type in PRIMITIVES


@record
class Component:
    """What a node runs: a command (`kind` "command"), or a graph of nodes (`kind` "pipeline").

    `overridable` holds the parts a node may override, as they stand in the document: `resources`,
    `distribution`, `limits`, `environment_variables`.
    """

    kind: str
    inputs: Mapping[str, Port]
    outputs: Mapping[str, Port]
    display_name: str = ""
    command: str = ""
    code: str | None = None
    environment: object = None
    overridable: Json
    jobs: Json


def parse_component(spec: Json) -> Component:
    """Read a `componentSpec` (the YAML's shape, snake_case, every default a text)."""
    overridable = {
        name: table(spec, name)
        for name in ("resources", "distribution", "limits", "environment_variables")
    }
    return Component(
        kind=text(field(spec, "type", "command")).lower(),
        display_name=text(field(spec, "display_name", "")),
        inputs={name: _port(name, value) for name, value in table(spec, "inputs").items()},
        outputs={name: _port(name, value) for name, value in table(spec, "outputs").items()},
        command=text(field(spec, "command", "")),
        code=field(spec, "code"),
        environment=field(spec, "environment"),
        overridable=overridable,
        jobs=table(spec, "jobs"),
    )


def _port(name: str, value: object) -> Port:
    """A port; a null one is a `uri_folder`, as everywhere in Azure ML."""
    default = field(value, "default")
    minimum, maximum = field(value, "min"), field(value, "max")
    choices = field(value, "enum", [])
    return Port(
        name=name,
        type=_type_word(text(field(value, "type", "uri_folder"))),
        mode=mode_word(field(value, "mode", "")),
        optional=text(field(value, "optional", False)).lower() == "true",
        default=None if default is None else text(default),
        enum=tuple(text(choice) for choice in choices) if isinstance(choices, list) else (),
        minimum=None if minimum is None else text(minimum),
        maximum=None if maximum is None else text(maximum),
    )


def _type_word(type: str) -> str:
    """Component files may spell `Integer`, or the legacy `path`, which is a folder."""
    lowered = type.lower()
    if lowered == "path":
        return "uri_folder"
    return lowered if lowered in PRIMITIVES else type


_MODES = {
    "readonlymount": "ro_mount",
    "readwritemount": "rw_mount",
    "evalmount": "eval_mount",
    "evaldownload": "eval_download",
    "mount": "rw_mount",
}


def mode_word(mode: object) -> str:
    """The YAML word of a mode given in either spelling (`ReadOnlyMount`); empty when unset."""
    word = text(mode).lower()
    return _MODES.get(word.replace("_", ""), word)
