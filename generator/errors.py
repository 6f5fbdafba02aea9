"""Every way we refuse to go on: what is wrong, in which file, on which line, and what to try."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with something a person wrote.

    `line` counts from 1; None where the whole file is meant. `severity` is `error` (the build cannot be trusted)
    or `warning` (a person should look).
    """

    message: str
    path: Path | None = None
    line: int | None = None
    hint: str | None = None
    severity: str = "error"

    def __str__(self) -> str:
        line = f"{self.line}:" if self.line else ""
        place = f"{self.path.as_posix()}:{line} " if self.path else ""
        return place + self.message + (f"\n  hint: {self.hint}" if self.hint else "")


class FactsheetsError(Exception):
    """A mistake the user can mend; shown without a traceback. Anything else that escapes is our bug."""

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message, hint)
        self.problems: tuple[Problem, ...] = (Problem(message, hint=hint),)

    def __str__(self) -> str:
        return "\n".join(str(problem) for problem in self.problems)


class ContentError(FactsheetsError):
    """One or more files under `content/` cannot be used as they are."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__(problems[0].message)
        self.args = self.problems = problems  # what it is made of again on its way back from a worker


def did_you_mean(word: str, known: Iterable[str], few: int = 12) -> str | None:
    """A hint naming the closest known word, or all of them where none is close and they are few."""
    choices = sorted(set(known))
    same = [choice for choice in choices if choice.casefold() == word.casefold()]
    if close := same or difflib.get_close_matches(word, choices, n=1, cutoff=0.6):
        return f"did you mean {close[0]!r}?"
    return f"one of: {', '.join(choices)}" if 0 < len(choices) <= few else None
