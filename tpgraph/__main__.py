"""`python -m tpgraph` is the command `tpgraph`."""

from tpgraph_cli.main import main

if __name__ == "__main__":
    main()
