"""The protocol for programs: AsyncAPI of the socket, OpenAPI of HTTP, and a page of each for people.

Everything is put together from the typed frames, the cards, the refusals, the close codes and the routes,
with the descriptions that stand beside them in the source. Refuses to know how a document is served.
"""
