"""What is special about one kind: defaults, required and immutable fields, what a create or update resets."""
