"""`python -m burner`."""

from burner.cli.main import main

if __name__ == "__main__":
    main()
