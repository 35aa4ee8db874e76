"""The command line of tpgraph."""
