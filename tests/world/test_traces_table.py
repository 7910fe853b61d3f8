"""Lines cut into fields and turned into numbers in bulk, against Python's own reading of them."""

from __future__ import annotations

from decimal import ROUND_DOWN, Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sim.world.traces.stream import Text
from sim.world.traces.table import INT_MAX, Rows

plain = st.text(st.sampled_from("0123456789.-+ _eExA\u00e9"), max_size=22)
digits = st.integers(0, 10**20).map(str)
decimals = st.from_regex(r"[0-9]{1,12}(\.[0-9]{1,20})?", fullmatch=True)


def rows(text: str, separator: str = "") -> Rows:
    return Rows.of(Text(text.encode(), 1), separator)


def column(fields: list[str]) -> Rows:
    """One row for each field; the leading field keeps rows from being blank."""
    return rows("".join(f"x,{field},y\n" for field in fields), ",")


@given(st.lists(plain | digits, min_size=1, max_size=8))
@example(["9223372036854775807", "9223372036854775808", "18446744073709551617", "0009", "", "-1", "+1", "1_0", " 1"])
def test_whole_numbers_are_read_as_python_reads_plain_digits(fields: list[str]) -> None:
    values, wrong = column(fields).field(1).integers()
    for field, value, is_wrong in zip(fields, values.tolist(), wrong.tolist(), strict=True):
        good = field.isascii() and field.isdigit() and len(field) <= 19 and int(field) <= INT_MAX
        assert is_wrong == (not good)
        assert is_wrong or value == int(field)


@given(st.lists(plain | decimals, min_size=1, max_size=8), st.sampled_from([0, 3, 6, 9]))
@example(["1.", ".5", "1.2.3", "0.123456789123456789", "0.1234567891234567891", "9223372036.854775807", "1e3"], 9)
def test_decimal_numbers_are_rounded_down_exactly(fields: list[str], places: int) -> None:
    values, wrong = column(fields).field(1).decimals(places)
    for field, value, is_wrong in zip(fields, values.tolist(), wrong.tolist(), strict=True):
        parts = field.split(".")
        good = len(parts) <= 2 and all(part.isascii() and part.isdigit() for part in parts) and len(parts[-1]) <= 18
        good = good and len(parts[0]) <= 19 and int(parts[0]) < INT_MAX // 10**places
        assert is_wrong == (not good)
        assert is_wrong or value == int(Decimal(field).scaleb(places).to_integral_value(ROUND_DOWN))


words = st.sampled_from(
    ["W", "w", "Wr", "read", "datasync", "datasynx", "datasync_", "sync_file_range", "sync_file_rangf"]
)


@given(st.lists(words, min_size=1), st.lists(words, min_size=1, unique=True))
def test_words_are_told_apart_by_every_letter(fields: list[str], known: list[str]) -> None:
    found = column(fields).field(1).among([word.encode() for word in known])
    assert found.tolist() == [known.index(field) if field in known else -1 for field in fields]


lines = st.lists(st.lists(st.text(st.characters(codec="ascii", min_codepoint=33), max_size=5), max_size=4), max_size=6)


@given(lines, st.sampled_from(["\n", "\r\n"]))
def test_blanks_separate_fields_and_blank_lines_are_no_rows(lines: list[list[str]], end: str) -> None:
    text = "".join("  ".join(line) + end for line in lines)
    table = rows(text)
    expected = [(number, line.split()) for number, line in enumerate(text.split("\n")[:-1], 1) if line.split()]
    assert table.line.tolist() == [number for number, _ in expected]
    for row, (_, fields) in enumerate(expected):
        assert [table.text(row, k) for k in range(table.count[row])] == fields


@given(lines, st.sampled_from(["\n", "\r\n"]))
def test_commas_separate_fields_and_empty_lines_are_no_rows(lines: list[list[str]], end: str) -> None:
    text = "".join(",".join(field.replace(",", ".") for field in line) + end for line in lines)
    table = rows(text, ",")
    stripped = [line.removesuffix("\r") for line in text.split("\n")[:-1]]
    expected = [(number, line.split(",")) for number, line in enumerate(stripped, 1) if line]
    assert table.line.tolist() == [number for number, _ in expected]
    for row, (_, fields) in enumerate(expected):
        assert [table.text(row, k) for k in range(table.count[row])] == fields


@pytest.mark.parametrize(
    ("row", "field", "column", "shown"),
    [(0, 0, 1, "'ab'"), (0, 1, 5, "'c'"), (1, 1, 3, "'" + "e" * 40 + "'..."), (0, 2, 6, "the end of the line")],
)
def test_messages_know_the_column_of_a_field(row: int, field: int, column: int, shown: str) -> None:
    table = rows("ab  c\nd " + "e" * 50 + "\n")
    assert table.column(row, field) == column
    assert table.shown(row, field) == shown
