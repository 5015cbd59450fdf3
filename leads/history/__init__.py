"""Days of history for the demo and the benchmark of the console, as the engine itself would have left it."""
