"""What the source says of a field: the string below it in its class.

Knows how such strings stand in Python. Refuses to know what they are used for.
"""

import ast
import inspect
import sys
from functools import cache


@cache
def of_fields(kind: type) -> dict[str, str]:
    """The string below each field of a class of this package, its bases' included."""
    node = _classes_of(kind.__module__).get(kind.__name__)
    if node is None:
        return {}
    said: dict[str, str] = {}
    known = vars(sys.modules[kind.__module__])
    for base in node.bases:  # a TypedDict forgets what it was made of, the source does not
        if isinstance(base, ast.Name) and isinstance(known.get(base.id), type):
            said |= of_fields(known[base.id])
    return said | _of_class_body(node)


def of_class(kind: object) -> str:
    """The docstring of a class or function: its paragraphs, each on one line."""
    paragraphs = (inspect.getdoc(kind) or "").split("\n\n")
    return "\n\n".join(_on_one_line(paragraph) for paragraph in paragraphs)


@cache
def _classes_of(module: str) -> dict[str, ast.ClassDef]:
    if not module.startswith("hubbub."):
        return {}
    tree = ast.parse(inspect.getsource(sys.modules[module]))
    return {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}


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
