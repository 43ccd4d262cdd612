"""websockets: what anyone says goes to everyone by `broadcast`, as its guide to broadcasting recommends."""

import sys

import uvloop
from websockets.asyncio.server import ServerConnection, broadcast, serve

CLIENTS: set[ServerConnection] = set()


async def talk(connection: ServerConnection) -> None:
    CLIENTS.add(connection)
    try:
        async for message in connection:
            broadcast(CLIENTS, message)
    finally:
        CLIENTS.remove(connection)


async def main() -> None:
    # The default backlog of 100 makes a crowd that comes at once wait for retransmissions.
    async with serve(talk, "127.0.0.1", int(sys.argv[1]), backlog=1024) as server:
        await server.serve_forever()


uvloop.run(main())
