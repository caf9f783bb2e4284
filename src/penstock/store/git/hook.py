"""The hook of a hosted repository: passes git's question on to the server, and the answer back.

Run as a program of its own, with nothing but the standard library's `os` and `sys`: it must start
fast. The server is at the other end of the descriptor that PENSTOCK_HOOK names; when the server is
gone the answer is no.
"""

import os
import sys


def main(name: str, descriptor: int) -> int:
    """Ask, say what the server says, and return the exit code of the hook."""
    lines = sys.stdin.buffer.read()
    question = b"%s %d\n%s" % (name.encode(), len(lines), lines)
    while question:
        question = question[os.write(descriptor, question) :]
    word, _, text = _read_line(descriptor).partition(b" ")
    size = int(text or b"0")
    while size > 0 and (said := os.read(descriptor, size)):
        size -= len(said)
        sys.stderr.buffer.write(said)
    return 0 if word == b"yes" else 1


def _read_line(descriptor: int) -> bytes:
    line = b""
    while (byte := os.read(descriptor, 1)) and byte != b"\n":
        line += byte
    return line


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(os.environ["PENSTOCK_HOOK"])))
