"""Reads `ENV` and `ARG` of a Dockerfile: what they set, as far as the file alone says it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

_REFERENCE = re.compile(
    r"\$(?:(?P<plain>[A-Za-z_]\w*)|\{(?P<braced>[A-Za-z_]\w*)(?::(?P<how>[-+])(?P<word>[^}]*))?\})"
)
_HEREDOC = re.compile(
    r"(?<=\s)<<(?P<tabs>-?)(?P<quote>[\"']?)(?P<end>[A-Za-z_]\w*)(?P=quote)(?=\s|\Z)"
)
_RUNS_HEREDOC = re.compile(r"\s*RUN\s+(?:--\S+\s+)*<<", re.IGNORECASE)


class OnlyTheImageKnows(Exception):
    """a value that the file does not say; the argument is what stands for it"""


def assignments(rest: str, known: Mapping[str, str]) -> dict[str, str]:
    """What `ENV` sets: `NAME=VALUE ...`, or `NAME VALUE` in the older form.

    `known` are the values that `$NAME` stands for. Raises `OnlyTheImageKnows`. Documentation,
    "Dockerfile reference", ENV and "Environment replacement".
    """
    name, *value = rest.split(maxsplit=1)
    if "=" not in name:
        return {name: expand("".join(value), known)}
    pairs = (word.partition("=") for word in _words(rest))
    return {name: expand(value, known) for name, _, value in pairs if name}


def expand(text: str, known: Mapping[str, str]) -> str:
    """A word with its quotes and backslashes taken off and its variables replaced."""
    found, position, is_quoted = "", 0, False
    while position < len(text):
        char = text[position]
        if char == "\\" and position + 1 < len(text):
            after = text[position + 1]
            found += after if not is_quoted or after in '"$\\' else char + after
            position += 2
        elif char == '"':
            is_quoted, position = not is_quoted, position + 1
        elif char == "'" and not is_quoted and "'" in text[position + 1 :]:
            end = text.index("'", position + 1)
            found, position = found + text[position + 1 : end], end + 1
        elif char == "$":
            match = _REFERENCE.match(text, position)
            if match is None:
                raise OnlyTheImageKnows(text[position:].split()[0])
            found, position = found + _replaced(match, known), match.end()
        else:
            found, position = found + char, position + 1
    return found


def _replaced(match: re.Match[str], known: Mapping[str, str]) -> str:
    value = known.get(match["plain"] or match["braced"])
    match match["how"]:
        case "-":
            return value or expand(match["word"], known)
        case "+":
            return expand(match["word"], known) if value else ""
    if value is None:
        raise OnlyTheImageKnows(match[0])
    return value


def _words(text: str) -> Iterator[str]:
    """The words of a line, with their quotes; a blank in quotes or after a backslash is no end."""
    yield from re.findall(r"""(?:\\.|"(?:\\.|[^"\\])*"|'[^']*'|[^\s])+""", text)


def _with_body(whole: str, lines: Iterator[tuple[int, str]]) -> str:
    """The instruction with the commands of its here-document; those are taken off `lines`.

    What `COPY` or a program reads so stays out. Documentation, "Dockerfile reference",
    "Here-Documents".
    """
    start = _HEREDOC.search(whole)
    if start is None:
        return whole
    body = []
    for _, line in lines:
        bare = line.lstrip("\t") if start["tabs"] else line
        if bare == start["end"]:
            break
        body.append(bare)
    if not _RUNS_HEREDOC.match(whole):
        return whole
    script = "\n".join(body).replace("\\\n", " ").splitlines()
    commands = (line.strip() for line in script if not line.lstrip().startswith("#"))
    return f"RUN {' ; '.join(filter(None, commands))}"


def instructions(text: str) -> Iterator[tuple[int, str, str]]:
    """The instructions of a Dockerfile: the number of the first line, name, and what follows it."""
    first, whole = 0, ""
    lines = enumerate(text.splitlines(), 1)
    for number, line in lines:
        if line.lstrip().startswith("#") or (whole and not line.strip()):
            continue
        first = first or number
        whole += line.rstrip().removesuffix("\\")
        if line.rstrip().endswith("\\"):
            whole += " "
            continue
        whole = _with_body(whole, lines)
        if match := re.fullmatch(r"\s*([A-Za-z]+)\s+(.*)", whole):
            yield first, match[1], match[2].strip()
        first, whole = 0, ""
    if match := re.fullmatch(r"\s*([A-Za-z]+)\s+(.*)", whole):
        yield first, match[1], match[2].strip()
