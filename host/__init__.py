"""The computer on which all this runs: its cores, and the programs that are installed."""
