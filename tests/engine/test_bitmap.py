"""The bit map against an array of bool, across page borders, copies and full pages (FIG 43)."""

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

from sim.engine.bitmap import PAGE_BITS, PAGE_WORDS, Bitmap
from sim.engine.bitmap_algebra import difference, intersection, spread, union
from tests.engine.oracle_snapshots import at

SIZES = st.sampled_from([0, 1, 63, 64, 65, 1_000, PAGE_BITS - 1, PAGE_BITS, PAGE_BITS + 1, 3 * PAGE_BITS + 70])
PLACES = st.one_of(
    st.integers(0, 70),
    st.integers(PAGE_BITS - 3, PAGE_BITS + 3),
    st.integers(2 * PAGE_BITS - 3, 2 * PAGE_BITS + 3),
    st.integers(0, 4 * PAGE_BITS),
)
ACTS = st.sampled_from(["set", "clear", "set_range", "wipe", "add"])
STEPS = st.lists(st.tuples(ACTS, st.lists(PLACES, max_size=5)), max_size=6)


def play(n_bits, steps):
    """The same steps on a bit map and on an array."""
    bitmap, plain = Bitmap(n_bits), np.zeros(n_bits, dtype=np.bool_)
    for act, places in steps:
        inside = np.array([place for place in places if place < n_bits], dtype=np.int64)
        if act == "set":
            bitmap.set(inside)
            plain[inside] = True
        elif act == "add":
            distinct = np.array(list(dict.fromkeys(inside.tolist())), dtype=np.int64)
            assert np.array_equal(bitmap.add(distinct), ~plain[distinct])
            plain[distinct] = True
        elif act == "clear":
            bitmap.clear(inside)
            plain[inside] = False
        elif act == "wipe":
            bitmap.wipe()
            plain[:] = False
        elif inside.size:
            bitmap.set_range(int(inside.min()), n_bits if len(places) > 3 else int(inside.max()) + 1)
            plain[int(inside.min()) : n_bits if len(places) > 3 else int(inside.max()) + 1] = True
    return bitmap, plain


def same(bitmap, plain):
    assert np.array_equal(bitmap.indices(), np.flatnonzero(plain))
    assert bitmap.count() == np.count_nonzero(plain)
    assert bitmap.any() == plain.any()


MAPS = st.tuples(SIZES, STEPS).map(lambda drawn: play(*drawn))


@given(MAPS)
def test_a_bit_map_is_an_array_of_bool(drawn):
    bitmap, plain = drawn
    same(bitmap, plain)
    asked = np.unique(np.linspace(0, max(plain.size - 1, 0), 50).astype(np.int64))[: plain.size]
    assert np.array_equal(bitmap.test(asked), plain[asked])
    words = bitmap.page_words(0, bitmap.n_pages)
    assert words.shape == (bitmap.n_pages, PAGE_WORDS)
    assert np.array_equal(np.flatnonzero(np.unpackbits(words.view(np.uint8), bitorder="little")), bitmap.indices())


@given(MAPS, STEPS)
def test_a_copy_is_independent(drawn, steps):
    bitmap, plain = drawn
    copy = bitmap.copy()
    assert copy.shares_with(bitmap)
    for _, places in steps:
        copy.set(np.array([place for place in places if place < plain.size], dtype=np.int64))
        copy.clear(np.arange(min(3, plain.size)))
    same(bitmap, plain)


@given(st.lists(st.tuples(STEPS, st.booleans()), min_size=1, max_size=4), st.integers(1, 4 * PAGE_BITS))
@settings(max_examples=60)
def test_union_intersection_and_difference_are_those_of_sets(drawn, n_bits):
    pairs = [play(n_bits if whole else n_bits // 2, steps) for steps, whole in drawn]
    pairs.append((pairs[0][0].copy(), pairs[0][1]))
    maps, plain = [bitmap for bitmap, _ in pairs], [np.pad(one, (0, n_bits - one.size)) for _, one in pairs]
    same(union(n_bits, maps), np.any(plain, axis=0))
    same(intersection(n_bits, maps), np.all(plain, axis=0))
    for keep, kept in zip(maps, plain, strict=True):
        for drop, dropped in zip(maps, plain, strict=True):
            same(difference(keep, drop), (kept & ~dropped)[: keep.n_bits])
    for bitmap, one in pairs:
        same(bitmap, one)


@given(MAPS, st.integers(1, 5), st.integers(0, 4))
@settings(max_examples=60)
def test_FIG_46_a_coarse_map_spreads_over_its_blocks(drawn, granularity, missing):
    groups, plain = drawn
    n_blocks = max(0, plain.size * granularity - missing % granularity)
    same(spread(groups, granularity, n_blocks), np.repeat(plain, granularity)[:n_blocks])
    same(groups, plain)


@given(MAPS, st.integers(0, 4 * PAGE_BITS))
def test_clipping_forgets_what_lay_beyond(drawn, n_bits):
    bitmap, plain = drawn
    n_bits = min(n_bits, plain.size)
    bitmap.clip(n_bits)
    same(bitmap, plain[:n_bits])
    bitmap.extend(plain.size)
    same(bitmap, np.concatenate([plain[:n_bits], np.zeros(plain.size - n_bits, dtype=np.bool_)]))


@pytest.mark.parametrize("density", [0.0003, 0.02, 0.4, 0.999])
def test_indices_of_sparse_and_of_dense_maps(density):
    plain = np.random.default_rng(3).random(5 * PAGE_BITS + 11) < density
    same(Bitmap.of(plain.size, np.flatnonzero(plain)), plain)


@pytest.mark.parametrize("in_order", [True, False])
def test_bits_of_the_same_word_are_added_in_one_call(in_order):
    luck = np.random.default_rng(3)
    before, added = (luck.permutation(2 * PAGE_BITS)[: PAGE_BITS // 2] for _ in range(2))
    bitmap = Bitmap.of(2 * PAGE_BITS, before)
    added = np.sort(added) if in_order else added
    assert np.array_equal(bitmap.add(added), ~np.isin(added, before))
    assert np.array_equal(bitmap.indices(), np.union1d(before, added))


def test_repeats_and_any_order_are_allowed():
    bitmap = Bitmap.of(100, at(9, 3, 9, 70, 3))
    assert list(bitmap.indices()) == [3, 9, 70]
    bitmap.clear(at(70, 9, 70))
    assert list(bitmap.indices()) == [3]
    bitmap.clear_all()
    assert not bitmap.any()


def test_memory_follows_the_touched_pages_not_the_size():
    bitmap = Bitmap(1 << 30)
    bitmap.set(at(5, 6, 1 << 29))
    assert bitmap.stored_pages == 2
    bitmap.set_range(0, 1 << 30)
    assert bitmap.stored_pages == 2, "whole pages of ones are one page"
    assert bitmap.count() == 1 << 30
    bitmap.clear(at(0, 1 << 28))
    assert bitmap.stored_pages == 3
    assert bitmap.count() == (1 << 30) - 2


def test_a_wiped_map_keeps_its_pages_in_a_row_and_its_copies_their_bits():
    bitmap = Bitmap(6 * PAGE_BITS)
    for page in (3, 1, 2, 5):
        bitmap.set(at(page * PAGE_BITS + 7))
    before = bitmap.copy()
    bitmap.set(at(9))
    bitmap.wipe()
    assert (bitmap.any(), bitmap.stored_pages) == (False, 5)
    assert np.shares_memory(bitmap.page_words(0, 4), bitmap.page_words(0, 4)), "a view: they lie in a row"
    assert list(before.indices()) == [page * PAGE_BITS + 7 for page in (1, 2, 3, 5)]
    before.wipe()
    assert (before.any(), before.stored_pages) == (False, 0), "what it shared it lets go"


def test_copies_share_their_memory_until_one_changes():
    bitmap = Bitmap.of(1 << 20, np.arange(0, 1 << 20, 7))
    copy = bitmap.copy()
    assert np.shares_memory(copy.page_words(0, 4), bitmap.page_words(0, 4))
    bitmap.set(at(1))
    assert not np.shares_memory(copy.page_words(0, 4), bitmap.page_words(0, 4))


def test_pages_in_a_row_are_a_view_and_absent_ones_are_zero():
    bitmap = Bitmap(4 * PAGE_BITS)
    bitmap.set(at(0, PAGE_BITS))
    assert np.shares_memory(bitmap.page_words(0, 2), bitmap.page_words(1, 2))
    assert not bitmap.page_words(2, 4).any()
    assert bitmap.words_of(at(1, 9)).shape == (2, PAGE_WORDS)


@pytest.mark.parametrize("act", ["set", "clear", "test"])
@pytest.mark.parametrize("address", [-1, 100])
def test_addresses_outside_are_an_error(act, address):
    with pytest.raises(IndexError, match="outside"):
        getattr(Bitmap(100), act)(at(50, address))


def test_sizes_and_ranges_that_make_no_sense_are_errors():
    with pytest.raises(ValueError, match="-1 bits"):
        Bitmap(-1)
    with pytest.raises(ValueError, match="cannot shrink"):
        Bitmap(10).extend(9)
    for start, stop in ((5, 4), (-1, 3), (0, 11)):
        with pytest.raises(IndexError):
            Bitmap(10).set_range(start, stop)
