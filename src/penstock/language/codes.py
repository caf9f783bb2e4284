"""Every diagnostic code with its title and an explanation: what `penstock explain CODE` prints.

To add one: take the next free number of the range, write the title as a short noun phrase or claim
in lower case, and explain in one to three sentences what it means and what to do. A test holds this
table equal to the codes used in `src`. Ranges: PS10xx YAML, PS11xx the shape of a pipeline, PS12xx
templates, PS13xx expressions, PS2xxx the graph and what a run needs, PS3xxx Azure Machine Learning.
"""

from __future__ import annotations

CODES: dict[str, tuple[str, str]] = {
    # --- PS10xx: YAML
    "PS1001": (
        "the file is not UTF-8 text",
        "Pipeline and job files are read as UTF-8, with or without a byte order mark. Save the "
        "file in that encoding.",
    ),
    "PS1002": (
        "a character is not allowed in YAML",
        "YAML allows no control characters other than tab and line breaks. Remove the character, "
        'or write it as an escape such as "\\0" between double quotes.',
    ),
    "PS1003": (
        "the file is too long",
        "A file of more characters than the limit is refused before it is read. Move data out of "
        "the YAML file.",
    ),
    "PS1004": (
        "the nesting is too deep",
        "Lists and mappings may be nested to a fixed depth. Deeper nesting is nearly always a run "
        "of brackets that were never closed.",
    ),
    "PS1005": (
        "the file has too many parts",
        "The number of keys, values and list items, with aliases expanded, is limited, so that a "
        "small file cannot stand for a huge one.",
    ),
    "PS1006": (
        "the text is not valid YAML",
        "The YAML reader met something that cannot stand there. The message says what was found "
        "and what was expected; the cause is sometimes a line or two earlier.",
    ),
    "PS1007": (
        "a tab is used for indentation",
        "YAML is indented with spaces only. Replace the tab by spaces; most editors can do so when "
        "they save.",
    ),
    "PS1008": (
        "a quote is never closed",
        "A text in quotes runs to the next quote of the same kind, over several lines if need be. "
        "Inside single quotes a quote is doubled; inside double quotes it is written with a "
        "backslash.",
    ),
    "PS1009": (
        "a bracket or brace is never closed",
        "A list in brackets or a mapping in braces must be closed, and its parts are separated by "
        "commas. Text that holds brackets or braces of its own belongs in quotes.",
    ),
    "PS1010": (
        "the file holds a second document",
        "Only one YAML document per file is read, as in the service. Remove the second `---`.",
    ),
    "PS1011": (
        "anchors, aliases and merge keys are not supported",
        "Azure Pipelines refuses `&name`, `*name` and `<<`. Use a template with parameters to "
        "share text. A value that only begins with & or * belongs in quotes.",
    ),
    "PS1012": (
        "a key is defined twice",
        "The keys of a mapping must differ in more than upper and lower case. Template directives "
        "such as ${{ if }} may repeat.",
    ),
    "PS1013": (
        "a YAML tag is not supported",
        "Only the core tags (!!str, !!int, !!float, !!bool, !!null, !!map, !!seq) are read, and a "
        "value must fit its tag. Tags that would create objects are always refused.",
    ),
    "PS1014": (
        "a key is not text",
        "The keys of a mapping must be scalars. This is often an unquoted value such as {{ x }}, "
        "which YAML reads as a mapping inside a mapping.",
    ),
    "PS1015": (
        "an alias refers to no anchor",
        "An alias `*name` repeats the value marked `&name` earlier in the file. A value cannot "
        "contain itself.",
    ),
    "PS1016": (
        "a merge key does not refer to a mapping",
        "`<<` copies the keys of another mapping, or of each mapping in a list.",
    ),
    "PS1017": (
        "the indentation does not fit",
        "The keys of one mapping, and the items of one list, begin in the same column; what "
        "belongs to them is indented further.",
    ),
    "PS1018": (
        "an escape in a double-quoted text is unknown",
        "In double quotes a backslash begins an escape such as \\n or \\t. Write a backslash as "
        "two, or use single quotes, in which it stands for itself.",
    ),
    # --- PS13xx: expressions
    "PS1301": (
        "the expression is malformed",
        "An expression is a value, a context such as variables, or a function call; there are no "
        "operators and no parentheses for grouping. The position counts from 1.",
    ),
    "PS1302": (
        "the expression uses an unknown name",
        "Which contexts and functions exist depends on the place: template expressions know "
        "parameters and variables, conditions also dependencies and the status functions.",
    ),
    "PS1303": (
        "the expression passes a limit",
        "An expression may have 21,000 characters and 50 nested calls, and its values may take "
        "1 MB while it is evaluated.",
    ),
    "PS1304": (
        "a value has the wrong type",
        "The right operand of a comparison is converted to the type of the left one, and text "
        "functions convert their arguments to text. Lists, objects and some texts have no "
        "counterpart.",
    ),
    "PS1305": (
        "the expression cannot be evaluated",
        "The expression is well formed, but one of its parts has no value.",
    ),
    "PS1306": (
        "a parameter is not defined",
        "Reading a parameter that is not declared is an error; a variable that is not defined is "
        "empty text.",
    ),
    "PS1307": (
        "a format string is wrong",
        "In the text of format, {0} stands for the first argument after it, {{ and }} for braces. "
        "Specifiers such as {0:yyyyMMdd} are for times only.",
    ),
}
