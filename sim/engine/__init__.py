"""Everything that decides: no clock, no dice, no disk, no SimPy."""
