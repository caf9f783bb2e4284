"""The language server: the protocol on one side, the compiler's answers on the other.

Places are converted here and nowhere else: the protocol counts from 0, and in the units that the
client asked for.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from lsprotocol import types
from pygls.lsp.server import LanguageServer
from pygls.uris import from_fs_path, to_fs_path
from pygls.workspace import PositionCodec

from penstock import __version__
from penstock.cli.editor.completion import Suggestion, complete
from penstock.cli.editor.definition import define
from penstock.cli.editor.fixes import replacement
from penstock.cli.editor.hover import hover
from penstock.cli.editor.overlays import OpenFiles
from penstock.cli.editor.problems import (
    Problems,
    all_at,
    problems_elsewhere,
    problems_of,
    related_places,
)
from penstock.cli.editor.projects import Project
from penstock.cli.editor.symbols import Symbol, symbols_of
from penstock.cli.editor.testfiles import complete_test
from penstock.cli.testing.discovery import is_test_file
from penstock.cli.testing.documents import SUFFIXES
from penstock.devops.repository import find_root, read_repository
from penstock.language.source import Diagnostic, Severity, Source, Span, lines_of
from penstock.language.templates.references import SELF

PAUSE = 0.25
"""Seconds without typing after which a file is checked."""

_SEVERITIES = {
    Severity.ERROR: types.DiagnosticSeverity.Error,
    Severity.WARNING: types.DiagnosticSeverity.Warning,
    Severity.NOTE: types.DiagnosticSeverity.Information,
}
_COMPLETIONS = {
    "key": types.CompletionItemKind.Property,
    "task": types.CompletionItemKind.Module,
    "input": types.CompletionItemKind.Field,
    "name": types.CompletionItemKind.Reference,
    "file": types.CompletionItemKind.File,
    "word": types.CompletionItemKind.EnumMember,
    "function": types.CompletionItemKind.Function,
    "variable": types.CompletionItemKind.Variable,
}
_SYMBOLS = {
    "parameter": types.SymbolKind.Property,
    "variable": types.SymbolKind.Variable,
    "stage": types.SymbolKind.Namespace,
    "job": types.SymbolKind.Class,
    "hook": types.SymbolKind.Interface,
    "step": types.SymbolKind.Method,
    "template": types.SymbolKind.File,
    "branch": types.SymbolKind.Operator,
}
_Answer = TypeVar("_Answer")


class _Editor:
    """The open projects of one client."""

    def __init__(self, server: LanguageServer, pause: float) -> None:
        self.server = server
        self._pause = pause
        self._projects: dict[Path, Project] = {}
        self._buffers: dict[Path, str] = {}
        self._repositories: Mapping[str, str] = {}
        self._uris: dict[Path, str] = {}
        self._waiting: dict[Path, asyncio.Future[None]] = {}
        self._pipelines: dict[tuple[Path, Path], set[str]] = {}
        self._found: dict[Path, dict[str, Problems]] = {}

    @property
    def codec(self) -> PositionCodec:
        """Converts places to the units that the client counts in."""
        return self.server.workspace.position_codec

    def configure(self, options: object, folders: Sequence[str]) -> None:
        """Take in what the client was set up with: folders of repository resources, and the
        addresses of its own folders."""
        given = options.get("localRepositories") if isinstance(options, dict) else None
        self._repositories = given if isinstance(given, dict) else {}
        if self._repositories:  # a file may be opened that only these read
            for path in filter(None, map(_path, folders)):
                self._project(find_root(path))

    def project_of(self, path: Path) -> Project:
        """The project around a file."""
        return self._project(find_root(path.parent))

    def _project(self, root: Path) -> Project:
        if root not in self._projects:
            folders = {alias: (root / str(f)).resolve() for alias, f in self._repositories.items()}
            files = OpenFiles(root, folders, self._buffers)
            self._projects[root] = Project(files=files, repository=read_repository(root))
        return self._projects[root]

    def _elsewhere(self, path: Path) -> Iterator[tuple[Project, str, str]]:
        """The other projects that have a file's repository as a folder; alias and name there."""
        own = self.project_of(path)
        for project in self._projects.values():
            if project is not own:
                for alias, name in project.files.names_elsewhere(path):
                    yield project, alias, name

    def _meant(self, path: Path) -> tuple[Project, Source | None]:
        """The project that a question about a file is about: its own, unless only the pipelines of
        another one read it."""
        own = self.project_of(path)
        name = own.files.name_of(path)
        if own.pipelines_of(name) in ([], [name]):
            for reader, alias, other in self._elsewhere(path):
                if reader.pipelines_naming(alias, other):
                    return reader, reader.files.read(alias, other)
        return own, own.files.read(SELF, name)

    def ask(
        self,
        uri: str,
        answer: Callable[[Project, Source], _Answer],
        otherwise: _Answer,
        *,
        tests: bool = False,
    ) -> _Answer:
        """What `answer` says of an open document; `otherwise` where it is not one of ours.

        A test file is one of ours where `tests` is set.
        """
        path = _path(uri)
        if path is None:
            return otherwise
        project, source = self._meant(path)
        if source is None:
            return otherwise
        is_foreign = source.repository == SELF and project.is_foreign(source.name)
        if is_foreign and not (tests and is_test_file(path)):
            return otherwise
        return answer(project, source)

    # --- documents

    def changed(self, uri: str, *, at_once: bool) -> None:
        """A document was opened, changed or saved: check it, once the typing pauses."""
        path = _path(uri)
        if path is None:
            return
        self._uris[path] = uri
        text = self.server.workspace.get_text_document(uri).source
        self.project_of(path).files.open(path, text)
        if at_once:
            self.project_of(path).files.refresh()
        self._check_after(path, 0 if at_once else self._pause)

    def files_changed(self) -> None:
        """Files changed outside the editor: check what is open."""
        for project in self._projects.values():
            project.files.refresh()
        for path in self._uris:
            self._check_after(path, self._pause)

    def closed(self, uri: str) -> None:
        """A document was closed: its file counts again."""
        path = _path(uri)
        if path is None or path not in self._uris:
            return
        project = self.project_of(path)
        project.files.close(path)
        if waiting := self._waiting.pop(path, None):
            waiting.cancel()
        self._keep(project, path, {})
        for reader, _, _ in self._elsewhere(path):
            self._keep(reader, path, {})
        del self._uris[path]
        for other in self._uris:
            self._check_after(other, self._pause)

    def _check_after(self, path: Path, pause: float) -> None:
        if waiting := self._waiting.pop(path, None):
            waiting.cancel()
        self._waiting[path] = asyncio.ensure_future(self._check(path, pause))

    async def _check(self, path: Path, pause: float) -> None:
        await asyncio.sleep(pause)
        project = self.project_of(path)
        found: dict[str, Problems] = {}
        for pipeline, problems in problems_of(project, project.files.name_of(path)):
            found[pipeline] = problems
            await asyncio.sleep(0)  # questions are answered meanwhile, and typing ends it
        self._keep(project, path, found)
        for reader, alias, name in list(self._elsewhere(path)):
            found = {}
            for pipeline, problems in problems_elsewhere(reader, alias, name):
                found[pipeline] = problems
                await asyncio.sleep(0)
            self._keep(reader, path, found)

    def _keep(self, project: Project, path: Path, found: Mapping[str, Problems]) -> None:
        """Show what is wrong by pipeline, and no longer what only this document's pipelines had."""
        known = self._found.setdefault(project.files.root, {})
        changed = {file for problems in found.values() for file in problems}
        root = project.files.root
        before = self._pipelines.get((root, path), set())
        self._pipelines[root, path] = set(found)
        in_use = {
            pipeline
            for (of, _), pipelines in self._pipelines.items()
            for pipeline in pipelines
            if of == root
        }
        for pipeline in before & set(known):
            changed |= set(known[pipeline])
            if pipeline not in in_use:
                del known[pipeline]
        known |= found
        for file in sorted(changed):
            everywhere = (found for known in self._found.values() for found in known.values())
            self._publish(project, file, all_at(file, everywhere))

    def _publish(self, project: Project, file: Path, problems: list[Diagnostic]) -> None:
        self.server.text_document_publish_diagnostics(
            types.PublishDiagnosticsParams(
                uri=self._uri(file),
                diagnostics=[self._problem(project, one) for one in problems],
            )
        )

    def _uri(self, path: Path) -> str:
        """The address of a file, as the client gave it if it did."""
        return self._uris.get(path) or from_fs_path(str(path)) or path.as_uri()

    # --- conversions

    def _problem(self, project: Project, one: Diagnostic) -> types.Diagnostic:
        help = f"\nhelp: {one.help}" if one.help else ""
        return types.Diagnostic(
            range=self.range(one.span) if one.span else _START,
            message=f"{one.message}{help}",
            severity=_SEVERITIES[one.severity],
            code=one.code,
            source="penstock",
            related_information=[
                types.DiagnosticRelatedInformation(
                    location=types.Location(uri=self._uri(path), range=self.range(related.span)),
                    message=related.message,
                )
                for path, related in related_places(project, one)
            ],
        )

    def range(self, span: Span) -> types.Range:
        """A span in the client's units."""
        lines = lines_of(span.source.text)
        last = len(lines)
        start = types.Position(min(span.line, last) - 1, span.column - 1)
        end = types.Position(min(span.end_line, last) - 1, span.end_column - 1)
        if span.end_line > last:
            end = types.Position(last - 1, len(lines[-1]))
        return self.codec.range_to_client_units(lines, types.Range(start, end))

    def place(self, source: Source, position: types.Position) -> tuple[int, int]:
        """A position of the client as line and column, 0-based, in code points."""
        lines = lines_of(source.text)
        if position.line >= len(lines):
            return len(lines), 0
        line = lines[position.line]
        column, units = 0, 0
        while column < len(line) and units < position.character:
            units += self.codec.client_num_units(line[column])
            column += 1
        return position.line, column

    def location(self, project: Project, span: Span) -> types.Location | None:
        """A place in a file."""
        path = project.files.path_of(span.source)
        return types.Location(uri=self._uri(path), range=self.range(span)) if path else None

    def item(self, one: Suggestion, position: types.Position, rank: int) -> types.CompletionItem:
        """A suggestion; it replaces what is written of it already."""
        width = self.codec.client_num_units(one.prefix)
        start = types.Position(position.line, max(0, position.character - width))
        return types.CompletionItem(
            label=one.label,
            kind=_COMPLETIONS[one.kind],
            detail=one.detail or None,
            sort_text=f"{rank:05}",
            text_edit=types.TextEdit(
                range=types.Range(start, position), new_text=one.insert or one.label
            ),
        )

    def fix(self, uri: str, source: Source, one: types.Diagnostic) -> types.CodeAction | None:
        """The edit that a diagnostic of ours proposes."""
        start, end = self.place(source, one.range.start), self.place(source, one.range.end)
        lines = lines_of(source.text)
        if start[0] != end[0] or start[0] >= len(lines):
            return None
        new = replacement(one.message, lines[start[0]][start[1] : end[1]])
        if new is None:
            return None
        edit = types.TextEdit(range=one.range, new_text=new)
        return types.CodeAction(
            title=f"write {new}",
            kind=types.CodeActionKind.QuickFix,
            diagnostics=[one],
            is_preferred=True,
            edit=types.WorkspaceEdit(changes={uri: [edit]}),
        )

    def symbol(self, one: Symbol) -> types.DocumentSymbol:
        """A part of the outline."""
        whole, name = self.range(one.span), self.range(one.name_span)
        return types.DocumentSymbol(
            name=one.name or "(no name)",
            kind=_SYMBOLS[one.kind],
            detail=one.kind,
            range=whole,
            selection_range=name if _is_in(name, whole) else whole,
            children=[self.symbol(child) for child in one.children],
        )


_START = types.Range(types.Position(0, 0), types.Position(0, 1))


def _is_in(inner: types.Range, outer: types.Range) -> bool:
    return outer.start <= inner.start and inner.end <= outer.end


def _path(uri: str) -> Path | None:
    """The file of a document; None for one that is none (`untitled:`)."""
    found = to_fs_path(uri) if uri.startswith("file:") else None
    return Path(found).resolve() if found else None


def make_server(pause: float = PAUSE) -> LanguageServer:
    """A language server that has not started."""
    server = LanguageServer("penstock", __version__)
    editor = _Editor(server, pause)
    _follow_documents(server, editor)
    _answer_questions(server, editor)
    return server


def _follow_documents(server: LanguageServer, editor: _Editor) -> None:
    @server.feature(types.INITIALIZE)
    def initialize(params: types.InitializeParams) -> None:
        folders = [one.uri for one in params.workspace_folders or ()]
        editor.configure(params.initialization_options, folders or [params.root_uri or ""])

    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    def opened(params: types.DidOpenTextDocumentParams) -> None:
        editor.changed(params.text_document.uri, at_once=True)

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    def changed(params: types.DidChangeTextDocumentParams) -> None:
        editor.changed(params.text_document.uri, at_once=False)

    @server.feature(types.TEXT_DOCUMENT_DID_SAVE)
    def saved(params: types.DidSaveTextDocumentParams) -> None:
        editor.changed(params.text_document.uri, at_once=True)

    @server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    def closed(params: types.DidCloseTextDocumentParams) -> None:
        editor.closed(params.text_document.uri)

    @server.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    def files_changed(params: types.DidChangeWatchedFilesParams) -> None:
        editor.files_changed()


def _answer_questions(server: LanguageServer, editor: _Editor) -> None:
    @server.feature(types.TEXT_DOCUMENT_HOVER)
    def on_hover(params: types.HoverParams) -> types.Hover | None:
        def answer(project: Project, source: Source) -> types.Hover | None:
            line, column = editor.place(source, params.position)
            found = hover(project, source, line + 1, column + 1)
            if found is None:
                return None
            text = types.MarkupContent(types.MarkupKind.Markdown, found.text)
            return types.Hover(contents=text, range=editor.range(found.span))

        return editor.ask(params.text_document.uri, answer, None)

    @server.feature(types.TEXT_DOCUMENT_DEFINITION)
    def on_definition(params: types.DefinitionParams) -> list[types.Location]:
        def answer(project: Project, source: Source) -> list[types.Location]:
            line, column = editor.place(source, params.position)
            spans = define(project, source, line + 1, column + 1)
            found = (editor.location(project, span) for span in spans)
            return [location for location in found if location]

        return editor.ask(params.text_document.uri, answer, [])

    fixes = types.CodeActionOptions(code_action_kinds=[types.CodeActionKind.QuickFix])

    @server.feature(types.TEXT_DOCUMENT_CODE_ACTION, fixes)
    def on_fixes(params: types.CodeActionParams) -> list[types.CodeAction]:
        ours = [one for one in params.context.diagnostics if one.source == "penstock"]

        def answer(project: Project, source: Source) -> list[types.CodeAction]:
            found = (editor.fix(params.text_document.uri, source, one) for one in ours)
            return [fix for fix in found if fix]

        return editor.ask(params.text_document.uri, answer, [])

    options = types.CompletionOptions(trigger_characters=[" ", ".", "'", "(", "/", "-", "@", "["])

    @server.feature(types.TEXT_DOCUMENT_COMPLETION, options)
    def on_completion(params: types.CompletionParams) -> types.CompletionList:
        def answer(project: Project, source: Source) -> list[types.CompletionItem]:
            line, column = editor.place(source, params.position)
            suggest = complete_test if source.name.endswith(SUFFIXES) else complete
            found = suggest(project, source, line, column)
            return [editor.item(one, params.position, rank) for rank, one in enumerate(found)]

        nothing: list[types.CompletionItem] = []
        items = editor.ask(params.text_document.uri, answer, nothing, tests=True)
        return types.CompletionList(is_incomplete=False, items=items)

    @server.feature(types.TEXT_DOCUMENT_DOCUMENT_SYMBOL)
    def on_symbols(params: types.DocumentSymbolParams) -> list[types.DocumentSymbol]:
        def answer(project: Project, source: Source) -> list[types.DocumentSymbol]:
            return [editor.symbol(one) for one in symbols_of(source)]

        return editor.ask(params.text_document.uri, answer, [])


def serve_stdio() -> None:
    """Answer on stdin and stdout until the client ends."""
    make_server().start_io()
