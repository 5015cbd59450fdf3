"""The evaluation: a writer is run over a set of leads with expectations, and what it wrote is judged."""
