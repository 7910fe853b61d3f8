"""A member of a replication: a data mover that is fed, keeps a copy, passes sets on, or both (FIG 3, 16, 18)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from sim.engine.identity import START, SetId
from sim.world.copier import Copier
from sim.world.inbox import Inbox
from sim.world.localfeed import LocalFeed
from sim.world.node import Seat
from sim.world.secondary import Secondary
from sim.world.sender import Sender


@dataclass(slots=True, eq=False)
class Member:
    """What leads to it, and what it does with what it gets.

    `home`: who feeds it by the scenario, `fed_by`: who does now; None is the primary. Without `inbox` it shares its
    feeder's save volume; without `secondary` it only forwards. `heard`: the last acknowledgements that came by here.
    """

    name: str
    node: Seat
    home: Member | None
    feed: Sender | LocalFeed
    inbox: Inbox | None
    secondary: Secondary | None = None
    copier: Copier | None = None
    present: bool = True  # false before it joins and after it leaves
    fed_by: Member | None = None
    heard: dict[tuple[str, str], SetId] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.fed_by = self.home

    @property
    def received(self) -> SetId:
        """The newest boundary up to which it has every set."""
        return START if self.inbox is None else self.inbox.received

    def frees_by(self, feeder: Member) -> str:
        """Which of its acknowledgements lets one above it forget a set: receipt, unless it reads them there."""
        return "replayed" if self.inbox is None and feeder is self.fed_by else "received"

    def needs_after(self, feeder: Member) -> SetId:
        """The boundary after which it needs the sets that lie at one above it."""
        if self.secondary is not None and self.frees_by(feeder) == "replayed":
            return self.secondary.oldest_needed
        return self.needed_after

    @property
    def needed_after(self) -> SetId:
        """The boundary after which its own copy needs sets to come in."""
        return self.feed.received if self.secondary is None else max(self.secondary.stamp, self.feed.received)

    def above(self) -> Iterator[Member]:
        """Who feeds it, and who feeds those, up to the primary, which is no member."""
        member = self.fed_by
        while member is not None:
            yield member
            member = member.fed_by

    def at_home_above(self) -> Iterator[Member]:
        """The same by the scenario."""
        member = self.home
        while member is not None:
            yield member
            member = member.home

    def can_feed(self, other: Member) -> bool:
        """Whether another finds here what it needs next."""
        inbox = self.inbox
        return inbox is not None and self.present and self.feed.serves and inbox.can_feed_after(other.received)
