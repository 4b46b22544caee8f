"""The tests of a unit, as its way takes them: dialogues, programs and functions, with limits."""
