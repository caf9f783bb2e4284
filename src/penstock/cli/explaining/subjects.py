"""What `penstock explain WORD` tells of a diagnostic code, a task or a keyword, from the tables."""

from __future__ import annotations

import re
from collections.abc import Iterator
from textwrap import wrap
from typing import TYPE_CHECKING

from penstock.cli.exits import Exit
from penstock.cli.explaining.evaluated import BOLD, DIM, Paint, painter
from penstock.cli.explaining.meanings import DIRECTIVES, MEANINGS
from penstock.cli.options import Failure
from penstock.language.schema import SHAPES, Anything, Choice, ListOf, Record, Shape, Text

if TYPE_CHECKING:
    from penstock.agent.tasks.contract import Input, Task

_CODE = re.compile(r"[A-Za-z]{2}\d{3,4}")
_WIDTH = 88


def explain_subject(word: str, *, color: bool) -> str:
    """The text about a code, a task or a keyword.

    Raises Failure (exit 3) with the nearest word where it is none of them.
    """
    paint = painter(color)
    if _CODE.fullmatch(word):
        return _code(word.upper(), paint)
    if (directive := DIRECTIVES.get(word.casefold())) is not None:
        return "\n".join([paint(BOLD, word.casefold()), "", *_wrapped(directive, "  ")])
    found = list(_keyword(word, paint))
    if found:
        return "\n".join(found)
    task = _find_task(word)
    if task is not None:
        return "\n".join(_task(task, paint))
    raise _unknown(word)


def _unknown(word: str) -> Failure:
    from penstock.agent import tasks
    from penstock.devops.plans.published_tasks import published_tasks
    from penstock.language.codes import CODES
    from penstock.language.diagnostics import nearest

    name = word.partition("@")[0].casefold()
    ours = {one.partition("@")[0].casefold() for one in tasks.names()}
    published = published_tasks().get(name)
    if published is not None and name not in ours:
        title, majors = published
        versions = ", ".join(f"{title}@{major}" for major in majors)
        message = f'"{word}" is a task of the service ({versions}) that this version does not run'
        help = "its inputs are not known here; docs/coverage.md lists the tasks that run"
        return Failure(message, help, Exit.NOT_FOUND)
    names = [*tasks.names(), *(one.partition("@")[0] for one in tasks.names())]
    guess = nearest(word, [*keywords(), *DIRECTIVES, *names, *CODES])
    hint = f'did you mean "{guess}"?' if guess else "docs/coverage.md lists the tasks"
    return Failure(f'"{word}" is no code, task or keyword', hint, Exit.NOT_FOUND)


# Codes


def _code(code: str, paint: Paint) -> str:
    from penstock.language.codes import CODES
    from penstock.language.diagnostics import nearest

    if code not in CODES:
        guess = nearest(code, CODES)
        hint = f'did you mean "{guess}"?' if guess else "docs/diagnostics.md lists them"
        raise Failure(f'there is no diagnostic code "{code}"', hint, Exit.NOT_FOUND)
    title, text = CODES[code]
    return "\n".join([f"{paint(BOLD, code)}: {title}", "", *_wrapped(text, "  ")])


def _wrapped(text: str, indent: str) -> list[str]:
    return wrap(text, _WIDTH, initial_indent=indent, subsequent_indent=indent)


# Tasks


def _find_task(word: str) -> Task | None:
    from penstock.agent import tasks

    try:
        return tasks.find(word)
    except tasks.UnknownTask:
        return None


def _task(task: Task, paint: Paint) -> Iterator[str]:
    from penstock.agent import tasks

    yield f"{paint(BOLD, task.reference)}  {task.friendly_name}"
    yield ""
    yield from _wrapped(task.description, "  ")
    others = [n for n in tasks.names() if n.partition("@")[0] == task.name and n != task.reference]
    if others:
        yield f"  {paint(DIM, 'also:')} {', '.join(others)}"
    yield ""
    rows = [_input_row(one) for one in task.inputs]
    if not rows:
        yield "  it takes no inputs"
        return
    widths = [max(len(row[column]) for row in rows) for column in range(2)]
    for name, kind, told in rows:
        yield f"  {name.ljust(widths[0])}  {kind.ljust(widths[1])}  {told}".rstrip()


def _input_row(one: Input) -> tuple[str, str, str]:
    names = [*one.aliases, one.name]
    told = []
    if one.required:
        when = f" when {one.when[0]} is {one.when[1]}" if one.when else ""
        told.append(f"required{when}")
    elif one.when:
        told.append(f"when {one.when[0]} is {one.when[1]}")
    if one.choices:
        told.append("one of " + ", ".join(choice for choice in one.choices if choice))
    if one.default:
        told.append(f"default {one.default.splitlines()[0]}")
    if len(names) > 1:
        told.append(f"also {', '.join(names[1:])}")
    return names[0], one.type, "; ".join(told)


# Keywords


def keywords() -> list[str]:
    """Every key of the tables, in their order."""
    found = (key for _, record in _records() for key in record.members)
    return list(dict.fromkeys(found))


def _records() -> Iterator[tuple[str, Record]]:
    for name, shape in SHAPES.items():
        alternatives = shape.alternatives if isinstance(shape, Choice) else (shape,)
        for one in alternatives:
            if isinstance(one, Record):
                yield name, one


def _keyword(word: str, paint: Paint) -> Iterator[str]:
    places: dict[str, list[str]] = {}
    spelling = word
    for name, record in _records():
        for key, takes in record.members.items():
            if key.casefold() == word.casefold():
                spelling = key
                places.setdefault(takes, []).append(_place(name, record, key))
    if not places:
        return
    yield paint(BOLD, f"{spelling}:")
    if meaning := MEANINGS.get(spelling):
        yield ""
        yield from _wrapped(meaning, "  ")
    for takes, where in places.items():
        yield ""
        yield from _wrapped("in " + ", ".join(dict.fromkeys(where)), "  ")
        yield f"  {paint(DIM, 'takes')} {_described(takes)}"
        yield from (f"    {line}" for line in _members(takes))


def _place(name: str, record: Record, key: str) -> str:
    lead = f" ({record.lead}:)" if record.lead and record.lead not in (key, name) else ""
    required = ", required" if key in record.required else ""
    return f"{name}{lead}{required}"


def _described(name: str) -> str:
    shape = SHAPES[name]
    alternatives: tuple[Shape, ...] = shape.alternatives if isinstance(shape, Choice) else (shape,)
    words = [_words(one) for one in alternatives]
    return ", or ".join(dict.fromkeys(words))


def _words(shape: Shape) -> str:
    match shape:
        case Text(words=words):
            if words and set(words) >= {"true", "false"}:
                return "true or false"
            return f"one of {', '.join(words)}" if words else "a text"
        case ListOf(item=item, slot=slot):
            template = " (or templates of them)" if slot else ""
            return f"a list of {_plural(item)}{template}"
        case Record(members=members):
            return "keys" if members else "names and values of your own"
        case Anything():
            return "anything"
        case Choice():
            return "one of several forms"


def _plural(item: str) -> str:
    return {"text": "texts", "filled": "texts that are not empty"}.get(item, f"{item} entries")


def _members(name: str) -> Iterator[str]:
    """The keys below a keyword, one line for each of its forms."""
    shape = SHAPES[name]
    if isinstance(shape, ListOf):
        shape = SHAPES[shape.item]
    alternatives = shape.alternatives if isinstance(shape, Choice) else (shape,)
    for one in alternatives:
        if isinstance(one, Record) and one.members:
            keys = [f"{key} (required)" if key in one.required else key for key in one.members]
            yield from wrap(", ".join(keys), _WIDTH - 4, subsequent_indent="  ")
