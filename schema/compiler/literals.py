"""The rules a document is held to: the specification's, with literals told by their place, and bounded in their work.

graphql-core's own rule forgets the place of some scalars.
"""

from collections.abc import Sequence

from graphql import SKIP, ASTValidationRule, GraphQLError, GraphQLInputType, ValueNode, VisitorAction, specified_rules
from graphql.utilities.validate_input_value import validate_input_literal
from graphql.validation import ValuesOfCorrectTypeRule
from graphql.validation.rules import overlapping_fields_can_be_merged

overlapping_fields_can_be_merged.MAX_COMPLEXITY_BUDGET = 50_000
"""Pairs of fields compared in one document. graphql-core's own half a million takes a second, in which nobody else is
answered; GraphiQL's introspection needs a few hundred."""

MEMBERS = "members"
"""The key in an error's ``extensions`` of the steps from the argument's value to the value at fault."""


class LiteralsOfCorrectTypeRule(ValuesOfCorrectTypeRule):
    """As its parent, but every error has a node and knows where in the argument it stands."""

    def is_valid_value_node(self, node: ValueNode, input_type: GraphQLInputType | None) -> VisitorAction:
        def on_error(error: GraphQLError, path: list[str | int]) -> None:
            known = [one for one in error.nodes or () if one.loc is not None]
            self.report_error(GraphQLError(error.message, known or node, extensions={MEMBERS: path}))

        if input_type:
            validate_input_literal(node, input_type, on_error, None, None, self.context.hide_suggestions)
        return SKIP


RULES: tuple[type[ASTValidationRule], ...] = tuple(
    LiteralsOfCorrectTypeRule if rule is ValuesOfCorrectTypeRule else rule for rule in specified_rules
)
"""The specification's rules."""


def argument_path(name: str, members: Sequence[str | int]) -> str:
    """An argument and the steps into its value as clients write it: ``filter.or[2].code.eq``."""
    return name + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in members)
