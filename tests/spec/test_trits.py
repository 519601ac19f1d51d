"""The packed code: five ternary weights in a byte."""

import itertools

import numpy as np

from pascaline.spec.trits import GROUP, pack_trits, unpack_trits

GROUPS = np.array(list(itertools.product((-1, 0, 1), repeat=GROUP)))


def test_every_group_has_its_own_byte():
    packed = pack_trits(GROUPS)
    assert packed.dtype == np.uint8
    assert len(set(packed.tolist())) == 3**GROUP
    assert (unpack_trits(packed) == GROUPS).all()


def test_shapes():
    assert pack_trits(GROUPS.reshape(9, 27, GROUP)).shape == (9, 27)
    assert unpack_trits(np.zeros((2, 3), dtype=np.uint8)).shape == (2, 3, GROUP)


def test_nothing_is_no_weights():
    assert pack_trits(np.zeros(GROUP, dtype=np.int64)) == 0
