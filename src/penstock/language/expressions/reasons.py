"""Why an expression came out as it did: its parts, those that decided, what would change it.

Works on a traced evaluation; evaluates nothing itself and knows no contexts. What a caller knows of
a part (whose result it is, why it is Null) comes in as a `Note`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import islice, product
from typing import TypeAlias

from penstock.language.expressions.conversion import quoted, to_boolean
from penstock.language.expressions.errors import ExpressionError
from penstock.language.expressions.evaluation import Trace, Traced, evaluate_expression
from penstock.language.expressions.functions import GENERAL
from penstock.language.expressions.json_text import to_json_text
from penstock.language.expressions.nodes import (
    Access,
    Call,
    Expression,
    ExpressionNode,
    Literal,
    Name,
)
from penstock.language.expressions.values import Array, Object, Value
from penstock.records import record

_MOST_WAYS = 4
_LONGEST_VALUE = 60
_QUOTED = re.compile("('(?:[^']|'')*')")
_NAMED = {"\n": "\\n", "\t": "\\t", "\r": "\\r"}
_GENERAL = frozenset(map(str.casefold, GENERAL))
_LOGICAL = ("and", "or", "not", "xor")


@record(kw_only=False)
class Note:
    """What is known of a part beside its value, and what would have to differ (a clause in the
    subjunctive: `Build succeeded`)."""

    text: str = ""
    remedy: str = ""


@record(kw_only=False)
class Part:
    """A part of an expression that is more than a literal, with what it came to.

    `value` means nothing where `error` is set or `was_evaluated` is false: `and`, `or`, `in` and
    others look no further than they must.
    """

    node: ExpressionNode
    text: str
    value: Value
    error: str | None
    was_evaluated: bool
    note: Note
    children: tuple[Part, ...]

    @property
    def holds(self) -> bool:
        """Whether it was evaluated and is true as a condition."""
        return self.was_evaluated and self.error is None and to_boolean(self.value)


Annotate: TypeAlias = Callable[[ExpressionNode, Value], Note]
Ways: TypeAlias = tuple[tuple[str, ...], ...]
"""Alternatives; the clauses of one must all come true."""


def no_note(node: ExpressionNode, value: Value) -> Note:
    """Nothing is known beside the value."""
    return Note()


def account(expression: Expression, trace: Trace, annotate: Annotate = no_note) -> Part:
    """The parts of an evaluated expression, those that were never looked at included."""
    return _part(expression, expression.root, trace.root, annotate, decides=True)


def decisive(part: Part) -> list[Part]:
    """The innermost parts that made the whole true or false."""
    name = _function(part)
    if name == "not" and part.children:
        return decisive(part.children[0])
    if name not in ("and", "or") or not part.children or _settled(part) is part.holds:
        return [part]
    seen = [child for child in part.children if child.was_evaluated]
    wanted = part.holds
    same = [child for child in seen if child.holds is wanted and child.error is None]
    if not same:
        return [part]
    if (name == "or") is wanted:
        return decisive(same[0])
    telling = [child for child in same if not _is_constant(child.node)]
    return [found for child in telling or same for found in decisive(child)]


def ways_to(part: Part, wanted: bool) -> Ways:
    """What would have to differ for the part to be true (or false): an empty way if it is so
    already, no way at all if nothing could make it so."""
    if part.was_evaluated and part.error is None and part.holds is wanted:
        return ((),)
    if _is_constant(part.node):
        return ((),) if _holds_always(part) is wanted else ()
    name = _function(part)
    if name == "not" and part.children:
        return ways_to(part.children[0], not wanted)
    if _settled(part) is (not wanted):
        return ()
    if name in ("and", "or") and part.children:
        ways = [ways_to(child, wanted) for child in part.children]
        if (name == "and") is not wanted:
            return tuple(islice((way for some in ways for way in some), _MOST_WAYS))
        joined = islice(product(*ways), _MOST_WAYS)
        return tuple(tuple(clause for way in chosen for clause in way) for chosen in joined)
    if name == "always":
        return ()
    return ((_clause(part, wanted),),)


def _is_constant(node: ExpressionNode) -> bool:
    """Whether a part is the same in every run: templates leave such parts behind."""
    if isinstance(node, Call):
        known = node.name.casefold() in _GENERAL
        return known and bool(node.arguments) and all(map(_is_constant, node.arguments))
    return isinstance(node, Literal)


def _holds_always(part: Part) -> bool | None:
    """What a constant part is as a condition, also where it was not looked at; None on a fault."""
    try:
        alone = Expression(part.text, part.node, frozenset(), frozenset())
        return to_boolean(evaluate_expression(alone, {}))
    except ExpressionError:
        return None


def _settled(part: Part) -> bool | None:
    """What an `and` or `or` comes to in every run, as a literal in it settles it; None for others.

    Templates leave such literals behind: `and(succeeded(), ${{ parameters.isRelease }})`.
    """
    settled = {"and": False, "or": True}.get(_function(part))
    arguments = part.node.arguments if isinstance(part.node, Call) else ()
    literals = [to_boolean(a.value) for a in arguments if isinstance(a, Literal)]
    return settled if settled in literals else None


def fact(part: Part) -> str:
    """A decisive part in one clause: `variables['x'] is 'dev', not 'main'`."""
    if part.error is not None:
        return part.error
    if isinstance(part.node, Literal):
        return f"its condition is {part.text}"
    if isinstance(part.node, Call):
        if _settled(part) is part.holds:
            word = "true" if part.holds else "false"
            if len(part.text) <= _LONGEST_VALUE:
                return f"{part.text} is always {word}"
            return f"{part.node.name}(…) is always {word}, with {word.title()} in it"
        told = _call_fact(part, part.node)
        if told:
            return told
    else:
        return _told_value(part)
    if part.note.text:
        return part.note.text
    below = ", ".join(_told_value(child) for child in part.children if child.was_evaluated)
    return f"{part.text} is {'true' if part.holds else 'false'}" + (f": {below}" if below else "")


def value_text(value: Value) -> str:
    """The value as explanations show it: text in quotes, small objects as JSON."""
    match value:
        case Array() | Object():
            text = " ".join(to_json_text(value).split())
            if len(text) <= _LONGEST_VALUE:
                return text
            count = len(value)
            if isinstance(value, Array):
                return f"[…] ({count} item{'s' if count != 1 else ''})"
            return f"{{…}} ({count} key{'s' if count != 1 else ''})"
        case str():
            cut = value[: 2 * _LONGEST_VALUE]
            return visible(quoted(cut)) + ("…" if cut != value else "")
    return quoted(value)


def one_line(text: str) -> str:
    """An expression's text without line breaks; texts in quotes stay as they are."""
    if "\n" not in text:
        return visible(text.strip())
    pieces = _QUOTED.split(text.strip())
    return visible("".join(p if n % 2 else _joined(p) for n, p in enumerate(pieces)))


def _joined(code: str) -> str:
    code = re.sub(r"\s+", " ", code)
    return code.replace("( ", "(").replace(" )", ")").replace(" ,", ",")


def visible(text: str) -> str:
    """The text with line breaks as `\\n`, and without what could steer a terminal."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else _NAMED.get(c, "\ufffd") for c in text)


def _part(
    expression: Expression,
    node: ExpressionNode,
    traced: Traced | None,
    annotate: Annotate,
    *,
    decides: bool = False,
) -> Part:
    """`decides`: the part stands where its truth is asked for."""
    value = traced.value if traced else None
    note = Note()
    if isinstance(node, Literal):
        value = node.value
    elif traced and traced.error is None:
        note = annotate(node, value)
        if decides and not note.text and isinstance(value, str) and value.casefold() == "false":
            note = Note("a text: all but '' are true", note.remedy)
    below = list(traced.children) if traced else []
    logical = isinstance(node, Call) and node.name.casefold() in _LOGICAL
    children = [
        _part(expression, child, _take(expression, child, below), annotate, decides=logical)
        for child in _children(node)
    ]
    return Part(
        node=node,
        text=one_line(expression.text[node.start : node.end]),
        value=value,
        error=traced.error if traced else None,
        was_evaluated=traced is not None or isinstance(node, Literal),
        note=note,
        children=tuple(children),
    )


def _children(node: ExpressionNode) -> Iterator[ExpressionNode]:
    """The parts of a node that tell something: no literals, and no bare context before a key."""
    match node:
        case Call():
            yield from (a for a in node.arguments if not isinstance(a, Literal))
        case Access():
            if not isinstance(node.base, Name | Literal):
                yield node.base
            yield from (s for s in node.steps if s is not None and not isinstance(s, Literal))


def _take(expression: Expression, node: ExpressionNode, below: list[Traced]) -> Traced | None:
    """The trace of a child: the first of its text that no other child took."""
    text = expression.text[node.start : node.end]
    found = next((traced for traced in below if traced.text == text), None)
    if found is not None:
        below.remove(found)
    return found


def _function(part: Part) -> str:
    return part.node.name.casefold() if isinstance(part.node, Call) else ""


# What would have to differ, in words


def _clause(part: Part, wanted: bool) -> str:
    for one in _with_all_below(part):
        if one.note.remedy:
            return one.note.remedy
    if isinstance(part.node, Call):
        return _call_clause(part, part.node, wanted)
    return f"{part.text} {'had a value' if wanted else 'were empty'}"


_NOT_SO = {
    "eq": "not",
    "contains": "which does not contain",
    "startswith": "which does not begin with",
    "endswith": "which does not end with",
    "gt": "which is not greater than",
    "ge": "which is less than",
    "lt": "which is not less than",
    "le": "which is greater than",
}


def _call_fact(part: Part, call: Call) -> str:
    """One part compared with literals, as a clause; empty for calls of other forms."""
    name = call.name.casefold()
    if len(part.children) != 1 or not part.children[0].was_evaluated:
        return ""
    child = part.children[0]
    first = child.node.start == call.arguments[0].start
    if not first and name not in ("eq", "ne"):
        return ""
    literals = [quoted(a.value) for a in call.arguments if isinstance(a, Literal)]
    if part.holds:
        return _told_value(child) if name in ("eq", "in") else ""
    if name == "in":
        return f"{_told_value(child)}, not one of {', '.join(literals)}"
    if name in ("ne", "notin"):
        return _told_value(child)
    return f"{_told_value(child)}, {_NOT_SO[name]} {literals[0]}" if name in _NOT_SO else ""


def _told_value(part: Part) -> str:
    """What a part came to, with what is known of it or of what it was made of."""
    text = next((one.note.text for one in _with_all_below(part) if one.note.text), "")
    note = f" ({text})" if text else ""
    return f"{part.text} is {value_text(part.value)}{note}"


def _with_all_below(part: Part) -> Iterator[Part]:
    yield part
    for child in part.children:
        yield from _with_all_below(child)


_BINARY = {
    "eq": ("were", "were anything but"),
    "ne": ("were anything but", "were"),
    "contains": ("contained", "did not contain"),
    "startswith": ("began with", "did not begin with"),
    "endswith": ("ended with", "did not end with"),
    "gt": ("were greater than", "were at most"),
    "ge": ("were at least", "were less than"),
    "lt": ("were less than", "were at least"),
    "le": ("were at most", "were greater than"),
}
_SWAPPED = {"eq": "eq", "ne": "ne", "gt": "lt", "lt": "gt", "ge": "le", "le": "ge"}


def _call_clause(part: Part, call: Call, wanted: bool) -> str:
    name = call.name.casefold()
    told = [_operand(part, argument) for argument in call.arguments]
    if name in ("in", "notin") and told:
        inside = wanted is (name == "in")
        listed = ", ".join(told[1:])
        return f"{told[0]} were {'one of' if inside else 'none of'} {listed}"
    if name in _BINARY and len(told) == 2:
        if isinstance(call.arguments[0], Literal) and name in _SWAPPED:
            told.reverse()
            name = _SWAPPED[name]
        return f"{told[0]} {_BINARY[name][0 if wanted else 1]} {told[1]}"
    return f"{part.text} were {'true' if wanted else 'false'}"


def _operand(part: Part, argument: ExpressionNode) -> str:
    if isinstance(argument, Literal):
        return quoted(argument.value)
    start = argument.start
    return next((c.text for c in part.children if c.node.start == start), "")
