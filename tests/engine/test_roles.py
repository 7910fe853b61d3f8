"""Roles and mounts: the table, what it forbids, and its picture in ARCHITECTURE.md."""

from itertools import product
from pathlib import Path

import pytest

from sim.engine.roles import ROLES, STEPS, Mount, NotAllowed, Role, Step, allowed, come_back, mount_of, picture, step
from sim.records import RoleChanged

ARCHITECTURE = Path(__file__).parents[2] / "ARCHITECTURE.md"
WRITABLE = {role for role in Role if mount_of(role) is Mount.READ_WRITE}


def walk(role, *names):
    for name in names:
        role = step(role, name)
    return role


def test_every_role_has_a_mount_and_every_step_begins_and_ends_somewhere():
    assert set(ROLES) == set(Role)
    assert set(STEPS) == set(Step)
    assert all(begins and ends in ROLES for begins, ends in STEPS.values())
    reached = {ends for _, ends in STEPS.values()}
    assert reached == set(Role), "there are roles that nothing leads to"


@pytest.mark.parametrize(("role", "name"), list(product(Role, Step)), ids=str)
def test_a_step_leads_where_the_table_says_and_nowhere_else(role, name):
    begins, ends = STEPS[name]
    if role in begins:
        assert step(role, name) is ends
        assert allowed(role, ends)
    else:
        with pytest.raises(NotAllowed) as refused:
            step(role, name)
        assert (refused.value.role, refused.value.step) == (role, name)


def test_what_is_not_allowed_says_so_in_words():
    with pytest.raises(NotAllowed, match="a copy that is stale primary cannot begin resync"):
        step(Role.STALE_PRIMARY, "begin_resync")
    with pytest.raises(ValueError, match="dance"):
        step(Role.PRIMARY, "dance")


def test_E43_a_former_source_goes_from_raw_to_read_only_to_read_write():
    roles = [Role.PRIMARY]
    for name in (Step.DEMOTE, Step.BEGIN_RESYNC, Step.FINISH_RESYNC, Step.PROMOTE):
        roles.append(step(roles[-1], name))
    assert [mount_of(role).value for role in roles] == ["read_write", "read_only", "raw", "read_only", "read_write"]


def test_B2_E39_whoever_gives_up_writing_is_read_only_before_it_is_anything_else():
    for before, after in product(WRITABLE, Role):
        if after not in WRITABLE and allowed(before, after):
            assert mount_of(after) is Mount.READ_ONLY or after in (Role.AWAITING, Role.LOST), (before, after)
    assert not allowed(Role.PRIMARY, Role.SECONDARY)
    assert walk(Role.PRIMARY, Step.DEMOTE, Step.FOLLOW) is Role.SECONDARY, "a swap"


def test_F5_only_a_primary_that_was_not_told_is_writable_beside_the_primary():
    assert {Role.PRIMARY, Role.STALE_PRIMARY} == WRITABLE
    into_stale = {name for name, (_, ends) in STEPS.items() if ends is Role.STALE_PRIMARY}
    assert into_stale == {Step.GO_ON_UNAWARE, Step.RETURN_UNAWARE}


def test_F7_case_39_only_a_secondary_is_promoted_without_force():
    into_primary = {name: begins for name, (begins, ends) in STEPS.items() if ends is Role.PRIMARY}
    assert into_primary.pop(Step.PROMOTE) == (Role.SECONDARY,)
    assert set(into_primary) == {Step.FORCE, Step.REINSTATE, Step.RETURN_AS_PRIMARY}
    with pytest.raises(NotAllowed):
        step(Role.AWAITING, Step.FORCE)


@pytest.mark.parametrize(
    ("was", "what", "now"),
    [
        ("primary", {}, "primary"),
        ("primary", {"superseded": True}, "demoted"),
        ("primary", {"superseded": True, "told": False}, "stale_primary"),
        ("stale_primary", {"superseded": True}, "demoted"),
        ("stale_primary", {"superseded": True, "told": False}, "stale_primary"),
        ("secondary", {}, "secondary"),
        ("secondary", {"superseded": True}, "demoted"),
        ("demoted", {"superseded": True}, "demoted"),
        ("resyncing", {}, "resyncing"),
        ("awaiting", {}, "awaiting"),
        *((role.value, {"volume_lost": True}, "awaiting") for role in Role if role is not Role.LOST),
    ],
    ids=str,
)
def test_who_comes_back_is_what_it_was_unless_the_history_went_on(was, what, now):
    assert step(step(Role(was), Step.GO_DOWN), come_back(Role(was), **what)) is Role(now)


def test_nobody_comes_back_as_lost():
    with pytest.raises(NotAllowed):
        come_back(Role.LOST)


def test_the_words_are_those_of_the_ledger():
    """The comments of `RoleChanged` list them."""
    source = Path(__import__("sys").modules[RoleChanged.__module__].__file__).read_text()
    body = source[source.index("class RoleChanged") :][:600]
    assert all(role.value in body for role in Role)
    assert all(mount.value in body for mount in Mount)


def test_ARCHITECTURE_shows_the_table_as_it_is():
    text = ARCHITECTURE.read_text()
    assert "## Roles and mounts" in text
    assert f"```\n{picture()}\n```" in text, "put what sim.engine.roles.picture() says into ARCHITECTURE.md"
