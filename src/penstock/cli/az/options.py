"""Reads the options of one command, with the texts of `az` where they are wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from penstock.cli.az.failures import Misused
from penstock.cli.az.table import DEFAULTS, GLOBAL, SHARED

_ONCE = "set them once: az configure --defaults group=NAME workspace=NAME"
Options = dict[str, "str | bool | list[str]"]


class Rule:
    """One option or positional of a command: its names, and how many values it takes.

    `idle`: it is taken, and said to have no effect here.
    """

    __slots__ = ("count", "idle", "names", "positional", "required")

    def __init__(self, text: str) -> None:
        self.idle = text.startswith("~")
        text = text.removeprefix("~")
        required, text = text.endswith("!"), text.removesuffix("!")
        self.count = text[-1] if text[-1] in "?+*" else ""
        text = text.rstrip("?+*")
        self.positional = text.startswith("@")
        self.names = tuple(text.lstrip("@").split("/"))
        self.required = required

    @property
    def key(self) -> str:
        """The name by which the command asks for the value."""
        return self.names[0]

    @property
    def is_many(self) -> bool:
        """Whether it takes several values."""
        return self.count in ("+", "*")

    @property
    def shown(self) -> str:
        """The names as messages show them: `--name/-n`."""
        return "/".join(self.names)


def rules_of(spec: str) -> list[Rule]:
    """The rules of a command, those of every command included."""
    rules = []
    for word in f"{spec} {GLOBAL}".split():
        name = SHARED.get(word.rstrip("!"))
        rules.append(Rule(name + word[1:] if name else word))
    return rules


def parse_options(arguments: Sequence[str], rules: Sequence[Rule]) -> Options:
    """The given values by the first name of their option. Raises Misused as `az` would."""
    by_name: dict[str, Rule] = {}
    for rule in rules:
        for name in () if rule.positional else rule.names:
            by_name.setdefault(name, rule)
    found: Options = {}
    rest: list[str] = []
    index = 0
    while index < len(arguments):
        argument = arguments[index]
        index += 1
        if not argument.startswith("-") or argument in ("-", "--"):
            rest.append(argument)
            continue
        named, glued = _find(argument, by_name)
        if named is None:
            rest.append(argument)
            continue
        values, index = _values(named, glued, arguments, index)
        _keep(found, named, values)
    return _positionals(found, rest, rules)


def check_required(found: Mapping[str, object], rules: Sequence[Rule]) -> None:
    """Raise Misused, naming every required option that has no value."""
    missing = [rule.shown for rule in rules if rule.required and rule.key not in found]
    if missing:
        keys = {rule.key for rule in rules if rule.required and rule.key not in found}
        raise Misused(
            f"the following arguments are required: {', '.join(missing)}",
            _ONCE if keys <= DEFAULTS.keys() else "",
        )


def _find(argument: str, by_name: Mapping[str, Rule]) -> tuple[Rule | None, str | None]:
    """The option an argument names, and the value glued to it (`--name=x`, `-nx`)."""
    name, equals, value = argument.partition("=")
    if name in by_name:
        return by_name[name], value if equals else None
    if argument.startswith("--"):
        near = [other for other in by_name if other.startswith(name)]
        if len({id(by_name[other]) for other in near}) == 1:
            return by_name[near[0]], value if equals else None
        return None, None
    rule = by_name.get(argument[:2])
    return (rule, argument[2:].removeprefix("=")) if rule else (None, None)


def _values(
    rule: Rule, glued: str | None, arguments: Sequence[str], index: int
) -> tuple[list[str], int]:
    if rule.count == "?":
        return [], index
    if glued is not None and not rule.is_many:
        return [glued], index
    values = [] if glued is None else [glued]
    while index < len(arguments) and not _is_option(arguments[index]):
        values.append(arguments[index])
        index += 1
        if not rule.is_many:
            break
    if not values and rule.count != "*":
        wanted = "at least one argument" if rule.count == "+" else "one argument"
        raise Misused(f"argument {rule.shown}: expected {wanted}")
    return values, index


def _is_option(argument: str) -> bool:
    """Negative numbers and a lone dash are values."""
    if not argument.startswith("-") or argument == "-":
        return False
    return not argument[1:].replace(".", "", 1).isdigit()


def _keep(found: Options, rule: Rule, values: list[str]) -> None:
    if rule.count == "?":
        found[rule.key] = True
    elif rule.is_many:
        earlier = found.get(rule.key)
        found[rule.key] = [*(earlier if isinstance(earlier, list) else []), *values]
    else:
        found[rule.key] = values[0]


def _positionals(found: Options, rest: list[str], rules: Sequence[Rule]) -> Options:
    for rule in rules:
        if rule.positional and rest:
            many = rule.count == "+"
            values, left = (rest, []) if many else (rest[:1], rest[1:])
            if any(value.startswith("-") for value in values):
                break
            found[rule.key], rest = (values if many else values[0]), left
    if rest:
        raise Misused(f"unrecognized arguments: {' '.join(rest)}")
    return found
