"""Benchmarks: ratios taken in one run, interleaved, printed and never asserted (`make bench`)."""
