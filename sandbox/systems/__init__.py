"""Each system as it is practised on: its world, its faults, its drills. A part that knows no system is one floor up."""
