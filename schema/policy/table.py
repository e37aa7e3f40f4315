"""Numbers the plan leaves open (deadlines, thresholds, weights): versioned configuration with a date of effect."""

from sqlalchemy import CheckConstraint, Column, Date, Numeric, Table, Text

from schema.database import metadata, text_column

policy_parameter = Table(
    "policy_parameter",
    metadata,
    Column("name", Text, primary_key=True),
    Column("effective_from", Date, primary_key=True),
    Column("value", Numeric, nullable=False),
    text_column("unit"),
    text_column("source"),
    CheckConstraint("name ~ '^[a-z][a-z0-9_.]*$'", name="name"),
    CheckConstraint("value <> 'NaN' AND value < 'Infinity' AND value > '-Infinity'", name="value"),
)
