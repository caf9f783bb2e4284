"""A canonical tree as text: it reads back as the same tree, and looks like the service's."""

import hypothesis.strategies as st
import pytest
from hypothesis import given

from penstock.language.canonical import dump
from penstock.language.source import Source, Span
from penstock.language.yaml import Entry, Mapping, Scalar, Sequence, parse

SPAN = Span(Source("made up", ""), 1, 1, 1, 1)
ODD = """
~|null|- a|a: b|a #b|'|"| a|a |%a|@a|{a|[a|*a|&a|!a|?|---|...|--- a|... a|1.10|yes|$(a)|${{ a }}
|$[ a ]|a:|:|# a
""".replace("\n", "").split("|")
LINES = ["a\nb", "a\nb\n", "a\n\n", "\n", "a\n  b\n", "  a\nb", "a\t\nb", "a\n...\nb", "a\n# b"]
RARE = ["", "|", "\ta", "\x85", "a\u2028b", "\ufeff", "\r", "a\rb", "a\n---\nb", "# a\nb"]
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20) | st.sampled_from(
    [*ODD, *LINES, *RARE]
)


def scalar(text):
    return Scalar(text, SPAN, "single")


def mapping(pairs):
    kept = {key.casefold().upper(): (key, value) for key, value in pairs}
    return Mapping(tuple(Entry(scalar(key), value) for key, value in kept.values()), SPAN)


TREES = st.recursive(
    TEXTS.map(scalar),
    lambda inner: (
        st.lists(inner, max_size=4).map(lambda items: Sequence(tuple(items), SPAN))
        | st.lists(st.tuples(TEXTS.filter(lambda key: key != "<<"), inner), max_size=4).map(mapping)
    ),
    max_leaves=12,
)


def values(node):
    match node:
        case Scalar():
            return "" if node.is_null else node.value
        case Sequence():
            return [values(item) for item in node.items]
        case Mapping():
            return [(entry.key.value, values(entry.value)) for entry in node.entries]


@given(TREES)
def test_a_printed_tree_reads_back_as_the_same_tree(tree):
    again = parse(Source("again.yml", dump(tree)))
    assert again.diagnostics == ()
    assert values(again.root) == values(tree)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("echo hello", "a: echo hello\n"),
        ("", "a: ''\n"),
        ("null", "a: 'null'\n"),
        ("it's: so", "a: 'it''s: so'\n"),
        ("1.10", "a: 1.10\n"),
        ("**", "a: '**'\n"),
        ("one\ntwo\n", "a: |\n  one\n  two\n"),
        ("one\ntwo", "a: |-\n  one\n  two\n"),
        ("\x00", 'a: "\\x00"\n'),
    ],
)
def test_how_a_text_is_written(value, text):
    assert dump(mapping([("a", scalar(value))])) == text


def test_lists_begin_in_the_column_of_their_key():
    inner = mapping([("script", scalar("x")), ("env", mapping([("A", scalar("1"))]))])
    tree = mapping([("steps", Sequence((inner, Sequence((), SPAN), mapping([])), SPAN))])
    assert dump(tree) == "steps:\n- script: x\n  env:\n    A: 1\n- []\n- {}\n"
