"""Sites, links and data movers for faults to befall, with a stand-in for replications; no transfer is needed."""

from __future__ import annotations

from dataclasses import dataclass, field

from sim.records import FaultBegan, FaultEnded
from sim.scenario import load_text
from sim.streams import Streams
from sim.world.clock import Clock, Order
from sim.world.disk import Disk
from sim.world.faults.faults import Faults
from sim.world.ledger import Ledger
from sim.world.lines import link_specs
from sim.world.network import Network
from sim.world.node import Node

S = 1_000_000_000
MIN = 60 * S
HOUR = 3600 * S

SCENARIO = """
version: 1
name: ground
run: {{until: {until}, seed: {seed}}}
sites: {{near: {{}}, hub: {{data_movers: [dm1, dm2]}}, far: {{}}}}
links:
  wan: {{between: [near, hub], bandwidth: 100 Mbit/s, rtt: 80 ms, loss: 1 %}}
  lan: {{between: [hub, far], bandwidth: 1 Gbit/s, rtt: 1 ms}}
  old: {{between: [near, far], bandwidth: 10 Mbit/s, rtt: 30 ms}}
volumes: {{vol: {{size: 1 MiB, workload: {{w: {{writes: 1 /h}}}}}}}}
replication:
  mirror: {{volume: vol, primary: near, secondaries: {{far: {{}}}}, initial_copy: done, save_volume: {{size: 1 MiB}}}}
groups: {{coast: [wan, hub, lan]}}
timeline:{timeline}
faults:{faults}
"""


@dataclass
class Told:
    """A replication that notes what it is told."""

    seen: list[tuple[str, str]] = field(default_factory=list)

    def node_went_down(self, node):
        self.seen.append(("down", node.name))

    def node_came_up(self, node):
        self.seen.append(("up", node.name))


class Ground:
    """A scenario's links and data movers, and its faults waiting."""

    def __init__(self, timeline="", faults="", until="30 d", seed=1, hit=lambda _place: ()):
        scenario = load_text(
            SCENARIO.format(
                until=until, seed=seed,
                timeline="".join(f"\n  - {line.strip()}" for line in timeline.strip().splitlines()) or " []",
                faults="".join(f"\n  {line.strip()}" for line in faults.strip().splitlines()) or " {}",
            ),
            "ground.yaml",
        )  # fmt: skip
        self.until_ns = int(scenario.run.until)
        self.clock, self.ledger, self.told = Clock(), Ledger(lambda _fact: None), Told()
        streams = Streams(seed)
        self.network = Network(self.clock, streams, link_specs(scenario))
        disk = Disk(self.clock, 0, 0)
        self.nodes = {
            name: Node(self.clock, site, disk, name, alone=len(scenario.data_movers(site)) == 1)
            for site in scenario.sites
            for name in scenario.data_movers(site)
        }
        faults = Faults(
            self.clock,
            self.ledger,
            streams,
            self.network,
            self.nodes.values(),
            hit,
            {"mirror": self.told},
            scenario.groups,
        )
        faults.plan(scenario)

    def run(self, until_ns=None):
        """Let it happen; answers all facts."""
        self.clock.run(self.until_ns if until_ns is None else until_ns, lambda _now: None)
        return self.ledger.facts

    def look(self, instants_ns, ask):
        """What `ask()` answers at the end of each of these instants."""
        seen = {}
        for instant in instants_ns:
            self.clock.call_at(instant, Order.METRICS, lambda now=instant: seen.__setitem__(now, ask()))
        self.run()
        return [seen[instant] for instant in instants_ns]

    def way(self, link, source):
        """One direction."""
        return next(way for key, way in self.network.directions.items() if key[:2] == (link, source))


def begins(facts, **where):
    """Faults that began, with these values."""
    return _with(facts, FaultBegan, where)


def ends(facts, **where):
    """Faults that ended, with these values."""
    return _with(facts, FaultEnded, where)


def _with(facts, kind, where):
    return [fact for fact in facts if isinstance(fact, kind) and all(getattr(fact, k) == v for k, v in where.items())]
