"""The process that runs programs, and ends all that they have started. One for each slot."""
