"""What a connection makes of one transfer, in the time of the world."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.world.tcp import PathView, Plan

if TYPE_CHECKING:
    from sim.world.network.session import Carrier


class Course:
    """The curve of one transfer, kept up to date by its connection.

    A connection's own time stands still while there is nothing to send: it is `waited_ns` behind the world's.
    """

    __slots__ = ("_connection", "_waited_ns", "curve")

    def __init__(self, connection: Carrier, waited_ns: int, began_ns: int) -> None:
        self._connection, self._waited_ns = connection, waited_ns
        self.curve = Plan([began_ns], [0], [0], None)

    @property
    def waited_ns(self) -> int:
        """How far the connection's time is behind at the end."""
        return self._waited_ns

    def begin(self, now_ns: int, carried_bytes: int, view: PathView) -> None:
        """The transfer begins."""
        self._take(self._connection.begin(now_ns - self._waited_ns, carried_bytes, view))

    def go_on(self, now_ns: int, view: PathView) -> None:
        """It goes on, the path seen anew."""
        self._take(self._connection.go_on(now_ns - self._waited_ns, view))

    def stall(self, now_ns: int, window_passes: bool) -> None:
        """The path is gone."""
        self._take(self._connection.stall(now_ns - self._waited_ns, window_passes=window_passes))

    def wakes_ns(self, returned_ns: int, reconnect_after_ns: int | None) -> int:
        """When the connection tries again, once the path is back."""
        return self._connection.wakes_ns(returned_ns - self._waited_ns, reconnect_after_ns) + self._waited_ns

    def break_off(self, now_ns: int) -> None:
        """Nothing more is served, and the connection is gone."""
        self.curve.cut(now_ns)
        self._connection.close()

    def given_bytes(self, _time_ns: int, carried_size: int) -> int:
        """What the sender has been given by an instant: here all of it at once."""
        return carried_size

    def _take(self, plan: Plan) -> None:
        if self._waited_ns == 0:
            self.curve = plan
            return
        waited = self._waited_ns
        end_ns = None if plan.end_ns is None else plan.end_ns + waited
        times_ns = [time_ns + waited for time_ns in plan.times_ns]
        self.curve = Plan(times_ns, list(plan.payload_bytes), list(plan.resent_bytes), end_ns)
