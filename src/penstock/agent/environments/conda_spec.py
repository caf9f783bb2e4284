"""One line of a conda file's `dependencies`: `channel::name=version=build` and the like."""

from __future__ import annotations

import re
from collections.abc import Iterator

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*")
_BRACKETS = re.compile(r"\[\s*version\s*=\s*['\"]?([^'\"\]]*)['\"]?[^\]]*\]")
_COMPARISON = re.compile(r"(~=|==|!=|>=|<=|>|<|=)\s*")
_VERSION = re.compile(r"v?\d[\w.!+-]*(\.?\*)?\Z")


def split(text: str) -> tuple[str, str, str] | None:
    """Name, version and build of `channel::name[=version[=build]]` or `name version build`."""
    text = text.split("::")[-1].strip()
    brackets = _BRACKETS.search(text)
    if brackets:
        text = f"{text[: brackets.start()]} {brackets[1]}"
    match = _NAME.match(text)
    if not match:
        return None
    name, rest = match[0].lower().replace("_", "-"), text[match.end() :].strip()
    if rest.startswith("=") and not rest.startswith("=="):
        version, _, build = rest[1:].strip().partition("=")
        if version:
            return name, f"={version.strip()}", build.strip()
        return name, "", build
    if rest[:1] in ("=", "<", ">", "!", "~"):
        version, _, build = re.sub(r"([=<>!~,|])\s+", r"\1", rest).partition(" ")
        return name, version, build.strip()
    version, _, build = rest.partition(" ")
    return name, version, build.strip()


def specifier(version: str) -> str | None:
    """A PEP 440 specifier for a conda version: `=1.2` is `==1.2.*`, `1.2` is `==1.2`.

    Of alternatives (`1.2|1.3`) the last is taken. None where it is no version.
    """
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    version = version.split("|")[-1].strip()
    if version in ("", "*", "=*"):
        return ""
    parts = list(_clauses(version))
    try:
        SpecifierSet(",".join(part or "?" for part in parts))
    except InvalidSpecifier:
        return None
    return ",".join(part for part in parts if part)


def _clauses(version: str) -> Iterator[str | None]:
    for clause in version.split(","):
        match = _COMPARISON.match(clause.strip())
        operator = match[1] if match else ""
        number = clause.strip()[match.end() if match else 0 :].strip()
        if number == "*":
            continue
        if not _VERSION.match(number):
            yield None
            continue
        starred = number.endswith("*")
        bare = number.removesuffix("*").removesuffix(".") if starred else number
        if operator in ("", "=", "==", "!="):
            prefix = starred or operator == "="
            yield f"{'!=' if operator == '!=' else '=='}{bare}{'.*' if prefix else ''}"
        else:
            yield f"{operator}{bare}"
