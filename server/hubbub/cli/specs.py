"""`hubbub spec`: the protocol for programs, on the standard output.

Knows which documents there are. Refuses to know what is in them (hubbub.spec).
"""

import typer


def asyncapi() -> None:
    """Print the description of the socket: AsyncAPI 3.1, as at /asyncapi.json."""
    from hubbub.spec.documents import asyncapi_json

    typer.echo(asyncapi_json(), nl=False)


def openapi() -> None:
    """Print the description of HTTP: OpenAPI 3.1, as at /openapi.json."""
    from hubbub.spec.documents import openapi_json

    typer.echo(openapi_json(), nl=False)
