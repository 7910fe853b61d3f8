"""Everything that is under way in a network: who moves, who waits, and when shares are solved anew.

moving -> (its way is gone) -> stalled -> (it is back) -> waking -> (its sender tries again) -> moving
   |          with only the acknowledgements cut, the rest of a window drains out meanwhile, unless it is fed
   v
ended, or broken off

All that happens in one instant is solved once, at its end; an end that is due then counts first.
"""

from __future__ import annotations

from collections.abc import Iterable

from sim.world.clock import Clock, Order
from sim.world.network.agenda import Agenda
from sim.world.network.direction import Direction
from sim.world.network.feed import Feed
from sim.world.network.flow import Flow
from sim.world.network.session import Session
from sim.world.network.solving import connected, share_out, view_of, view_of_nothing


class Traffic:
    """The transfers of a network."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._agenda: Agenda[Flow | Direction] = Agenda(clock, Order.NETWORK, self._act)
        self._begun = 0
        self._touched: dict[Flow, None] = {}  # new, or their way has changed
        self._unsolved: dict[Direction, None] = {}
        self._acting = False

    def watch(self, directions: Iterable[Direction]) -> None:
        """Keep an eye on those that change by themselves even where nothing is under way."""
        for direction in directions:
            if direction.can_dry_up:
                self._agenda.plan(direction, direction.next_step_ns())
        self._agenda.wake_at(self._agenda.next_ns())

    def begin(self, session: Session, sizes: tuple[int, int], feed: Feed | None) -> Flow:
        """A transfer of (payload, carried) bytes begins. Raises ValueError while the session carries another one."""
        if session.flow is not None and not self._is_through(session.flow):
            raise ValueError(f"session {session.name!r} carries one transfer at a time")
        flow = Flow(session, sizes, self._clock.event(), self._clock.now_ns, self._begun, feed)
        self._begun += 1
        session.flow = flow
        for direction in flow.directions:
            direction.flows[flow] = None
        for direction in session.way.back:
            direction.acks[flow] = None
        self._touched[flow] = None
        self._wake_up()
        return flow

    def break_off(self, flow: Flow) -> None:
        """Stop a transfer; one that has ended, or whose end is due at this instant, ends as it is."""
        if not flow.ended.triggered and not self._is_through(flow):
            flow.broken_off = True
            flow.course.break_off(self._clock.now_ns)
            self._feed_on(flow)
            self._leave(flow)
        self._wake_up()

    def changed(self, direction: Direction) -> None:
        """Something is different on a direction: see who is hit when the instant is over."""
        direction.look()
        for way in list(direction.ways):  # whoever hears of it may take another way
            way.look()
        self._touched.update(direction.flows)
        self._touched.update(direction.acks)
        self._wake_up()

    # -- the end of an instant ----------------------------------------------------------------------------------------

    def _wake_up(self) -> None:
        """There is something to settle at this instant."""
        if not self._acting and (self._touched or self._unsolved):
            self._agenda.wake_at(self._clock.now_ns)

    def _act(self) -> None:
        """Ends first, then whoever stalls or wakes, then shares; again while something is due at this instant."""
        self._acting = True
        self._take_due()
        while self._touched or self._unsolved:
            self._settle()
            self._take_due()
        self._acting = False
        self._agenda.wake_at(self._agenda.next_ns())

    def _take_due(self) -> None:
        for subject in list(self._agenda.take_due()):
            if isinstance(subject, Flow):
                self._fall_due(subject)
            else:
                self.changed(subject)
                self._watch_steps(subject)

    def _fall_due(self, flow: Flow) -> None:
        """Its end, the end of its draining, or the instant at which its sender tries again."""
        if flow.ended.triggered or self._is_through(flow):
            return
        if flow.draining:
            flow.draining = False
            self._unsolved.update(dict.fromkeys(flow.directions))
            self._touched[flow] = None
        elif flow.waking:
            self._wake(flow)

    def _settle(self) -> None:
        touched, self._touched = self._touched, {}
        for flow in touched:
            if not flow.ended.triggered:
                self._review(flow)
        unsolved, self._unsolved = self._unsolved, {}
        flows = connected(unsolved)
        flows += [flow for flow in touched if flow.moving and not flow.directions and not flow.ended.triggered]
        crossed = [one for flow in flows for one in flow.directions if not one.is_steady]
        for direction in crossed:
            direction.follow()
        share_out(flows)
        for flow in flows:
            if flow.moving:
                self._plan(flow)
        for direction in dict.fromkeys((*unsolved, *crossed)):
            self._watch_steps(direction)

    def _review(self, flow: Flow) -> None:
        """Its way may have changed: does it stall, or will it wake?"""
        now, way = self._clock.now_ns, flow.session.way
        flow.arrivals.change(now, flow.delay_now_ns)
        usable = way.usable
        if flow.moving:
            self._unsolved.update(dict.fromkeys(flow.directions))
            if not usable:
                self._stall(flow, window_passes=way.up)
        elif flow.draining:
            if not way.up:
                self._stall(flow, window_passes=False)
        elif usable and not flow.waking:
            wakes_ns = flow.course.wakes_ns(now, flow.session.reconnect_after_ns)
            flow.waking = True
            if wakes_ns <= now:
                self._wake(flow)
            else:
                self._agenda.plan(flow, wakes_ns)
        elif flow.waking and not usable:
            flow.waking = False
            self._agenda.plan(flow, None)
        self._feed_on(flow)

    def _stall(self, flow: Flow, window_passes: bool) -> None:
        now = self._clock.now_ns
        if flow.view is None:
            flow.view = view_of_nothing(flow)
            flow.course.begin(now, flow.carried_size, flow.view)
            window_passes = False
        flow.course.stall(now, window_passes and flow.upstream is None)
        if flow.moving:
            flow.stalled_since_ns = now
        last_ns = flow.course.curve.times_ns[-1]
        flow.moving, flow.asleep, flow.draining = False, True, last_ns > now
        self._unsolved.update(dict.fromkeys(flow.directions))
        self._agenda.plan(flow, last_ns if flow.draining else None)

    def _wake(self, flow: Flow) -> None:
        flow.moving, flow.waking, flow.stalled_since_ns = True, False, None
        self._unsolved.update(dict.fromkeys(flow.directions))

    def _plan(self, flow: Flow) -> None:
        """Let its connection plan anew if it sees anything new."""
        now, view = self._clock.now_ns, view_of(flow)
        if flow.view is None:
            flow.course.begin(now, flow.carried_size, view)
        elif flow.view != view or flow.asleep:
            flow.course.go_on(now, view)
        else:
            return
        flow.view, flow.asleep = view, False
        self._agenda.plan(flow, flow.ends_ns)
        self._feed_on(flow)

    def _feed_on(self, flow: Flow) -> None:
        """What comes in at others by this flow has changed."""
        flow.look_ahead()
        for follower in flow.followers:
            if follower.feed_on(self._clock.now_ns):
                self._agenda.plan(follower, follower.ends_ns)
                self._feed_on(follower)
                for direction in follower.directions:
                    self._watch_steps(direction)

    def _is_through(self, flow: Flow) -> bool:
        """Whether a flow has served everything by now; if so it ends."""
        ends_ns = flow.ends_ns
        if ends_ns is None or ends_ns > self._clock.now_ns:
            return False
        self._leave(flow)
        return True

    def _leave(self, flow: Flow) -> None:
        """A flow is over: its share is free, and whoever waits for its end goes on."""
        self._agenda.plan(flow, None)
        self._touched.pop(flow, None)
        for direction in dict.fromkeys(flow.directions):  # some ways cross one twice
            direction.leave(flow)
            if direction.flows:
                self._unsolved[direction] = None
            self._watch_steps(direction)
        for direction in dict.fromkeys(flow.session.way.back):
            del direction.acks[flow]
        flow.leave()
        self._clock.fire(flow.ended, Order.NETWORK)

    def _watch_steps(self, direction: Direction) -> None:
        """Look again when its capacity changes by itself, if anybody is concerned."""
        if direction.is_steady:
            return
        if direction.follow():
            self._unsolved[direction] = None
        watched = direction.flows or direction.can_dry_up
        self._agenda.plan(direction, direction.next_step_ns() if watched else None)
