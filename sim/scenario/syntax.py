"""What a YAML syntax error means to the person who wrote the file."""

from __future__ import annotations

import re
from typing import Any

from sim.scenario.errors import Fault
from sim.scenario.textfile import Source

_AT_END = ("<stream end>", "unexpected end of stream", "document separator")
_OPENED = {
    "flow sequence": "a list",
    "flow mapping": "a map",
    "quoted scalar": "a quoted text",
    "block mapping": "a map",
    "block collection": "a list",
}


def syntax_fault(source: Source, error: Any, opened: str = "") -> Fault:
    """The fault that stands for a PyYAML error; PyYAML's own words remain where no better ones are known.

    `opened` is the innermost open bracket, as in `a list opened at 3:9`.
    """
    problem = getattr(error, "problem", None) or str(error).splitlines()[0]
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    message, hint = _meaning(source, error, problem, line, column, opened)
    return source.fault(min(line, len(source.lines)), column, "", message, hint)


_MEANINGS = (
    (
        "mapping values are not allowed",
        "':' is not allowed here",
        "a text with ': ' needs quotes; is it indented right?",
    ),
    ("could not find expected ':'", "expected ':' after the key", "is a ':' missing, or a quote open?"),
    ("expected <block end>", "this line does not fit what stands above it", "is it indented like its neighbours?"),
    (
        "expected '<document start>'",
        "this line does not fit what stands above it",
        "is it indented like its neighbours?",
    ),
    ("sequence entries are not allowed", "'-' is not allowed here", "a list begins on a line of its own"),
    ("mapping keys are not allowed", "'?' is not allowed here", "a text that begins with '?' needs quotes"),
    (
        "unknown escape character",
        "'\\' does not escape this character",
        "use 'single quotes' for a text with backslashes",
    ),
)


def _meaning(source: Source, error: Any, problem: str, line: int, column: int, bracket: str) -> tuple[str, str]:
    opened = _opened(error) or bracket
    if opened and any(words in problem for words in _AT_END):
        return f"file ends inside {opened}", "is the rest of the file missing?"
    for words, message, hint in _MEANINGS:
        if words in problem:
            return message, hint
    if found := re.fullmatch(r"expected the node content, but found '(.*)'", problem):
        return f"expected a value, but found '{found[1]}'", "put a text with special characters in quotes"
    if "cannot start any token" in problem:
        return _bad_beginning(source, line, column)
    return _in_brackets(source, error, problem, line, column) or (f"not YAML: {problem}", "")


def _bad_beginning(source: Source, line: int, column: int) -> tuple[str, str]:
    char = source.lines[line - 1][column - 1 : column]
    if char == "\t":
        return f"tab at {line}:{column}", "use spaces"
    return f"a value cannot begin with {char!r}", "put the text in quotes"


def _in_brackets(source: Source, error: Any, problem: str, line: int, column: int) -> tuple[str, str] | None:
    opened = _opened(error)
    if opened and _brace_in_plain_text(source, error, line, column):
        return "a text inside {...} or [...] cannot hold braces, brackets or ','", "put the text in quotes"
    if opened and "but got" in problem:
        return f"expected ',' or the end of {opened} ({_got(problem)})", ""
    return None


def _opened(error: Any) -> str:
    """`a list opened at 3:9`."""
    context = getattr(error, "context", None) or ""
    mark = getattr(error, "context_mark", None)
    for words, noun in _OPENED.items():
        if words in context and mark is not None:
            return f"{noun} opened at {mark.line + 1}:{mark.column + 1}"
    return ""


def _got(problem: str) -> str:
    match = re.search(r"but (?:got|found) '?(.*?)'?$", problem)
    names = {"<stream end>": "the end of the file", "<scalar>": "a text", "<block mapping start>": "another key"}
    return f"got {names.get(match[1], match[1])}" if match else problem


def _brace_in_plain_text(source: Source, error: Any, line: int, column: int) -> bool:
    """Whether a flow collection broke off at a bracket that directly follows a word, as in `{check: p99(lag{...`."""
    text = source.lines[line - 1] if line <= len(source.lines) else ""
    return "flow" in (error.context or "") and re.fullmatch(r".*\w[\[{]", text[:column]) is not None
