"""Reads parts of files by their shape: expands, checks, and gives the canonical tree.

One pass does all of it, because what is read first (variables, parameters) decides how the rest
expands. A part that cannot be read is left out and reported; reading goes on behind it.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping as Table
from functools import cache
from typing import TypeAlias, TypeVar

from penstock.language.origins import Origins
from penstock.language.schema import (
    SHAPES,
    WITHOUT_DIRECTIVES,
    WITHOUT_EXPRESSIONS,
    Anything,
    Choice,
    ListOf,
    Record,
    Shape,
    Text,
)
from penstock.language.source import Diagnostic, Span
from penstock.language.templates.complaints import shapes as complaints
from penstock.language.templates.declarations import with_plain_defaults
from penstock.language.templates.desugaring import REWRITES
from penstock.language.templates.expansion import Expansion, Field
from penstock.language.templates.reports import Failed
from penstock.language.templates.scope import Scope
from penstock.language.templates.texts import OPEN
from penstock.language.yaml import Entry, Mapping, Node, Scalar, Sequence
from penstock.records import record

_OWNERS = {
    "pipeline": "a pipeline",
    "stage": "a stage",
    "job": "a job",
    "phase": "a phase",
    "step": "a step",
    "variable": "a variable",
    "pool": "a pool",
    "environment": "an environment",
    "deploymentStrategy": "a deployment strategy",
    "schedule": "a schedule",
    "repositoryResource": "a repository resource",
    "pipelineResource": "a pipeline resource",
    "containerResource": "a container resource",
    "buildResource": "a build resource",
    "packageResource": "a package resource",
    "webhookResource": "a webhook resource",
    "webhookFilter": "a filter of a webhook",
    "trigger": '"trigger"',
    "pr": '"pr"',
    "steps template": "a steps template",
    "jobs template": "a jobs template",
    "stages template": "a stages template",
    "variables template": "a variables template",
    "extends template": "an extends template",
}
_SLOTS = {"step": "steps", "job": "jobs", "stage": "stages"}
_KINDS = {Text: "text", ListOf: "a list", Record: "a mapping"}


@record(kw_only=False)
class Form:
    """What is asked of a shape again and again: its alternatives by kind.

    `record` is the one that needs no choosing, the others are by their leading key; `kinds` are
    what messages call the alternatives; `early` are the keys to read as soon as they are met, on
    which the records agree.
    """

    text: Text | None
    list: ListOf | None
    record: Record | None
    records: dict[str | None, Record]
    kinds: tuple[str, ...]
    early: tuple[str, ...]

    @staticmethod
    def of(definition: Shape) -> Form:
        """The form of a definition that is not Anything."""
        shapes = definition.alternatives if isinstance(definition, Choice) else (definition,)
        records = [shape for shape in shapes if isinstance(shape, Record)]
        by_lead = {record.lead: record for record in records}
        return Form(
            text=next((shape for shape in shapes if isinstance(shape, Text)), None),
            list=next((shape for shape in shapes if isinstance(shape, ListOf)), None),
            record=definition if isinstance(definition, Record) else by_lead.get(None),
            records=by_lead,
            kinds=tuple(dict.fromkeys(_KINDS[type(shape)] for shape in shapes)),
            early=next((record.early for record in records if record.early), ()),
        )


@cache
def _known_form(shape: str) -> Form | None:
    """The form of a shape; None where anything may stand."""
    definition = SHAPES[shape]
    return None if isinstance(definition, Anything) else Form.of(definition)


@cache
def _is_any_text(shape: str) -> bool:
    """Whether a shape is any text, taken as it is."""
    is_kept = shape not in REWRITES and shape not in WITHOUT_DIRECTIVES
    return is_kept and SHAPES[shape] == Text()


_VARIABLES = ListOf("variable", "variables")


@record(kw_only=False)
class Parts:
    """The expanded keys of a mapping, and the values among them that were read already.

    Keys whose expressions failed are not among them; then `is_complete` is false.
    """

    fields: list[Field]
    early: dict[int, Node]
    is_complete: bool


_Node = TypeVar("_Node", Scalar, Node)
Include: TypeAlias = Callable[[Mapping, Scope, str], tuple[Node, ...]]


class Reader:
    """Reads parts of files by their shapes.

    `include(reference, scope, slot)` gives the items of a template that stands in a list;
    `declare(resources)` is told of every `resources` that is read.
    """

    def __init__(
        self,
        expansion: Expansion,
        origins: Origins,
        include: Include,
        declare: Callable[[Node], None],
    ) -> None:
        self.expansion = expansion
        self.origins = origins
        self._include = include
        self._declare = declare

    # --- by shape

    def read(self, node: Node, scope: Scope, shape: str, what: str) -> Node:
        """The canonical form of a node that stands under the key `what` and must have a shape.

        Raises Failed, with the reason reported, when nothing of it can be used.
        """
        if isinstance(node, Scalar) and _is_any_text(shape) and _is_plain(node):
            return node  # as nearly always
        if shape in WITHOUT_EXPRESSIONS and isinstance(node, Scalar) and OPEN in node.value:
            raise self.complain(complaints.no_expression(what, node), scope)
        refused = WITHOUT_DIRECTIVES.get(shape)
        if refused and scope.refusal is None:
            scope = scope.without_directives(what, refused)
        if shape == "variables":
            return self._variables(node, scope, what)
        if shape == "declarations":
            return with_plain_defaults(node)
        form = _known_form(shape)
        if form is None:
            return self.expansion.expand(node, scope)
        host = node
        node, scope = self.expansion.resolve(node, scope)
        if isinstance(node, Scalar):
            if form.text is not None:
                text = self._text(node, scope, form.text, what, form.kinds)
                return self._rewritten(shape, text)
            if node.is_null and any(one.may_be_blank for one in form.records.values()):
                return self._mapping(Mapping((), node.span), scope, shape, what)
        elif isinstance(node, Mapping):
            if form.records:
                return self._mapping(node, scope, shape, what)
        elif form.list is not None:
            return self._rewritten(shape, self._list(node, scope, form.list, what))
        raise self.complain(complaints.wrong_kind(what, form.kinds, node, host.span), scope)

    def _rewritten(self, shape: str, node: Node) -> Node:
        rewrite = REWRITES.get(shape)
        return rewrite(node, self.origins) if rewrite else node

    def _text(
        self, node: Scalar, scope: Scope, shape: Text, what: str, kinds: tuple[str, ...]
    ) -> Scalar:
        if node.is_null:
            node = Scalar("", node.span, "single")
        if shape.words and node.value.lower() not in map(str.lower, shape.words):
            complaint = complaints.unexpected_word(what, shape.words, node, kinds)
            raise self.complain(complaint, scope)
        if shape.filled and not node.value:
            raise self.complain(complaints.empty_text(what, node), scope)
        return node

    def _list(self, node: Sequence, scope: Scope, shape: ListOf, what: str) -> Sequence:
        read: list[Node] = []
        for item, inner in self.expansion.items(node, scope):
            try:
                found = self._item(item, inner, shape, what)
            except Failed:
                continue
            if shape.slot is None:
                found = tuple(self._noted(one, inner, scope) for one in found)
            read.extend(found)
        return Sequence(tuple(read), node.span)

    def _noted(self, node: _Node, scope: Scope, around: Scope) -> _Node:
        """The node, with its frames noted where a directive led to it.

        A text of a file is copied for that, because the file may be read again another way.
        """
        if scope.frames is around.frames:
            return node
        noted = node
        if isinstance(node, Scalar):
            noted = Scalar(node.value, node.span, node.style, node.tag)
        self.origins.note(noted, scope.frames)
        return noted

    def _item(self, node: Node, scope: Scope, shape: ListOf, what: str) -> tuple[Node, ...]:
        node, scope = self.expansion.resolve(node, scope)
        form = form_of(shape.item)
        if isinstance(node, Mapping):
            if shape.slot is not None:
                return self._slot_item(node, scope, shape.item, shape.slot)
            fits = bool(form.records)
        else:
            fits = (form.text if isinstance(node, Scalar) else form.list) is not None
        if not fits:
            raise self.complain(complaints.wrong_item(what, form.kinds, node), scope)
        return (self.read(node, scope, shape.item, what),)

    def _slot_item(self, node: Mapping, scope: Scope, shape: str, slot: str) -> tuple[Node, ...]:
        """A step, job, stage or variable; or those of the template that stands in its place."""
        if "variables" in form_of(shape).early:
            scope = scope.with_own_variables()
        parts = self.parts(node, scope, shape)
        record = self.chosen(parts, node, scope, shape)
        read = self.record(parts, record, node, scope, shape)
        if record.lead == "template":
            assert isinstance(read, Mapping)
            return self._include(read, scope, slot)
        self.origins.note(read, scope.frames)
        return (read,)

    def _mapping(self, node: Mapping, scope: Scope, shape: str, what: str) -> Node:
        if shape in _SLOTS:
            items = self._slot_item(node, scope, shape, _SLOTS[shape])
            if len(items) != 1:
                raise self.complain(complaints.not_one(what, shape, len(items), node), scope)
            return items[0]
        parts = self.parts(node, scope, shape)
        record = self.chosen(parts, node, scope, shape, what)
        return self.record(parts, record, node, scope, shape, what)

    def parts(self, node: Mapping, scope: Scope, shape: str) -> Parts:
        """The expanded keys of a mapping; variables and resources are read as they are met."""
        names = form_of(shape).early
        fields: list[Field] = []
        early: dict[int, Node] = {}
        failures = self.expansion.failures
        for field in self.expansion.fields(node, scope):
            fields.append(field)
            name = field.key.value
            if name not in names:
                continue
            try:
                read = self.read(field.value, field.scope, name, name)
            except Failed:
                read = Sequence((), field.value.span)
            early[id(field)] = read
            if name == "resources":
                self._declare(read)
        return Parts(fields, early, self.expansion.failures == failures)

    def chosen(
        self, parts: Parts, node: Mapping, scope: Scope, shape: str, what: str = ""
    ) -> Record:
        """The record a mapping is, told by its leading key."""
        form = form_of(shape)
        if form.record is not None:
            return form.record
        records = form.records
        leads = [field.key for field in parts.fields if field.key.value in records]
        owner = _OWNERS.get(shape, f'"{what}"')
        if not leads:
            if not parts.is_complete:
                raise Failed
            keys = [field.key for field in parts.fields]
            raise self.complain(without_lead(keys, records, owner, node.span), scope)
        if len(leads) > 1:
            self.complain(complaints.rival_keys(leads[0], leads[1], owner), scope)
        return records[leads[0].value]

    def record(
        self, parts: Parts, record: Record, node: Mapping, scope: Scope, shape: str, what: str = ""
    ) -> Node:
        """The canonical form of a mapping whose keys are expanded and whose record is chosen."""
        owner = owner_of(shape, record, what)
        leads = form_of(shape).records
        entries: list[Entry] = []
        for field in parts.fields:
            value = self._member(field, parts, record, owner, leads)
            if value is not None:
                key = field.key
                if field.scope is not scope:
                    key = self._noted(key, field.scope, scope)
                entries.append(Entry(key, value))
        if record.lead is not None and all(entry.key.value != record.lead for entry in entries):
            raise Failed
        if record.first is not None and parts.is_complete:
            self._check_first(parts.fields, record.first, record, owner, scope)
        if record.rivals:
            self._check_rivals(parts, record, owner, scope)
        if record.required and parts.is_complete:
            names = {field.key.value for field in parts.fields}
            for name in record.required:
                if name not in names:
                    self.complain(complaints.missing_key(owner, name, node.span), scope)
        return self._rewritten(shape, Mapping(tuple(entries), node.span))

    def _check_first(
        self, fields: list[Field], first: str, record: Record, owner: str, scope: Scope
    ) -> None:
        key = fields[0].key if fields else None
        if key is None or key.value == first or key.value not in record.members:
            return  # a key that is unknown is reported
        if any(field.key.value == first for field in fields):
            self.complain(complaints.not_first(key, first, owner), scope)

    def _check_rivals(self, parts: Parts, record: Record, owner: str, scope: Scope) -> None:
        for group in record.rivals:
            keys = [field.key for field in parts.fields if field.key.value in group]
            if len(keys) > 1:
                self.complain(complaints.rival_keys(keys[0], keys[1], owner), scope)
                return

    def _member(
        self,
        field: Field,
        parts: Parts,
        record: Record,
        owner: str,
        leads: Table[str | None, Record],
    ) -> Node | None:
        """The value of one key, or None when it cannot be used, which is reported."""
        key = field.key
        if parts.early and id(field) in parts.early:
            return parts.early[id(field)]
        shape = record.members.get(key.value, record.others)
        if shape is None:
            if key.value not in leads:  # a rival, which is reported
                self.complain(unknown_key_of(key, record, owner, leads), field.scope)
            return None
        try:
            return self.read(field.value, field.scope, shape, key.value)
        except Failed:
            return None

    # --- variables

    def _variables(self, node: Node, scope: Scope, what: str) -> Sequence:
        """Variables as a list; each is known to what is read after it."""
        host = node
        node, scope = self.expansion.resolve(node, scope)
        if isinstance(node, Mapping):
            return Sequence(tuple(self._named_variables(node, scope)), node.span)
        if not isinstance(node, Sequence):
            kinds = ("a mapping", "a list")
            raise self.complain(complaints.wrong_kind(what, kinds, node, host.span), scope)
        read: list[Node] = []
        for item, inner in self.expansion.items(node, scope):
            try:
                variables = self._item(item, inner, _VARIABLES, what)
            except Failed:
                continue
            read.extend(variables)
            for variable in variables:
                _set_variable(variable, inner)
        return Sequence(tuple(read), node.span)

    def _named_variables(self, node: Mapping, scope: Scope) -> list[Node]:
        read: list[Node] = []
        for field in self.expansion.fields(node, scope):
            try:
                value = self.read(field.value, field.scope, "text", field.key.value)
            except Failed:
                continue
            name_key, value_key = Scalar("name", field.key.span), Scalar("value", value.span)
            span = field.key.span
            variable = Mapping((Entry(name_key, field.key), Entry(value_key, value)), span)
            _set_variable(variable, scope)
            self.origins.note(variable, field.scope.frames)
            read.append(variable)
        return read

    def complain(self, diagnostic: Diagnostic, scope: Scope) -> Failed:
        """Report a fault in the text of a scope; gives the exception to raise if need be.

        It counts as work: loops meet the same fault again and again. Raises `Exhausted`.
        """
        failed = self.expansion.reports.add(diagnostic, scope.includes)
        if diagnostic.span is not None:
            self.expansion.spend(diagnostic.span, scope)
        return failed


def owner_of(shape: str, record: Record, what: str) -> str:
    """How messages call a part: a deployment is a job with other keys."""
    if record.lead == "deployment":
        return "a deployment job"
    return _OWNERS.get(shape, f'"{what}"')


def _is_plain(text: Scalar) -> bool:
    return OPEN not in text.value and not text.is_null


@cache
def form_of(shape: str) -> Form:
    """The form of a shape that is not Anything."""
    form = _known_form(shape)
    assert form is not None
    return form


def unknown_key_of(
    key: Scalar, record: Record, owner: str, others: Table[str | None, Record]
) -> Diagnostic:
    """What to say of a key that a record does not take; `others` are its alternatives."""
    if record.lead == "template":
        return complaints.unknown_key(key, record.members, "a template reference", None)
    leads = [lead for lead, other in others.items() if lead and key.value in other.members]
    home = _home(key.value, owner)
    return complaints.unknown_key(key, record.members, owner, home, leads)


def _home(key: str, owner: str) -> str | None:
    """The other parts of a pipeline that take a key, to say where it belongs."""
    homes = []
    for shape in ("pipeline", "stage", "job", "step"):
        takes = any(key in record.members for record in form_of(shape).records.values())
        if takes and _OWNERS[shape] != owner:
            homes.append(_OWNERS[shape])
    return " or ".join(homes) or None


def without_lead(
    keys: list[Scalar], records: Table[str | None, Record], owner: str, span: Span
) -> Diagnostic:
    """What to say of a mapping without any leading key: a word misspelt, or one left out."""
    from penstock.language.diagnostics import nearest

    leads = [lead for lead in records if lead is not None]
    members = {name for record in records.values() for name in record.members}
    unknown = [key for key in keys if key.value not in members]
    for key in unknown:
        if nearest(key.value, leads):
            return complaints.unknown_key(key, leads, owner, None)
    if unknown:
        return complaints.unknown_lead(unknown[0], leads, owner)
    return complaints.undetermined(owner, tuple(leads), span)


def _set_variable(variable: Node, scope: Scope) -> None:
    if isinstance(variable, Mapping):
        name, value = variable.get("name"), variable.get("value")
        if isinstance(name, Scalar):
            scope.variables.set(name.value, value.value if isinstance(value, Scalar) else "")
