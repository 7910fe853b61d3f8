"""Situations before a resync as lines of text, and the plan as one.

    "source 1.5 | own 1.4=01 1.5=2 | open 3 | restart 1.3"      a former source, two of its sets, a block never cut

    source 1.5    a former source, and its last cut;  copy 1.5: a copy, and the boundary of its playback; or `never`
    begun 1.6     the last set of a group whose integration had begun
    own, theirs   sets in the save volume of the copy, of the promoted site: generation.number=blocks, then how it is:
                  nothing: held | r released | o overwritten | x lost | ! a bit flipped | ~ not copied out, or not all
                  in | ? not copied out, nor in the mailbox
    open, old     blocks of the modification log; Old are blocks of the last cut
    undo 1.3=01   the list of a resync that did not come to its end
    restart 1.3   the restart point;  began 2=1.3: generation 2 began there
    lost WORD     volume, own, theirs, log, restart

A plan: "undo 012 of 1.4 1.5", or "full save_volume_overwritten".
"""

import numpy as np

from sim.engine.deltaset import SetShape
from sim.engine.evidence import Evidence, UndoList
from sim.engine.identity import SetId
from sim.engine.modlog import ModificationLog
from sim.engine.resync import plan
from sim.engine.savevolume import SaveVolume
from tests.engine.oracle_replication import blocks, delta_set

N_BLOCKS = 10
HOW = "rox!~?"


def boundary(word):
    generation, number = word.split(".")
    return SetId(int(generation), int(number))


def digits(word):
    return blocks(*map(int, word))


def save_volume(words):
    """A save volume through which these sets went, in this order."""
    parsed = [_set(word) for word in words]
    ring = SaveVolume(np.zeros(max(1, sum(addresses.size for _, addresses, _ in parsed)), dtype=np.uint64))
    for set_id, addresses, how in parsed:
        if "~" in how or "?" in how:
            stored = ring.reserve(set_id, SetShape(int(addresses.size), 2))
            stored.addresses = addresses if "~" in how else stored.addresses
        else:
            ring.append(delta_set(set_id.number, addresses, generation=set_id.generation, n_blocks=N_BLOCKS))
    _let_go(ring, parsed)
    return ring


def _set(word):
    name, _, rest = word.partition("=")
    return boundary(name), digits(rest.rstrip(HOW)), rest.lstrip("0123456789")


def _let_go(ring, parsed):
    """Release, lose, spoil; overwritten is what was released and then came to lie under younger sets."""
    gone = [(set_id, addresses.size) for set_id, addresses, how in parsed if "o" in how]
    assert [set_id for set_id, *_ in parsed[: len(gone)]] == [set_id for set_id, _ in gone], "the oldest go first"
    for set_id, _, how in parsed:
        if "r" in how or "o" in how:
            ring.release(set_id)
    if gone:
        ring.append(delta_set(1, range(sum(size for _, size in gone)), generation=99))
    for set_id, _, how in parsed:
        if "x" in how:
            ring.lose(set_id)
        if "!" in how:
            assert ring.flip_bits(set_id), "a set without blocks cannot be spoilt"


def read(line):
    """The arguments of `plan` for a situation."""
    fields = {name: rest for name, _, rest in (part.strip().partition(" ") for part in line.split("|"))}
    lost = fields.get("lost", "").split()
    copy, position = fields.get("copy"), fields.get("source") or fields.get("copy")
    undo = fields.get("undo")
    was_source = "source" in fields
    position = None if position in (None, "never") else boundary(position)
    evidence = Evidence(
        position=position,
        save_volume=None if "own" in lost else save_volume(fields.get("own", "").split()),
        log=None if copy or "log" in lost or position is None else log_at(position, fields),
        was_source=was_source,
        log_lost="log" in lost,
        volume_lost="volume" in lost,
        begun=boundary(fields["begun"]) if "begun" in fields else None,
        undo=None if undo is None else UndoList(boundary(undo.split("=")[0]), digits(undo.split("=")[1])),
    )
    theirs = None if "theirs" in lost else save_volume(fields.get("theirs", "").split())
    began = {int(word.split("=")[0]): boundary(word.split("=")[1]) for word in fields.get("began", "").split()}
    return evidence, boundary(fields["restart"]), "restart" not in lost, theirs, began


def log_at(stamp, fields):
    """A modification log with these blocks in Open and Old, the last cut being `stamp`."""
    old, opened = digits(fields.get("old", "")), digits(fields.get("open", ""))
    log = ModificationLog(N_BLOCKS, stamp)
    if stamp.number:
        log = ModificationLog(N_BLOCKS, SetId(stamp.generation, stamp.number - 1))
        log.record(old)
        log.cut()
    log.record(opened)
    return log


def planned(line):
    """The plan for a situation, as a line."""
    found = plan(*read(line))
    if found.cause is not None:
        assert found.undo.size == 0
        return f"full {found.cause}"
    assert (np.diff(found.undo) > 0).all()
    undo = "".join(map(str, found.undo.tolist())) or "nothing"
    return " ".join(["undo", undo, *(["of"] if found.sets else []), *(str(each)[1:] for each in found.sets)])
