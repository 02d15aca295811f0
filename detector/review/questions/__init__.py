"""Questions to brands: is this yours, or of somebody you know?"""
