"""What a YAML text becomes: raw text, styles, a place on every part, plain values on request."""

import hypothesis.strategies as st
import pytest
import yaml as pyyaml
from hypothesis import given

from penstock.language.places import place_in
from penstock.language.source import Source, decode
from penstock.language.yaml import (
    Limits,
    Mapping,
    Scalar,
    Sequence,
    parse,
    plain_value,
    to_python,
)


def tree(text, **options):
    document = parse(Source("file.yml", text), **options)
    assert document.diagnostics == ()
    return document.root


def place(node):
    span = node.span
    return (span.line, span.column, span.end_line, span.end_column)


def outline(node):
    match node:
        case Scalar():
            return node.value
        case Sequence():
            return [outline(item) for item in node.items]
        case Mapping():
            return [(entry.key.value, outline(entry.value)) for entry in node.entries]


def test_text_is_kept_as_it_is_written():
    text = "a: 1.10\nb: on\nc: 007\nd: 12:30:45\ne: 1_000\nf: 2026-11-22\ng: Null\n"
    values = [entry.value.value for entry in tree(text).entries]
    assert values == ["1.10", "on", "007", "12:30:45", "1_000", "2026-11-22", "Null"]


@pytest.mark.parametrize(
    ("written", "style", "value"),
    [
        ("x y", "plain", "x y"),
        ("'it''s'", "single", "it's"),
        ('"a\\tb"', "double", "a\tb"),
        ("|\n  a\n   b\n", "literal", "a\n b\n"),
        (">-\n  a\n  b\n", "folded", "a b"),
    ],
)
def test_the_style_is_kept(written, style, value):
    scalar = tree(f"key: {written}").get("key")
    assert (scalar.style, scalar.value) == (style, value)


def test_every_key_and_value_has_its_place():
    text = "steps:\n- script: |\n    echo a\n\n    echo b\n\n# comment\n  env: {A: 'x', B: }\n- \n"
    root = tree(text)
    assert place(root) == (1, 1, 9, 2)
    steps = root.entries[0]
    assert place(steps.key) == (1, 1, 1, 6)
    assert place(steps.value) == (2, 1, 9, 2)
    step, empty = steps.value.items
    assert place(step) == (2, 3, 8, 21)
    assert [place(entry.key) for entry in step.entries] == [(2, 3, 2, 9), (8, 3, 8, 6)]
    assert place(step.get("script")) == (2, 11, 5, 11)
    assert place(step.get("env")) == (8, 8, 8, 21)
    assert place(step.get("env").get("A")) == (8, 12, 8, 15)
    assert place(step.get("env").get("B")) == (8, 20, 8, 20)
    assert place(empty) == (9, 2, 9, 2)


def test_lines_may_end_in_carriage_returns_and_begin_with_a_byte_order_mark():
    root = tree("\ufeffa: |\r\n  x\r\n  y\r\nb: z\r\n")
    assert outline(root) == [("a", "x\ny\n"), ("b", "z")]
    assert place(root.entries[0].key) == (1, 1, 1, 2)
    assert place(root.get("a")) == (1, 4, 3, 4)
    assert place(root.get("b")) == (4, 4, 4, 5)


def test_columns_count_characters():
    root = tree('"é😀": x\n')
    assert place(root.entries[0].key) == (1, 1, 1, 5)
    assert place(root.get("é😀")) == (1, 7, 1, 8)


@pytest.mark.parametrize("text", ["", "\n", "# only a comment\n", "\ufeff"])
def test_an_empty_text_has_no_root(text):
    assert tree(text) is None


def test_a_document_may_be_marked():
    assert outline(tree("%YAML 1.1\n---\na: 1\n...\n")) == [("a", "1")]


def test_an_entry_is_found_by_key_with_or_without_case():
    root = tree("Steps: a\nsteps2: b\n")
    assert root.get("steps") is None
    assert root.get("steps", ignore_case=True).value == "a"
    assert root.entry("steps2").key.value == "steps2"


@pytest.mark.parametrize("text", ["a:", "a: ~", "a: null", "a: NULL", "a: !!null x"])
def test_nothing_is_null(text):
    assert tree(text).get("a").is_null


@pytest.mark.parametrize("text", ["a: ''", 'a: "null"', "a: nil", "a: |\n", "a: !!str null"])
def test_text_is_not_null(text):
    assert not tree(text).get("a").is_null


def test_keys_with_expressions_may_repeat():
    text = (
        "${{ if a }}:\n  x: 1\n${{ else }}:\n  x: 2\n${{ if b }}:\n  y: 1\n${{ else }}:\n  y: 2\n"
        "${{ insert }}: ${{ a }}\n${{ insert }}: ${{ b }}\n"
    )
    keys = [entry.key.value for entry in tree(text).entries]
    assert keys.count("${{ else }}") == keys.count("${{ insert }}") == 2


# Values that PyYAML's safe_load resolves; the library itself is the oracle.
SCALARS = """
yes No TRUE false on Off y n 1 -1 +1 0 007 0o7 0x1F 0b11 1_000 0b_ 09 1,000 12:30:45 1:2.5
1.5 1. .5 1e3 1e5 1.0e+3 -.inf .NaN 1.2.3 ~ null Null NULL nUll + . abc = << _1 true_ é
"""


@pytest.mark.parametrize("text", SCALARS.split())
def test_plain_values_are_those_of_safe_load(text):
    found = plain_value(tree(f"a: {text}").get("a"))
    try:
        expected = pyyaml.safe_load(f"a: {text}")["a"]
    except (pyyaml.YAMLError, ValueError):
        expected = text
    assert (type(found), repr(found)) == (type(expected), repr(expected))


@pytest.mark.parametrize("text", ["'1'", '"true"', "|\n  1\n", "!!str 1", "! 1"])
def test_quoted_and_tagged_text_stays_text(text):
    assert isinstance(plain_value(tree(f"a: {text}").get("a")), str)


def test_a_tag_decides_the_value():
    root = tree(
        "a: !!int '12'\nb: !!float 1\nc: !!bool 'yes'\nd: !!null x\ne: !!map {f: !!seq [1]}"
    )
    assert to_python(root) == {"a": 12, "b": 1.0, "c": True, "d": None, "e": {"f": [1]}}


def test_a_date_stays_text():
    assert to_python(tree("a: 2026-11-22\n")) == {"a": "2026-11-22"}


def test_an_absurdly_long_number_stays_text():
    assert to_python(tree("a: " + "9" * 5000)) == {"a": "9" * 5000}


@pytest.mark.parametrize(
    "text",
    [
        "base: &b {x: 1, y: 2}\nc: {<<: *b, y: 3, z: 4}\n",
        "a: &a {x: 1, y: 1}\nb: &b {y: 2, z: 2}\nc: {<<: [*a, *b], z: 3}\n",
        "a: &a {x: 1}\nc:\n  y: 2\n  <<: *a\n  x: 3\n",
        "a: &a {x: 1}\nb: &b {<<: *a, y: 2}\nc: {<<: *b}\nd: *b\n",
        "c: {<<: {x: 1}, '<<': quoted}\n",
        "a: &a [1, &b 2]\nc: [*a, *b]\n",
        "a: 1\nb: 2\n",
    ],
)
def test_anchors_are_expanded_as_safe_load_does(text):
    found = to_python(tree(text, anchors=True))
    expected = pyyaml.safe_load(text)
    assert found == expected
    assert [list(value) for value in found.values() if isinstance(value, dict)] == [
        list(value) for value in expected.values() if isinstance(value, dict)
    ]


def test_a_repeated_key_counts_last_when_read_like_safe_load():
    document = parse(Source("job.yml", "a: 1\nA: 2\na: 3\n"), anchors=True)
    assert to_python(document.root) == {"a": 3, "A": 2}
    assert [(str(d.span), d.severity) for d in document.diagnostics] == [("job.yml:3:1", "warning")]


def test_limits_may_be_given():
    assert outline(tree("[[a]]", limits=Limits(characters=5, depth=2, events=5))) == [["a"]]


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("a: some plain text", "plain"),
        ("a: 'it''s single text'", "single"),
        ('a: "esc\\t\\u00e9\\x41 double \\U0001F600 text"', "double"),
        ('a: "esc\\t\\u00e9\\x41 double \\U0001F600 text"', "text"),
        ('a: "one \\\n   two three"', "three"),
        ("a: |\n  first line\n    second line\n", "second"),
        ("a: |2+\r\n  first line\r\n  second line\r\n", "second"),
        ("a: >\n  first line\n  second line\n\n  third\n", "third"),
        ("a: plain text\n  that goes on\n\n  and on", "goes"),
        ("a: plain text\n  that goes on\n\n  and on", "and"),
        ("a: !!str &x 'tagged text'", "text"),
        ("\ufeffa:\r\n  b: 'éé here'", "here"),
    ],
)
def test_a_place_in_a_value_is_found_in_the_file(text, part):
    root = tree(text, anchors=True)
    scalar = root.get("a") if isinstance(root.get("a"), Scalar) else root.get("a").get("b")
    start = scalar.value.index(part)
    span = place_in(scalar.value, scalar.span, start, len(part))
    line = text.removeprefix("\ufeff").splitlines()[span.line - 1]
    assert span.line == span.end_line
    assert line[span.column - 1 : span.end_column - 1] == part


def test_a_part_is_found_where_it_stands_and_not_where_the_same_text_stands_before():
    scalar = tree("a: 'eq(''prod'', prod)'\n").get("a")
    assert place_of(place_in(scalar.value, scalar.span, 11, 4)) == (1, 18, 1, 22)


def test_a_part_of_a_value_that_an_expression_gave_is_looked_for_in_its_lines():
    scalar = tree("a: and(${{ parameters.x }}, bogus)\n").get("a")
    value = "and(eq(1, 1), bogus)"
    assert place_of(place_in(value, scalar.span, 14, 5)) == (1, 29, 1, 34)


def test_a_part_that_the_file_does_not_show_is_the_whole_scalar():
    scalar = tree("a: ${{ parameters.x }}\n").get("a")
    assert place_in("and(bogus)", scalar.span, 4, 5) == scalar.span


def place_of(span):
    return (span.line, span.column, span.end_line, span.end_column)


def test_bytes_are_decoded_as_utf8():
    source, fault = decode("\ufeffé".encode(), "a.yml")
    assert (source.text, fault) == ("é", None)


@given(
    st.text(st.sampled_from("ab'\"\\é: \n\t#-\x07"), min_size=1),
    st.sampled_from([None, "'", '"', "|", ">"]),
)
def test_every_visible_character_of_a_value_is_found_where_it_is_written(value, style):
    text = pyyaml.dump([value], default_style=style, allow_unicode=True, width=20)
    scalar = tree(text).items[0]
    assert scalar.value == value
    for index, character in enumerate(value):
        if character in "abé:#-":
            span = place_in(value, scalar.span, index, 1)
            assert text.split("\n")[span.line - 1][span.column - 1] == character
