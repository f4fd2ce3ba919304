"""What is as good as the right thing is taken for it; what broke says so."""

import numpy as np
import pandas as pd
import pytest

import nbparallel as nbp


def test_the_numbers_of_numpy_are_numbers():
    run = nbp.pmap(abs, [-1], workers=np.int64(2), grace=np.float32(1), progress=False)

    assert type(run.options.workers) is int
    assert run.results == [1]


def test_a_table_without_columns_and_rows_is_no_work():
    assert len(nbp.pmap(abs, pd.DataFrame(), progress=False).df) == 0


def test_a_run_whose_input_broke_says_so():
    def broken():
        yield -1
        raise LookupError(-1)

    run = nbp.pmap(abs, broken(), block=False, progress=False)
    with pytest.raises(nbp.InputError, match="position 1"):
        run.wait()

    assert repr(run) == "<Run abs: input failed, 1 ok>"
    assert str(run.input_error) == "-1"


def test_a_refusal_shows_one_frame_of_ours():
    with pytest.raises(nbp.BadType) as refused:
        nbp.pmap(abs, 5)

    assert len(refused.traceback) == 2
