"""`make bench`: run every part, print one table, keep it in benchmarks/results.local.json."""

from __future__ import annotations

import json
import os
import shutil
import sys
from dataclasses import asdict
from importlib import import_module
from pathlib import Path

from benchmarks.measure import WORK, Row

PARTS = ("language", "pipelines", "jobs", "tracking", "server", "hosting")


def main(names: list[str]) -> int:
    """Run the named parts, or all; the answer is 1 when a goal was missed."""
    WORK.mkdir(parents=True, exist_ok=True)
    for home in WORK.glob("home*/"):
        shutil.rmtree(home)  # what earlier runs left there would be measured too
    rows: list[Row] = []
    for name in names or PARTS:
        print(f"bench: {name}", file=sys.stderr, flush=True)
        rows += import_module(f"benchmarks.{name}").run()
    print(f"{'what':44} {'penstock':>22} {'other':>18} {'ratio':>7}  goal")
    for row in rows:
        ratio = f"{row.ratio:.2f}" if row.ratio is not None else ""
        mark = "" if row.met is None else ("met" if row.met else "MISSED")
        print(f"{row.name:44} {row.ours:>22} {row.theirs:>18} {ratio:>7}  {row.goal} {mark}")
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, Python {sys.version.split()[0]}")
    target = Path(__file__).parent / "results.local.json"
    target.write_text(json.dumps([asdict(row) for row in rows], indent=1))
    return int(any(row.met is False for row in rows))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
