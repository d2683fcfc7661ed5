"""What worlds share that live by their rehearsal's time, turn by turn: faults that go on, and clients of a database."""
