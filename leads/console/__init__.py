"""The console's own parts: the site, its pages and navigation, what is live, what home shows, what search finds.

The nouns' screens are in `leads.admin`; both are drawn by the templates under `templates/admin`.
"""
