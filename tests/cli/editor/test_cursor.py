"""What stands around a cursor, in text that is half written."""

from __future__ import annotations

import pytest

from penstock.cli.editor.cursor import cursor_at

CASES = {
    # text with the cursor as |: path, kind, prefix, the keys beside
    "|": ("", "key", "", ""),
    "tri|": ("", "key", "tri", ""),
    "pool: a\n|\nsteps: b": ("", "key", "", "pool steps"),
    "trigger: |": ("trigger", "value", "", "trigger"),
    "trigger: no|ne": ("trigger", "value", "no", "trigger"),
    "a: 'x|": ("a", "value", "x", "a"),
    "steps:\n- |": ("steps -", "key", "", ""),
    "steps:\n  - |": ("steps -", "key", "", ""),
    "steps:\n-|": ("steps -", "key", "", ""),
    "steps:\n- script: a\n  na|\n  env: b": ("steps -", "key", "na", "script env"),
    "steps:\n- script: a\n  |": ("steps -", "key", "", "script"),
    "steps:\n- script: a\n- |": ("steps -", "key", "", ""),
    "steps:\n- task: A\n  inputs:\n    |": ("steps - inputs", "key", "", ""),
    "steps:\n- task: A\n  inputs:\n    x: |": ("steps - inputs x", "value", "", "x"),
    "dependsOn: [A, B|": ("dependsOn -", "value", "B", "dependsOn"),
    "dependsOn: [|": ("dependsOn -", "value", "", "dependsOn"),
    "pool: { name: a, vm|": ("pool", "key", "vm", "name"),
    "pool: { name: |": ("pool name", "value", "", "name"),
    "steps:\n- script: |-\n    foo: bar\n    ba|": ("steps - script", "text", "    ba", "script"),
    "steps:\n- ${{ if x }}:\n  - |": ("steps -", "key", "", ""),
    "steps:\n- ${{ if x }}:\n  - ${{ each a in b }}:\n    - script: |": (
        "steps - script", "value", "", "script"),
    "stages:\n- ${{ each a in b }}:\n    stage: x\n    |": ("stages -", "key", "", "stage"),
    "variables:\n  ${{ if x }}:\n    a: |": ("variables a", "value", "", "a"),
    "a:\n  b: 1\n# note\n\n  |": ("a", "key", "", "b"),
    "a:\n- - |": ("a - -", "key", "", ""),
    "'a b': |": ("a b", "value", "", "a b"),
    "steps: [[{{ - &x *y |": ("steps - -", "key", "- &x *y", ""),
    "steps: [{ task: A, inputs: { x|": ("steps - inputs", "key", "x", ""),
    "steps: [{ task: A, inputs: { x: 1, y: |": ("steps - inputs y", "value", "", "x y"),
    "steps:\n- { task: A, |": ("steps -", "key", "", "task"),
    "steps:\n- { task: A, inputs: { x: 1 }, |": ("steps -", "key", "", "task inputs"),
    "steps:\n- { task: A, inputs: { m: '}', n: ${{ c }}, |": ("steps - inputs", "key", "", "m n"),
    "stages: [{ stage: A }, { stage: B, dependsOn: [|": (
        "stages - dependsOn -", "value", "", "stage dependsOn"),
    "pool: { name: a } |": ("pool", "value", "{ name: a }", "pool"),
}  # fmt: skip


@pytest.mark.parametrize("text", CASES)
def test_cursor(text: str) -> None:
    path, kind, prefix, keys = CASES[text]
    before, after = text.rsplit("|", 1) if text.count("|") == 1 else (text[:-1], "")
    lines = (before + after).split("\n")
    found = cursor_at(lines, before.count("\n"), len(before.rpartition("\n")[2]))
    assert (" ".join(found.path), found.kind, found.prefix) == (path, kind, prefix)
    assert list(found.siblings) == ([keys] if keys == "a b" else keys.split())
