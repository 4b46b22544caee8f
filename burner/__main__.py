"""`python -m burner`."""

from burner.cli import main

if __name__ == "__main__":
    main()
