"""Loads the files of one compile: each once, parsed, its expressions checked."""

from __future__ import annotations

from dataclasses import replace

from penstock.language.casing import fold_case
from penstock.language.source import Diagnostic, Related, Source, Span
from penstock.language.templates.checking import Checker
from penstock.language.templates.complaints import files as complaints
from penstock.language.templates.expansion import Expansion
from penstock.language.templates.files import Files, UnreadableFile
from penstock.language.templates.references import (
    SELF,
    Place,
    Reference,
    resolve,
    take_apart,
    unresolved,
)
from penstock.language.templates.reports import Failed
from penstock.language.yaml import Mapping, Node, Scalar, Sequence, parse
from penstock.records import record

MAX_FILES = 100


@record(kw_only=False)
class Loaded:
    """A file that was read. `root` is None when it is empty."""

    place: Place
    source: Source
    root: Node | None


class Loader:
    """Reads the files that one compile refers to."""

    def __init__(self, files: Files, expansion: Expansion) -> None:
        self._files = files
        self._expansion = expansion
        self._reports = expansion.reports
        self._loaded: dict[Place, Loaded | None] = {}
        self._repositories: dict[str, Scalar] = {}
        self._refs: dict[str, str] = {}
        self._absent: set[str] = set()

    @property
    def sources(self) -> tuple[Source, ...]:
        """The files read so far, in order."""
        return tuple(loaded.source for loaded in self._loaded.values() if loaded)

    def declare_repositories(self, resources: Node | None) -> None:
        """Learn the aliases under `resources.repositories`."""
        listed = resources.get("repositories") if isinstance(resources, Mapping) else None
        for item in listed.items if isinstance(listed, Sequence) else ():
            alias = item.get("repository") if isinstance(item, Mapping) else None
            if isinstance(alias, Scalar):
                self._repositories[fold_case(alias.value)] = alias
                ref = item.get("ref") if isinstance(item, Mapping) else None
                self._refs[fold_case(alias.value)] = ref.value if isinstance(ref, Scalar) else ""

    def follow(self, text: Scalar, includer: Place, includes: tuple[Related, ...]) -> Loaded:
        """The file that a template reference names; Failed, and reported, when there is none.

        A reference that came in a parameter starts from the file it was passed to. Where that
        leads nowhere it starts from the file it was written in: pipelines that the service runs
        rely on either.
        """
        reference = take_apart(text.value)
        place = resolve(reference, includer)
        if place is None:
            path = unresolved(reference, includer)
            raise self._reports.add(complaints.outside(text, path), includes)
        self._check_repository(text, reference, place, includes)
        written_in = Place(text.span.source.repository, text.span.source.name)
        for candidate in (place, resolve(reference, written_in)):
            loaded = candidate and self._load(candidate, text.span, includes)
            if loaded:
                return loaded
        raise self._missing(text, place, includes)

    def open(self, path: str) -> Loaded | None:
        """The file a compile starts from, or None when there is none."""
        return self._load(Place(SELF, path), None, ())

    def _check_repository(
        self, text: Scalar, reference: Reference, place: Place, includes: tuple[Related, ...]
    ) -> None:
        alias = fold_case(place.repository)
        if alias == fold_case(SELF):
            return
        declared = self._repositories.get(alias)
        if declared is None:
            known = [SELF, *(name.value for name in self._repositories.values())]
            raise self._reports.add(
                complaints.unknown_repository(text, reference.repository, known), includes
            )
        if self._files.describe(declared.value) is None:
            if alias not in self._absent:
                self._absent.add(alias)
                complaint = complaints.repository_not_given(text, declared, self._refs[alias])
                self._reports.add(complaint, includes)
            raise Failed

    def _load(self, place: Place, at: Span | None, includes: tuple[Related, ...]) -> Loaded | None:
        key = Place(place.repository.lower(), place.path)
        if key in self._loaded:
            loaded = self._loaded[key]
            if loaded is None:
                raise Failed
            return loaded
        if len(self._loaded) >= MAX_FILES:
            raise self._reports.add(complaints.too_many_files(MAX_FILES, at), includes)
        source = self._read(place, at, includes)
        if source is None:
            return None
        self._loaded[key] = None  # until it is known to be sound
        self._loaded[key] = self._parsed(place, source, includes, is_pipeline=at is None)
        return self._loaded[key]

    def _read(self, place: Place, at: Span | None, includes: tuple[Related, ...]) -> Source | None:
        try:
            return self._files.read(place.repository, place.path)
        except UnreadableFile as error:
            complaint = error.diagnostic or complaints.unreadable(str(place), error, at)
            raise self._reports.add(complaint, includes) from error

    def _parsed(
        self, place: Place, source: Source, includes: tuple[Related, ...], *, is_pipeline: bool
    ) -> Loaded:
        document = parse(source)
        self._reports.extend(document.diagnostics, includes)
        if document.root is None and document.diagnostics:
            raise Failed
        if document.root is not None:
            declared = names_declared(document.root, is_pipeline=is_pipeline)
            checker = Checker(self._expansion.compiled, self._reports, declared, includes)
            checker.check(document.root)
            self._expansion.know_plain(checker.plain)
        return Loaded(place, source, document.root)

    def _missing(self, text: Scalar, place: Place, includes: tuple[Related, ...]) -> Failed:
        folder, _, name = place.path.rpartition("/")
        names = self._files.names(place.repository, folder)
        written = take_apart(text.value).path.replace("\\", "/")
        complaint: Diagnostic = complaints.missing_file(
            text, place, name, names, self._files.describe(place.repository) or place.repository
        )
        if not written.startswith("/") and self._is_there(Place(place.repository, written)):
            help = f'it is at the root of the repository: write "/{written}"'
            complaint = replace(complaint, help=help)
        return self._reports.add(complaint, includes)

    def _is_there(self, place: Place) -> bool:
        folder, _, name = place.path.rpartition("/")
        return name in self._files.names(place.repository, folder)


def names_declared(root: Node, *, is_pipeline: bool = False) -> dict[str, str] | None:
    """The parameters of a file, folded name to name, or None when it is open for others.

    A template is when it has no list of parameters. The webhooks of a pipeline are read as such.
    """
    declared = root.get("parameters") if isinstance(root, Mapping) else None
    if not isinstance(declared, Sequence) and (declared is not None or not is_pipeline):
        return None
    webhooks = webhook_names(root) if is_pipeline else []
    return {fold_case(name): name for name in (*_values_of("name", declared), *webhooks)}


def webhook_names(root: Node) -> list[str]:
    """The webhooks of a pipeline, in which expressions read what was posted."""
    resources = root.get("resources") if isinstance(root, Mapping) else None
    webhooks = resources.get("webhooks") if isinstance(resources, Mapping) else None
    return _values_of("webhook", webhooks)


def _values_of(key: str, items: Node | None) -> list[str]:
    """The texts that the mappings in a list have for a key."""
    if not isinstance(items, Sequence):
        return []
    values = (item.get(key) for item in items.items if isinstance(item, Mapping))
    return [value.value for value in values if isinstance(value, Scalar)]
