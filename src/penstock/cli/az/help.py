"""`az ... --help`: what is here, made from the table of commands."""

from __future__ import annotations

from penstock.cli.az.options import Rule, rules_of
from penstock.cli.az.table import COMMANDS


def help_text(words: str) -> str:
    """The commands below some words, or the options of a command."""
    if words in COMMANDS:
        rules = rules_of(COMMANDS[words][1])
        rows = [(" ".join(rule.names), _remark(rule)) for rule in rules]
        width = max(len(names) for names, _ in rows)
        lines = (f"    {names:<{width}}  {note}".rstrip() for names, note in rows)
        return f"\nCommand\n    az {words}\n\nArguments\n" + "\n".join(lines) + "\n"
    begin = f"{words} " if words else ""
    below = sorted(command for command in COMMANDS if command.startswith(begin))
    listed = "\n".join(f"    az {command}" for command in below)
    note = "Other commands go to the real az, if one is on the PATH.\n" if not words else ""
    return f"\nGroup\n    az {words}".rstrip() + f"\n\nCommands\n{listed}\n\n{note}"


def _remark(rule: Rule) -> str:
    """What stands beside an option."""
    if rule.idle:
        return "[No effect here]"
    return "[Required]" if rule.required else ""
