"""Decide by policy documents as AWS does: an explicit Deny wins, else one Allow is needed, else nothing is allowed.

Only the operators that our template uses are known; another one is an error, never a guess. Rules: IAM User Guide,
"Policy evaluation logic" and "IAM JSON policy elements: Condition operators".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

Statement = Mapping[str, Any]


def allowed(statements: Iterable[Statement], action: str, resource: str, **context: str) -> bool:
    """True if these statements together allow it. context: condition keys, with _ for : (s3_prefix)."""
    keys = {key.replace("_", ":", 1).lower(): value for key, value in context.items()}
    effects = {one["Effect"] for one in statements if _applies(one, action, resource, keys)}
    return effects == {"Allow"}


def _applies(statement: Statement, action: str, resource: str, keys: Mapping[str, str]) -> bool:
    assert not {"NotAction", "NotResource", "NotPrincipal"} & set(statement)
    return (
        any(_like(action.lower(), pattern.lower()) for pattern in _listed(statement["Action"]))
        and any(_like(resource, pattern) for pattern in _listed(statement["Resource"]))
        and all(_holds(operator, tests, keys) for operator, tests in statement.get("Condition", {}).items())
    )


def _holds(operator: str, tests: Mapping[str, Any], keys: Mapping[str, str]) -> bool:
    """A key that the request does not carry fails the test, except where the operator says IfExists."""
    plain = operator.removesuffix("IfExists")
    for key, wanted in tests.items():
        if key.lower() not in keys:
            if plain == operator:
                return False
            continue
        value = keys[key.lower()]
        if plain == "StringLike":
            held = any(_like(value, pattern) for pattern in _listed(wanted))
        elif plain in ("StringEquals", "Bool"):
            held = value in _listed(wanted)
        else:
            raise NotImplementedError(operator)
        if not held:
            return False
    return True


def _like(text: str, pattern: str) -> bool:
    return re.fullmatch(re.escape(pattern).replace(r"\*", ".*").replace(r"\?", "."), text) is not None


def _listed(one_or_more: Any) -> list[str]:
    return one_or_more if isinstance(one_or_more, list) else [one_or_more]
