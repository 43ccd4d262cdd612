"""One load process: lets people in, lets them talk, counts, and says what came of it.

Knows orders and how to carry them out. Refuses to know scenarios, and what other load processes do.
"""

import asyncio
import contextlib
import gc
import os
import signal
import socket
import ssl
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from multiprocessing.connection import Connection
from typing import Any, Final

import uvloop

from hubbub.bench.load import Load, now_us
from hubbub.bench.orders import Count, Enter, Halt, Leave, Order, Plan, Progress, Report, Settle, Talk
from hubbub.bench.person import Person, Refused
from hubbub.bench.room_load import RoomLoad

ENTER_SECONDS: Final = 30.0
"""For one person, from connecting to joined."""
ACK_SECONDS: Final = 5.0
"""For the last acks of a talk whose time is over; the server itself answers within 2 s."""
LEAVE_SECONDS: Final = 2.0
"""For connections to be closed by the other side too; then they are dropped."""
PROGRESS_SECONDS: Final = 0.2
LOOK_AGAIN_SECONDS: Final = 0.01

DEAF_BUFFER_BYTES: Final = 4_096
"""The receive buffer of somebody who never reads: a small one makes the server wait the sooner."""
DEAF_SEGMENT_BYTES: Final = 1_400
"""Their packets, as over a network: loopback's of 64 KiB let the kernel keep megabytes for each of them."""


def work(pipe: Connection, plan: Plan) -> None:
    """The whole life of a load process: until the other end of the pipe is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the command decides what Ctrl-C means
    gc.disable()  # its pauses would be measured as the server's; nothing here lives for long
    uvloop.run(Loader(pipe, plan).run())


class Loader:
    """Carries out orders, one after another, and reports on each."""

    def __init__(self, pipe: Connection, plan: Plan) -> None:
        self._pipe = pipe
        self._plan = plan
        self._load = Load.of(plan)
        self._people: list[Person] = []
        self._room_by_address: dict[str, RoomLoad] = {}
        self._orders: asyncio.Queue[Order | None] = asyncio.Queue()
        self._doing: asyncio.Task[None] | None = None
        self._done = 0
        self._address: tuple[int, Any] | None = None
        self._tls = ssl.create_default_context() if plan.site.is_secure else None
        self._reported_at = (time.monotonic(), time.process_time())

    async def run(self) -> None:
        """Until the pipe is closed; then all connections are."""
        # In a thread, because an event loop that watches the pipe would make it a non-blocking one, and a
        # long order comes in pieces.
        loop = asyncio.get_running_loop()
        threading.Thread(target=self._listen, args=(loop,), daemon=True).start()
        async with asyncio.TaskGroup() as group:
            telling = group.create_task(self._tell())
            while (order := await self._orders.get()) is not None:
                self._doing = group.create_task(self._carry_out(order))
                await asyncio.wait([self._doing])
                self._send(self._report())
            telling.cancel()
        for person in self._people:
            person.leave()

    def _listen(self, loop: asyncio.AbstractEventLoop) -> None:
        """Hands on orders until the pipe is closed; None then."""
        order: Order | None = Halt()
        while order is not None:
            try:
                order = self._pipe.recv()
            except (EOFError, OSError):
                order = None
            loop.call_soon_threadsafe(self._take_order, order)

    def _take_order(self, order: Order | None) -> None:
        if not isinstance(order, Halt):
            self._orders.put_nowait(order)
        if (order is None or isinstance(order, Halt)) and self._doing is not None:
            self._doing.cancel()

    def _report(self) -> Report:
        """The report of the order that is done; from now on another one is written."""
        report, self._load.report = self._load.report, Report()
        wall_at, cpu_at = self._reported_at
        self._reported_at = (time.monotonic(), time.process_time())
        report.wall_seconds_by_pid[os.getpid()] = self._reported_at[0] - wall_at
        report.cpu_seconds_by_pid[os.getpid()] = self._reported_at[1] - cpu_at
        return report

    async def _tell(self) -> None:
        while True:
            await asyncio.sleep(PROGRESS_SECONDS)
            if self._doing is not None and not self._doing.done():
                report = self._load.report
                self._send(Progress(report.joined + report.published))

    def _send(self, said: Report | Progress) -> None:
        with contextlib.suppress(OSError):  # the command is gone, so is who would read it
            self._pipe.send(said)

    async def _carry_out(self, order: Order) -> None:
        self._reported_at = (time.monotonic(), time.process_time())
        match order:
            case Enter():
                await self._enter(order)
            case Talk():
                await self._talk(order)
            case Settle():
                await self._settle(order)
            case Count():
                self._count(order)
            case Leave():
                await self._leave()
            case Halt():
                pass

    # -- Coming and going --------------------------------------------------------------------------

    async def _enter(self, order: Enter) -> None:
        for number, _ in order.people:
            self._load.hello(number)  # tokens are made before the clock runs
        rooms = {address for _, address in order.people}
        for address in rooms - self._room_by_address.keys():
            self._room_by_address[address] = RoomLoad(self._load, address, len(rooms))
        self._load.report.began_us = now_us()
        ends_at = asyncio.get_running_loop().time() + order.seconds
        people = iter(order.people)
        async with asyncio.TaskGroup() as group:
            for _ in range(min(order.at_once, len(order.people))):
                group.create_task(self._let_in(people, order, ends_at))

    async def _let_in(self, people: Iterator[tuple[int, str]], order: Enter, ends_at: float) -> None:
        """Lets in one person after another, as long as there are any and there is time."""
        now = asyncio.get_running_loop().time
        for number, address in people:
            if now() >= ends_at:
                self._load.report.refused["there was no time left"] += 1
                continue
            room = self._room_by_address[address]
            person = Person(room, self._load.hello(number), order.after.get(address), order.is_deaf)
            began_us = now_us()
            if await self._is_let_in(person, order.is_deaf):
                report = self._load.report
                report.joined += 1
                report.ended_us = now_us()
                report.comings.add(report.ended_us - began_us)

    async def _is_let_in(self, person: Person, is_deaf: bool) -> bool:
        refused = self._load.report.refused
        try:
            async with asyncio.timeout(ENTER_SECONDS):
                await self._connect(person, is_deaf)
                await person.entered
            self._people.append(person)
            return True
        except TimeoutError:
            refused[f"no answer within {ENTER_SECONDS:.0f} s"] += 1
        except OSError as fault:
            refused[f"no connection: {fault.strerror or fault}"] += 1
        except Refused as fault:
            refused[str(fault)] += 1
        person.leave()
        return False

    async def _connect(self, person: Person, is_deaf: bool) -> None:
        loop = asyncio.get_running_loop()
        if self._address is None:
            self._address = await self._answering_address()
        family, address = self._address
        connection = await _socket_to(family, address, is_deaf)
        name = self._plan.site.host if self._tls is not None else None
        await loop.create_connection(lambda: person, sock=connection, ssl=self._tls, server_hostname=name)

    async def _answering_address(self) -> tuple[int, Any]:
        """The first of the server's addresses where somebody answers; raises OSError."""
        fault = OSError("the name of the server has no address")
        site = self._plan.site
        found = await asyncio.get_running_loop().getaddrinfo(site.host, site.port, type=socket.SOCK_STREAM)
        for family, _, _, _, address in found:
            try:
                (await _socket_to(family, address, False)).close()
                return family, address
            except OSError as refused:
                fault = refused
        raise fault

    async def _leave(self) -> None:
        people, self._people = self._people, []
        for person in people:
            person.leave()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LEAVE_SECONDS):
                while any(not person.is_gone for person in people):  # noqa: ASYNC110 - they do not tell
                    await asyncio.sleep(LOOK_AGAIN_SECONDS)

    # -- Talking -----------------------------------------------------------------------------------

    async def _talk(self, order: Talk) -> None:
        rooms = {self._room_by_address[address]: n for address, n in order.messages_by_room.items()}
        loop = asyncio.get_running_loop()
        timer = loop.call_later(order.seconds, _stop, rooms)
        try:
            async with asyncio.timeout(order.seconds + ACK_SECONDS), asyncio.TaskGroup() as group:
                for room, messages in rooms.items():
                    group.create_task(room.talk(messages, order.in_flight))
        except TimeoutError:
            pass  # what is not acked by now is told as such
        finally:
            timer.cancel()
            for room in rooms:
                room.end()

    async def _settle(self, order: Settle) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(order.seconds):
                heads = order.head_by_room
                while any(one.reading.seq < head for one, head in self._readers(heads)):  # noqa: ASYNC110
                    await asyncio.sleep(LOOK_AGAIN_SECONDS)

    def _count(self, order: Count) -> None:
        report = self._load.report
        for reader, head in self._readers(order.head_by_room):
            report.lost += reader.reading.lost(head)
            report.repeated += reader.reading.repeated
            report.out_of_order += reader.reading.out_of_order
            report.readers_by_room[reader.room.address] += 1

    def _readers(self, head_by_room: Mapping[str, int]) -> Iterator[tuple[Person, int]]:
        for room in self._room_by_address.values():
            head = head_by_room.get(room.address, 0)
            for reader in room.readers:
                yield reader, head


def _stop(rooms: Iterable[RoomLoad]) -> None:
    for room in rooms:
        room.stop()


async def _socket_to(family: int, address: Any, is_deaf: bool) -> socket.socket:
    """A connected TCP socket that does not wait to fill packets."""
    connection = socket.socket(family, socket.SOCK_STREAM)
    try:
        connection.setblocking(False)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if is_deaf:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, DEAF_BUFFER_BYTES)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, DEAF_SEGMENT_BYTES)
        await asyncio.get_running_loop().sock_connect(connection, address)
        return connection
    except BaseException:
        connection.close()
        raise
