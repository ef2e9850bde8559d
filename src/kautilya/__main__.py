"""`python -m kautilya`: the command `kautilya`, where its script is not on the path."""

from kautilya.cli.main import main

if __name__ == "__main__":
    main()
