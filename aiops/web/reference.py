"""/api/docs: the API's description as a page of our own (FastAPI's loads its script from elsewhere)."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from aiops.types import Json
from aiops.web.backend import Person
from aiops.web.site import Site, person, site

router = APIRouter(include_in_schema=False)


@router.get("/api/docs")
def reference(
    request: Request, here: Annotated[Site, Depends(site)], who: Annotated[Person, Depends(person)]
) -> Response:
    """Operations by tag, and the documents they speak."""
    description: Json = request.app.openapi()
    tags: dict[str, list[Json]] = {}
    for path, methods in description["paths"].items():
        for method, operation in methods.items():
            tags.setdefault(operation.get("tags", ["other"])[0], []).append(_operation(path, method, operation))
    schemas = {
        name: [_field(key, field) for key, field in schema.get("properties", {}).items()]
        for name, schema in sorted(description.get("components", {}).get("schemas", {}).items())
        if not name.startswith(("HTTPValidation", "Validation"))
    }
    return here.page(request, "reference.html", who, tags=tags, schemas=schemas)


def _operation(path: str, method: str, operation: Json) -> Json:
    answers = []
    for code, given in operation.get("responses", {}).items():
        schema: Json = next((content.get("schema", {}) for content in given.get("content", {}).values()), {})
        if code.startswith("2"):
            answers.append((code, kind(schema)))
    body = operation.get("requestBody", {}).get("content", {})
    return {
        "path": path,
        "method": method.upper(),
        "summary": operation.get("summary", ""),
        "description": operation.get("description", ""),
        "parameters": [_field(one["name"], one.get("schema", {})) for one in operation.get("parameters", [])],
        "body": [(media, kind(content.get("schema", {}))) for media, content in body.items()],
        "answers": answers,
    }


def _field(name: str, schema: Json) -> Json:
    return {"name": name, "kind": kind(schema), "description": schema.get("description", "")}


def kind(schema: Json) -> str:
    """A JSON schema in a word.

    >>> kind({"type": "array", "items": {"$ref": "#/components/schemas/Incident"}})
    'array of Incident'
    """
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "anyOf" in schema:
        return " or ".join(kind(one) for one in schema["anyOf"])
    if "enum" in schema:
        return " | ".join(str(value) for value in schema["enum"])
    shape: Any = schema.get("type", "")
    return f"array of {kind(schema.get('items', {})) or 'values'}" if shape == "array" else str(shape)
