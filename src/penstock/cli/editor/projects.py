"""The pipelines of a project: which files start one, which files belong to which, and compiles."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import field
from pathlib import Path

from penstock.cli.editor.overlays import OpenFiles
from penstock.cli.options import DEFAULT_FILES
from penstock.cli.reading.likely import has_body, is_foreign
from penstock.cli.testing.documents import SUFFIXES
from penstock.devops.library import Library
from penstock.devops.libraryfiles import read_library
from penstock.devops.plans.variables import RunFacts, queue_variables, template_variables
from penstock.devops.repository import LocalRepository
from penstock.language import yaml
from penstock.language.compiler import Compiled, compile_pipeline
from penstock.language.pipeline import Pipeline
from penstock.language.source import Diagnostic, Source
from penstock.language.templates.observed import Observed
from penstock.language.templates.references import SELF, Place, resolve, take_apart
from penstock.language.yaml import Node
from penstock.records import record

_TEMPLATE_BODY = re.compile(r"^(?:stages|jobs|phases|steps|extends|variables)[ \t]*:", re.MULTILINE)
_TEMPLATE = re.compile(
    r"""(?:^|[\s{\[,-])template[ \t]*:[ \t]*(?P<quote>['"]?)(?P<path>[^'"\s,}\]#]+)(?P=quote)""",
    re.MULTILINE,
)
_MOST_PIPELINES = 40


@record(kw_only=False)
class Snapshot:
    """A pipeline as it is in the editor now, with what its expressions came to.

    `pipeline` is what is known of it: of an earlier text, where this one cannot be read.
    """

    path: str
    compiled: Compiled
    observed: Observed
    pipeline: Pipeline | None = None

    @property
    def diagnostics(self) -> list[Diagnostic]:
        """What is wrong. That a parameter has no default is no fault before a run."""
        return [d for d in self.compiled.diagnostics if not _awaits_value(d)]

    def reads(self, name: str, repository: str = SELF) -> bool:
        """Whether the pipeline reads a file as it would run now: of the project, or of the
        repository with an alias."""
        told = (d.span.source for d in self.compiled.diagnostics if d.span)
        files = (*self.compiled.files, *told)
        return any(
            one.name == name and one.repository.lower() == repository.lower() for one in files
        )


@record(kw_only=False, frozen=False)
class Project:
    """The pipelines of the files under one root."""

    files: OpenFiles
    repository: LocalRepository
    snapshots: dict[str, Snapshot] = field(default_factory=dict)
    _references: dict[str, tuple[str, frozenset[str]]] = field(default_factory=dict)
    _trees: dict[str, tuple[str, Node | None]] = field(default_factory=dict)

    def pipelines_of(self, name: str) -> list[str]:
        """The pipelines that a file belongs to: those that reach it by templates, else itself.

        Nothing where it does not look like a part of a pipeline.
        """
        references = self._all_references()
        includers: dict[str, set[str]] = {}
        for includer, targets in references.items():
            for target in targets:
                includers.setdefault(target, set()).add(includer)
        for pipeline, snapshot in self.snapshots.items():
            if snapshot.reads(name):
                includers.setdefault(name, set()).add(pipeline)
        starts = [one for one in _above(name, includers) if not includers.get(one)]
        found = [one for one in starts if one in references and self._has_body(one)]
        if self.is_foreign(name):
            return []
        if not found and (self._has_body(name) or name in DEFAULT_FILES):
            found = [name]
        return sorted(found, key=lambda one: (one not in DEFAULT_FILES, one))[:_MOST_PIPELINES]

    def is_foreign(self, name: str) -> bool:
        """Whether a file is no pipeline but has such keys: of other services, Azure ML, tests."""
        text = self.files.text(name) or ""
        if is_foreign(name, text) or name.endswith(SUFFIXES):
            return True
        from penstock.ml.yaml.kinds import recognise

        return recognise(self.tree(Source(name, text))) is not None

    def tree(self, source: Source) -> Node | None:
        """The tree of a file as it is now; None where it cannot be read. It is parsed once."""
        known = self._trees.get(source.label)
        if known is None or known[0] != source.text:
            known = (source.text, yaml.parse(source).root)
            self._trees[source.label] = known
        return known[1]

    def is_template(self, name: str, repository: str = SELF) -> bool:
        """Whether a file could be included as a template."""
        if repository != SELF:
            source = self.files.read(repository, name)
            return source is not None and _TEMPLATE_BODY.search(source.text) is not None
        text = self.files.text(name) or ""
        return _TEMPLATE_BODY.search(text) is not None and not self.is_foreign(name)

    def pipelines_naming(self, alias: str, name: str) -> list[str]:
        """The pipelines here that read a file of another repository.

        Those that name the alias are compiled for it, if they are not yet.
        """
        naming = re.compile(f"@{re.escape(alias)}\\b", re.IGNORECASE)
        for file in self.files.yaml_names():
            if naming.search(self.files.text(file) or ""):
                for path in self.pipelines_of(file):
                    if path not in self.snapshots:
                        self.compile(path)
        return [path for path, known in self.snapshots.items() if known.reads(name, alias)]

    def compile(self, path: str) -> Snapshot:
        """Compile a pipeline as it is now, and remember it."""
        definition = Path(path).stem
        facts = RunFacts(repository=self.repository, definition=definition, path=path)
        observed = Observed()
        compiled = compile_pipeline(
            path,
            self.files,
            variables=template_variables(queue_variables(facts)),
            observed=observed,
        )
        before = self.snapshots.get(path)
        pipeline = compiled.partial or (before.pipeline if before else None)
        self.snapshots[path] = Snapshot(path, compiled, observed, pipeline)
        return self.snapshots[path]

    def snapshots_of(self, source: Source, *, fresh: bool = True) -> Iterator[Snapshot]:
        """The pipelines that a file belongs to, compiled if they are not yet; with `fresh`, anew
        where one of their files is another by now."""
        if source.repository == SELF:
            paths = self.pipelines_of(source.name)
        else:
            paths = self.pipelines_naming(source.repository, source.name)
        for path in paths:
            known = self.snapshots.get(path)
            is_known = known is not None and not (fresh and self._is_old(known))
            yield known if known is not None and is_known else self.compile(path)

    def _is_old(self, snapshot: Snapshot) -> bool:
        for one in snapshot.compiled.files:
            if one.repository == SELF:
                text = self.files.text(one.name)
            else:
                read = self.files.read(one.repository, one.name)
                text = read.text if read else None
            if text != one.text:
                return True
        return False

    def predefined(self) -> dict[str, str]:
        """Predefined variables that are known before a run."""
        facts = RunFacts(repository=self.repository, definition="", path="")
        return {v.name: v.value for v in queue_variables(facts)}

    def library(self) -> Library:
        """What the library's files say."""
        return read_library(self.files)

    def group_variables(self) -> Iterator[tuple[str, str, str | None]]:
        """Group, name and value of the variables in the library's files; None for a secret."""
        for group in self.library().groups.values():
            for name, value in group.variables.items():
                yield group.name, name, value
            for name in group.secrets:
                yield group.name, name, None

    def _has_body(self, name: str) -> bool:
        return has_body(self.files.text(name) or "")

    def _all_references(self) -> dict[str, frozenset[str]]:
        """The templates that each file names without expressions."""
        found = {}
        for name in self.files.yaml_names():
            text = self.files.text(name)
            if text is None:
                continue
            known = self._references.get(name)
            if known is None or known[0] != text:
                known = (text, frozenset(_referenced(name, text)))
                self._references[name] = known
            found[name] = known[1]
        return found


def _referenced(name: str, text: str) -> Iterator[str]:
    for match in _TEMPLATE.finditer(text):
        target = resolve(take_apart(match["path"]), Place(SELF, name))
        if target is not None and target.repository == SELF:
            yield target.path


def _above(name: str, includers: dict[str, set[str]]) -> Iterator[str]:
    """The file and every file that includes it, directly or not."""
    seen = {name}
    waiting = [name]
    for one in waiting:
        yield one
        for above in sorted(includers.get(one, ())):
            if above not in seen:
                seen.add(above)
                waiting.append(above)


def _awaits_value(diagnostic: Diagnostic) -> bool:
    return diagnostic.code == "PS1204" and not diagnostic.related
