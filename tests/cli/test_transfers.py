"""`sim.transfer_time`: arguments, luck, and what must hold for any model of a transfer."""

import math

import pytest

from sim import transfer_time

MIB = 2**20
GIVEN = {"size_bytes": 8 * MIB, "bandwidth_bits_per_s": 10**8, "rtt_seconds": 0.08}
SENDERS = ("cubic", "reno")

BAD = {
    "size_bytes": (0, -1, 1.5, True, "64 MiB", math.nan),
    "bandwidth_bits_per_s": (0, -1, math.inf, math.nan, "100 Mbit/s", None),
    "rtt_seconds": (-0.001, 3601, math.nan, math.inf, None),
    "loss": (-0.1, 1, 1.5, math.nan, "0.1 %"),
    "queue_bdp": (0, -1, math.inf, math.nan),
    "congestion": ("bbr", None, ""),
    "connection": ("hot", None, ""),
}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in BAD.items() for value in values])
def test_what_cannot_be_is_refused_with_its_name(name, value):
    with pytest.raises(ValueError, match=name):
        transfer_time(**GIVEN | {name: value})


def test_all_that_is_wrong_is_said_at_once():
    with pytest.raises(ValueError) as refused:
        transfer_time(**{name: values[0] for name, values in BAD.items()})
    assert all(name in str(refused.value) for name in BAD)


def test_arguments_have_names():
    with pytest.raises(TypeError):
        transfer_time(8 * MIB, 10**8, 0.08)


@pytest.mark.parametrize("congestion", SENDERS)
def test_the_median_is_the_same_each_time_and_lies_between_draws(congestion):
    given = GIVEN | {"loss": 0.002, "congestion": congestion}
    median = transfer_time(**given)
    assert median == transfer_time(**given)
    draws = [transfer_time(**given, seed=seed) for seed in range(40)]
    assert draws == [transfer_time(**given, seed=seed) for seed in range(40)]
    assert min(draws) < median < max(draws)
    assert len(set(draws)) > 10


@pytest.mark.parametrize("congestion", SENDERS)
def test_without_loss_there_is_no_luck(congestion):
    given = GIVEN | {"congestion": congestion}
    assert {transfer_time(**given, seed=seed) for seed in range(5)} == {transfer_time(**given)}


@pytest.mark.parametrize("size_bytes", [1, 1448, MIB, 2**40])
@pytest.mark.parametrize("rtt_seconds", [0, 0.08, 2.5])
@pytest.mark.parametrize("loss", [0.0, 0.3])
@pytest.mark.parametrize("connection", ["fresh", "warm", "idle"])
def test_ideal_is_size_by_bandwidth_and_half_a_round_trip(size_bytes, rtt_seconds, loss, connection):
    """size / bandwidth + rtt / 2, in whole nanoseconds, whatever the connection and the loss."""
    given = GIVEN | {"size_bytes": size_bytes, "rtt_seconds": rtt_seconds, "loss": loss}
    took = transfer_time(**given, congestion="ideal", connection=connection)
    assert took == pytest.approx(size_bytes * 8 / 10**8 + rtt_seconds / 2, abs=2e-9)


@pytest.mark.parametrize("congestion", SENDERS)
@pytest.mark.parametrize("size_bytes", [1, 20_000, MIB, 64 * MIB, 2**32])
@pytest.mark.parametrize("rtt_seconds", [0, 0.001, 0.08, 0.3])
def test_nothing_is_faster_than_the_line_and_a_handshake_takes_a_round_trip(congestion, size_bytes, rtt_seconds):
    given = GIVEN | {"size_bytes": size_bytes, "rtt_seconds": rtt_seconds, "congestion": congestion}
    fresh, warm, idle = (transfer_time(**given, connection=state) for state in ("fresh", "warm", "idle"))
    ideal = transfer_time(**given | {"congestion": "ideal"})
    assert ideal - 2e-9 <= min(warm, idle)
    assert ideal + rtt_seconds - 2e-9 <= fresh
    assert max(fresh, warm, idle) < 2 * ideal + 30 * rtt_seconds + 0.5


@pytest.mark.parametrize("congestion", SENDERS)
@pytest.mark.parametrize("size_bytes", [1, 20_000, MIB // 2])
@pytest.mark.parametrize("rtt_seconds", [0.08, 0.3])
def test_warm_is_not_slower_than_fresh_where_the_queue_takes_all_at_once(congestion, size_bytes, rtt_seconds):
    """Where it does not, a burst overflows it: 64 KiB of warm Reno take three times as long as fresh (measured)."""
    given = GIVEN | {"size_bytes": size_bytes, "rtt_seconds": rtt_seconds, "congestion": congestion}
    fresh, warm, idle = (transfer_time(**given, connection=state) for state in ("fresh", "warm", "idle"))
    assert warm <= idle <= fresh
    small = GIVEN | {"size_bytes": 65_536, "rtt_seconds": 0.002, "bandwidth_bits_per_s": 50 * 10**6}
    assert transfer_time(**small, congestion="reno", connection="warm") > transfer_time(**small, congestion="reno")


@pytest.mark.parametrize("congestion", SENDERS)
def test_more_takes_longer_on_a_lossless_line(congestion):
    """On a fresh connection: others begin with the window of the transfer before, which was as large."""
    sizes = [1448 * 2**power for power in range(21)]
    times = [transfer_time(**GIVEN | {"congestion": congestion, "size_bytes": size}) for size in sizes]
    assert times == sorted(times)
    assert len(set(times)) == len(times)


@pytest.mark.parametrize("congestion", SENDERS)
def test_loss_and_distance_cost_time(congestion):
    times = [transfer_time(**GIVEN, congestion=congestion, loss=loss) for loss in (0.0, 0.001, 0.01, 0.1)]
    assert times == sorted(times)
    assert times[0] < times[-1]
    near, far = (transfer_time(**GIVEN | {"rtt_seconds": rtt}, congestion=congestion) for rtt in (0.01, 0.1))
    assert near < far
