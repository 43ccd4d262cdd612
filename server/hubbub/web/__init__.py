"""Everything that is HTTP: routes, the demo's pages, and the door that connections come in by.

Knows Starlette and uvicorn. Refuses to know what a room is: it asks the node.
"""
