"""What a summary says in words of the network: faults, what was sent again, who could not be reached, star or tree."""

from __future__ import annotations

from typing import Final

from analysis.wording import Found, named, value, with_causes
from sim.summary import amount

MOST_CUT, MOST_LINKS = 5, 3  # links that are named: if so many were cut, and else
ESTIMATES: Final = {"linear": "backlog over bandwidth", "drain": "the observed rates"}


def links(found: Found) -> str:
    """Links that were cut or sent something again, those that were cut longest first."""
    down = {link: found[f"link_down_seconds.{link}"] for link in named(found, r"link_down_seconds\.(.+)")}
    again = {
        link: share
        for link in named(found, r"link_retransmitted_share\.(.+)")
        if (share := found[f"link_retransmitted_share.{link}"])
    }
    ranked = sorted({**down, **again}, key=lambda link: (-(down.get(link) or 0), -(again.get(link) or 0), link))
    n_cut = sum(bool(lasted) for lasted in down.values())
    told = [_link(found, link) for link in ranked[: max(MOST_LINKS, min(n_cut, MOST_CUT))]]
    more = len(ranked) - len(told)
    return "; ".join([*told, *([f"and {more} more" if more > 1 else "and 1 more"] if more else [])])


def _link(found: Found, link: str) -> str:
    parts = []
    if found.get(f"link_utilisation.{link}.mean") is not None:
        parts.append(f"{value(found, f'link_utilisation.{link}.mean', 'share')} busy")
    if found.get(f"link_retransmitted_share.{link}"):
        parts.append(f"{value(found, f'link_retransmitted_share.{link}', 'share')} sent again")
    if found.get(f"link_down_seconds.{link}"):
        parts.append(f"cut for {value(found, f'link_down_seconds.{link}', 's')}")
    return f"{link} {', '.join(parts)}"


def star_or_tree(found: Found) -> str:
    """What the forwarders save, for each replication that has some."""
    names = named(found, r"star_bytes\.(.+)")
    told = [(name, _saved(found, name)) for name in names if found.get(f"star_bytes.{name}")]
    return "; ".join(saved if len(told) == 1 else f"{name}: {saved}" for name, saved in told)


def _saved(found: Found, name: str) -> str:
    tree, star, out, star_out = (
        value(found, f"{key}.{name}", "B")
        for key in ("tree_bytes", "star_bytes", "tree_primary_bytes", "star_primary_bytes")
    )
    return f"{out} left the primary, without forwarders {star_out}; over all links {tree}, without {star}"


def faults(found: Found) -> str:
    """How many there were, by kind, and who could not be reached for how long."""
    return with_causes(found, "faults", "1") if found.get("faults") else ""


def unreachable(found: Found) -> str:
    """Who could not be reached, for how long, and how often somebody was fed past a forwarder."""
    names = [name for name in named(found, r"unreachable_seconds\.(.+)") if found[f"unreachable_seconds.{name}"]]
    told = [f"{name} for {value(found, f'unreachable_seconds.{name}', 's')}" for name in names]
    if count := found.get("bypasses"):
        times = "once" if count == 1 else f"{value(found, 'bypasses', '1')} times"
        told.append(f"members fed past a forwarder {times}")
    return ", ".join(told)


def catching_up(found: Found) -> str:
    """How long it took after outages, for whoever took longest, and how well that could have been foreseen."""
    names = named(found, r"catch_up_seconds\.(.+)")
    if not names:
        return ""
    slowest = max(names, key=lambda name: found[f"catch_up_seconds.{name}"] or 0)
    whose = f" ({slowest})" if len(names) > 1 else ""
    took = f"at most {value(found, f'catch_up_seconds.{slowest}', 's')}{whose} from the end of an outage"
    return "; ".join([took, *_foreseen(found, slowest)])


def _foreseen(found: Found, name: str) -> list[str]:
    errors = [
        f"{amount(found[key], 's')} by {how}"
        for estimator, how in ESTIMATES.items()
        if found.get(key := f"eta_error_seconds.{name}.{estimator}.max") is not None
    ]
    return [f"foreseen within {', '.join(errors)}"] if errors else []


def discarded(found: Found) -> str:
    """Chunks that receivers threw away, and why."""
    return with_causes(found, "chunks_discarded", "1", " chunks") if found.get("chunks_discarded") else ""
