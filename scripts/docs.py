"""Writes the generated pages of docs/, or checks that they are as they would be written.

python scripts/docs.py            writes
python scripts/docs.py --check    exits 1 when a page is out of date, a link leads nowhere, a merge
                                  was not finished, or a command, task or library key is not in the
                                  documentation
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import click

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
_MADE = "<!-- Written by scripts/docs.py; do not edit. -->\n\n"
_CONFLICT = re.compile(r"^(<{7} |>{7} )", re.MULTILINE)
_LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)[^)]*\)")


def main(arguments: list[str]) -> int:
    """Write or check; the answer is the exit code."""
    pages = {
        "commands.md": commands_page(),
        "diagnostics.md": diagnostics_page(),
        "coverage.md": coverage_page(),
    }
    if arguments != ["--check"]:
        for name, text in pages.items():
            (DOCS / name).write_text(text)
        return 0
    problems = [
        f"docs/{name} is out of date: python scripts/docs.py"
        for name, text in pages.items()
        if not (DOCS / name).exists() or (DOCS / name).read_text() != text
    ]
    problems += [*dead_links(), *unmerged(), *undocumented()]
    for problem in problems:
        print(problem, file=sys.stderr)
    print(f"docs: {len(pages)} generated pages, {len(problems)} problems")
    return int(bool(problems))


def commands_page() -> str:
    """The help of every command."""
    from penstock.cli.commands import COMMANDS, load

    parts = [_MADE, "# Commands\n"]
    for name in COMMANDS:
        command = load(name)
        for path, one in walk(f"penstock {name}", command):
            context = click.Context(one, info_name=path, terminal_width=88, max_content_width=88)
            parts.append(f"\n## `{path}`\n\n```\n{one.get_help(context)}\n```\n")
    parts += az_help()
    return "".join(parts)


def az_help() -> Iterator[str]:
    """The options of the commands for the server's pipelines, without those of every command."""
    from penstock.cli.az.options import rules_of
    from penstock.cli.az.table import COMMANDS

    yield "\n## `penstock az pipelines`, `penstock az devops`, `penstock az repos`\n"
    yield "\nOptions in brackets may be left out; all take `--output` and `--query` too.\n"
    own = {rule.shown for rule in rules_of("")}
    for name, (_, spec) in COMMANDS.items():
        if name.startswith(("pipelines ", "devops ", "repos ")):
            rules = [rule for rule in rules_of(spec) if rule.shown not in own]
            options = (rule.shown if rule.required else f"[{rule.shown}]" for rule in rules)
            yield f"\n- `az {name} {' '.join(options)}`"
    yield "\n"


def walk(path: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
    """A command and those below it."""
    yield path, command
    if isinstance(command, click.Group):
        for name, below in sorted(command.commands.items()):
            yield from walk(f"{path} {name}", below)


def diagnostics_page() -> str:
    """Every code with its explanation."""
    from penstock.language.codes import CODES

    parts = [_MADE, "# Diagnostics\n"]
    for code, (title, explanation) in sorted(CODES.items()):
        parts.append(f"\n## {code}: {title}\n\n{explanation}\n")
    return "".join(parts)


def coverage_page() -> str:
    """What is supported, read from the tables that do it, and the known gaps."""
    parts = [_MADE, "# Coverage\n\nRead from the program's own tables.\n"]
    parts += ["\n## Tasks\n\n| task | inputs |\n|---|---|\n", *task_rows()]
    parts += ["\n## Logging commands\n\n", *bullets(logging_commands())]
    parts += ["\n## Expression functions\n\n", *bullets(functions())]
    parts += ["\n## `az` commands\n\n", *bullets(az_commands())]
    devops, ml = operations()
    parts += ["\n## REST operations\n\n### Azure DevOps\n\n", *bullets(devops)]
    parts += ["\n### Azure ML, MLflow and storage\n\n", *bullets(ml)]
    gaps = (DOCS / "known-gaps.md").read_text().replace("\n## ", "\n### ")
    parts += ["\n## Not supported\n\n", gaps.split("\n", 2)[2]]
    return "".join(parts)


def task_rows() -> Iterator[str]:
    """A row for each built-in task."""
    from penstock.agent import tasks

    for name in tasks.names():
        task = tasks.find(name)
        inputs = ", ".join(f"`{'`/`'.join((one.name, *one.aliases))}`" for one in task.inputs)
        yield f"| `{name}` | {inputs} |\n"


def logging_commands() -> list[str]:
    """`area.event` of every logging command."""
    from penstock.agent.logging_commands import _HANDLERS

    return sorted(_HANDLERS)


def functions() -> list[str]:
    """Every general and status function."""
    from penstock.language.expressions import GENERAL

    status = ("always", "canceled", "failed", "succeeded", "succeededOrFailed", "counter")
    return sorted({function.name for function in GENERAL.values()} | set(status))


def az_commands() -> list[str]:
    """Every command of our `az`."""
    from penstock.cli.az.table import COMMANDS

    return [f"az {name}" for name in sorted(COMMANDS)]


def operations() -> tuple[list[str], list[str]]:
    """Every route of a whole server but the pages of its portal, as method and path template: those
    of Azure DevOps, and those of Azure ML, MLflow and the storage."""
    from tempfile import TemporaryDirectory

    from penstock.cli.hosting.host import Host
    from penstock.server.portal import files as portal
    from penstock.store.home import Home

    with TemporaryDirectory() as folder:
        host = Host(Home(Path(folder)), is_server=True)
        devops = host.serve_devops().routes()
        ml, _ = host.ml.routes(has_portal=True)
        host.close()
    pages = {route.path for route in portal.routes()}
    return _named(route for route in devops if route.path not in pages), _named(ml)


def _named(routes: Iterable[Any]) -> list[str]:
    return sorted({f"{route.method} {route.path}" for route in routes})


def bullets(names: list[str]) -> Iterator[str]:
    """A list of code words."""
    for name in names:
        yield f"- `{name}`\n"


def dead_links() -> Iterator[str]:
    """Links between our own pages that lead nowhere."""
    for page in written_pages():
        for target in _LINK.findall(page.read_text()):
            if "://" not in target and not (page.parent / target).exists():
                yield f"{page.relative_to(ROOT)}: link to {target} leads nowhere"


def unmerged() -> Iterator[str]:
    """Pages that a merge left with both sides in them."""
    for page in written_pages():
        if _CONFLICT.search(page.read_text()):
            yield f"{page.relative_to(ROOT)}: a merge was not finished"


def written_pages() -> list[Path]:
    """Every page that people read."""
    return [ROOT / "README.md", *DOCS.rglob("*.md"), *ROOT.glob("examples/*/README.md")]


def undocumented() -> Iterator[str]:
    """Commands and library keys that no written page names."""
    from penstock.cli.commands import COMMANDS

    readme = (ROOT / "README.md").read_text()
    written = readme + "".join(page.read_text() for page in DOCS.glob("*.md"))
    for name in COMMANDS:
        if f"penstock {name}" not in written:
            yield f"the command {name} is in no page"
    library = (DOCS / "library.md").read_text()
    source = (ROOT / "src/penstock/devops/libraryfiles.py").read_text()
    for keys in re.findall(r"_checked\(body, \(([^)]*)\)", source) + re.findall(
        r"keys = \(([^)]*)\)", source
    ):
        for key in re.findall(r'"(\w+)"', keys):
            if key not in library:
                yield f"docs/library.md does not name the key {key}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
