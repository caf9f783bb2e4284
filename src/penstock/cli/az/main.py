"""The `az` command: finds the command, reads its options, runs it, prints its result."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence

from penstock.cli.az.failures import Failed, Misused, Refused

_REFERENCE = "\nhttps://aka.ms/cli_ref\nRead more about the command in reference docs"


def main(argv: Sequence[str] | None = None, environ: Mapping[str, str] | None = None) -> int:
    """Run one `az` command line; the answer is its exit code (0, 1, 2 usage, 3 not found)."""
    import os

    environ = os.environ if environ is None else environ
    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        return _run(arguments, environ)
    except Misused as misused:
        _error(f"{misused}\n{misused.hint}" if misused.hint else f"{misused}\n{_REFERENCE}")
        return 2
    except Failed as failed:
        _error(str(failed))
        return failed.code
    except Refused as refused:
        _error(
            f"({refused.code}) {refused.message}\nCode: {refused.code}\nMessage: {refused.message}"
        )
        return 3 if refused.status == 404 and " show " in f" {' '.join(arguments)} " else 1
    except BrokenPipeError:
        sys.stderr.close()
        return 1
    except KeyboardInterrupt:
        _error("interrupted; what was submitted goes on")
        return 130
    except Exception as error:
        if "--debug" in arguments:
            raise
        _error(f"this is a fault of penstock: {type(error).__name__}: {error} (see --debug)")
        return 1


def _run(arguments: list[str], environ: Mapping[str, str]) -> int:
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        from penstock.cli.az.help import help_text

        return _print(help_text(""))
    if arguments[0] in ("--version", "-v"):
        from penstock.cli.az.versions import version_text

        return _print(version_text())
    words, rest = _find(arguments, environ)
    return _call(words, rest, environ)


def _find(arguments: list[str], environ: Mapping[str, str]) -> tuple[str, list[str]]:
    """The command's words and its own arguments. Raises Misused as `az` does for unknown ones."""
    from penstock.cli.az.table import COMMANDS

    count = next(
        (index for index, word in enumerate(arguments) if word.startswith("-")), len(arguments)
    )
    for length in range(min(3, count), 0, -1):
        words = " ".join(arguments[:length])
        if words in COMMANDS:
            return words, arguments[length:]
    if arguments[count : count + 1] in (["-h"], ["--help"]):
        words = " ".join(arguments[:count])
        if any(command.startswith(f"{words} ") for command in COMMANDS):
            return words, ["--help"]
    from penstock.cli.az.unknown import raise_unknown

    return raise_unknown(arguments, count, environ)


def _call(words: str, arguments: list[str], environ: Mapping[str, str]) -> int:
    from importlib import import_module

    from penstock.cli.az.call import Call
    from penstock.cli.az.options import check_required, parse_options, rules_of
    from penstock.cli.az.table import COMMANDS

    function, spec = COMMANDS.get(words, ("", ""))
    rules = rules_of(spec)
    options = parse_options(arguments, rules)
    if options.get("--help"):
        from penstock.cli.az.help import help_text

        return _print(help_text(words))
    call = Call(words, options, environ)
    form, query = _output(call)
    _fill_defaults(call, {rule.key for rule in rules})
    check_required(options, rules)
    for rule in rules:
        if rule.idle and rule.key in options:
            call.say(f"note: {rule.shown} has no effect on this machine")
    module, _, name = function.partition(":")
    run = getattr(import_module(f"penstock.cli.az.{module}"), name)
    try:
        result = run(call)
    finally:
        call.close()
    if result is None:
        return 0
    from penstock.cli.az.output import render
    from penstock.cli.az.rows import rows_of

    rows = rows_of(words, result) if form == "table" and query is None else None
    if rows is not None:
        return _print(render(rows, form, in_order=True))
    return _print(render(result, form, query))


def _fill_defaults(call: object, keys: set[str]) -> None:
    """Give the resource group and the workspace from the settings where the options do not."""
    from penstock.cli.az.call import Call
    from penstock.cli.az.table import DEFAULTS

    assert isinstance(call, Call)
    for key, name in DEFAULTS.items():
        if key in keys and key not in call.options:
            value = call.configuration.get("defaults", name)
            if value:
                call.options[key] = value


def _output(call: object) -> tuple[str, object]:
    """The format and the compiled query of the result; both are checked before anything is done."""
    from penstock.cli.az.call import Call

    assert isinstance(call, Call)
    form, query = call.text("--output"), call.text("--query")
    if form is None:
        form = call.configuration.get("core", "output") or "json"
    elif form.lower() not in _FORMATS:
        message = f"az {call.words}: '{form}' is not a valid value for '--output'."
        raise Misused(f"{message} Allowed values: {', '.join(_FORMATS)}.")
    if query is None:
        return form.lower(), None
    from penstock.cli.az.output import compile_query

    return form.lower(), compile_query(query)


_FORMATS = ("json", "jsonc", "yaml", "yamlc", "table", "tsv", "none")


def _print(text: str) -> int:
    sys.stdout.write(text)
    sys.stdout.flush()
    return 0


def _error(text: str) -> None:
    sys.stdout.flush()
    sys.stderr.write(f"ERROR: {text}\n")


if __name__ == "__main__":
    sys.exit(main())
