"""The words for parts of a pipeline that have not the shape they must have."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Sequence as Items

from penstock.language.source import Diagnostic, Related, Span, kept_lines
from penstock.language.yaml import Mapping, Node, Scalar, Sequence


def kind_of_node(node: Node) -> str:
    """What a node is, in the words of the messages."""
    match node:
        case Scalar():
            return "nothing" if node.is_null else "text"
        case Sequence():
            return "a list"
        case Mapping():
            return "a mapping"


def wrong_kind(what: str, expected: tuple[str, ...], node: Node, at: Span) -> Diagnostic:
    """A list where a mapping belongs, and so on. `expected` are kinds as kind_of_node says them.

    `at` is the place of the value: an expression stands elsewhere than what it came to.
    """
    found, is_elsewhere = kind_of_node(node), node.span != at
    if isinstance(node, Scalar):
        service = f"Unexpected value '{'' if node.is_null else node.value}'"
    else:
        service = f"A {'sequence' if isinstance(node, Sequence) else 'mapping'} was not expected"
    return Diagnostic(
        code="PS1102",
        message=f'"{what}" takes {" or ".join(expected)}, and there is {found}',
        span=at,
        related=(Related(node.span, f"the value is {found}, written here"),)
        if is_elsewhere
        else (),
        help=_TO_TEXT if is_elsewhere and "text" in expected else _kind_help(what, expected, node),
        service_text=service,
    )


_SCRIPTS = ("script", "bash", "pwsh", "powershell")
_LEADS = (*_SCRIPTS, "task", "checkout", "download", "publish", "template", "job", "stage")
_FILTERS = ("branches", "paths", "tags")
_TO_TEXT = "take one part of it, or make a text of it with join() or convertToJson()"


def _kind_help(what: str, expected: tuple[str, ...], node: Node) -> str:
    if what in _SCRIPTS and isinstance(node, Sequence):
        return f"for several commands write {what}: |, and each command in a line under it"
    if what in _FILTERS and expected == ("a mapping",):
        return 'write "include:" under it, or "exclude:", and the names in a list under that'
    if expected[0] == "a list" and not isinstance(node, Sequence):
        if isinstance(node, Mapping) and node.entries:
            first = node.entries[0].key.value
            return f'put a dash before "{first}": each item of a list begins with one'
        return "write one item a line, each behind a dash"
    if "a list" in expected and isinstance(node, Mapping):
        return "write one value on the line of the key, or several, each in a line with a dash"
    if "a mapping" in expected:
        return "write keys under it, indented further, each with a colon"
    first = _first_character(node)
    if isinstance(node, Mapping) and node.entries and what in _LEADS and first != "{":
        inner = node.entries[0].key.value
        return f'write the value of "{what}" on its line, and "{inner}:" beside it, not under it'
    if first in ("[", "{"):
        name = "brackets" if first == "[" else "braces"
        return f"write one value, without {name}; text that begins with {first} belongs in quotes"
    if isinstance(node, Sequence):
        return "write one value, without a dash"
    return "write one value on the line of the key"


def _first_character(node: Node) -> str:
    """The character with which a node begins; a list or a mapping may be written in brackets."""
    line = kept_lines(node.span.source.text)[node.span.line - 1]
    return line[node.span.column - 1 : node.span.column]


def unexpected_word(
    what: str, words: tuple[str, ...], node: Scalar, kinds: tuple[str, ...]
) -> Diagnostic:
    """A text that is not among the words allowed here; `kinds` are what else may stand here."""
    from penstock.language.diagnostics import nearest

    close = nearest(node.value, words)
    words = ("true", "false") if "yes" in words else words
    return Diagnostic(
        code="PS1103",
        message=f'"{node.value}" is not a value that "{what}" takes',
        span=node.span,
        help=f'did you mean "{close}"?' if close else _write(one_of(words), kinds),
        service_text=f"Unexpected value '{node.value}'",
    )


def _write(words: str, kinds: tuple[str, ...]) -> str:
    others = [kind for kind in kinds if kind != "text"]
    return f"write {words}, or give {' or '.join(others)}" if others else f"write {words}"


def empty_text(what: str, node: Scalar) -> Diagnostic:
    """Nothing where a text is needed."""
    return Diagnostic(
        code="PS1105",
        message=f'"{what}" is empty',
        span=node.span,
        help="write a value, or remove the key",
        service_text="Unexpected value ''",
    )


def no_expression(what: str, node: Scalar) -> Diagnostic:
    """An expression where the service wants the text itself."""
    return Diagnostic(
        code="PS1315",
        message=f'no expressions are allowed in "{what}"',
        span=node.span,
        help="write the text itself; of a repository only the ref may be an expression",
        service_text="A template expression is not allowed in this context",
    )


_ADVICE = {
    (
        "a stage",
        "steps",
    ): "a stage holds jobs: write jobs:, - job: NAME under it, and the steps there",
    ("a stage", "job"): "a stage holds a list of jobs: write jobs:, and - job: NAME under it",
    ("a deployment job", "steps"): "a deployment has its steps in a hook: strategy:, runOnce:, "
    "deploy:, steps:, each under the one before",
    ('"runOnce"', "steps"): "the steps stand in a hook: deploy:, and steps: under it",
    ('"rolling"', "steps"): "the steps stand in a hook: deploy:, and steps: under it",
    ('"canary"', "steps"): "the steps stand in a hook: deploy:, and steps: under it",
    ("a job", "environment"): "only a deployment has an environment: write deployment: in place "
    "of job:",
    ('"strategy"', "runOnce"): "only a deployment has it: write deployment: in place of job:",
    ('"strategy"', "rolling"): "only a deployment has it: write deployment: in place of job:",
    ('"strategy"', "canary"): "only a deployment has it: write deployment: in place of job:",
    ("a deployment strategy", "matrix"): "a deployment has no matrix: write job: in place of "
    "deployment:, or one deployment for each target",
    ("a pipeline", "job"): "a pipeline holds a list of jobs: write jobs:, and - job: NAME under it",
    ("a pipeline", "stage"): "a pipeline holds a list of stages: write stages:, and - stage: NAME "
    "under it",
    ("a pipeline", "script"): "a pipeline holds a list of steps: write steps:, and - script: under "
    "it",
    ("an extends template", "pool"): "write it in the pipeline that extends this template, or here "
    "in each stage or job",
    ("a step", "run"): 'a command is a step of its own: "- script:" in place of "run:"',
    ("a step", "uses"): 'a task is called by "- task: NAME@VERSION", its settings stand under '
    '"inputs:"; a file of steps by "- template: FILE"',
    ("a job", "server"): 'write "pool: server" in place of it',
    ("a job", "queue"): 'write "pool:" in place of "queue:"',
    ("a pipeline", "vmImage"): 'it stands under "pool:", indented further',
    ("a pipeline", "on"): 'write "trigger:" in place of "on:"',
    **{
        (owner, key): 'it stands under "pool:", indented further'
        for owner in ("a stage", "a job", "a deployment job")
        for key in ("vmImage", "demands")
    },
    **{
        ("an extends template", key): "write it in the pipeline that extends this template"
        for key in ("name", "appendCommitMessageToRunName", "pr", "schedules", "lockBehavior")
    },
}
"""The next step for keys that are put elsewhere than they belong, by where they are found."""

_OTHER_SYSTEMS = {
    "if": 'write "condition:" in place of "if:"',
    "needs": 'write "dependsOn:" in place of "needs:"',
    "runs-on": 'write "pool:", and "vmImage:" under it',
}
"""The next step for the words of other systems."""


def unknown_key(
    key: Scalar, known: Iterable[str], owner: str, home: str | None, leads: Items[str] = ()
) -> Diagnostic:
    """A key that its mapping does not take.

    `home` is another part of a pipeline that does take it; `leads` are the leading keys beside
    which the same part would take it.
    """
    from penstock.language.diagnostics import nearest

    names = list(known)
    close = nearest(key.value, names)
    advice = (
        _ADVICE.get((owner, key.value))
        or _OTHER_SYSTEMS.get(key.value)
        or _odd_character(key.value)
    )
    if advice:
        help = advice
    elif close and close.rstrip("s") == key.value.rstrip("s"):  # one for many, or many for one
        help = f'did you mean "{close}"?'
    elif home:
        help = f'"{key.value}" belongs in {home}; look at the indentation'
    elif len(names) == 1:
        help = f'nothing stands beside "{names[0]}": remove it, or give it an item of its own'
    elif leads:
        help = f'"{key.value}" goes with {one_of(leads)} only'
    elif close:
        help = f'did you mean "{close}"?'
    else:
        help = f"{owner} takes {listed(names)}"
    return Diagnostic(
        code="PS1101",
        message=f'unknown key "{key.value}" in {owner}',
        span=key.span,
        label="not expected here",
        help=help,
        service_text=f"Unexpected value '{key.value}'",
    )


def _odd_character(key: str) -> str | None:
    """What to do about a character in a key that cannot be seen, or looks like a space."""
    odd = next((char for char in key if char != " " and not char.isprintable()), None)
    return odd and (
        f"it has the character U+{ord(odd):04X} in it, which is no space: replace it, here and in "
        "the lines that were copied with it"
    )


def not_first(key: Scalar, first: str, owner: str) -> Diagnostic:
    """A key that stands before the one which must be the first."""
    return Diagnostic(
        code="PS1108",
        message=f'{owner} begins with "{first}", and here with "{key.value}"',
        span=key.span,
        label=f'"{first}" comes first',
        help=f'put "{first}" above "{key.value}"',
        service_text=f"Unexpected value '{key.value}'",
    )


def unknown_lead(key: Scalar, leads: Iterable[str], owner: str) -> Diagnostic:
    """A mapping that no leading key tells what it is, and that has a key nothing takes."""
    names = list(leads)
    return Diagnostic(
        code="PS1101",
        message=f'unknown key "{key.value}" in {owner}',
        span=key.span,
        label="not expected here",
        help=f'in a list a variable is written "- name: {key.value}", with value: under it'
        if owner == "a variable"
        else _ADVICE.get((owner, key.value)) or f"{owner} begins with one of {listed(names)}",
        service_text=f"Unexpected value '{key.value}'",
    )


def wrong_item(what: str, expected: tuple[str, ...], node: Node) -> Diagnostic:
    """An item of a list that is not of the kind the list holds."""
    found = kind_of_node(node)
    value = node.value if isinstance(node, Scalar) else ""
    return Diagnostic(
        code="PS1102",
        message=f'each item of "{what}" is {" or ".join(expected)}, and here is {found}',
        span=node.span,
        help=_item_help(node),
        service_text=f"Unexpected value '{value}'"
        if isinstance(node, Scalar)
        else f"A {'sequence' if isinstance(node, Sequence) else 'mapping'} was not expected",
    )


def _item_help(node: Node) -> str:
    if isinstance(node, Scalar) and node.is_null:
        return "indent what belongs under this line below it, or remove the line"
    if isinstance(node, Scalar):
        return "give each item keys, with a colon behind each key"
    if isinstance(node, Sequence):
        return "remove one dash"
    return "write one value behind each dash, and no key before it"


def not_one(what: str, shape: str, count: int, node: Node) -> Diagnostic:
    """A template that gives several parts, or none, where one stands."""
    return Diagnostic(
        code="PS1205",
        message=f'"{what}" takes one {shape}, and this template gives {count}',
        span=node.span,
        help=f"declare the parameter with type: {shape}List",
    )


def undetermined(owner: str, leads: tuple[str, ...], span: Span) -> Diagnostic:
    """A mapping that could be several things, or none."""
    return Diagnostic(
        code="PS1104",
        message=f"this does not say which kind of {owner} it is",
        span=span,
        help=f"add {one_of(leads)}",
        service_text="There's not enough info to determine what you meant. Add one of these "
        f"properties: {', '.join(leads)}",
    )


def missing_key(owner: str, name: str, span: Span) -> Diagnostic:
    """A mapping without a key that it must have."""
    return Diagnostic(
        code="PS1104",
        message=f'{owner} needs "{name}"',
        span=span,
        help=f'add "{name}:"',
        service_text="There's not enough info to determine what you meant. Add one of these "
        f"properties: {name}",
    )


def rival_keys(first: Scalar, second: Scalar, owner: str) -> Diagnostic:
    """Two keys of which a mapping may have one."""
    return Diagnostic(
        code="PS1107",
        message=f'{owner} cannot have both "{first.value}" and "{second.value}"',
        span=second.span,
        label="one of the two must go",
        related=(Related(first.span, f'"{first.value}" is here'),),
        help=_STRATEGIES.get(frozenset((first.value, second.value)))
        or f'keep one; what is under "{second.value}" may belong inside "{first.value}"',
        service_text=f"Unexpected value '{second.value}'",
    )


_STRATEGIES = {
    frozenset(("matrix", "parallel")): 'keep one: "matrix" makes a job of each leg, "parallel" so '
    "many slices of one job",
    frozenset(("maxParallel", "parallel")): 'keep one: "maxParallel" limits how many legs of a '
    '"matrix" run at a time; all slices of "parallel" may',
}


# --- words


def one_of(words: Iterable[str]) -> str:
    """`"a", "b" or "c"`."""
    quoted = [f'"{word}"' for word in words]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} or {quoted[-1]}"


def listed(words: Iterable[str]) -> str:
    """`a, b, c`; long lists are cut."""
    names = list(words)
    return ", ".join(names) if names else "no keys"
