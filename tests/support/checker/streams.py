"""Knows what each connection was given, in order; refuses to know what stands in it.

Between a join and the next reset, left or close, a connection is given exactly `seq + 1`, `seq + 2`, …
of one epoch. Per connection and room only a position is kept, so a long journal costs little.
"""

from __future__ import annotations

from tests.support.checker.findings import Findings
from tests.support.journal import Joined, Log, Opened, Out, Received


class Streams:
    """The position of every connection in every room it is in."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self._position: dict[tuple[str, str], tuple[str, int]] = {}
        self._client_by_connection: dict[str, str] = {}
        self._newest_by_client: dict[tuple[str, str], tuple[str, int]] = {}

    def opened(self, record: Opened) -> None:
        """A connection belongs to a client, who may have had others before."""
        self._client_by_connection[record.connection] = record.client

    def joined(self, record: Joined) -> None:
        """Judge the answer to a join and take its position."""
        who = f"{record.connection} in {record.room}"
        seqs = [seq for seq, _ in record.entries]
        if record.recovered:
            self._judge_resume(who, record, seqs)
        elif seqs and seqs != list(range(record.seq - len(seqs) + 1, record.seq + 1)):
            self._findings.add(
                f"{who}: the entries of a fresh join are not the newest ones up to {record.seq}"
            )
        newest = self._newest_by_client.get((self._client(record.connection), record.room))
        if (
            not record.recovered
            and newest is not None
            and newest[0] == record.epoch
            and newest[1] > record.seq
        ):
            self._findings.add(
                f"{who}: a join said {record.seq} is the newest seq, after {newest[1]} was given"
            )
        self._move(record.connection, record.room, record.epoch, record.seq)

    def _judge_resume(self, who: str, record: Joined, seqs: list[int]) -> None:
        if record.after_seq is None or record.after_epoch is None:
            self._findings.add(f"{who}: recovered: true for a join that asked for no resume")
        elif record.after_epoch != record.epoch:
            self._findings.add(f"{who}: recovered: true over a change of epoch")
        elif seqs != list(range(record.after_seq + 1, record.seq + 1)):
            self._findings.add(
                f"{who}: recovered: true after {record.after_seq} up to {record.seq}, but the entries"
                f" have a hole: {seqs[:20]}"
            )

    def received(self, record: Received) -> None:
        """Judge a push by the position before it."""
        key = (record.connection, record.room)
        position = self._position.get(key)
        if position is not None and position[0] == record.epoch and position[1] + 1 == record.seq:
            self._move(record.connection, record.room, record.epoch, record.seq)
            return
        who = f"{record.connection} in {record.room}"
        if position is None:
            self._findings.add(f"{who}: was given ({record.epoch}, {record.seq}) without being in the room")
        elif position[0] != record.epoch:
            self._findings.add(f"{who}: the epoch went from {position[0]} to {record.epoch} without a reset")
            self._move(record.connection, record.room, record.epoch, record.seq)
        elif record.seq <= position[1]:
            self._findings.add(f"{who}: was given {record.seq} again or out of order, after {position[1]}")
        else:
            self._findings.add(f"{who}: a hole: was given {record.seq} after {position[1]}")
            self._move(record.connection, record.room, record.epoch, record.seq)

    def out(self, record: Out) -> None:
        """The connection left the room, or was told that it cannot be given everything."""
        self._position.pop((record.connection, record.room), None)

    def closed(self, connection: str) -> None:
        """The connection ended."""
        for key in [key for key in self._position if key[0] == connection]:
            del self._position[key]

    def check_arrival(self, log_by_room: dict[str, Log]) -> None:
        """Find connections that are still in a room but were not given its newest entry."""
        for (connection, room), (epoch, seq) in self._position.items():
            log = log_by_room.get(room)
            if log is not None and (epoch, seq) != (log.epoch, log.seq):
                self._findings.add(
                    f"{connection} in {room}: was given nothing after ({epoch}, {seq}), the log ends at"
                    f" ({log.epoch}, {log.seq})"
                )

    def _move(self, connection: str, room: str, epoch: str, seq: int) -> None:
        self._position[connection, room] = (epoch, seq)
        self._newest_by_client[self._client(connection), room] = (epoch, seq)

    def _client(self, connection: str) -> str:
        return self._client_by_connection.get(connection, connection)
