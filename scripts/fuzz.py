"""Throw mutated pipelines, expressions and logging commands at the parsers: no crash, no hang.

`python scripts/fuzz.py --seconds 60 [--seed N]`. The seeds are the cases and scenarios under
`tests/`. A case that raises, or takes more than two seconds of processor time, is printed as it
was, and the exit code is 1.
"""

from __future__ import annotations

import argparse
import random
import signal
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from types import FrameType

from penstock.agent.logging_commands import parse as parse_command
from penstock.language.compiler import compile_pipeline
from penstock.language.diagnostics import render
from penstock.language.expressions import ExpressionError, evaluate, from_python, parse
from penstock.language.source import Source

ROOT = Path(__file__).resolve().parent.parent
HANG_SECONDS = 2.0
EXPRESSIONS = (
    "eq(variables['a'], 'b')",
    "and(succeeded(), ne(variables.x, ''), in('a', 'a', 'b'))",
    "format('{0} {1:yyyy}', item.a, item['b'])",
    "join(',', split(convertToJson(item), ','))",
    "coalesce(item.*.a, replace('a', 'b', 'c'), 1.5, 0x1f, -7, v1.2.3)",
    "iif(contains(lower('A'), 'a'), length(item), true)",
)
COMMANDS = (
    "##vso[task.setvariable variable=a;isOutput=true;issecret=true]b%0Ac%AZP25",
    "##vso[task.logissue type=error;sourcepath=a.c;linenumber=1;columnnumber=2;code=3]m",
    "##vso[artifact.upload containerfolder=a;artifactname=b]../c",
)
PIECES = (
    "${{", "}}", "$[", "]", "$(", ")", "- ", ": ", "\n", "  ", "'", '"', "|", ">", "#", "&a", "*a",
    "<<: ", "!!str ", "${{ if true }}:", "${{ else }}:", "${{ each i in parameters.l }}:", "[", "{",
    "${{ insert }}:", "template: a.yml", "parameters:", "type: object", "\x00", "\ufeff", "\u2028",
    "null", "~", "true", "0x10", "1e999", "dependsOn: []", "extends:", "stages:", "jobs:", "steps:",
)  # fmt: skip


class Hang(Exception):
    """a case took too long"""


class Texts:
    """A pipeline and its templates, all in memory."""

    def __init__(self, files: Mapping[str, str]) -> None:
        self._files = files

    def read(self, repository: str, path: str) -> Source | None:
        """The text of a file, or None."""
        text = self._files.get(path)
        return None if text is None or repository.lower() != "self" else Source(path, text)

    def describe(self, repository: str) -> str | None:
        """What messages call the repository."""
        return "memory" if repository.lower() == "self" else None

    def names(self, repository: str, folder: str) -> tuple[str, ...]:
        """The files there are."""
        return tuple(self._files)


def seeds() -> list[dict[str, str]]:
    """Every project of the tests that has a pipeline: its YAML files by path, the first to run."""
    found = []
    for folder in sorted({path.parent for path in (ROOT / "tests").rglob("*.yml")}):
        files = {path.relative_to(folder).as_posix(): _text(path) for path in folder.rglob("*.yml")}
        if 0 < len(files) <= 12 and sum(map(len, files.values())) < 20_000:
            found.append(files)
    return found


def _text(path: Path) -> str:
    return path.read_text("utf-8", "replace")


def mutated(text: str, other: str, chance: random.Random) -> str:
    """A few random cuts, copies, swaps and insertions."""
    for _ in range(chance.choice((1, 1, 2, 3, 6))):
        at = chance.randrange(len(text) + 1)
        to = min(len(text), at + chance.choice((1, 2, 8, 40, 200)))
        match chance.randrange(7):
            case 0:
                text = text[:at] + text[to:]
            case 1:
                text = text[:at] + text[at:to] * chance.choice((2, 3, 50)) + text[to:]
            case 2 | 3:
                text = text[:at] + chance.choice(PIECES) + text[at:]
            case 4:
                code = chance.choice((chance.randrange(128), chance.randrange(0xD7FF)))
                text = text[:at] + chr(code) + text[to:]
            case 5:
                start = chance.randrange(len(other) + 1)
                text = text[:at] + other[start : start + chance.choice((5, 60, 400))] + text[to:]
            case _:
                lines = text.split("\n")
                chance.shuffle(lines)
                text = "\n".join(lines)
    return text[:60_000]


def pipeline_case(
    corpus: list[dict[str, str]], chance: random.Random
) -> tuple[str, Callable[[], None]]:
    """A project with one of its files mutated, compiled and its faults rendered."""
    files = dict(chance.choice(corpus))
    other = chance.choice(list(chance.choice(corpus).values()))
    name = chance.choice(list(files))
    files[name] = mutated(files[name], other, chance)
    start = "in.yml" if "in.yml" in files else next(iter(files))
    if "azure-pipelines.yml" in files:
        start = "azure-pipelines.yml"

    def run() -> None:
        render(compile_pipeline(start, Texts(files)).diagnostics)

    return repr((start, files)), run


def expression_case(chance: random.Random) -> tuple[str, Callable[[], None]]:
    """An expression, parsed and evaluated."""
    text = mutated(chance.choice(EXPRESSIONS), chance.choice(EXPRESSIONS), chance)
    contexts = {
        "variables": from_python({"a": "b", "x": ""}),
        "item": from_python([{"a": 1}, {"b": [True, None]}]),
    }

    def run() -> None:
        try:
            evaluate(parse(text, names=("variables", "item")), contexts)
        except ExpressionError:
            pass

    return repr(text), run


def command_case(chance: random.Random) -> tuple[str, Callable[[], None]]:
    """A line with a logging command."""
    text = mutated(chance.choice(COMMANDS), chance.choice(COMMANDS), chance)

    def run() -> None:
        parse_command(text)

    return repr(text), run


def main() -> int:
    """Fuzz for as long as asked; the answer is 1 when anything was found."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seconds", type=float, default=60)
    options.add_argument("--seed", type=int, default=time.time_ns())
    given = options.parse_args()
    chance = random.Random(given.seed)
    corpus = seeds()
    signal.signal(signal.SIGVTALRM, _hang)
    end = time.monotonic() + given.seconds
    cases = found = 0
    while time.monotonic() < end:
        cases += 1
        kind = chance.randrange(10)
        if kind < 5:
            shown, run = pipeline_case(corpus, chance)
        else:
            shown, run = expression_case(chance) if kind < 9 else command_case(chance)
        signal.setitimer(signal.ITIMER_VIRTUAL, HANG_SECONDS)
        try:
            run()
        except Exception:  # noqa: BLE001 - that is what is sought
            found += 1
            print(f"case {cases}: {shown}\n{traceback.format_exc()}", flush=True)
        finally:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        if found >= 20:
            break
    print(f"fuzz: {cases} cases, {found} found, seed {given.seed}")
    return int(found > 0)


def _hang(number: int, frame: FrameType | None) -> None:
    raise Hang


if __name__ == "__main__":
    sys.exit(main())
