"""Checks: a small grammar of their own, read by hand; not Python and never `eval`.

check     = measure op value [during phase | before id | after id] [across runs]
measure   = aggregate ( metric labels ) | metric labels | count ( fact )
labels    = [ { name = value , ... } ]
aggregate = mean | min | max | sum | total | last | pNN | pNN.N
op        = < | <= | > | >= | == | !=
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final, Literal

from sim.scenario.errors import BadValue
from sim.scenario.later import FACTS_LATER, METRICS_LATER, NOT_YET
from sim.scenario.metrics import FACTS, METRICS, PHASES, MetricKind, ValueKind
from sim.scenario.numbers import check_characters, parse_number
from sim.scenario.units import parse_duration, parse_percent, parse_size

Operator = Literal["<", "<=", ">", ">=", "==", "!="]

AGGREGATES: Final = ("mean", "min", "max", "sum", "total", "last", "count")
_PERCENTILE: Final = re.compile(r"p([0-9]{1,2}(?:\.[0-9]{1,4})?|100)")
_TOKEN: Final = re.compile(r"\s*(?:(?P<word>[^\W\d][\w.-]*)|(?P<op>[<>=!]=?)|(?P<mark>[(){},]))")
_TAIL: Final = re.compile(r"\s(?=(?:during|before|after|across)\b)")


@dataclass(frozen=True, slots=True)
class Check:
    """One expectation. `value` is in seconds, bytes, shares of one, or plain numbers, as `value_kind` says."""

    text: str
    aggregate: str | None
    metric: str
    labels: tuple[tuple[str, str], ...]
    op: Operator
    value: Fraction
    value_kind: ValueKind
    during: str | None = None
    before: str | None = None
    after: str | None = None
    across_runs: bool = False
    soft: bool = False
    places: tuple[tuple[str, int], ...] = field(default=(), compare=False, repr=False)

    def place(self, what: str) -> int:
        """Where in the text a label's value (by the label's name), `before` or `after` stands."""
        return dict(self.places).get(what, 0)

    def label(self, name: str) -> str | None:
        """The value of a label; None when the check does not give it."""
        return dict(self.labels).get(name)


def parse_check(text: str, *, soft: bool = False) -> Check:
    """A check as text. Raises BadValue with the offset of what is wrong."""
    check_characters(text)
    reader = _Reader(text)
    aggregate, metric, labels = _measure(reader)
    op = _operator(reader)
    kind = FACT_KIND if aggregate == "count" else METRICS[metric]
    value = _value(reader, kind, metric)
    window = _window(reader)
    _check_aggregate(aggregate, metric, kind, across="across" in window)
    return Check(
        text=text, aggregate=aggregate, metric=metric, labels=labels, op=op, value=value, value_kind=kind.unit,
        during=window.get("during"), before=window.get("before"), after=window.get("after"),
        across_runs="across" in window, soft=soft, places=tuple(reader.places.items()),
    )  # fmt: skip


FACT_KIND: Final = MetricKind("number", "total")


@dataclass(slots=True)
class _Reader:
    """The text and how far it was read."""

    text: str
    position: int = 0
    places: dict[str, int] = field(default_factory=dict)

    def next(self) -> tuple[str, str, int]:
        """The next token: its sort (word, op, mark or end), its text, where it begins."""
        match = _TOKEN.match(self.text, self.position)
        if match is None or match.lastgroup is None:
            rest = self.text[self.position :]
            offset = self.position + len(rest) - len(rest.lstrip())
            return "end" if not rest.strip() else "other", rest.strip()[:20], offset
        self.position = match.end()
        return match.lastgroup, match[match.lastgroup], match.start(match.lastgroup)

    def peek(self) -> str:
        """The text of the next token, which stays unread."""
        position = self.position
        _, text, _ = self.next()
        self.position = position
        return text

    def word(self, what: str) -> tuple[str, int]:
        """The next word. Raises BadValue for anything else."""
        sort, text, offset = self.next()
        if sort != "word":
            raise BadValue(f"expected {what} (got {_shown(sort, text)})", GRAMMAR, offset)
        return text, offset

    def mark(self, mark: str) -> None:
        """This mark. Raises BadValue for anything else."""
        sort, text, offset = self.next()
        if text != mark:
            raise BadValue(f"expected '{mark}' (got {_shown(sort, text)})", GRAMMAR, offset)


GRAMMAR: Final = "a check reads: p99(lag{to=lisbon}) < 15 min during steady"


def _shown(sort: str, text: str) -> str:
    return "the end" if sort == "end" else f"'{text}'"


def nearest(word: str, known: Iterable[str]) -> str:
    """`did you mean ...?`, or which there are."""
    names = list(known)
    near = difflib.get_close_matches(word, names, n=1, cutoff=0.6)
    if near:
        return f"did you mean '{near[0]}'?"
    return f"there is {', '.join(names[:20])}" if names else ""


def is_aggregate(word: str) -> bool:
    """Whether a word is mean, max, p99.9 and the like."""
    return word in AGGREGATES or _PERCENTILE.fullmatch(word) is not None


def _measure(reader: _Reader) -> tuple[str | None, str, tuple[tuple[str, str], ...]]:
    word, offset = reader.word("a metric or an aggregate")
    if reader.peek() != "(":
        return None, _metric(word, offset), _labels(reader, word)
    if not is_aggregate(word):
        raise BadValue(f"unknown aggregate '{word}'", nearest(word, (*AGGREGATES, "p50", "p95", "p99")), offset)
    reader.mark("(")
    metric, at = reader.word("a metric")
    if word == "count":
        _fact(metric, at)
        labels: tuple[tuple[str, str], ...] = ()
    else:
        labels = _labels(reader, _metric(metric, at))
    reader.mark(")")
    return word, metric, labels


def _metric(word: str, offset: int) -> str:
    if word in METRICS:
        return word
    if word in METRICS_LATER:
        raise BadValue(f"metric '{word}' {NOT_YET}", "", offset)
    raise BadValue(f"unknown metric '{word}'", nearest(word, METRICS), offset)


def _fact(word: str, offset: int) -> None:
    if word in FACTS_LATER:
        raise BadValue(f"count({word}) {NOT_YET}", "", offset)
    if word not in FACTS:
        raise BadValue(f"count() takes a fact; unknown fact '{word}'", nearest(word, FACTS), offset)


def _labels(reader: _Reader, metric: str) -> tuple[tuple[str, str], ...]:
    if reader.peek() != "{":
        return ()
    reader.mark("{")
    labels: dict[str, str] = {}
    while True:
        name, offset = reader.word("a label")
        _check_label(metric, name, offset, labels)
        sort, text, at = reader.next()
        if text != "=":
            raise BadValue(f"expected '=' after the label '{name}' (got {_shown(sort, text)})", GRAMMAR, at)
        labels[name], reader.places[name] = _label_value(reader)
        sort, text, at = reader.next()
        if text == "}":
            return tuple(sorted(labels.items()))
        if text != ",":
            raise BadValue(f"expected ',' or '}}' (got {_shown(sort, text)})", GRAMMAR, at)


def _label_value(reader: _Reader) -> tuple[str, int]:
    """A name: unlike other words it may begin with a digit."""
    match = re.compile(r"\s*([\w][\w-]*)").match(reader.text, reader.position)
    if match is None:
        return reader.word("a name")
    reader.position = match.end()
    return match[1], match.start(1)


def _check_label(metric: str, name: str, offset: int, given: dict[str, str]) -> None:
    allowed = METRICS[metric].labels
    if name in given:
        raise BadValue(f"label '{name}' given twice", "", offset)
    if not allowed:
        raise BadValue(f"'{metric}' has no labels", "", offset)
    if name not in allowed:
        raise BadValue(f"'{metric}' has no label '{name}'", nearest(name, allowed), offset)


def _operator(reader: _Reader) -> Operator:
    sort, text, offset = reader.next()
    if sort != "op":
        raise BadValue(f"expected <, <=, >, >=, == or != (got {_shown(sort, text)})", GRAMMAR, offset)
    if text in {"=", "!"}:
        raise BadValue(f"unknown operator '{text}'", f"did you mean '{text}='?", offset)
    if reader.text[reader.position : reader.position + 1] in {"<", ">", "=", "!"}:
        raise BadValue(
            f"unknown operator '{text}{reader.text[reader.position]}'", "one of <, <=, >, >=, ==, !=", offset
        )
    return text  # type: ignore[return-value]


def _value(reader: _Reader, kind: MetricKind, metric: str) -> Fraction:
    rest = reader.text[reader.position :]
    tail = _TAIL.search(rest)
    text = rest[: tail.start()] if tail else rest
    offset = reader.position + len(text) - len(text.lstrip())
    reader.position += len(text)
    if not text.strip():
        raise BadValue("expected a value after the operator", GRAMMAR, offset)
    try:
        return _in_base_unit(text, kind.unit)
    except BadValue as error:
        raise BadValue(f"{metric} is in {_UNIT_NOUNS[kind.unit]}: {error.message}", error.hint, offset) from None


_UNIT_NOUNS: Final = {"seconds": "time", "bytes": "bytes", "share": "percent", "number": "plain numbers"}


def _in_base_unit(text: str, unit: ValueKind) -> Fraction:
    match unit:
        case "seconds":
            return Fraction(parse_duration(text), 10**9)
        case "bytes":
            return Fraction(parse_size(text))
        case "share":
            return parse_percent(text, at_most=None)
    value = parse_number(text)
    if value < 0:
        raise BadValue(f"must be >= 0 (got {text.strip()})")
    return value


def _window(reader: _Reader) -> dict[str, str]:
    """`during`, `before` or `after` with its word, and `across` when the check is across runs."""
    window: dict[str, str] = {}
    while (token := reader.next())[0] != "end":
        sort, word, offset = token
        if sort != "word" or word not in {"during", "before", "after", "across"}:
            raise BadValue(
                f"unexpected {_shown(sort, word)}", "during PHASE, before ID, after ID or across runs", offset
            )
        if word in window or (word != "across" and window):
            raise BadValue(f"'{word}' cannot follow {', '.join(window)}", "one window, then 'across runs'", offset)
        window[word] = _window_word(reader, word)
    return window


def _window_word(reader: _Reader, word: str) -> str:
    value, offset = reader.word("'runs'" if word == "across" else "a phase" if word == "during" else "an id")
    reader.places[word] = offset
    if word == "across" and value != "runs":
        raise BadValue(f"expected 'across runs' (got 'across {value}')", "", offset)
    if word == "during" and value not in PHASES:
        raise BadValue(f"unknown phase '{value}'", nearest(value, PHASES), offset)
    return value


def _check_aggregate(aggregate: str | None, metric: str, kind: MetricKind, *, across: bool) -> None:
    if kind.shape == "series" and aggregate is None:
        raise BadValue(
            f"'{metric}' has a value at every instant: say which one", f"e.g. p99({metric}) or max({metric})"
        )
    if kind.shape == "series" and aggregate in {"sum", "total"}:
        raise BadValue(f"'{metric}' has a value at every instant, and those have no sum", f"e.g. mean({metric})")
    if aggregate is None or kind.shape == "series" or aggregate in {"count", "sum", "total", "last"}:
        return
    if not across:
        raise BadValue(f"'{metric}' is one number a run: {aggregate}() needs 'across runs'", f"write {metric} alone")
