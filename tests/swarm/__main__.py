"""`python -m tests.swarm`: run worlds of the swarm, by number, and show what each of those that fail fails at."""

from __future__ import annotations

import argparse
import collections
import time

from tests.swarm import disaster_world, disasters, draw, wan, wan_world, world
from tests.swarm.shrink import shrink
from tests.swarm.world import Fault


def main() -> int:
    """Exit status 1 when a world broke something."""
    parser = argparse.ArgumentParser(prog="python -m tests.swarm")
    parser.add_argument("--seed", type=int, default=0, help="the first world")
    parser.add_argument("--worlds", type=int, default=1, help="how many from there")
    parser.add_argument("--shrink", action="store_true", help="look for a smaller world that fails as well")
    parser.add_argument("--show", action="store_true", help="print the scenario")
    parser.add_argument("--wan", action="store_true", help="wide-area worlds: forwarders, faults, lines of every kind")
    parser.add_argument("--disasters", action="store_true", help="sites are lost, copies take over and users go back")
    options = parser.parse_args()
    drawing, check = (wan.draw, wan_world.check) if options.wan else (draw.draw, world.check)
    if options.disasters:
        drawing, check = disasters.draw, disaster_world.check
    kinds: collections.Counter[str] = collections.Counter()
    for seed in range(options.seed, options.seed + options.worlds):
        began = time.monotonic()
        try:
            plan = drawing(seed)
            if options.show:
                print(plan.text(), plan.files)
            check(plan)
        except Fault as fault:
            smallest = shrink(fault.plan, fault, check) if options.shrink else fault
            kinds[smallest.what[:40]] += 1
            print(smallest if options.worlds == 1 else f"world {seed}: {smallest.what[:400]}", flush=True)
        if time.monotonic() - began > 5:
            print(f"world {seed} took {time.monotonic() - began:.1f} s", flush=True)
    print(f"{sum(kinds.values())} of {options.worlds} worlds failed: {dict(kinds.most_common())}")
    return 1 if kinds else 0


if __name__ == "__main__":
    raise SystemExit(main())
