"""What people make of cases: decisions, second opinions, bulk, orders, comments."""
