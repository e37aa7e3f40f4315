"""Reading a policy parameter as of a day."""

import datetime
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from schema.policy.table import policy_parameter


async def parameter_on(connection: AsyncConnection, name: str, day: datetime.date) -> Decimal:
    """The value in force on a day; LookupError when none is, which is a mistake of configuration."""
    value: Decimal | None = await connection.scalar(
        select(policy_parameter.c.value)
        .where(policy_parameter.c.name == name, policy_parameter.c.effective_from <= day)
        .order_by(policy_parameter.c.effective_from.desc())
        .limit(1)
    )
    if value is None:
        raise LookupError(f"no policy parameter {name} is in force on {day}")
    return value
