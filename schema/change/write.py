"""What every mutation writes beside its rows: the idempotency key and the change."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import insert as plain_insert
from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from geo.geojson import Geometry
from schema.change.rules import ChangeOperation
from schema.change.table import change, idempotency_key
from schema.compiler.values import check_text
from schema.problem import Problem, ProblemCode, bad_input

KEY_CEILING = 200


async def claim_idempotency_key(
    connection: AsyncConnection, subject: str, key: str, mutation: str, given: Mapping[str, Any]
) -> int | None:
    """Claim a key for this transaction; the entity it already made, or None when it is new.

    A second request with the key waits here until the first has committed or rolled back. Raises Problem when the key
    was used with another input.
    """
    if not 1 <= len(key) <= KEY_CEILING:
        raise bad_input(
            f"`idempotencyKey` takes 1 to {KEY_CEILING} characters; it has {len(key)}.", argument="input.idempotencyKey"
        )
    check_text(key, "input.idempotencyKey")
    digest = hashlib.sha256(json.dumps(given, sort_keys=True, default=_plain).encode()).hexdigest()
    claimed = await connection.execute(
        insert(idempotency_key)
        .values(subject=subject, key=key, mutation=mutation, request_digest=digest)
        .on_conflict_do_nothing()
        .returning(idempotency_key.c.key)
    )
    if claimed.first() is not None:
        return None
    known = (
        await connection.execute(
            select(idempotency_key.c.mutation, idempotency_key.c.request_digest, idempotency_key.c.entity_id).where(
                idempotency_key.c.subject == subject, idempotency_key.c.key == key
            )
        )
    ).one()
    if (known.mutation, known.request_digest) != (mutation, digest):
        raise Problem(
            ProblemCode.IDEMPOTENCY_KEY_REUSED,
            "This idempotencyKey was used with another input; take a new key for a new request.",
            argument="input.idempotencyKey",
        )
    entity_id: int = known.entity_id
    return entity_id


async def keep_result(connection: AsyncConnection, subject: str, key: str, entity_id: int) -> None:
    """Remember which entity a key made, so that a retry finds it."""
    await connection.execute(
        update(idempotency_key)
        .where(idempotency_key.c.subject == subject, idempotency_key.c.key == key)
        .values(entity_id=entity_id)
    )


async def record_change(
    connection: AsyncConnection,
    entity: str,
    entity_id: int,
    operation: ChangeOperation,
    *,
    version: int,
    region_id: int | None,
    actor: str,
) -> None:
    """One row of the change feed, in the transaction of the change itself."""
    await connection.execute(
        plain_insert(change).values(
            entity=entity, entity_id=entity_id, operation=operation, version=version, region_id=region_id, actor=actor
        )
    )


def _plain(value: Any) -> str:
    """Input values JSON has no word for, by their meaning."""
    return value.hex_ewkb if isinstance(value, Geometry) else str(getattr(value, "value", value))
