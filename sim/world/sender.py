"""The send-thread of one destination: set after set from the mailbox over the link (FIG 12; L1407-1428).

only what the destination misses is sent: no acknowledged chunk twice (T9)
a destination without room in its save volume holds the sender back, not the group (V8, T7)
a broken connection is set up again from what both sides hold durably
"""

from __future__ import annotations

from sim.engine.deltaset import ChunkRange
from sim.engine.identity import SetId
from sim.engine.receiver import SetReceiver
from sim.engine.savevolume import Found, SaveVolumeFull, StoredSet
from sim.records import BytesCarried
from sim.world.clock import Order, Process, Signal, Wait
from sim.world.fluid import Flow
from sim.world.link import Direction
from sim.world.primary import Primary
from sim.world.secondary import Secondary


class Sender:
    """Carries the sets of a primary to one secondary, in order, as one stream."""

    def __init__(self, primary: Primary, secondary: Secondary, receiver: SetReceiver, way: Direction) -> None:
        self.primary, self.secondary, self._receiver, self.way = primary, secondary, receiver, way
        self._clock = primary.clock
        self.enabled = True  # false while a copy is to come that later sets will follow
        self.stopped = False  # by the operator
        self.changed = Signal(self._clock, Order.NETWORK)
        self.sent = primary.last_cut  # everything up to here is on its way or there
        self._flow: Flow | None = None
        self._connection = 0  # counts connections: what was on its way over an earlier one is lost
        self._in_flight: dict[SetId, int] = {}  # bytes that left the link and have not arrived
        self._lost_bytes = 0  # carried by a broken connection and not kept at the other end
        for signal in (primary.set_ready, primary.node.changed, secondary.node.changed, secondary.space_freed):
            signal.wakes(self.changed)

    def send(self) -> Process:
        """Carry sets, for ever (FIG 12).

        wait for a set in the mailbox, and room for it there -> transfer -> hand over after the delay
             ^------------------------------------------------------+
        """
        while True:
            stored = yield from self._until_next()
            yield from self._transfer(stored)

    def disconnect(self) -> None:
        """The connection is gone; of a set in mid-transfer the whole chunks that arrived are kept."""
        self._connection += 1
        self._lost_bytes += sum(size for set_id, size in self._in_flight.items() if self._still_wanted(set_id))
        self._in_flight.clear()
        if self._flow is not None:
            self.way.server.break_off(self._flow)

    def start_after(self, stamp: SetId) -> None:
        """Go on from a copy that holds `stamp`: nothing that was lost before is sent again."""
        self.send_after(stamp)
        self._lost_bytes = 0

    def send_after(self, set_id: SetId) -> None:
        """Go on, over a new connection, with the set after this one."""
        self.disconnect()
        self.sent = set_id
        self.changed.fire()

    def reconnect(self) -> None:
        """Ask the destination what it holds, and go on from there."""
        self.send_after(self._receiver.received)

    # -- one set ------------------------------------------------------------------------------------------------------

    def _until_next(self) -> Wait[StoredSet]:
        while True:
            if self._may_send() and self.sent < self.primary.last_copied_out:
                stored = self.primary.save_volume.stored(self.sent.next())
                if self._reserve(stored):
                    return stored
            yield self.changed.wait()

    def _may_send(self) -> bool:
        up = self.primary.node.up and self.secondary.node.up
        return self.enabled and not self.stopped and up

    def _reserve(self, stored: StoredSet) -> bool:
        """Whether the destination has room; it keeps it free for the set from now on (V8)."""
        save_volume = self.secondary.save_volume
        if save_volume.find(stored.id) is Found.NEVER_EXISTED:
            try:
                save_volume.reserve(stored.id, stored.shape)
            except SaveVolumeFull:
                self.secondary.urge(self.sent)
                return False
            self.secondary.tell_save_volume()
        return True

    def _transfer(self, stored: StoredSet) -> Process:
        chunks = self._receiver.missing(stored.id)
        parts = [stored.chunk_range(first, last) for first, last in chunks]
        connection = self._connection
        flow = self.way.server.begin(sum(part.addresses.size for part in parts) * self.primary.block_bytes)
        self._flow = flow
        yield flow.ended
        self._flow = None
        self._account(flow)
        if flow.broken_off:
            self._keep_whole_chunks(stored, chunks, flow)
        elif connection != self._connection:
            self._lost_bytes += flow.size_bits // 8 if self._still_wanted(stored.id) else 0
        else:
            self.sent = stored.id
            self._in_flight[stored.id] = flow.size_bits // 8
            arrival = self._clock.now_ns + self.way.delay_ns
            self._clock.call_at(arrival, Order.NETWORK, lambda: self._hand_over(stored, parts, connection))

    def _hand_over(self, stored: StoredSet, parts: list[ChunkRange], connection: int) -> None:
        """Everything of the set is there; over a connection that broke meanwhile it is not."""
        if connection != self._connection:
            return
        del self._in_flight[stored.id]
        assert stored.header is not None
        self._receiver.receive_header(stored.header)
        for part in parts:
            self._receiver.receive(part)
        self._must_be_complete(stored.id)
        self.secondary.received(stored.id, stored.blocks)

    def _must_be_complete(self, set_id: SetId) -> None:
        if not self._receiver.complete(set_id):
            what = f"{self.secondary.name} got all of {set_id}, and it is not complete"
            self.primary.ledger.broken("CompleteWhenAllIsThere", what, self._clock.now_ns)

    def _keep_whole_chunks(self, stored: StoredSet, chunks: list[tuple[int, int]], flow: Flow) -> None:
        """What had arrived when the connection broke: chunks that are whole are durable, if both ends want them."""
        arrived = flow.served_bytes(self._clock.now_ns - self.way.delay_ns) // self.primary.block_bytes
        kept = 0
        for first, last in chunks if self._still_wanted(stored.id) else ():
            whole = min(last - first, (arrived - kept) // stored.shape.chunk_blocks)
            if whole:
                part = stored.chunk_range(first, first + whole)
                self._receiver.receive(part)
                kept += part.addresses.size
        if self._still_wanted(stored.id):
            self._lost_bytes += flow.served_bytes(self._clock.now_ns) - kept * self.primary.block_bytes

    def _still_wanted(self, set_id: SetId) -> bool:
        here, there = self.primary.save_volume, self.secondary.save_volume
        return here.find(set_id) is Found.HELD and there.find(set_id) is Found.HELD

    def tell_unfinished(self) -> None:
        """The run ends in mid-transfer: enter what the link carried so far."""
        if self._flow is not None:
            self._account(self._flow)

    def _account(self, flow: Flow) -> None:
        """Enter what the link carried; bytes that make up for lost ones are retransmissions."""
        carried = flow.served_bytes(self._clock.now_ns)
        again = min(carried, self._lost_bytes)
        self._lost_bytes -= again
        for cause, size in (("retransmission", again), ("delta_set", carried - again)):
            if size or cause == "delta_set":
                self.primary.ledger.append(
                    BytesCarried(
                        time_ns=self._clock.now_ns,
                        replication=self.primary.name,
                        link=self.way.link,
                        source=self.way.source,
                        destination=self.way.destination,
                        cause=cause,
                        began_ns=flow.pieces[0].since_ns,
                        carried_bytes=size,
                    )
                )
