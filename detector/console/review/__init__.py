"""Pages of the people who review: queues, cases, decisions."""
