"""Filters of names and paths judged, with the reason in words and the place that decided."""

from __future__ import annotations

import re
from collections.abc import Iterable

from penstock.devops.triggers.wildcards import (
    full_pattern,
    is_plain,
    path_expression,
    path_pattern,
    ref_expression,
    short_name,
)
from penstock.language.casing import fold_case
from penstock.language.pipeline import Filter, Text
from penstock.language.source import Span
from penstock.records import record

_SHOWN = 8


@record(kw_only=False)
class Verdict:
    """Whether something passes, why, and the place of the YAML that decided."""

    passes: bool
    why: str
    span: Span | None = None


def judge_ref(ref: str, names: Filter, key: str, *, tags: bool = False) -> Verdict:
    """Whether a filter takes a branch or tag, given by its full name.

    Includes first, then excludes remove; an `exclude` alone includes all. `key` is how the YAML
    calls the filter (`trigger.branches`); with `tags`, patterns without `refs/` are of tags.
    """
    prefix = "refs/tags/" if tags else "refs/heads/"
    said = f"{_kind(ref)} {short_name(ref)}"

    def find(patterns: Iterable[Text]) -> Text | None:
        return next((p for p in patterns if ref_expression(p.value, prefix).match(ref)), None)

    rest = names.exclude[0].span if names.exclude else None
    included = find(names.include)
    if names.include and included is None:
        why = f"{said} is not in {key}.include: {listed(names.include)}"
        return Verdict(False, why + _case_hint(ref, names.include, prefix), names.include[0].span)
    if not names.include and not names.exclude:
        return Verdict(False, f"{said} is not in {key}, which names nothing")
    if not names.include and not ref.startswith(prefix):
        return Verdict(False, f"{said} is not in {key}, which only excludes", rest)
    excluded = find(names.exclude)
    if excluded is not None:
        return Verdict(False, f"{said} is in {key}.exclude: {excluded.value}", excluded.span)
    if included is None:
        why = f"{said} is not in {key}.exclude: {listed(names.exclude)}"
        return Verdict(True, why, rest)
    return Verdict(True, f"{said} is in {key}.include: {included.value}", included.span)


def judge_paths(paths: tuple[str, ...] | None, names: Filter, key: str) -> Verdict:
    """Whether a filter takes any of the changed files; without patterns it takes all.

    What lies in an excluded folder is out, unless an include lies deeper in that folder. The order
    of patterns has no meaning.
    """
    rules = _Rules(names)
    if not (names.include or names.exclude):
        return Verdict(True, f"{key} is empty")
    if paths is None:
        return Verdict(True, f"the changed files are not known, so {key} lets it through")
    if not paths:
        return Verdict(False, f"no file changed, and {key} asks for some", rules.first)
    for path in paths:
        included = rules.included(path)
        if not (included or not names.include) or rules.removal(path):
            continue
        if included is None:
            return Verdict(True, f"{path} changed, and is not in {key}.exclude", rules.first)
        why = f"{path} changed, and is in {key}.include: {included.value}"
        return Verdict(True, why, included.span)
    return _refused(paths, rules, key)


@record(kw_only=False)
class _Rule:
    """A pattern, what it matches, and the includes that overrule it where it excludes."""

    text: Text
    expression: re.Pattern[str]
    overruled_by: tuple[re.Pattern[str], ...] = ()


class _Rules:
    """The patterns of a path filter."""

    def __init__(self, names: Filter) -> None:
        self.names = names
        self._includes = [_Rule(text, path_expression(text.value)) for text in names.include]
        self._excludes = [
            _Rule(
                text,
                path_expression(text.value),
                tuple(
                    include.expression
                    for include in self._includes
                    if _is_deeper(include.text.value, text.value)
                ),
            )
            for text in names.exclude
        ]

    @property
    def first(self) -> Span | None:
        """The place of the first pattern."""
        return next((text.span for text in (*self.names.include, *self.names.exclude)), None)

    def included(self, path: str) -> Text | None:
        """The include that takes a path."""
        path = path.removeprefix("/")
        return next((rule.text for rule in self._includes if rule.expression.match(path)), None)

    def removal(self, path: str) -> Text | None:
        """The exclude that takes a path out."""
        path = path.removeprefix("/")
        for rule in self._excludes:
            if rule.expression.match(path) and not any(e.match(path) for e in rule.overruled_by):
                return rule.text
        return None


def listed(texts: Iterable[Text]) -> str:
    """`main, releases/*`; a long list is cut."""
    names = [text.value for text in texts]
    more = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _is_deeper(include: str, exclude: str) -> bool:
    """Whether an include lies inside an excluded folder, so that it wins."""
    folder = path_pattern(exclude).removesuffix("/**").removesuffix("/*")
    return is_plain(folder) and path_pattern(include).startswith(f"{folder}/")


def _refused(paths: tuple[str, ...], rules: _Rules, key: str) -> Verdict:
    """Why none of the files passes."""
    names = rules.names
    taken = [path for path in paths if not names.include or rules.included(path)]
    if not taken:
        files = paths[0] if len(paths) == 1 else f"none of the {len(paths)} changed files"
        is_in = "is not in" if len(paths) == 1 else "is in"
        why = f"{files} {is_in} {key}.include: {listed(names.include)}"
        return Verdict(False, why, rules.first)
    exclude = rules.removal(taken[0])
    assert exclude is not None
    others = f", and the other {len(taken) - 1} are left out too" if taken[1:] else ""
    why = f"{taken[0]} is in {key}.exclude: {exclude.value}{others}"
    return Verdict(False, why, exclude.span)


def _kind(ref: str) -> str:
    return "tag" if ref.startswith("refs/tags/") else "branch"


def _case_hint(ref: str, patterns: Iterable[Text], prefix: str) -> str:
    folded = fold_case(ref)
    for pattern in patterns:
        full = fold_case(full_pattern(pattern.value, prefix))
        if ref_expression(full, "").match(folded):
            return f" (upper and lower case count: {pattern.value})"
    return ""
