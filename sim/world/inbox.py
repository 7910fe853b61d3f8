"""The receiving half of a data mover: sets come in, are kept for whoever is below, and flow on at once (FIG 9, 15-17).

the save volume is shared by the copy here and by every session that goes out from here (L1564, L1657)
what is kept, and for whom, the engine's relay says
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from sim.engine.deltaset import ChunkRange, Header
from sim.engine.identity import SetId
from sim.engine.receiver import Outcome, SetReceiver
from sim.engine.relay import Relay
from sim.engine.savevolume import Found, SaveVolume, SaveVolumeFull
from sim.engine.storedset import StoredSet
from sim.records import ChunksDiscarded, SaveVolumeChanged
from sim.world.clock import Order, Signal
from sim.world.mischief import Dangers, Mischief, SpoiltButStored
from sim.world.node import Seat
from sim.world.primary import Primary
from sim.world.transfer import Chunks, Offer, Transfer


class Inbox:
    """What one member of a replication takes in."""

    def __init__(
        self,
        primary: Primary,
        node: Seat,
        name: str,
        save_volume: SaveVolume,
        receiver: SetReceiver,
        mischief: Mischief,
    ) -> None:
        self.clock, self.ledger, self.node, self.name = primary.clock, primary.ledger, node, name
        self.replication, self.block_bytes = primary.name, primary.block_bytes
        self.save_volume, self.receiver, self.relay = (
            save_volume,
            receiver,
            Relay(save_volume, primary.begin.generation),
        )
        self.ready = Signal(self.clock, Order.NETWORK)  # there is more that can be passed on
        self.space_freed = Signal(self.clock, Order.NETWORK)
        self.incoming: dict[SetId, Transfer] = {}
        self.on_complete: Callable[[StoredSet], None] = lambda _stored: None
        self.oldest_needed: Callable[[], SetId] = lambda: self.received  # what is older nobody wants from here
        self.on_no_room: list[Callable[[SetId], None]] = []
        self._mischief, self._generation = mischief, primary.begin.generation
        self._told: Counter[Outcome] = Counter()
        self._capacity_bytes = save_volume.capacity_blocks * self.block_bytes

    # -- for whoever feeds this ---------------------------------------------------------------------------------------

    @property
    def feeder_name(self) -> str:
        """What facts call it where it feeds others."""
        return self.name

    @property
    def received(self) -> SetId:
        """The newest boundary up to which every set is complete here."""
        return self.receiver.received

    def make_room(self, stored: StoredSet) -> list[Chunks] | None:
        """The chunks to ask for of a set, for which room is kept free from now on; None: there is none (V8)."""
        if self.save_volume.find(stored.id) is not Found.NEVER_EXISTED:
            return self.receiver.missing(stored.id)
        try:
            self.save_volume.reserve(stored.id, stored.shape)
        except SaveVolumeFull:
            for urge in self.on_no_room:
                urge(self.received)
            return None
        self.tell_save_volume()
        return [(0, stored.shape.chunks)] if stored.blocks else []

    def skip_what_nobody_needs(self) -> bool:
        """One that was away goes on with what copies here and below need; whether that is further on."""
        boundary = self.oldest_needed()
        if boundary <= self.received:
            return False
        self.forget_incomplete()
        self.receiver.follow(boundary)
        self.ready.fire()
        return True

    def wants(self, set_id: SetId) -> bool:
        """Whether a set is kept room for, or is here."""
        return self.save_volume.holding(set_id) is not None

    def take(self, message: ChunkRange, way: Dangers) -> None:
        """A range of chunks has arrived over a way."""
        try:
            self._mischief.take(message, way)
        except SpoiltButStored as crime:
            self.ledger.broken("CorruptIsNeverStored", f"{self.name}: {crime}", self.clock.now_ns)

    def take_header(self, header: Header, way: Dangers) -> None:
        """The header of a set has arrived over a way."""
        try:
            self._mischief.take_header(header, way)
        except SpoiltButStored as crime:
            self.ledger.broken("CorruptIsNeverStored", f"{self.name}: {crime}", self.clock.now_ns)

    def landed(self, set_id: SetId, whole: bool) -> None:
        """All that was sent of a set has landed: a whole one can be passed on, what was thrown away is told."""
        self._tell_discarded(set_id)
        if whole:
            self.on_complete(self.save_volume.stored(set_id))
            self.ready.fire()
            self._freed(self.relay.settle())  # with nobody to keep it for, it is let go

    @property
    def unharmed(self) -> bool:
        """Whether no message so far was spoilt on its way here."""
        return self._mischief.hits == 0

    # -- for whoever is fed from here ---------------------------------------------------------------------------------

    def offer(self, set_id: SetId) -> Offer | None:
        """A set that can be passed on: a whole one, or one that is coming in; None while there is nothing of it."""
        stored = self.save_volume.holding(set_id)
        if stored is None:
            return None
        if stored.complete:
            return Offer(stored, None)
        incoming = self.incoming.get(set_id)
        return Offer(stored, incoming) if incoming is not None and not incoming.is_over else None

    def lacks(self, set_id: SetId) -> bool:
        """Whether a set never will be here: it was let go, or skipped because nobody needed it."""
        return set_id <= self.received and not self.wants(set_id)

    def can_feed_after(self, boundary: SetId) -> bool:
        """Whether whoever has everything up to `boundary` finds here what comes after it, now or later."""
        if self.received.generation != boundary.generation or self.received < boundary:
            return False
        return self.received == boundary or self.wants(boundary.next())

    def done(self, name: str, set_id: SetId) -> None:
        """Somebody for whom sets are kept needs nothing up to `set_id` any more."""
        self._freed(self.relay.done(name, set_id))

    def leave(self, name: str) -> None:
        """Nothing is kept here for `name` any more."""
        self._freed(self.relay.leave(name))

    def tell_save_volume(self) -> None:
        """Enter how full this member's save volume is."""
        self.ledger.append(
            SaveVolumeChanged(
                time_ns=self.clock.now_ns,
                replication=self.replication,
                site=self.node.site,
                used_bytes=self.save_volume.used_blocks * self.block_bytes,
                capacity_bytes=self._capacity_bytes,
            )
        )

    # -- forgetting ---------------------------------------------------------------------------------------------------

    def forget_incomplete(self) -> None:
        """Sets that are not complete never will be; what an earlier generation left is evidence until it is read."""
        own = (set_id for set_id in self.save_volume.held() if set_id.generation == self._generation)
        held = [set_id for set_id in own if not self.save_volume.is_complete(set_id)]
        for set_id in reversed(held):
            self.save_volume.forget(set_id)
        if held:
            self.tell_save_volume()

    def forget_for(self, name: str) -> None:
        """Nothing that was received is of use for `name` any more."""
        self.forget_incomplete()
        self.leave(name)
        self._freed(self.relay.settle())

    def _freed(self, released: tuple[SetId, ...]) -> None:
        if released:
            self.tell_save_volume()
            self.space_freed.fire()

    def _tell_discarded(self, set_id: SetId) -> None:
        if not self.receiver.discarded:  # by far the most frequent
            return
        news = self.receiver.discarded - self._told
        self._told = Counter(self.receiver.discarded)
        for outcome in sorted(news, key=lambda one: one.value):
            self.ledger.append(
                ChunksDiscarded(
                    time_ns=self.clock.now_ns,
                    replication=self.replication,
                    secondary=self.name,
                    generation=set_id.generation,
                    number=set_id.number,
                    chunks=news[outcome],
                    cause=outcome.name.lower(),
                )
            )
