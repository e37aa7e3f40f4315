"""What the system knows: one room per concept, and the compiler that turns a selection into one statement."""
