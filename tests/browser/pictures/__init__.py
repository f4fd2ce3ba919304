"""Pictures of the panel as people see it, for them to look at: ``make pictures``.

Each part makes its own, by the names in `PARTS` of ``__main__``; all go to one folder,
with a page that shows them side by side. What README and the site show is among them.
"""
