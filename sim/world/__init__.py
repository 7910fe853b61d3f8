"""Everything that waits: SimPy processes and what feeds them."""
