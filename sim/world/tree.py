"""The tree of routes of one replication: who feeds whom now, and what becomes of news on its way up (FIG 13-18).

a member is fed by the nearest of those above it, by the scenario, that can be reached and has what it needs next:
a forwarder that fails is passed by, and gets its children back when it has caught up with them (L1660-1672; T12)
an acknowledgement travels hop by hop; one that meets a data mover that went down is lost, and told again later
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from sim.engine.identity import SetId
from sim.records import MemberReachable, MemberUnreachable, RouteChanged
from sim.world.clock import Order, Signal, Stop
from sim.world.member import Member
from sim.world.network import Way
from sim.world.node import Seat
from sim.world.primary import Primary
from sim.world.sender import Sender


class Tree:
    """All members of one replication."""

    def __init__(self, primary: Primary, bypass: bool) -> None:
        self._primary, self._bypass = primary, bypass
        self._listened: set[tuple[str, Way]] = set()  # members, and the ways whose return they hear of
        self.members: dict[str, Member] = {}
        self._detours: set[str] = set()  # members that are fed by others than at home
        self._hang_ups: list[Stop] = []
        self._retired = False
        self.changed = Signal(primary.clock, Order.NETWORK)  # somebody is fed by somebody else now

    def join(self, member: Member) -> None:
        """Wire a member in; those above it come before it."""
        self.members[member.name] = member
        if isinstance(member.feed, Sender):
            patience = member.feed.patience
            patience.on_marked = lambda: self._marked(member)
            patience.on_reached = lambda since_ns: self._reached(member, since_ns)
            self._listen_to(member, member.feed.way)
        if member.inbox is not None:
            member.inbox.ready.calls(partial(self._take_back, member))

    def retire(self) -> None:
        """Its generation is over: nobody is fed, and no news travels."""
        self._retired = True
        for hang_up in self._hang_ups:
            hang_up()

    # -- who feeds whom -----------------------------------------------------------------------------------------------

    def feeder_node(self, member: Member) -> Seat:
        """The data mover that feeds a member now."""
        return self._primary.node if member.fed_by is None else member.fed_by.node

    def below(self, member: Member) -> Iterator[Member]:
        """A member, and all that are fed through it now."""
        return (one for one in self.members.values() if one is member or member in one.above())

    def beside(self, member: Member) -> Iterator[Member]:
        """The local copies that live on what comes in at a member."""
        return (one for one in self.members.values() if one.inbox is None and one.home is member)

    def wake_host(self, member: Member) -> None:
        """A local copy wants sets again: who takes them in for it may have slept."""
        if member.inbox is None and member.home is not None:
            member.home.feed.changed.fire()

    def rethink_below(self, member: Member) -> None:
        """Something changed at a member: see who should feed those whom it feeds by the scenario."""
        for one in self.members.values():
            if member in one.at_home_above():
                self.rethink(one)

    def rethink(self, member: Member) -> None:
        """See who should feed a member, and let him."""
        if not isinstance(member.feed, Sender) or self._retired:
            return
        best = next((one for one in member.at_home_above() if self._should_feed(one, member)), None)
        if best is not member.fed_by:
            self._feed_from(member, best)

    def _should_feed(self, feeder: Member, member: Member) -> bool:
        """Whether a member finds at a feeder what it needs; one that feeds it already may be behind for a while."""
        if feeder.can_feed(member):
            return True
        if not self._bypass:  # one that failed is waited for, unless it is no member or never will have what is needed
            return feeder.present and feeder.inbox is not None and not feeder.inbox.lacks(member.received.next())
        behind = feeder.inbox is not None and feeder.received <= member.received
        return feeder is member.fed_by and behind and feeder.present and feeder.feed.serves

    def oldest_needed(self, member: Member) -> SetId:
        """The newest boundary that every copy at a member and below it has: it need not have the sets up to there."""
        wanted = [
            one.needed_after
            for one in self.members.values()
            if (one is member or member in one.at_home_above()) and one.secondary is not None
            if one.present and one.feed.enabled
        ]
        return max(member.received, min(wanted, default=self._primary.last_copied_out))

    def keep(self, member: Member, stamp: SetId | None = None) -> None:
        """Sets after `stamp` are for this copy too, at everybody on the way to it; None: those that it has not yet."""
        for one in member.above() if member.secondary is not None else ():
            if one.inbox is not None:
                one.inbox.relay.keep_for(member.name, member.needs_after(one) if stamp is None else stamp)

    def forget(self, member: Member, but: Sequence[Member] = ()) -> None:
        """Nobody else keeps anything for this member; what it keeps for its own copy is its own affair."""
        for one in self.members.values():
            if one.inbox is not None and one is not member and one not in but:
                one.inbox.leave(member.name)

    def _feed_from(self, member: Member, feeder: Member | None) -> None:
        assert isinstance(member.feed, Sender)
        before, moved = member.fed_by, list(self.below(member))
        member.feed.feed_from(self._primary if feeder is None or feeder.inbox is None else feeder.inbox)
        member.fed_by = feeder
        (self._detours.discard if feeder is member.home else self._detours.add)(member.name)
        for one in moved:  # first kept anew, then let go elsewhere: nothing falls in between
            if one.feed.enabled:
                self.keep(one)
            self.forget(one, but=list(one.above()))
        self._primary.ledger.append(
            RouteChanged(
                time_ns=self._primary.clock.now_ns,
                replication=self._primary.name,
                member=member.name,
                feeder=self._name(feeder),
                before=self._name(before),
                links=tuple(direction.link for direction in member.feed.way.directions),
                cause="restored" if feeder is member.home else "bypass",
            )
        )
        self.changed.fire()
        member.feed.changed.fire()
        self._listen_to(member, member.feed.way)
        self._tell_again_when_back(member, member.feed.way)

    def _take_back(self, member: Member) -> None:
        """A member got more sets: those who are fed past it may come back, and so may it."""
        for one in self.members.values() if self._detours else ():
            if one.fed_by is not one.home and (one is member or member in one.at_home_above()):
                self.rethink(one)

    def _marked(self, member: Member) -> None:
        assert isinstance(member.feed, Sender)
        patience = member.feed.patience
        self._primary.ledger.append(
            MemberUnreachable(
                time_ns=self._primary.clock.now_ns,
                replication=self._primary.name,
                member=member.name,
                feeder=self._name(member.fed_by),
                attempts=patience.attempts,
                since_ns=patience.since_ns or 0,
            )
        )
        self.rethink_below(member)
        if self._bypass:  # else nobody further up may serve them: what they need is kept where it is
            here = list(self.below(member))
            for one in here:
                self.forget(one, but=here)

    def _reached(self, member: Member, since_ns: int) -> None:
        now = self._primary.clock.now_ns
        self._primary.ledger.append(
            MemberReachable(
                time_ns=now,
                replication=self._primary.name,
                member=member.name,
                feeder=self._name(member.fed_by),
                unreachable_ns=now - since_ns,
            )
        )
        for one in list(self.below(member)):
            if one.feed.enabled:
                self.keep(one)
        self.rethink(member)
        self.rethink_below(member)

    def _name(self, member: Member | None) -> str:
        return self._primary.feeder_name if member is None else member.name

    # -- news that travels up -----------------------------------------------------------------------------------------

    def report(self, member: Member, about: str, what: str, set_id: SetId) -> None:
        """Let whoever feeds `member` know how far the secondary `about` is; where there is no way back it is lost."""
        heard, news = member.heard, (about, what)
        before = heard.get(news)
        if before is None or before < set_id:
            heard[news] = set_id
        way = member.feed.way
        if not way.acks_up or self._retired:
            return
        clock, feeder = self._primary.clock, member.fed_by
        node = self._primary.node if feeder is None else feeder.node
        hear = partial(self._hear, feeder, member, about, what, set_id, (node, node.life))
        clock.call_at(clock.now_ns + way.back_delay_ns, Order.NETWORK, hear)

    def tell_again(self, member: Member) -> None:
        """After a restart both sides tell what they hold, so that a lost acknowledgement is made good."""
        for (about, what), set_id in list(member.heard.items()):
            self.report(member, about, what, set_id)

    def _listen_to(self, member: Member, way: Way) -> None:
        """Whenever a way is back that leads to a member, what got lost on it is told again."""
        if (member.name, way) not in self._listened:
            self._listened.add((member.name, way))
            self._hang_ups.append(way.changed.calls(lambda: self._tell_again_when_back(member, way)))

    def _tell_again_when_back(self, member: Member, way: Way) -> None:
        if way is member.feed.way and way.usable and member.node.up:
            self.tell_again(member)

    def _hear(
        self, feeder: Member | None, member: Member, about: str, what: str, set_id: SetId, then: tuple[Seat, object]
    ) -> None:
        node, life = then
        if not node.up or node.life != life or self._retired:
            return
        if feeder is None:
            self._primary.acknowledge(about, what, set_id)
            return
        inbox = feeder.inbox
        if inbox is not None and what == self.members[about].frees_by(feeder):
            inbox.done(about, set_id)
        self.report(feeder, about, what, set_id)
