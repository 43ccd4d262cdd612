"""What the source says of a field: the string below it in its class.

Knows how such strings stand in Python. Refuses to know what they are used for.
"""

import ast
import inspect
import sys
from functools import cache


@cache
def of_fields(kind: type) -> dict[str, str]:
    """The string below each field or member of a class of this package, its bases' included."""
    said: dict[str, str] = {}
    for base in reversed(getattr(kind, "__orig_bases__", kind.__bases__)):
        if isinstance(base, type) and base.__module__.startswith("hubbub."):
            said |= of_fields(base)
    return said | _of_module(kind.__module__).get(kind.__name__, {})


def of_class(kind: object) -> str:
    """The docstring of a class or function: its paragraphs, each on one line."""
    paragraphs = (inspect.getdoc(kind) or "").split("\n\n")
    return "\n\n".join(_on_one_line(paragraph) for paragraph in paragraphs)


@cache
def _of_module(name: str) -> dict[str, dict[str, str]]:
    tree = ast.parse(inspect.getsource(sys.modules[name]))
    return {node.name: _of_class_body(node) for node in tree.body if isinstance(node, ast.ClassDef)}


def _of_class_body(node: ast.ClassDef) -> dict[str, str]:
    said = {}
    for field, below in zip(node.body, node.body[1:], strict=False):
        name = _name_of(field)
        match below:
            case ast.Expr(ast.Constant(str(text))) if name is not None:
                said[name] = _on_one_line(text)
            case _:
                pass
    return said


def _name_of(statement: ast.stmt) -> str | None:
    match statement:
        case ast.AnnAssign(target=ast.Name(name)) | ast.Assign(targets=[ast.Name(name)]):
            return name
        case _:
            return None


def _on_one_line(text: str) -> str:
    return " ".join(text.split())
