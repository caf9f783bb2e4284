"""Parts of a pipeline as one line of text each, and the keys by which texts mean the same."""

from __future__ import annotations

from penstock.language import pipeline as model
from penstock.language.casing import fold_case
from penstock.language.expressions import GENERAL, Arguments, ExpressionError, Function, parse
from penstock.language.expressions import Value as ExpressionValue
from penstock.language.expressions.nodes import Access, Call, ExpressionNode, Literal, Name
from penstock.language.expressions.nodes import print_node as printed
from penstock.language.yaml import Mapping, Node, Scalar, Sequence

NAMES = frozenset(("variables", "resources", "pipeline", "dependencies", "stageDependencies"))
_STATUS = ("always", "canceled", "failed", "succeeded", "succeededOrFailed", "counter")
_TRUE = ("true", "y", "yes", "on")
_FALSE = ("false", "n", "no", "off")


def _not_now(_: Arguments) -> ExpressionValue:
    raise AssertionError("only parsed here")


def parsed(text: str) -> ExpressionNode | None:
    """The tree of an expression that is evaluated during a run; None where it is none."""
    functions = {**GENERAL, **{name: Function(name, 0, None, _not_now) for name in _STATUS}}
    try:
        return parse(text, names=NAMES, functions=functions).root
    except ExpressionError:
        return None


def expression_key(text: str) -> str:
    """A text that is equal for expressions that differ in layout and in the case of names only."""
    root = parsed(text)
    return text.strip() if root is None else _node_key(root)


def _node_key(node: ExpressionNode) -> str:
    match node:
        case Literal():
            return printed(node)
        case Name():
            return fold_case(node.name)
        case Call():
            return f"{fold_case(node.name)}({', '.join(map(_node_key, node.arguments))})"
        case Access():
            steps = (f"[{_step_key(step) if step else '*'}]" for step in node.steps)
            return _node_key(node.base) + "".join(steps)


def _step_key(step: ExpressionNode) -> str:
    """Members are found whatever their case."""
    return fold_case(printed(step)) if isinstance(step, Literal) else _node_key(step)


def boolean_key(text: str) -> str:
    """`true` or `false` for every way to write them; other texts stay."""
    word = text.strip().lower()
    if word in _TRUE:
        return "true"
    return "false" if word in _FALSE else text.strip()


def task_key(reference: str) -> str:
    """A task whatever the case of its name."""
    return fold_case(reference.strip())


def pool_text(pool: model.Pool) -> str:
    """A pool: its name or image, its demands in any order, the rest as written."""
    parts = [pool.name.value] if pool.name else []
    parts += [f"vmImage {pool.vm_image.value}"] if pool.vm_image else []
    demands = sorted(demand.value for demand in pool.demands)
    parts += [f"demands {' and '.join(demands)}"] if demands else []
    parts += [f"{name} {node_text(pool.other[name])}" for name in sorted(pool.other)]
    return ", ".join(parts)


def container_text(container: model.Container) -> str:
    """A container: what it is of, then every setting."""
    said = {
        "": container.alias or container.image,
        "image": container.image if container.alias else None,
        "by": container.endpoint,
        "options": container.options,
    }
    parts = [f"{name} {text.value}".strip() for name, text in said.items() if text]
    parts += [f"env {name}={container.env[name].value}" for name in sorted(container.env)]
    parts += [f"port {port.value}" for port in container.ports]
    parts += [f"volume {volume.value}" for volume in container.volumes]
    parts += [f"{name} {node_text(container.other[name])}" for name in sorted(container.other)]
    return ", ".join(parts)


def trigger_text(trigger: model.Trigger | None) -> str:
    """What starts a run, in a line."""
    if trigger is None:
        return "every branch"
    if not trigger.enabled:
        return "none"
    parts = [filter_text(trigger.branches) or "every branch"]
    parts += [f"paths {filter_text(trigger.paths)}"] if filter_text(trigger.paths) else []
    parts += [f"tags {filter_text(trigger.tags)}"] if filter_text(trigger.tags) else []
    parts += ["batched"] if trigger.batch else []
    parts += ["without autoCancel"] if trigger.auto_cancel is False else []
    parts += ["without drafts"] if trigger.drafts is False else []
    parts += ["always"] if trigger.always else []
    return "; ".join(parts)


def completion_text(trigger: model.CompletionTrigger) -> str:
    """Which runs of another pipeline start this one, in a line."""
    if not trigger.enabled:
        return "none"
    parts = [filter_text(trigger.branches) or "every branch"]
    parts += [f"stages {filter_text(model.Filter(trigger.stages))}"] if trigger.stages else []
    parts += [f"tags {filter_text(model.Filter(trigger.tags))}"] if trigger.tags else []
    return "; ".join(parts)


def outside_kind(resource: model.OutsideResource) -> str:
    """`build`, `package` or `webhook`."""
    match resource:
        case model.BuildResource():
            return "build"
        case model.PackageResource():
            return "package"
        case model.WebhookResource():
            return "webhook"


def outside_text(resource: model.OutsideResource) -> str:
    """A resource that another system has: every setting but its alias."""
    said: list[tuple[str, model.Text | None]] = [("", resource.type), ("by", resource.connection)]
    match resource:
        case model.BuildResource():
            said += [("source", resource.source), ("version", resource.version)]
            said += [("branch", resource.branch), ("trigger", resource.trigger)]
        case model.PackageResource():
            said += [("name", resource.name), ("version", resource.version)]
            said += [("tag", resource.tag), ("trigger", resource.trigger)]
        case model.WebhookResource():
            filters = sorted(f"{path.value}={value.value}" for path, value in resource.filters)
            said += [(f"if {text}", model.Text("", resource.span)) for text in filters]
    return ", ".join(f"{name} {text.value}".strip() for name, text in said if text)


def filter_text(names: model.Filter | None) -> str:
    """Patterns in any order: `main, release/*, not release/old`."""
    if names is None:
        return ""
    taken = sorted(text.value for text in names.include)
    left = sorted(f"not {text.value}" for text in names.exclude)
    return ", ".join((*taken, *left))


def node_text(node: Node) -> str:
    """YAML in a line, the keys of mappings in order."""
    match node:
        case Scalar():
            return "" if node.is_null else node.value
        case Sequence():
            return f"[{', '.join(map(node_text, node.items))}]"
        case Mapping():
            entries = sorted(node.entries, key=lambda entry: entry.key.value)
            return ", ".join(f"{entry.key.value}: {_inner(entry.value)}" for entry in entries)


def _inner(node: Node) -> str:
    return f"{{{node_text(node)}}}" if isinstance(node, Mapping) else node_text(node)
