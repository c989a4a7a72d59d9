"""What the command line's verbs do, one file per family. `parser.py` declares them and imports none of these."""
