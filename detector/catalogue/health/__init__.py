"""How well a brand's own catalogue will work, and which pictures to change."""
