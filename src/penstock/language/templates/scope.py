"""What an expression can see and what stands around it: contexts, variables so far, includes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache, lru_cache
from typing import TypeAlias

from penstock.language.casing import fold_case
from penstock.language.expressions import GENERAL, Object, Value
from penstock.language.origins import Frame
from penstock.language.source import Related, Span
from penstock.language.templates.references import Place
from penstock.records import record

_EMPTY_AT_COMPILE_TIME = fold_case("System.DefaultWorkingDirectory")
_Texts: TypeAlias = dict[str, tuple[str, str]]


class Variables:
    """The variables known at compile time, in the order they were read. Names ignore case.

    A stage and a job begin with a copy of what was known before them.
    """

    __slots__ = ("_given", "_texts", "_value")

    def __init__(self, given: Callable[[], _Texts], texts: _Texts) -> None:
        self._given = given
        self._texts = texts
        self._value: Object | None = None

    @staticmethod
    def of(texts: Mapping[str, str]) -> Variables:
        """The variables of these names and texts, which are looked at when one is first read."""

        def given() -> _Texts:
            named = {fold_case(name): (name, text) for name, text in texts.items()}
            named.pop(_EMPTY_AT_COMPILE_TIME, None)
            return named

        return Variables(cache(given), {})

    def copy(self) -> Variables:
        """The same variables, to be added to on their own."""
        return Variables(self._given, dict(self._texts))

    def set(self, name: str, text: str) -> None:
        """Add a variable, or replace the one of that name."""
        self._texts[fold_case(name)] = (name, text)
        self._value = None

    def value(self) -> Object:
        """The `variables` context."""
        if self._value is None:
            texts = {**self._given(), **self._texts}
            self._value = Object(texts.values(), ignore_case=True)
        return self._value


@record(kw_only=False)
class Scope:
    """Where a part of a file is read.

    `place` is the file that references start from. `contexts` holds `parameters` and the loop
    variables; `names` are the names expressions may use. `includes` leads from the pipeline's own
    file to this one. What came out of an expression is not `live`: it is not expanded again.
    `refusal` is set where directives are refused: the key, and the service's words.
    """

    place: Place
    contexts: Mapping[str, Value]
    names: frozenset[str]
    variables: Variables
    frames: tuple[Frame, ...] = ()
    includes: tuple[Related, ...] = ()
    live: bool = True
    refusal: tuple[str, str] | None = None

    def visible(self) -> Mapping[str, Value]:
        """All the contexts that an expression can use here, `variables` among them."""
        return _Visible(self.contexts, self.variables)

    def literal(self) -> Scope:
        """The scope of values that are the outcome of an expression."""
        if not self.live:
            return self
        return self._with(live=False)

    def inside(self, kind: str, span: Span, detail: str) -> Scope:
        """The scope of the body of a directive."""
        return self._with(frames=(*self.frames, Frame(kind, span, detail)))

    def looping(self, name: str, value: Value, frame: Frame) -> Scope:
        """The scope of one turn of an `each`."""
        return self._with(
            contexts={**self.contexts, name: value},
            names=self.names if name in self.names else self.names | {name},
            frames=(*self.frames, frame),
        )

    def included_by(self, includes: tuple[Related, ...]) -> Scope:
        """The same scope, for text that came another way."""
        return self._with(includes=includes)

    def with_parameters(self, parameters: Object) -> Scope:
        """The scope of a file once its parameters are bound."""
        return self._with(contexts={"parameters": parameters})

    def with_own_variables(self) -> Scope:
        """The scope of a stage or job, whose variables are seen by nothing outside it."""
        return self._with(variables=self.variables.copy())

    def without_directives(self, what: str, service_text: str) -> Scope:
        """The scope of a part in which directives are refused."""
        return self._with(refusal=(what, service_text))

    def _with(
        self,
        *,
        contexts: Mapping[str, Value] | None = None,
        names: frozenset[str] | None = None,
        variables: Variables | None = None,
        frames: tuple[Frame, ...] | None = None,
        live: bool | None = None,
        includes: tuple[Related, ...] | None = None,
        refusal: tuple[str, str] | None = None,
    ) -> Scope:
        return Scope(
            self.place,
            self.contexts if contexts is None else contexts,
            self.names if names is None else names,
            self.variables if variables is None else variables,
            self.frames if frames is None else frames,
            self.includes if includes is None else includes,
            self.live if live is None else live,
            refusal or self.refusal,
        )


class _Visible(Mapping[str, Value]):
    """The contexts of a scope. `variables` is made when an expression reads it: few do."""

    __slots__ = ("_contexts", "_variables")

    def __init__(self, contexts: Mapping[str, Value], variables: Variables) -> None:
        self._contexts = contexts
        self._variables = variables

    def __getitem__(self, name: str) -> Value:
        return self._variables.value() if name == "variables" else self._contexts[name]

    def __iter__(self) -> Iterator[str]:
        return iter((*self._contexts, "variables"))

    def __len__(self) -> int:
        return len(self._contexts) + 1


TEMPLATE_NAMES = frozenset({"parameters", "variables"})
"""The contexts every template expression can use."""


@lru_cache(1024)
def is_taken(name: str, names: frozenset[str]) -> bool:
    """Whether a loop variable may not be called so: contexts, loop variables around, functions."""
    folded = fold_case(name)
    return any(fold_case(other) == folded for other in (*names, *GENERAL))


def file_scope(
    place: Place,
    parameters: Object,
    variables: Variables,
    frames: tuple[Frame, ...] = (),
    includes: tuple[Related, ...] = (),
) -> Scope:
    """The scope of a whole file with the parameters bound for it."""
    return Scope(place, {"parameters": parameters}, TEMPLATE_NAMES, variables, frames, includes)
