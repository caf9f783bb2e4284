"""The names a client gives to what a user did not name."""

from __future__ import annotations

from pathlib import PurePath

_LETTERS = "bcdfghjklmnpqrstvwxyz0123456789"
_ADJECTIVES = """
able agile airy alert ample apt azure balmy breezy brisk broad bronze candid cheery chief civil
clear close copper cosy crisp curious daring deep deft early earnest easy even fair fast fine firm
fleet fond free fresh frugal full genial glad golden grand great green hardy honest humble ideal
inner jolly keen kind large light linear lively loyal lucid lunar mellow merry mild modest neat
nimble noble novel open patient placid plain polar proud pure quick quiet rapid ready rosy round
royal rustic sage serene sharp silver simple sleek smart solar solid spry steady stout sturdy
sunny sure swift tidy trim true upbeat vast verdant vivid warm wide wise witty young zesty
"""
_NOUNS = """
acorn alder anchor arch aspen atlas badger barge basin beacon beech birch bridge brook canal
canyon cedar cliff clover cove crane creek curlew dale delta dune eagle egret elm ember falcon
fern finch fjord flume forge fox gate glade glen gorge grove gull harbor hare hawk hazel heron
hill ibis inlet island ivy jay kestrel kite lagoon lake lantern larch lark linden lock loom lynx
maple marsh meadow mill moor moss oak orchard osprey otter owl path peak pebble penstock pine
plain plover pond poplar quarry quay rail reed reef ridge river robin rowan sage seal shore sluice
sparrow spring spruce stone stream summit swan tarn teal tern thistle tide trail trout vale weir
willow wren yew
"""


def job_name(entropy: bytes) -> str:
    """A name such as `brisk_heron_b7k2m9x0qz`, in the form of Azure's client.

    `entropy`: at least 14 random bytes.
    """
    adjectives, nouns = _ADJECTIVES.split(), _NOUNS.split()
    adjective = adjectives[int.from_bytes(entropy[:2], "big") % len(adjectives)]
    noun = nouns[int.from_bytes(entropy[2:4], "big") % len(nouns)]
    suffix = "".join(_LETTERS[byte % len(_LETTERS)] for byte in entropy[4:14])
    return f"{adjective}_{noun}_{suffix}"


def default_experiment(folder: str) -> str:
    """The experiment of a job that names none: the folder it is submitted from, without blanks."""
    return PurePath(folder).stem.replace(" ", "") or "Default"
