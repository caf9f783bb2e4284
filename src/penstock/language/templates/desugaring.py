"""The canonical form: short spellings become the long ones that the service's final YAML has.

Facts: expansions recorded on the service's preview API.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping as Table

from penstock.language.origins import Origins
from penstock.language.source import Span
from penstock.language.yaml import Entry, Mapping, Node, Scalar, Sequence
from penstock.records import record

CHECKOUT_TASK = "6d15af64-176c-496d-b583-fd2ae21d4df4@1"
DOWNLOAD_TASK = "30f35852-3f7e-4c0c-9a88-e127b4f97211@1"
PUBLISH_TASK = "ecdc45f6-832d-4ad9-b52b-ee49e94659be@1"
_COMMON = frozenset(
    (
        "displayName",
        "name",
        "condition",
        "continueOnError",
        "enabled",
        "env",
        "target",
        "timeoutInMinutes",
        "retryCountOnTaskFailure",
    )
)


@record(kw_only=False)
class _Shortcut:
    """A step keyword: its task, the input its value becomes, and inputs before and after that."""

    task: str
    input: str
    before: tuple[tuple[str, str], ...] = ()
    after: tuple[tuple[str, str], ...] = ()


_INLINE = (("targetType", "inline"),)
_SHORTCUTS: Table[str, _Shortcut] = {
    "script": _Shortcut("CmdLine@2", "script"),
    "bash": _Shortcut("Bash@3", "script", _INLINE),
    "powershell": _Shortcut("PowerShell@2", "script", _INLINE),
    "pwsh": _Shortcut("PowerShell@2", "script", _INLINE, (("pwsh", "true"),)),
    "checkout": _Shortcut(CHECKOUT_TASK, "repository"),
    "download": _Shortcut(DOWNLOAD_TASK, "alias"),
    "publish": _Shortcut(PUBLISH_TASK, "path"),
    "upload": _Shortcut(PUBLISH_TASK, "path"),
    "reviewApp": _Shortcut("ReviewApp@0", "resourceName"),
}
_RENAMED = {("publish", "artifact"): "artifactName", ("upload", "artifact"): "artifactName"}
_NEVER = {("checkout", "none"), ("download", "none")}


def _step(node: Node, origins: Origins) -> Node:
    """A step as a task with inputs; what is a task already stays as it is."""
    assert isinstance(node, Mapping)
    lead: Entry | None = None
    common: list[Entry] = []
    own: list[Entry] = []
    for entry in node.entries:
        name = entry.key.value
        if name in _COMMON:
            common.append(entry)
        elif lead is None and name in _SHORTCUTS:
            lead = entry
        else:
            own.append(entry)
    if lead is None:
        return node
    word, place = lead.key.value, lead.key.span
    shortcut = _SHORTCUTS[word]
    task_key = Scalar("task", place)
    origins.note_keyword(task_key, word)
    if isinstance(lead.value, Scalar) and (word, lead.value.value.lower()) in _NEVER:
        common = [entry for entry in common if entry.key.value != "condition"]
        common.insert(0, _entry("condition", "false", place))
    inputs = (
        *(_entry(name, text, place) for name, text in shortcut.before),
        Entry(Scalar(shortcut.input, place), lead.value),
        *(_entry(name, text, place) for name, text in shortcut.after),
        *(_renamed(entry, _RENAMED.get((word, entry.key.value))) for entry in own),
    )
    return Mapping(
        (
            Entry(task_key, Scalar(shortcut.task, place)),
            *common,
            Entry(Scalar("inputs", place), Mapping(inputs, node.span)),
        ),
        node.span,
    )


def _named(name: str) -> Callable[[Node, Origins], Node]:
    """A rewrite of a single text to a mapping with one key."""

    def rewrite(node: Node, _: Origins) -> Node:
        return Mapping((_given(name, node),), node.span) if isinstance(node, Scalar) else node

    return rewrite


def _depends_on(node: Node, _: Origins) -> Node:
    """A list of names; empty ones, which templates leave behind, name nothing."""
    items = node.items if isinstance(node, Sequence) else (node,)
    return Sequence(tuple(i for i in items if isinstance(i, Scalar) and i.value), node.span)


def _trigger(node: Node, _: Origins) -> Node:
    """`none` is a switch, and a list holds the branches to include."""
    if isinstance(node, Sequence):
        include = Mapping((_given("include", node),), node.span)
        return Mapping((_given("branches", include),), node.span)
    if isinstance(node, Scalar):
        return Mapping((_entry("enabled", "false", node.span),), node.span)
    return node


def _phase(node: Node, _: Origins) -> Node:
    """The job that a phase of old is."""
    assert isinstance(node, Mapping)
    entries: list[Entry] = []
    for entry in node.entries:
        if entry.key.value == "phase":
            entries.append(_renamed(entry, "job"))
        elif entry.key.value in ("queue", "server"):
            entries.extend(queue_entries(entry))
        else:
            entries.append(entry)
    return Mapping(tuple(entries), node.span)


_TO_JOB = frozenset(("timeoutInMinutes", "cancelTimeoutInMinutes", "workspace"))


def queue_entries(entry: Entry) -> tuple[Entry, ...]:
    """What a job has instead of `queue` or `server`: pool, strategy, container, time limits."""
    value, span = entry.value, entry.key.span
    if entry.key.value == "server":
        pool: Node = Scalar("server", span)
    elif isinstance(value, Scalar):
        return (Entry(Scalar("pool", span), Mapping((_given("name", value),), value.span)),)
    else:
        pool = _part(value, ("name", "demands"))
    strategy = _old_strategy(value)
    entries = [Entry(Scalar("pool", span), pool)]
    if strategy.entries:
        entries.append(Entry(Scalar("strategy", span), strategy))
    for inner in value.entries if isinstance(value, Mapping) else ():
        if inner.key.value == "container":
            alias = Mapping((_given("alias", inner.value),), inner.value.span)
            entries.append(Entry(inner.key, alias))
        elif inner.key.value in _TO_JOB:
            entries.append(inner)
    return tuple(entry for entry in entries if entry.value != Mapping((), entry.value.span))


def _old_strategy(queue: Node) -> Mapping:
    """Beside a matrix `parallel` says how many legs may run at once (agent documentation of 2018,
    "YAML getting started - Phase strategies")."""
    strategy = _part(queue, ("matrix", "parallel"))
    if strategy.entry("matrix") is None:
        return strategy
    entries = (
        _renamed(entry, "maxParallel" if entry.key.value == "parallel" else None)
        for entry in strategy.entries
    )
    return Mapping(tuple(entries), strategy.span)


def _part(node: Node, names: tuple[str, ...]) -> Mapping:
    entries = node.entries if isinstance(node, Mapping) else ()
    return Mapping(tuple(entry for entry in entries if entry.key.value in names), node.span)


def _given(name: str, value: Node) -> Entry:
    return Entry(Scalar(name, value.span), value)


def _entry(name: str, text: str, span: Span) -> Entry:
    return Entry(Scalar(name, span), Scalar(text, span))


def _renamed(entry: Entry, name: str | None) -> Entry:
    return entry if name is None else Entry(Scalar(name, entry.key.span), entry.value)


REWRITES: Table[str, Callable[[Node, Origins], Node]] = {
    "step": _step,
    "stepTarget": _named("container"),
    "environment": _named("name"),
    "jobContainer": _named("alias"),
    "dependsOn": _depends_on,
    "trigger": _trigger,
    "pr": _trigger,
    "phase": _phase,
}
"""What is done to a part of each shape once it has been read."""
