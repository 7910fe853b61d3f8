"""Everything that goes wrong in the world, from the timeline and by chance: small faults, composed."""

from sim.world.faults.faults import Faults

__all__ = ["Faults"]
