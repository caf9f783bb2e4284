"""Pushes in any order: with `batch` no push is lost, and no branch has two runs at a time."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st
from test_trigger_decisions import definition

from penstock.devops.triggers import Going, Outcome, Push, RunCompleted, decide_triggers

BRANCHES = ("main", "dev", "wip/x")
YAML = "trigger:\n  batch: true\n  branches: {include: [main, dev]}\nsteps: []\n"
ACTIONS = st.lists(
    st.one_of(
        st.tuples(st.just("push"), st.sampled_from(BRANCHES)),
        st.tuples(st.just("end"), st.integers(0, 3)),
    ),
    max_size=60,
)


class Service:
    """A service in small: it does what is decided, and keeps what was built."""

    def __init__(self):
        self.pipeline = definition(YAML)
        self.runs = 0
        self.built = []
        self.pushed = {}

    def push(self, branch):
        commit = f"c{len(self.pushed)}.{self.runs}.{len(self.built)}.{len(self.pipeline.held)}"
        ref = f"refs/heads/{branch}"
        event = Push(repository="app", ref=ref, old_commit="a", new_commit=commit)
        (decision,) = decide_triggers(event, [self.pipeline])
        if decision.outcome is not Outcome.NONE:
            self.pushed[ref] = commit
        if decision.outcome is Outcome.HELD:
            self.pipeline = replace(self.pipeline, held=(*self.pipeline.held, event))
        self._start(decision)

    def end(self, number):
        if not self.pipeline.going:
            return
        run = self.pipeline.going[number % len(self.pipeline.going)]
        rest = tuple(other for other in self.pipeline.going if other is not run)
        self.pipeline = replace(self.pipeline, going=rest)
        event = RunCompleted(
            definition="p", repository="app", ref=run.ref, commit="", run=run.run, result="failed"
        )
        (decision,) = decide_triggers(event, [self.pipeline])
        if decision.runs:
            held = tuple(push for push in self.pipeline.held if push.ref != run.ref)
            self.pipeline = replace(self.pipeline, held=held)
        self._start(decision)

    def _start(self, decision):
        if not decision.runs:
            return
        self.runs += 1
        run = Going(run=self.runs, ref=decision.ref, reason=decision.reason)
        self.pipeline = replace(self.pipeline, going=(*self.pipeline.going, run))
        self.built.append((decision.ref, decision.commit))


@settings(max_examples=200, deadline=None)
@given(ACTIONS)
def test_pushes_that_are_batched(actions):
    service = Service()
    for action, argument in actions:
        getattr(service, action)(argument)
        refs = [run.ref for run in service.pipeline.going]
        assert len(refs) == len(set(refs))
    while service.pipeline.going:
        service.end(0)
    assert service.pipeline.held == ()
    assert dict(service.built) == service.pushed  # the newest of each branch was built last
    assert "refs/heads/wip/x" not in dict(service.built)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.sampled_from(["main", "releases/*", "v?", "*", "refs/tags/*", "a/**/b"])),
    st.lists(st.sampled_from(["main", "releases/old*", "*"])),
    st.sampled_from(["main", "releases/old1", "releases/1", "v1", "a/b"]),
)
def test_an_exclude_never_makes_a_run_and_an_include_never_prevents_one(include, exclude, branch):
    def starts(includes, excludes):
        text = (
            f"trigger:\n  branches:\n    include: {includes}\n    exclude: {excludes}\nsteps: []\n"
        )
        event = Push(repository="app", ref=f"refs/heads/{branch}", old_commit="a", new_commit="b")
        return decide_triggers(event, [definition(text)])[0].runs

    with_all = starts(include, exclude)
    if include:
        assert starts(include, []) or not with_all
    assert starts([*include, branch], exclude) or not with_all
