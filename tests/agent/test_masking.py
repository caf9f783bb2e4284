"""Masking: every form of a secret, in every stream, wherever it is cut."""

import base64
import json
import shlex
import subprocess
import urllib.parse
from itertools import pairwise
from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.agent.masking import MASK, MaskedStream, Masker

SECRET = "p@ss w0rd/+'\"$`\\<&>%;]ü"
PEM = (
    "-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEF\nAASCBKcwggSjAgEAAoIBAQC7\n-----END KEY-----"
)
PRINCIPAL = json.dumps(
    {"clientId": "11111111", "clientSecret": "Zq8~topsecret~value", "tenantId": "22222222"}
)


def masker(*secrets, minimum=6):
    made = Masker(minimum)
    for secret in secrets:
        made.add(secret)
    return made


@pytest.mark.parametrize(
    ("secrets", "text", "masked"),
    [
        (["def"], "abcdefg", "abc***g"),
        (["bcd", "efg"], "abcdefgh", "a***h"),
        (["bcd", "cde"], "abcdef", "a***f"),
        (["abcdef", "cd"], "abcdef", "***"),
        (["abc"], "abc abc", "*** ***"),
        (["abc"], "", ""),
        ([], "abc", "abc"),
    ],
)
def test_overlapping_and_adjacent_matches_are_one_mask(secrets, text, masked):
    """The cases of the Azure agent's SecretMaskerL0."""
    assert masker(*secrets, minimum=1).mask_line(text) == masked


def bash(script, **variables):
    return subprocess.run(
        ["bash", "-c", script],
        env={"PATH": "/usr/bin:/bin", **variables},
        capture_output=True,
        check=True,
    )


@pytest.mark.parametrize(
    "form",
    [
        SECRET,
        json.dumps(SECRET)[1:-1],
        json.dumps(SECRET, ensure_ascii=False)[1:-1],
        json.dumps({"a": SECRET}),
        urllib.parse.quote(SECRET),
        urllib.parse.quote(SECRET, safe=""),
        urllib.parse.quote(SECRET, safe="").lower(),
        urllib.parse.quote_plus(SECRET),
        escape(SECRET),
        escape(SECRET, {'"': "&quot;"}),
        escape(SECRET, {'"': "&quot;", "'": "&#39;"}),
        SECRET.replace("\\", "\\\\"),
        SECRET.replace("'", "''"),
        shlex.quote(SECRET),
        SECRET.replace("%", "%AZP25").replace(";", "%3B").replace("]", "%5D"),
        SECRET.replace("%", "%25"),
        base64.b64encode(SECRET.encode()).decode(),
        base64.urlsafe_b64encode(SECRET.encode()).decode(),
        SECRET.encode().hex(),
        SECRET.encode().hex().upper(),
    ],
)
def test_every_escaped_form_is_masked(form):
    masked = masker(SECRET).mask_line(f"before {form} after")
    assert MASK in masked
    left = masked.removeprefix("before ").removesuffix(" after").replace(MASK, "")
    assert left.strip("'\"{}a: =") == ""


@pytest.mark.parametrize("prefix", ["", "u", "us", "use", "user:"])
@pytest.mark.parametrize("suffix", ["", "!", "!!", "!!!"])
def test_base64_of_something_longer_shows_no_more_than_its_edges(prefix, suffix):
    secret = "correct-horse-battery"
    text = base64.b64encode((prefix + secret + suffix).encode()).decode()
    masked = masker(secret).mask_line(text)
    core = base64.b64encode(secret.encode()).decode()
    assert MASK in masked
    assert len(masked.replace(MASK, "")) <= len(text) - (len(core) - 6)


def test_wrapped_base64_is_masked_line_by_line():
    secret = "k" * 30 + "0123456789" * 9
    lines = bash('printf %s "$S" | base64', S=secret).stdout.decode().splitlines()
    assert len(lines) == 3
    made = masker(secret)
    assert [made.mask_line(line) for line in lines] == [MASK] * 3


def test_shell_trace_is_masked():
    trace = bash('set -x; : "$S"; printf "%q" "$S"', S='it\'s $HOME "x" & more').stderr.decode()
    for line in trace.splitlines():
        assert "more" not in masker('it\'s $HOME "x" & more').mask_line(line)


def test_printf_q_is_masked():
    secret = "two words & 'quotes'"
    printed = bash('printf "%q\n" "$S"', S=secret).stdout.decode().strip()
    assert masker(secret).mask_line(printed) == MASK


def test_each_line_of_a_multi_line_secret_is_masked():
    made = masker(PEM)
    assert [made.mask_line(line) for line in PEM.splitlines()] == [MASK] * 4


def test_a_multi_line_secret_is_masked_in_its_one_line_forms():
    made = masker(PEM)
    for text in (json.dumps(PEM), PEM.replace("\n", "%0A"), PEM.replace("\n", "\\n"), repr(PEM)):
        assert "MIIE" not in made.mask_line(text)


def test_short_lines_of_a_multi_line_secret_are_not_masked():
    made = masker("{\n  abc\n}\nlong enough line")
    assert made.mask_line("{ abc }") == "{ abc }"
    assert made.mask_line("a long enough line") == "a ***"


def test_the_secret_members_of_a_json_secret_are_masked():
    pretty = json.dumps(json.loads(PRINCIPAL), indent=2).splitlines()
    masked = "\n".join(map(masker(PRINCIPAL).mask_line, pretty))
    assert "topsecret" not in masked
    assert '"clientId": "11111111"' in masked


def test_a_secret_shorter_than_six_is_refused_and_said_so():
    made = Masker()
    assert not made.add("abcde")
    assert made.add("abcdef")
    assert made.mask_line("abcde abcdef") == "abcde ***"


def test_no_form_shorter_than_four_is_masked():
    made = masker("a", minimum=1)
    assert made.mask_line("61 YQ==") == "61 ***"


def test_surrounding_white_space_and_quotes_do_not_matter():
    made = masker(' "hunter2hunter2"\n')
    assert made.mask_line("x hunter2hunter2 y") == "x *** y"


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("clone https://user:tok3n@host/x", "clone https://user:***@host/x"),
        ("https://:tok3n@host", "https://:***@host"),
        ("https://user@host/x", "https://user@host/x"),
        ("mail me@host", "mail me@host"),
        ("http://a:b@c and http://d:e@f", "http://a:***@c and http://d:***@f"),
    ],
)
def test_passwords_in_addresses_are_masked_without_being_registered(text, masked):
    assert Masker().mask_line(text) == masked


def test_a_secret_added_later_is_masked_from_then_on():
    made = masker("first-secret")
    assert made.mask_line("second-secret") == "second-secret"
    made.add("second-secret")
    assert made.mask_line("first-secret second-secret") == "*** ***"


def test_text_that_is_not_unicode_does_not_stop_the_masker():
    made = masker("secret\udc80value", "ordinary-secret")
    assert made.mask_line("an ordinary-secret \ufffd") == "an *** \ufffd"


@pytest.mark.parametrize("size", [1, 2, 3, 5, 8, 13])
def test_a_secret_cut_at_any_byte_is_masked_in_a_stream(size):
    made = masker("secret-one", "two-secret")
    text = "a secret-one b secret-onetwo-secret c two-secretsecret-one"
    stream = MaskedStream(made)
    pieces = [text[i : i + size] for i in range(0, len(text), size)]
    masked = "".join(stream.feed(piece, last=False) for piece in pieces) + stream.feed(
        "", last=True
    )
    assert masked == made.mask_line(text)


@given(st.text(alphabet="abc", max_size=60), st.lists(st.integers(0, 60), max_size=5))
def test_a_stream_masks_as_the_whole_text_is_masked(text, cuts):
    made = masker("abc", "bcab", "aaa", "cc", minimum=1)
    stream = MaskedStream(made)
    edges = [0, *sorted(min(cut, len(text)) for cut in cuts), len(text)]
    pieces = [text[a:b] for a, b in pairwise(edges)]
    masked = "".join(stream.feed(piece, last=False) for piece in pieces) + stream.feed(
        "", last=True
    )
    assert masked == made.mask_line(text)


def test_a_stream_holds_back_no_more_than_the_longest_form():
    made = masker("aaaaaa")
    stream = MaskedStream(made)
    for _ in range(50):
        stream.feed("a" * 10_000, last=False)
    assert len(stream._held) < made.longest
    assert stream.feed("b", last=True) == "b"


def test_many_secrets_in_every_form_leave_nothing():
    """S8: 500 secrets, each printed raw and encoded in a line of other text."""
    secrets = [f"S3cret/{number:03}+{'xyz'[number % 3] * (number % 17)}=" for number in range(500)]
    made = masker(*secrets)
    for number, secret in enumerate(secrets):
        encoded = base64.b64encode(f"{'u' * (number % 3)}{secret}".encode()).decode()
        quoted = urllib.parse.quote(secret, safe="")
        line = f"a {secret} b {encoded} c {quoted} d {secret.encode().hex()}"
        masked = made.mask_line(line)
        left = masked.replace(MASK, "")
        assert secret not in left
        assert len(left) < len("a  b  c  d ") + 10


@given(st.text(min_size=6, max_size=40).filter(lambda text: len(text.strip()) >= 6))
def test_no_secret_is_printed_raw(secret):
    printed = masker(secret).mask_line(f"<{secret}>")
    assert secret not in printed


def test_a_secret_that_begins_as_json_of_any_depth_is_masked():
    secret = '{"a":' * 50_000
    assert masker(secret).mask_line(f"<{secret}>") == "<***>"
