"""MedicalCor as it is practised on: a world of its own (`world.open_world`), its faults and its drills."""
