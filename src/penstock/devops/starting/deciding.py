"""One event at a time: what `devops.triggers` decides about it is done, and kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from penstock.devops import triggers
from penstock.devops.definitions import Definition
from penstock.devops.queueing.queue import NotQueued, Queueing
from penstock.devops.queueing.requests import Person, RunRequest
from penstock.devops.sources import SourceMissing
from penstock.devops.starting.book import Decided, Happened, Started, TriggerBook
from penstock.devops.starting.facts import Facts, Place
from penstock.devops.triggers import Decision, Event, Outcome

_NO_FILE = "PS1201"
DRAFT = ":draft"
"""How the key of a pull request ends while that is a draft."""


class Deciding:
    """Decides and does. Not for several threads at once.

    `cancel(run, why)` stops a run that another replaces.
    """

    def __init__(
        self,
        *,
        facts: Facts,
        queueing: Queueing,
        book: TriggerBook,
        cancel: Callable[[int, str], None],
    ) -> None:
        self._facts = facts
        self._queueing = queueing
        self._book = book
        self._cancel = cancel

    def decide(
        self,
        happened: Happened,
        event: Event,
        places: Sequence[Place],
        by: Person,
        more: Mapping[str, str] = {},
    ) -> list[Started]:
        """Decide about each place, do it, and keep the event with all decisions.

        `by` is whom runs are asked for by, `more` are predefined variables of the event.
        """
        decided: list[Decided] = []
        started: list[Started] = []
        for definition, ref, commit in places:
            own = self._queueing.known(_cause(happened, definition))
            facts = self._facts.of(definition, ref, commit, own=own)
            for decision in triggers.decide_triggers(event, [facts]):
                if happened.kind in ("push", "pullRequest") and _lacks_file(decision):
                    why = f"the branch has no file {definition.path.lstrip('/')}"
                    decided.append(_kept(definition, decision, Outcome.NONE, why))
                    continue
                one = self._do(happened, definition, decision, by, more)
                decided.append(one)
                if one.run is not None:
                    started.append(Started(run=one.run, pipeline=definition.name))
        self._book.decide(happened, decided)
        return started

    def _do(
        self,
        happened: Happened,
        definition: Definition,
        decision: Decision,
        by: Person,
        more: Mapping[str, str],
    ) -> Decided:
        if decision.outcome not in (Outcome.RUN, Outcome.FAILED):
            # Only a push is held back; the end of a run may leave it so.
            is_left = decision.outcome is Outcome.HELD and happened.kind != "push"
            outcome = Outcome.NONE if is_left else decision.outcome
            return _kept(definition, decision, outcome, decision.why)
        for run in decision.cancels:
            self._cancel(run, decision.why)
        request = RunRequest(
            definition=definition,
            ref=decision.ref,
            commit=decision.commit,
            reason=_variable(decision.reason or triggers.Reason.INDIVIDUAL_CI),
            requested_by=by,
            cause=_cause(happened, definition),
            resources=decision.sources,
            more={**decision.variables, **more},
        )
        try:
            run = int(self._queueing.queue(request))
        except (NotQueued, SourceMissing) as error:
            return _kept(definition, decision, Outcome.NONE, str(error))
        if decision.reason is triggers.Reason.BATCHED_CI:
            # A push too may come when the run that held others back has just ended: it has theirs.
            self._book.release(definition.id, decision.ref, run)
        return _kept(definition, decision, decision.outcome, decision.why, run)


def _cause(happened: Happened, definition: Definition) -> str:
    """The name of an event for one pipeline: it has one run."""
    return f"{happened.key.removesuffix(DRAFT)}:{definition.id}"


def _kept(
    definition: Definition,
    decision: Decision,
    outcome: Outcome,
    why: str,
    run: int | None = None,
) -> Decided:
    return Decided(
        pipeline=definition.id,
        name=definition.name,
        outcome=str(outcome),
        reason=str(decision.reason or ""),
        why=why,
        place=str(decision.span) if decision.span else "",
        run=run,
    )


def _lacks_file(decision: Decision) -> bool:
    return any(one.code == _NO_FILE and one.span is None for one in decision.diagnostics)


def _variable(reason: triggers.Reason) -> str:
    """A reason as the variable `Build.Reason` has it."""
    text = str(reason)
    return text[:1].upper() + text[1:]
