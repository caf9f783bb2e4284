"""What can go wrong with an expression, in the service's words and in plain ones."""

from __future__ import annotations

from collections.abc import Callable

from penstock.language.source import Diagnostic, Span

_MORE = ". For more help, refer to https://go.microsoft.com/fwlink/?linkid=842996"


class ExpressionError(Exception):
    """the expression cannot be parsed or evaluated

    `message`, also `str()`, is the Azure service's text, taken from the published resources of its
    expression library. `position` and `end` are 0-based offsets in `text`, the whole expression;
    None where the fault has no place. `summary` says the same in plain words and `help` is a next
    step; `code` is the diagnostic's code. Of a fault at a token `kind` is the service's text
    without the place.
    """

    def __init__(
        self,
        message: str,
        position: int | None = None,
        text: str = "",
        *,
        end: int | None = None,
        code: str = "PS1305",
        summary: str = "",
        help: str | None = None,
        kind: str = "",
    ) -> None:
        super().__init__(message)
        self.message = message
        self.kind = kind
        self.position = position
        self.end = end
        self.text = text
        self.code = code
        self.summary = summary or _uncapitalised(message)
        self.help = help

    def __str__(self) -> str:
        return self.message

    def message_within(self, text: str, offset: int) -> str:
        """The service's text when this expression stands at an offset in a longer one."""
        if not self.kind or self.position is None:
            return self.message
        return _placed(self.kind, self.position + offset, text)

    def locate(self, position: int, end: int, text: str) -> None:
        """Give the place of the failing part, unless a part inside it was named already."""
        if self.position is None:
            self.position, self.end, self.text = position, end, text

    def diagnostic(self, at: Callable[[int, int], Span]) -> Diagnostic:
        """This fault as a diagnostic; `at` maps two offsets in the expression into the file."""
        start = self.position or 0
        end = len(self.text) if self.end is None else self.end
        return Diagnostic(
            code=self.code,
            message=self.summary,
            span=at(start, max(end, start)),
            help=self.help,
            service_text=self.message,
        )


def syntax_error(
    kind: str,
    token: str,
    position: int,
    text: str,
    *,
    code: str = "PS1301",
    summary: str = "",
    help: str | None = None,
) -> ExpressionError:
    """A fault at one token."""
    kind_of_token = f"{kind}: '{token}'"
    return ExpressionError(
        _placed(kind_of_token, position, text),
        position,
        text,
        end=position + len(token),
        code=code,
        summary=summary or f'{_uncapitalised(kind)} "{token}" in this expression',
        help=help,
        kind=kind_of_token,
    )


def _placed(kind: str, position: int, text: str) -> str:
    """The service counts positions from 1."""
    return f"{kind}. Located at position {position + 1} within expression: '{text}'{_MORE}"


def limit_error(message: str, text: str) -> ExpressionError:
    """The expression passes a limit on its length or depth."""
    return ExpressionError(
        message + _MORE,
        text=text,
        code="PS1303",
        summary=_uncapitalised(message),
        help="split the expression: give its parts names as variables or parameters",
    )


def _uncapitalised(text: str) -> str:
    return text[:1].lower() + text[1:]
