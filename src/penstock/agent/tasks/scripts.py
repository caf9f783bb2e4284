"""`script` and `bash` steps: the tasks CmdLine@2 and Bash@3. They need bash and nothing else."""

from __future__ import annotations

import os
import re
from pathlib import Path

from penstock.agent.context import SUCCEEDED, Outcome, StepContext, failed
from penstock.agent.tasks.contract import Input, Task

_RULE = "=" * 26 + " Starting Command Output " + "=" * 27
# What would let an argument become a command of its own, outside of quotes.
_OPERATORS = re.compile(r"[;&|<>()`\n]|\$\(")


def run_cmd_line(step: StepContext) -> Outcome:
    """Run the script of a `script` step."""
    return _run_inline(step, step.input("script"))


def run_bash(step: StepContext) -> Outcome:
    """Run an inline script, or a script file with arguments."""
    if step.input("targetType").lower() == "inline":
        return _run_inline(step, step.input("script"))
    path = step.path(step.input("filePath"))
    if not path.is_file():
        return failed(f'there is no script file "{path}"')
    arguments = step.input("arguments")
    operator = unquoted_operator(arguments)
    if operator:
        return failed(
            f'"arguments" holds "{operator}", which the shell would take as a command; '
            "put quotes around the argument"
        )
    quoted = "'" + str(path).replace("'", "'\\''") + "'"
    return _run_inline(step, f"exec bash {quoted} {arguments}".rstrip())


def unquoted_operator(arguments: str) -> str:
    """The first shell operator in a list of arguments that stands outside of quotes, or nothing.

    A `$(command)` or a backquote counts inside double quotes too.
    """
    quote = ""
    position = 0
    while position < len(arguments):
        character = arguments[position]
        if character == "\\" and quote != "'":
            position += 2
            continue
        if quote:
            quote = "" if character == quote else quote
        elif character in "'\"":
            quote = character
        match = _OPERATORS.match(arguments, position)
        if match and (not quote or (quote == '"' and match[0] in ("`", "$("))):
            return match[0]
        position += 1
    return ""


def _run_inline(step: StepContext, script: str) -> Outcome:
    folder = step.path(step.input("workingDirectory"))
    if not folder.is_dir():
        return failed(f'there is no working directory "{folder}"')
    step.log.line("Generating script.")
    if "\n" not in script and "##vso" not in script:
        step.log.line("Script contents:")
        step.log.line(script)
    path = write_script(step, script, ".sh")
    step.log.line(_RULE)
    return _run_file(step, path, folder)


def write_script(step: StepContext, text: str, suffix: str) -> Path:
    """A script in the temporary folder; line ends are newlines."""
    path = step.workspace.temporary_file(suffix)
    text = text.replace("\r\n", "\n")
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o700)
    with os.fdopen(descriptor, "wb") as file:
        file.write(text.encode("utf-8", "surrogateescape"))
    return path


def _run_file(step: StepContext, path: Path, folder: Path) -> Outcome:
    """Run a script file with a bash that reads no start-up files."""
    startup = step.input("bashEnvValue")
    fail_on_errors = step.flag("failOnStderr")
    argv = ["bash", "--noprofile", "--norc", str(path)]
    step.log.command(" ".join(argv))
    ended = step.run(
        argv,
        cwd=folder,
        env={"BASH_ENV": startup} if startup else None,
        separate_errors=fail_on_errors,
    )
    if ended.code != 0:
        return failed(f"Bash exited with code '{ended.code}'.")
    if fail_on_errors and step.wrote_errors:
        return failed("Bash wrote one or more lines to the standard error stream.")
    return SUCCEEDED


CMD_LINE = Task(
    name="CmdLine",
    major=2,
    id="d9bafed4-0b18-4f58-968d-86655b4d2ce9",
    friendly_name="Command line",
    description="Run a script with bash",
    inputs=(
        Input(name="script", type="multiLine", required=True),
        Input(name="workingDirectory", type="filePath"),
        Input(name="failOnStderr", type="boolean", default="false"),
    ),
    run=run_cmd_line,
)
BASH = Task(
    name="Bash",
    major=3,
    id="6c731c3c-3c68-459a-a5c9-bde6e6595b5b",
    friendly_name="Bash",
    description="Run a Bash script, inline or from a file",
    inputs=(
        Input(name="targetType", type="radio", default="filePath", choices=("filePath", "inline")),
        Input(name="filePath", type="filePath", required=True, when=("targetType", "filePath")),
        Input(name="arguments"),
        Input(name="script", type="multiLine", required=True, when=("targetType", "inline")),
        Input(name="workingDirectory", type="filePath"),
        Input(name="failOnStderr", type="boolean", default="false"),
        Input(name="bashEnvValue"),
    ),
    run=run_bash,
)
