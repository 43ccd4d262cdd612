"""Starlette on uvicorn: what anyone says goes to everyone by `WebSocket.send_text`, one after another."""

import sys

import uvicorn
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

CLIENTS: set[WebSocket] = set()


async def talk(client: WebSocket) -> None:
    await client.accept()
    CLIENTS.add(client)
    try:
        async for message in client.iter_text():
            for other in list(CLIENTS):
                await other.send_text(message)
    except WebSocketDisconnect:
        pass
    finally:
        CLIENTS.discard(client)


app = Starlette(routes=[WebSocketRoute("/", talk)])
uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), loop="uvloop", log_level="error")
