"""The proxy that loses pushes cuts the store's output at whole frames, wherever the network cut it."""

from __future__ import annotations

import pytest

from tests.support.proxy import split_frames

FRAMES = [
    b"+OK\r\n",
    b":12\r\n",
    b"$-1\r\n",
    b"$4\r\na\r\nb\r\n",
    b">3\r\n$8\r\nsmessage\r\n$7\r\n{place}\r\n$3\r\n\r\n.\r\n",
    b"*2\r\n*1\r\n:1\r\n%1\r\n+a\r\n_\r\n",
    b"*0\r\n",
]


@pytest.mark.parametrize("cut", range(sum(map(len, FRAMES)) + 1))
def test_a_stream_is_cut_into_whole_frames(cut: int) -> None:
    stream = b"".join(FRAMES)
    first, rest = split_frames(stream[:cut])
    second, nothing = split_frames(rest + stream[cut:])
    assert [*first, *second] == FRAMES and nothing == b""
