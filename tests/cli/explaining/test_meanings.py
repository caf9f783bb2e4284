"""What `penstock explain` says of keywords is said of keywords that there are."""

from penstock.cli.explaining.meanings import DIRECTIVES, MEANINGS
from penstock.cli.explaining.subjects import keywords


def test_every_meaning_is_of_a_keyword() -> None:
    assert set(MEANINGS) <= set(keywords())
    assert not set(DIRECTIVES) & set(keywords())
