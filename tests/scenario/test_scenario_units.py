"""Quantities: text to exact numbers and back; what two readers would read differently is refused."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.scenario import units
from sim.scenario.errors import BadInput, BadValue
from sim.scenario.numbers import decimal_text, format_number, parse_count, parse_number

H, S = 3_600 * 10**9, 10**9


@pytest.mark.parametrize(
    ("parse", "text", "value"),
    [
        (units.parse_duration, "10 min", 600 * S),
        (units.parse_duration, "10min", 600 * S),
        (units.parse_duration, "1 h 30 min", 5400 * S),
        (units.parse_duration, "1h30min", 5400 * S),
        (units.parse_duration, "  1.5 h ", 5400 * S),
        (units.parse_duration, "0", 0),
        (units.parse_duration, "0 ms", 0),
        (units.parse_duration, "1 w 1 d 1 h 1 min 1 s 1 ms 1 us 1 ns", (8 * 86400 + 3661) * S + 1_001_001),
        (units.parse_duration, "1e3 s", 1000 * S),
        (units.parse_duration, "+5 s", 5 * S),
        (units.parse_duration, ".5 s", S // 2),
        (units.parse_duration, "0.1 s", S // 10),
        (units.parse_size, "600 MiB", 600 * 2**20),
        (units.parse_size, "600 MB", 600 * 10**6),
        (units.parse_size, "10MB", 10**7),
        (units.parse_size, "10MiB", 10 * 2**20),
        (units.parse_size, "1.5 KiB", 1536),
        (units.parse_size, "0", 0),
        (units.parse_bits_per_s, "100 Mbit/s", 10**8),
        (units.parse_bits_per_s, "12 MB/s", 96 * 10**6),
        (units.parse_bits_per_s, "1 MiB / s", 8 * 2**20),
        (units.parse_bytes_per_s, "400 MB/s", 400 * 10**6),
        (units.parse_bytes_per_s, "3.2 Gbit/s", 400 * 10**6),
        (units.parse_rate, "300 /s", Fraction(300)),
        (units.parse_rate, "300/s", Fraction(300)),
        (units.parse_rate, "10 / min", Fraction(1, 6)),
        (units.parse_rate, "0.1 /h", Fraction(1, 36_000)),
        (units.parse_percent, "60 %", Fraction(3, 5)),
        (units.parse_percent, "0.01%", Fraction(1, 10_000)),
        (parse_number, "1.1", Fraction(11, 10)),
        (parse_number, "1e3", Fraction(1000)),
        (parse_count, "1.0e3", 1000),
        (parse_count, "1e+3", 1000),
        (parse_count, "0o10", 8),
        (parse_count, "0x10", 16),
        (parse_count, "0", 0),
    ],
)
def test_values_are_exact(parse, text, value):
    assert parse(text) == value
    assert type(parse(text)) is type(value)


@pytest.mark.parametrize(
    ("parse", "text", "message"),
    [
        (units.parse_duration, "60:30", "ambiguous time '60:30' (write '60 min 30 s' or '60 h 30 min')"),
        (units.parse_duration, "8:30", "ambiguous time '8:30' (write '8 min 30 s' or '8 h 30 min')"),
        (units.parse_duration, "08:30", "ambiguous time '08:30' (write '8 min 30 s' or '8 h 30 min')"),
        (units.parse_duration, "1:02:03", "ambiguous time '1:02:03'"),
        (units.parse_size, "010 MB", "leading zero in '010': octal? (write 10)"),
        (parse_count, "0777", "leading zero in '0777': octal? (write 777 or 0o777)"),
        (parse_count, "08", "leading zero in '08': octal? (write 8)"),
        (parse_count, "1,000", "'1,000': write 1000"),
        (parse_count, "1_000", "'1_000': write 1000"),
        (parse_count, "1'000", "'1'000': write 1000"),
        (units.parse_size, "1,5 MB", "'1,5': write 1.5"),
        (parse_number, "nan", "must be a finite number (got nan)"),
        (parse_number, ".NaN", "must be a finite number"),
        (units.parse_bits_per_s, "inf", "must be a finite number (got inf) (or the word 'unlimited')"),
        (units.parse_duration, "-.inf", "must be a finite number"),
        (units.parse_duration, "1.0e+400 s", "is too large (at most 2^62 nanoseconds)"),
        (parse_count, "9" * 5000, "number too large (5000 digits; max 2^53)"),
        (parse_count, str(2**53), "number too large (9007199254740992; max 2^53)"),
        (units.parse_size, "1e99999 B", "number too large (10 to the power of 99999)"),
        (units.parse_size, "1e-99999 B", "number too small (10 to the power of -99999)"),
        (units.parse_size, "-10MB", "must be >= 0 (got -10 MB)"),
        (units.parse_size, "10Mb", "'Mb' is megabit; a size needs bytes (did you mean 10 MB (= 80 Mbit)?)"),
        (units.parse_size, "8 kbit", "'kbit' is kilobit; a size needs bytes (did you mean 8 kB (= 64 kbit)?)"),
        (units.parse_size, "10 mb", "unit 'mb' is ambiguous (megabit, megabyte, millibit)"),
        (units.parse_size, "10 M", "unit 'M' is ambiguous (megabit, megabyte)"),
        (units.parse_size, "10 mB", "unit 'mB' is ambiguous"),
        (units.parse_size, "10 Mo", "unit 'Mo' is ambiguous"),
        (units.parse_size, "10 KB", "unit 'KB' is not used (did you mean 10 kB (1000 bytes) or 10 KiB (1024)?)"),
        (units.parse_size, "10 MB/s", "'MB/s' is a rate; a size is an amount (did you mean 10 MB?)"),
        (units.parse_size, "10 s", "'s' is a time; a size needs bytes"),
        (units.parse_size, "1 mib", "unknown unit 'mib' (did you mean 1 MiB?)"),
        (units.parse_bits_per_s, "10MB", "'MB' is an amount; a rate needs a time (did you mean 10 MB/s?)"),
        (units.parse_bits_per_s, "100 Mbps", "unit 'Mbps' is not used (did you mean 100 Mbit/s or 100 MB/s?)"),
        (units.parse_bits_per_s, "100 M", "unit 'M' is ambiguous (bits or bytes)"),
        (units.parse_duration, "5m", "'m': minute or metre or milli? (write 5 min / 5 ms)"),
        (units.parse_duration, "5 M", "'M': minute or month? (write 5 min)"),
        (units.parse_duration, "5 minutes", "unknown unit 'minutes' (did you mean 5 min?)"),
        (units.parse_duration, "5 μs", "unknown unit 'μs' (did you mean 5 us?)"),
        (units.parse_duration, "1 h 5m", "'m': minute or metre or milli? (write 5 min / 5 ms)"),
        (units.parse_duration, "100", "unit missing (e.g. 100 ms)"),
        (units.parse_rate, "300", "unit missing (e.g. 300 /s)"),
        (units.parse_percent, "0.6", "unit missing (a share is written with %, e.g. 0.6 % or 60 %)"),
        (units.parse_bits_per_s, "100 km/h", "unknown unit 'km/h' (a rate is written in bit/s, kbit/s, "),
        (units.parse_duration, "3 furlongs", "unknown unit 'furlongs' (a duration is written in w, d, h, min, "),
        (units.parse_rate, "300 IOPS", "unknown unit 'IOPS' (did you mean 300 /s?)"),
        (units.parse_rate, "5 ms", "'ms' is a time; a rate is events per time (did you mean 5 /ms?)"),
        (units.parse_duration, "“10 s”", "character U+201C “ is a typographic quote (use plain quotes)"),
        (units.parse_duration, "１０ s", "'１' is not a plain digit (digits must be ASCII: 1)"),
        (units.parse_duration, "−5 s", "character U+2212 − is not a minus sign (write '-')"),
        (units.parse_duration, "", "value missing"),
        (units.parse_duration, "soon", "expected a duration such as 100 ms (got 'soon')"),
        (units.parse_duration, "1 h 1 h", "'1 h 1 h' gives a unit twice"),
        (units.parse_duration, "1 h -5 min", "expected a duration such as 1 h 30 min"),
        (units.parse_duration, "0.5 ns", "'0.5 ns' is not a whole number of nanoseconds"),
        (units.parse_size, "0.3 B", "'0.3 B' is not a whole number of bytes"),
        (units.parse_percent, "101 %", "must be at most 100 % (got 101 %)"),
        (units.parse_duration, "1 y", "'y' is not always equally long (write days, e.g. 365 d)"),
        (parse_count, "1.5", "expected a whole number (got 1.5)"),
        (parse_count, "ten", "expected a whole number (got 'ten')"),
        (parse_number, "10 MB", "expected a plain number (got '10 MB') (a number without a unit: 10)"),
    ],
)
def test_rows_3_to_18_what_could_mean_two_things_is_refused_with_both(parse, text, message):
    with pytest.raises(BadValue) as caught:
        parse(text)
    assert message in str(caught.value)
    assert isinstance(caught.value, BadInput)


@pytest.mark.parametrize("parse", [units.parse_duration, units.parse_size, units.parse_bits_per_s, units.parse_rate])
def test_row_11_positive_means_more_than_zero(parse):
    assert parse("0") == 0
    with pytest.raises(BadValue, match="must be > 0"):
        parse("0", positive=True)


@given(st.integers(0, 2**62 - 1))
def test_durations_sizes_and_bandwidths_survive_being_written(value):
    assert units.parse_duration(units.format_duration(value)) == value
    assert units.parse_size(units.format_size(value)) == value
    assert units.parse_bits_per_s(units.format_bits_per_s(value)) == value
    assert units.parse_bytes_per_s(units.format_bytes_per_s(value)) == value


@given(st.integers(0, 10**9), st.integers(0, 6), st.sampled_from(["/s", "/min", "/h", "/d"]))
def test_rates_shares_and_numbers_survive_being_written(digits, places, unit):
    amount = Fraction(digits, 10**places)
    rate = amount * units.PER_S.units[unit]
    assert units.parse_rate(units.format_rate(rate)) == rate
    assert units.parse_percent(units.format_percent(amount), at_most=None) == amount
    assert parse_number(format_number(amount)) == amount


@pytest.mark.parametrize(
    ("value", "text"),
    [(600 * S, "10 min"), (24 * H, "1 d"), (36 * H, "36 h"), (90 * 60 * S, "90 min"), (125 * 60 * S, "2 h 5 min"),
     (86_400 * S + 1, "1 d 1 ns"), (0, "0 s"), (250 * 10**6, "250 ms")],
)  # fmt: skip
def test_durations_are_written_as_people_write_them(value, text):
    assert units.format_duration(value) == text


def test_sizes_are_written_in_the_largest_unit_that_divides_them():
    written = [units.format_size(size) for size in (600 * 2**20, 600 * 10**6, 2**40, 512, 0)]
    assert written == ["600 MiB", "600 MB", "1 TiB", "512 B", "0 B"]


def test_a_fraction_that_no_decimal_can_hold_is_written_as_the_nearest_double():
    assert decimal_text(Fraction(1, 3)) is None
    assert format_number(Fraction(1, 3)) == repr(1 / 3)
    assert decimal_text(Fraction(-5, 4)) == "-1.25"
