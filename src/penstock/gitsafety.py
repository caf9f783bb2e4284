"""What every call of git is given first, whichever room makes it: one list, so that none is less
careful than another."""

SAFE = (
    "-c",
    "core.hooksPath=/dev/null",
    "-c",
    "core.fsmonitor=false",
    "-c",
    "protocol.ext.allow=never",
    "-c",
    "log.showSignature=false",
)
"""Options for every call: no hook, monitor, protocol or signature program that a repository names
is run."""
