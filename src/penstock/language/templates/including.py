"""Template references: a file is loaded, its parameters bound, its body read where it is named."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from penstock.language.expressions import Object
from penstock.language.origins import Frame, Origins
from penstock.language.schema import TEMPLATE_BODIES
from penstock.language.source import Diagnostic, Related, Span
from penstock.language.templates.complaints import files as complaints
from penstock.language.templates.complaints.parameters import invalid
from penstock.language.templates.complaints.shapes import unknown_key
from penstock.language.templates.declarations import (
    Declarations,
    Parameter,
    read_declarations,
)
from penstock.language.templates.expansion import Expansion
from penstock.language.templates.loading import Loaded, Loader
from penstock.language.templates.parameters import Binder
from penstock.language.templates.reading import Reader
from penstock.language.templates.reports import Exhausted, Failed
from penstock.language.templates.scope import Scope, file_scope
from penstock.language.yaml import Mapping, Node, Scalar, Sequence
from penstock.records import record

MAX_LEVELS = 100
_COST = 10  # what an inclusion counts among the steps of an expansion
_BODIES = frozenset(body for bodies in TEMPLATE_BODIES.values() for body in bodies)


@record(kw_only=False)
class Template:
    """A template file with the scope in which its text is read."""

    name: str
    root: Mapping
    scope: Scope


class Includer:
    """Includes templates in one compile. It owns the reader, which calls back for `template:`."""

    def __init__(self, loader: Loader, expansion: Expansion, origins: Origins) -> None:
        self.loader = loader
        self.reader = Reader(expansion, origins, self.include, loader.declare_repositories)
        self._bridge = expansion.bridge
        self._active: list[tuple[str, object]] = []
        self._declarations: dict[str, Declarations] = {}

    def include(self, reference: Mapping, scope: Scope, slot: str) -> tuple[Node, ...]:
        """The items of the template that a `template:` item of a list stands for."""
        with self.entered(reference, scope, slot) as template:
            body = self._body(template, slot)
        return body.items if isinstance(body, Sequence) else ()

    @contextmanager
    def entered(self, reference: Mapping, scope: Scope, slot: str) -> Iterator[Template]:
        """The template that a reference (`template`, `parameters`) names, its parameters bound."""
        path, given = reference.get("template"), reference.get("parameters")
        if not isinstance(path, Scalar):
            raise Failed
        given = given if isinstance(given, Mapping) else None
        loaded = self.loader.follow(path, scope.place, scope.includes)
        call = (str(loaded.place), _comparable(given))
        self._guard(call, path, scope)
        self.reader.expansion.spend(path.span, scope, events=_COST)
        self._active.append(call)
        try:
            yield self._template(loaded, given, path, scope, slot)
        finally:
            self._active.pop()

    def bind(
        self,
        declared: Declarations,
        given: Mapping | None,
        at: Span | None,
        scopes: tuple[Scope, Scope],
        target: str,
    ) -> Object:
        """The parameters of a file, which messages call `target`.

        Of the two scopes the first is the caller's, where faults in values are reported; in the
        second the parts of a pipeline among the values are read.
        """
        caller, callee = scopes

        def report(diagnostic: Diagnostic) -> Failed:
            return self.reader.complain(diagnostic, caller)

        def read_shape(node: Node, shape: str, parameter: Parameter, is_given: bool) -> Node:
            name = parameter.name
            declared_at = Related(name.span, f'read for the parameter "{name.value}"')
            includes = (*caller.includes, declared_at) if is_given else callee.includes
            scope = callee.literal().included_by(includes)
            with self.reader.expansion.reports.prefaced(invalid(name, parameter.type)):
                return self.reader.read(node, scope, shape, name.value)

        return Binder(self._bridge, report, read_shape).bind(declared, given, at, target)

    def _template(
        self, loaded: Loaded, given: Mapping | None, path: Scalar, scope: Scope, slot: str
    ) -> Template:
        name = str(loaded.place)
        frames = (*scope.frames, Frame("template", path.span, name))
        includes = (*scope.includes, Related(path.span, f"{name} is included here"))
        callee = file_scope(loaded.place, Object(), scope.variables, frames, includes)
        if not isinstance(loaded.root, Mapping):
            span = loaded.root.span if loaded.root else Span(loaded.source, 1, 1, 1, 1)
            raise self.reader.complain(complaints.not_a_template(name, slot, span), callee)
        if slot == "extends":  # the parts of a pipeline among its parameters may refer to these
            self.loader.declare_repositories(loaded.root.get("resources"))
        declared = self.declared(loaded, callee)
        parameters = self.bind(declared, given, path.span, (scope, callee), f"template {name}")
        return Template(name, loaded.root, callee.with_parameters(parameters))

    def declared(self, loaded: Loaded, scope: Scope, *, of_pipeline: bool = False) -> Declarations:
        """The parameters that a file declares."""

        def report(diagnostic: Diagnostic) -> Failed:
            return self.reader.complain(diagnostic, scope)

        name = str(loaded.place)
        if name not in self._declarations:
            node = loaded.root.get("parameters") if isinstance(loaded.root, Mapping) else None
            declared = read_declarations(node, report, of_pipeline=of_pipeline)
            self._declarations[name] = declared
        return self._declarations[name]

    def _guard(self, call: tuple[str, object], path: Scalar, scope: Scope) -> None:
        """Refuse a template that includes itself for ever, and chains that are too long."""
        if call in self._active:
            cycle = [name for name, _ in self._active[self._active.index(call) :]]
            raise self.reader.complain(complaints.template_cycle(path, [*cycle, call[0]]), scope)
        if len(self._active) >= MAX_LEVELS:
            self.reader.complain(complaints.too_many_levels(path, MAX_LEVELS), scope)
            raise Exhausted

    def _body(self, template: Template, slot: str) -> Node:
        """The body of a template that stands in a list."""
        bodies = TEMPLATE_BODIES[slot]
        parts = self.reader.parts(template.root, template.scope, f"{slot} template")
        found: Node | None = None
        for field in parts.fields:
            name = field.key.value
            if name in bodies and found is None:
                found = self.reader.read(field.value, field.scope, name, name)
            elif name != "parameters":
                self.reader.complain(self._stray(field.key, slot), field.scope)
        if found is None:
            if not _BODIES & {field.key.value for field in parts.fields}:
                complaint = complaints.no_body(template.name, bodies, template.root.span)
                self.reader.complain(complaint, template.scope)
            raise Failed
        return found

    def _stray(self, key: Scalar, slot: str) -> Diagnostic:
        """A key that a template for this slot does not take."""
        if key.value in _BODIES:
            return complaints.wrong_template(key, slot)
        known = ("parameters", *TEMPLATE_BODIES[slot])
        return unknown_key(key, known, f"a {slot} template", None)


def _comparable(node: Node | None) -> object:
    """A node without its places, so that two calls of a template can be compared."""
    match node:
        case Mapping():
            return tuple((entry.key.value, _comparable(entry.value)) for entry in node.entries)
        case Sequence():
            return tuple(map(_comparable, node.items))
        case Scalar():
            return node.value
        case None:
            return None
