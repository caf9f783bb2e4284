"""Which organization and project a command of Azure DevOps means, and how its server is asked.

The order is that of the `azure-devops` extension: an option, the Git remote of the folder, the
defaults of `az devops configure`; in the end the server of this machine.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from penstock.cli.az.call import Call
from penstock.cli.az.configuration import Configuration
from penstock.cli.az.failures import Failed, Misused, Refused
from penstock.cli.az.wire import Wire

SETTINGS, TOKENS = "azuredevops/config", "azuredevops/personalAccessTokens"
KEPT = "token"
_REMOTES = ("penstock", "origin")
_TOKEN = "AZURE_DEVOPS_EXT_PAT"
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_OF_AZURE = ("dev.azure.com", ".visualstudio.com")


class Organization:
    """One organization of a server, asked with a token. What it refuses is raised as `Failed`."""

    def __init__(self, url: str, token: str, project: str | None) -> None:
        self.url = url.rstrip("/")
        parts = urlsplit(self.url)
        self._path = unquote(parts.path)
        self._wire = Wire(f"{parts.scheme}://{parts.netloc}", token)
        self._project = project

    @property
    def project(self) -> str:
        """The project that is meant. Raises Failed, in the words of `az`, where none is known."""
        if not self._project:
            raise Failed(
                "--project must be specified. The value should be the ID or name of a team project."
                " You can set a default value by running: az devops configure --defaults"
                " project=<ProjectName>."
            )
        return self._project

    def ask(self, method: str, path: str, body: object = None, /, **query: str) -> dict[str, Any]:
        """What a call below the organization answers; a list is at `value`."""
        try:
            return self._send(method, path, body, query)
        except Refused as refused:
            raise Failed(_words(refused)) from refused

    def of_project(self, method: str, path: str, body: object = None, /, **query: str) -> Any:
        """What a call of the project's API answers, without what clients do not show."""
        try:
            found = self._send(method, f"{self.project}/_apis/{path}", body, query)
        except Refused as refused:
            if refused.status == 404:
                self.show(self.project)
            raise Failed(_words(refused)) from refused
        return plain(found)

    def show(self, project: str) -> Any:
        """A project with what it can do. Raises Failed where there is none of that name."""
        try:
            query = {"includeCapabilities": "true"}
            return plain(self._send("GET", f"_apis/projects/{project}", None, query))
        except Refused as refused:
            if refused.status != 404:
                raise Failed(_words(refused)) from refused
            raise Failed(
                f"TF200016: The following project does not exist: {project}. Verify that the name"
                " of the project is correct and that the project exists on the specified Azure"
                " DevOps Server."
            ) from None

    def close(self) -> None:
        """Close the connection."""
        self._wire.close()

    def _send(
        self, method: str, path: str, body: object, query: Mapping[str, str]
    ) -> dict[str, Any]:
        return self._wire.send(method, f"{self._path}/{path}", body, query=query)


@contextmanager
def organization_of(call: Call, token: str = "") -> Iterator[Organization]:
    """The organization and the project that the options, the folder or the defaults name.

    It is asked with `token`, else with the one that is known for it.
    """
    check_detect(call)
    given, project = call.text("--organization"), call.text("--project")
    if given is None and project is None and detects(call):
        project = (remote(call) or ("", ""))[0]
    url, found = _reach(address_of(call), call.environ, token)
    defaults = Configuration(call.environ, SETTINGS).sections.get("defaults", {})
    made = Organization(url, found, project or defaults.get("project"))
    try:
        yield made
    finally:
        made.close()


def address_of(call: Call) -> str:
    """The address of the organization that is meant."""
    defaults = Configuration(call.environ, SETTINGS).sections.get("defaults", {})
    url = call.text("--organization") or defaults.get("organization") or _own(call.environ)
    check_address(url)
    return url.rstrip("/")


def detects(call: Call) -> bool:
    """Whether what is not given is looked for in the folder (`--detect`)."""
    return (call.text("--detect") or "true").lower() in ("true", "on")


def check_detect(call: Call) -> None:
    """Raise Misused where `--detect` is neither true nor false."""
    given = call.text("--detect")
    if given is not None and given.lower() not in ("true", "false", "on", "off"):
        message = f"az {call.words}: '{given}' is not a valid value for '--detect'."
        raise Misused(f"{message} Allowed values: false, true.")


def remote(call: Call) -> tuple[str, str] | None:
    """The project and the repository that a Git remote of the folder names: the one that
    `penstock push` made, else the one that the folder was cloned from, unless that is Azure."""
    for name in _REMOTES:
        address = git(call, "config", "--get", f"remote.{name}.url") or ""
        match = re.search(r"^https?://.*/([^/]+)/_git/([^/]+)\Z", address)
        if match and not _is_of_azure(urlsplit(address).hostname or ""):
            return unquote(match[1]), unquote(match[2])
    return None


def git(call: Call, *words: str) -> str | None:
    """What git prints in the folder, or None where it fails."""
    try:
        done = subprocess.run(
            ["git", "-C", str(call.folder), *words],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
        )
    except OSError:
        return None
    return done.stdout.strip() or None if done.returncode == 0 else None


def check_address(url: str) -> None:
    """Raise Failed unless it is the address of an organization to which a token may be sent."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme not in ("http", "https") or not host or not parts.path.strip("/"):
        raise Failed(
            "--organization must be specified. The value should be the URI of the organization, for"
            f' example: http://127.0.0.1:8700/penstock; "{url}" is none'
        )
    if _is_of_azure(host):
        raise Failed(
            f"{url} is an organization of Azure, which this az does not ask; leave --organization"
            " out for the server of this machine, or use the real az"
        )
    if parts.scheme == "http" and host not in _LOOPBACK:
        raise Failed(f"a token is not sent to {host} by plain HTTP; use its https:// address")


def plain(value: Any) -> Any:
    """A value without the links (`_links`) that the Azure CLI leaves out of what it prints."""
    if isinstance(value, dict):
        return {key: plain(one) for key, one in value.items() if not key.startswith("_")}
    return [plain(one) for one in value] if isinstance(value, list) else value


def _is_of_azure(host: str) -> bool:
    return host == _OF_AZURE[0] or host.endswith(_OF_AZURE[1])


def _own(environ: Mapping[str, str]) -> str:
    """The organization of the server around a run, else of the one of this user's store."""
    from penstock.cli.hosting.serving import SERVER, living
    from penstock.store.home import Home

    url, token = environ.get("PENSTOCK_ENDPOINT", ""), environ.get("PENSTOCK_TOKEN", "")
    if not url:
        found = living(Home.default(environ))
        if found is None or found.kind != SERVER:
            raise Failed(
                "the server is not running: penstock up starts it; --organization names another"
            )
        url, token = found.url, found.token
    wire = Wire(url, token)
    try:
        return f"{url}/{quote(str(wire.get('/_apis/penstock/status')['organization']))}"
    except (Refused, KeyError):
        raise Failed(
            f"{url} serves no organization: penstock up starts a server that does; --organization"
            " names another"
        ) from None
    finally:
        wire.close()


def _reach(url: str, environ: Mapping[str, str], token: str) -> tuple[str, str]:
    """Where an organization is asked, and the token for it.

    This machine's own server is asked without TLS, since its certificate is one of its own. The
    token of the server around a run is not sent to another.
    """
    from penstock.cli.hosting.serving import living
    from penstock.store.home import Home

    around = environ.get("PENSTOCK_ENDPOINT")
    found = None if around else living(Home.default(environ))
    kept = Configuration(environ, TOKENS).sections.get(url, {}).get(KEPT, "")
    if found is not None and found.tls_url and _is_of(url, found.tls_url):
        url = found.url + urlsplit(url).path
    token = token or environ.get(_TOKEN, "") or kept
    if token:
        return url, token
    if environ.get("PENSTOCK_TOKEN") and (not around or _is_of(url, around)):
        return url, environ["PENSTOCK_TOKEN"]
    if found is not None and _is_of(url, found.url):
        return url, found.token
    raise Failed(
        "Before you can run Azure DevOps commands, you need a personal access token of"
        f" {url} in the environment variable {_TOKEN}, or az devops login: penstock tokens create"
        " makes one"
    )


def _is_of(url: str, server: str) -> bool:
    """Whether an organization's address is one of a server."""
    one, other = urlsplit(url), urlsplit(server)
    same = one.hostname == other.hostname or {one.hostname, other.hostname} <= set(_LOOPBACK)
    return same and (one.scheme, one.port) == (other.scheme, other.port)


def _words(refused: Refused) -> str:
    if refused.status == 401:
        return (
            "The requested resource requires user authentication: the token is not one of this"
            f" server; {_TOKEN} names another"
        )
    return refused.message
