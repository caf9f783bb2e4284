"""A real server and a real Chromium. Pictures of pages are kept with `--pictures FOLDER`."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import mkdtemp

import pytest
from playwright.sync_api import Browser, sync_playwright
from visitor import Served, Visitor

from penstock.server.portal.files import BUILT

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def chromium() -> str | None:
    """The browser of this machine: `$CHROMIUM`, or a usual name."""
    names = (os.environ.get("CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome")
    return next((found for name in names if name and (found := shutil.which(name))), None)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = chromium()
    if path is None:
        pytest.skip("there is no Chromium: apt-get install chromium, or set CHROMIUM")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def served(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[Served]:
    """`penstock up` over an empty store; on pictures its place should not tell of a test."""
    assert (BUILT / "index.html").exists(), "the portal is not built: make portal"
    is_shown = request.config.getoption("--pictures")
    home = Path(mkdtemp(prefix="penstock-")) if is_shown else tmp_path_factory.mktemp("served")
    environment = {**os.environ, "PENSTOCK_HOME": str(home), "NO_COLOR": "1"}
    command = [sys.executable, "-m", "penstock.cli.main"]
    started = subprocess.run(
        [*command, "up", "--port", "0"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    told = started.stdout + started.stderr
    assert started.returncode == 0, told
    found = re.search(r"password (\S+), token (\S+)", told)
    url = re.search(r"http://127\.0\.0\.1:\d+", told)
    assert found and url, told
    yield Served(url=url[0], password=found[1], token=found[2], home=home)
    subprocess.run([*command, "down"], env=environment, capture_output=True, timeout=60, check=True)
    if is_shown:
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture
def visitor(browser: Browser, served: Served, request: pytest.FixtureRequest) -> Iterator[Visitor]:
    """Someone who is signed in. At the end no page may have complained."""
    folder = request.config.getoption("--pictures")
    context = browser.new_context(viewport={"width": 1360, "height": 860})
    visitor = Visitor(served, context, Path(folder) if folder else None)
    yield visitor
    context.close()
    assert visitor.troubles == []
