"""Who looks at the portal in a test, and the server that is looked at."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from playwright.sync_api import BrowserContext, ConsoleMessage, Page, expect

PATIENCE = 30_000
expect.set_options(timeout=PATIENCE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A server of its own, and its first account."""

    url: str
    password: str
    token: str
    home: Path

    def ask(self, method: str, path: str, body: object = None) -> Any:
        """The JSON of a request by the first account."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        request = urllib.request.Request(self.url + path, data, headers, method=method)
        with urllib.request.urlopen(request, timeout=60) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def newest(self, project: str) -> dict[str, Any]:
        """The newest run of a project, as Azure DevOps tells of a build."""
        found: dict[str, Any] = self.ask("GET", f"/penstock/{project}/_apis/build/builds?$top=1")
        build: dict[str, Any] = found["value"][0]
        return build

    def penstock(self, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
        """A command against this server's store."""
        import os

        environment = {**os.environ, "PENSTOCK_HOME": str(self.home), "NO_COLOR": "1", "CI": "1"}
        return subprocess.run(
            [sys.executable, "-m", "penstock.cli.main", *arguments],
            cwd=cwd,
            env=environment,
            capture_output=True,
            text=True,
            timeout=200,
            check=False,
        )


class Visitor:
    """A signed-in person with one open page."""

    def __init__(self, served: Served, context: BrowserContext, pictures: Path | None) -> None:
        self.served = served
        self.context = context
        self.troubles: list[str] = []
        self._pictures = pictures
        self.page: Page = context.new_page()
        self.page.set_default_timeout(PATIENCE)
        self.page.on("console", self._on_console)
        self.page.on("pageerror", lambda error: self.troubles.append(str(error)))

    def sign_in(self) -> None:
        """By the form that a new visitor meets."""
        self.page.goto(f"{self.served.url}/")
        self.page.get_by_label("User name").fill("admin")
        self.page.get_by_label("Password").fill(self.served.password)
        self.page.get_by_role("button", name="Sign in").click()
        expect(self.page.get_by_role("link", name="Penstock: all projects")).to_be_visible()

    def go(self, path: str) -> None:
        """Open an address."""
        self.page.goto(self.served.url + path)

    def click(self, role: Any, name: str, *, exact: bool = False) -> None:
        """Click what has a role and a name."""
        self.page.get_by_role(role, name=name, exact=exact).first.click()

    def sees(self, text: str) -> None:
        """Wait until a text can be seen."""
        expect(self.page.get_by_text(text).first).to_be_visible()

    def picture(self, name: str) -> None:
        """Keep a picture of the page, where pictures are asked for."""
        if self._pictures is not None:
            self._pictures.mkdir(parents=True, exist_ok=True)
            self.page.wait_for_timeout(600)
            self.page.screenshot(path=self._pictures / f"{name}.png")

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not _is_expected(message.text):
            self.troubles.append(f"{message.text} {message.location.get('url', '')}")


def _is_expected(text: str) -> bool:
    """The first question of a new visitor is answered with 401; browsers note that."""
    return "401 (Unauthorized)" in text or "slider-vertical" in text


def until(condition: Callable[[], Any], seconds: float = 60) -> Any:
    """Wait for what the server does."""
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.1)
    return found


def studio(path: str, workspace: str, group: str = "dev-ml-rg") -> str:
    """The address of a page of the studio."""
    id = (
        f"/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/{group}"
        f"/providers/Microsoft.MachineLearningServices/workspaces/{workspace}"
    )
    return f"/ml/{path}{'&' if '?' in path else '?'}wsid={quote(id, safe='')}"
