"""The settings that `az` keeps, in the form of the real one, whose own are left alone."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

Sections = dict[str, dict[str, str]]


class Configuration:
    """One settings file; a variable AZURE_SECTION_NAME wins.

    It lies in $AZURE_CONFIG_DIR; else, in a job, with the job's temporary files; else in the store.
    """

    def __init__(self, environ: Mapping[str, str], file: str = "config") -> None:
        self.path = _folder(environ) / file
        self._environ = environ
        self._read: Sections | None = None

    @property
    def sections(self) -> Sections:
        """All sections of the file with their settings."""
        if self._read is None:
            self._read = _parse(self.path)
        return self._read

    def get(self, section: str, name: str) -> str | None:
        """The value of a setting, or None where it is not set."""
        variable = f"AZURE_{section}_{name}".upper().replace("-", "_").replace(".", "_")
        if self._environ.get(variable):
            return self._environ[variable]
        return self.sections.get(section, {}).get(name) or None

    def change(self, section: str, name: str, value: str | None) -> None:
        """Set a setting, or remove it with None, and keep the file."""
        settings = self.sections.setdefault(section, {})
        if value is None:
            settings.pop(name, None)
        else:
            settings[name] = value
        self._write()

    def _write(self) -> None:
        text = ""
        for section, settings in self.sections.items():
            lines = "".join(f"{name} = {value}\n" for name, value in settings.items())
            text += f"[{section}]\n{lines}\n"
        self.path.parent.mkdir(parents=True, exist_ok=True)
        draft = self.path.with_name(f".{self.path.name}.{os.getpid()}")
        draft.write_text(text, encoding="utf-8")
        draft.chmod(0o600)
        draft.replace(self.path)


def _folder(environ: Mapping[str, str]) -> Path:
    if environ.get("AZURE_CONFIG_DIR"):
        return Path(environ["AZURE_CONFIG_DIR"])
    if environ.get("PENSTOCK_ORIGIN") and environ.get("AGENT_TEMPDIRECTORY"):
        return Path(environ["AGENT_TEMPDIRECTORY"], ".azure")
    from penstock.store.home import Home

    return Home.default(environ).root / "azure"


def _parse(path: Path) -> Sections:
    """Sections and settings of an ini file; comments are not kept."""
    sections: Sections = {}
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError:
        return sections
    current: dict[str, str] = {}
    for line in lines:
        text = line.strip()
        if text.startswith("[") and text.endswith("]"):
            current = sections.setdefault(text[1:-1], {})
        elif text and text[0] not in "#;" and "=" in text:
            name, _, value = text.partition("=")
            current[name.strip()] = value.strip()
    return sections
