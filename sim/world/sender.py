"""The send-thread of one destination: set after set over one hop, from whoever feeds it (FIG 12, 16; L1407-1428).

only the destination's missing chunks are sent: none that was acknowledged twice (T9)
a destination without room in its save volume holds the sender back, not the group (V8, T7)
a broken connection is set up again from what both sides hold durably
what comes in at a forwarder flows on while it comes in; when it breaks off there, it breaks off here
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from sim.engine.deltaset import ChunkRange, Header
from sim.engine.identity import SetId
from sim.engine.savevolume import SaveVolume
from sim.world.carriage import Carriage
from sim.world.clock import Order, Process, Signal, Stop, Wait
from sim.world.inbox import Inbox
from sim.world.network import Feed, Network, Session, Way
from sim.world.node import Seat
from sim.world.patience import Patience
from sim.world.primary import Primary
from sim.world.transfer import Chunks, Offer, Transfer, to_send


class Feeder(Protocol):
    """Who passes sets on: the primary, or a member that has received them."""

    @property
    def node(self) -> Seat:
        """Its data mover."""

    @property
    def ready(self) -> Signal:
        """Fires when there is more to pass on."""

    @property
    def feeder_name(self) -> str:
        """What facts call it."""

    @property
    def save_volume(self) -> SaveVolume:
        """Where the sets lie."""

    def offer(self, set_id: SetId) -> Offer | None:
        """A set that can be passed on now."""

    def lacks(self, set_id: SetId) -> bool:
        """Whether it never will have a set: it had it and let it go, or went on without it."""


@dataclass(frozen=True, slots=True)
class _Arrival:
    """Where the chunks of one transfer land."""

    inbox: Inbox
    way: Way

    def take(self, message: ChunkRange) -> None:
        self.inbox.take(message, self.way)

    def take_header(self, header: Header) -> None:
        self.inbox.take_header(header, self.way)


class Sender:
    """Carries sets to one member, in order, as one stream."""

    def __init__(
        self,
        primary: Primary,
        inbox: Inbox,
        network: Network,
        connect: Callable[[Feeder], Session],
        feeder: Feeder,
        patience: Patience,
    ) -> None:
        self.inbox, self.feeder, self.patience = inbox, feeder, patience
        self._clock, self._network, self._connect = primary.clock, network, connect
        self._carriage = Carriage(primary.ledger, primary.clock, primary.name)
        self.enabled = True  # false while a copy is to come that later sets will follow
        self.stopped = False  # by the operator
        self.is_shared: Callable[[], bool] = lambda: False  # whether local copies live on what comes in there
        self.changed = Signal(self._clock, Order.NETWORK)
        self._under_way = inbox.incoming
        self._watched: set[Way] = set()  # whose changes are heard of
        self._hang_ups: list[Stop] = []  # how to hear of them no more
        self._carrying: Transfer | None = None  # whose bytes are not in the ledger yet
        self._lost_bytes = 0  # carried by a broken connection, or spoilt, and not kept at the other end
        self._wakes_ns = 0  # before this no new connection is tried
        self._without_room = False  # whether the last set that was offered found none
        inbox.node.changed.wakes(self.changed)
        inbox.space_freed.calls(self._use_room)
        self._connect_to(feeder)
        self.changed.calls(self._watch)

    @property
    def received(self) -> SetId:
        """The newest boundary up to which the destination has every set."""
        return self.inbox.received

    def send(self) -> Process:
        """Carry sets, for ever (FIG 12).

        wait for something to pass on, and room for it there -> transfer -> hand over after the delay
             ^--------------------------------------------------------------+
        """
        while True:
            offer, chunks = yield from self._until_next()
            yield from self._transfer(offer, chunks)

    @property
    def active(self) -> bool:
        """Whether sets go to this member: for its own copy, for local copies beside it, or to be passed on."""
        return (self.enabled and not self.stopped) or self.is_shared()

    @property
    def serves(self) -> bool:
        """Whether others can be fed from there."""
        return self.active and not self.patience.marked

    def disconnect(self) -> None:
        """The connection is gone; of what was on its way, whole chunks that had arrived are kept."""
        for transfer in list(self._under_way.values()):
            self._break(transfer)
        self.session.close()

    def start_after(self, _stamp: SetId) -> None:
        """Go on from a copy that holds another boundary: nothing that was lost before is sent again."""
        self.reconnect()
        self._lost_bytes = 0

    def reconnect(self) -> None:
        """Go on, over a new connection, with what the destination misses."""
        self.disconnect()
        self._wakes_ns = self._next_attempt_ns()
        if self._wakes_ns > self._clock.now_ns:
            self._clock.call_at(self._wakes_ns, Order.NETWORK, self.changed.fire)
        self.changed.fire()

    def feed_from(self, feeder: Feeder) -> None:
        """Be fed by somebody else, once `changed` fires; whole chunks that have arrived are kept."""
        self.disconnect()
        self._ignore(self.feeder)
        self.feeder = feeder
        self._connect_to(feeder)
        self.patience.forget()

    def retire(self) -> None:
        """Its generation is over: what is on its way is nobody's, and nothing more is sent."""
        self.stopped, self.enabled = True, False
        self.is_shared = lambda: False
        self.disconnect()
        self._ignore(self.feeder)
        self.inbox.node.changed.sleeps(self.changed)
        for hang_up in self._hang_ups:
            hang_up()

    def tell_unfinished(self) -> None:
        """Nobody waits for the end of the transfer under way: enter what the links carried so far."""
        carrying, self._carrying = self._carrying, None
        if carrying is not None:
            self._account(carrying)

    # -- one set ------------------------------------------------------------------------------------------------------

    def _until_next(self) -> Wait[tuple[Offer, list[Chunks]]]:
        while True:
            found = self._next()
            if found is not None:
                return found
            yield self.changed.wait()

    def _next(self) -> tuple[Offer, list[Chunks]] | None:
        """The next set that can go, and which chunks of it."""
        if not self._may_send():
            return None
        wanted = self._wanted()
        offer = self.feeder.offer(wanted)
        if offer is None and self._is_let_go(wanted) and self.inbox.skip_what_nobody_needs():
            offer = self.feeder.offer(self._wanted())
        missing = None if offer is None else self.inbox.make_room(offer.stored)
        self._without_room = offer is not None and missing is None
        if offer is None or missing is None:
            return None
        chunks = to_send(offer, missing)
        return None if chunks is None else (offer, chunks)

    def _use_room(self) -> None:
        """There is more room: that concerns who found none, and who goes on further on with what is needed now."""
        if self._without_room or self._is_let_go(self._wanted()):
            self.changed.fire()
        else:
            self._watch()

    def _may_send(self) -> bool:
        in_time = self._clock.now_ns >= self._wakes_ns
        return in_time and self.feeder.node.up and self.inbox.node.up and self.active

    def _wanted(self) -> SetId:
        """The first set that is neither there nor on its way there."""
        set_id = self.inbox.receiver.received.next()
        if not self._under_way:
            return set_id
        while set_id in self._under_way or self.inbox.receiver.complete(set_id):
            set_id = set_id.next()
        return set_id

    def _is_let_go(self, wanted: SetId) -> bool:
        """Whether the feeder had the next set and keeps it no longer."""
        return not self._under_way and self.feeder.lacks(wanted)

    def _transfer(self, offer: Offer, chunks: list[Chunks]) -> Process:
        transfer = Transfer(offer, chunks, self.inbox.block_bytes, self._arrival)
        wire_bytes = self.way.wire_bytes(transfer.payload_bytes, transfer.n_chunks + 1)  # the set's header is one more
        transfer.hand_over = partial(self._hand_over, transfer)
        feed = self._feed(transfer)
        flow = self._network.begin(self.session, transfer.payload_bytes, wire_bytes=wire_bytes, feed=feed)
        transfer.flow = flow
        self._under_way[transfer.id] = transfer
        self.inbox.ready.fire()
        self._watch()
        self._carrying = transfer
        yield flow.ended
        self.tell_unfinished()
        if self._is_under_way(transfer):
            now, arrives_ns = self._clock.now_ns, flow.arrives_ns
            self._clock.call_at(arrives_ns if arrives_ns > now else now, Order.NETWORK, transfer.hand_over)

    def _feed(self, transfer: Transfer) -> Feed | None:
        """What comes in by a transfer that is still under way, after what the feeder holds already."""
        source = transfer.source
        if source is None or source.flow is None:
            return None
        source.followers.append(lambda: self._break(transfer))
        held_bytes = transfer.payload_bytes - source.payload_bytes
        return Feed(upstream=source.flow, held_bytes=held_bytes, chunk_bytes=source.chunk_bytes)

    def _hand_over(self, transfer: Transfer) -> None:
        """Everything of the set is there; over a connection that broke meanwhile it is not."""
        if transfer.is_over or not self._is_under_way(transfer):
            return
        if transfer.source is not None:
            transfer.source.hand_over()  # where both fall in one instant, what brought it comes first
            if not self._is_under_way(transfer):
                return
        if not self._still_wanted(transfer):
            self._give_up(transfer)
            return
        transfer.land(self._clock.now_ns)
        transfer.is_over = True
        if not self.inbox.receiver.has_header(transfer.id):
            transfer.land_header()
        whole = self.inbox.receiver.complete(transfer.id)
        if whole:
            del self._under_way[transfer.id]
        self.inbox.landed(transfer.id, whole)
        if whole:
            return
        self._must_have_a_reason(transfer)
        self._lost_bytes += transfer.missing_bytes(self.inbox.receiver.missing(transfer.id))
        back_ns = self._clock.now_ns + self.way.back_delay_ns
        self._clock.call_at(back_ns, Order.NETWORK, lambda: self._ask_again(transfer))

    def _ask_again(self, transfer: Transfer) -> None:
        """The destination's word that something is missing has come back."""
        if self._is_under_way(transfer):
            del self._under_way[transfer.id]
            self.changed.fire()

    def _must_have_a_reason(self, transfer: Transfer) -> None:
        if transfer.source is None and self.inbox.unharmed:
            what = f"{self.inbox.name} got all of {transfer.id}, and it is not complete"
            self.inbox.ledger.broken("CompleteWhenAllIsThere", what, self._clock.now_ns)

    def _break(self, transfer: Transfer) -> None:
        """A transfer is over before its end: what had arrived in whole chunks is durable, if both ends want it."""
        if not self._is_under_way(transfer):
            return
        flow = transfer.flow
        assert flow is not None
        if self._still_wanted(transfer):
            transfer.land(self._clock.now_ns)
            self._lost_bytes += flow.served_bytes(self._clock.now_ns) - transfer.landed_bytes
        self._network.break_off(flow)
        self._give_up(transfer)

    def _give_up(self, transfer: Transfer) -> None:
        """Nothing more of it lands, here and further down."""
        del self._under_way[transfer.id]
        transfer.break_followers()
        self.changed.fire()

    def _is_under_way(self, transfer: Transfer) -> bool:
        return self._under_way.get(transfer.id) is transfer

    def _still_wanted(self, transfer: Transfer) -> bool:
        """Whether the feeder has not overwritten what it sends, and the destination has not forgotten it."""
        return self.feeder.save_volume.has(transfer.stored) and self.inbox.wants(transfer.id)

    # -- who can be reached -------------------------------------------------------------------------------------------

    def _watch(self) -> None:
        """See whether attempts fail, and for how long they have."""
        if self.patience.since_ns is None and self.inbox.node.up and self.way.usable:
            return  # by far the most frequent: none did, and none would
        if not self.active or not self.feeder.node.up:
            self.patience.pause()
        elif self.inbox.node.up and self.way.usable:
            self.patience.reached()
        elif self._under_way or self.feeder.offer(self._wanted()) is not None:
            self.patience.failing()

    def _next_attempt_ns(self) -> int:
        """When a new connection is tried: attempts go on at their own pace while there is no way."""
        since_ns = self.patience.since_ns
        return self._clock.now_ns if since_ns is None else self.session.next_attempt_ns(since_ns, self._clock.now_ns)

    def _connect_to(self, feeder: Feeder) -> None:
        self.session = self._connect(feeder)
        self.way = self.session.way
        self._arrival = _Arrival(self.inbox, self.way)
        for signal in (feeder.ready, feeder.node.changed, self.way.changed):
            signal.wakes(self.changed)
        if self.way not in self._watched:
            self._watched.add(self.way)
            self._hang_ups.append(self.way.changing.calls(self._land))

    def _land(self) -> None:
        """The way is about to treat chunks differently: what has passed until now has passed as it was."""
        for transfer in self._under_way.values():
            if self._still_wanted(transfer):
                transfer.land(self._clock.now_ns)

    def _ignore(self, feeder: Feeder) -> None:
        for signal in (feeder.ready, feeder.node.changed, self.way.changed):
            signal.sleeps(self.changed)

    # -- the ledger ---------------------------------------------------------------------------------------------------

    def _account(self, transfer: Transfer) -> None:
        """Enter what the links carried; bytes that make up for lost ones are retransmissions."""
        assert transfer.flow is not None
        again = min(transfer.flow.served_bytes(self._clock.now_ns), self._lost_bytes) if self._lost_bytes else 0
        self._lost_bytes -= again
        self._carriage.tell(transfer.flow, transfer.flow.session.way, "delta_set", again)
