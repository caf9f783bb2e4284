"""The variables of one job: looked up ignoring case, expanded in two phases, mapped to environment.

The behaviour is that of the Azure agent's `Variables` class, and of the hosted service. Knows
nothing of expressions or of where variables come from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache

from penstock.agent.masking import Masker

_MAXIMUM_DEPTH = 50
_MOST_REFERENCES = 10_000
_LONGEST_VALUE = 1024 * 1024
"""Characters of an expanded value; a program's environment holds far less on Linux."""
_JOB_STATUS = "agent.jobstatus"

_OUTSIDE = (
    "agent.",
    "build.",
    "checks.",
    "common.",
    "environment.",
    "pipeline.",
    "release.",
    "resources.",
    "strategy.",
    "system.",
    "task.",
)
# The Azure agent's list (Constants.cs), without Build.Clean and System.Debug, which may be set.
_READONLY_NAMES = """
    agent.acceptteeeula agent.builddirectory agent.cainfo agent.clean.builddirectory
    agent.clientcert agent.clientcertarchive agent.clientcertkey agent.clientcertpassword
    agent.cloudid agent.containerid agent.containermapping agent.containernetwork agent.diagnostic
    agent.gituseschannel agent.homedirectory agent.id agent.isselfhosted agent.jobname
    agent.jobstatus agent.machinename agent.name agent.os agent.osarchitecture agent.osversion
    agent.proxybypasslist agent.proxypassword agent.proxyurl agent.proxyusername
    agent.readonlyvariables agent.releasedirectory agent.retaindefaultencoding agent.rootdirectory
    agent.runmode agent.serveromdirectory agent.services agent.skipcertvalidation
    agent.source.git.lfs agent.source.git.shallowfetchdepth agent.source.skip agent.tempdirectory
    agent.toolsdirectory agent.version agent.workfolder agent.workingdirectory
    build.artifactstagingdirectory build.binariesdirectory build.buildnumber build.definitionname
    build.gated.runci build.gated.shelvesetname build.repository.clean
    build.repository.git.submodulecheckout build.repository.id build.repository.localpath
    build.repository.name build.repository.provider build.repository.tfvc.workspace
    build.repository.uri build.sourcebranch build.sourcesdirectory build.sourcetfvcshelveset
    build.sourceversion build.sourceversionmessage build.stagingdirectory build.syncsources
    build.useserverworkspaces common.testresultsdirectory pipeline.workspace
    release.artifact.download.buffersize release.artifact.download.parallellimit
    release.attemptnumber release.definitionid release.definitionname release.disablerobocopy
    release.environmentname release.environmenturi release.releasedescription release.releaseid
    release.releasename release.releaseuri release.releaseweburl release.requestedfor
    release.requestedforid release.robocopymt release.skipartifactsdownload system.accesstoken
    system.artifactsdirectory system.collectionid system.culture system.defaultworkingdirectory
    system.definitionid system.definitionname system.enableaccesstoken system.hosttype
    system.jobattempt system.jobdisplayname system.jobid system.jobname system.phaseattempt
    system.phasedisplayname system.phasename system.planid system.prefergitfrompath
    system.pullrequest.targetbranch system.selfmanagegitcreds system.servertype
    system.sourceversionmessage system.stageattempt system.stagedisplayname system.stagename
    system.teamfoundationserveruri system.teamproject system.teamprojectid system.workfolder
    task.displayname task.skiptranslatorforcheckout
"""


class _Entry:
    __slots__ = ("environment_name", "name", "readonly", "secret", "value")

    def __init__(
        self, name: str, value: str, secret: bool, readonly: bool, environment_name: str
    ) -> None:
        self.name = name
        self.value = value
        self.secret = secret
        self.readonly = readonly
        self.environment_name = environment_name


class Variables:
    """The variables of one job. A value set now is seen, by macro and environment, after the next
    `recompute`, which runs before each step."""

    def __init__(self, masker: Masker) -> None:
        self._masker = masker
        self._readonly = frozenset(_READONLY_NAMES.split())
        self._entries: dict[str, _Entry] = {}
        self._expanded: dict[str, _Entry] = {}
        self._changed = True
        self._environment: dict[str, str] = {}
        self._listing: dict[str, str] = {}
        self._listed = (-1, -1)

    def set(
        self,
        name: str,
        value: str,
        *,
        secret: bool = False,
        readonly: bool = False,
        preserve_case: bool = False,
    ) -> None:
        """Set a variable. Once secret, always secret; a secret value is masked from now on.

        Values under the names of the service (`Build.`, `System.` ...) come from outside: a logging
        command in them is made harmless.
        """
        key = name.lower()
        before = self._expanded.get(key) or self._entries.get(key)
        secret = secret or (before is not None and before.secret)
        if "##vso" in value and key.startswith(_OUTSIDE):
            value = neutralize(value)
        if secret:
            self._masker.add(value)
        readonly = readonly or (before is not None and before.readonly)
        mapped = environment_name(name, preserve_case)
        self._entries[key] = _Entry(name, value, secret, readonly, mapped)
        self._changed = True

    def get(self, name: str) -> str | None:
        """The expanded value, or None; names ignore case."""
        entry = self._current(name.lower())
        return None if entry is None else entry.value

    def is_secret(self, name: str) -> bool:
        """Whether the variable exists and is secret."""
        entry = self._current(name.lower())
        return entry is not None and entry.secret

    def is_readonly(self, name: str) -> bool:
        """Whether a logging command may not set the variable."""
        entry = self._entries.get(name.lower())
        return name.lower() in self._readonly or (entry is not None and entry.readonly)

    def recompute(self) -> tuple[str, ...]:
        """Expand macros inside values, recursively. Returns warnings about cycles and depth.

        On a cycle, below 50 levels, and where it would grow beyond all measure, a value stays as it
        was. What holds a secret becomes secret.
        """
        if not self._changed:
            return ()
        warnings: list[str] = []
        expanded = dict(self._entries)
        for key, entry in self._entries.items():
            if "$(" in entry.value:
                expanded[key] = self._expand_entry(key, entry, warnings)
        self._expanded = expanded
        self._environment = {
            e.environment_name: e.value
            for e in expanded.values()
            if not e.secret and "=" not in e.name and "\0" not in e.value
        }
        status = expanded.get(_JOB_STATUS)
        if status is not None:
            self._environment[_JOB_STATUS] = status.value
        self._changed = False
        return tuple(warnings)

    def expand(self, text: str) -> str:
        """Replace `$(name)` once, from left to right; inserted text is not looked at again."""
        return expand_macros(text, self._lookup) if "$(" in text else text

    def environment(self) -> Mapping[str, str]:
        """The public variables as of the last `recompute`, as environment variables."""
        return self._environment

    def listing(self) -> Mapping[str, str]:
        """The names of public and of secret variables, as task-lib reads them: two JSON lists."""
        secrets = sum(entry.secret for entry in self._expanded.values())
        state = (len(self._expanded), secrets)
        if state != self._listed:
            import json

            public = [e.name for e in self._expanded.values() if not e.secret]
            secret = [e.name for e in self._expanded.values() if e.secret]
            self._listing = {
                "VSTS_PUBLIC_VARIABLES": json.dumps(public),
                "VSTS_SECRET_VARIABLES": json.dumps(secret),
            }
            self._listed = state
        return self._listing

    def items(self) -> Iterator[tuple[str, str, bool]]:
        """Name, expanded value and secrecy of every variable, as of the last `recompute`."""
        return ((e.name, e.value, e.secret) for e in self._expanded.values())

    def _current(self, key: str) -> _Entry | None:
        return self._expanded.get(key) or self._entries.get(key)

    def _lookup(self, name: str) -> str | None:
        entry = self._expanded.get(name.lower())
        return None if entry is None else entry.value

    def _expand_entry(self, key: str, entry: _Entry, warnings: list[str]) -> _Entry:
        growth = _Growth(entry.secret)
        try:
            value = self._expand_value(entry.value, (key,), growth)
        except _Guarded as error:
            warnings.append(f'variable "{entry.name}" is used as it stands: {error}')
            return entry
        if growth.is_secret:
            self._masker.add(value)
        return _Entry(entry.name, value, growth.is_secret, entry.readonly, entry.environment_name)

    def _expand_value(self, text: str, above: tuple[str, ...], growth: _Growth) -> str:
        def lookup(name: str) -> str | None:
            key = name.lower()
            entry = self._entries.get(key)
            if entry is None:
                return None
            if len(above) >= _MAXIMUM_DEPTH:
                raise _Guarded(f"it refers to others through more than {_MAXIMUM_DEPTH} levels")
            if key in above:
                raise _Guarded(f'it contains itself, through "$({name})"')
            growth.take(entry)
            return self._expand_value(entry.value, (*above, key), growth)

        return expand_macros(text, lookup)


class _Growth:
    """What one value has taken in so far. A few values that name each other twice would fill any
    memory, or any time where they are empty."""

    def __init__(self, is_secret: bool) -> None:
        self.is_secret = is_secret
        self._references = self._length = 0

    def take(self, entry: _Entry) -> None:
        self.is_secret = self.is_secret or entry.secret
        self._references += 1
        self._length += len(entry.value)
        if self._references > _MOST_REFERENCES:
            raise _Guarded(f"it refers to others more than {_MOST_REFERENCES} times")
        if self._length > _LONGEST_VALUE:
            raise _Guarded(f"it would be longer than {_LONGEST_VALUE} characters")


class _Guarded(Exception):
    """the value cannot be expanded"""


def expand_macros(text: str, lookup: Callable[[str], str | None]) -> str:
    """Replace every `$(name)` that `lookup` knows; one it does not know stays, as in `$(pwd)`."""
    parts: list[str] = []
    copied = position = 0
    while True:
        start = text.find("$(", position)
        end = text.find(")", start + 2) if start >= 0 else -1
        if end < 0:
            break
        value = lookup(text[start + 2 : end]) if end > start + 2 else None
        if value is None:
            position = start + 1
            continue
        parts += (text[copied:start], value)
        copied = position = end + 1
    return "".join((*parts, text[copied:])) if parts else text


@lru_cache(maxsize=1024)
def environment_name(name: str, preserve_case: bool = False) -> str:
    """The environment variable for a variable: upper-case, with `_` for `.` and space."""
    mapped = name.replace(".", "_").replace(" ", "_")
    return mapped if preserve_case else mapped.upper()


def neutralize(text: str) -> str:
    """The text with logging commands made harmless, as the Azure agent does: `**vso[`."""
    return text.replace("##vso", "**vso") if "##vso" in text else text
