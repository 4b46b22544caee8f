"""Options and arguments: each has one spelling, one meaning and one help text."""
