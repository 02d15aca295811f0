"""Pictures of listings: looked at once, known from then on."""
