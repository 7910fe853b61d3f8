"""Reading YAML: what a scalar is, where it stands, and what is not let in."""

import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.scenario.compose import MAX_DEPTH, compose
from sim.scenario.errors import Fault, ScenarioError
from sim.scenario.nodes import data_of, node_at, path_text
from sim.scenario.scalars import sort_of
from sim.scenario.textfile import Source, invisible_in


def tree(text):
    root, faults = compose(Source("t", text, Path()))
    assert not faults
    return root


def faults_of(text):
    try:
        return compose(Source("t", text, Path()))[1]
    except ScenarioError as error:
        return list(error.faults)


@pytest.mark.parametrize(
    ("text", "sort"),
    [
        *(
            (text, "text")
            for text in ("no", "yes", "on", "off", "y", "2026-11-22", "1:30", "1_000", "1,000", "0b1", "NaN")
        ),
        *((text, "text") for text in ("10 min", "=", "<<", "nullable", "truely", ".", "-", "1e", "0o8", "0xG")),
        *((text, "a number") for text in ("1", "-1", "+1", "007", "1e3", "1.0e3", "1e+3", ".5", "1.", "0o17", "0xff")),
        *((text, "a number") for text in (".inf", "-.Inf", ".nan")),
        *((text, "a truth value") for text in ("true", "True", "TRUE", "false", "False", "FALSE")),
        *((text, "nothing") for text in ("", "~", "null", "Null", "NULL")),
    ],
)
def test_rows_1_2_45_46_scalars_are_those_of_yaml_1_2(text, sort):
    assert sort_of(text) == sort


def test_row_1_norway_is_a_site():
    assert data_of(tree("sites: {no: {}, on: {}, yes: {}}")) == {"sites": {"no": {}, "on": {}, "yes": {}}}


def test_row_46_the_yaml_directive_changes_nothing():
    assert data_of(tree("%YAML 1.1\n---\na: no\n")) == {"a": "no"}


def test_every_node_knows_its_line_and_column():
    root = tree("a: 1\nb:\n  - x\n  - {c: 'd', e: [f]}\n")
    paths = [("a",), ("b",), ("b", 0), ("b", 1), ("b", 1, "c"), ("b", 1, "e", 0)]
    places = {path_text(path): (node_at(root, path).place.line, node_at(root, path).place.column) for path in paths}
    assert places == {"a": (1, 4), "b": (3, 3), "b[0]": (3, 5), "b[1]": (4, 5), "b[1].c": (4, 9), "b[1].e[0]": (4, 18)}


def test_keys_that_begin_with_x_are_left_out_but_still_checked():
    assert data_of(tree("x-note: anything\na: {x-y: [1, 2], b: 1}")) == {"a": {"b": "1"}}
    assert [fault.message for fault in faults_of("x-note: !!python/none ''\n")] == [
        "tags are not allowed (!!python/none)"
    ]


def test_several_faults_of_structure_come_together_and_the_rest_is_read():
    root, faults = compose(Source("t", "a: !t 1\na: 2\nb: *x\n1: c\nd: e\n", Path()))
    assert [fault.line for fault in faults] == [1, 2, 3, 4]
    assert set(root.entries) == {"a", "b", "d"}


def test_row_43_depth_is_limited_in_both_styles():
    deep = MAX_DEPTH - 1
    tree("a: " + "[" * deep + "]" * deep)
    assert "nesting deeper than 32" in faults_of("a: " + "[" * (deep + 1) + "]" * (deep + 1))[0].message
    block = "".join(f"{' ' * i}a:\n" for i in range(600))
    assert "nesting deeper than 32" in faults_of(block)[0].message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [1, 2", "file ends inside a list opened at 1:4"),
        ("a: {b: 1", "file ends inside a map opened at 1:4"),
        ("a: [1,", "file ends inside a list opened at 1:4"),
        ("a: 'x", "file ends inside a quoted text opened at 1:4"),
        ("a: b: c", "':' is not allowed here"),
        ("a:\n  b: 1\n c: 2", "this line does not fit what stands above it"),
        ("a: 1\nb\n", "expected ':' after the key"),
        ("a: @x", "a value cannot begin with '@'"),
        ("a: %x", "a value cannot begin with '%'"),
        ('a: "\\q"', "'\\' does not escape this character"),
        ("a: - b", "'-' is not allowed here"),
        ("a: {b c d: [}", "expected a value, but found '}'"),
        ("a: [b}", "expected ',' or the end of a list opened at 1:4 (got })"),
        ("{check: p99(lag{to=lisbon}) < 15 min}", "a text inside {...} or [...] cannot hold braces"),
        ("a:\n\tb: 1", "tab at 2:1"),
        ("a: 1\tb", "tab at 1:5"),
        ("a: 1\n---\nb: 2", "2 documents"),
        ("? [1]\n: 2", "keys must be text (got a list)"),
        ("a: &a {b: *a}", "anchor 'a' contains itself"),
        ("a: *b", "no anchor 'b'"),
    ],
)
def test_syntax_errors_say_what_to_change(text, message):
    (fault,) = faults_of(text)
    assert fault.message.startswith(message)
    assert fault.line >= 1


def test_rows_24_35_what_cannot_be_seen_is_named():
    for code in [*range(0x110000)]:
        char = chr(code)
        hidden = unicodedata.category(char) in {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"} and char not in "\t\n\r"
        hidden |= unicodedata.category(char) == "Zs" and char != " "
        if hidden:
            assert invisible_in(char), hex(code)
        elif unicodedata.category(char)[0] in "LN" and invisible_in(char):
            assert "FILLER" in unicodedata.name(char), hex(code)


@given(st.text(max_size=200))
def test_no_text_at_all_breaks_the_reader(text):
    for fault in faults_of(text):
        assert str(fault).isprintable() or "\n" in str(fault)


@given(st.text(alphabet="a:{}[]-,'\"|>&*!%@`#? \n01~<", max_size=60))
def test_no_punctuation_breaks_the_reader(text):
    for fault in faults_of(text):
        assert fault.file == "t"


def test_a_fault_shows_its_line_with_a_caret():
    fault = Fault("f.yaml", 2, 4, "a.b", "is wrong", "write it right", "   \txyz")
    assert str(fault) == "f.yaml:2:4: a.b: is wrong (write it right)\n        xyz\n       ^"


def test_a_long_line_is_shown_around_the_caret():
    line = "".join(f"{i:04d} " for i in range(100))
    shown = str(Fault("f", 1, 251, "", "x", "", line)).splitlines()
    assert len(shown[1]) < 120
    assert shown[1][len(shown[2]) - 1 :].startswith("0050")


def test_what_a_terminal_would_swallow_is_spelt_out():
    assert str(Fault("f", 1, 1, "", "\x1b[31mred\u202e", "", "")) == "f:1:1: <U+001B>[31mred<U+202E>"


def test_an_error_survives_being_raised_again_from_its_arguments_and_pickled():
    import pickle

    error = ScenarioError([Fault("f", 1, 1, "", "x")])
    assert str(type(error)(*error.args)) == str(error) == str(pickle.loads(pickle.dumps(error)))
