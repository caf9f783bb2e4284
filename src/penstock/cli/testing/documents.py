"""Test files, `*.pipeline-test.yml`: read into cases, every fault with its place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import product
from math import prod

from penstock.cli.explaining.foresight import RESULTS
from penstock.cli.options import REASONS
from penstock.language import yaml
from penstock.language.diagnostics import nearest
from penstock.language.source import Diagnostic, Related, Source, Span
from penstock.language.yaml import Node, Scalar
from penstock.records import record

SUFFIXES = (".pipeline-test.yml", ".pipeline-test.yaml")

_GIVEN = {
    "pipeline": "text",
    "branch": "text",
    "reason": "text",
    "parameters": "values",
    "variables": "texts by name",
    "groups": "texts by name by name",
    "secrets": "texts by name",
    "repositories": "texts by name",
    "assume": "texts by name",
    "outputs": "texts by name by name",
    "expect": "expectations",
}
_TEST = {"name": "text", **_GIVEN, "cases": "cases", "combinations": "lists by name"}
_ROW = {"name": "text", **_GIVEN}
_FILE = {"pipeline": "text", "given": "given", "tests": "tests"}
EXPECTATIONS = {
    "result": "text",
    "stages": "list",
    "jobs": "list",
    "steps": "lists by name",
    "runs": "list",
    "skips": "list",
    "absent": "list",
    "results": "texts by name",
    "because": "texts by name",
    "values": "values by name",
    "errors": "list",
    "snapshot": "text",
}
_RUN_RESULTS = ("succeeded", "succeededWithIssues", "failed", "canceled")
_ASSUMED = tuple(map(str, RESULTS.values()))
KEYS = {
    "": tuple(_FILE),
    "given": tuple(_GIVEN),
    "tests": tuple(_TEST),
    "cases": tuple(_ROW),
    "expect": tuple(EXPECTATIONS),
}
"""The keys of each mapping of a test file, by the key that leads to it."""
RESULT_WORDS = {"result": _RUN_RESULTS, "assume": _ASSUMED, "results": _ASSUMED}
"""The words for results, by the key under which they stand."""
_MOST_COMBINATIONS = 1_000


@record
class Case:
    """One thing to try: what is given, by key, and what is expected. `name` is unique in the file;
    `span` is where it is written."""

    name: str
    span: Span
    settings: Mapping[str, Node]

    @property
    def expected(self) -> yaml.Mapping | None:
        """What `expect` holds, or None where it holds nothing."""
        found = self.settings.get("expect")
        return found if isinstance(found, yaml.Mapping) else None

    def text(self, key: str, default: str = "") -> str:
        """The text of a setting."""
        found = self.settings.get(key)
        return found.value if isinstance(found, Scalar) else default

    def entries(self, key: str) -> tuple[yaml.Entry, ...]:
        """The entries of a setting that is a mapping."""
        found = self.settings.get(key)
        return found.entries if isinstance(found, yaml.Mapping) else ()


@record(kw_only=False)
class TestFile:
    """What a file holds. With diagnostics that are errors none of its cases counts."""

    source: Source
    cases: tuple[Case, ...]
    diagnostics: tuple[Diagnostic, ...]


def read_test_file(source: Source) -> TestFile:
    """The cases of a test file, and everything that is wrong with it."""
    document = yaml.parse(source, anchors=True)
    if document.diagnostics:
        return TestFile(source, (), document.diagnostics)
    reader = _Reader()
    cases = tuple(reader.cases(document.root, Span(source, 1, 1, 1, 1)))
    return TestFile(source, cases, tuple(reader.problems))


class _Reader:
    def __init__(self) -> None:
        self.problems: list[Diagnostic] = []

    def cases(self, root: Node | None, start: Span) -> Iterator[Case]:
        """The cases of a whole file."""
        if not isinstance(root, yaml.Mapping):
            span = root.span if root else start
            self._wrong("PS4002", "a test file is a mapping with `tests:`", span, _EXAMPLE)
            return
        known = self._checked(root, _FILE, "a test file")
        base = _settings(known.get("given"))
        if (pipeline := known.get("pipeline")) is not None:
            base["pipeline"] = pipeline
        tests = known.get("tests")
        if tests is None:
            if "tests" not in {entry.key.value for entry in root.entries}:
                self._wrong("PS4003", "this test file has no tests", root.span, _EXAMPLE)
            return
        names: dict[str, Case] = {}
        assert isinstance(tests, yaml.Sequence)
        if not tests.items:
            self._wrong("PS4003", "this test file has no tests", tests.span, _EXAMPLE)
        for test in tests.items:
            assert isinstance(test, yaml.Mapping)
            for case in self._of_test(test, base):
                first = names.setdefault(case.name, case)
                if first is not case:
                    self._repeated(case, first)
                yield case

    def _of_test(self, test: yaml.Mapping, base: dict[str, Node]) -> Iterator[Case]:
        name = test.get("name")
        assert isinstance(name, Scalar)
        settings = _merged(base, _settings(test))
        rows, axes = test.get("cases"), test.get("combinations")
        if rows is not None and axes is not None:
            help = "give `combinations` to a test of its own"
            message = "a test takes `cases` or `combinations`, not both"
            self._wrong("PS4002", message, axes.span, help)
        if isinstance(rows, yaml.Sequence):
            if not rows.items:
                self._wrong(
                    "PS4003", "this test has no cases", rows.span, "add a row, or remove it"
                )
            for number, row in enumerate(rows.items, 1):
                assert isinstance(row, yaml.Mapping)
                yield _row(name, settings, row, number)
        elif isinstance(axes, yaml.Mapping):
            yield from self._combined(name, settings, axes)
        else:
            yield Case(name=name.value, span=name.span, settings=settings)

    def _combined(
        self, name: Scalar, settings: dict[str, Node], axes: yaml.Mapping
    ) -> Iterator[Case]:
        """A case for every combination of the values listed for parameters."""
        lists = [
            [(entry.key, item) for item in entry.value.items]
            for entry in axes.entries
            if isinstance(entry.value, yaml.Sequence)
        ]
        count = prod(map(len, lists))
        if count == 0 or not lists:
            help = "list one value or more for each parameter"
            self._wrong("PS4003", "this test has no combinations", axes.span, help)
        if count > _MOST_COMBINATIONS:
            message = f"these are {count} combinations, and at most {_MOST_COMBINATIONS} are tried"
            help = "list fewer values, or write several tests"
            self._wrong("PS4002", message, axes.span, help)
            return
        for combination in product(*lists):
            entries = tuple(yaml.Entry(key, value) for key, value in combination)
            parameters = yaml.Mapping(entries, axes.span)
            yield Case(
                name=f"{name.value} [{_label(parameters)}]",
                span=name.span,
                settings=_merged(settings, {"parameters": parameters}),
            )

    # --- shapes

    def _checked(
        self, mapping: yaml.Mapping, keys: Mapping[str, str], owner: str
    ) -> dict[str, Node]:
        """The values of the keys that are known and have the right kind."""
        found = {}
        for entry in mapping.entries:
            kind = keys.get(entry.key.value)
            if kind is None:
                self._unknown_key(entry.key, keys, owner)
            elif self._fits(entry.value, kind, entry.key):
                found[entry.key.value] = entry.value
        return found

    def _fits(self, node: Node, kind: str, key: Scalar) -> bool:
        what = f'"{key.value}"'
        match kind:
            case "text":
                return self._is_text(node, what) and self._is_word(key.value, node)
            case "list":
                return self._is_list(node, what)
            case "given":
                return self._is_record(node, what, _GIVEN)
            case "expectations":
                return self._is_record(node, what, EXPECTATIONS)
            case "tests":
                return self._are_records(node, what, _TEST, "a test")
            case "cases":
                return self._are_records(node, what, _ROW, "a case")
        return self._is_table(node, kind, key)

    def _is_table(self, node: Node, kind: str, key: Scalar) -> bool:
        if not isinstance(node, yaml.Mapping):
            what = f'"{key.value}"'
            return self._kind(
                node, f"{what} takes names and values", "write `NAME: VALUE` under it"
            )
        inner = {
            "texts by name": "text",
            "texts by name by name": "texts by name",
            "lists by name": "list",
        }.get(kind)
        fits = True
        for entry in node.entries:
            if inner is not None:
                fits &= self._fits(entry.value, inner, entry.key)
            if key.value in ("assume", "results"):
                fits &= self._is_result(entry.value, key.value)
        return fits

    def _is_text(self, node: Node, what: str) -> bool:
        if isinstance(node, Scalar):
            return True
        return self._kind(node, f"{what} takes one value", "write it on the line of the key")

    def _is_list(self, node: Node, what: str) -> bool:
        if not isinstance(node, yaml.Sequence):
            return self._kind(node, f"{what} takes a list", "write it as [A, B], or with dashes")
        fits = [self._is_text(item, f"each item of {what}") for item in node.items]
        return all(fits)

    def _is_record(self, node: Node, what: str, keys: Mapping[str, str]) -> bool:
        if not isinstance(node, yaml.Mapping):
            return self._kind(node, f"{what} takes keys", f"it takes {', '.join(keys)}")
        return len(self._checked(node, keys, what)) == len(node.entries)

    def _are_records(self, node: Node, what: str, keys: Mapping[str, str], one: str) -> bool:
        if not isinstance(node, yaml.Sequence):
            return self._kind(node, f"{what} takes a list", "begin each with a dash")
        fits = True
        for item in node.items:
            if isinstance(item, yaml.Mapping):
                fits &= len(self._checked(item, keys, one)) == len(item.entries)
                fits &= keys is not _TEST or self._has_name(item)
            else:
                fits &= self._kind(item, f"{one} is a mapping", f"it takes {', '.join(keys)}")
        return fits

    def _has_name(self, test: yaml.Mapping) -> bool:
        name = test.get("name")
        if name is None or (isinstance(name, Scalar) and not name.value.strip()):
            return self._wrong("PS4003", "a test needs a name", test.span, "add `name:`")
        return True

    def _is_word(self, key: str, node: Node) -> bool:
        assert isinstance(node, Scalar)
        if key == "reason":
            return self._is_among(node, REASONS, "a reason")
        if key == "result":
            return self._is_among(node, RESULT_WORDS[key], "the result of a run")
        return True

    def _is_result(self, node: Node, key: str) -> bool:
        return not isinstance(node, Scalar) or self._is_among(node, RESULT_WORDS[key], "a result")

    def _is_among(self, node: Scalar, words: Iterable[str], what: str) -> bool:
        known = list(words)
        if node.value in known:
            return True
        guess = nearest(node.value, known)
        help = f'did you mean "{guess}"?' if guess else f"write one of {', '.join(known)}"
        return self._wrong("PS4004", f'"{node.value}" is not {what}', node.span, help)

    # --- faults

    def _unknown_key(self, key: Scalar, known: Iterable[str], owner: str) -> None:
        names = list(known)
        guess = nearest(key.value, names)
        home = next((w for w, keys in _HOMES.items() if key.value in keys and w != owner), None)
        help = f"{owner} takes {', '.join(names)}"
        if home:
            help = f'"{key.value}" belongs in {home}'
        elif guess:
            help = f'did you mean "{guess}"?'
        else:
            help = self._elsewhere(key.value, owner) or help
        message = f'unknown key "{key.value}" in {owner}'
        self._wrong("PS4001", message, key.span, help, label="not known here")

    def _elsewhere(self, word: str, owner: str) -> str:
        """The key of another place that was probably meant."""
        for home, keys in _HOMES.items():
            guess = nearest(word, keys)
            if guess and home != owner:
                return f'did you mean "{guess}"? It belongs in {home}'
        return ""

    def _repeated(self, case: Case, first: Case) -> None:
        related = () if case.span == first.span else (Related(first.span, "the first is here"),)
        self.problems.append(
            Diagnostic(
                code="PS4003",
                message=f'two tests are called "{case.name}"',
                span=case.span,
                related=related,
                help="give each a name of its own: results and snapshots are kept by name",
            )
        )

    def _kind(self, node: Node, message: str, help: str) -> bool:
        found = {Scalar: "a text", yaml.Sequence: "a list", yaml.Mapping: "a mapping"}[type(node)]
        if isinstance(node, Scalar) and node.is_null:
            found = "nothing"
        return self._wrong("PS4002", f"{message}, and there is {found}", node.span, help)

    def _wrong(self, code: str, message: str, span: Span, help: str, *, label: str = "") -> bool:
        self.problems.append(
            Diagnostic(code=code, message=message, span=span, label=label, help=help)
        )
        return False


_EXAMPLE = "write `tests:` with a list: - { name: it compiles, expect: { result: succeeded } }"
_HOMES = {"a test file": _FILE, '"expect"': EXPECTATIONS, "a test": _TEST}


def _settings(node: Node | None) -> dict[str, Node]:
    entries = node.entries if isinstance(node, yaml.Mapping) else ()
    return {entry.key.value: entry.value for entry in entries if entry.key.value in _GIVEN}


def _merged(base: Mapping[str, Node], over: Mapping[str, Node]) -> dict[str, Node]:
    """Settings over others: mappings are merged by name, everything else is replaced."""
    found = dict(base)
    for key, node in over.items():
        below = found.get(key)
        if isinstance(below, yaml.Mapping) and isinstance(node, yaml.Mapping):
            entries = {entry.key.value: entry for entry in (*below.entries, *node.entries)}
            found[key] = yaml.Mapping(tuple(entries.values()), node.span)
        else:
            found[key] = node
    return found


def _row(name: Scalar, settings: dict[str, Node], row: yaml.Mapping, number: int) -> Case:
    own = _settings(row)
    label = row.get("name")
    parameters = own.get("parameters")
    words = [own[key].value for key in ("branch", "reason") if isinstance(own.get(key), Scalar)]  # type: ignore[union-attr]
    if isinstance(label, Scalar):
        words = [label.value]
    elif isinstance(parameters, yaml.Mapping):
        words = [_label(parameters), *words]
    return Case(
        name=f"{name.value} [{', '.join(words) or number}]",
        span=label.span if isinstance(label, Scalar) else row.span,
        settings=_merged(settings, own),
    )


def _label(parameters: yaml.Mapping) -> str:
    texts = (
        entry.value.value if isinstance(entry.value, Scalar) else "..."
        for entry in parameters.entries
    )
    names = (entry.key.value for entry in parameters.entries)
    return ", ".join(f"{name}={text}" for name, text in zip(names, texts, strict=True))
