"""A scenario that takes a moment, for tests about what is around a run."""

SMALL = """\
version: 1
name: small
run: {until: 1 h, seed: 1}
sites: {here: {}, there: {}}
links:
  line: {between: [here, there], bandwidth: 100 Mbit/s, rtt: 10 ms}
volumes:
  disk:
    size: 1 GiB
    workload:
      app: {writes: 20 /s}
replication:
  mirror:
    volume: disk
    primary: here
    initial_copy: done
    secondaries: {there: {}}
    timeout: 10 min
    high_water_mark: 600 MiB
    save_volume: {size: 2 GiB, on_full: suspend}
expect:
  - p99(lag{to=there}) < 20 min
  - count(full_copy) == 0
"""


def changed(*replacements):
    """The scenario with texts replaced: old, new, old, new ..."""
    text = SMALL
    for old, new in zip(replacements[::2], replacements[1::2], strict=True):
        assert old in text, old
        text = text.replace(old, new)
    return text
