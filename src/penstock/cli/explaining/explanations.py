"""Why a stage, job or step ran or did not, as text. Pure: reasons in, lines out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from penstock.agent.simulation import SimulatedStep
from penstock.cli.explaining.evaluated import BAD, BOLD, DIM, GOOD, WARNING, Paint, part_lines
from penstock.cli.explaining.tree import MARKS
from penstock.engine.events import Result
from penstock.engine.explanations import Reason, result_phrase
from penstock.engine.requests import DEFAULT_CONDITION
from penstock.engine.state import NodeState, Phase
from penstock.engine.status import GOOD as SUCCESS
from penstock.language.expressions.reasons import Part, Ways, decisive, fact
from penstock.records import record

_CODES = {"succeeded": GOOD, "succeededWithIssues": WARNING, "failed": BAD, "abandoned": BAD}
_TO_RUN = ("it would have run if", "it would run if")
OUTPUTS_ARE_LATE = (
    "outputs are known only in a run; --assume-output STAGE/JOB.STEP.VARIABLE=VALUE gives one"
)
LEGS_ARE_LATE = "its legs are known only in a run"


@record
class Telling:
    """How to tell it: `is_past` for a run that was, else a hypothetical one; `place` is where the
    thing stands in the YAML, where that is known; `assumed` whether its result was assumed."""

    paint: Paint
    is_past: bool
    title: str
    place: str = ""
    assumed: bool = False

    def verb(self, result: Result | None, was_queued: bool) -> str:
        """`was skipped`, `would run`, `ran and failed`."""
        if result is Result.SKIPPED:
            return "was skipped" if self.is_past else "would be skipped"
        if result is Result.ABANDONED and not was_queued:
            return "was abandoned" if self.is_past else "would be abandoned"
        if not self.is_past:
            good = result in (None, Result.SUCCEEDED)
            return "would run" if good else f"would run and {_would(result)}"
        if result is None:
            return "has not ended" if was_queued else "has not started"
        if not was_queued:
            return result_phrase(result)
        return f"ran and {result_phrase(result)}"


def _would(result: Result | None) -> str:
    words = {Result.FAILED: "fail", Result.SUCCEEDED_WITH_ISSUES: "succeed with issues"}
    return words.get(result, "be canceled") if result is not None else ""


def why_not(reason: Reason) -> str:
    """Why the node does not run, in one line; empty if it does."""
    if reason.never_asked is not None:
        return f"{reason.never_asked.node.key} does not run"
    if reason.error:
        return f"its condition cannot be evaluated: {first_sentence(reason.error)}"
    if reason.holds is False and reason.part is not None:
        return "; ".join(dict.fromkeys(fact(part) for part in decisive(reason.part)))
    return ""


def first_sentence(error: str) -> str:
    """A service text without its place and its link."""
    return error.split(". For more help", 1)[0].split(". Located at", 1)[0]


def explain_node(reason: Reason, telling: Telling) -> str:
    """The whole explanation of a stage or job whose condition was looked at."""
    node = reason.node
    lines = [*_head(telling, node.result, node.queued_at is not None)]
    if telling.assumed:
        lines += ["", "  this is assumed, not decided (--assume)"]
    elif node.phase is Phase.FINISHED or not telling.is_past:
        lines += _condition(reason, telling)
    lines += _dependencies("it depends on", reason.dependencies, telling.paint)
    lines += _dependencies("and further back on", reason.earlier, telling.paint)
    lines += _only_further_back(reason, telling.paint)
    if node.result is Result.SKIPPED and node.queued_at is not None:
        verb = "ran" if telling.is_past else "would run"
        lines += ["", f"  but nothing in it {verb}; explain a job of it"]
    elif not telling.assumed:
        lines += _ways(reason.ways, _other_outcome(reason, telling))
    if not telling.is_past and _lacks_output(reason):
        lines += ["", f"  {telling.paint(DIM, 'note')}: {OUTPUTS_ARE_LATE}"]
    return "\n".join(lines)


def _lacks_output(reason: Reason) -> bool:
    parts = [reason.part, *(derived.part for derived in reason.derived)]
    return any(has_note(part, "set no output") for part in parts if part is not None)


def has_note(part: Part, words: str) -> bool:
    """Whether the note of the part, or of one in it, has these words."""
    return words in part.note.text or any(has_note(child, words) for child in part.children)


def _head(
    telling: Telling, result: Result | None, was_queued: bool, verb: str = ""
) -> Iterator[str]:
    verb = verb or telling.verb(result, was_queued)
    code = _CODES.get(str(result), WARNING)
    yield f"{telling.paint(BOLD, telling.title)} {telling.paint(code, verb)}"
    if telling.place:
        yield f"  {telling.paint(DIM, '-->')} {telling.place}"


def _condition(reason: Reason, telling: Telling) -> Iterator[str]:
    yield ""
    yield f"  its condition {_held(reason, telling)}"
    if reason.part is None:
        yield f"  {reason.condition}"
    else:
        yield from (f"  {line}" for line in part_lines(reason.part, telling.paint))
    yield from _error(reason.error, reason.help, telling.paint)
    for derived in reason.derived:
        yield ""
        yield f"  where variables['{derived.name}'] is $[ {derived.text} ]"
        if derived.part is not None:
            yield from (f"  {line}" for line in part_lines(derived.part, telling.paint))
        if derived.error:
            yield f"  {telling.paint(BAD, 'error')}: {first_sentence(derived.error)}"


def _error(error: str, help: str, paint: Paint) -> Iterator[str]:
    if not error:
        return
    yield ""
    yield f"  {paint(BAD, 'error')}: {first_sentence(error)}"
    if help:
        yield f"   {paint(DIM, '= help:')} {help}"


def _held(reason: Reason, telling: Telling) -> str:
    default = " (the default)" if reason.condition.strip() == DEFAULT_CONDITION else ""
    if reason.holds is None:
        return f"cannot be evaluated{default}"
    if telling.is_past:
        return f"{'held' if reason.holds else 'did not hold'}{default}"
    return f"{'holds' if reason.holds else 'does not hold'}{default}"


def _dependencies(lead: str, nodes: Sequence[NodeState], paint: Paint) -> Iterator[str]:
    if not nodes:
        return
    yield ""
    yield f"  {lead}"
    width = max(len(node.node.key) for node in nodes)
    for node in nodes:
        word = str(node.result or node.phase)
        mark = paint(_CODES.get(word, WARNING), MARKS.get(word, "·"))
        yield f"  {mark} {node.node.key.ljust(width)}  {word}"


def _only_further_back(reason: Reason, paint: Paint) -> Iterator[str]:
    """That a success is not enough which is all that `dependsOn` shows."""
    direct, earlier = reason.dependencies, reason.earlier
    is_default = reason.condition.strip() == DEFAULT_CONDITION
    if not is_default or any(d.result not in SUCCESS for d in direct):
        return
    if any(d.result not in SUCCESS for d in earlier):
        names = ", ".join(f"'{node.node.key}'" for node in direct)
        yield ""
        yield (
            f"  {paint(DIM, 'note')}: succeeded() asks about all that comes before; "
            f"succeeded({names}) would ask about {'these' if len(direct) > 1 else 'this one'} alone"
        )


def _other_outcome(reason: Reason, telling: Telling) -> str:
    if reason.holds is None:
        return ""
    if reason.holds:
        return "it would have been skipped if" if telling.is_past else "it would be skipped if"
    return "it would have run if" if telling.is_past else "it would run if"


def _ways(ways: Ways, lead: str) -> Iterator[str]:
    useful = [way for way in dict.fromkeys(tuple(dict.fromkeys(way)) for way in ways) if way]
    if lead.startswith(_TO_RUN) and not ways:
        yield from ("", "  nothing in a run could make its condition hold")
    if not useful or not lead:
        return
    yield ""
    yield f"  {lead}"
    for number, way in enumerate(useful):
        yield f"  {'or' if number else '  '} {' and '.join(way)}"


def explain_step(
    step: SimulatedStep,
    telling: Telling,
    ways: Callable[[Part, bool], Ways],
    remarks: Sequence[str] = (),
) -> str:
    """The whole explanation of a step; `remarks` say what is not known."""
    verb = ("failed" if telling.is_past else "would fail") if step.error else ""
    if not step.is_certain and not telling.is_past:
        verb = "may run" if step.holds else "may be skipped"
    lines = [*_head(telling, step.result, True, verb)]
    lines += ["", f"  its condition {_step_held(step, telling)}"]
    if step.part is None:
        lines.append(f"  {step.step.condition}")
    else:
        lines += [f"  {line}" for line in part_lines(step.part, telling.paint)]
    lines += _error(step.error, step.help, telling.paint)
    lines += ["", f"  the job before it: {step.status}"]
    if step.part is not None and step.holds is not None:
        lead = {
            (True, True): "it would have been skipped if",
            (True, False): "it would be skipped if",
            (False, True): "it would have run if",
            (False, False): "it would run if",
        }[step.holds, telling.is_past]
        lines += _ways(ways(step.part, not step.holds), lead)
    if remarks:
        lines.append("")
        lines += [f"  {telling.paint(DIM, 'note')}: {remark}" for remark in remarks]
    return "\n".join(lines)


def _step_held(step: SimulatedStep, telling: Telling) -> str:
    default = " (the default)" if step.step.condition.strip() == DEFAULT_CONDITION else ""
    if step.holds is None:
        return f"cannot be evaluated{default}"
    words = {
        (True, True): "held",
        (True, False): "did not hold",
        (False, True): "holds",
        (False, False): "does not hold",
    }
    return words[telling.is_past, step.holds] + default


def why_step_not(step: SimulatedStep) -> str:
    """Why a step does not run, in one line; empty if it does."""
    if step.error:
        return f"its condition cannot be evaluated: {first_sentence(step.error)}"
    if step.holds is False and step.part is not None:
        return "; ".join(dict.fromkeys(fact(part) for part in decisive(step.part)))
    return ""
