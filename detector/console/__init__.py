"""Web pages for reviewers, brands and leads: a face of the API, for people.

A page reads and writes through the API alone, as whoever has signed in: there is no
second way to the data, and nothing that a page could show and the API would not.
"""
