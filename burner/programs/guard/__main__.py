"""`python -m burner.programs.guard`: one guard."""

from burner.programs.guard.guard import main

main()
