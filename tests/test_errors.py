"""The tracebacks of errors, as users are shown them."""

from nbparallel.errors import without_our_frames


def between_the_lines():
    raise KeyboardInterrupt


def test_an_interrupt_where_there_is_no_line_is_shown_at_the_function():
    code = between_the_lines.__code__
    between_the_lines.__code__ = code.replace(co_linetable=b"")
    try:
        between_the_lines()
    except KeyboardInterrupt as error:
        trace = without_our_frames(error)

    assert trace.tb_next.tb_lineno == code.co_firstlineno
